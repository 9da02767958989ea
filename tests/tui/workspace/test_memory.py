"""What is closed is let go of: a tab and its session, though something may still watch something. Its text is kept."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from contextvars import Context, ContextVar

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.keys.actions import PREFIX_KEY as PREFIX
from pstui.tui.late_timers import AS_ASYNCIO_CANCELS_IT, let_go_of_ended_timers
from pstui.tui.pane.state import PaneState
from textual.app import App
from textual.widgets import TextArea

from tests.support.pilot import Screen, screen

DEMO = ConnectionInfo(ParameterSet.DEMO)


async def opened(s: Screen) -> dict[str, weakref.ref[object]]:
    """Open a tab, run a line in it, and return its parts."""
    pane = await s.workspace.tabs.open(DEMO)
    await s.run("'some text'")
    session = pane.session
    assert session is not None
    return {
        name: weakref.ref(part)
        for name, part in {
            "pane": pane,
            "editor": pane.editor,
            "transcript": pane.transcript,
            "session": session,
        }.items()
    }


async def test_a_closed_tab_is_let_go_of() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        parts = await opened(s)
        await s.keys(PREFIX, "w")
        await s.until(lambda: len(s.workspace.panes) == 1, "the tab gone")
        await s.run("'the other one'")

        def gone() -> bool:
            gc.collect()
            return not [name for name, part in parts.items() if part() is not None]

        await s.until(gone, "the end of each part")


async def test_asyncio_still_keeps_what_a_timer_was_set_in() -> None:
    """Fails when asyncio is mended: then let_go_of_ended_timers can go."""

    class Kept:
        pass

    def cancelled(cancel: Callable[[asyncio.TimerHandle], None]) -> tuple[asyncio.TimerHandle, weakref.ref[Kept]]:
        context, variable = Context(), ContextVar[Kept]("variable")
        kept = Kept()
        context.run(variable.set, kept)
        timer = asyncio.get_running_loop().call_later(3600, print, context=context)
        cancel(timer)
        return timer, weakref.ref(kept)

    timer, kept = cancelled(AS_ASYNCIO_CANCELS_IT)
    let_go_of_ended_timers()
    mended, let_go = cancelled(asyncio.TimerHandle.cancel)
    gc.collect()
    assert kept() is not None and let_go() is None and timer.cancelled() and mended.cancelled()


async def test_the_library_still_keeps_who_watches() -> None:
    """Fails when Textual is mended: then tui/watchers.py can go."""

    class Bare(App[None]):
        pass

    app = Bare()
    async with app.run_test() as pilot:
        area = TextArea()
        await app.mount(area)
        await area.remove()
        await pilot.pause()
        watching = [pair[0] for pair in getattr(app, "__watchers", {}).get("theme", [])]
        assert area in watching
