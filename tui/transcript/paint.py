"""One row of the transcript as a strip: its text, the styles of its runs, and what layers lay over them.

How this works: a finished line never changes, so the strip of a row that no layer covers is made once and remembered
until rows break elsewhere or the theme changes. A brush mixes the styles of the text with the widget's own and
remembers what it mixed. Layers name component classes of the transcript; their backgrounds are mixed with what is
below, and the text keeps its own colours unless the class has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from pstui.tui.transcript.layers import REVERSE, Layer, Tail
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.cells import cluster_start, clusters, index_at_column, is_simple, width
from pstui.tui.transcript.render.palette import Look, Palette
from pstui.tui.transcript.render.sgr import settled
from pstui.tui.transcript.render.style import Runs, slice_runs
from pstui.tui.transcript.rows import Rows
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color as TextualColor
from textual.color import ColorParseError
from textual.content import Content
from textual.content import Span as ContentSpan
from textual.strip import Strip
from textual.style import Style as ContentStyle
from textual.widget import Widget

#: A style over part of a text: first index, one after the last, style.
Span = tuple[int, int, Style]

#: Component classes that are reverse where there are no colours.
_REVERSED: Final = frozenset({"transcript--current", "transcript--selection"})
_CACHED_STRIPS: Final = 512
_CACHED_STYLES: Final = 4096


class Painter:
    """Makes the strips of one transcript."""

    def __init__(self, widget: Widget, buffer: TextBuffer, rows: Rows, layers: Sequence[Layer]) -> None:
        """``widget`` has the theme and the component classes; ``layers`` lie over the text, the topmost one last."""
        self._widget = widget
        self._buffer = buffer
        self._rows = rows
        self._layers = layers
        self._brush: Brush | None = None
        #: Strips by line and row of the line, with the index of their first character.
        self._strips: dict[tuple[int, int], tuple[Strip, int]] = {}
        self._generation = -1

    def restyle(self) -> None:
        """Make everything again: the theme or the style has changed."""
        self._brush = None
        self._strips.clear()

    def strip(self, number: int, sub_row: int, columns: int, base: Style) -> tuple[Strip, int]:
        """Paint a row.

        Args:
            number: The line.
            sub_row: Which row of the line, from 0.
            columns: Cells to fill.
            base: The style of the widget.

        Returns:
            The strip, and the index in the line's text of its first character.
        """
        brush = self._brush_for(base)
        if self._generation != self._rows.generation:
            self._generation = self._rows.generation
            self._strips.clear()
        covered = any(layer.active and layer.covers(number) for layer in self._layers)
        if not covered:
            known = self._strips.get((number, sub_row))
            if known is not None:
                return known
        made = self._make(number, sub_row, columns, brush, covered)
        if not covered and self._rows.wrap and number < self._buffer.end:
            if len(self._strips) >= _CACHED_STRIPS:
                self._strips.clear()
            self._strips[number, sub_row] = made
        return made

    def _make(self, number: int, sub_row: int, columns: int, brush: Brush, covered: bool) -> tuple[Strip, int]:
        text, runs = self._buffer.at(number)
        breaks = self._rows.breaks(number, text)
        sub_row = min(sub_row, len(breaks) - 1)
        last = sub_row == len(breaks) - 1
        start, end = breaks[sub_row], len(text) if last else breaks[sub_row + 1]
        # Cells of the first cluster that are left of the view.
        skip = 0
        if not self._rows.wrap:
            left = self._widget.scroll_offset.x
            start = index_at_column(text, left)
            skip = left - width(text[:start])
            end = min(index_at_column(text, left + columns) + 1, len(text))
        spans = self._spans(number, text, (start, end)) if covered else ()
        pieces = brush.segments(text[start:end], slice_runs(runs, start, end), spans)
        if covered and last and (tails := self._tails(number, text, brush.base)):
            pieces = with_tail(pieces, tails, skip + columns)
        return fitted(pieces, skip, columns, brush.base), start

    def _spans(self, number: int, text: str, part: tuple[int, int]) -> list[Span]:
        """Return the styles over a part of a line, counted from its first character."""
        overlays = [overlay for layer in self._layers for overlay in layer.overlays(number, text, part)]
        styles = {name: self._wash(name) for name in {name for _, _, name in overlays}}
        return [(first - part[0], last - part[0], styles[name]) for first, last, name in overlays]

    def _tails(self, number: int, text: str, base: Style) -> list[Segment]:
        """Return what is shown after a line. For a click it has the place after the text."""
        tails: list[Tail] = [tail for layer in reversed(self._layers) for tail in layer.tails(number, text)]
        place = Style.from_meta({"offset": (len(text), number)})
        styles = self._widget.get_component_rich_style
        return [Segment(said, base + styles(name, partial=True) + place) for said, name in tails]

    def _wash(self, name: str) -> Style:
        """Return the style of a component class to be laid over text: backgrounds are mixed."""
        styles = self._widget.get_component_styles(name)
        if self._widget.app.no_color:
            return REVERSE if name in _REVERSED else styles.text_style
        over: Style = styles.text_style
        if styles.has_rule("background"):
            over = Style(bgcolor=(self._widget.background_colors[1] + styles.background).rich_color) + over
        return over + Style(color=styles.color.rich_color) if styles.has_rule("color") else over

    def _brush_for(self, base: Style) -> Brush:
        if self._brush is None or self._brush.base != base:
            self._strips.clear()
            self._brush = Brush(palette_of(self._widget.app), base)
        return self._brush


def palette_of(app: App[Any]) -> Palette:
    """Return the palette that fits the present theme."""
    try:
        accent: Color | None = TextualColor.parse(app.theme_variables.get("accent", "")).rich_color
    except ColorParseError:
        accent = None
    native = app.native_ansi_color
    return Palette(Look(app.current_theme.dark, native, None if native else accent))


def styled_row(text: str, app: App[Any]) -> Content:
    """Return one row of text with SGR sequences in the colours that the transcript gives it."""
    plain, runs = settled(text)
    palette = palette_of(app)
    bounds = [*(position for position, _ in runs), len(plain)]
    spans = [
        ContentSpan(start, end, ContentStyle.from_rich_style(palette.style(style), app.ansi_theme))
        for (start, style), end in zip(runs, bounds[1:], strict=True)
    ]
    return Content(plain, spans)


class Brush:
    """Turns text and runs into segments over the widget's own style; remembers what it mixed."""

    def __init__(self, palette: Palette, base: Style) -> None:
        self.base = base
        self._palette = palette
        self._mixed: dict[int, Style] = {}

    def style(self, packed: int) -> Style:
        """The widget's style with a packed one over it."""
        mixed = self._mixed.get(packed)
        if mixed is None:
            if len(self._mixed) > _CACHED_STYLES:
                self._mixed.clear()
            mixed = self._mixed[packed] = self.base + self._palette.style(packed)
        return mixed

    def segments(self, text: str, runs: Runs, spans: Sequence[Span] = ()) -> list[Segment]:
        """The segments of a row; the spans lie over the text, later ones over earlier ones.

        A style never changes inside a cluster (a letter and its marks, joined emoji): the parts measured alone would
        not be as wide as the whole.
        """
        if not text:
            return []
        if not runs and not spans:
            return [Segment(text, self.base)]
        bounds = [0, *(position for position, _ in runs if position < len(text))]
        for first, last, _ in spans:
            bounds += (min(max(first, 0), len(text)), min(max(last, 0), len(text)))
        if not is_simple(text):
            bounds = [cluster_start(text, bound) for bound in bounds]
        cuts = sorted({*bounds, len(text)})
        result = []
        run, style = 0, self.base
        for start, end in pairwise(cuts):
            while run < len(runs) and runs[run][0] < end:
                style = self.style(runs[run][1])
                run += 1
            over = style
            for first, last, laid in spans:
                if first < end and last > start:
                    over += laid
            result.append(Segment(text[start:end], over))
        return result


def fitted(pieces: list[Segment], skip: int, columns: int, base: Style) -> Strip:
    """The strip of ``columns`` cells from the cell ``skip`` on."""
    cells = sum(width(text) for text, _, _ in pieces)
    if skip or cells > columns:
        return Strip(pieces, cells).crop_extend(skip, skip + columns, base)
    if cells < columns:
        pieces.append(Segment(" " * (columns - cells), base))
    return Strip(pieces, columns)


def with_tail(pieces: list[Segment], tail: list[Segment], columns: int) -> list[Segment]:
    """The row with something after it that is always seen: where there is too little room the text gives way."""
    room = max(columns - sum(width(text) for text, _, _ in tail), 0)
    cells = sum(width(text) for text, _, _ in pieces)
    if cells > room > 0:
        pieces = [*Strip(pieces, cells).crop(0, room - 1), Segment("…", pieces[-1].style)]
    return [*(pieces if room else ()), *tail]


def with_places(strip: Strip, number: int, start: int) -> Strip:
    """The strip with, in each segment, the place in the text it shows (as Textual's selection reads it).

    A segment that is not part of the text has brought its own. Textual counts the characters up to a cell and takes the
    second cell of a wide one for the next; so here each cell of such a text is a blank that has its character's place.
    """
    pieces = []
    for text, style, _ in strip:
        if style is not None and "offset" in style.meta:
            pieces.append(Segment(text, style))
            continue
        if is_simple(text):
            pieces.append(_placed(text, style, start, number))
        else:
            for first, _, cells in clusters(text):
                pieces += [_placed(" ", style, start + first, number)] * cells
        start += len(text)
    return Strip(pieces, strip.cell_length)


def _placed(text: str, style: Style | None, start: int, number: int) -> Segment:
    place = Style.from_meta({"offset": (start, number)})
    return Segment(text, style + place if style else place)
