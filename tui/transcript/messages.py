"""What a transcript tells those around it.

The names of the handlers all begin with ``on_transcript_``.
"""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class NewOutput(Message, namespace="transcript"):
    """``count`` lines have come below a view that is scrolled up; 0 when it follows the end again."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class Followed(Message, namespace="transcript"):
    """The user scrolled away from the end of the text, or back to it."""


class RowsChanged(Message, namespace="transcript"):
    """``row_count`` has changed without new text: by a resize, a fold, or because an estimate became exact."""


class Selected(Message, namespace="transcript"):
    """Another part of the text, or none any longer, is selected or marked; or copy mode has begun or ended."""

    def __init__(self, transcript: Widget) -> None:
        super().__init__()
        self.transcript = transcript


class Copied(Message, namespace="transcript"):
    """Keys of copy mode have copied ``text``; "" when there was nothing to copy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Wanted(Message, namespace="transcript"):
    """A key of copy mode that others act on: ``what`` is "left" (copy mode has ended) or "interrupt" (Ctrl+C)."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what


class MenuWanted(Message, namespace="transcript"):
    """The right mouse button was pressed on the line ``number``, in the cell ``at`` of the screen."""

    def __init__(self, transcript: Widget, number: int, at: tuple[int, int]) -> None:
        super().__init__()
        self.transcript, self.number, self.at = transcript, number, at
