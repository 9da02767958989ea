"""A grid as a person uses it, on the demo endpoint."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.grid.screen import GridScreen
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen

DEMO = ConnectionInfo(ParameterSet.DEMO, {})
TABLE = "1..5 | % { Get-Date } | select Year, Month"


@asynccontextmanager
async def demo(size: tuple[int, int] = (100, 26)) -> AsyncIterator[Screen]:
    async with screen(DEMO, size=size) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        yield s


def grid(s: Screen) -> GridScreen:
    assert isinstance(s.app.screen, GridScreen)
    return s.app.screen


async def opened(s: Screen, line: str) -> GridScreen:
    """Type a line that opens a grid, and wait until all is there."""
    await s.type(line)
    await s.until(lambda: isinstance(s.app.screen, GridScreen), "the grid")
    shown = grid(s)
    await s.until(lambda: shown.grid.settled and shown.grid.view.current and shown.grid.rows.cells, "the rows")
    return shown


def cells(shown: GridScreen, place: int = 0) -> list[str]:
    rows = shown.grid.rows.cells
    return [rows[row].split("\x1f")[place][1:] for row in shown.grid.view.order]


async def test_objects_come_into_a_grid_are_filtered_sorted_and_opened(tmp_path: Path) -> None:
    async with demo() as s:
        shown = await opened(s, "Get-Process | Out-GridView -Title 'What runs'")
        assert s.shows("What runs") and s.shows("ProcessName") and "pstui_rows" not in s.shown()
        count = len(shown.grid.rows.cells)
        assert count > 1
        await s.keys("slash")
        await s.type("Id>0 !zzz", enter=False)
        await s.until(lambda: len(shown.grid.view.order) <= count and shown.grid.view.current, "the filter")
        await s.keys("enter")
        names = [column.name for column in shown.grid.rows.columns]
        shown.table.column = names.index("Id")
        await s.keys("s", "s")
        await s.until(lambda: shown.grid.view.current and shown.grid.view.downwards, "the order")
        numbers = list(map(int, cells(shown, names.index("Id"))))
        assert numbers == sorted(numbers, reverse=True)
        await s.keys("enter")
        await s.until(lambda: s.shows("Int32") and s.shows("Process"), "the tree with its types")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is shown, "the grid again")
        await s.keys("x")
        file = tmp_path / "runs.json"
        await s.type(str(file))
        await s.until(lambda: s.shows("objects were written to"), "the file")
        assert len(json.loads(file.read_text())) == len(numbers)
        await s.keys("q")
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.app.screen is s.workspace, "the prompt")
        assert any(f"{count:,} objects in a grid." in line for line in s.text())


async def test_picked_rows_go_down_the_pipeline_as_they_are() -> None:
    async with demo() as s:
        await opened(s, "11..15 | ogv -PassThru | % { $_ * 2 }")
        await s.keys("down", "space", "space", "p")
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.sees("26"), "what was picked")
        assert s.sees("24") and not s.sees("22")
        assert s.sees("5 objects in a grid; 2 picked.")


async def test_closing_a_grid_hands_nothing_on() -> None:
    async with demo() as s:
        await opened(s, "$x = 11..15 | ogv -OutputMode Single")
        await s.keys("a")
        await s.until(lambda: s.shows("-OutputMode Single"), "that one row can be picked")
        await s.keys("escape")
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.sees("5 objects in a grid; 0 picked."), "the end")
        await s.run('"<$x>"')
        assert s.sees("<>")


async def test_without_passthru_picked_rows_are_in_a_variable() -> None:
    async with demo() as s:
        await opened(s, "11..13 | ogv")
        await s.keys("a", "p")
        await s.until(lambda: s.sees("3 objects in a grid; 3 of them in $pst."), "what is told")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.run('"<$pst>"')
        assert s.sees("<11 12 13>")


async def test_columns_are_chosen_moved_and_hidden() -> None:
    async with demo() as s:
        shown = await opened(s, f"{TABLE} | ogv")
        await s.keys("c")
        shown.input.value = ""
        await s.type("month, Nothing")
        await s.until(lambda: s.shows("No object here has nothing."), "what is wrong")
        shown.input.value = "month, year"
        await s.keys("enter")
        await s.until(lambda: [each.name for each in shown.grid.rows.columns] == ["Month", "Year"], "the columns")
        await s.keys("greater_than_sign")
        assert [each.name for each in shown.grid.rows.columns] == ["Year", "Month"]
        await s.keys("minus")
        await s.until(lambda: [each.name for each in shown.grid.rows.columns] == ["Year"], "one column")
        await s.until(lambda: len(set(cells(shown))) == 1 and len(cells(shown)) == 5, "its cells")
        await s.keys("q")


async def test_a_stop_keeps_what_came() -> None:
    async with demo() as s:
        await s.type("1..10000 | % { Start-Sleep -Milliseconds 1; $_ } | ogv -PassThru")
        await s.until(lambda: isinstance(s.app.screen, GridScreen) and grid(s).grid.rows.cells, "a row")
        shown = grid(s)
        assert s.shows("running")
        await s.keys("p")
        await s.until(lambda: s.shows("It still runs"), "why not yet")
        await s.keys("ctrl+c")
        await s.until(lambda: not shown.grid.running, "the stop")
        assert 0 < shown.grid.rows.came < 10000
        await s.keys("p")
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.sees("1"), "the picked object")


async def test_errors_are_told_and_a_question_comes_before_the_grid() -> None:
    async with demo() as s:
        await s.type("nonsense | ogv")
        await s.until(lambda: s.sees("No objects came.") and s.pane.state is PaneState.PROMPT, "the end")
        assert any("nonsense" in line for line in s.text()[1:])
        await s.type("5, 6 | % { $_; Read-Host 'more' } | ogv")
        await s.until(lambda: s.pane.questions.has_keys and s.app.screen is s.workspace, "the question")
        first = s.pane.asking
        await s.type("seven")
        await s.until(
            lambda: s.pane.asking not in (first, None) and s.pane.questions.has_keys and s.app.screen is s.workspace,
            "the next question",
        )
        await s.type("eight")
        await s.until(lambda: isinstance(s.app.screen, GridScreen) and grid(s).grid.settled, "the grid")
        await s.until(lambda: cells(grid(s)) == ["5", "seven", "6", "eight"], "all that came")
        await s.keys("q")


async def test_the_last_line_comes_again_as_a_grid() -> None:
    async with demo() as s:
        await s.run("11..13 | Format-Table")
        await s.keys("ctrl+right_square_bracket", "G")
        await s.until(lambda: isinstance(s.app.screen, GridScreen) and grid(s).grid.rows.came == 3, "the grid")
        await s.keys("q")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.run("New-Item /tmp/never -WhatIf")
        await s.keys("ctrl+right_square_bracket", "G")
        await s.until(lambda: s.shows("Run it once more?"), "the question")
        assert s.shows("New-Item")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "the prompt again")


async def test_what_cannot_run_is_said() -> None:
    async with demo() as s:
        await s.run("1 | ogv -Foo")
        assert any("has no parameter -foo" in line for line in s.text())
        await s.run("1 | % { $_ | ogv }")
        assert any(line.startswith("Out-GridView opens a grid here in a pipeline") for line in s.text())
        await s.run("'ogv'")
        assert s.sees("ogv")


async def test_a_long_column_takes_the_room_that_is_left() -> None:
    async with demo() as s:
        await opened(s, "('x' * 70 + 'END') | ogv")
        assert s.shows("END") and s.shows("1 row") and not s.shows("1 rows")
    async with demo() as s:
        await opened(s, "[pscustomobject]@{ A = 'x' * 90 + 'END'; B = 'seen' } | ogv")
        assert s.shows("seen") and s.shows("x…"), "no room is taken from the others"


async def test_a_grid_without_rows_says_why_and_a_long_line_leaves_room_for_the_counts() -> None:
    async with demo((80, 24)) as s:
        shown = await opened(s, f"{TABLE} | Sort-Object Year, Month | select Year, Month, Day | Out-GridView")
        await s.keys("space")
        await s.until(lambda: s.shows("…   5 rows   1 picked"), "the counts beside the line")
        await s.keys("slash")
        await s.type("nowhere")
        await s.until(lambda: s.shows("Nothing fits: / changes the filter"), "why nothing is there")
        assert not s.shows("Year:"), "there is no cell to be told"
        await s.keys("slash", "escape")
        await s.until(lambda: shown.table.row >= 0 and not s.shows("Nothing fits"), "the rows")
