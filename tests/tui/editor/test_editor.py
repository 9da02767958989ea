"""The editor as a whole: Ctrl+D, text typed ahead, text that is not finished."""

from __future__ import annotations

from pstui.tui.editor.editor import MAX_JUDGED, goes_on
from pstui.tui.pane.state import PaneState
from textual import events

from tests.support.stand_in import StandInManager
from tests.tui.editor.support import press, ready, session

PREFIX = "ctrl+right_square_bracket"


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


async def test_an_empty_row_runs_what_is_only_to_be_continued(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        for text in ("say 1,2 |", "$x =", "if (1)", "say a `"):
            await s.type(text)
            assert s.pane.editor.text == f"{text}\n"
            await s.until(lambda: s.shows("Enter again runs it"), "what runs it")
            await s.run("")
            assert interactive.lines[-1] == f"{text}\n", "with the line end that tells the far end"
            assert s.pane.history.lines[-1] == text
        await s.type("say {")
        await s.type("")
        assert s.pane.editor.text == "say {\n\n", "a block takes empty rows"


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
        await s.until(lambda: s.shows("not finished"), "the row of the block")
        await s.keys("ctrl+r")
        await s.until(lambda: s.shows("history:") and not s.shows("not finished"), "the row of the search")
        await s.keys("ctrl+g", "ctrl+c")
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
