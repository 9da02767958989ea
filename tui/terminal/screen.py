"""The screen of a terminal: paints what the emulator has, and gives it every key and the mouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from pstui.tui.terminal.emulator import Emulator, Modes, Row, State
from pstui.tui.terminal.encode import MouseEvent, focus_bytes, key_bytes, mouse_bytes, paste_bytes, wheel_as_keys
from pstui.tui.transcript.paint import Brush, Span, fitted, palette_of
from pstui.tui.transcript.render.cells import cluster_end, index_at_column, width
from rich.style import Style
from textual import events
from textual.geometry import Offset, Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from pstui.backends.pace import Pace
    from pstui.tui.typed import Typed

#: least seconds between two paintings while much comes
FRAME: Final = 1 / 30
#: seconds for which a program may hold a painting back while it draws (mode 2026)
HOLD: Final = 0.15
#: seconds after a key in which what comes is its answer, to be painted at once
ANSWER: Final = 0.25

_REVERSE: Final = Style(reverse=True)
_UNDERLINE: Final = Style(underline=True)
_NOTHING: Final[Row] = ("", ())


class TerminalScreen(Widget, can_focus=True):
    """Shows an emulator.

    ``send`` types bytes, ``resized`` is called when the size is another one, ``scrolled`` when the wheel is turned
    towards what has scrolled away.
    """

    ALLOW_SELECT = True
    #: all of these are asked by what gives keys out (``app.py``, ``typeahead.py``)
    takes_every_key = True
    takes_many = True
    acts_at_once = True

    DEFAULT_CSS = """
    TerminalScreen { height: 1fr; width: 1fr; }
    """

    def __init__(
        self, pace: Pace, send: Callable[[bytes], None], resized: Callable[[], None], scrolled: Callable[[], None]
    ) -> None:
        super().__init__()
        self._pace, self._send, self._resized, self._scrolled = pace, send, resized, scrolled
        self.emulator: Emulator | None = None
        self.state = State(cursor=None)
        self._rows: Sequence[Row] = ()
        self._strips: dict[int, tuple[Row, Strip]] = {}
        self._brush: Brush | None = None
        self._painted = self._held = self._typed = 0.0
        self._due, self._gives_places = False, True
        self._button = 3

    # -- what is shown --------------------------------------------------------------------------------------------

    def show(self, emulator: Emulator) -> None:
        """Show another emulator from now on."""
        self.emulator = emulator
        self.changed()

    def changed(self) -> None:
        """Something was fed: paint it, now or with the next frame."""
        now = time.monotonic()
        if now - self._typed < ANSWER:
            self._pace.urge()
        since = now - self._painted
        if since >= FRAME and not self._due:
            self._look()
        elif not self._due:
            self._due = True
            self.set_timer(FRAME - since, self._look)

    def _look(self) -> None:
        """Find what is another than before, and have it painted."""
        self._due, self._painted = False, time.monotonic()
        if self.emulator is None or not self.is_attached:
            return
        state = self.emulator.state()
        if state.holds:
            self._held = self._held or self._painted
            if self._painted - self._held < HOLD:
                self._due = True
                self.set_timer(HOLD - (self._painted - self._held), self._look)
                return
        self._held = 0.0
        before, old = self._rows, self.state
        self._rows, self.state = self.emulator.rows(), state
        if len(before) != len(self._rows) or state.reverse != old.reverse:
            self.refresh()
            return
        changed = {y for y, row in enumerate(self._rows) if row is not before[y]}
        if state.cursor != old.cursor:
            changed |= {place[1] for place in (state.cursor, old.cursor) if place is not None}
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    @property
    def text(self) -> str:
        """The text of the screen, without blanks at its end."""
        return "\n".join(text for text, _ in self._rows).rstrip("\n")

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint; only for finding what the mouse points at do rows carry their places."""
        self._gives_places = False
        try:
            return super().render_lines(crop)
        finally:
            self._gives_places = True

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        brush = self._brush_for(self.rich_style)
        row = self._rows[y] if y < len(self._rows) else _NOTHING
        spans = self._spans(y, row)
        known = self._strips.get(y)
        if known is not None and known[0] is row and not spans and not self._gives_places:
            return known[1]
        text, runs = row
        if spans and (missing := max(end for _, end, _ in spans) - len(text)) > 0:
            runs = (*runs, (len(text), 0)) if runs and runs[-1][1] else runs
            text += " " * missing
        strip = fitted(brush.segments(text, runs, spans), 0, self.size.width, brush.base)
        if not spans:
            self._strips[y] = row, strip
        return _with_places(strip, y) if self._gives_places else strip

    def _spans(self, y: int, row: Row) -> list[Span]:
        """Return what lies over a row: what is selected, and the cursor."""
        spans: list[Span] = []
        text = row[0]
        selection = self.text_selection
        if selection is not None and (part := selection.get_span(y)) is not None and row[0]:
            first, last = part
            spans.append((min(first, len(text)), len(text) if last < 0 else min(last, len(text)), _REVERSE))
        if self.state.cursor is not None and self.state.cursor[1] == y:
            column = self.state.cursor[0]
            used = width(text)
            at = index_at_column(text, column) if column < used else len(text) + column - used
            end = cluster_end(text, at) if at < len(text) else at + 1
            spans.append((at, end, _REVERSE if self.has_focus else _UNDERLINE))
        return [span for span in spans if span[0] < span[1]]

    def _brush_for(self, base: Style) -> Brush:
        base = base + _REVERSE if self.state.reverse else base
        if self._brush is None or self._brush.base != base:
            self._strips.clear()
            self._brush = Brush(palette_of(self.app), base)
        return self._brush

    def notify_style_update(self) -> None:
        """The theme or the style has changed."""
        super().notify_style_update()
        self._brush = None
        self._strips.clear()

    def on_resize(self) -> None:
        """Strips are as wide as the screen was; the program is told of the new size."""
        self._strips.clear()
        if self.size:
            self._resized()

    # -- what is selected -----------------------------------------------------------------------------------------

    @property
    def allow_select(self) -> bool:
        """Whether the mouse selects: not while the program has asked for it."""
        return not self.modes.mouse

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text."""
        return selection.extract("\n".join(text for text, _ in self._rows)), "\n"

    @property
    def selected_text(self) -> str:
        """What is selected here."""
        selection = self.text_selection
        found = None if selection is None else self.get_selection(selection)
        return "" if found is None else found[0]

    def selection_updated(self, selection: Selection | None) -> None:
        """Another part is selected."""
        self.refresh()

    # -- keys -----------------------------------------------------------------------------------------------------

    @property
    def modes(self) -> Modes:
        """What the program has asked for, as it is now."""
        return self.state.modes if self.emulator is None else self.emulator.state().modes

    def send_key(self, key: str, character: str | None) -> None:
        """Type a key."""
        self._type(key_bytes(key, character, self.modes))

    def _type(self, data: bytes) -> None:
        if data:
            self._typed = time.monotonic()
            if self.text_selection is not None:
                self.screen.clear_selection()
            self._send(data)

    def on_key(self, event: events.Key) -> None:
        """Every key is the program's."""
        event.stop()
        event.prevent_default()
        self.send_key(event.key, event.character)

    def on_typed(self, event: Typed) -> None:
        """So are characters that came at once."""
        event.stop()
        self._type(event.text.encode("utf-8", "replace"))

    def on_paste(self, event: events.Paste) -> None:
        """A paste is data: it brings no sequences."""
        event.stop()
        self._type(paste_bytes(event.text, self.modes))

    def on_focus(self) -> None:
        """The keys come here."""
        self._focus_moved(True)

    def on_blur(self) -> None:
        """The keys go elsewhere."""
        self._focus_moved(False)

    def _focus_moved(self, focused: bool) -> None:
        if self.emulator is not None and (data := focus_bytes(focused, self.modes)):
            self._send(data)
        self.refresh()

    # -- the mouse ------------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A button is pressed."""
        self._button = min(event.button - 1, 2) if event.button else 3
        if self._mouse("press", self._button, event):
            self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """A button is released."""
        button, self._button = self._button, 3
        if self.app.mouse_captured is self:
            self.release_mouse()
        if button != 3:
            self._mouse("release", button, event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The mouse is moved."""
        self._mouse("move", self._button, event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel is turned away."""
        self._wheel(event, up=True)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel is turned near."""
        self._wheel(event, up=False)

    def _wheel(self, event: events.MouseEvent, *, up: bool) -> None:
        event.stop()
        event.prevent_default()
        if self._mouse("press", 64 if up else 65, event):
            return
        state = self.state if self.emulator is None else self.emulator.state()
        if state.alternate and state.modes.alternate_scroll:
            self._type(wheel_as_keys(up, state.modes))
        elif up:
            self._scrolled()

    def _mouse(self, kind: str, button: int, event: events.MouseEvent) -> bool:
        """Send what the mouse did if the program wants it; whether it does."""
        modes = self.modes
        if not modes.mouse or self.emulator is None:
            return False
        event.stop()
        place = Offset(
            min(max(int(event.x), 0), max(self.size.width - 1, 0)),
            min(max(int(event.y), 0), max(self.size.height - 1, 0)),
        )
        what = MouseEvent(kind, button, place.x, place.y, event.shift, event.meta, event.ctrl)
        if data := mouse_bytes(what, modes):
            self._send(data)
        return True


def _with_places(strip: Strip, y: int) -> Strip:
    """Return a row with, in each segment, where it is: as Textual's selection reads it."""
    from pstui.tui.transcript.paint import with_places

    return with_places(strip, y, 0)
