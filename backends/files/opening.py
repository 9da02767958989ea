"""The files of a connection: over SFTP where its host serves that, else by a pipeline in a PowerShell session.

Where this computer's ssh is the engine it is the pipeline, on the login of the sessions: SFTP is asyncssh's here. So it
is where a master of ssh runs for the host; a host without PowerShell is then logged in to for SFTP.
"""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.errors import OpenError
from pstui.backends.files.base import FileSystem
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.engine import UseProgram, engine_of


async def open_files(info: ConnectionInfo, console: Console, manager: SessionManager) -> FileSystem:
    """Return the files where a connection leads. Questions are asked on ``console``.

    Raises OpenError; FileError where the far end's PowerShell may not do what is needed.
    """
    found, has_master = await _by_sftp(info, console)
    if found is not None:
        return found
    session = manager.create(info, console)
    try:
        await session.open()
    except OpenError:
        found = await _sftp(info, console) if has_master else None
        if found is None:
            raise
        await manager.remove(session)
        return found
    from pstui.backends.files.pipeline import open_pipeline

    try:
        return await open_pipeline(session, console, on_close=lambda: manager.remove(session))
    except BaseException:
        await manager.remove(session)
        raise


async def files_of(session: PSSession, console: Console) -> FileSystem:
    """Return the files where a session leads, without a further login. Raises PstuiError."""
    found, _ = await _by_sftp(session.info, console)
    if found is not None:
        return found
    from pstui.backends.files.pipeline import open_pipeline

    return await open_pipeline(session, console)


async def _by_sftp(info: ConnectionInfo, console: Console) -> tuple[FileSystem | None, bool]:
    """Return the files over SFTP, None where that is not the way, and whether it gave way to a master of ssh."""
    if info.parameter_set is ParameterSet.SSH_HOST and not engine_of(info).is_program:
        try:
            return await _sftp(info, console, gives_way=True), False
        except UseProgram:
            return None, True
    return None, False


async def _sftp(info: ConnectionInfo, console: Console, *, gives_way: bool = False) -> FileSystem | None:
    from pstui.backends.files.sftp import open_sftp

    return await open_sftp(info, ConnectContext(console), gives_way=gives_way)
