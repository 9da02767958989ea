"""The list of what can be entered: hosts, virtual machines, containers, saved and found, and the demo endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from pstui.backends.discovery.model import Section
from pstui.backends.discovery.watcher import Sources, Watcher
from pstui.tui.keys.sidebar_keys import MOVES, VERBS
from pstui.tui.sidebar.discovery import found_entries
from pstui.tui.sidebar.model import SidebarEntry, without_saved
from pstui.tui.sidebar.paint import MARKS
from pstui.tui.sidebar.view import SidebarView
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static

#: most characters of a filter
MAX_FILTER = 60


class Sidebar(SidebarView):
    """The list and its keys. ``/`` begins the filter, and every key typed then narrows the list.

    ``sources`` are looked at only while the sidebar can be seen.
    """

    class Chosen(Message):
        """An entry was chosen; ``again`` asks for one more session even where one is open."""

        def __init__(self, entry: SidebarEntry, *, again: bool = False) -> None:
            super().__init__()
            self.entry, self.again = entry, again

    class Closed(Message):
        """The keys go back to where they were."""

    class FocusChanged(Message):
        """The keys have come here, or gone."""

    class Wanted(Message):
        """Something shall be done to the profiles: ``verb`` of SIDEBAR_KEYS, ``entry`` under the cursor if any."""

        def __init__(self, verb: str, entry: SidebarEntry | None) -> None:
            super().__init__()
            self.verb, self.entry = verb, entry

    def __init__(self, entries: Sequence[SidebarEntry], sources: Sources = ()) -> None:
        super().__init__(entries)
        self._watcher = Watcher(sources, self._found) if sources else None

    # -- what is listed ---------------------------------------------------------------------------------------

    def set_entries(self, entries: Iterable[SidebarEntry]) -> None:
        """List other profiles; the cursor stays where it is if that is still there."""
        self.model.set_saved(entries)
        self._found(self._watcher.sections if self._watcher is not None else ())

    def use(self, entry_identity: str, when: float) -> None:
        """Remember that something was opened (seconds since the epoch)."""
        self.model.used[entry_identity] = when
        if self.model.by_use:
            self.build()

    # -- discovery --------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """List what there is."""
        self.build(to_first=True)

    def on_show(self) -> None:
        """Somebody looks: keep what is found current."""
        if self._watcher is not None:
            self.call_after_refresh(self._watcher.start)

    async def on_hide(self) -> None:
        """Nobody looks: stop looking."""
        await self._stop_looking()

    async def on_unmount(self) -> None:
        """Leave nothing running behind."""
        await self._stop_looking()

    async def _stop_looking(self) -> None:
        if self._watcher is not None:
            with contextlib.suppress(OSError):
                await self._watcher.stop()

    def _found(self, sections: Sequence[Section]) -> None:
        self.model.set_found(without_saved(found_entries(sections), self.model.saved))
        self.build()

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
            self.filtering, text = bool(text), text[:-1]
        elif event.key == "ctrl+u":
            text = ""
        elif event.is_printable and event.character and len(text) < MAX_FILTER:
            text += event.character
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
            self.post_message(self.Wanted(verb, entry))

    def _choose(self, entry: SidebarEntry | None, *, again: bool) -> None:
        if entry is None:
            return
        if entry.can_open:
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
            line = event.text.splitlines()[0] if event.text.strip() else ""
            self.model.filter = (self.model.filter + line)[:MAX_FILTER]
            self.build(to_first=True)

    def on_click(self, event: events.Click) -> None:
        """A click opens an entry, folds a heading, begins the filter."""
        event.stop()
        if event.y == self.size.height - 1:
            self._do("filter", "slash")
            return
        row = event.y + self.scroll_offset.y
        if row < len(self._rows):
            self.move(row - self._cursor)
            self._do("choose", "enter")

    def on_focus(self) -> None:
        """The cursor looks different with the keys here."""
        self.refresh()
        self.post_message(self.FocusChanged())

    def on_blur(self) -> None:
        """The cursor looks different with the keys elsewhere."""
        self.refresh()
        self.post_message(self.FocusChanged())


class SidebarStrip(Static):
    """The folded sidebar: a mark an entry."""

    def show(self, states: Iterable[str]) -> None:
        """Show one mark a row, as many as there are rows for."""
        self.update(Text("\n".join(MARKS.get(state, "○") for state in states)))
