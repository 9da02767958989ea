"""Typing into several tabs: the bar says so, lines go to all that are marked, answers to one alone."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.pane.state import PaneState

from tests.support.pilot import screen

DEMO = ConnectionInfo(ParameterSet.DEMO)


async def test_a_line_goes_to_the_marked_tabs_and_the_bar_tells_which() -> None:
    async with screen(DEMO, DEMO, DEMO, size=(110, 26)) as s:
        first, second, third = s.workspace.tabs.sessions
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes), "three prompts")
        await s.workspace.run_action("together.type_together")
        await s.until(lambda: s.shows("is marked: mark another tab"), "one alone")
        s.workspace.tabs.bring_to_front(second)
        await s.keys("ctrl+right_square_bracket", "b")
        await s.until(lambda: s.shows("TYPING INTO 2 TABS: demo, demo"), "the bar")
        await s.type("'to both'")
        await s.until(lambda: all("to both" in s.text(pane) for pane in (first, second)), "in both")
        assert "to both" not in s.text(third)
        await s.type("Read-Host 'Name'")
        await s.until(lambda: first.asking is not None and second.questions.has_keys, "both ask")
        await s.type("mine")
        await s.until(lambda: second.state is PaneState.PROMPT, "answered here")
        assert first.asking is not None, "an answer goes to one alone"
        s.workspace.tabs.bring_to_front(third)
        await s.until(lambda: s.shows("2 tabs are typed into together, but not this one"), "another tab")
        await s.run("'to one'")
        assert "to one" not in s.text(second)
        await s.keys("ctrl+right_square_bracket", "B")
        await s.until(lambda: s.shows("TYPING INTO 3 TABS"), "all")
        await s.keys("ctrl+right_square_bracket", "B")
        await s.until(lambda: not s.shows("TYPING INTO") and not s.workspace.together.bar.display, "none")
