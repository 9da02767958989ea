"""psedit in a real PowerShell: the function, the event, and the file back over there."""

from __future__ import annotations

from pathlib import Path

from pstui.backends.sessions.interactive import Outcome
from pstui.tui.pane.remote_editing import RemoteEditing

from tests.support.powershell import entered, process_info
from tests.support.scripted_console import ScriptedConsole


async def test_files_that_are_there_and_new_ones(tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_bytes(b"\xff\xfea\x00")
    (tmp_path / "a b.txt").chmod(0o640)
    console, seen = ScriptedConsole(), list[bytes]()

    async def run_editor(copy: Path) -> None:
        seen.append(copy.read_bytes())
        copy.write_bytes(copy.read_bytes() + b"b\x00")

    async with entered(process_info(), console) as interactive:
        editing = RemoteEditing(console, run_editor)
        assert await interactive.run(f"Set-Location {tmp_path}") is Outcome.READY
        for line in ("psedit 'a b.txt', new.txt", "'a b.txt' | psedit"):
            await editing.prepare(interactive.session, line)
            assert await interactive.run(line) is Outcome.READY
            await editing.edit()
    assert seen == [b"\xff\xfea\x00", b"", b"\xff\xfea\x00b\x00"]
    assert (tmp_path / "a b.txt").read_bytes() == b"\xff\xfea\x00b\x00b\x00"
    assert (tmp_path / "a b.txt").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "new.txt").read_bytes() == b"b\x00"
