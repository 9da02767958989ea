"""Pages as in PowerShell's console: when one waits for a key, it is to be seen from its first line to its last."""

from __future__ import annotations

import re

from pstui.tui.pane.question import KeyBox
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.powershell import START, process_info

LINES = 60
ASKED = "<SPACE> next page; <CR> next line; Q quit"


def numbers(s: Screen) -> list[int]:
    """The numbers on the screen that are rows of their own, but for the mark of a prompt and the scroll bar."""
    found = [re.fullmatch(r"\W*(\d+)\W*", row) for row in s.shown().split("\n")[:-1]]
    return [int(row[1]) for row in found if row]


async def test_a_page_is_seen_whole() -> None:
    async with screen(process_info(), size=(80, 20)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt", START)
        rows = s.pane.console.size.height
        await s.run("Clear-Host")
        await s.type(f"1..{LINES} | Out-Host -Paging")
        for first in range(1, LINES - rows, rows - 1):
            page = list(range(first, first + rows - 1))

            def seen(page: list[int] = page) -> bool:
                keys = bool(s.app.screen.query(KeyBox)) and s.pane.questions.has_keys
                return keys and s.shows(ASKED) and numbers(s) == page

            await s.until(seen, f"the page from {first}", START)
            await s.keys("space")
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.sees(str(LINES)), "the end", START)
