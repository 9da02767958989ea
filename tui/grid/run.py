"""A line with Out-GridView, run: the source sends its objects here, and those that are picked go on over there.

How this works. The line is cut at Out-GridView. Its source runs without anything that makes text, and its objects come
as they are on the wire. ``-OutVariable`` of a Write-Output behind it keeps the live objects over there as they go by,
so that a stop loses none. What is picked is told by place: ``$global:pst`` becomes those of the kept objects, and the
rest of the line runs with it in place of the source. An endpoint without a language has no variables, so nothing can be
kept there; the grid shows copies, and a line that hands rows on is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from pstui.backends.errors import SessionStateError
from pstui.backends.records import RunspaceState, SentObject, Stream, Write
from pstui.backends.sessions.interactive import InteractiveSession, Outcome, SessionTurn
from pstui.backends.sessions.session import PSSession
from pstui.tui.cli.error_text import error_text
from pstui.tui.grid.columns import view_columns
from pstui.tui.grid.grid import Grid
from pstui.tui.grid.line import GridCall, OutputMode
from pstui.tui.output.elements import read

#: where the far end keeps the objects of a grid, and where picked ones are
KEPT, PICKED = "$global:pstui_rows", "$global:pst"
_KEEP = "| Write-Output -NoEnumerate -OutVariable global:pstui_rows"
#: runs of places that are written as ranges; more are written one by one, which PowerShell reads faster
_MAX_RANGES = 100
#: what is said of an Out-GridView that is left to the far end
INSIDE = (
    "Out-GridView opens a grid here in a pipeline that stands by itself in the line. "
    "In brackets, a block or a function, and behind && it is the far end's own."
)
_NO_VARIABLES = (
    "This endpoint has no variables (no language): picked objects cannot go back there. Nothing was run. "
    "Without -PassThru and -OutputMode the grid shows them."
)

#: shows a grid until it is closed
Show = Callable[[Grid], Awaitable[None]]


async def run_in_grid(interactive: InteractiveSession, call: GridCall, show: Show) -> Outcome:
    """Run a line with Out-GridView to its end; returns once the grid was closed and the rest has run."""
    console = interactive.console
    if call.problem:
        console.write(Write(call.problem, stream=Stream.ERROR))
        return await interactive.refresh()
    if call.before and (outcome := await interactive.run(call.before)) is not Outcome.READY:
        return outcome
    keeps = await _quietly(interactive, f"{KEPT} = $null")
    if not keeps and call.mode is not OutputMode.NONE:
        console.write(Write(_NO_VARIABLES, stream=Stream.ERROR))
        return await interactive.refresh()
    grid = Grid(call, keeps=keeps, error=lambda e: console.write(Write(error_text(e), stream=Stream.ERROR)))
    async with _shown(grid, show):
        outcome = await interactive.run(f"{call.source} {_KEEP}" if keeps else call.source, objects=grid)
        grid.ended()
        if not grid.rows.came:
            grid.close()
        elif outcome is Outcome.READY:
            await _choose_columns(interactive.session, grid)
        grid.settled = True
        await grid.closed()
    if outcome is not Outcome.READY:
        return outcome
    return await _go_on(interactive, call, grid)


@contextlib.asynccontextmanager
async def _shown(grid: Grid, show: Show) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(grid.work()), asyncio.ensure_future(show(grid))]
    try:
        yield
    finally:
        grid.close(grid.answer)
        await asyncio.wait({tasks[1]})
        tasks[0].cancel()
        await asyncio.wait({tasks[0]})


async def _go_on(interactive: InteractiveSession, call: GridCall, grid: Grid) -> Outcome:
    """Hand the picked objects back, say what became of them, and run the rest of the line."""
    picked = grid.answer or ()
    if grid.keeps:
        script = f"{PICKED} = {KEPT}[@({places(picked)})]; {KEPT} = $null" if picked else f"{KEPT} = $null"
        if not await _quietly(interactive, script) and picked:
            interactive.console.write(Write("The picked objects could not be handed back.", stream=Stream.ERROR))
            return await interactive.refresh()
    interactive.console.write(Write(told(grid, picked), stream=Stream.NOTICE))
    # nothing picked is nothing that comes: what follows is begun and ended all the same, as PowerShell does
    following = call.following(PICKED if picked else "& {}")
    if following and following != "& {}":
        return await interactive.run(following)
    return await interactive.refresh()


def told(grid: Grid, picked: Sequence[int]) -> str:
    """Return what is said of a grid in the text of its session."""
    count = grid.rows.came
    what = "No objects came." if not count else f"{count:,} object{'s' * (count > 1)} in a grid"
    if not count:
        return what
    if picked and not grid.hands_on:
        return f"{what}; {len(picked):,} of them in $pst."
    return f"{what}; {len(picked):,} picked." if grid.hands_on else f"{what}."


def places(rows: Sequence[int]) -> str:
    """Return places as PowerShell reads them: numbers, and ranges where there are few of them."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
        if len(runs) > _MAX_RANGES:
            return ",".join(map(str, rows))
    return ";".join(str(first) if first == last else f"{first}..{last}" for first, last in runs)


async def _quietly(interactive: InteractiveSession, script: str) -> bool:
    """Run a script of ours that puts nothing out; whether the far end did it."""
    from pstui.backends.psrp.invocation import Call, Invocation

    done = False

    async def step(session: PSSession) -> None:
        nonlocal done
        result = await session.run(Invocation(((Call(script, is_script=True),),)))
        refused = result.error is not None and result.error.fully_qualified_error_id == "ScriptsNotAllowed"
        session.no_language = session.no_language or refused
        done = result.error is None and not result.had_errors

    if interactive.session.no_language:
        return False
    try:
        await SessionTurn(interactive.session).take(step)
    except SessionStateError:
        return False
    return done


async def _choose_columns(session: PSSession, grid: Grid) -> None:
    """Ask the far end for its view of the objects, and show its columns unless a person has chosen others."""
    from pstui.backends.psrp.invocation import Call, Invocation

    types = [name for name in grid.rows.types if name not in ("System.Object", _CUSTOM)]
    if not types or grid.has_own_columns or types[0].startswith("Selected.") or _CUSTOM in grid.rows.types:
        return
    found: list[SentObject] = []
    arguments = (("TypeName", types[:_MAX_TYPES]), ("PowerShellVersion", "5.1"), ("ErrorAction", "SilentlyContinue"))

    async def step(session: PSSession) -> None:
        call = Call("Get-FormatData", arguments)
        await session.run(Invocation(((call,),)), on_object=found.append)

    with contextlib.suppress(SessionStateError):
        if session.state is RunspaceState.OPENED:
            await SessionTurn(session).take(step)
            views = [read(sent.body) for sent in found[:_MAX_TYPES]]
            columns = await asyncio.to_thread(view_columns, views, list(grid.rows.names))
            if columns and not grid.has_own_columns and columns != grid.rows.columns:
                grid.show(columns, own=False)


_CUSTOM = "System.Management.Automation.PSCustomObject"
_MAX_TYPES = 10
