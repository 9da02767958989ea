"""The files of a connection: over SFTP where its host serves that, else by a pipeline in a PowerShell session.

Where this computer's ssh is the engine it is the pipeline, on the login of the sessions: SFTP is asyncssh's here.
"""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.files.base import FileSystem
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.engine import engine_of


async def open_files(info: ConnectionInfo, console: Console, manager: SessionManager) -> FileSystem:
    """Return the files where a connection leads. Questions are asked on ``console``.

    Raises OpenError; FileError where the far end's PowerShell may not do what is needed.
    """
    if info.parameter_set is ParameterSet.SSH_HOST and not engine_of(info).is_program:
        from pstui.backends.files.sftp import open_sftp

        found = await open_sftp(info, ConnectContext(console))
        if found is not None:
            return found
    from pstui.backends.files.pipeline import open_pipeline

    session = manager.create(info, console)
    await session.open()
    try:
        return await open_pipeline(session, console, on_close=lambda: manager.remove(session))
    except BaseException:
        await manager.remove(session)
        raise
