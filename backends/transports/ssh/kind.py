"""SSH, as Enter-PSSession -HostName uses it: a subsystem of the far server speaks the protocol (protocol-notes 6.3).

pstui brings its own SSH (asyncssh) and honours what belongs to the user's ``ssh``: the configuration files,
known_hosts, the agent and the default keys. Passwords, passphrases and host keys are asked on the console. With the
engine ``ssh`` (``engine.py``) the user's own program is started instead.
"""

from __future__ import annotations

import asyncio
import importlib
import shlex
from typing import Any

from pstui.backends.addresses import shown_user
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, OpenError
from pstui.backends.records import Stream, Write
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import (
    ConnectContext,
    TerminalChannel,
    TerminalWish,
    Transport,
    TransportKind,
)
from pstui.backends.transports.ssh.engine import Engine, EngineLimit, UseProgram, engine_of, offered
from pstui.backends.transports.ssh.options import check_call
from pstui.backends.transports.streams import printable


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Connect, log in and start the subsystem. Raises OpenError, OpenCancelled when a person refused an answer.

    ``ConnectingTimeout`` (milliseconds) counts from here to the first byte of the subsystem (protocol-notes 1.8); 0 is
    over at once, as with PowerShell, and a negative number is no limit.
    """
    try:
        check_call(info)
    except CallError as error:
        raise OpenError(error.what, error.why, error.hint) from error
    outofproc = await asyncio.to_thread(importlib.import_module, "pstui.backends.transports.outofproc")

    limit = info.number("ConnectingTimeout", -1) / 1000
    began = asyncio.get_running_loop().time()
    late = f"{printable(info.text('HostName'))}: no session within the ConnectingTimeout of {limit * 1000:.0f} ms"
    try:
        async with timeout(limit if limit >= 0 else None):
            channel = await _channel(info, context)
    except TimeoutError as error:
        raise OpenError(late, "The limit passed while the connection opened.", "Allow more time.") from error
    if limit >= 0:
        channel.limit_first_answer(limit - (asyncio.get_running_loop().time() - began), late)
    transport: Transport = outofproc.OutOfProcTransport(channel, advice=advice(info))
    return transport


async def _channel(info: ConnectionInfo, context: ConnectContext) -> Any:
    # The library takes a quarter of a second to load; the screen works meanwhile, and ssh tells what is usual there.
    resolved = await _loaded("resolved")
    session, _ = await asyncio.gather(_loaded("session"), asyncio.to_thread(resolved.learn_usual))
    engine = engine_of(info)
    if not engine.is_program:
        try:
            return await session.connect(info, context)
        except EngineLimit as error:
            raise offered(error, info) from error.__cause__
        except UseProgram as told:
            engine = told.engine
            _tell("session", info, context, engine)
    return await (await _loaded("program")).connect(info, context, engine)


def _tell(what: str, info: ConnectionInfo, context: ConnectContext, engine: Engine) -> None:
    """Say that something goes through ssh where no one named it."""
    context.step("engine", f"ssh: {printable(engine.why)}")
    text = f"{printable(info.text('HostName'))}: the {what} goes through ssh, because {engine.why}."
    context.console.write(Write(text, stream=Stream.NOTICE))


async def _loaded(name: str) -> Any:
    return await asyncio.to_thread(importlib.import_module, f"pstui.backends.transports.ssh.{name}")


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> TerminalChannel:
    """Open a terminal on the connection of the host's sessions. Raises OpenError, OpenCancelled."""
    try:
        check_call(info)
        is_program = engine_of(info).is_program
    except CallError as error:
        raise OpenError(error.what, error.why, error.hint) from error
    opened: TerminalChannel
    if not is_program:
        try:
            opened = await (await _loaded("terminal")).open_terminal(info, context, wish)
            return opened
        except EngineLimit as error:
            raise offered(error, info) from error.__cause__
        except UseProgram as told:
            _tell("terminal", info, context, told.engine)
    opened = await (await _loaded("program_terminal")).open_terminal(info, context, wish)
    return opened


def advice(info: ConnectionInfo) -> str:
    """Return what to try by hand when what the server starts is no PowerShell."""
    user, port = shown_user(info.text("UserName")), info.number("Port")
    place = [*(("-p", str(port)) if port else ()), f"{user}@{info.text('HostName')}" if user else info.text("HostName")]
    command = printable(shlex.join(["ssh", *place, "pwsh", "-v"]))
    return (
        f"Try by hand: {command} – the version must come, and nothing before it. The login shell, ForceCommand and the "
        "line Subsystem in the server's sshd_config decide what is started."
    )


TRANSPORT = TransportKind(
    name="SSH",
    parameter_sets=frozenset({ParameterSet.SSH_HOST}),
    connect=connect,
    open_terminal=open_terminal,
)
