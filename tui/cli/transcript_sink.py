"""Where the text of a pane may go beside the screen."""

from __future__ import annotations

from typing import Protocol


class TranscriptSink(Protocol):
    """Where the first session's text goes beside the screen."""

    def line(self, text: str) -> None:
        """Take one finished line, without its line end."""

    def close(self) -> None:
        """No more lines will come."""
