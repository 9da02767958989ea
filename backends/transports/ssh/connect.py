"""Opening the connections to an SSH host: for each host on the way its address, port, host key and login.

A host is reached by TCP at one of its addresses, through the connection to the host before it, or through a proxy
command. Whatever goes wrong on the way is told as an OpenError: what failed, why, and what to do next.
"""

from __future__ import annotations

import asyncio
import socket
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
from cryptography.utils import CryptographyDeprecationWarning
from pstui.backends.console import Console, Question, QuestionCancelled
from pstui.backends.credentials import LoginPassword
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.agent_keys import add_to_agent
from pstui.backends.transports.ssh.asked import Asked
from pstui.backends.transports.ssh.engine import EngineLimit, program
from pstui.backends.transports.ssh.failures import limited, no_answer_in_time, of_connecting, too_slow
from pstui.backends.transports.ssh.host_key_updates import Learning
from pstui.backends.transports.ssh.host_keys import HostKeyCheck
from pstui.backends.transports.ssh.keys import KeyFile, KeyRing
from pstui.backends.transports.ssh.login import PROMPTS, Login
from pstui.backends.transports.ssh.negotiation import nothing_in_common
from pstui.backends.transports.ssh.proxy import ProxyProcess
from pstui.backends.transports.ssh.sockets import look_up_name, open_socket, set_service
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.ssh.target import (
    Hop,
    accepted_keys,
    agent_path,
    host_key_algorithms,
    host_key_check,
    settings,
)
from pstui.backends.transports.streams import printable

#: seconds for the name, for the port (unless ConnectTimeout says otherwise) and for the SSH handshake
NAME_TIMEOUT = PORT_TIMEOUT = HANDSHAKE_TIMEOUT = 15.0
#: seconds for the login, time for questions not counted; a security key may wait for a touch
LOGIN_TIMEOUT = 120.0

#: connections after the first to a server that closes before its offer is read
MAX_UNREAD = 4


class HopOpener:
    """Opens the connection to one host on the way. ``parent`` is the connection to the host before it.

    ``files`` keeps the key files that were read and opened, so that a passphrase is asked once on the whole way.
    ``named`` is the key file of the call, ``password`` where the password of the last host comes from, which
    ``is_target`` tells from those on the way.
    """

    def __init__(
        self,
        hop: Hop,
        parent: asyncssh.SSHClientConnection | None,
        context: ConnectContext,
        *,
        files: dict[Path, KeyFile],
        named: Path | None = None,
        password: LoginPassword | None = None,
        is_target: bool = True,
        through: str = "",
    ) -> None:
        self._hop, self._parent, self._context = hop, parent, context
        self._files, self._named, self._is_target, self._through = files, named, is_target, through
        self._password = password if is_target else None
        self._proxies: list[ProxyProcess] = []
        self._unread = 0

    async def run(self) -> asyncssh.SSHClientConnection:
        """Return the connection, logged in. Raises OpenError; on any error everything is dropped."""
        # Which key exchange a server takes is not for a person to mend: said on standard error it would only disturb.
        warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=r"asyncssh\.")
        try:
            return await self._connect(self._hop)
        except BaseException:
            await self.close_proxies()
            raise

    async def close_proxies(self) -> None:
        """End the proxy commands that carry the connection."""
        for proxy in self._proxies:
            await proxy.close()

    async def _connect(self, hop: Hop) -> asyncssh.SSHClientConnection:
        if hop.unsupported:
            names = printable(", ".join(hop.unsupported))
            told = f"The SSH configuration of {printable(hop.name)} sets what pstui does not do: {names}."
            told += " This computer's ssh does: -Engine ssh." if self._is_target and program() else ""
            self._context.console.write(Write(told, stream=Stream.NOTICE))
        if str(hop.option("BatchMode", "no")).lower() in {"yes", "true"}:
            self._context = replace(self._context, console=_Silent(self._context.console))
        context = self._context
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
        check.learn_address(self._context)
        for proxy in self._proxies:
            await proxy.ask_no_more()
        wanted = hop.told.text("addkeystoagent") if hop.told else ""
        await add_to_agent(ring.files, agent_path(hop), wanted, self._context)
        return connection

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
        login.password = self._password
        login.prompts = int(hop.option("NumberOfPasswordPrompts") or PROMPTS)
        seconds = self._patience(hop)
        limit.step(seconds, lambda: too_slow(hop, "handshake", seconds or 0.0))
        login.on_begin = lambda: limit.step(LOGIN_TIMEOUT, lambda: too_slow(hop, "login", LOGIN_TIMEOUT))
        learning = Learning(check, context.console)
        try:
            connection = await asyncssh.connect(
                hop.name,
                hop.port,
                sock=made,
                tunnel=self._parent if made is None else None,
                config=[str(file) for file in hop.config],
                client_factory=lambda: login,
                known_hosts=lambda host, addr, port: ([], [], []),
                server_host_key_algs=host_key_algorithms(hop, check),
                server_host_keys_handler=learning.take if learning.is_wanted(hop.option("UpdateHostKeys")) else None,
                **settings(hop),
            )
            learning.begin(connection)
            return connection
        except (asyncssh.Error, OSError, ValueError) as error:
            key = login.offered_key
            if isinstance(error, asyncssh.HostKeyNotVerifiable) and login.offered_authority and not check.turned_down:
                # As ssh does: what is wrong with the certificate is said, and the plain key is looked at.
                check.turned_down = printable(str(error))
                told = f"{printable(hop.name)}: the certificate of the host is not valid ({check.turned_down})."
                context.console.write(Write(told, stream=Stream.NOTICE))
                return None
            if self._is_unread(error, login):
                return None
            if not isinstance(error, asyncssh.HostKeyNotVerifiable) or key is None:
                failure = limited(of_connecting(error, hop, login, ring), error, hop)
                raise self._told_by_proxy(failure, login) from error
            await check.decide(key.get_algorithm(), key.public_data, context, limit)
            return None
        finally:
            if made is not None and not login.reached:
                made.close()

    def _is_unread(self, error: Exception, login: Login) -> bool:
        """Whether to connect once more, because a server that speaks SSH closed before its offer could be read.

        One that finds no algorithm in common closes at once, and a reset takes away what it said before.
        """
        said = getattr(login.connection, "_server_version", b"")
        unread = isinstance(error, asyncssh.ConnectionLost) and bool(said) and not login.began
        unread = unread and nothing_in_common(error, login.user, login.connection) is None
        self._unread += unread
        return unread and self._unread <= MAX_UNREAD

    def _patience(self, hop: Hop) -> float | None:
        """Return the seconds until a server must have begun to speak SSH; a proxy command alone may take for ever."""
        told = hop.option("ConnectTimeout")
        return float(told) if told else None if hop.proxy_command else HANDSHAKE_TIMEOUT

    def _told_by_proxy(self, error: OpenError, login: Login) -> OpenError:
        """Return an error with what the proxy command said, where it ended before the login began."""
        if self._proxies and self._proxies[-1].asked.is_cancelled:
            return OpenCancelled(f"{printable(self._hop.name)}: not connected")
        said = self._proxies[-1].said.text() if self._proxies else ""
        if not said or login.began:
            return error
        what = f"{error.what.partition(':')[0]}: the proxy command did not lead to it"
        return OpenError(what, f"It says: {said}", "Try the command by hand.", details=error.details)

    async def _socket(self, hop: Hop, limit: StepTimeout) -> tuple[socket.socket | None, str]:
        """Return a connected socket and the address, or None where the way leads through the last connection."""
        name = printable(hop.name)
        if self._parent is not None:
            self._context.step("port", f"{hop.port} of {name}, through {printable(self._through)}")
            return None, ""
        if hop.proxy_command and "proxyusefdpass" in hop.unsupported:
            raise EngineLimit(
                f"{name}: its proxy command cannot be used",
                "ProxyUseFdpass has it hand over an open connection, which the built-in engine, asyncssh, cannot take.",
                "Or set ProxyUseFdpass no for this host, with a command that carries the bytes itself.",
            )
        if hop.proxy_command:
            self._context.step("port", f"proxy command {printable(hop.proxy_command)}")
            return await self._proxy(hop, limit), ""
        self._context.step("name", name)
        limit.step(NAME_TIMEOUT, lambda: too_slow(hop, "look-up of the name", NAME_TIMEOUT))
        addresses = await look_up_name(hop.host, hop.port, int(hop.options.family))
        address = str(addresses[0][4][0])
        self._context.step("port", f"{hop.port} at {address}")
        seconds = float(hop.option("ConnectTimeout") or PORT_TIMEOUT)
        limit.step(seconds, lambda: no_answer_in_time(hop.name, hop.port, seconds))
        made = await open_socket(hop.name, hop.port, addresses, str(hop.option("BindAddress") or ""))
        if hop.service is not None:
            set_service(made, hop.service)
        return made, str(made.getpeername()[0])

    async def _proxy(self, hop: Hop, limit: StepTimeout) -> socket.socket:
        """Start the proxy command; it may be an ssh that has questions of its own."""
        asked = Asked(hop.name, hop.user, self._context, limit)
        if self._proxies:
            # It runs again because the host key had to be decided on: nobody is asked the same twice.
            asked.earlier = self._proxies[-1].asked.given
        proxy, made = await ProxyProcess.start(hop.proxy_command, asked)
        self._proxies.append(proxy)
        return made

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
        if self._named and (self._is_target or not files):
            named = await self._key_file(self._named)
            files = [named, *(file for file in files if file is not named)]
        ring = KeyRing(
            files,
            agent_path(hop),
            agent_is_limited=bool(hop.option("IdentitiesOnly", False)),
            certificates=[str(path) for path in hop.paths("CertificateFile")],
            accepted=accepted_keys(hop),
            rsa_bits=int(hop.option("RequiredRSASize") or 0),
        )
        ring.problems += problems
        return ring

    async def _key_file(self, path: Path) -> KeyFile:
        return await key_file(self._files, path)


async def key_file(files: dict[Path, KeyFile], path: Path) -> KeyFile:
    """Return a key file, read once. Raises OpenError."""
    if path not in files:
        files[path] = await asyncio.to_thread(KeyFile.load, path)
    return files[path]


class _Silent:
    """A Console whose questions nobody answers (BatchMode); its text goes where it always goes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __getattr__(self, name: str) -> Any:
        return getattr(self._console, name)

    async def ask(self, question: Question) -> Any:
        raise QuestionCancelled("BatchMode allows no questions", nobody=True)
