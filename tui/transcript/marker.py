"""The marker at the end of a transcript that is scrolled up: how many lines have come below it."""

from __future__ import annotations

from typing import ClassVar, Final

from pstui.tui.transcript.view import TranscriptView
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_REVERSE = Style(reverse=True)


class TranscriptMarker(TranscriptView):
    """The part of the transcript that tells of new lines, in its last row at the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"transcript--below"}
    DEFAULT_CSS = """
    TranscriptMarker > .transcript--below { background: $primary; color: $background; text-style: bold; }
    """

    def _marker(self) -> str:
        """What the last row says of the lines below it; "" while there are none."""
        count = self.new_output
        return f" ↓ {count:,} new line{'s' if count != 1 else ''} " if count > 0 else ""

    def _on_marker(self, x: int, y: int) -> bool:
        """Whether a cell of the view belongs to the marker of new lines."""
        width, height = self.scrollable_content_region.size
        marker = self._marker()
        return bool(marker) and y == height - 1 and width - len(marker) <= x < width

    def render_line(self, y: int) -> Strip:
        """One row of the view; the last one tells of new lines below."""
        strip = super().render_line(y)
        width, height = self.scrollable_content_region.size
        marker = self._marker()
        if not marker or y != height - 1 or len(marker) >= width:
            return strip
        style = self.get_component_rich_style("transcript--below", partial=True)
        said = Segment(marker, _REVERSE if self.app.no_color else style)
        return Strip([*strip.crop(0, width - len(marker)), said], width)
