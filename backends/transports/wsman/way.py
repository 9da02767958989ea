"""The way to a WinRM service where it is not a plain connection: through SSH hosts (``via``), or a SOCKS proxy.

Names stay the target's: its certificate and its principal are checked as without the detour. Kerberos' own traffic
goes from this computer to the domain controllers; a KDC proxy of krb5.conf carries it over https where they cannot be
reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import ipaddress
import socket
import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from pstui.backends.addresses import parse_ssh_host
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.registry import loaded
from pstui.backends.transports.ssh.engine import UseProgram, engine_of
from pstui.backends.transports.streams import printable
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.faults import NetworkFailure, NetworkKind
from pstui.backends.transports.wsman.target import Proxy, Target


class Dialler(Protocol):
    """Makes the connections of one session."""

    @property
    def name(self) -> str:
        """What leads there, as it may be shown."""

    def dial(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Return a connected socket. Blocks, in a thread. Raises NetworkFailure."""

    def close(self) -> None:
        """Give back what it holds; on the loop."""


class ThroughGate:
    """Connections through an SSH host."""

    def __init__(self, gate: Any) -> None:
        self._gate = gate
        self._closing: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The host."""
        return str(self._gate.name)

    def dial(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Return a connected socket. Blocks, in a thread. Raises NetworkFailure."""
        try:
            made: socket.socket = self._gate.dial(host, port)
        except _gates().Unreachable as error:
            raise self._failure(error) from error
        made.settimeout(timeout)
        return made

    async def check(self, target: Target) -> None:
        """Raise OpenError where the port behind the gate does not answer."""
        try:
            (await self._gate.connect(target.host, target.port)).close()
        except _gates().Unreachable as error:
            raise errors.open_error(self._failure(error), errors.ErrorContext(target, gate=self.name)) from error

    def _failure(self, error: Any) -> NetworkFailure:
        kind = NetworkKind.REFUSED if error.refused else NetworkKind.UNREACHABLE
        return NetworkFailure(kind, f"{self.name}, through which it goes: {error}", sent=False)

    def close(self) -> None:
        """Give the login back."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._gate.close())


class ThroughSocks:
    """Connections through a SOCKS 5 proxy, which looks the names up (RFC 1928, RFC 1929)."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    @property
    def name(self) -> str:
        """The proxy."""
        return self._proxy.name

    def dial(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Return a connected socket. Blocks, in a thread. Raises NetworkFailure."""
        sock = socket.create_connection(self._proxy.address, timeout)
        try:
            self._log_in(sock)
            self._ask_for(sock, host, port)
        except BaseException:
            sock.close()
            raise
        return sock

    def _log_in(self, sock: socket.socket) -> None:
        user, password = self._proxy.login
        sock.sendall(b"\x05\x02\x00\x02" if user else b"\x05\x01\x00")
        version, method = _read(sock, 2)
        if version != 5 or method == 0xFF:
            raise self._failure(NetworkKind.UNREACHABLE, "it is not a SOCKS 5 proxy, or wants another login")
        if method == 2:
            sock.sendall(b"\x01" + _counted(user.encode()) + _counted(password.encode()))
            if _read(sock, 2)[1]:
                raise self._failure(NetworkKind.UNREACHABLE, "it does not take the user name and the password")

    def _ask_for(self, sock: socket.socket, host: str, port: int) -> None:
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
            where = (b"\x01" if address.version == 4 else b"\x04") + address.packed
        except ValueError:
            where = b"\x03" + _counted(host.encode("idna"))
        sock.sendall(b"\x05\x01\x00" + where + struct.pack(">H", port))
        _, code, _, kind = _read(sock, 4)
        if code:
            refused = NetworkKind.REFUSED if code == 5 else NetworkKind.UNREACHABLE
            raise self._failure(refused, _SOCKS.get(code, f"it answered with the code {code}"))
        _read(sock, {1: 4, 4: 16}.get(kind) or _read(sock, 1)[0])
        _read(sock, 2)

    def _failure(self, kind: NetworkKind, text: str) -> NetworkFailure:
        return NetworkFailure(kind, f"{self.name}, through which it goes: {text}", sent=False)

    def close(self) -> None:
        """Nothing is held."""


_SOCKS: Mapping[int, str] = MappingProxyType(
    {
        1: "it failed",
        2: "it does not allow this connection",
        3: "it cannot reach the network",
        4: "it cannot reach the computer, or does not know its name",
        5: "the connection was refused",
        6: "the time was up",
        7: "it does not make such connections",
        8: "it does not know such addresses",
    }
)


def gates_of(info: ConnectionInfo) -> tuple[ConnectionInfo, ...]:
    """Return the SSH hosts on the way, the first one first; none where the way is direct. Raises OpenError.

    The setting ``gates`` has those that were looked up among the profiles; ``via`` names them, separated by commas.
    """
    known: Mapping[str, ConnectionInfo] = info.settings.get("gates") or {}
    return tuple(known.get(name) or _ssh_host(name) for name in gate_names(info.settings))


def gate_names(settings: Mapping[str, Any]) -> Sequence[str]:
    """Return the names in the setting ``via``."""
    return [name.strip() for name in str(settings.get("via") or "").split(",") if name.strip()]


def _ssh_host(text: str) -> ConnectionInfo:
    try:
        host = parse_ssh_host(text)
    except ValueError as error:
        raise OpenError(
            f"the gate “{printable(text)}” cannot be a host",
            f"{error}.",
            "Write user@host:port, or a saved host's name.",
        ) from error
    values: dict[str, Any] = {"HostName": host.host}
    if host.user:
        values["UserName"] = host.user
    if host.port:
        values["Port"] = host.port
    return ConnectionInfo(ParameterSet.SSH_HOST, values)


async def open_way(info: ConnectionInfo, proxy: Proxy | None, context: ConnectContext) -> Dialler | None:
    """Return what makes the connections, None for plain ones and those through an http proxy. Raises OpenError."""
    gates = gates_of(info)
    if gates:
        module = await loaded("pstui.backends.transports.ssh.gate")
        if not engine_of(gates[-1]).is_program:
            with contextlib.suppress(UseProgram):  # a master of ssh runs for it
                return ThroughGate(await module.open_gate(gates, context))
        program = await loaded("pstui.backends.transports.ssh.program_gate")
        return ThroughGate(program.ProgramGate(module.last_of(gates), context))
    return ThroughSocks(proxy) if proxy is not None and proxy.is_socks else None


def _gates() -> Any:
    return importlib.import_module("pstui.backends.transports.ssh.gate")


def _counted(data: bytes) -> bytes:
    if not 0 < len(data) < 256:
        raise faults.NetworkFailure(NetworkKind.UNREACHABLE, "a name is too long for a SOCKS proxy", sent=False)
    return bytes([len(data)]) + data


def _read(sock: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        if not (part := sock.recv(count - len(found))):
            raise faults.NetworkFailure(NetworkKind.CLOSED, "the proxy closed the connection", sent=False)
        found += part
    return found
