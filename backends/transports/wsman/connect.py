"""Connecting to a WinRM service: address, rules, credential, certificate, redirects; and the sessions it keeps.

A session of the list (what Get-PSSession -ComputerName shows, protocol-notes 5.4) is taken up like this: a transport
is made for its computer, a ``RunspacePool`` on it, and ``psrp.disconnection.connect`` connects the pool to the
session's id; ``psrp.disconnection.receive`` then follows one of the session's ``commands``.
"""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pstui.backends.addresses import own_names
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import RunspaceAvailability, RunspaceState, Stream, Write
from pstui.backends.transports.base import ConnectContext, RemoteSession
from pstui.backends.transports.streams import printable
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.credentials import credential_of
from pstui.backends.transports.wsman.http import EndpointSettings
from pstui.backends.transports.wsman.reach import Reach
from pstui.backends.transports.wsman.security import (
    AuthenticationPlan,
    check_passphrase,
    find_certificate,
    plan_authentication,
    trusted_hosts,
)
from pstui.backends.transports.wsman.shell import list_commands, list_shells
from pstui.backends.transports.wsman.target import (
    Proxy,
    Target,
    WSManOptions,
    configuration_of,
    find_proxy,
    is_shell_uri,
    read_options,
    target_of,
)
from pstui.backends.transports.wsman.transport import WSManTransport
from pstui.backends.transports.wsman.way import Dialler, ThroughGate, gates_of, open_way


class Connector:
    """One attempt to reach the service that ``info`` names, redirects included."""

    def __init__(self, info: ConnectionInfo, context: ConnectContext) -> None:
        self._info, self._context = info, context
        self._target = target_of(info)
        self._reach = Reach(self._target)
        self._options = WSManOptions()
        self._left = 0
        self._certificate: tuple[str, str, str] | None = None
        self._current: Client | None = None

    async def transport(self) -> WSManTransport:
        """Return the transport, not yet open. Raises OpenError, OpenCancelled."""
        client = await self.client()
        transport = WSManTransport(client, self._computer, self._context.console, self._redirected)
        transport.name = self._context.name or shell_name(self._info.profile)
        client.prepare()
        return transport

    async def client(self) -> Client:
        """Return a client for the service. Raises OpenError, OpenCancelled."""
        async with self._service_needed():
            self._options = read_options(self._info, self._is_here)
            self._left = self._options.redirects
            for note in self._options.notes:
                self._say(note)
            self._current = await self._client(self._target, self._options)
            return self._current

    async def check(self) -> None:
        """Raise OpenError for what keeps a session from being opened whatever the password is."""
        async with self._service_needed():
            self._options = read_options(self._info, self._is_here)
            plan = plan_authentication(self._info, self._target, self._options, trusted_hosts(self._info))
            if not gates_of(self._info) and find_proxy(self._target, self._options) is None:
                await self._reach.name()
                await self._reach.port()
                if self._target.ssl:
                    await self._reach.certificate(EndpointSettings(self._target, plan, self._options, None))

    @asynccontextmanager
    async def _service_needed(self) -> AsyncIterator[None]:
        """Say first of this computer itself that no service is there, and that none is needed."""
        if not self._target.is_address and own_names.cache_info().currsize == 0:
            await asyncio.to_thread(own_names)  # the resolver may take its time
        try:
            yield
        except OpenCancelled:
            raise
        except OpenError:
            if self._is_here:
                await self._reach.port()
            raise

    @property
    def _is_here(self) -> bool:
        """Whether this computer is meant: behind a gate localhost is the gate's."""
        return self._target.is_loopback and not gates_of(self._info)

    @property
    def _computer(self) -> str:
        name = self._info.computer_name
        return "localhost" if name in (".", "") else printable(name)

    async def _client(self, target: Target, options: WSManOptions) -> Client:
        plan = plan_authentication(self._info, target, options, trusted_hosts(self._info))
        if plan.scheme == "certificate" and self._certificate is None:
            self._certificate = await self._find_certificate()
        proxy = None if gates_of(self._info) else find_proxy(target, options)
        way = await open_way(self._info, proxy, self._context)
        try:
            return await self._client_by(way, target, options, plan, proxy)
        except BaseException:
            if way is not None:
                way.close()
            raise

    async def _client_by(
        self, way: Dialler | None, target: Target, options: WSManOptions, plan: AuthenticationPlan, proxy: Proxy | None
    ) -> Client:
        reach = self._reach if target == self._target else Reach(target)
        given: PSCredential | None = self._info.values.get("Credential")
        asks = given is None or given.password is None
        if proxy is None and way is None:
            self._context.step("name", printable(target.host))
            if asks:  # otherwise connecting looks it up
                await reach.name()
        leads = proxy or way
        through = "" if leads is None else f", through {'the proxy ' if proxy else ''}{leads.name}"
        self._context.step("port", f"{target.port} ({'https' if target.ssl else 'http'}{through})")
        if target.ssl:
            self._context.step("TLS", "")
        if asks:
            if isinstance(way, ThroughGate):
                await way.check(target)
            elif proxy is None:
                await reach.port()

        async def before_asking() -> None:
            # Through a proxy that would take its own login first.
            if target.ssl and proxy is None:
                await reach.certificate(EndpointSettings(target, plan, options, None, way=way))

        credential = await credential_of(self._info, target, plan, self._context, before_asking)
        who = printable(credential.user_name) if credential else "the current user"
        self._context.step("authentication", f"{plan.scheme}, {who}")
        failed = self._context.failed_logins
        return Client(EndpointSettings(target, plan, options, credential, self._certificate, proxy, failed, way=way))

    async def _redirected(self, location: str) -> Client:
        """Return the client for the address that a redirect names, where the rules allow to go there."""
        assert self._current is not None
        old = self._current.endpoint.target
        shown = printable(location[:300])
        if self._left <= 0 < self._options.redirects:
            raise errors.WSManOpenError(
                f"{printable(old.host)}: the connection is redirected too often",
                f"{self._options.redirects} redirects were followed, and the next one names {shown}. "
                f"WinRM code {faults.describe(faults.REDIRECT_REQUESTED)}.",
                "Two servers may point at each other: ask who runs them. MaximumConnectionRedirectionCount of the "
                "session option allows more.",
                code=faults.REDIRECT_REQUESTED,
            )
        if self._left <= 0:
            failure = faults.HTTPFailure(302, location=location)
            raise errors.open_error(failure, self._current.endpoint.error_context)
        new = old.moved(location)
        if old.ssl and not new.ssl:
            raise errors.WSManOpenError(
                f"{printable(old.host)}: a redirect from https to http is not followed",
                f"It names {shown}, where your credential would be less safe than where you sent it. "
                f"WinRM code {faults.describe(faults.REDIRECT_REQUESTED)}.",
                "Connect to that address yourself if you trust it.",
                code=faults.REDIRECT_REQUESTED,
            )
        self._left -= 1
        self._say(f"{printable(old.host)} redirects the connection to {shown}")
        self._current = await self._client(new, self._options)
        return self._current

    async def _find_certificate(self) -> tuple[str, str, str]:
        thumbprint = self._info.text("CertificateThumbprint")
        value = self._info.settings.get("certificate_files", ())
        places = [value] if isinstance(value, str) else [str(one) for one in value]
        certificate, key, locked = await asyncio.to_thread(find_certificate, thumbprint, places)
        passphrase = ""
        if locked:
            label = f"Passphrase for {printable(str(key))}: "
            question = Question(QuestionKind.SECRET, label, remote=False, source=printable(self._target.host))
            try:
                passphrase = (await self._context.console.ask(question)).reveal()
            except QuestionCancelled as cancelled:
                if not cancelled.nobody:
                    raise OpenCancelled(f"{self._computer}: not connected") from cancelled
                raise OpenError(
                    f"{self._computer}: the key of the certificate needs a passphrase, and there is nobody to ask",
                    "",
                    "Use a key without a passphrase for unattended work.",
                ) from cancelled
            await asyncio.to_thread(check_passphrase, key, passphrase)
        return str(certificate), str(key), passphrase

    def _say(self, text: str) -> None:
        self._context.console.write(Write(text, stream=Stream.NOTICE))


async def check(info: ConnectionInfo, context: ConnectContext) -> None:
    """Raise OpenError for what keeps a session from being opened whatever the password is."""
    await Connector(info, context).check()


def shell_name(profile: str) -> str:
    """Return the name of a shell that was given none, by which people tell whose it is: ``user@client:profile``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name; Windows has no module pwd
        user = "user"
    return f"{user}@{socket.gethostname()}" + (f":{profile}" if profile else "")


async def list_sessions(info: ConnectionInfo, context: ConnectContext) -> list[RemoteSession]:
    """Return the PowerShell sessions of this user on the computer that ``info`` names. Raises OpenError.

    ``ConfigurationName`` in ``info`` narrows the list to that configuration.
    """
    wanted = info.text("ConfigurationName")
    client = await Connector(info, context).client()
    try:
        found: list[RemoteSession] = []
        listed = await list_shells(client)
        if client.endpoint.credential is not None:
            context.taken(client.endpoint.credential)
        for shell in listed:
            configuration = configuration_of(shell.resource_uri)
            if not is_shell_uri(shell.resource_uri):
                continue
            if wanted and configuration_of(wanted).casefold() != configuration.casefold():
                continue
            held = shell.state != "Disconnected"
            found.append(
                RemoteSession(
                    shell.shell_id,
                    shell.name,
                    info.computer_name,
                    configuration,
                    # Another client's session is Disconnected to us, whoever holds it (protocol-notes 5.3).
                    RunspaceState.DISCONNECTED,
                    RunspaceAvailability.BUSY if held else RunspaceAvailability.NONE,
                    shell.owner,
                    shell.idle_timeout,
                    shell.max_idle_timeout,
                    tuple(await list_commands(client, shell.shell_id)),
                )
            )
        return found
    except faults.WSManFailure as failure:
        raise errors.open_error(failure, client.endpoint.error_context) from failure
    finally:
        client.connections.close()
