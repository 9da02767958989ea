"""The screen of a grid over a pane: there while its tab is in front and nothing is asked of the person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

from pstui.tui.grid.grid import Grid
from pstui.tui.grid.run import Show
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget

#: seconds between two looks for a tab that has come to the front
LOOK = 0.1


class _Pane(Protocol):
    """What is to be known of the pane: whether its tab is in front, and the question that is asked in it."""

    active: bool

    @property
    def asking(self) -> object | None: ...
    @property
    def app(self) -> App[Any]: ...
    @property
    def screen(self) -> Screen[Any]: ...
    def focus_main(self) -> None: ...


def shown_by(widget: Widget, stop: Callable[[], None]) -> Show:
    """Return what shows the grids of a pane; ``stop`` stops what runs in it."""
    pane = cast(_Pane, widget)

    async def show(grid: Grid) -> None:
        from pstui.tui.grid.screen import GridScreen

        title = grid.call.title or grid.call.source
        asks = _asks(pane)
        while not grid.is_closed:
            if not pane.active or asks() or pane.app.screen is not pane.screen:
                await asyncio.sleep(LOOK)
                continue
            gone: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            screen = GridScreen(grid, title, asks, stop)
            await pane.app.push_screen(screen, lambda answer, gone=gone: gone.done() or gone.set_result(None))
            await asyncio.wait({gone, asyncio.ensure_future(grid.closed())}, return_when=asyncio.FIRST_COMPLETED)
            if not gone.done() and screen.is_attached:
                if pane.app.screen is screen:
                    screen.dismiss(None)
                await gone
            if widget.is_attached:  # the program may be on its way out
                pane.focus_main()  # a question of the command takes the keys, else the editor

    return show


def _asks(pane: _Pane) -> Callable[[], bool]:
    return lambda: pane.asking is not None
