"""Titles of boxes: a plain text would be read as markup, and much of what titles name comes from elsewhere."""

from __future__ import annotations

from pstui.tui.cut import cut
from pstui.tui.plain import plain
from textual.content import Content


def short(text: str, width: int) -> Content:
    """Return one line made safe, in at most ``width`` cells."""
    return Content(cut(plain(text), width))
