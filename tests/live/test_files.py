"""Files over a pipeline in a real PowerShell: trees both ways, what fails there, what a restricted endpoint says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.files.base import FileError, FileSystem, Kind, Reason
from pstui.backends.files.opening import open_files
from pstui.backends.files.options import Options
from pstui.backends.files.plan import State
from pstui.backends.files.transfer import Transfer
from pstui.backends.sessions.manager import SessionManager

from tests.support.far_files import look, near_files
from tests.support.powershell import process_info, pwsh, waiting_powershell
from tests.support.scripted_console import ScriptedConsole


@asynccontextmanager
async def reached(info: ConnectionInfo) -> AsyncIterator[FileSystem]:
    manager = SessionManager()
    files = await open_files(info, ScriptedConsole(), manager)
    try:
        yield files
    finally:
        await files.close()
        await manager.close_all()


def odd_tree(folder: Path) -> Path:
    (folder / "sub" / "empty folder").mkdir(parents=True)
    for name in ("with space", "br[ack]et*?", "ünïcødé 漢字", "dots...", "CON", "per%20cent", "tab?".replace("?", "'")):
        (folder / "sub" / name).write_bytes(name.encode())
    for name in ("back\\slash", "_x0009_", "$(id)", "-r", "e\u0301", "\u00e9", "\u202ex", "trail "):
        (folder / name).write_bytes(name.encode())
    for name in ("*", "b", "[a]", "?"):  # the first and the last are no patterns
        (folder / "sub" / name).mkdir()
        (folder / "sub" / name / "f").write_text(name)
    (folder / "empty").touch()
    (folder / "large").write_bytes(os.urandom(2_500_001))
    (folder / "to large").symlink_to("large")
    (folder / "loop").symlink_to("loop")
    (folder / "large").chmod(0o640)
    (folder / ".hidden").write_text("h")
    os.utime(folder / "large", (1_000_000_000, 1_000_000_000))
    os.utime(folder / "sub", (1_100_000_000, 1_100_000_000))
    return folder


async def test_all_that_a_file_system_does(tmp_path: Path) -> None:
    tree = odd_tree(tmp_path / "tree")
    async with reached(process_info()) as far, near_files(tmp_path) as near:
        sent = Transfer(near, far, Options(recurse=True))
        await sent.run(["tree"], str(tmp_path / "there"))
        assert not sent.failed, [each.text for each in sent.outcomes]
        fetched = Transfer(far, near, Options(recurse=True))
        await fetched.run([str(tmp_path / "there")], "back")
        assert not fetched.failed, [each.text for each in fetched.outcomes]
        assert look(tmp_path / "there") == look(tree) == look(tmp_path / "back")

        part = tmp_path / "resumed.pstui-part"
        part.write_bytes((tree / "large").read_bytes()[:2_000_000])
        resumed = Transfer(near, far, Options(overlap=300_000))
        await resumed.run(["tree/large"], str(tmp_path / "resumed"))
        assert resumed.progress.spared >= 1_700_000
        assert (tmp_path / "resumed").read_bytes() == (tree / "large").read_bytes()

        (tmp_path / os.fsdecode(b"latin\xe9")).write_text("x")
        no_text = Transfer(near, far, Options())
        (outcome,) = await no_text.run([os.fsdecode(b"latin\xe9")], str(tmp_path / "there"))
        assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NAME)

        (tmp_path / "full" / "x").mkdir(parents=True)
        with pytest.raises(FileError) as caught:
            await far.remove(str(tmp_path / "full"), folder=True)
        assert caught.value.reason is Reason.EXISTS
        (tmp_path / "leads nowhere").symlink_to("nothing")
        assert await far.stat(str(tmp_path / "leads nowhere")) is None
        assert await far.stat(str(tmp_path / "there" / "loop")) is None

        os.mkfifo(tmp_path / "fifo")
        found = await far.stat(str(tmp_path / "fifo"))
        assert found is not None and found.kind is Kind.OTHER
        assert await far.stat(str(tmp_path / "nothing")) is None
        space = await far.space(str(tmp_path))
        assert space is not None and 0 < space.free <= space.total
        with pytest.raises(FileError) as caught:
            await Transfer(near, far, Options()).run(["tree/empty"], "/proc/nothing/x")
        assert caught.value.reason is Reason.MISSING
        (tmp_path / "back\\slash").mkdir()
        (tmp_path / "back\\slash" / "file").touch()
        with pytest.raises(FileError) as caught:
            await far.entries(str(tmp_path / "back\\slash"))
        assert "PowerShell does not find" in caught.value.text()
        with pytest.raises(FileError) as caught:
            await far.entries("/nothing\there")
        assert caught.value.reason is Reason.MISSING


async def test_on_a_named_pipe(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    with waiting_powershell(tmp_path) as pid:
        async with (
            reached(ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": pid})) as far,
            near_files(tmp_path) as near,
        ):
            await Transfer(near, far, Options()).run(["file"], str(tmp_path / "there"))
    assert (tmp_path / "there").read_text() == "content"


@pytest.mark.parametrize("mode", ["NoLanguage", "ConstrainedLanguage"])
async def test_a_restricted_endpoint_says_what_is_missing(tmp_path: Path, mode: str) -> None:
    file = tmp_path / "x.pssc"
    make = f"New-PSSessionConfigurationFile -Path {file} -SessionType Default -LanguageMode {mode}"
    subprocess.run([pwsh(), "-NoProfile", "-Command", make], check=True, timeout=60)
    command = (pwsh(), "-NoLogo", "-NoProfile", "-s", "-ConfigurationFile", str(file))
    with pytest.raises(FileError) as caught:
        async with reached(ConnectionInfo(ParameterSet.PROCESS, {"Command": command})):
            pass
    assert caught.value.reason is Reason.REFUSED
    assert "SFTP" in caught.value.text()
