"""What is closed is let go of: a tab and its session, though something may still watch something. Its text is kept."""

from __future__ import annotations

import asyncio
import gc
import inspect
import weakref
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.sessions.manager import SessionManager
from pstui.tui import garbage
from pstui.tui.keys.actions import PREFIX_KEY as PREFIX
from pstui.tui.mends.late_timers import AS_ASYNCIO_CANCELS_IT, let_go_of_ended_timers
from pstui.tui.mends.watchers import forget_shown
from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState
from textual._styles_cache import StylesCache
from textual.app import App
from textual.widgets import TextArea

from tests.support.pilot import Screen, screen

DEMO = ConnectionInfo(ParameterSet.DEMO)


def parts_of(pane: Pane) -> dict[str, weakref.ref[object]]:
    """Return what a tab is made of."""
    session = pane.session
    assert session is not None and session.pool is not None
    named = {"pane": pane, "editor": pane.editor, "transcript": pane.transcript, "session": session}
    return {name: weakref.ref(part) for name, part in {**named, "pool": session.pool}.items()}


async def let_go_of(s: Screen, parts: dict[str, weakref.ref[object]]) -> None:
    """Wait until the program has let go of all of them by itself."""

    def gone() -> bool:
        return not [name for name, part in parts.items() if part() is not None]

    await s.until(gone, "the end of each part")


@pytest.fixture
def collects_itself(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the program looks for garbage, and soon."""
    monkeypatch.setattr(garbage, "QUIET", 0.05)
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("collects_itself")
@pytest.mark.parametrize("front", [True, False], ids=["in front", "behind"])
async def test_the_first_tab_is_let_go_of_when_it_is_closed(front: bool) -> None:
    """It lived when everything that was loaded was taken out of the collections."""
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        parts = parts_of(first := s.pane)
        await s.workspace.tabs.open(DEMO)
        await s.run("'the other one'")
        if front:
            s.workspace.tabs.bring_to_front(first)
        await s.workspace.tabs.close(first)
        del first
        await let_go_of(s, parts)


@pytest.mark.usefixtures("collects_itself")
async def test_a_session_that_began_before_the_screen_is_let_go_of() -> None:
    sessions = SessionManager()

    async def as_it_is(info: ConnectionInfo, console: Console) -> ConnectionInfo:
        return info

    sessions.begin(DEMO, as_it_is)
    async with screen(DEMO, sessions=sessions) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        parts = parts_of(s.pane)
        await s.workspace.tabs.close(s.pane)
        await let_go_of(s, parts)


@pytest.mark.usefixtures("collects_itself")
async def test_nothing_is_looked_for_while_keys_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "QUIET", 3600.0)
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        parts = parts_of(s.pane)
        await s.workspace.tabs.close(s.pane)
        await s.idle()
        assert parts["pane"]() is not None


async def opened(s: Screen) -> dict[str, weakref.ref[object]]:
    """Open a tab, run a line in it, and return its parts."""
    pane = await s.workspace.tabs.open(DEMO)
    await s.run("'some text'")
    bar = s.workspace.tabs.bar
    return {**parts_of(pane), "in the bar": weakref.ref(bar.tabs.query_one(f"#{bar.tab_id(pane)}"))}


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


async def test_the_library_still_keeps_who_was_shown() -> None:
    """Fails when Textual is mended: then forget_shown can go."""

    class Bare(App[None]):
        pass

    app = Bare()
    async with app.run_test() as pilot:
        area = TextArea()
        await app.mount(area)
        assert area in app.screen.displayed_children
        await area.remove()
        await pilot.pause()
        nodes = app.screen._nodes
        assert area in nodes._displayed_nodes[1]
        forget_shown(app.screen)
        assert area not in nodes._displayed_nodes[1]


async def test_the_library_still_keeps_who_watches() -> None:
    """Fails when Textual is mended: then tui/mends/watchers.py can go."""

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


async def test_what_a_closed_tab_painted_is_let_go_of() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await opened(s)
        painted = weakref.ref(s.pane.transcript._styles_cache)
        await s.keys(PREFIX, "w")
        await s.until(lambda: len(s.workspace.panes) == 1, "the tab gone")
        await s.run("'the other one'")

        def gone() -> bool:
            gc.collect()
            return painted() is None

        await s.until(gone, "the end of its rows")


async def test_the_library_still_keeps_what_was_found() -> None:
    """Fails when Textual is mended: then keep_last_found can go."""

    class Bare(App[None]):
        pass

    app = Bare()
    async with app.run_test() as pilot:
        await app.mount(area := TextArea(id="area"))
        assert app.screen.query_one("#area") is area
        await area.remove()
        await pilot.pause()
        assert any(found[-1] is area for found in app.screen._query_one_cache._cache.values())


def test_the_library_still_keeps_what_was_painted() -> None:
    """Fails when Textual is mended: then keep_no_paintings can go."""
    assert "@lru_cache(1024)\n    def get_inner_outer" in inspect.getsource(StylesCache)
