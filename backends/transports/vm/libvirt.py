"""What libvirt knows of virtual machines: names, ids, states, addresses. Its calls wait in threads of their own."""

from __future__ import annotations

import functools
import importlib.util
import ipaddress
import os
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pstui.backends.errors import Offer, OpenError
from pstui.backends.threads import in_thread
from pstui.backends.timeouts import timeout
from pstui.backends.transports.streams import printable
from pstui.backends.transports.vm.machine import Machine

#: seconds for one question to a hypervisor, which may be behind a network
ANSWER_TIMEOUT = 20.0
#: seconds that closing a connection may take
CLOSE_TIMEOUT = 2.0
#: most machines taken from one hypervisor
MAX_MACHINES = 5000

#: virDomainState: words, the states in which a guest can be entered, and those from which it is not simply started
_STATES = {1: "running", 2: "running", 3: "paused", 4: "shutting down", 5: "shut off", 6: "crashed", 7: "suspended"}
_RUNNING, _PAUSED, _SUSPENDED = (1, 2), 3, 7
#: where addresses are known from, the surest first: virDomainInterfaceAddressesSource lease, agent, ARP
_LEASE, _SOURCES = 0, (0, 1, 2)

T = TypeVar("T")


def unavailable() -> str:
    """Return why libvirt cannot be asked here, or ``""``; loads nothing."""
    return "" if importlib.util.find_spec("libvirt") else "libvirt-python is not installed."


def default_uris() -> tuple[str, ...]:
    """Return the hypervisors that run on this computer; asking does not start one."""
    named = os.environ.get("LIBVIRT_DEFAULT_URI", "")
    if named:
        return (named,)
    names = ("libvirt-sock", "virtqemud-sock")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    places = [("qemu:///system", Path("/run/libvirt"))]
    if folder:
        places.append(("qemu:///session", Path(folder, "libvirt")))
    return tuple(uri for uri, place in places if any((place / name).exists() for name in names))


class Hypervisor:
    """One libvirt connection, opened when it is needed. ``close`` it afterwards; it opens again by itself."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._connection: Any = None
        self._turn = threading.Lock()

    async def machines(self, *, with_addresses: str = "") -> list[Machine]:
        """Return its machines. Raises OpenError with libvirt's words.

        Running ones have the addresses known from leases; the one with the name or id ``with_addresses`` is also
        asked for by its agent and by ARP, which may take a while.
        """
        return await self._ask(functools.partial(self._list, with_addresses.casefold()))

    async def close(self) -> None:
        """Close the connection if it is open; one whose hypervisor does not answer is left to itself."""
        with suppress(TimeoutError):
            async with timeout(CLOSE_TIMEOUT):
                await in_thread(self._close)

    async def start(self, identity: uuid.UUID) -> None:
        """Make a machine run: start it, resume it or wake it. Raises OpenError."""
        try:
            await self._ask(functools.partial(self._start, identity))
        finally:
            await self.close()

    async def _ask(self, call: Callable[[], T]) -> T:
        try:
            async with timeout(ANSWER_TIMEOUT):
                return await in_thread(lambda: self._in_turn(call))
        except TimeoutError:
            # The thread that hangs keeps the old turn.
            self._connection, self._turn = None, threading.Lock()
            raise _failed(self.uri, f"It did not answer within {ANSWER_TIMEOUT:g} s.") from None

    # In a thread.

    def _in_turn(self, call: Callable[[], T]) -> T:
        with self._turn:
            return call()

    def _close(self) -> None:
        with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(_library().libvirtError):
                    connection.close()

    def _open(self) -> Any:
        library = _library()
        if self._connection is not None:
            with suppress(library.libvirtError):
                if self._connection.isAlive():
                    return self._connection
            self._connection = None
        try:
            self._connection = library.openAuth(self.uri, [[], lambda wanted, data: -1, None], 0)
        except library.libvirtError as error:
            raise _failed(self.uri, _said(error)) from error
        return self._connection

    def _list(self, wanted: str) -> list[Machine]:
        library, connection = _library(), self._open()
        try:
            domains = connection.listAllDomains()[:MAX_MACHINES]
        except library.libvirtError as error:
            raise _failed(self.uri, _said(error)) from error
        found = []
        for domain in domains:
            # A machine may be gone between the list and the question.
            with suppress(library.libvirtError):
                found.append(self._machine(domain, wanted))
        return found

    def _machine(self, domain: Any, wanted: str) -> Machine:
        state = domain.state()[0]
        name, identity = printable(domain.name())[:300], uuid.UUID(bytes=domain.UUID())
        sources: tuple[int, ...] = ()
        if state in _RUNNING:
            sources = _SOURCES if wanted in (domain.name().casefold(), str(identity)) else (_LEASE,)
        start = None
        if state not in _RUNNING:
            caption = "Resume it" if state == _PAUSED else "Start it"
            # The offer outlives this look-up, so it brings a connection of its own.
            start = Offer(f"{caption} and enter it", run=functools.partial(Hypervisor(self.uri).start, identity))
        word = _STATES.get(state, "in an unknown state")
        return Machine(identity, name, word, state in _RUNNING, self.uri, _addresses(domain, sources), start)

    def _start(self, identity: uuid.UUID) -> None:
        library, connection = _library(), self._open()
        try:
            domain = connection.lookupByUUID(identity.bytes)
            state = domain.state()[0]
            if state == _PAUSED:
                domain.resume()
            elif state == _SUSPENDED:
                domain.pMWakeup()
            elif state not in _RUNNING:
                domain.create()
        except library.libvirtError as error:
            raise OpenError("the virtual machine could not be started", _said(error)) from error


def _addresses(domain: Any, sources: tuple[int, ...]) -> tuple[str, ...]:
    """Return the addresses of a guest, IPv4 before IPv6 within each source; none that lead nowhere from here."""
    library = _library()
    found: dict[str, None] = {}
    for source in sources:
        try:
            interfaces = domain.interfaceAddresses(source) or {}
        except library.libvirtError:
            continue
        usable = []
        for interface in interfaces.values():
            for entry in interface.get("addrs") or ():
                with suppress(ValueError, KeyError, TypeError):
                    address = ipaddress.ip_address(entry["addr"])
                    # Only the guest itself names its own loopback.
                    nowhere = address.is_link_local or (address.is_loopback and source != _LEASE)
                    if not nowhere and not address.is_unspecified and not address.is_multicast:
                        usable.append(address)
        found |= dict.fromkeys(str(address) for address in sorted(usable, key=lambda one: (one.version, int(one))))
    return tuple(found)


@functools.cache
def _library() -> Any:
    import libvirt  # type: ignore[import-not-found,import-untyped,unused-ignore]  # an extra, and without types

    # Without a handler the library writes every error to the terminal.
    libvirt.registerErrorHandler(lambda *ignored: None, None)
    return libvirt


def _said(error: Any) -> str:
    text = error.get_error_message() if hasattr(error, "get_error_message") else ""
    return printable(str(text or error))[:500]


def _failed(uri: str, why: str) -> OpenError:
    return OpenError(
        f"the hypervisor {printable(uri)[:200]} cannot be asked",
        why,
        "Check that it runs, that the address is right, and that you may manage it.",
        error_id="CreateRemoteRunspaceForVMFailed",
    )
