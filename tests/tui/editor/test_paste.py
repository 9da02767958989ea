"""Pastes of many lines: as a block, line by line, or to be edited."""

from __future__ import annotations

import pytest
from pstui.tui.editor.editor import goes_on
from pstui.tui.editor.paste import statements
from pstui.tui.pane.state import PaneState
from textual import events

from tests.support.pilot import Screen
from tests.support.stand_in import StandInInteractive, StandInManager
from tests.tui.editor.support import ready, session


async def pasted(s: Screen, text: str = "say one\nsay two\nsay three") -> StandInInteractive:
    interactive = await ready(s)
    s.app.post_message(events.Paste(text))
    await s.until(lambda: s.shows("lines pasted"), "the question")
    return interactive


async def test_pasted_lines_run_as_one_block_by_enter(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s, "say one\r\nsay two\r\nsay three\r\n")
        assert interactive.lines == [], "nothing runs by itself"
        await s.keys("enter")
        await s.until(lambda: interactive.lines == ["say one\nsay two\nsay three"], "the block")
        assert not s.shows("lines pasted")


async def test_pasted_lines_run_one_by_one(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s)
        await s.keys("tab", "enter")
        await s.until(lambda: s.sees("three"), "the last line")
        assert interactive.lines == ["say one", "say two", "say three"]
        assert s.pane.editor.text == ""
        await s.keys("up", "up")
        assert s.pane.editor.text == "say two"


async def test_a_click_chooses_how_pasted_lines_run(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s)
        column = s.pane.aside.text.index("line by line")
        await s.pilot.click(s.pane.aside, offset=(column + 2, 0))
        await s.until(lambda: s.sees("three"), "the last line")
        assert interactive.lines == ["say one", "say two", "say three"]
        assert not s.shows("lines pasted")


async def test_typing_on_edits_pasted_lines(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s)
        await s.type("l", enter=False)
        await s.until(lambda: not s.shows("lines pasted"), "no question")
        assert s.pane.editor.text == "say one\nsay two\nsay threel"
        assert interactive.lines == []


async def test_ctrl_c_drops_pasted_lines_that_wait_and_stops_the_one_that_runs(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s, "wait\nsay two\nsay three")
        await s.keys("tab", "enter")
        await s.until(lambda: s.shows("2 lines, next: say two"), "what waits")
        await s.keys("ctrl+c")
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.sees("stopped"), "the prompt")
        assert interactive.lines == ["wait"]


async def test_a_question_between_pasted_lines_is_not_answered_by_them(manager: StandInManager) -> None:
    async with session(manager) as s:
        await pasted(s, "ask\nsay two\nsay three")
        await s.keys("tab", "enter")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.type("Ada")
        await s.until(lambda: s.sees("three"), "the rest")
        assert s.sees("got Ada")


async def test_a_session_that_dies_gives_pasted_lines_back(manager: StandInManager) -> None:
    async with session(manager) as s:
        await pasted(s, "die\nsay two\nsay three")
        await s.keys("tab", "enter")
        await s.until(lambda: s.pane.state is PaneState.BROKEN, "the end")
        await s.until(lambda: s.pane.editor.text == "say two\nsay three", "the lines that did not run")


async def test_one_pasted_line_is_no_question(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        s.app.post_message(events.Paste("say one\n"))
        await s.until(lambda: s.pane.editor.text == "say one", "the line")
        await s.keys("enter")
        await s.until(lambda: s.sees("one"))
        assert interactive.lines == ["say one"]


async def test_line_by_line_a_statement_of_several_rows_runs_when_it_is_complete(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s, 'if ($true) {\n1\n}\n\n"after"\nforeach ($i in 1) {')
        await s.keys("tab", "enter")
        await s.until(lambda: len(interactive.lines) == 2, "both statements")
        assert interactive.lines == ["if ($true) {\n1\n}", '"after"']
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt, not that of a block")
        assert s.pane.editor.text == "foreach ($i in 1) {", "what is not finished is not lost"
        assert s.pane.history.lines == tuple(interactive.lines)


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("one\ntwo", ["one", "two"], ""),
        ('$x = @"\na {\n"@\n$x', ['$x = @"\na {\n"@', "$x"], ""),
        ("1 |\n% { $_ }\n2", ["1 |\n% { $_ }", "2"], ""),
        ("echo `\na\nb", ["echo `\na", "b"], ""),
        ("<# a\nb #>\n1", ["<# a\nb #>", "1"], ""),
        ("foo )\n1", ["foo )", "1"], ""),
        ("1\n(2 +\n3", ["1"], "(2 +\n3"),
        ("1\n(2\n3", ["1", "(2\n3"], ""),
        ("if (1)\n{ 2 }\n\nElse\n{ 3 }\n4", ["if (1)\n{ 2 }\n\nElse\n{ 3 }", "4"], ""),
        ("try { 1 }\ncatch { 2 }\nfinally { 3 }", ["try { 1 }\ncatch { 2 }\nfinally { 3 }"], ""),
        ("1\nelse", ["1", "else"], ""),
    ],
)
def test_rows_are_parted_where_a_statement_is_complete(text: str, found: list[str], rest: str) -> None:
    assert statements(text, goes_on) == (found, rest)
