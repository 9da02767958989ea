"""A local process that speaks the protocol on its standard streams: ``pwsh -s``, or any argument list that does."""

from __future__ import annotations

import os
import shutil
import sys

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind
from pstui.backends.transports.process_channel import ProcessChannel
from pstui.backends.transports.texts import printable

#: server mode on the standard streams (semantics 6.2)
SERVER_ARGUMENTS = ("-s", "-NoLogo", "-NoProfile")


def default_command() -> tuple[str, ...]:
    """Return the argument list of this machine's PowerShell as a server, or ``()`` when there is none on the PATH."""
    names = ["pwsh"]
    if os.name == "nt":
        names += ["powershell.exe", "powershell"]
    for name in names:
        path = shutil.which(name)
        if path:
            return (path, *SERVER_ARGUMENTS)
    return ()


def command_of(info: ConnectionInfo) -> tuple[str, ...]:
    """Return the argument list to start for ``info``. Raises OpenError when there is nothing to start."""
    given = tuple(str(part) for part in info.values.get("Command") or ())
    if any("\0" in part for part in given):
        raise OpenError("the command of this process holds a null character", "No program can be started with it.")
    if given:
        return given
    found = default_command()
    if found:
        return found
    wanted = "Neither pwsh nor Windows PowerShell was" if os.name == "nt" else "No program named pwsh was"
    raise OpenError(
        "there is no PowerShell on this machine to enter",
        f"{wanted} found on the PATH.",
        "Install PowerShell, name another host with -HostName, or try the embedded endpoint: pstui demo",
        error_id="CommandNotFoundException",
    )


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Start the process and return its transport. Raises OpenError."""
    from pstui.backends.transports.outofproc import OutOfProcTransport

    argv = command_of(info)
    context.step("session", printable(argv[0]))
    try:
        channel = await ProcessChannel.start(argv)
    except (OSError, ValueError) as error:
        raise _not_started(argv[0], error) from error
    return OutOfProcTransport(channel)


def _not_started(program: str, error: OSError | ValueError) -> OpenError:
    reason = getattr(error, "strerror", None) or str(error)
    hint = "Check that the file may be executed by you."
    if isinstance(error, FileNotFoundError):
        hint = "Check the spelling, or give the whole path of the program."
    elif sys.platform != "win32" and isinstance(error, OSError) and error.errno == 8:
        hint = "The file is no program for this machine; a script needs its first line to name an interpreter."
    return OpenError(
        f"the process {printable(program)} could not be started",
        f"The system says: {printable(reason)}.",
        hint,
        error_id="CommandNotFoundException" if isinstance(error, FileNotFoundError) else "",
    )


TRANSPORT = TransportKind(
    name="Process",
    parameter_sets=frozenset({ParameterSet.PROCESS}),
    connect=connect,
)
