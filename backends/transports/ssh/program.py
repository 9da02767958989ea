"""A PowerShell session through this computer's own ssh: ``ssh -s … powershell`` (protocol-notes 6.3).

How this works. ssh is asked first what it would do (``ssh -G``), then started with the very same arguments, never by a
shell; what is set for it beyond them gives way to nothing of the user's but what would break a session without a
terminal. Its questions come back through ``Askpass`` and are put by ``Asked``; its account of the login at LogLevel
DEBUG2 says how far it has come, and when the subsystem runs. A master that runs (ControlPath) is used as ssh does;
where the configuration names none, the sessions of a host share one of ours (``own_master.py``).
"""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pstui.backends.addresses import shown_user
from pstui.backends.connection import ConnectionInfo
from pstui.backends.credentials import ASKED_FOR
from pstui.backends.errors import CallError, OpenCancelled, OpenError
from pstui.backends.forwards import ForwardKind, parse
from pstui.backends.places import expanded
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh import target
from pstui.backends.transports.ssh.asked import Asked
from pstui.backends.transports.ssh.askpass import Askpass
from pstui.backends.transports.ssh.connect import LOGIN_TIMEOUT, PORT_TIMEOUT
from pstui.backends.transports.ssh.engine import Engine, program
from pstui.backends.transports.ssh.failures import no_subsystem
from pstui.backends.transports.ssh.keys import DEFAULT_FILES, KeyFile
from pstui.backends.transports.ssh.options import option_lines, quoted
from pstui.backends.transports.ssh.own_master import OwnMaster, join
from pstui.backends.transports.ssh.program_channel import ProgramChannel
from pstui.backends.transports.ssh.resolved import Resolved
from pstui.backends.transports.ssh.said import Progress, error_of
from pstui.backends.transports.ssh.session import SESSION_TIMEOUT
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.streams import printable

#: what a session without a terminal cannot do with, and the values that leave it alone
_IN_THE_WAY = {"remotecommand": "none", "stdinnull": "no", "forkafterauthentication": "no"}


async def connect(info: ConnectionInfo, context: ConnectContext, engine: Engine) -> ProgramChannel:
    """Return the streams of the subsystem. Raises OpenError; on any error ssh has ended and nothing is left of it."""
    if not program():
        raise OpenError(
            f"{printable(info.text('HostName'))}: the engine is ssh, and there is no ssh here",
            f"{engine.why[:1].upper()}{engine.why[1:]}.",
            "Install OpenSSH's client, or take the built-in engine: -Engine asyncssh.",
        )
    async with StepTimeout() as limit:
        opening = _Opening(info, context, limit)
        try:
            return await opening.run()
        except BaseException:
            await opening.drop()
            raise


@dataclass(frozen=True, slots=True)
class Passing:
    """A place that is connected to through the host, and whose master to use."""

    place: str
    master: Callable[[Resolved], OwnMaster | None]


async def pass_on(info: ConnectionInfo, context: ConnectContext, passing: Passing) -> ProgramChannel:
    """Return the streams of a connection through a host (-W). Raises OpenError."""
    async with StepTimeout() as limit:
        opening = _Opening(info, context, limit, passing)
        try:
            return await opening.run()
        except BaseException:
            await opening.drop()
            raise


class _Opening:
    """One ssh on its way to a session."""

    def __init__(
        self, info: ConnectionInfo, context: ConnectContext, limit: StepTimeout, passing: Passing | None = None
    ) -> None:
        self._passing = passing
        self._info, self._context, self._limit = info, context, limit
        self._subsystem = info.text("Subsystem", "powershell") or "powershell"
        self._name = info.text("HostName")
        self._asked = Asked(self._name, "", context, limit, info.settings.get(ASKED_FOR))
        self._askpass = Askpass(self._asked.answer)
        self._channel: ProgramChannel | None = None
        self._own_master: OwnMaster | None = None
        self._port = "22"
        self._offered: list[str] = []

    async def run(self) -> ProgramChannel:
        """Start ssh and return its channel once the subsystem runs. Raises OpenError."""
        await self._askpass.start()
        told = await asyncio.to_thread(asked_ssh, self._info, self._askpass.folder)
        self._own_master = join(self._info, told) if self._passing is None else self._passing.master(told)
        if self._own_master is None:
            return await self._begin(told, [])
        async with self._own_master.turn:
            return await self._begin(told, await self._own_master.options())

    async def _begin(self, told: Resolved, more: list[str]) -> ProgramChannel:
        options = await asyncio.to_thread(ssh_options, self._info, told, [*more, "LogLevel=DEBUG2"])
        if self._passing is None:
            wanted = ["-s", *forward_options(self._info), *options, *told.arguments, self._subsystem]
        else:
            wanted = ["-W", self._passing.place, *options, *told.arguments]
        argv = [program(), "-x", "-T", *wanted]
        self._asked.user = _first(told, "user") or getpass.getuser()
        self._asked.host = _first(told, "hostname") or self._name
        self._port = _first(told, "port")
        # A proxy command may ask the network, or wait for a machine to wake: ConnectTimeout alone limits it.
        waits = "proxycommand" in told.values or "proxyjump" in told.values
        seconds = LOGIN_TIMEOUT + PORT_TIMEOUT + float(_seconds(told, "connecttimeout"))
        self._limit.step(None if waits else seconds, lambda: self._too_slow("login", seconds))
        self._context.step("name", printable(self._asked.host))
        try:
            self._channel = channel = await ProgramChannel.begin(
                argv,
                self._askpass.environment(),
                lambda: ProgramChannel(
                    self._name,
                    self._context.console,
                    self._progress,
                    self._askpass.close,
                    self._own_master,
                    passes=self._passing is not None,
                ),
            )
        except (OSError, ValueError) as error:
            why = f"The system says: {getattr(error, 'strerror', None) or error}."
            raise OpenError(f"{printable(self._name)}: ssh could not be started", why) from error
        self._asked.main, self._asked.on_cancel = channel.pid, channel.settled.set
        await channel.settled.wait()
        if self._asked.is_cancelled or not channel.has_begun:
            raise self._failure(channel)
        self._asked.limit = None
        self._asked.given.clear()
        return channel

    async def drop(self) -> None:
        """End ssh, and remove what was made for it."""
        if self._channel is not None:
            await self._channel.stop()
        elif self._own_master is not None:
            await self._own_master.leave()
        await self._askpass.close()

    def _progress(self, progress: Progress) -> None:
        if progress.key:
            self._offered.append(progress.key)
        if not progress.step or self._asked.limit is None:
            return
        detail = progress.detail
        if progress.step == "authentication":
            detail = printable(shown_user(self._asked.user))
            self._limit.step(LOGIN_TIMEOUT, lambda: self._too_slow("login", LOGIN_TIMEOUT))
        elif progress.step == "session":
            self._limit.step(SESSION_TIMEOUT, lambda: self._too_slow("start of the subsystem", SESSION_TIMEOUT))
        self._context.step(progress.step, detail)

    def _failure(self, channel: ProgramChannel) -> OpenError:
        name = printable(self._name)
        if self._asked.is_cancelled:
            return OpenCancelled(f"{name}: not connected")
        if self._asked.refused_key:
            return OpenCancelled(f"{name}: not connected, its host key was not accepted")
        said = [self._asked.without_login(line) for line in channel.said]
        error = error_of(self._name, said, channel.code)
        if error.what.endswith("the login was refused"):
            keys = ", ".join(dict.fromkeys(self._offered[:10]))
            offered = f"Keys offered: {keys}." if keys else "No key was there to offer."
            lines = [
                f"User name: {printable(shown_user(self._asked.user))}.",
                offered,
                error.why,
                *self._asked.problems,
            ]
            error.why = "\n".join(lines)
            secret = "the user name and the password" if self._asked.answered else "the user name"
            error.hint = error.hint or f"Check {secret}; a key is named with -KeyFilePath or loaded into the agent."
        elif error.what.endswith("no such subsystem"):
            return no_subsystem(self._name, self._subsystem, error.details)
        elif self._asked.problems:
            error.why = "\n".join([error.why, *self._asked.problems])
        return error

    def _too_slow(self, step: str, seconds: float) -> OpenError:
        return OpenError(
            f"{printable(self._name)}: no answer in time ({step}, {seconds:g} s)",
            f"Port {printable(self._port)} takes connections, but the {step} did not come to an end.",
            "The server may be overloaded, or something other than SSH listens there.",
        )


def asked_ssh(info: ConnectionInfo, folder: Path) -> Resolved:
    """Return what ssh would do for a connection; ``folder`` takes its options as a file. Blocks. Raises OpenError."""
    try:
        lines = option_lines(info.values.get("Options") or {}, program=True)
    except CallError as error:
        raise OpenError(error.what, error.why, error.hint) from error
    return target.ask_target(info, lines, folder)


def ssh_options(info: ConnectionInfo, told: Resolved, more: list[str]) -> list[str]:
    """Return the options for an ssh that runs something there: ``more``, and what the configuration lacks."""
    more = [*more]
    more += [f"{name}={value}" for name, value in _IN_THE_WAY.items() if _first(told, name) not in ("", value)]
    if _first(told, "controlmaster") not in ("", "false", "no") and _first(told, "controlpersist") in ("", "no"):
        more.append("ControlMaster=no")  # a session would be the master of others, and take them with it
    if _first(told, "connecttimeout") in ("", "none") and not {"proxycommand", "proxyjump"} & told.values.keys():
        more.append(f"ConnectTimeout={PORT_TIMEOUT:.0f}")
    if _first(told, "serveraliveinterval") in ("", "0"):
        more += [f"ServerAliveInterval={target.ALIVE_INTERVAL}", f"ServerAliveCountMax={target.ALIVE_COUNT}"]
    if not Askpass.is_possible():
        more.append("BatchMode=yes")
    if key := info.text("KeyFilePath"):
        file = expanded(key)
        KeyFile.load(file)  # ssh only warns of a file that is not there
        more.append(f"IdentityFile={quoted(str(file).replace('%', '%%'))}")
    return _as_arguments([*more, *_of_home(told)])


def _as_arguments(options: list[str]) -> list[str]:
    return [part for one in options for part in ("-o", one)]


def _first(told: Resolved, keyword: str) -> str:
    return told.values.get(keyword, ("",))[0]


def _seconds(told: Resolved, keyword: str) -> int:
    value = _first(told, keyword)
    return int(value) if value.isascii() and value.isdecimal() else 0


#: the keyword of each kind of forward
_FORWARDS = {
    ForwardKind.LOCAL: "LocalForward",
    ForwardKind.REMOTE: "RemoteForward",
    ForwardKind.DYNAMIC: "DynamicForward",
}


def forward_options(info: ConnectionInfo) -> list[str]:
    """Return the options of ssh for the forwards of a profile; those of the configuration ssh finds by itself."""
    found = []
    for text in info.settings.get("forwards") or ():
        spec = parse(text)
        target = f" {spec.target}" if spec.target is not None else ""
        found.append(f"{_FORWARDS[spec.kind]}={spec.listen}{target}")
    return _as_arguments(found)


def _of_home(told: Resolved) -> list[str]:
    """Return options for the files of the home that pstui was given, where ssh goes by another (HOME)."""
    own = Path.home() / ".ssh"
    if own == Path(f"~{getpass.getuser()}").expanduser() / ".ssh":
        return []
    found = []
    if told.values.get("userknownhostsfile") == told.usual.get("userknownhostsfile"):
        found.append(f"UserKnownHostsFile={quoted(str(own / 'known_hosts'))} {quoted(str(own / 'known_hosts2'))}")
    if told.values.get("identityfile") == told.usual.get("identityfile"):
        keys = [own / name for name in DEFAULT_FILES]
        found += [f"IdentityFile={quoted(str(key))}" for key in keys if key.is_file()]
    return found
