"""The transcript of a pane: what the session wrote, to be read, searched, folded and copied.

How this works. A ``TextBuffer`` has the text: lines with runs of style, harmless already, in a ring that drops the
oldest. ``Rows`` knows which row of the widget shows which place of it, ``View`` which rows are seen and whether the
end is followed, ``Painter`` makes their strips. Over the text lie *layers*: commands (marks and folds), the matches of
a search, the selection with the cursor of copy mode.

What is written only goes into the buffer and asks for a frame (``Frames``); the frame sets size and scroll position
and asks Textual to repaint, and Textual asks ``render_line`` for each visible row. So a flood costs as many repaints
as the eye can see, whatever its number of lines, and a hidden transcript costs none.

The widget is the entrance: it takes Textual's events to the part they concern, and its methods are what the rest of
pstui asks of a transcript. Lines are given by *number* (see ``TextBuffer``), which the ring does not shift, so a
selection stays where it was made while text pours in. Commands are counted as in ``buffer.prompts()``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from pstui.backends.records import Write
from pstui.tui.keys.contexts import handed_on
from pstui.tui.transcript import messages
from pstui.tui.transcript.commands import Commands
from pstui.tui.transcript.copy_mode import CopyMode, extract
from pstui.tui.transcript.layers import Layer, NewOutputMarker
from pstui.tui.transcript.paint import Painter, with_places
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.rows import Rows
from pstui.tui.transcript.search import Finding, Match
from pstui.tui.transcript.view import View
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip


class _Painting(NamedTuple):
    """What is the same for every row of one painting: the row at the top, the size in cells, and the style."""

    top: int
    columns: int
    height: int
    base: Style


class Transcript(ScrollView, can_focus=True):
    """A line-API widget over a TextBuffer.

    Attributes:
        buffer: The text.
        view: What is seen of it.
        commands: The marks, folds and times of commands.
        copying: The selection, and the cursor of copy mode.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "transcript--below",
        "transcript--marked",
        "transcript--fold",
        "transcript--time",
        "transcript--match",
        "transcript--current",
        "transcript--selection",
        "transcript--cursor",
    }
    DEFAULT_CSS = """
    Transcript {
        height: 1fr;
        background: $background;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        &.-sideways { overflow-x: auto; }
        & > .transcript--below { background: $primary; color: $background; text-style: bold; }
        & > .transcript--marked { background: $primary 30%; text-style: bold underline; }
        & > .transcript--fold { color: $accent; text-style: italic; }
        & > .transcript--time { text-style: dim; }
        & > .transcript--match { background: $warning 40%; text-style: underline; }
        & > .transcript--current { background: $warning; color: $background; text-style: bold; }
        & > .transcript--selection { background: $primary 40%; }
        & > .transcript--cursor { text-style: reverse; }
    }
    """

    def __init__(
        self,
        buffer: TextBuffer | None = None,
        *,
        wrap: bool = True,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Show ``buffer`` (a new one by default). Without ``wrap`` long lines run out sideways."""
        super().__init__(name=name, id=id, classes=classes)
        self.buffer = buffer if buffer is not None else TextBuffer()
        self._rows = Rows(self.buffer, wrap=wrap)
        self.view = View(self, self.buffer, self._rows)
        self.commands = Commands(self.view)
        self._finding = Finding(self.view)
        self.copying = CopyMode(self.view, self.commands, self._finding)
        self._layers: list[Layer] = [self.commands, self._finding, self.copying]
        self._marker = NewOutputMarker(self.view)
        self._painter = Painter(self, self.buffer, self._rows, self._layers)
        self._painting: _Painting | None = None
        # Setting a class may restyle the widget at once, which asks for what is made above.
        self.set_class(not wrap, "-sideways")

    # -- text --------------------------------------------------------------------------------------------------------

    def write(self, record: Write) -> None:
        """Add one record; it is painted with the next frame."""
        self.buffer.write(record)
        self.view.frames.changed()

    def extend(self, records: Iterable[Write]) -> None:
        """Add records; the caller decides how many a turn of the loop may take."""
        write = self.buffer.write
        for record in records:
            write(record)
        self.view.frames.changed()

    def take_row(self) -> str:
        """Take the last row of the line being written: a prompt, which the editor shows."""
        self.view.frames.changed()
        return self.buffer.take_row(self.view.columns())

    def clear_screen(self) -> None:
        """Begin an empty screen, as Clear-Host does: what was there stays above, in the scrollback."""
        self.buffer.flush_partial()
        self._rows.screen_top = self.buffer.end
        self.view.following = True
        self.view.frames.changed()

    def clear(self) -> None:
        """Forget the whole text, scrollback and all."""
        self.buffer.clear()
        self._rows.screen_top = None
        self.view.following = True
        self.view.frames.changed()

    # -- what is seen ------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Rows the text takes at the present width, from the top of the screen after ``clear_screen`` on."""
        return self.view.sync().on_screen

    @property
    def columns(self) -> int:
        """Cells that are seen of a row."""
        return self.view.columns() or self.size.width

    @property
    def following(self) -> bool:
        """Whether the view stays at the end as text comes."""
        return self.view.following

    @property
    def last_seen(self) -> int:
        """The number of the lowest line that is seen now."""
        return self.view.last_seen

    def scroll_pages(self, pages: int) -> None:
        """Scroll by pages, each a line less than what is seen."""
        self.scroll_relative(y=pages * max(self.size.height - 1, 1), animate=False)

    def scroll_to_end(self) -> None:
        """Go to the end and follow it; no command is marked any longer."""
        if self.commands.active:
            self.commands.unmark()
        self.view.scroll_to_end()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell the view where the user went."""
        if self.view.bar_is_still:
            self.refresh()  # painting a bar that looks the same would cost as much as the text
        else:
            super().watch_scroll_y(old_value, new_value)
        self.view.scrolled(new_value)

    def on_resize(self) -> None:
        """Wrap again."""
        self.view.resized()

    def on_show(self) -> None:
        """The pane is seen (again): paint what came meanwhile."""
        self.view.frames.show()

    def on_hide(self) -> None:
        """The pane is not seen any longer: paint no more."""
        self.view.frames.hide()

    # -- painting ----------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint; text that came since the last frame is taken as it is."""
        self._painting = self._present()
        try:
            if self.opacity < 1:
                return super().render_lines(crop)
            # Nothing is around the rows. Textual's own way makes each of them anew wherever it is scrolled to; strips
            # remember what was made of them the last time.
            background = self.background_colors[1]
            gutter = Style(bgcolor=background.rich_color)
            strips = [self.render_line(y).crop_extend(crop.x, crop.right, gutter) for y in crop.line_range]
            for each in self.get_line_filters():
                strips = [strip.apply_filter(each, background) for strip in strips]
            return strips
        finally:
            self._painting = None

    def _present(self) -> _Painting:
        return _Painting(self.view.top_row, *self.scrollable_content_region.size, self.rich_style)

    def render_line(self, y: int) -> Strip:
        """One row of the view. Only for finding what the mouse points at does it carry its place in the text."""
        top, columns, height, base = self._painting or self._present()
        try:
            number, sub_row = self._rows.index.locate(top + y)
        except IndexError:
            strip = Strip.blank(columns, base)
        else:
            strip, start = self._painter.strip(number, sub_row, columns, base)
            if self._painting is None:
                strip = with_places(strip, number, start)
        return self._marker.over(strip) if self.view.new_lines and y == height - 1 else strip

    def notify_style_update(self) -> None:
        """The theme or the style has changed."""
        super().notify_style_update()
        self._painter.restyle()

    # -- commands ----------------------------------------------------------------------------------------------------

    @property
    def marked_prompt(self) -> int | None:
        """The command gone to last, until the end of the text is gone to."""
        return self.commands.marked if self.commands.active else None

    def previous_prompt(self) -> bool:
        """Mark the command before the one in hand, or the last one, and show its prompt; whether there is one."""
        return self.commands.previous(self._line_in_hand())

    def next_prompt(self) -> bool:
        """Mark the command after the one in hand and show its prompt, or go to the end; whether there was one."""
        return self.commands.next(self._line_in_hand())

    def output_text(self, prompt: int | None = None) -> str:
        """Return the output of one command (by default the one in hand) as plain text; "" without any."""
        return self.commands.output_text(self.block() if prompt is None else prompt)

    def toggle_fold(self) -> bool:
        """Fold or unfold the output of the command in hand; whether there was a command."""
        return self.commands.toggle_fold(self.block())

    def fold_all(self, folded: bool = True) -> None:
        """Fold or unfold the output of every command."""
        self.commands.fold_all(folded)

    @property
    def any_folded(self) -> bool:
        """Whether the output of a command is folded."""
        return self.commands.any_folded

    def block(self, number: int | None = None) -> int | None:
        """The command of a line, by default of the one in hand, or else the last that begins above the view's end."""
        return self.commands.current(self._line_in_hand() if number is None else number)

    def _line_in_hand(self) -> int | None:
        """The line of the cursor, of the match gone to, or of the marked prompt."""
        lines = (layer.line_in_hand() for layer in reversed(self._layers))
        return next((line for line in lines if line is not None), None)

    # -- search ------------------------------------------------------------------------------------------------------

    def search(self, text: str, case_sensitive: bool = False, *, below: int | None = None) -> int:
        """Highlight a text and go to its last occurrence (see ``Finding.look_for``); "" ends the search."""
        return self._finding.look_for(text, case_sensitive, below)

    @property
    def search_count(self) -> int:
        """How many matches there were when the search began, 5,000 standing for "this many or more"."""
        return self._finding.count

    @property
    def search_place(self) -> int:
        """Which of them is the match gone to, from 1; 0 where that is not known."""
        return self._finding.place

    @property
    def search_match(self) -> Match | None:
        """The match gone to last."""
        return self._finding.match

    def search_next(self) -> bool:
        """Go to the next match, towards the end, from the last one to the first; whether there is any."""
        return self._finding.next()

    def search_previous(self) -> bool:
        """Go to the match before, from the first one to the last; whether there is any."""
        return self._finding.previous()

    # -- selection and copy mode -------------------------------------------------------------------------------------

    @property
    def copy_mode(self) -> bool:
        """Whether a cursor is in the text."""
        return self.copying.cursor is not None

    def start_selection(self) -> None:
        """Enter copy mode: a cursor in the lowest line that is seen (or on the match that is shown)."""
        self.copying.start()

    def end_selection(self) -> None:
        """Leave copy mode and select nothing."""
        self.copying.end()

    def selected_text(self) -> str:
        """Return what is selected here, by mouse or keys; "" for nothing."""
        return self.copying.selected_text()

    def copy_text(self) -> str:
        """Return the selected text, or the cursor's line; copy mode ends. The caller puts it where it is wanted."""
        return self.copying.copy_text()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text of a selection, for Textual's own copying."""
        return extract(self.buffer, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Textual has selected another part of the text."""
        self.copying.selected()

    async def on_key(self, event: events.Key) -> None:
        """In copy mode every key has its meaning here, or none."""
        if self.copy_mode and not handed_on(self, event):
            event.stop()
            event.prevent_default()
            await self.copying.take_key(event.key)

    def on_click(self, event: events.Click) -> None:
        """A second click selects the word, a third the line; the first shows what a fold or the marker hides."""
        if event.button == 3:
            self._ask_menu(event)
            return
        if self._marker.holds(event.x, event.y):
            self.scroll_to_end()
            return
        if event.chain > 1:
            # Textual would select what is around it as well, up to the whole screen.
            event.stop()
            event.prevent_default()
        widget, place = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
        if widget is not self or place is None or not self.buffer.holds(place.y):
            return
        if event.chain == 1:
            self.commands.unfold_at(place.y, place.x)
        else:
            self.copying.select_around((place.y, place.x), line=event.chain > 2)

    def _ask_menu(self, event: events.Click) -> None:
        """The right button: ask for what can be done with the command there."""
        event.stop()
        event.prevent_default()
        try:
            number, _ = self._rows.index.locate(self.view.top_row + event.y)
        except IndexError:
            number = self.buffer.end
        self.post_message(messages.MenuWanted(self, number, (event.screen_x, event.screen_y)))
