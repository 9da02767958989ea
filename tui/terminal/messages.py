"""What a terminal tells those around it."""

from __future__ import annotations

from textual.message import Message


class TerminalChanged(Message):
    """Something that the tab, the footer or the sidebar shows has changed."""
