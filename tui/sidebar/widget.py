"""The sidebar on the screen: hosts, virtual machines, containers, saved and found, and the demo endpoint.

A row is a sign, the name, and a short text in a column of its own at the right. ``SidebarView`` has the rows with a
cursor, and the row of the filter below them; ``Sidebar`` adds what keys and mouse do, and lets discovery look for more
while the sidebar can be seen.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pstui.backends.discovery.model import Section, Sources, Watcher
from pstui.tui.cut import cut
from pstui.tui.keys.contexts import MOVES, VERBS
from pstui.tui.plain import typed_text, without_controls
from pstui.tui.sidebar.found import MANY, Connect, new_entries, none_found
from pstui.tui.sidebar.model import Listing, Mark, Row, SidebarEntry, SidebarModel
from pstui.tui.sidebar.rows import Styles, paint
from pstui.tui.transcript.render.cells import without_last
from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip


class SidebarView(ScrollView, can_focus=True):
    """Shows what the model lists. The last row of the widget is the filter."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sidebar--cursor",
        "sidebar--calm",
        "sidebar--open",
        "sidebar--broken",
        "sidebar--asks",
        "sidebar--done",
    }

    #: whether what is typed goes into the filter
    filtering = var(False, init=False)

    def __init__(self, entries: Iterable[SidebarEntry]) -> None:
        super().__init__()
        self.model = SidebarModel(entries)
        self.reading = False
        self.problems = 0
        self._rows: list[Row] = []
        self._cursor = 0
        self._marks: dict[str, Mark] = {}
        self._styles: tuple[Styles, Styles] | None = None

    # -- what is listed ---------------------------------------------------------------------------------------

    @property
    def entries(self) -> Sequence[SidebarEntry]:
        """Every entry, saved ones first."""
        return self.model.entries

    @property
    def rows(self) -> Sequence[Row]:
        """The rows as they are."""
        return self._rows

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    @property
    def cursor_entry(self) -> SidebarEntry | None:
        """The entry under the cursor, None on a heading."""
        return None if (row := self.cursor_row) is None else row.entry

    def build(self, *, to_first: bool = False) -> None:
        """List everything again. ``to_first`` puts the cursor on the first entry, else it stays where it is."""
        path = "" if (row := self.cursor_row) is None else row.path
        self._rows = self.model.rows()
        there = next((index for index, row in enumerate(self._rows) if row.path == path), None)
        if to_first or not path:
            self._cursor = next((index for index, row in enumerate(self._rows) if row.entry is not None), 0)
        elif there is not None:
            self._cursor = there
        else:
            self._cursor = min(self._cursor, max(len(self._rows) - 1, 0))
        self.virtual_size = Size(max(self.size.width, 1), len(self._rows) + 1)
        self.show_cursor()
        self.refresh()

    def mark(self, marks: dict[str, Mark]) -> bool:
        """Show what the sessions of entries do, by identity; tell whether that is news."""
        if marks == self._marks:
            return False
        self._marks = marks
        self.refresh()
        return True

    def mark_of(self, entry: SidebarEntry) -> Mark:
        """Return what to show of an entry's session."""
        return self._marks.get(entry.identity) or Mark(entry.state)

    # -- cursor -----------------------------------------------------------------------------------------------

    def move(self, rows: int) -> None:
        """Move the cursor by rows, at most to the ends."""
        self._cursor = max(0, min(self._cursor + rows, len(self._rows) - 1))
        self.show_cursor()
        self.refresh()

    def move_to(self, entry: SidebarEntry) -> None:
        """Put the cursor on an entry, if it is listed."""
        place = next((index for index, row in enumerate(self._rows) if row.entry is entry), self._cursor)
        self.move(place - self._cursor)

    def to_heading(self) -> None:
        """Put the cursor on the heading above."""
        row = self.cursor_row
        above = [] if row is None else [i for i in range(self._cursor) if row.path.startswith(self._rows[i].path + "/")]
        if above:
            self.move(above[-1] - self._cursor)

    def show_cursor(self) -> None:
        """Scroll so that the cursor is in sight, above the row of the filter, and also the headings right above it."""
        room = self.size.height - 1
        if room < 1:
            return  # not laid out yet
        top, first = self.scroll_offset.y, self._cursor
        while first and self._rows[first - 1].entry is None and self._cursor - first + 1 < room:
            first -= 1
        if first < top:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False, force=True, immediate=True)

    # -- painting ---------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(max(self.size.width, 1), len(self._rows) + 1)
        self.show_cursor()

    def notify_style_update(self) -> None:
        """Forget the styles: theme or focus are others."""
        self._styles = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw a row; the last one of the widget is the filter."""
        width = self.scrollable_content_region.width
        plain_row, cursor_row = self._row_styles()
        if y == self.size.height - 1:
            return self._filter_row(plain_row, width)
        index = y + self.scroll_offset.y
        if not self._rows and self.model.filter and y == 0:
            base = plain_row.base
            said = cut("Nothing fits the filter.", width)
            return Strip([Segment(said, base + plain_row.calm)]).adjust_cell_length(width, base)
        if index >= len(self._rows):
            return Strip.blank(width, plain_row.base)
        row = self._rows[index]
        mark = self.mark_of(row.entry) if row.entry is not None else Mark("")
        if row.entry is not None and row.entry.identity in self.model.marked:
            mark = Mark("marked", mark.aside)
        return paint(row, mark, cursor_row if index == self._cursor else plain_row, width)

    def _row_styles(self) -> tuple[Styles, Styles]:
        if self._styles is None:

            def part(name: str) -> Style:
                return self.get_component_rich_style(f"sidebar--{name}", partial=True)

            open_, broken, asks, done = (part(name) for name in ("open", "broken", "asks", "done"))
            states = {"marked": asks, "open": open_, "running": open_, "kept": open_, "asks": asks, "done": done}
            states |= {"broken": broken, "failed": broken}
            cursor = Styles(self.get_component_rich_style("sidebar--cursor"), part("calm"), states)
            if self.has_focus:
                cursor = Styles(cursor.base, Style(), {})  # on its ground the other colours would be read badly
            self._styles = Styles(self.rich_style, part("calm"), states), cursor
        return self._styles

    def _filter_row(self, styles: Styles, width: int) -> Strip:
        base, calm = styles.base, styles.base + styles.calm
        text = self.model.filter
        if not self.filtering and not text:
            said = "profiles are being read" if self.reading else "/ filter"
            said += "   by last use" if self.model.by_use else ""
            if self.model.marked:
                said = f"{len(self.model.marked)} marked: x runs a line"
            wrong = self._problems_text()
            left = set_cell_size(cut(said, width - len(wrong)), width - len(wrong))
            return Strip([Segment(left, calm), Segment(wrong, base + styles.states["asks"])])
        segments = [Segment("/ ", calm), Segment(cut(text, width - 3), base)]
        if self.filtering:
            segments.append(Segment("▏", base))
        return Strip(segments).adjust_cell_length(width, base)

    def _problems_text(self) -> str:
        """What stands at the right of the filter's row while something in the profile file is wrong."""
        if not self.problems or self.filtering or self.model.filter:
            return ""
        return f" ! {self.problems} problem{'s' * (self.problems > 1)} "

    def show_reading(self, reading: bool) -> None:
        """Say in the filter's row that the profiles are still to come, or no more."""
        if reading != self.reading:
            self.reading = reading
            self.refresh()

    def show_problems(self, count: int) -> None:
        """Say in the filter's row that there are so many problems in the profile file."""
        if count != self.problems:
            self.problems = count
            self.refresh()


#: most characters of a filter
MAX_FILTER = 60


class Sidebar(SidebarView):
    """The list and its keys. ``/`` begins the filter, and every key typed then narrows the list.

    ``sources`` are looked at only while the sidebar can be seen; ``connect`` says where what they find leads.
    """

    class Chosen(Message):
        """An entry was chosen; ``again`` asks for one more session even where one is open."""

        def __init__(self, entry: SidebarEntry, *, again: bool = False) -> None:
            super().__init__()
            self.entry, self.again = entry, again

    class Closed(Message):
        """The keys go back to where they were."""

    class FoundChanged(Message):
        """Other entries were found: a tab may lead to one of them."""

    class KeysChanged(Message):
        """The keys have come here or gone, or the filter takes them from now on, or no more."""

    class MenuWanted(Message):
        """The menu of a row is wanted, of the list where there is none; ``at`` is the cell of the screen."""

        def __init__(self, row: Row | None, at: tuple[int, int]) -> None:
            super().__init__()
            self.row, self.at = row, at

    class Wanted(Message):
        """Something shall be done to the profiles: ``verb`` of SIDEBAR_KEYS, ``entry`` under the cursor if any.

        On a heading ``group`` is its path, empty for one that is no group of profiles.
        """

        def __init__(self, verb: str, entry: SidebarEntry | None, group: str = "") -> None:
            super().__init__()
            self.verb, self.entry, self.group = verb, entry, group

    def __init__(self, entries: Sequence[SidebarEntry], sources: Sources = (), connect: Connect | None = None) -> None:
        super().__init__(entries)
        self._connect = connect
        self._watcher = Watcher(sources, self._found) if sources else None
        #: whether the profiles are still to come: they may bring sources
        self._awaits_profiles = self._is_seen = False

    # -- what is listed ---------------------------------------------------------------------------------------

    def set_entries(self, listing: Listing) -> None:
        """List other profiles; the cursor stays where it is if that is still there."""
        self.model.set_saved(listing)
        self._found(self._watcher.sections if self._watcher is not None else ())

    def set_kept(self, kept: Iterable[tuple[str, str, int]]) -> None:
        """List what computers keep (see ``SidebarModel.set_kept``); the cursor stays where it is."""
        self.model.set_kept(kept)
        self.build()

    def use(self, entry_identity: str, when: float) -> None:
        """Remember that something was opened (seconds since the epoch)."""
        self.model.used[entry_identity] = when
        if self.model.by_use:
            self.build()

    # -- discovery --------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """List what there is."""
        self.build(to_first=True)

    def await_profiles(self, awaits: bool) -> None:
        """The profiles are still to come, or have come: only then it is known where else to look."""
        self._awaits_profiles = awaits
        if self._is_seen and not awaits:
            self._look()

    def _look(self) -> None:
        if self._watcher is not None and not self._awaits_profiles:
            self.call_after_refresh(self._watcher.start)

    def on_show(self) -> None:
        """Somebody looks: keep what is found current."""
        self._is_seen = True
        self._look()

    async def on_hide(self) -> None:
        """Nobody looks: stop looking."""
        self._is_seen = False
        await self._stop_looking()

    async def on_unmount(self) -> None:
        """Leave nothing running behind."""
        await self._stop_looking()

    async def _stop_looking(self) -> None:
        if self._watcher is not None:
            with contextlib.suppress(OSError):
                await self._watcher.stop()

    def _found(self, sections: Sequence[Section]) -> None:
        saved = tuple(self.model.saved)
        if sum(len(section.found) for section in sections) > MANY:
            self.run_worker(self._found_many(sections, saved), group="found", exclusive=True)
        else:
            self._show_found(new_entries(sections, saved, self._connect))

    async def _found_many(self, sections: Sequence[Section], saved: Sequence[SidebarEntry]) -> None:
        self._show_found(await asyncio.to_thread(new_entries, sections, saved, self._connect))

    def _show_found(self, entries: Sequence[SidebarEntry]) -> None:
        looked = self._watcher is not None and self._watcher.has_looked
        self.model.set_found([*entries, *(none_found([*self.model.saved, *entries]) if looked else ())])
        self.build()
        self.post_message(self.FoundChanged())

    # -- keys and mouse ---------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Act on a key at once, in the order of typing."""
        if self.filtering and self._filter_key(event):
            event.stop()
            event.prevent_default()
            return
        move = MOVES.get(event.key)
        page = {"pageup": -1, "pagedown": 1}.get(event.key)
        if page is not None:
            move = page * max(self.size.height - 2, 1)
        verb = VERBS.get(event.key)
        if move is None and verb is None:
            return
        event.stop()
        event.prevent_default()
        if move is not None:
            self.move(move)
        else:
            self._do(verb or "", event.key)

    def _filter_key(self, event: events.Key) -> bool:
        """Take a key of the filter; False for one that is not the filter's."""
        text = self.model.filter
        if event.key in ("escape", "ctrl+c"):
            self.filtering, text = False, ""
        elif event.key in ("backspace", "ctrl+h"):
            self.filtering, text = bool(text), without_last(text)
        elif event.key == "ctrl+u":
            text = ""
        elif (typed := typed_text(event.character)) and len(text) < MAX_FILTER:
            text += typed
        elif event.key == "enter":
            self.filtering = False
            self._do("choose", "enter")
            return True
        else:
            return event.key in VERBS
        changed, self.model.filter = text != self.model.filter, text
        if changed:
            self.build(to_first=bool(text))
        self.refresh()
        return True

    def _do(self, verb: str, key: str) -> None:
        row, entry = self.cursor_row, self.cursor_entry
        if verb == "filter":
            self.filtering = True
            self.refresh()
        elif verb == "leave":
            if self.model.filter:
                self.model.filter = ""
                self.build()
            else:
                self.post_message(self.Closed())
        elif verb == "menu":
            x, y = self.content_region.offset
            self.post_message(self.MenuWanted(row, (x + 2, y + self._cursor - self.scroll_offset.y + 1)))
        elif verb in ("mark", "mark_all"):
            self._mark(row, everything=verb == "mark_all")
        elif verb == "order":
            self.model.by_use = not self.model.by_use
            self.build()
            self.post_message(self.Wanted(verb, entry))
        elif verb in ("choose", "fold") and row is not None and entry is None:
            if key not in ("left", "right") or row.folded == (key == "right"):
                self._fold(row.path)
        elif verb == "fold" and key == "left" and row is not None:
            self.to_heading()
        elif verb in ("choose", "again"):
            self._choose(entry, again=verb == "again")
        elif verb != "fold":
            self.post_message(self.Wanted(verb, entry, "" if row is None else row.group))

    def _mark(self, row: Row | None, *, everything: bool) -> None:
        if everything:
            listed = [each.entry for each in self._rows if each.entry is not None]
            self.model.mark([entry for entry in listed if entry.can_open and not entry.kept])
        elif row is not None:
            self.model.mark(self.model.below(row))
            if row.entry is not None:
                self.move(1)
        self.refresh()

    def _choose(self, entry: SidebarEntry | None, *, again: bool) -> None:
        if entry is not None and entry.state == "note":
            self.app.notify(entry.name, markup=False)  # there was little room for it in its row
        elif entry is not None and entry.can_open:
            if self.model.filter:
                self.filtering, self.model.filter = False, ""
                self.build()
                self.move_to(entry)
            self.post_message(self.Chosen(entry, again=again))
        else:
            self.post_message(self.Wanted("why", entry))

    def _fold(self, path: str) -> None:
        self.model.toggle(path)
        self.build()
        self.post_message(self.Wanted("folded", None))

    def on_paste(self, event: events.Paste) -> None:
        """A paste goes into the filter."""
        event.stop()
        if self.filtering:
            words = without_controls(event.text, limit=2 * MAX_FILTER).split()
            self.model.filter = (self.model.filter + " ".join(words))[:MAX_FILTER]
            self.build(to_first=True)

    def on_click(self, event: events.Click) -> None:
        """A click chooses an entry and the second opens it; one folds a heading, does what the last row says.

        Another button than the left one opens a menu.
        """
        event.stop()
        row = event.y + self.scroll_offset.y
        is_filter = event.y == self.size.height - 1
        on_row = not is_filter and row < len(self._rows)
        if on_row:
            self.move(row - self._cursor)
        if event.button != 1:
            wanted = self.cursor_row if on_row else None
            self.post_message(self.MenuWanted(wanted, (event.screen_x, event.screen_y)))
        elif is_filter:
            runs = self.model.marked and not self.filtering and not self.model.filter
            on_problems = event.x >= self.size.width - len(self._problems_text())
            self._do("problems" if on_problems else "run" if runs else "filter", "")
        elif on_row and (self.cursor_entry is None or event.chain == 2):
            self._do("choose", "enter")

    def do(self, verb: str) -> None:
        """Do to the entry under the cursor what a key would do."""
        self._do(verb, "enter")

    @on(events.Focus)
    @on(events.Blur)
    def watch_filtering(self) -> None:
        """The cursor looks different with the keys here, and the footer has other keys while a filter is typed."""
        self.refresh()
        self.post_message(self.KeysChanged())
