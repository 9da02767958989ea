"""A width that a profile fixes: the far end is told that width, and its lines run out sideways."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.keys.actions import PREFIX_KEY

from tests.support.pilot import screen
from tests.support.stand_in import StandInManager, host

WIDE = ConnectionInfo(ParameterSet.DEMO, settings={"width": 200})


async def test_lines_of_a_fixed_width_are_not_broken_and_scroll_sideways() -> None:
    async with screen(WIDE, size=(80, 24)) as s:
        await s.until(lambda: s.shows("PS(demo)"), "the prompt")
        await s.run("'begin' + 'x' * 150 + 'end'")
        await s.until(lambda: s.shows("begin"), "the line")
        transcript = s.pane.transcript
        assert transcript.row_count == transcript.buffer.line_count
        assert not s.shows("xend")
        await s.keys(PREFIX_KEY, "right", PREFIX_KEY, "right", PREFIX_KEY, "right")
        await s.until(lambda: s.shows("xend"), "the end of the line")
        await s.keys(PREFIX_KEY, "left", PREFIX_KEY, "left", PREFIX_KEY, "left")
        await s.until(lambda: s.shows("begin"), "the beginning")


async def test_the_footer_shows_as_many_keys_as_there_is_room_for_after_a_resize_too() -> None:
    async with screen(host("web1"), sessions=StandInManager().as_manager()) as s:
        await s.until(lambda: s.shows("F10 quit"), "all the keys")
        await s.pilot.resize_terminal(60, 20)
        await s.until(lambda: s.shows("F1 help") and not s.shows("F6") and not s.shows("sidebar"), "those that matter")
        await s.pilot.resize_terminal(100, 26)
        await s.until(lambda: s.shows("F10 quit"), "all of them again")
