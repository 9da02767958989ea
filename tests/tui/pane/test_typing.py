"""What is typed: lines, the waiting line, Ctrl+C, history, a session that dies or is left."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from pstui.backends.errors import OpenError
from pstui.backends.records import RunspaceState
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


def session(manager: StandInManager, name: str = "web1", **options: Any) -> AbstractAsyncContextManager[Screen]:
    return screen(host(name), sessions=manager.as_manager(), **options)


async def busy(s: Screen, line: str = "wait") -> None:
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    await s.type(line)
    await s.until(lambda: s.pane.state is PaneState.BUSY, "the command running")


async def test_a_typed_line_runs_and_stands_behind_its_prompt(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say hello")
        assert s.text() == ["[web1]: PS /> say hello", "hello"]
        assert s.pane.editor.text == ""
        assert s.pane.editor.has_focus
        assert s.shows("[web1]: PS />")


async def test_keys_in_one_burst_act_in_the_order_of_typing(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        s.burst(*"ay x", "home", "s", "end", "alt+enter", "y", "enter", *"say next", "enter", *"half")
        await s.until(lambda: s.sees("next"), "both lines run")
        assert manager.interactive[0].lines == ["say x\ny", "say next"]
        assert s.pane.editor.text == "half"


async def test_ctrl_c_does_not_overtake_the_line_before_it(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        s.burst(*"nonsense", "ctrl+c", *"say x", "enter")
        await s.until(lambda: s.sees("x"), "the line after it")
        assert s.text() == ["[web1]: PS /> nonsense", "[web1]: PS /> say x", "x"]


async def test_an_empty_line_gives_a_new_prompt_line(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("")
        await s.run("say x")
        assert s.text() == ["[web1]: PS /> ", "[web1]: PS /> say x", "x"]


async def test_the_key_that_calls_a_long_waiting_line_is_seen_at_every_width(manager: StandInManager) -> None:
    async with session(manager) as s:
        await busy(s)
        await s.type("say " + "long " * 40)
        await s.until(lambda: s.shows("…   Ctrl+C takes it back"), "the line cut before the key")
        await s.pilot.resize_terminal(60, 20)
        await s.until(lambda: s.shows("…   Ctrl+C takes it back"), "cut anew")


async def test_a_prompt_begins_a_new_line_after_unfinished_output(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("part abc")
        await s.run("say x")
        assert s.text() == ["[web1]: PS /> part abc", "abc", "[web1]: PS /> say x", "x"]


async def test_a_line_typed_while_a_command_runs_waits_visibly_and_runs_next(manager: StandInManager) -> None:
    async with session(manager) as s:
        await busy(s)
        await s.type("say two")
        assert s.pane.editor.text == ""
        await s.until(lambda: s.shows("⏎ waits  say two"), "the line that waits")
        assert manager.interactive[0].lines == ["wait"]
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.sees("two"), "the waiting line's output")
        assert s.text() == ["[web1]: PS /> wait", "done", "[web1]: PS /> say two", "two"]
        assert not s.shows("waits")


async def test_only_one_line_waits_and_the_next_stays_in_the_editor(manager: StandInManager) -> None:
    async with session(manager) as s:
        await busy(s)
        await s.type("say two")
        await s.type("say three")
        assert s.pane.pending == "say two"
        assert s.pane.editor.text == "say three\n"


async def test_ctrl_c_calls_the_waiting_line_back_first_and_then_stops(manager: StandInManager) -> None:
    async with session(manager) as s:
        await busy(s)
        await s.type("say two")
        await s.keys("ctrl+c")
        assert s.pane.pending is None
        assert s.pane.editor.text == "say two", "nothing typed is lost"
        assert s.pane.state is PaneState.BUSY
        await s.keys("ctrl+c")
        await s.until(lambda: s.sees("stopped"), "the command stopped")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        assert manager.interactive[0].lines == ["wait"]
        assert s.pane.history.lines == ("wait",), "what has not run is not in the history"


async def test_a_session_that_dies_gives_the_waiting_line_back(manager: StandInManager) -> None:
    async with session(manager) as s:
        await busy(s, "later die")
        await s.type("say two")
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.pane.state is PaneState.BROKEN, "the session broken")
        assert s.pane.editor.text == "say two"
        assert s.sees("✗ web1: the session ended by itself")
        await s.until(lambda: s.shows("1 web1 ✗"), "the tab's mark")
        await s.keys("enter")
        assert s.pane.state is PaneState.BROKEN, "a line is no wish to log in again"
        await s.keys("f5")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a new session")
        assert s.pane.editor.text == "say two", "entering again runs nothing"
        assert s.sees("✗ web1: the session ended by itself"), "the text stays"
        assert [line for line in s.text() if line.startswith("── new session ")], "a rule marks the new one"
        assert manager.interactive[1].lines == []


async def test_a_session_that_dies_at_the_prompt_keeps_what_is_being_typed(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say x")
        await s.type("half a li", enter=False)
        manager.sessions[0].become(RunspaceState.BROKEN, "The link went down.")
        await s.until(lambda: s.pane.state is PaneState.BROKEN, "the session broken")
        await s.type("ne", enter=False)
        assert s.pane.editor.text == "half a line"
        assert s.sees("  The link went down.")


async def test_ctrl_c_at_the_prompt_leaves_the_line_in_the_text_and_begins_anew(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say x")
        await s.type("nonsense", enter=False)
        await s.keys("ctrl+c")
        await s.until(lambda: s.sees("[web1]: PS /> nonsense"), "the line in the text")
        assert s.pane.editor.text == ""
        assert manager.interactive[0].lines == ["say x"]


async def test_an_incomplete_line_goes_on_with_the_continuation_prompt(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("block")
        assert s.pane.row.prompt == ">> "
        await s.keys("ctrl+c")
        await s.until(lambda: s.pane.row.prompt == "[web1]: PS /> ", "the first prompt again")


async def test_alt_enter_adds_a_line_and_both_run_as_one(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("say a", enter=False)
        await s.keys("alt+enter")
        await s.type("b", enter=False)
        assert s.pane.editor.size.height == 2
        await s.run("")
        assert manager.interactive[0].lines == ["say a\nb"]
        assert s.text()[:2] == ["[web1]: PS /> say a", ">> b"]


async def test_up_and_down_walk_the_lines_typed_before(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say 1")
        await s.run("say 2")
        await s.type("dra", enter=False)
        await s.keys("up")
        assert s.pane.editor.text == "say 2"
        await s.keys("up", "up")
        assert s.pane.editor.text == "say 1"
        await s.keys("down", "down")
        assert s.pane.editor.text == "dra"


async def test_pasted_control_characters_stay_out_of_the_editor(manager: StandInManager) -> None:
    from textual import events

    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        s.app.post_message(events.Paste("say \x1b[31mred\x1b]52;c;eA==\x07\r\nnext\x00"))
        await s.until(lambda: s.pane.editor.text == "say red\nnext", "the pasted text")


async def test_exit_leaves_the_tab_and_enter_enters_again(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say before")
        await s.run("exit")
        await s.until(lambda: s.pane.state is PaneState.LEFT, "left")
        await s.until(lambda: s.shows("1 web1 left") and s.shows("Enter enters again"), "that it was left")
        assert s.sees("before")
        await s.keys("enter")
        await s.run("say after")
        assert s.sees("before")
        assert s.sees("after")
        assert len(manager.sessions) == 2


async def test_exit_of_a_single_session_ends_the_program(manager: StandInManager) -> None:
    async with session(manager, single=True) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("exit")
        await s.until(lambda: s.app.return_value == 0 and not s.app.is_running, "the end")


async def test_exit_in_a_tab_without_a_session_opens_nothing_and_closes_it(manager: StandInManager) -> None:
    async with screen(host("web1"), host("refused"), host("db"), sessions=manager.as_manager()) as s:
        await s.run("exit")
        assert s.pane.state is PaneState.LEFT
        await s.type("exit")
        await s.until(lambda: [pane.info.label for pane in s.workspace.panes] == ["refused", "db"], "the tab gone")
        await s.until(lambda: s.pane.state is PaneState.FAILED, "the failure")
        await s.type(" ", enter=False)
        await s.keys("backspace", "ctrl+d")
        await s.until(lambda: [pane.info.label for pane in s.workspace.panes] == ["db"], "that one, too")
        assert s.pane.state is PaneState.PROMPT
        assert len(manager.sessions) == 3, "nothing was opened for it"


async def test_exit_after_a_failure_of_the_only_call_ends_the_program(manager: StandInManager) -> None:
    async with screen(host("refused"), sessions=manager.as_manager(), single=True) as s:
        await s.until(lambda: s.pane.state is PaneState.FAILED, "the failure")
        await s.type("exit")
        await s.until(lambda: s.app.return_value == 0 and not s.app.is_running, "the end")


async def test_a_refused_opening_says_what_why_and_what_next_and_f5_tries_again(manager: StandInManager) -> None:
    async with session(manager, "refused") as s:
        await s.type("kept", enter=False)
        await s.until(lambda: s.pane.state is PaneState.FAILED, "the failure")
        expected = ["✗ refused: the port does not answer", "  Nothing listens there.", "  Start it."]
        assert s.text() == expected
        assert s.pane.editor.text == "kept"
        await s.keys("ctrl+right_square_bracket", "e")
        await s.until(lambda: s.sees("trace"), "the details")
        await s.keys("f5")
        await s.until(lambda: len(manager.sessions) == 2 and s.pane.state is PaneState.FAILED, "the second try")


async def test_f3_changes_the_connection_of_a_tab_that_failed_and_opens_it_there(manager: StandInManager) -> None:
    async with session(manager, "refused") as s:
        await s.until(lambda: s.pane.state is PaneState.FAILED and s.shows("F3 edits"), "the failure")
        await s.keys("f3")
        await s.until(lambda: s.shows("Enter-PSSession -ComputerName refused"), "the connection in the dialog")
        await s.keys(*["backspace"] * len("refused"))
        await s.type("web1")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the session")
        assert [pane.info.label for pane in s.workspace.panes] == ["web1"]
        assert s.sees("✗ refused: the port does not answer"), "what the tab showed before is still there"
        await s.keys("f3")
        await s.until(lambda: s.shows("Enter-PSSession -ComputerName web1"), "the dialog again")
        await s.keys("escape")
        await s.run("say here")
        assert s.sees("here")


async def test_f3_in_a_live_session_opens_another_tab(manager: StandInManager) -> None:
    async with session(manager, "web1") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys("ctrl+right_square_bracket", "d")
        await s.until(lambda: s.shows("Enter-PSSession -ComputerName web1"), "the dialog")
        await s.type("b")
        await s.until(lambda: [pane.info.label for pane in s.workspace.panes] == ["web1", "web1b"], "two tabs")


async def test_what_pstui_says_of_a_failure_is_broken_at_words(manager: StandInManager) -> None:
    async with session(manager, "web1", size=(60, 20)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        s.pane.console.show_error(OpenError("it failed", "word " * 30, "Write: Enable-PSRemoting " + "x" * 70))
        await s.until(lambda: s.sees("✗ it failed"))
        rows = s.text()[s.text().index("✗ it failed") + 1 :]
        assert [set(row.split()) for row in rows[:-2]] == [{"word"}] * len(rows[:-2])
        assert all(row.startswith("  word") for row in rows[:-2])
        assert sum(row.count("word") for row in rows) == 30
        assert rows[-2:] == ["  Write: Enable-PSRemoting", "  " + "x" * 70], "a long word is left to the terminal's way"


async def test_ctrl_c_ends_an_opening_at_once(manager: StandInManager) -> None:
    async with session(manager, "slow") as s:
        await s.until(lambda: s.shows("connecting to slow…  port 5985"), "the step")
        await s.keys("ctrl+c")
        await s.until(lambda: s.pane.state is PaneState.CANCELLED, "the end of the opening")
        assert s.text() == []
        await s.until(lambda: s.shows("Enter connects  F1 help"), "what Enter does, as beside the state")


async def test_a_flood_arrives_whole_and_in_order_while_keys_are_taken(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("flood 30000")
        await s.type("typed", enter=False)
        assert s.pane.editor.text == "typed"
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the end of the flood")
        assert s.text()[1:] == [f"line {n}" for n in range(30000)]


async def test_progress_shows_a_bar_and_goes_at_the_prompt(manager: StandInManager) -> None:
    async with session(manager) as s:
        await busy(s, "progress 63")
        await s.until(lambda: s.shows("Copying") and s.shows("63 %   ~12 s left   a.png"), "the bar")
        await s.keys("ctrl+c")
        await s.until(lambda: not s.shows("Copying"), "no bar")


async def test_a_title_of_the_far_end_stays_inside(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("title evil\x1b]0;x\x07name"[:10], enter=False)
        s.pane.console.set_title("of \x1b]0;host\x07the \x1b[31mfar\nend")
        await s.until(lambda: s.shows("of the far end"), "the title")


async def test_enter_pssession_typed_over_there_is_sent_with_a_hint(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("Enter-PSSession db")
        assert manager.interactive[0].lines == ["Enter-PSSession db"]
        assert s.shows("F2 opens a tab from here")
        await s.run("say x")
        assert not s.shows("F2 opens a tab from here")


async def test_a_fault_of_ours_costs_one_session_not_the_program(manager: StandInManager) -> None:
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as s:
        await s.run("say x")
        manager.interactive[0].run = None  # type: ignore[assignment, method-assign]  # anything that raises
        await s.type("say secret")
        await s.until(lambda: s.pane.state is PaneState.BROKEN, "the session given up")
        assert s.sees("✗ web1: pstui made a mistake and has left the session")
        await s.keys("alt+e")
        assert "secret" not in "\n".join(s.text()[3:])
        await s.keys("alt+2")
        await s.run("say fine")
        assert s.sees("fine")


async def test_text_that_comes_while_scrolled_up_is_counted_below(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("flood 100")
        await busy(s, "later say new")
        await s.keys("pageup")
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.shows("1 new line"), "the count")
        await s.keys("ctrl+end")
        await s.until(lambda: not s.shows("new line"), "the end again")


async def test_keys_pressed_while_the_text_has_the_focus_go_to_the_editor(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say x")
        s.workspace.set_focus(s.pane.transcript)
        await s.type("say y")
        await s.until(lambda: s.sees("y"), "the line run")
        assert s.pane.editor.has_focus


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (200, 60)])
async def test_every_size_of_terminal_shows_a_prompt(manager: StandInManager, size: tuple[int, int]) -> None:
    async with session(manager, size=size) as s:
        await s.run("say x")
        assert s.shows("PS />")
        await s.pilot.resize_terminal(100, 26)
        await s.until(lambda: s.pane.console.size.width == 71, "the new width told")
        await s.run("say z")


async def test_ctrl_l_begins_an_empty_screen_and_keeps_the_text_above(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say x")
        await s.keys("ctrl+l")
        await s.until(lambda: not s.shows("say x"), "an empty screen")
        assert s.sees("x")
        await s.run("say y")
        assert s.shows("say y")
