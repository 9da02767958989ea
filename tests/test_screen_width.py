"""A width that a profile fixes: the far end is told that width, and its lines run out sideways."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.keys import PREFIX_KEY

from tests.support.pilot import screen

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
