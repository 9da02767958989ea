"""The file screen: this computer at the left, the far end of a tab at the right, the queue of copies below.

Esc leads back to the session; what copies goes on. What is asked or typed takes the keys in the row above the keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

from pstui.backends.errors import PstuiError
from pstui.backends.files.base import FileError, FileSystem, Kind
from pstui.backends.files.changes import remove_all
from pstui.backends.files.names import odd
from pstui.backends.files.options import Existing, Options
from pstui.backends.files.queue import Job, JobState
from pstui.backends.files.transfer import Answer
from pstui.tui.cut import cut
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.files.desk import Desk
from pstui.tui.files.listing import ORDERS, Listing
from pstui.tui.key_row import KeyRow
from pstui.tui.plain import plain
from pstui.tui.sizes import size_text, time_text
from pstui.tui.still import Still
from pstui.tui.transcript.render.cells import without_last
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen

#: seconds between two looks at the progress
LOOK = 0.25
_KEYS = (
    "Space marks  F5 copies  F6 moves  F2 renames  F7 folder  F8 deletes  e edits  / filters  p x r queue  "
    "F1 keys  Esc back"
)
_SHORT_KEYS = "Space marks  F5 copies  F6 moves  F8 deletes  e edits  F1 keys  Esc back"
_NOT_CONNECTED = "The far end is not connected."
_ASKED = "o overwrite  s skip  n newer   O S N all of them"
_ANSWERS = {
    "o": Answer(Existing.OVERWRITE),
    "s": Answer(Existing.SKIP),
    "n": Answer(Existing.NEWER, for_all=True),
    "O": Answer(Existing.OVERWRITE, for_all=True),
    "S": Answer(Existing.SKIP, for_all=True),
    "N": Answer(Existing.NEWER, for_all=True),
    "upper_o": Answer(Existing.OVERWRITE, for_all=True),
    "upper_s": Answer(Existing.SKIP, for_all=True),
    "upper_n": Answer(Existing.NEWER, for_all=True),
}
_SIGNS = {JobState.DONE: ("✓", "$success"), JobState.FAILED: ("✗", "$error"), JobState.STOPPED: ("▪", "$calm")}
_BAR = 20


class FilesScreen(ModalScreen[None]):
    """The screen of one desk. ``edit_far`` opens a path of the far end in an editor here."""

    CSS_PATH = "files.tcss"
    AUTO_FOCUS = None
    #: wide enough for every key
    WIDE: ClassVar[int] = 121

    def __init__(self, desk: Desk, edit_near: Callable[[Path], Awaitable[None]]) -> None:
        super().__init__()
        self.desk, self._edit_near = desk, edit_near
        self.near = Listing(desk.near, "near")
        self.far = Listing(desk.far, "far")
        self._info = Still(id="info")
        self._line = Still(id="jobs")
        self._foot = KeyRow(id="keys")
        self._typing: tuple[str, str, Callable[[str], Awaitable[None]]] | None = None
        self._text = ""
        self._told = ""

    def compose(self) -> ComposeResult:
        with Horizontal(id="sides"):
            yield self.near
            yield self.far
        yield self._info
        yield self._line
        yield self._foot

    def on_mount(self) -> None:
        """Read both folders, and keep the queue's row current."""
        self.desk.changed = self._show
        self.set_focus(self.near)
        self.set_interval(LOOK, self._show)
        self.run_worker(self._begin(), group="files", exclusive=True)
        self._show()

    def on_unmount(self) -> None:
        """The desk goes on without a screen."""
        self.desk.changed = lambda: None
        self.desk.near_folder = self.near.folder
        if self.far.files is not None:
            self.desk.far_folder = self.far.folder

    async def _begin(self) -> None:
        await self._try(self._load_first(self.near, self.desk.near_folder))
        self.far.told = "connects …"
        self.far.draw()
        await self._try(self._connect())

    async def _connect(self, *, anew: bool = False) -> None:
        try:
            self.far.files = await (self.desk.reopen() if anew else self.desk.open())
        except PstuiError as error:
            self.far.told = error.what
            self.far.draw()
            raise
        self.far.folder = self.far.folder or self.far.files.here
        await self._load_first(self.far, "" if anew else self.desk.far_folder or await self.desk.place())
        self._show()

    @staticmethod
    async def _load_first(side: Listing, folder: str) -> None:
        """Show a folder, or the one that a side begins in where that is not there. Raises FileError."""
        with suppress(FileError):
            await side.load(folder)
            return
        await side.load()

    async def _try(self, work: Awaitable[object]) -> bool:
        try:
            await work
        except PstuiError as error:
            self._tell(error.text())
            return False
        return True

    def _tell(self, text: str) -> None:
        self._told = plain(text.replace("\n", " "), limit=600)
        self._show()

    # -- what is seen -----------------------------------------------------------------------------------------

    @property
    def side(self) -> Listing:
        """The side that has the keys."""
        return self.far if self.focused is self.far else self.near

    @property
    def other(self) -> Listing:
        """The side across."""
        return self.near if self.side is self.far else self.far

    def _show(self) -> None:
        if not self.is_attached:
            return
        conflict = self.desk.conflict
        if conflict is not None:
            name = plain(conflict.to.replace("\\", "/").rpartition("/")[2], limit=60)
            sizes = f"{size_text(conflict.there.size)} there, {size_text(conflict.source.size)} comes"
            newer = (conflict.source.modified or 0) > (conflict.there.modified or 0)
            age = "what comes is newer" if newer else "what is there is newer"
            self._info.say(Content.styled(f"{name} is there and differs: {sizes}, {age}.", "$warning"))
        elif self._typing is not None:
            self._info.say(Content.assemble((f"{self._typing[0]}: ", "$calm"), self._text, ("▏", "reverse")))
        elif self._told:
            self._info.say(Content.styled(f"! {self._told}", "$warning"))
        else:
            self._info.say(Content.styled(self._summary(), "$calm"))
        self._line.say(self._job_row())
        keys = _KEYS if self.size.width >= self.WIDE else _SHORT_KEYS
        if self._typing is not None:
            keys = "Enter does it   Esc cancels"
        self._foot.say(_ASKED if conflict is not None else keys)

    def _summary(self) -> str:
        side = self.side
        marked = [each for each in side.meant if each.name in side.marked]
        left = f"{len(marked)} marked, {size_text(sum(each.size for each in marked))}" if marked else ""
        way = self.far.files.way if self.far.files is not None else ""
        return f"{left}   {way}".strip()

    def _job_row(self) -> Content:
        queue = self.desk.queue
        job = queue.current or next((each for each in reversed(queue.jobs) if each.is_over), None)
        if job is None:
            return Content("")
        waits = f"   {queue.waiting} waits" if queue.waiting else ""
        progress = job.progress
        if progress is None or job.is_over:
            more = f": {plain(job.error.replace(chr(10), ' '), limit=200)}" if job.error else ""
            again = "   r tries again" if job.state in (JobState.FAILED, JobState.STOPPED) else ""
            sign, style = _SIGNS.get(job.state, ("", ""))
            count = "" if progress is None else f", {progress.finished} of {progress.files}"
            return Content.assemble(
                (f"{sign} {job.state.value}{count}{more}".strip(), style), (f"{waits}{again}", "$calm")
            )
        part = min(progress.done / progress.total, 1) if progress.total else 0
        bar = "█" * round(part * _BAR) + "░" * (_BAR - round(part * _BAR))
        name = cut(plain(progress.current.replace("\\", "/").rpartition("/")[2]), 24) or "…"
        left = progress.seconds_left
        rest = f"  ~{time_text(left)}" if left is not None else ""
        sign = "▶" if job.state is JobState.RUNNING else "‖"
        text = f"{sign} {name}  {bar} {part:4.0%}  {size_text(progress.rate)}/s{rest}"
        return Content.assemble(text, (waits, "$calm"))

    def on_listing_moved(self) -> None:
        """What is marked is counted below."""
        self._told = ""
        self._show()

    def on_listing_opened(self, event: Listing.Opened) -> None:
        """A second click on a row."""
        self._open()

    # -- keys -------------------------------------------------------------------------------------------------

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the screen; those of movement are the list's."""
        if self.desk.conflict is not None and key in _ANSWERS:
            self.desk.answer(_ANSWERS[key])
            return True
        if self._typing is not None:
            return self._typed(key)
        acts: dict[str, Callable[[], object]] = {
            "escape": lambda: self.dismiss(None),
            "ctrl+c": lambda: self.dismiss(None),
            "tab": lambda: self.set_focus(self.other),
            "shift+tab": lambda: self.set_focus(self.other),
            "left": lambda: self.set_focus(self.near),
            "right": lambda: self.set_focus(self.far),
            "enter": self._open,
            "backspace": lambda: self._load(self.side, ".."),
            "space": self.side.mark,
            "asterisk": self.side.mark_all,
            "f5": lambda: self._copy(moves=False),
            "c": lambda: self._copy(moves=False),
            "f6": lambda: self._copy(moves=True),
            "m": lambda: self._copy(moves=True),
            "f2": self._rename,
            "f7": self._new_folder,
            "f8": self._delete,
            "delete": self._delete,
            "slash": self._filter,
            "s": self._sort,
            "full_stop": self._hidden,
            "e": self._edit,
            "p": lambda: self._of_job(self.desk.queue.pause),
            "x": lambda: self._of_job(self.desk.queue.cancel),
            "r": self._retry,
            "ctrl+r": lambda: self._load(self.side, ""),
        }
        if key not in acts:
            return False
        self._told = ""
        acts[key]()
        self._show()
        return True

    def pasted(self, text: str) -> bool:
        """Take a pasted text where one is typed."""
        if self._typing is not None:
            self._text += plain(text, limit=255)
            self._show()
        return True

    def _ask_text(self, what: str, text: str, then: Callable[[str], Awaitable[None]]) -> None:
        self._typing, self._text = (what, text, then), text

    def _typed(self, key: str) -> bool:
        assert self._typing is not None
        then = self._typing[2]
        if key == "escape":
            self._typing = None
        elif key == "enter":
            self._typing = None
            self.run_worker(self._try(then(self._text)), group="files-do")
        elif key == "backspace":
            self._text = without_last(self._text)
        elif key == "ctrl+u":
            self._text = ""
        else:
            return False
        self._show()
        return True

    def type_text(self, text: str) -> None:
        """Take a character that was typed, where a text is."""
        if self._typing is not None:
            self._text += text
            self._show()

    # -- what the keys do -------------------------------------------------------------------------------------

    def _load(self, side: Listing, folder: str) -> None:
        name = side.files.names.split(side.folder)[1] if folder == ".." and side.files is not None else ""
        self.run_worker(self._try(side.load(folder, name)), group=f"load-{side.id}", exclusive=True)

    def _open(self) -> None:
        side, entry = self.side, self.side.chosen
        if side is self.far and side.told:
            self.run_worker(self._try(self._connect(anew=True)), group="files", exclusive=True)
        elif entry is not None and entry.name == "..":
            self._load(side, "..")
        elif entry is not None and entry.kind in (Kind.FOLDER, Kind.LINK):
            self.run_worker(self._try(side.load(side.path(entry))), group=f"load-{side.id}", exclusive=True)
        elif entry is not None:
            self._edit()

    def _copy(self, *, moves: bool) -> None:
        side, other = self.side, self.other
        entries = side.meant
        if side.files is None or other.files is None or not entries:
            self._tell("There is nothing to copy." if not entries else _NOT_CONNECTED)
            return
        options = Options(recurse=True, moves=moves, literal=True)
        paths = [side.path(each) for each in entries]
        self.desk.queue.add(Job(side.files, other.files, paths, other.folder, options))
        side.marked = set()
        side.draw()

    def job_ended(self, job: Job) -> None:
        """Show what came of it in both lists."""
        for side in (self.near, self.far):
            if side.files is not None and not side.told:
                self.run_worker(self._try(side.load()), group=f"load-{side.id}", exclusive=True)

    def _of_job(self, act: Callable[[Job], None]) -> None:
        if (job := self.desk.queue.current) is not None:
            act(job)
        else:
            self._tell("Nothing is copied now.")

    def _retry(self) -> None:
        over = [each for each in self.desk.queue.jobs if each.state in (JobState.FAILED, JobState.STOPPED)]
        if not over:
            self._load(self.side, "")
            return
        self.run_worker(self._try(self._again(over)), group="files-do")

    async def _again(self, jobs: list[Job]) -> None:
        far = self.desk.far
        if far is not None and any("lost" in job.error for job in jobs):
            await self._connect(anew=True)
        for job in jobs:
            for name in ("source", "destination"):
                if getattr(job, name) is far and self.desk.far is not None:
                    setattr(job, name, self.desk.far)
            self.desk.queue.retry(job)

    def _rename(self) -> None:
        side, entry = self.side, self.side.chosen
        if entry is None or entry.name == ".." or side.files is None:
            self._tell("There is nothing to rename." if side.files is not None else _NOT_CONNECTED)
            return
        files = side.files

        async def rename(name: str) -> None:
            _check_name(files, name)
            await files.rename(side.path(entry), files.names.join(side.folder, name))
            await side.load(choose=name)

        self._ask_text("New name", entry.name, rename)

    def _new_folder(self) -> None:
        side = self.side
        if side.files is None:
            self._tell(_NOT_CONNECTED)
            return
        files = side.files

        async def make(name: str) -> None:
            _check_name(files, name)
            await files.make_folder(files.names.join(side.folder, name))
            await side.load(choose=name)

        self._ask_text("New folder", "", make)

    def _filter(self) -> None:
        side = self.side

        async def narrow(text: str) -> None:
            side.filter = text
            side.lay_out_rows()

        self._ask_text("Filter", side.filter, narrow)

    def _sort(self) -> None:
        side = self.side
        side.order = ORDERS[(ORDERS.index(side.order) + 1) % len(ORDERS)]
        side.lay_out_rows()
        self._tell(f"sorted by {side.order}")

    def _hidden(self) -> None:
        self.side.shows_hidden = not self.side.shows_hidden
        self.side.lay_out_rows()

    def _delete(self) -> None:
        side, entries = self.side, self.side.meant
        if side.files is None or not entries:
            self._tell("There is nothing to delete." if side.files is not None else _NOT_CONNECTED)
            return
        files = side.files
        where = files.label or "this computer"
        lines = [plain(each.name, limit=80) + ("/" if each.kind is Kind.FOLDER else "") for each in entries]

        async def delete() -> None:
            try:
                for each in entries:
                    await remove_all(files, side.path(each))
            finally:
                side.marked = set()
                await side.load()

        def answered(go: bool | None) -> None:
            if go:
                self.run_worker(self._try(delete()), group="files-do")

        self.app.push_screen(QuitScreen(f"Delete on {where}?", lines, verb="deletes", stays="keeps"), answered)

    def _edit(self) -> None:
        side, entry = self.side, self.side.chosen
        if entry is None or entry.kind is not Kind.FILE or side.files is None:
            self._tell("Only a file can be edited." if side.files is not None else _NOT_CONNECTED)
            return
        path = side.path(entry)
        if side is self.near:
            self.run_worker(self._try(self._edit_near(Path(path))), group="files-do")
        else:
            # The session's own work: what is asked is answered there, when this screen has been left.
            self.desk.pane.run_worker(self._try(self.edit_far(path)), group="files-edit")

    async def edit_far(self, path: str) -> None:
        """Open a file of the far end in the editor here."""
        from pstui.tui.pane.remote_editing import RemoteEditing

        if self.desk.far is not None:
            asks = partial(self._tell, "The editor's question is in the session: Esc leads there.")
            editing = RemoteEditing(self.desk.pane.console, self._edit_near, asks)
            try:
                await editing.open(self.desk.far, path)
            except PstuiError as error:
                if self.is_attached:
                    raise
                editing.say(error.text())
            if self.is_attached:
                await self.far.load()


def _check_name(files: FileSystem, name: str) -> None:
    if why := odd(name) or files.names.refusal(name):
        raise PstuiError(f"{name!r} cannot be the name of a file", why)
