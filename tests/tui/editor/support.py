"""A pane with its editor, and a text with keys pressed after it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInInteractive, StandInManager, host


def session(manager: StandInManager, **options: Any) -> AbstractAsyncContextManager[Screen]:
    return screen(host("web1"), sessions=manager.as_manager(), **options)


async def ready(s: Screen) -> StandInInteractive:
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    return s.pane.conversation.interactive  # type: ignore[return-value]  # the stand-in


async def press(s: Screen, text: str, *keys: str) -> tuple[str, int]:
    """Type a text into an empty editor, press keys, return text and cursor."""
    s.pane.editor.empty()
    await s.type(text, enter=False)
    await s.keys(*keys)
    await s.idle()
    return s.pane.editor.text, s.pane.editor.cursor
