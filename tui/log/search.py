"""Ctrl+] L: what was typed and printed in any session that was logged, by a few words."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any, ClassVar

from pstui.backends.records import Write
from pstui.backends.threads import in_thread
from pstui.tui.cut import column
from pstui.tui.dialogs.fields import DialogInput, PickList
from pstui.tui.dialogs.text import TextScreen
from pstui.tui.key_row import KeyRow
from pstui.tui.log.entry import HIDDEN, TERMINAL
from pstui.tui.log.index import Found, Hit, LogIndex
from pstui.tui.log.place import CAST, NOTHING_KEPT
from pstui.tui.plain import plain
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

#: bytes of a text that are shown before and behind the place that was found
_BEFORE, _BEHIND = 64 << 10, 512 << 10
#: how a command ended
_SIGNS = {"completed": ("✓", "$success"), "failed": ("✗", "$error"), "broken": ("✗", "$error")}


@dataclass(frozen=True, slots=True)
class RunAgain:
    """A line that is wanted in the editor again."""

    line: str


class LogsScreen(ModalScreen[RunAgain | None]):
    """Closed by Esc. ``copy`` puts a text into the clipboard."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["../dialogs/dialogs.tcss", "log.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]
    AUTO_FOCUS = None

    def __init__(self, file: Path, root: Path, copy: Callable[[str], object], *, logs: bool) -> None:
        super().__init__()
        self.input = DialogInput(placeholder="words of a line, or of what it printed", id="log-words")
        self.list = PickList(id="log-rows", empty="")
        self._told = Static(id="log-told", markup=False)
        self._file, self._root, self._copy, self._logs = file, root, copy, logs
        self._index: LogIndex | None = None
        self._hits: Sequence[Hit] = ()
        #: what the rows shown are for, and whether the search for it is on its way
        self._text: str | None = None
        self._turn = asyncio.Lock()

    def compose(self) -> ComposeResult:
        with Vertical(id="log-box") as box:
            box.border_title = "Logs"
            with Horizontal(id="log-row"):
                yield Static("> ", classes="label", markup=False)
                yield self.input
            with VerticalScroll(id="log-scroll", can_focus=False):
                yield self.list
            yield self._told
            yield KeyRow(id="keys")

    def on_mount(self) -> None:
        """Read what is new in the logs, and wait for words."""
        self.set_focus(self.input)
        self._tell("reading what is new in the logs…")
        self.run_worker(self._begin(), group="read")

    def on_descendant_focus(self) -> None:
        """Say what the keys do here: none does anything with a list that is empty."""
        if self.focused is self.list:
            keys = "Enter opens there   p plays   r line into the editor   y copies   Tab words   Esc closes"
        else:
            keys = "Enter opens there   ↓ Tab to the list   Esc closes" if self._hits else "Esc closes"
        self.query_one(KeyRow).say(keys)

    async def on_unmount(self) -> None:
        """Close the index."""
        async with self._turn:
            if self._index is not None:
                await in_thread(self._index.close)

    # -- keys -------------------------------------------------------------------------------------------------

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the screen."""
        in_list = self.focused is self.list
        match key:
            case "escape" | "ctrl+c":
                self.action_leave()
            case "enter":
                self._open()
            case "tab" | "shift+tab":
                self.set_focus(self.input if in_list or not self._hits else self.list)
            case "down" if not in_list:
                self.set_focus(self.list if self._hits else self.input)
            case "up" if in_list and self.list.index == 0:
                self.set_focus(self.input)
            case "up" | "down":
                self.list.step(-1 if key == "up" else 1)
            case "p" if in_list and (hit := self._hit) is not None:
                play(self.app, hit, self._tell)
            case "r" | "y" if in_list and (hit := self._hit) is not None:
                self._do(key, hit)
            case "slash" if in_list:
                self.set_focus(self.input)
            case _:
                return False
        return True

    def pasted(self, text: str) -> bool:
        """Words may be pasted."""
        return False

    @property
    def _hit(self) -> Hit | None:
        return self._hits[self.list.index] if 0 <= self.list.index < len(self._hits) else None

    def _do(self, key: str, hit: Hit) -> None:
        if hit.line == HIDDEN:
            self._tell("The line was not logged.", "$warning")
        elif hit.line == TERMINAL:
            self._tell("It was a terminal, and no line. p plays it.", "$warning")
        elif key == "r":
            self.dismiss(RunAgain(hit.line))
        else:
            self._copy(hit.line)

    def _open(self) -> None:
        if (hit := self._hit) is not None:
            self.run_worker(self._show(hit), group="open")

    async def _show(self, hit: Hit) -> None:
        try:
            before, behind = await in_thread(lambda: _around(hit))
        except OSError as error:
            self._tell(f"{hit.path}: {error.strerror}", "$error")
        else:
            self.app.push_screen(PlaceScreen(hit, before, behind))

    def action_leave(self) -> None:
        """Close the screen."""
        self.dismiss(None)

    # -- searching --------------------------------------------------------------------------------------------

    def on_input_changed(self) -> None:
        """Search for what is typed by now."""
        self.run_worker(self._search(), group="search")

    async def _begin(self) -> None:
        try:
            async with self._turn:
                self._index = index = await in_thread(lambda: LogIndex(self._file))
                await in_thread(lambda: index.refresh(self._root))
        except (OSError, sqlite3.Error) as error:
            self._tell(f"The logs cannot be searched: {error}", "$error")
            return
        self._tell("" if self._logs else NOTHING_KEPT)
        self._text = None
        await self._search()

    async def _search(self) -> None:
        """Search until the rows are for what is typed; what is typed meanwhile is searched for next."""
        async with self._turn:
            while (index := self._index) is not None and self.is_attached and self.input.value != self._text:
                text = self._text = self.input.value
                began = time.perf_counter()
                found = await in_thread(partial(index.search, text))
                self._show_found(text, found, time.perf_counter() - began)

    def _show_found(self, text: str, found: Found, seconds: float) -> None:
        self._hits = found.hits
        width = max(self.query_one("#log-scroll").size.width - 2, 40)
        self.list.put_rows([row(hit, width) for hit in found.hits])
        self.list.put(0 if found.hits else -1)
        self.on_descendant_focus()
        if not text.strip():
            return
        if not found.count:
            self._tell("Nothing was logged with these words.")
            return
        more = f", the newest {len(found.hits)} shown" if found.count > len(found.hits) else ""
        hits = "1 hit" if found.count == 1 else f"{found.count:,} hits"
        sessions = "1 session" if found.sessions == 1 else f"{found.sessions:,} sessions"
        self._tell(f"{hits} in {sessions}{more}, {seconds * 1000:.0f} ms")

    def _tell(self, text: str, style: str = "$calm") -> None:
        self._told.update(Content.styled(plain(text), style))

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """The keys only choose a row."""
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """A click on a row chooses it; the second opens it."""
        if event.chain == 2 and self.query_one("#log-scroll").region.contains(event.screen_x, event.screen_y):
            self._open()


def row(hit: Hit, width: int) -> Content:
    """Return a hit in one row: when, where, as whom, what, and what became of it."""
    sign, style = _SIGNS.get(hit.outcome, ("·", "$calm"))
    seconds = "" if hit.seconds is None else f" {hit.seconds:.1f} s"
    when = f"{hit.start:%Y-%m-%d %H:%M}  "
    where = column(plain(hit.host), 10) + "  "
    user = column(plain(hit.user), 10) + "  " if width >= 90 else ""
    room = max(width - len(when) - 12 - len(user) - 12, 10)
    line = column(plain(hit.line.replace("\n", " ↵ "), limit=400), room)
    return Content.assemble((when, "$calm"), where, (user, "$calm"), line, "  ", (f"{sign}{seconds}", style))


def _around(hit: Hit) -> tuple[str, str]:
    """Return the text before a hit's place and behind it. Blocks; raises OSError."""
    with hit.path.open("rb") as file:
        first = max(hit.at - _BEFORE, 0)
        file.seek(first)
        before = file.read(hit.at - first)
        if first:
            before = before.partition(b"\n")[2]
        behind = file.read(_BEHIND)
    return before.decode(errors="replace"), behind.decode(errors="replace")


def play(app: App[Any], hit: Hit, tell: Callable[[str, str], None]) -> None:
    """Play the recording of a log from a command on, or tell that there is none."""
    from pstui.tui.replay.screen import ReplayScreen

    path = hit.path.with_suffix(CAST)
    if path.is_file():
        app.push_screen(ReplayScreen(path, hit.start.timestamp()))
    else:
        tell("There is not a recording of it.", "$warning")


class PlaceScreen(TextScreen):
    """A piece of a log, with the command that was found at the top."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["../dialogs/text.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [("p", "play", "Play")]

    def __init__(self, hit: Hit, before: str, behind: str) -> None:
        title = f"{plain(hit.host, limit=60)}  {hit.start:%Y-%m-%d %H:%M}"
        super().__init__(title, [Write(line) for line in before.splitlines()], str(hit.path), "p plays")
        self._hit, self._behind = hit, behind

    def on_mount(self) -> None:
        """Show the rest; the command stands in the first row."""
        self.call_after_refresh(self._go_on)

    def _go_on(self) -> None:
        place = self.text.row_count
        self.text.extend(Write(line) for line in self._behind.splitlines())
        self.call_after_refresh(lambda: self.text.scroll_to(y=place, animate=False))

    def action_play(self) -> None:
        """Play the recording from here on."""
        play(self.app, self._hit, lambda said, style: self.app.notify(said, severity="warning", markup=False))
