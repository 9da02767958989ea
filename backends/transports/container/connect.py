"""A PowerShell inside a container: ``pwsh -s`` on streams that the engine's ``exec`` brings (protocol-notes 6.5).

Podman, Docker or any engine that takes their arguments, here or at another place. The name that a person gives is
compared with the engine's list; only the full id found there goes into a command.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError, OpenError
from pstui.backends.transports.base import ConnectContext, TerminalWish, Transport
from pstui.backends.transports.command import ToolError
from pstui.backends.transports.container.channel import ContainerChannel
from pstui.backends.transports.container.engine import (
    ERROR_ID,
    Container,
    ContainerState,
    engines,
    how_it_ended,
    is_windows,
    matching,
    ways_out,
)
from pstui.backends.transports.outofproc import OutOfProcTransport
from pstui.backends.transports.process import SERVER_ARGUMENTS
from pstui.backends.transports.pty_channel import COLORTERM, TERM, PtyChannel
from pstui.backends.transports.streams import printable
from pstui.backends.transports.terminal_line import posix_argv, windows_argv

#: programs tried in this order when none is configured
SHELLS = ("pwsh", "powershell.exe")
#: the account that RunAsAdministrator means
ADMINISTRATORS = {True: "ContainerAdministrator", False: "root"}


async def find(info: ConnectionInfo) -> Container:
    """Return the container that ``info`` names by its id, the unique beginning of one, or its name.

    Raises OpenError: no engine, none or several such containers, an engine that fails.
    """
    wanted = info.text("ContainerId").strip()
    shown = printable(wanted)[:100]
    try:
        asked = engines(info)
    except CallError as error:
        raise OpenError(error.what, error.why, error.hint, error_id=ERROR_ID) from error
    if not asked:
        raise OpenError(
            f"the container {shown} cannot be looked up",
            "Neither podman nor docker was found on the PATH.",
            "Install one of them, or name another engine's command with -Engine.",
            error_id=ERROR_ID,
        )
    failures: list[str] = []
    answers = await asyncio.gather(*(one.containers() for one in asked), return_exceptions=True)
    for engine, answer in zip(asked, answers, strict=True):
        if isinstance(answer, OpenError):
            failures.append(f"{engine.name}: {answer.what}. {answer.why}".strip())
        elif isinstance(answer, BaseException):
            raise answer
        elif found := matching(answer, wanted):
            if len(found) > 1:
                raise _several(shown, found)
            return found[0]
    if len(failures) == len(asked):
        told = answers[0].hint if isinstance(answers[0], ToolError) and len(asked) == 1 else ""
        hint = told or "Check that the engine runs and that you may use it."
        raise OpenError(f"the container {shown} cannot be looked up", "\n".join(failures), hint, error_id=ERROR_ID)
    knowing = [engine for engine, answer in zip(asked, answers, strict=True) if not isinstance(answer, OpenError)]
    found_none = f"{' and '.join(one.name for one in knowing)} found no container with this id or name."
    raise OpenError(
        f"there is no container {shown}",
        "\n".join([found_none, *failures]),
        f"To see them all: {knowing[0].written('ps', '--all')}",
        error_id=ERROR_ID,
    )


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the container and start a PowerShell in it. Raises OpenError."""
    context.step("name", printable(info.text("ContainerId"))[:100])
    container = await find(info)
    context.step("name", f"{container.id[:12]} {container.name}, {container.state} ({container.engine.name})")
    if not container.is_running:
        raise _not_running(container)
    account = ""
    if info.switch("RunAsAdministrator"):
        account = ADMINISTRATORS[await is_windows(container)]
    channel = ContainerChannel(container, server_commands(info), context.console)
    channel.argv = lambda program: exec_argv(container, program, account)
    context.step("session", account or "the container's own user")
    try:
        await channel.start()
    except (OSError, ValueError) as error:
        engine = container.engine.name
        raise OpenError(f"{engine} could not be started", printable(str(error)), error_id=ERROR_ID) from error
    by_hand = exec_argv(container, (channel.program, "-v"), account)
    advice = f"Try by hand: {printable(shlex.join(by_hand))} – the version must come, and nothing before it."
    return OutOfProcTransport(channel, is_private=container.engine.is_private, advice=advice)


def exec_argv(
    container: Container, program: Sequence[str], account: str = "", *, terminal: bool = False
) -> tuple[str, ...]:
    """Return the engine's command that runs a program in a container, on standard streams or with a terminal."""
    user = (f"--user={account}",) if account else ()
    kind = ("-it", f"--env=TERM={TERM}", f"--env=COLORTERM={COLORTERM}") if terminal else ("-i",)
    return container.engine.argv("exec", *kind, *user, container.id, *program)


def server_commands(info: ConnectionInfo) -> list[tuple[str, ...]]:
    """Return the argument lists to try in the container. Raises OpenError for one that cannot be passed on.

    ``Shell`` is one program, which gets the arguments of a server, or a whole list. ConfigurationName becomes the
    argument ``-Config`` (protocol-notes 1.8).
    """
    configuration = info.text("ConfigurationName")
    more = ("-Config", configuration) if configuration else ()
    shell = tuple(str(part) for part in info.values.get("Shell") or ())
    programs = [shell] if shell else [(one,) for one in SHELLS]
    found = [(*(one if len(one) > 1 else (*one, *SERVER_ARGUMENTS)), *more) for one in programs]
    if any("\0" in part for one in found for part in one):
        raise OpenError("the command for this container holds a null character", error_id=ERROR_ID)
    if shell and (not shell[0] or shell[0].startswith("-")):
        raise OpenError(
            f"{printable(shell[0])!r} is not a program",
            "A program's name is not empty and does not begin with a dash.",
            "Give the program's path in the container.",
            error_id=ERROR_ID,
        )
    return found


def _not_running(container: Container) -> OpenError:
    state = ContainerState(container.state)
    what = how_it_ended(container, state) if container.state == "paused" else _what(container)
    hint, offers = ways_out(container, container.state)
    return OpenError(
        what,
        f"The engine says: {container.status}." if container.status else "",
        hint,
        error_id=ERROR_ID,
        offers=offers,
    )


def _what(container: Container) -> str:
    return f"the container {container.name} is not running but {container.state or 'in an unknown state'}"


def _several(shown: str, found: Sequence[Container]) -> OpenError:
    names = ", ".join(f"{one.id[:12]} ({one.name})" for one in found[:5]) + (", …" if len(found) > 5 else "")
    return OpenError(
        f"{len(found)} containers match {shown}", f"{names}.", "Give more characters of the id.", error_id=ERROR_ID
    )


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> PtyChannel:
    """Run a shell in the container by the engine's ``exec -it``, in a terminal of this computer. Raises OpenError."""
    container = await find(info)
    if not container.is_running:
        raise _not_running(container)
    windows = await is_windows(container)
    account = ADMINISTRATORS[windows] if info.switch("RunAsAdministrator") else ""
    program = windows_argv(wish) if windows else posix_argv(wish, container=True)
    context.step("session", account or "the container's own user")
    argv = exec_argv(container, program, account, terminal=True)
    return await PtyChannel.start(argv, wish.columns, wish.rows)
