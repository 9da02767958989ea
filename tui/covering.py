"""What takes the place of the dialog below it: a list, a text or a form, but no question.

The frame of that dialog would stand around it.
"""

from __future__ import annotations

from typing import Any

from textual.screen import ModalScreen, Screen


def cover(screen: Screen[Any]) -> None:
    """Hide the dialog below a screen. The workspace stays, and a screen that paints its own ground is no dialog."""
    stack = screen.app.screen_stack
    below = stack[stack.index(screen) - 1]
    if isinstance(below, ModalScreen) and below.styles.background.a < 1:
        for each in below.children:
            each.visible = False


def uncover(screen: Screen[Any]) -> None:
    """Show a dialog again: what stood over it closes."""
    for each in screen.children:
        if not each.visible:
            each.visible = True
