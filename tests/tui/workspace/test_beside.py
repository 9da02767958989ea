"""Two tabs beside each other: which is seen, which has the keys, and where there is no room for both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host

PREFIX = "ctrl+right_square_bracket"


@asynccontextmanager
async def three(size: tuple[int, int] = (130, 26)) -> AsyncIterator[tuple[Screen, list[Pane]]]:
    """Three tabs at their prompts, the first in front."""
    infos = [host(name) for name in ("one", "two", "three")]
    async with screen(*infos, sessions=StandInManager().as_manager(), size=size) as s:
        panes = list(s.workspace.tabs.sessions)
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in panes), "prompts")
        yield s, panes


def noted(s: Screen, text: str) -> bool:
    """Whether something was said in passing."""
    return any(text in notification.message for notification in s.app._notifications)


def seen(s: Screen) -> list[str]:
    return [pane.info.label for pane in s.workspace.tabs.sessions if pane.display]


async def test_two_tabs_are_seen_and_one_has_the_keys() -> None:
    async with three() as (s, (one, two, _)):
        await s.keys("alt+2", "alt+1", PREFIX, "vertical_line")
        await s.until(lambda: seen(s) == ["one", "two"] and s.shows("[one]: PS />") and s.shows("[two]: PS />"), "both")
        assert abs(one.size.width - two.size.width) <= 2 and s.workspace.front is one
        await s.run("say from one")
        await s.keys(PREFIX, "tab")
        assert s.workspace.front is two and s.app.focused is two.editor
        await s.run("say from two")
        await s.until(lambda: s.shows("from one") and s.shows("from two"), "the text of both")
        assert s.sees("from two", two) and not s.sees("from two", one)


async def test_a_click_gives_the_other_the_keys() -> None:
    async with three() as (s, (one, two, _)):
        await s.keys("alt+2", "alt+1", PREFIX, "vertical_line")
        await s.until(lambda: seen(s) == ["one", "two"] and two.editor.region.x > one.editor.region.right, "both")
        await s.still()  # a click falls on what is painted
        await s.pilot.click(two.editor)
        await s.until(lambda: s.workspace.front is two and seen(s) == ["one", "two"], "the other")
        assert s.app.focused is two.editor and one.is_beside


async def test_another_tab_comes_in_the_place_of_the_one_with_the_keys() -> None:
    async with three() as (s, (_, two, last)):
        await s.keys("alt+2", "alt+1", PREFIX, "vertical_line", "alt+3")
        await s.until(lambda: seen(s) == ["two", "three"], "two and three")
        assert s.workspace.front is last and two.is_beside
        await s.keys(PREFIX, "vertical_line")
        await s.until(lambda: seen(s) == ["three"], "the front alone")
        assert not two.is_beside


async def test_a_pane_that_is_closed_leaves_its_room() -> None:
    async with three() as (s, (_, _, last)):
        await s.keys("alt+2", "alt+3", PREFIX, "vertical_line")
        await s.until(lambda: seen(s) == ["two", "three"] and s.workspace.front is last, "both")
        await s.keys(PREFIX, "w")
        await s.until(lambda: seen(s) == ["two"], "one of them")
        assert s.workspace.beside.other is None and s.workspace.front is not None


async def test_where_there_is_no_room_it_ends_with_a_sentence() -> None:
    async with three() as (s, _):
        await s.keys("alt+2", "alt+1", PREFIX, "vertical_line")
        await s.until(lambda: seen(s) == ["one", "two"], "both")
        await s.pilot.resize_terminal(80, 24)
        await s.until(lambda: seen(s) == ["one"] and noted(s, "Two panes need 88 columns"), "the front alone")
    async with three((80, 24)) as (s, _):
        await s.keys(PREFIX, "vertical_line")
        await s.until(lambda: noted(s, "Two panes need 88 columns"), "why not")
        assert seen(s) == ["one"] and not noted(s, "F6"), "no key makes room on a screen that is too narrow"


async def test_one_tab_has_no_other() -> None:
    async with screen(host("one"), sessions=StandInManager().as_manager()) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys(PREFIX, "vertical_line")
        await s.until(lambda: noted(s, "Two panes need two tabs"), "why not")
        await s.keys(PREFIX, "tab")
        await s.until(lambda: noted(s, "There is one pane"), "why not there")
