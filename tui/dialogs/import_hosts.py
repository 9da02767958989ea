"""Hosts of ssh_config, mRemoteNG or RDCMan: a file is named, what is in it is shown, what is chosen is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pstui.backends.places import expanded
from pstui.backends.threads import in_thread
from pstui.config.importing.model import Imported
from pstui.config.problems import ConfigError
from pstui.tui.cut import cut
from pstui.tui.dialogs.table_form import TypedInput, TypingScreen
from pstui.tui.key_row import pressable
from pstui.tui.plain import plain, plain_lines
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.importing import Candidate, candidates, changes, read_file, summary, target
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Static

#: while the file is asked for
_ASKING = "Enter reads it   F1 help   Esc cancels"
_KEYS = "Space chooses   a all, none   Enter writes   Esc cancels"


class ImportList(ScrollView, can_focus=True):
    """What was found, a row each: chosen or not, name, where it leads, its group, what is to be known."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"import--cursor", "import--calm"}

    def __init__(self) -> None:
        super().__init__()
        self.found: Sequence[Candidate] = ()
        self._cursor = 0
        self._longest = (0, 0)

    def show(self, found: Sequence[Candidate]) -> None:
        """Show candidates."""
        self.found, self._cursor = found, 0
        self._longest = (
            max((cell_len(plain(one.name, limit=200)) for one in found), default=0),
            max((cell_len(plain(target(one.host.values), limit=200)) for one in found), default=0),
        )
        self.virtual_size = Size(self.size.width, len(found))
        self.refresh()

    def move(self, rows: int) -> None:
        """Move the cursor."""
        self._cursor = max(0, min(self._cursor + rows, len(self.found) - 1))
        top, room = self.scroll_offset.y, max(self.size.height, 1)
        if self._cursor < top or self._cursor >= top + room:
            y = self._cursor if self._cursor < top else self._cursor - room + 1
            self.scroll_to(y=y, animate=False, force=True, immediate=True)
        self.refresh()

    @property
    def chosen(self) -> Candidate | None:
        """What the cursor is on."""
        return self.found[self._cursor] if self.found else None

    def toggle(self) -> None:
        """Choose what the cursor is on, or not."""
        if self.found and self.found[self._cursor].possible:
            self.found[self._cursor].taken = not self.found[self._cursor].taken
        self.refresh()

    def toggle_all(self) -> None:
        """Choose everything that can be taken, or nothing if everything is chosen."""
        possible = [one for one in self.found if one.possible]
        wanted = not all(one.taken for one in possible)
        for one in possible:
            one.taken = wanted
        self.refresh()

    def on_resize(self) -> None:
        """Lay out the rows again."""
        self.virtual_size = Size(self.size.width, len(self.found))

    @property
    def _widths(self) -> tuple[int, int]:
        """Columns of the name and of where it leads: what the longest needs, the name first, a fifth for the rest."""
        name, where = self._longest
        room = max(self.size.width * 4 // 5 - 6, 2)
        name = max(min(name, room - min(where, room // 3)), 1)
        return name, max(min(where, room - name), 1)

    def render_line(self, y: int) -> Strip:
        """Draw a row."""
        index, width = y + self.scroll_offset.y, self.size.width
        base = self.rich_style
        if index >= len(self.found):
            return Strip.blank(width, base)
        calm = base + self.get_component_rich_style("import--calm", partial=True)
        if index == self._cursor:
            base = calm = self.get_component_rich_style("import--cursor")
        one = self.found[index]
        mark = "[x] " if one.taken else "[ ] " if one.possible else " –  "
        told = about(one)
        name_width, where_width = self._widths
        where = plain(target(one.host.values), limit=200)
        segments = [
            Segment(mark, base),
            Segment(_column(plain(one.name, limit=200), name_width), base if one.possible else calm),
            Segment(_column(where, where_width), base if one.possible else calm),
            Segment(cut(told, max(width - 6 - name_width - where_width, 1)), calm),
        ]
        return Strip(segments).adjust_cell_length(width, base + Style())


class ImportScreen(TypingScreen[Sequence[Change] | None]):
    """First the file's name, then the list. Nothing is written here: the chosen edits are the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "cancel", "Cancel")]

    def __init__(self, book: ProfileBook, file: str = "~/.ssh/config") -> None:
        super().__init__()
        self._book = book
        self._imported: Imported | None = None
        self._input = TypedInput(file, classes="line-input")
        self._list = ImportList()
        self._list.display = False
        self._title = Static("Import hosts from a file", classes="title", markup=False)
        self._said = Static(classes="form-said", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box import"):
            yield self._title
            yield self._input
            yield self._list
            yield self._said

    def on_mount(self) -> None:
        """Ask for the file."""
        self.set_focus(self._input)
        self._input.action_select_all()
        self._say("An ssh_config file, an mRemoteNG export or an RDCMan file. Passwords in it are not read.", _ASKING)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Read the file."""
        event.stop()
        name = event.value.strip()
        if not name:
            return
        try:
            self._imported, found = await in_thread(lambda: _found(expanded(name), self._book))
        except ConfigError as error:
            hint = f" {error.hint}" if error.hint else ""
            self._say(f"✗ {error.args[0]}.{hint}", _ASKING, wrong=True)
            return
        self._list.show(found)
        self._list.display = True
        self._input.display = False
        self.set_focus(self._list)
        self._tell()

    @property
    def typed_into(self) -> Input | None:
        """The file's name, until the list is shown."""
        return self._input if self._input.display else None

    async def on_key(self, event: events.Key) -> None:
        """Type the name; then choose, move, write."""
        if self.focused is not self._list:
            await super().on_key(event)
            return
        wrong = ""
        moves = {"up": -1, "down": 1, "k": -1, "j": 1, "pageup": -10, "pagedown": 10, "home": -100_000, "end": 100_000}
        if event.key in moves:
            self._list.move(moves[event.key])
        elif event.key == "space":
            self._list.toggle()
            self._list.move(1)
        elif event.key == "a":
            self._list.toggle_all()
        elif event.key == "enter":
            chosen = [one for one in self._list.found if one.taken]
            if chosen:
                self.dismiss(changes(chosen, self._book))
            else:
                self.app.bell()
                wrong = "✗ Nothing is chosen, so there is nothing to write."
        else:
            return
        event.stop()
        event.prevent_default()
        self._tell(wrong)

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        if event.widget is self._list:
            row = event.y - self._list.content_region.y + self._list.scroll_offset.y
            self._list.move(row - self._list._cursor)
            self._list.toggle()
            self._tell()

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def _tell(self, wrong: str = "") -> None:
        assert self._imported is not None
        self._title.update(f"{self._imported.program}: {summary(self._list.found)}, into {self._book.path.name}")
        one = self._list.chosen
        whole = "" if one is None else " · ".join(filter(None, (one.name, target(one.host.values), about(one))))
        # the row of the cursor in full: the columns cut what is long
        first = wrong or plain(whole, limit=400)
        self._say("\n".join(filter(None, (first, " ".join(self._imported.notes)))), _KEYS, wrong=bool(wrong))

    def _say(self, text: str, keys: str, *, wrong: bool = False) -> None:
        said = Content.styled(plain_lines(text), "$error" if wrong else "$calm")
        self._said.update(Content("\n").join([said, pressable(keys)]))


def about(one: Candidate) -> str:
    """Return what is to be known of a candidate: its group, why it cannot be taken, or a note."""
    return " · ".join(plain(part, limit=200) for part in (one.group, one.why or one.note) if part)


def _found(file: Path, book: ProfileBook) -> tuple[Imported, list[Candidate]]:
    imported = read_file(file)
    group = "" if imported.program != "ssh_config" else "ssh_config"
    return imported, candidates(imported, book, group=group)


def _column(text: str, width: int) -> str:
    return set_cell_size(cut(text, width), width) + " "
