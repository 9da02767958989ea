"""Connecting to an SSH subsystem: for each host its address, port, host key and login, then the session on the last.

A host is reached by TCP at one of its addresses, through the connection to the host before it, or through a proxy
command. Whatever goes wrong on the way is told as an OpenError: what failed, why, and what to do next.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncssh
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, Question, QuestionCancelled
from pstui.backends.credentials import ASKED_FOR
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.channel import SSHChannel
from pstui.backends.transports.ssh.host_keys import HostKeyCheck
from pstui.backends.transports.ssh.login import PROMPTS, KeyFile, KeyRing, Login
from pstui.backends.transports.ssh.receive_window import WINDOW
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.ssh.target import Hop, agent_path, host_key_algorithms, host_key_check, settings
from pstui.backends.transports.streams import LineTail, printable

SUBSYSTEM_LINE = "Subsystem powershell /usr/bin/pwsh -sshs -NoLogo -NoProfile"


def of_connecting(error: Exception, hop: Hop, login: Login, ring: KeyRing) -> OpenError:
    """Return the OpenError for an exception that asyncssh raised while connecting and logging in."""
    name = printable(hop.name)
    if login.cancelled is not None:
        return OpenCancelled(f"{name}: not connected")
    text = printable(str(error))
    details = f"{type(error).__name__}: {text}"
    if isinstance(error, asyncssh.PermissionDenied) or (login.began and "authentication failures" in text):
        return _refused(text, name, login, ring)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return OpenError(
            f"{name}: the host key could not be checked", f"{text}.", "Ask the owner of that machine.", details=details
        )
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return OpenError(
            f"{name}: no common way to encrypt was found",
            f"{text}.",
            "The server may be very old. -Options can allow more with KexAlgorithms, HostKeyAlgorithms, Ciphers, MACs.",
            details=details,
        )
    if isinstance(error, asyncssh.ChannelOpenError):
        return OpenError(
            f"{name}: the jump host could not reach it (port {hop.port})",
            f"The jump host says: {text}.",
            "Check that the machine is on and that the jump host may forward connections to it.",
            details=details,
        )
    if isinstance(error, asyncssh.ProtocolNotSupported) or (
        isinstance(error, asyncssh.ProtocolError) and not login.began
    ):
        return OpenError(
            f"{name}: what answers on port {hop.port} is not an SSH server",
            f"It did not speak SSH version 2 ({text}).",
            "Check the port; -Port names another one.",
            details=details,
        )
    if login.began:
        return OpenError(
            f"{name}: the connection was lost while logging in",
            f"{text}.",
            "Servers limit the time for a login. Try again; the server's log may say more.",
            details=details,
        )
    return OpenError(
        f"{name}: the connection was closed before SSH began",
        f"{text}.",
        "Something other than SSH may listen on that port, or the server turns this machine away.",
        details=details,
    )


def _refused(text: str, name: str, login: Login, ring: KeyRing) -> OpenError:
    tried = ", ".join(login.tried) or "none"
    lines = [f"User name: {printable(login.user)}. Methods tried: {tried}."]
    if ring.offered:
        lines.append(f"Keys offered: {', '.join(ring.offered[:10])}.")
    elif "publickey" in login.tried:
        lines.append("No key was there to offer.")
    missing = [one for one in login.accepted_methods if one not in login.tried]
    if missing:
        lines.append(f"The server would also take: {printable(', '.join(missing))}.")
    lines += [*ring.problems, *login.problems]
    hint = "Check the user name; name a key with -KeyFilePath or load it into the agent."
    if login.answered:
        hint = "Check the user name and the password; a key is named with -KeyFilePath or loaded into the agent."
    if "Too many" in text:
        lines.append("The server ended it after too many attempts.")
        hint = "Name the right key with -KeyFilePath, and add -Options @{IdentitiesOnly='yes'}."
    return OpenError(f"{name}: the login was refused", "\n".join(lines), hint, details=text)


def of_subsystem(error: Exception, hop: Hop, subsystem: str) -> OpenError:
    """Return the OpenError for a session that the server did not give."""
    name, wanted = printable(hop.name), printable(subsystem)
    text = printable(str(error))
    if isinstance(error, asyncssh.ChannelOpenError) and error.code == asyncssh.OPEN_REQUEST_SESSION_FAILED:
        return OpenError(
            f"{name}: the server has no subsystem {wanted}",
            "Its SSH server runs, but is not set up for PowerShell remoting.",
            f"Install PowerShell there, add to its sshd_config the line\n    {SUBSYSTEM_LINE}\n"
            "and restart its SSH server. Another name is given with -Subsystem.",
            details=text,
        )
    return OpenError(f"{name}: the server gave no session", f"{text}.", "The server's log may say more.", details=text)


def too_slow(hop: Hop, step: str, seconds: float) -> OpenError:
    """Return the OpenError for a step that took too long."""
    return OpenError(
        f"{printable(hop.name)}: no answer in time ({step}, {seconds:g} s)",
        f"Port {hop.port} takes connections, but the {step} did not come to an end.",
        "The server may be overloaded, or something other than SSH listens there.",
    )


#: seconds between the attempts to connect to the addresses of one name (RFC 8305 recommends 250 ms)
STAGGER = 0.25

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]]


async def look_up_name(host: str, port: int, family: int) -> list[AddressInfo]:
    """Return the addresses of a host. Raises OpenError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        shown = printable(host)
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            raise OpenError(
                f"{shown}: the name could not be looked up",
                "The name server did not answer.",
                "Check the network connection and the DNS settings of this machine.",
            ) from error
        raise OpenError(
            f"{shown}: the name is not known",
            f"No address was found for it ({getattr(error, 'strerror', None) or error}).",
            "Check the spelling, or give an address, or add it to ~/.ssh/config or the hosts file.",
        ) from error
    return [info for info in found if isinstance(info[4][0], str)]  # type: ignore[misc]  # never the bytes form here


async def open_socket(host: str, port: int, addresses: Sequence[AddressInfo], bind: str) -> socket.socket:
    """Return a socket connected to the first address that answers. Raises OpenError with the likeliest reason."""
    attempts: set[asyncio.Task[socket.socket]] = set()
    failures: list[OSError] = []
    waiting = list(addresses)
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.ensure_future(_connect(waiting.pop(0), bind)))
            done, attempts = await asyncio.wait(
                attempts, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            winner: socket.socket | None = None
            for attempt in done:
                error = attempt.exception()
                if isinstance(error, OSError):
                    failures.append(error)
                elif error is not None:
                    raise error
                elif winner is None:
                    winner = attempt.result()
                else:
                    attempt.result().close()
            if winner is not None:
                return winner
    finally:
        await _drop(attempts)
    raise _no_answer(host, port, failures)


async def _connect(address: AddressInfo, bind: str) -> socket.socket:
    family, kind, protocol, _, target = address
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        if bind:
            made.bind((bind, 0))
        await asyncio.get_running_loop().sock_connect(made, target)
    except BaseException:
        made.close()
        raise
    return made


async def _drop(attempts: set[asyncio.Task[socket.socket]]) -> None:
    for attempt in attempts:
        attempt.cancel()
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(result, socket.socket):
            result.close()


def no_answer_in_time(host: str, port: int, seconds: float) -> OpenError:
    """Return the error for a port that neither answers nor refuses."""
    return OpenError(
        f"{printable(host)}: the SSH port does not answer ({port}, no reply within {seconds:g} s)",
        "The machine is off, a firewall drops the packets, or the address is wrong.",
        "Check the address and the port, and whether the machine can be reached from here.",
    )


def _no_answer(host: str, port: int, failures: list[OSError]) -> OpenError:
    refused = [one for one in failures if isinstance(one, ConnectionRefusedError)]
    error = (refused or failures or [OSError("no address")])[0]
    shown = printable(host)
    details = "\n".join(str(one) for one in failures)
    if isinstance(error, ConnectionRefusedError):
        return OpenError(
            f"{shown}: the SSH port does not answer ({port}, refused)",
            "Nothing listens there, or a firewall rejects it.",
            "Start the SSH server on that machine, or give its port with -Port.",
            details=details,
        )
    if error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}:
        return OpenError(
            f"{shown}: there is no route to it (port {port})",
            f"The system says: {error.strerror}.",
            "Check the network connection, a VPN perhaps, and whether the machine is on.",
            details=details,
        )
    if isinstance(error, TimeoutError):
        return OpenError(
            f"{shown}: the SSH port does not answer ({port}, no reply)",
            "The machine is off, a firewall drops the packets, or the address is wrong.",
            "Check the address and the port, and whether the machine can be reached from here.",
            details=details,
        )
    return OpenError(
        f"{shown}: no connection to port {port}", f"The system says: {error.strerror or error}.", details=details
    )


class ProxyProcess(asyncio.SubprocessProtocol):
    """A ProxyCommand: its standard streams are one end of a socket pair, the SSH connection has the other.

    The user's shell runs it, as with ssh. ``said`` holds what it wrote to stderr.
    """

    def __init__(self) -> None:
        self._transport: asyncio.BaseTransport | None = None
        self.said = LineTail()

    @classmethod
    async def start(cls, line: str) -> tuple[ProxyProcess, socket.socket]:
        """Start the command; return it and our end of the socket pair. Raises OpenError."""
        if sys.platform == "win32":
            raise OpenError(
                "a ProxyCommand cannot be used on Windows",
                "A program's streams cannot be joined to a connection there.",
                "Use ProxyJump instead.",
            )
        shell = os.environ.get("SHELL") or "/bin/sh"
        argv = [shell, "-c", f"exec {line}"]
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            _, proxy = await asyncio.get_running_loop().subprocess_exec(
                cls, *argv, stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True
            )
        except (OSError, ValueError) as error:
            ours.close()
            raise OpenError(
                f"the proxy command {printable(line)} could not be started",
                f"The system says: {getattr(error, 'strerror', None) or error}.",
                f"The shell {printable(shell)} runs it (SHELL): check that it is there.",
            ) from error
        finally:
            theirs.close()
        return proxy, ours

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.said.feed(data)

    def process_exited(self) -> None:
        self.said.end()

    def close(self) -> None:
        """End the command and its children."""
        transport = self._transport
        if isinstance(transport, asyncio.SubprocessTransport):
            if transport.get_returncode() is None and sys.platform != "win32":
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(transport.get_pid(), signal.SIGTERM)
            transport.close()


#: seconds for the name, for the port (unless ConnectTimeout says otherwise) and for the SSH handshake
NAME_TIMEOUT = PORT_TIMEOUT = HANDSHAKE_TIMEOUT = 15.0
#: seconds for the login, time for questions not counted; a security key may wait for a touch
LOGIN_TIMEOUT = 120.0
#: seconds for the start of the subsystem
SESSION_TIMEOUT = 30.0


class Connector:
    """The connections of one session while they open, and afterwards those to drop."""

    def __init__(self, info: ConnectionInfo, hops: list[Hop], context: ConnectContext) -> None:
        self._info, self._hops, self._context = info, hops, context
        self._connections: list[asyncssh.SSHClientConnection] = []
        self._proxies: list[ProxyProcess] = []
        self._files: dict[Path, KeyFile] = {}
        named = info.text("KeyFilePath")
        self._named = Path(named).expanduser() if named else None

    async def run(self) -> SSHChannel:
        """Return the channel to the subsystem. Raises OpenError; on any error everything is dropped."""
        try:
            if self._named:
                await self._key_file(self._named)
            for hop in self._hops:
                await self._connect(hop)
            return await self._session(self._hops[-1])
        except BaseException:
            await self.drop()
            raise

    async def drop(self) -> None:
        """Drop every connection and end every proxy command, the last first."""
        connections, self._connections = self._connections[::-1], []
        for connection in connections:
            connection.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                for connection in connections:
                    await connection.wait_closed()
        for proxy in self._proxies:
            proxy.close()

    async def _session(self, hop: Hop) -> SSHChannel:
        subsystem = self._info.text("Subsystem", "powershell") or "powershell"
        self._context.step("session", f"subsystem {printable(subsystem)}")
        console = self._context.console
        async with StepTimeout() as limit:
            limit.step(SESSION_TIMEOUT, lambda: too_slow(hop, "start of the subsystem", SESSION_TIMEOUT))
            try:
                _, session = await self._connections[-1].create_session(
                    lambda: SSHChannel(hop.name, console, self.drop),
                    command=None,
                    subsystem=subsystem,
                    encoding=None,
                    window=WINDOW,
                    request_pty=False,
                    x11_forwarding=False,
                )
            except (asyncssh.Error, OSError) as error:
                raise of_subsystem(error, hop, subsystem) from error
        assert isinstance(session, SSHChannel)
        return session

    async def _connect(self, hop: Hop) -> None:
        context = self._context
        if hop.unsupported:
            names = printable(", ".join(hop.unsupported))
            told = f"The SSH configuration of {printable(hop.name)} sets what pstui does not do: {names}."
            context.console.write(Write(told, stream=Stream.NOTICE))
        if str(hop.option("BatchMode", "no")).lower() in {"yes", "true"}:
            context = ConnectContext(_Silent(context.console), context.step)
        ring = await self._ring(hop)
        try:
            async with StepTimeout() as limit:
                made, address = await self._socket(hop, limit)
                check = await asyncio.to_thread(host_key_check, hop, address)
                connection = await self._log_in(hop, made, check, ring, context, limit)
                while connection is None:
                    # The library cannot wait for a person: connect again, trusting exactly the key agreed to.
                    made, _ = await self._socket(hop, limit)
                    connection = await self._log_in(hop, made, check, ring, context, limit)
        finally:
            ring.close()
        assert connection is not None
        self._connections.append(connection)
        shown = connection.get_server_host_key()
        if shown is not None:
            check.check_not_revoked(shown.get_algorithm(), shown.public_data)

    async def _log_in(
        self,
        hop: Hop,
        made: socket.socket | None,
        check: HostKeyCheck,
        ring: KeyRing,
        context: ConnectContext,
        limit: StepTimeout,
    ) -> asyncssh.SSHClientConnection | None:
        """Log in over a connected socket; return None when the host key had to be decided on and was accepted."""
        login = Login(hop.user, check, ring, context, limit)
        if hop is self._hops[-1]:
            login.password = self._info.settings.get(ASKED_FOR)
        login.prompts = int(hop.option("NumberOfPasswordPrompts") or PROMPTS)
        seconds = self._patience(hop)
        limit.step(seconds, lambda: too_slow(hop, "handshake", seconds or 0.0))
        login.on_begin = lambda: limit.step(LOGIN_TIMEOUT, lambda: too_slow(hop, "login", LOGIN_TIMEOUT))
        try:
            return await asyncssh.connect(
                hop.name,
                hop.port,
                sock=made,
                tunnel=self._connections[-1] if made is None else None,
                config=[str(file) for file in hop.config],
                client_factory=lambda: login,
                known_hosts=lambda host, addr, port: ([], [], []),
                server_host_key_algs=host_key_algorithms(hop, check),
                **settings(hop),
            )
        except (asyncssh.Error, OSError, ValueError) as error:
            key = login.offered_key
            if isinstance(error, asyncssh.HostKeyNotVerifiable) and login.offered_authority and not check.turned_down:
                # As ssh does: what is wrong with the certificate is said, and the plain key is looked at.
                check.turned_down = printable(str(error))
                told = f"{printable(hop.name)}: the certificate of the host is not valid ({check.turned_down})."
                context.console.write(Write(told, stream=Stream.NOTICE))
                return None
            if not isinstance(error, asyncssh.HostKeyNotVerifiable) or key is None:
                raise self._told_by_proxy(of_connecting(error, hop, login, ring), login) from error
            await check.decide(key.get_algorithm(), key.public_data, context, limit)
            return None
        finally:
            if made is not None and not login.reached:
                made.close()

    def _patience(self, hop: Hop) -> float | None:
        """Return the seconds until a server must have begun to speak SSH; a proxy command alone may take for ever."""
        told = hop.option("ConnectTimeout")
        return float(told) if told else None if hop.proxy_command else HANDSHAKE_TIMEOUT

    def _told_by_proxy(self, error: OpenError, login: Login) -> OpenError:
        """Return an error with what the proxy command said, where it ended before the login began."""
        said = self._proxies[-1].said.text() if self._proxies else ""
        if not said or login.began:
            return error
        what = f"{error.what.partition(':')[0]}: the proxy command did not lead to it"
        return OpenError(what, f"It says: {said}", "Try the command by hand.", details=error.details)

    async def _socket(self, hop: Hop, limit: StepTimeout) -> tuple[socket.socket | None, str]:
        """Return a connected socket and the address, or None where the way leads through the last connection."""
        name = printable(hop.name)
        if self._connections:
            self._context.step("port", f"{hop.port} of {name}, through {printable(self._hops[0].name)}")
            return None, ""
        if hop.proxy_command:
            self._context.step("port", f"proxy command {printable(hop.proxy_command)}")
            proxy, made = await ProxyProcess.start(hop.proxy_command)
            self._proxies.append(proxy)
            return made, ""
        self._context.step("name", name)
        limit.step(NAME_TIMEOUT, lambda: too_slow(hop, "look-up of the name", NAME_TIMEOUT))
        addresses = await look_up_name(hop.host, hop.port, int(hop.options.family))
        address = str(addresses[0][4][0])
        self._context.step("port", f"{hop.port} at {address}")
        seconds = float(hop.option("ConnectTimeout") or PORT_TIMEOUT)
        limit.step(seconds, lambda: no_answer_in_time(hop.name, hop.port, seconds))
        made = await open_socket(hop.name, hop.port, addresses, str(hop.option("BindAddress") or ""))
        return made, str(made.getpeername()[0])

    async def _ring(self, hop: Hop) -> KeyRing:
        files: list[KeyFile] = []
        problems: list[str] = []
        for path in dict.fromkeys(hop.paths("IdentityFile")):
            try:
                files.append(await self._key_file(path))
            except OpenError as error:
                # As with ssh, such a file does not stop the login; it is named when the login fails.
                problems.append(f"From the SSH configuration: {error.what}.")
        # A jump host without keys of its own in the configuration is offered the key of the call as well.
        if self._named and (hop is self._hops[-1] or not files):
            named = await self._key_file(self._named)
            files = [named, *(file for file in files if file is not named)]
        ring = KeyRing(
            files,
            agent_path(hop),
            agent_is_limited=bool(hop.option("IdentitiesOnly", False)),
            certificates=[str(path) for path in hop.paths("CertificateFile")],
        )
        ring.problems += problems
        return ring

    async def _key_file(self, path: Path) -> KeyFile:
        if path not in self._files:
            self._files[path] = await asyncio.to_thread(KeyFile.load, path)
        return self._files[path]


class _Silent:
    """A Console whose questions nobody answers (BatchMode); its text goes where it always goes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __getattr__(self, name: str) -> Any:
        return getattr(self._console, name)

    async def ask(self, question: Question) -> Any:
        raise QuestionCancelled("BatchMode allows no questions", nobody=True)
