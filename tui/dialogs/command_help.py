"""The reader of Get-Help: sections, links to other topics, and a search.

How this works: ``HelpView`` breaks the lines at its width and paints those that are seen; the place of everything (a
section, a link, a match) is a line of the text and an index in it. ``HelpReader`` keeps the way back and asks for
topics.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import PurePath
from typing import ClassVar, Final

from pstui.backends.errors import PstuiError
from pstui.tui.dialogs.fields import DialogInput
from pstui.tui.dialogs.help_text import HelpText, links_in
from pstui.tui.key_row import KeyRow
from pstui.tui.plain import plain
from pstui.tui.title import short
from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

#: topics that can be gone back to
MOST_BACK: Final = 50
#: a place in the text: line and index
Place = tuple[int, int]

Ask = Callable[[str], Awaitable[HelpText]]


class HelpView(ScrollView, can_focus=True):
    """Shows a help text."""

    class Followed(Message):
        """A link was clicked."""

        def __init__(self, topic: str) -> None:
            super().__init__()
            self.topic = topic

    COMPONENT_CLASSES: ClassVar[set[str]] = {"help--heading", "help--link", "help--current", "help--match"}
    DEFAULT_CSS = """
    HelpView {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .help--heading { color: $accent; text-style: bold; }
        & > .help--link { color: $primary; text-style: underline; }
        & > .help--current { text-style: reverse; }
        & > .help--match { text-style: bold reverse; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.text: HelpText | None = None
        self.links: list[tuple[int, int, int, str]] = []
        #: the link gone to, and what is looked for
        self.current = -1
        self.wanted = ""
        #: of each row its line, the index in it, its text, and the blanks before that
        self._rows: list[tuple[int, int, str, int]] = []
        self._headings: frozenset[int] = frozenset()

    def show(self, text: HelpText) -> None:
        """Show another text, from its top."""
        self.text, self.current, self.wanted = text, -1, ""
        self.links = [(number, *link) for number, line in enumerate(text.lines) for link in links_in(line, text.name)]
        self._headings = frozenset(section.line for section in text.sections)
        self._break()
        self.scroll_to(y=0, animate=False)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._break()

    def _break(self) -> None:
        width = max(self.scrollable_content_region.width or 80, 20)
        self._rows = []
        for number, line in enumerate(() if self.text is None else self.text.lines):
            self._rows += [(number, *row) for row in broken(line, width)]
        self.virtual_size = Size(width, len(self._rows))
        self.refresh()

    @property
    def first_line(self) -> int:
        """The line at the top."""
        row = min(round(self.scroll_y), len(self._rows) - 1)
        return self._rows[row][0] if self._rows else 0

    def go_to(self, line: int, *, at_top: bool = True) -> None:
        """Bring a line into view."""
        row = next((at for at, row in enumerate(self._rows) if row[0] >= line), 0)
        height = max(self.size.height, 1)
        if at_top:
            self.scroll_to(y=row, animate=False)
        elif not self.scroll_y <= row < self.scroll_y + height:
            self.scroll_to(y=max(row - height // 2, 0), animate=False)
        self.refresh()

    def step_link(self, by: int) -> None:
        """Go to the next link, or the one before; from none to the first one that is seen."""
        if not self.links:
            self.app.bell()
            return
        if self.current < 0:
            first = self.first_line
            seen = next((at for at, link in enumerate(self.links) if link[0] >= first), 0)
            self.current = seen if by > 0 else (seen - 1) % len(self.links)
        else:
            self.current = (self.current + by) % len(self.links)
        self.go_to(self.links[self.current][0], at_top=False)

    def find(self, wanted: str, by: int = 1) -> bool:
        """Go to the next line that holds a text, or the one before; whether there is one."""
        self.wanted = wanted.casefold()
        lines = () if self.text is None else self.text.lines
        here, count = self.first_line, len(lines)
        for step in range(1, count + 1):
            at = (here + by * step) % count
            if self.wanted and self.wanted in lines[at].casefold():
                self.go_to(at)
                return True
        self.refresh()
        return False

    def render_line(self, y: int) -> Strip:
        """One row."""
        row, width, base = round(self.scroll_y) + y, self.size.width, self.rich_style
        if row >= len(self._rows):
            return Strip.blank(width, base)
        number, start, part, deep = self._rows[row]
        styles = [base + self._style("heading") if number in self._headings else base] * len(part)
        for at, (line, first, last, _) in enumerate(self.links):
            if line == number:
                style = self._style("link") + (self._style("current") if at == self.current else Style())
                for index in range(max(first - start, 0), min(last - start, len(part))):
                    styles[index] = base + style
        if self.wanted:
            low, found = part.casefold(), -1
            while len(low) == len(part) and (found := low.find(self.wanted, found + 1)) >= 0:
                for index in range(found, min(found + len(self.wanted), len(part))):
                    styles[index] = base + self._style("match")
        segments = [Segment(" " * deep, base)]
        segments += [Segment(character, style) for character, style in zip(part, styles, strict=True)]
        return Strip(list(Segment.simplify(segments))).adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"help--{name}", partial=True)

    def on_click(self, event: events.Click) -> None:
        """A click on a link follows it."""
        row = round(self.scroll_y) + event.y
        if row >= len(self._rows):
            return
        number, start, part, deep = self._rows[row]
        at, cells = start, deep
        for character in part:
            cells += cell_len(character)
            if cells > event.x:
                break
            at += 1
        for line, first, last, topic in self.links:
            if line == number and first <= at < last and at < start + len(part):
                self.post_message(self.Followed(topic))


def broken(line: str, width: int) -> Iterator[tuple[int, str, int]]:
    """Yield the rows of a line: the index they begin at, their text, and the blanks before it.

    They break at words where there are any, and stand as deep as the line does.
    """
    deep = _past_blanks(line, 0)
    deep = deep if deep <= width // 2 else 0
    start, blanks = 0, 0
    while ahead := _more_than(line, start, width - blanks):
        end = start + len(chop_cells(ahead, width - blanks)[0])
        first = _past_blanks(line, start)
        last = end if line[end] == " " else line.rfind(" ", first, end)
        end = last if last > first else end
        yield start, line[start:end].rstrip(" "), blanks
        start = _past_blanks(line, end)
        blanks = deep
    if start < len(line) or not start:
        yield start, line[start:], blanks


def _past_blanks(line: str, at: int) -> int:
    while line.startswith(" ", at):
        at += 1
    return at


def _more_than(line: str, start: int, cells: int) -> str:
    """Return so much of a line from ``start`` on that it does not fit, empty where all the rest fits.

    What comes after it is not looked at: far ends write lines of any length.
    """
    size = 4 * cells + 1
    while cell_len(part := line[start : start + size]) <= cells:
        if start + size >= len(line):
            return ""
        size *= 2
    return part


class HelpReader(ModalScreen[None]):
    """Reads ``topic``. ``ask`` returns a topic's text and raises PstuiError; ``host`` is where it is asked."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialogs.tcss", "text.tcss"]
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,ctrl+c", "leave", "Close"),
        ("tab", "link(1)", "The next link"),
        ("shift+tab", "link(-1)", "The link before"),
        ("enter", "open", "Open the link"),
        ("backspace,alt+left", "back", "Back"),
        ("right", "section(1)", "The next section"),
        ("left", "section(-1)", "The section before"),
        ("slash", "find", "Find"),
        ("minus", "find('-')", "Find a parameter"),
        ("n", "again(1)", "The next match"),
        ("N", "again(-1)", "The match before"),
    ]

    def __init__(self, topic: str, ask: Ask, host: str, parameter: str = "") -> None:
        super().__init__()
        self.view = HelpView()
        self.input = DialogInput(placeholder="find", id="help-find")
        self._topic, self._ask, self._host, self._parameter = topic, ask, host, parameter
        self._said = Static("", id="help-said", markup=False)
        self._back: list[tuple[HelpText, int]] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="text-box") as box:
            box.border_title = short(self._topic, 100)
            yield self.view
            yield self._said
            yield self.input
            keys = "Tab links   Enter opens   ⌫ back   ← → sections   / finds   - parameter   Esc closes"
            yield KeyRow(keys, id="keys")

    def on_mount(self) -> None:
        """Ask for the topic."""
        self.input.display = False
        self.set_focus(self.view)
        self._follow(self._topic)

    def _follow(self, topic: str) -> None:
        if topic.startswith(("http://", "https://")):
            self.app.copy_to_clipboard(topic)
            self._say(f"copied {topic}")
        else:
            self.run_worker(self._load(topic), group="help", exclusive=True)

    async def _load(self, topic: str) -> None:
        self._say(f"asking {self._host} for {topic}…")
        try:
            text = await self._ask(topic)
        except PstuiError as error:
            what = f"{error.what[:1].upper()}{error.what[1:]}."
            self._say(" ".join(part for part in (what, error.why) if part), "$warning")
            return
        if self.view.text is not None:
            self._back = [*self._back, (self.view.text, self.view.first_line)][-MOST_BACK:]
        self._show(text)
        parameter, self._parameter = self._parameter, ""
        if parameter and (place := text.parameter(parameter)) is not None:
            self.call_after_refresh(self.view.go_to, place[0])

    def _show(self, text: HelpText, line: int = 0) -> None:
        self.view.show(text)
        self.query_one("#text-box").border_title = short(f"{text.name}   {self._host}", 160)
        self._say(text.note, "$warning")
        if line:
            self.call_after_refresh(self.view.go_to, line)

    def _say(self, said: str, style: str = "$calm") -> None:
        self._said.update(Content.styled(plain(said, limit=400), style))

    # -- keys -------------------------------------------------------------------------------------------------

    def action_link(self, by: int) -> None:
        """Go to another link."""
        self.view.step_link(by)

    def action_open(self) -> None:
        """Open the link gone to."""
        if 0 <= self.view.current < len(self.view.links):
            self._follow(self.view.links[self.view.current][3])
        else:
            self.view.step_link(1)

    def on_help_view_followed(self, event: HelpView.Followed) -> None:
        """A link was clicked."""
        self._follow(event.topic)

    def action_back(self) -> None:
        """Show the topic before."""
        if self._back:
            self._show(*self._back.pop())
        else:
            self.app.bell()

    def action_section(self, by: int) -> None:
        """Go to another section."""
        lines: Sequence[int] = [] if self.view.text is None else [each.line for each in self.view.text.sections]
        here = self.view.first_line
        there = [line for line in lines if (line > here if by > 0 else line < here)]
        if there:
            self.view.go_to(there[0] if by > 0 else there[-1])

    def action_find(self, begin: str = "") -> None:
        """Type what is to be found."""
        self.input.value = begin
        self.input.cursor_position = len(begin)
        self.input.display = True
        self.set_focus(self.input)

    def action_again(self, by: int) -> None:
        """Go to another match."""
        if not self.view.wanted or not self.view.find(self.view.wanted, by):
            self.app.bell()

    def dialog_key(self, key: str) -> bool:
        """Act on the keys while a text to find is typed."""
        if key in ("enter", "escape", "ctrl+c"):
            self.input.display = False
            self.set_focus(self.view)
            wanted = self.input.value.strip()
            if key == "enter" and wanted:
                self._find(wanted)
            return True
        return False

    def _find(self, wanted: str) -> None:
        text = self.view.text
        place = text.parameter(wanted) if text is not None and wanted.startswith("-") else None
        if place is not None:
            self.view.wanted = wanted.casefold()
            self.view.go_to(place[0])
        elif not self.view.find(wanted):
            self._say(f"Nothing here holds {wanted}.", "$warning")

    def pasted(self, text: str) -> bool:
        """A text to find may be pasted."""
        return False

    def action_leave(self) -> None:
        """Close the reader."""
        self.dismiss(None)
