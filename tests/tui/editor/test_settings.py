"""What [settings] says of panes: how much scrollback they keep, and how the settings are shown and checked."""

from __future__ import annotations

from pathlib import Path

from pstui.tui.dialogs.single_form import setting_items
from pstui.tui.profiles.reading import read
from pstui.tui.transcript.render.buffer import TextBuffer

from tests.support.stand_in import StandInManager
from tests.tui.editor.support import press, ready, session


async def test_the_length_of_the_scrollback_is_a_setting(manager: StandInManager) -> None:
    async with session(manager, settings={"scrollback": 1000}) as s:
        await ready(s)
        await s.type("flood 3000")
        await s.until(lambda: s.sees("line 2999"), "the last line")
        assert s.pane.transcript.buffer.line_count == 1000
        assert not s.sees("line 1999")


def test_a_buffer_that_is_bound_later_drops_what_is_too_much() -> None:
    from pstui.backends.records import Write

    buffer = TextBuffer()
    for number in range(600):
        buffer.write(Write(str(number)))
    buffer.bound(10)
    assert [buffer.text(index) for index in (0, 9)] == ["590", "599"] and buffer.line_count == 10


async def test_the_keys_of_the_editor_are_a_setting(manager: StandInManager) -> None:
    async with session(manager, settings={"edit_mode": "windows"}) as s:
        await ready(s)
        assert await press(s, "say x", "ctrl+a", "y") == ("y", 1)


def test_the_form_of_the_settings_says_what_each_of_them_does() -> None:
    items = {item.key: item for item in setting_items()}
    known = "theme restore history predictions scrollback edit_mode tell tell_after log log_days log_cast log_megabytes"
    known += " guard_hold guard_pass"
    assert set(known.split()) == set(items)
    assert all(item.help and item.empty for item in items.values())


def test_the_settings_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text('[settings]\npredictions = "no"\nscrollback = 5\nprediction = true\nedit_mode = "Vi"\n')
    told = [str(problem) for problem in read(file).configuration.problems]
    assert told == [
        f"{file}: [settings] predictions: must be true or false.",
        f"{file}: [settings] scrollback: must be from 1000 to 1000000.",
        f"{file}: [settings] prediction: is not known. Did you mean predictions?",
        f"{file}: [settings] edit_mode: must be one of Emacs, Windows.",
    ]
    file.write_text('[settings]\npredictions = false\nscrollback = 5000\nedit_mode = "windows"\n')
    assert not read(file).configuration.problems
