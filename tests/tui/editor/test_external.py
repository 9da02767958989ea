"""The line in an editor of the user's own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pstui.tui.editor import paste as editor_external

from tests.support.stand_in import StandInManager
from tests.tui.editor.support import ready, session


def test_the_editor_is_visual_then_editor_then_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    command = editor_external.editor_command
    assert command({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert command({"VISUAL": " ", "EDITOR": "'my vi' -n"}) == ["my vi", "-n"]
    windows = {"EDITOR": r'"C:\Program Files\Code\code.exe" --wait'}
    assert command(windows, posix=False) == [r"C:\Program Files\Code\code.exe", "--wait"]
    monkeypatch.setattr("shutil.which", lambda name: "/bin/vi" if name == "vi" else None)
    assert command({}) == ["/bin/vi"]
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert command({}) == []


class _Lent:
    """As much of an app as lends its terminal."""

    def __init__(self, run: object) -> None:
        self.run = run


async def test_the_file_is_private_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    async def edit(app: object, command: list[str], otherwise: str) -> None:
        file = Path(command[-1])
        seen.append(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert file.read_text() == "say x\n"
        file.write_text("say \x1b[31my\nsay z\n\n")

    monkeypatch.setenv("EDITOR", "unused")
    monkeypatch.setattr(editor_external, "_run", edit)
    assert await editor_external.edit_outside(_Lent(None), "say x") == "say y\nsay z"  # type: ignore[arg-type]  # no app needed
    assert not seen[0].parent.exists()


async def test_where_the_terminal_cannot_be_lent_the_line_stays(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", os.devnull)
    async with session(manager) as s:
        await ready(s)
        await s.type("say kept", enter=False)
        await s.keys("ctrl+right_square_bracket", "v")
        await s.until(lambda: any("cannot be handed over" in each.message for each in s.app._notifications), "why not")
        assert s.pane.editor.text == "say kept"
