"""More of the editor: case and swaps, chords, Ctrl+D, unfinished text, walking the history, what [settings] says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.dialogs.profile_form import setting_items
from pstui.tui.editor.editor import MAX_JUDGED, goes_on
from pstui.tui.editor.history import LineHistory
from pstui.tui.pane.face import PaneState
from pstui.tui.profiles.reading import read
from pstui.tui.transcript.render.buffer import TextBuffer
from textual import events

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host
from tests.tui.editor.test_editor import press, ready

PREFIX = "ctrl+right_square_bracket"


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


def session(manager: StandInManager, **options: object):
    return screen(host("web1"), sessions=manager.as_manager(), **options)


#: keys pressed after ``say "one two" three``, the text and the cursor after them
MORE_KEYS = [
    (("home", "alt+u"), 'SAY "one two" three', 3),
    (("home", "alt+u", "home", "alt+l"), 'say "one two" three', 3),
    (("home", "alt+u", "alt+u"), 'SAY "ONE two" three', 8),
    (("home", "alt+f", "alt+c"), 'say "One two" three', 8),
    (("alt+b", "right", "alt+c"), 'say "one two" tHree', 19),
    (("alt+u",), 'say "one two" three', 19),
    (("alt+t",), 'say "one three" two', 19),
    (("alt+b", "alt+b", "alt+t"), 'say "two one" three', 12),
    (("home", "alt+t"), 'say "one two" three', 0),
    (("alt+r",), "", 0),
    (("home", "alt+f", "right", PREFIX, "percent_sign"), 'say "one two" three', 12),
    (("alt+b", "left", PREFIX, "percent_sign"), 'say "one two" three', 4),
    (("home", PREFIX, "percent_sign"), 'say "one two" three', 0),
    (("alt+r", "ctrl+z"), 'say "one two" three', 0),
    (("alt+backspace", "ctrl+x", "ctrl+u"), 'say "one two" three', 19),
    (("ctrl+w", "ctrl+z", "ctrl+y"), 'say "one two" ', 14),
    (("ctrl+w", "ctrl+w", "ctrl+z", "ctrl+z", "ctrl+y", "ctrl+y"), 'say "one ', 9),
    (("ctrl+w", "ctrl+z", "end", "ctrl+y"), 'say "one two" threethree', 24),
    (("ctrl+x", "ctrl+a"), 'say "one two" three', 0),
    (("ctrl+shift+left", "ctrl+x", "home", "ctrl+v"), 'threesay "one two" ', 5),
]


async def test_more_keys_of_psreadline(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        for keys, text, cursor in MORE_KEYS:
            found = await press(s, 'say "one two" three', *keys)
            if "ctrl+z" in keys and keys[-1] == "ctrl+z":
                found = found[0], cursor  # where undo leaves the cursor is Textual's own choice
            assert found == (text, cursor), keys


async def test_what_is_seen_as_one_is_gone_over_and_deleted_as_one(manager: StandInManager) -> None:
    family, accented = "👩\u200d👧\u200d👦", "e\u0301"
    async with session(manager) as s:
        await ready(s)
        for keys, text, cursor in [
            (("left",), f"a{family}{accented}b", 8),
            (("left", "left"), f"a{family}{accented}b", 6),
            (("left", "left", "left"), f"a{family}{accented}b", 1),
            (("home", "right", "right"), f"a{family}{accented}b", 6),
            (("left", "backspace"), f"a{family}b", 6),
            (("left", "backspace", "backspace"), "ab", 1),
            (("home", "right", "delete"), f"a{accented}b", 1),
            (("home", "right", "ctrl+d", "ctrl+d", "ctrl+d"), "a", 1),
            (("left", "shift+left", "shift+left", "delete"), "ab", 1),
            (("home", "right", "shift+right", "shift+right", "delete"), "ab", 1),
            (("home", "right", "delete", "ctrl+z"), f"a{family}{accented}b", 1),
        ]:
            found = await press(s, f"a{family}{accented}b", *keys)
            assert found == (text, cursor if keys[-1] != "ctrl+z" else found[1]), keys


async def test_behind_the_prefix_every_alt_key_comes_from_a_terminal_that_sends_none(manager: StandInManager) -> None:
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as s:
        await ready(s)
        await press(s, "say one", "home", PREFIX, "m")
        await s.until(lambda: s.shows("Alt+ and the next key"), "what the next key is")
        await s.keys("u")
        assert s.pane.editor.text == "SAY one" and not s.shows("Alt+ and the next key")
        s.burst(PREFIX, "m", "f", "!", PREFIX, "m", "escape", "b", PREFIX, "m", "r")
        await s.idle()
        assert s.pane.editor.text == "", "in the order of typing"
        await s.keys("ctrl+z")
        assert s.pane.editor.text == "SAY one!b"
        await s.keys(PREFIX, "m", "2")
        assert s.workspace.front is s.workspace.panes[1]


async def test_ctrl_x_ctrl_e_opens_the_line_in_the_users_editor(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edited(app: object, text: str) -> str:
        return text + " more"

    monkeypatch.setattr("pstui.tui.workspace.editing.edit_outside", edited)
    async with session(manager) as s:
        await ready(s)
        await press(s, "say x", "ctrl+x", "ctrl+e")
        await s.until(lambda: s.pane.editor.text == "say x more", "the text of the editor")


async def test_ctrl_d_deletes_and_in_an_empty_line_leaves(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await press(s, "x", "home", "ctrl+d", "ctrl+d")
        assert s.pane.editor.text == "" and interactive.lines == [], "a key held down leaves nothing"
        await s.keys("delete", "delete")
        assert interactive.lines == [], "the Delete key never leaves"
        await s.keys("ctrl+d")
        await s.until(lambda: s.pane.state is PaneState.LEFT, "left")
        assert interactive.lines == ["exit"]
        await s.keys("ctrl+d")
        assert s.pane.state is PaneState.LEFT and s.pane.history.lines == ()


async def test_ctrl_d_does_not_leave_while_a_command_runs(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.type("wait")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.keys("ctrl+d")
        assert s.pane.pending is None
        interactive.go_on.set()
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        assert interactive.lines == ["wait"]


async def test_a_paste_while_the_text_has_the_focus_is_not_lost(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.run("say x")
        await s.pilot.click(s.pane.transcript, offset=(3, 1))
        s.app.post_message(events.Paste("say pasted"))
        await s.until(lambda: s.pane.editor.text == "say pasted", "the paste in the editor")
        await s.keys("ctrl+u", PREFIX, "left_square_bracket")
        s.app.post_message(events.Paste(" two"))
        await s.until(lambda: s.pane.editor.text == " two" and s.pane.editor.has_focus, "from copy mode as well")
        await s.until(lambda: not s.pane.transcript.copy_mode, "which ends")


async def test_lines_typed_ahead_of_the_one_that_waits_are_never_run_into_one(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        for line in ("wait", "say 1", "say 2", "say 3"):
            s.burst(*line, "enter")
        await s.until(lambda: s.pane.editor.text == "say 2\nsay 3\n", "two rows that nobody has taken yet")
        await s.keys("enter")
        assert s.pane.editor.text == "say 2\nsay 3\n" and s.pane.pending == "say 1"
        interactive.go_on.set()
        await s.until(lambda: s.sees("1") and s.pane.state is PaneState.PROMPT, "the line that waited")
        await s.keys("enter")
        await s.until(lambda: len(interactive.lines) == 3, "the rest, as a block")
        assert interactive.lines == ["wait", "say 1", "say 2\nsay 3"]


# -- unfinished text ------------------------------------------------------------------------------------------


async def test_enter_runs_what_is_finished_and_goes_on_with_what_is_not(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.type("say {")
        await s.until(lambda: s.shows("not finished: Enter adds a row"), "why nothing runs")
        await s.type("a")
        assert s.pane.editor.text == "say {\na\n" and interactive.lines == []
        await s.run("}")
        assert interactive.lines == ["say {\na\n}"]
        assert not s.shows("not finished")


async def test_the_prefix_runs_what_looks_unfinished(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.type("say (")
        await s.keys("backspace", PREFIX, "enter")
        await s.until(lambda: interactive.lines == ["say ("], "the line")
        assert not s.shows("not finished")


async def test_what_else_is_begun_takes_the_row_and_ctrl_c_drops_the_block(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.type("say '")
        assert s.shows("not finished")
        await s.keys("ctrl+r")
        await s.until(lambda: s.shows("history:") and not s.shows("not finished"), "the row of the search")
        await s.keys("escape", "ctrl+c")
        await s.until(lambda: s.pane.editor.text == "", "a new prompt")
        assert interactive.lines == [] and not s.shows("not finished")


async def test_a_block_begun_at_the_far_end_is_not_judged_here(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.run("block")
        await s.type("if (1) {")
        await s.until(lambda: interactive.lines == ["block", "if (1) {"], "each line goes to the far end")


async def test_a_pasted_block_that_is_not_finished_goes_on_too(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        s.app.post_message(events.Paste("if (1) {\nsay one"))
        await s.until(lambda: s.shows("2 lines pasted"), "the question")
        await s.keys("enter")
        await s.until(lambda: s.shows("not finished"), "the rest is missing")
        await s.run("}")
        assert interactive.lines == ["if (1) {\nsay one\n}"]


def test_a_text_too_long_to_be_read_in_a_frame_is_left_to_the_far_end() -> None:
    assert goes_on("(" + " " * (MAX_JUDGED - 1))
    assert not goes_on("(" + " " * MAX_JUDGED)


# -- lines typed before ------------------------------------------------------------------------------------------


async def history(s: Screen) -> None:
    await ready(s)
    for line in ("say a", "cd x", "say b", "dir"):
        await s.run(line)


async def test_f8_the_oldest_and_back(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        await press(s, "say", "f8")
        assert s.pane.editor.text == "say b"
        await s.keys("f8")
        assert s.pane.editor.text == "say a"
        await s.keys("shift+f8", "shift+f8")
        assert s.pane.editor.text == "say"
        await s.keys("alt+less_than_sign")
        assert s.pane.editor.text == "say a"
        await s.keys("down")
        assert s.pane.editor.text == "cd x", "from the oldest on, every line"
        await s.keys("alt+greater_than_sign")
        assert s.pane.editor.text == "say"


async def test_f8_leaves_a_text_of_several_rows_where_up_moves_in_it(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        await press(s, "d")
        await s.keys("alt+enter", "up")
        assert s.pane.editor.text == "d\n"
        await s.keys("ctrl+u", "delete", "d", "f8")
        assert s.pane.editor.text == "dir"


async def test_ctrl_o_runs_the_same_steps_again(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        interactive = manager.interactive[0]
        await s.keys("up", "up", "up", "up")
        for count, following in enumerate(("cd x", "say b", "dir"), 5):
            await s.keys("ctrl+o")
            await s.until(lambda n=count: len(interactive.lines) == n and s.pane.state is PaneState.PROMPT, "run")
            assert s.pane.editor.text == following
        assert interactive.lines[4:] == ["say a", "cd x", "say b"]


async def test_revert_takes_the_edits_of_a_recalled_line_back_first(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        await s.keys("up", "x", "alt+r")
        assert s.pane.editor.text == "dir"
        await s.keys("alt+r")
        assert s.pane.editor.text == ""


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=8), st.text("ab", max_size=3))
def test_from_the_oldest_line_the_draft_is_one_key_away(lines: list[str], draft: str) -> None:
    found = LineHistory(lines)
    assert found.newest() is None
    assert found.oldest(draft) == (lines[0] if lines else None)
    assert found.newest() == (draft if lines else None)


# -- settings -------------------------------------------------------------------------------------------------


async def test_predictions_alone_can_be_switched_off(manager: StandInManager) -> None:
    async with session(manager, settings={"predictions": False}) as s:
        await s.run("say hello")
        await s.type("say", enter=False)
        assert s.pane.editor.ghost == ""
        await s.keys("right")
        assert s.pane.editor.text == "say"
        await s.keys("up")
        assert s.pane.editor.text == "say hello", "the history itself is there"


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


def test_the_form_of_the_settings_says_what_each_of_them_does() -> None:
    items = {item.key: item for item in setting_items()}
    assert {"theme", "restore", "history", "predictions", "scrollback"} == set(items)
    assert all(item.help and item.empty for item in items.values())


def test_the_settings_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text('[settings]\npredictions = "no"\nscrollback = 5\nprediction = true\n')
    told = [str(problem) for problem in read(file).configuration.problems]
    assert told == [
        f"{file}: [settings] predictions: must be true or false.",
        f"{file}: [settings] scrollback: must be from 1000 to 1000000.",
        f"{file}: [settings] prediction: is not known. Did you mean predictions?",
    ]
    file.write_text("[settings]\npredictions = false\nscrollback = 5000\n")
    assert not read(file).configuration.problems
