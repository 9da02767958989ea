"""Far ends with files for tests: an sshd that serves SFTP, a server of SFTP that does as a test wants, and trees."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncssh
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.sftp import SFTPFiles, open_sftp
from pstui.backends.transports.base import ConnectContext

from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd, running_sshd


@contextmanager
def sftp_sshd(folder: Path, options: str = "", powershell: str = "") -> Iterator[Sshd]:
    """Run an sshd that serves SFTP; ``options`` are its sftp-server's."""
    subsystems = {"powershell": powershell}
    config = f"Subsystem sftp internal-sftp {options}"
    with running_sshd(folder, subsystems=subsystems, more_config=config) as server:
        yield server


@asynccontextmanager
async def far_files(info: ConnectionInfo) -> AsyncIterator[SFTPFiles]:
    """Open the files of an SSH host; its key is known already."""
    files = await open_sftp(info, ConnectContext(ScriptedConsole()))
    assert files is not None
    try:
        yield files
    finally:
        await files.close()


@asynccontextmanager
async def near_files(folder: Path) -> AsyncIterator[LocalFiles]:
    """The files of this computer, counted from a folder."""
    files = LocalFiles(str(folder))
    try:
        yield files
    finally:
        await files.close()


class _Open(asyncssh.SSHServer):
    """Lets everybody in."""

    def begin_auth(self, username: str) -> bool:
        return False


@asynccontextmanager
async def own_sftp(factory: type[asyncssh.SFTPServer], home: Path) -> AsyncIterator[ConnectionInfo]:
    """Serve SFTP by a class; gives the connection to it, its key known in ``home``."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[key], server_factory=_Open, sftp_factory=factory, allow_scp=False
    )
    port = listener.get_port()
    known = key.export_public_key().decode().strip()
    (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {known}\n")
    values = {"HostName": "127.0.0.1", "Port": port, "UserName": "nobody"}
    try:
        yield ConnectionInfo(ParameterSet.SSH_HOST, values)
    finally:
        listener.close()
        await listener.wait_closed()


def look(folder: Path) -> dict[str, Any]:
    """Return all that a tree holds: kind, content, mode and time of each, by its path from the top."""
    found: dict[str, Any] = {}
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root) / name
            mode = path.lstat().st_mode
            content: Any = None
            if stat.S_ISLNK(mode):
                content = str(path.readlink())
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            times = None if stat.S_ISLNK(mode) else int(path.stat().st_mtime)
            bits = None if stat.S_ISLNK(mode) else oct(mode)
            found[str(path.relative_to(folder))] = (content, bits, times)
    return found
