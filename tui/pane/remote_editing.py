"""``psedit PATH`` in a session: the file comes here, opens in the user's editor, and each save goes back.

How this works. The function is put into a session the first time that a line names it. What it asks for is opened when
the line has ended, so the session is free for the content to travel, by SFTP where the host has that. The content is
never changed: encoding, byte order mark and line ends are the editor's business alone. Before each upload what is over
there is compared with what was fetched or saved last; where it is another, the difference is shown and a person says
what is to happen. The copy here is removed only when all of it is over there.
"""

from __future__ import annotations

import asyncio
import codecs
import difflib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from pstui.backends.console import Choice, Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import PstuiError
from pstui.backends.files.base import FileSystem
from pstui.backends.records import RunspaceState, Stream, Write
from pstui.backends.sessions.demo_endpoint import is_demo
from pstui.backends.sessions.open_file import PREPARE, calls_psedit, opened_path
from pstui.backends.sessions.session import PSSession
from pstui.tui.plain import plain
from pstui.tui.sizes import size_text

#: gives the files of a far end while they are used
Reach = Callable[[], AbstractAsyncContextManager[FileSystem]]

#: files that one line may open
MAX_OPENED = 10
#: seconds between two looks at whether the editor has saved
LOOK = 0.5
#: seconds after which an editor that saved nothing is taken for one that a person has closed
QUICK = 1.0
#: lines of a difference that are shown
_MAX_LINES = 60
_CHOICES = (
    Choice("Overwrite", "O", "What was saved here replaces what is over there."),
    Choice("Save beside", "B", "What was saved here goes over there under another name."),
    Choice("Keep here", "K", "Nothing is sent; the copy here stays."),
)


class RemoteEditing:
    """What one conversation edits. ``run_editor`` shows a file until the editor ends and raises PstuiError.

    ``asks`` is called before the console is asked something.
    """

    def __init__(
        self, console: Console, run_editor: Callable[[Path], Awaitable[None]], asks: Callable[[], None] = lambda: None
    ) -> None:
        self._console, self._run_editor, self._asks = console, run_editor, asks
        self._session: PSSession | None = None
        self._wanted: list[str] = []
        self._is_armed = self._is_prepared = False

    async def prepare(self, session: PSSession, line: str) -> None:
        """Put the function into a session, where a line names it that is about to run there."""
        self._is_armed = calls_psedit(line)
        if not self._is_armed:
            return
        if self._session is not session:
            self._session, self._is_prepared = session, False
            session.records.on_event = self._event
        if not self._is_prepared and not is_demo(session.application_private_data):
            with suppress(PstuiError):  # where no script runs, the line itself says so
                await session.run(PREPARE)
                self._is_prepared = True

    def _event(self, event: dict[str, Any]) -> None:
        """Take a file to open; only a line that a person typed may ask for it."""
        if (path := opened_path(event)) and self._is_armed and len(self._wanted) < MAX_OPENED:
            self._wanted.append(path)

    async def edit(self) -> None:
        """Edit what the line that has ended asked for, one file after the other."""
        wanted, self._wanted = self._wanted, []
        for path in wanted:
            if self._session is not None and self._session.state is RunspaceState.OPENED:
                try:
                    await self._edit(partial(self.files, self._session), path)
                except PstuiError as error:
                    self.say(error.text())

    def say(self, text: str) -> None:
        """Write something of our own into the pane."""
        for line in text.split("\n"):
            self._console.write(Write(plain(line), stream=Stream.NOTICE))

    async def open(self, files: FileSystem, path: str) -> None:
        """Edit a file of a file system that is open. Raises PstuiError."""

        @asynccontextmanager
        async def at_hand() -> AsyncIterator[FileSystem]:
            yield files

        await self._edit(at_hand, path)

    async def _edit(self, reach: Reach, path: str) -> None:
        from pstui.backends.files.content import is_read_only, read_content

        async with reach() as files:
            content = await read_content(files, path)
            if await is_read_only(files, path):
                self.say(f"{path} is read-only over there. Before a save replaces it, you are asked.")
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="pstui-edit-"))
        copy = folder / _local_name(files.names.split(path)[1])
        await asyncio.to_thread(_write, copy, content or b"")
        edited = _Edited(self, reach, path, copy, content)
        watching, began = asyncio.ensure_future(edited.watch()), time.monotonic()
        try:
            await self._run_editor(copy)
            if time.monotonic() - began < QUICK and edited.is_untouched:
                edited.is_there = await self._is_done(path)
        except PstuiError as error:
            self.say(error.text())
        finally:
            watching.cancel()
            await asyncio.wait({watching})
        await edited.finish()
        if edited.is_there:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        else:
            self.say(f"What was saved of {path} stays here: {copy}")

    @asynccontextmanager
    async def files(self, session: PSSession) -> AsyncIterator[FileSystem]:
        """Give the files of a session while they are used. Raises PstuiError."""
        from pstui.backends.files.opening import files_of

        files = await files_of(session, self._console)
        try:
            yield files
        finally:
            await asyncio.shield(files.close())

    async def _is_done(self, path: str) -> bool:
        """Ask whether an editor that came back at once is done: one with a window of its own has just begun.

        Saves go over there until there is an answer. False where nobody answers.
        """
        lines = (
            f"The editor of {path} came back at once.",
            "What a window of its own saves goes over until you say so.",
        )
        said = tuple(Write(plain(line)) for line in lines)
        done = (Choice("Done", "D", "The file is closed there."),)
        label = '[D] Done (default is "D"): '
        self._asks()
        question = Question(QuestionKind.CHOICE, label, said, done, (0,), remote=False, source="psedit")
        try:
            await self._console.ask(question)
        except QuestionCancelled:
            return False
        return True

    async def ask(self, before: list[str]) -> str:
        """Return O, B or K for a file that is not replaced without a word; ``before`` says why."""
        label = "  ".join(f"[{each.hotkey}] {each.label}" for each in _CHOICES) + ' (default is "K"): '
        while True:
            lines = tuple(Write(plain(line)) for line in before)
            question = Question(QuestionKind.CHOICE, label, lines, _CHOICES, (2,), remote=False, source="psedit")
            self._asks()
            try:
                said = (await self._console.ask(question)).reveal().strip().casefold() or "k"
            except QuestionCancelled:
                return "K"
            for each in _CHOICES:
                if said in (each.hotkey.casefold(), each.label.casefold()):
                    return each.hotkey
            before = [f"{each.hotkey} - {each.help}" for each in _CHOICES]


class _Edited:
    """One file while it is edited. ``is_there`` is whether what was saved last is over there."""

    def __init__(self, owner: RemoteEditing, reach: Reach, path: str, copy: Path, content: bytes | None) -> None:
        self._owner, self._reach, self._path, self._copy = owner, reach, path, copy
        self._there, self._sent = content, content or b""
        self.is_there = True
        self._seen = self._first = _stamp(copy)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was saved so far."""
        return self.is_there and _stamp(self._copy) == self._first

    async def watch(self) -> None:
        """Send each save while the editor is open; what cannot be sent then is dealt with at the end."""
        while True:
            await asyncio.sleep(LOOK)
            if (stamp := _stamp(self._copy)) != self._seen:
                await asyncio.sleep(LOOK / 5)  # an editor may still be writing
                if _stamp(self._copy) == stamp:
                    self._seen = stamp
                    with suppress(PstuiError):
                        await asyncio.shield(self._send(asks=False))

    async def finish(self) -> None:
        """Send what was saved last, and ask where it is not clear what to do. Says what fails."""
        try:
            await self._send(asks=True)
        except PstuiError as error:
            self._owner.say(error.text())

    async def _send(self, *, asks: bool) -> None:
        from pstui.backends.files.content import is_read_only, read_content, replace_content

        saved = await asyncio.to_thread(_read, self._copy)
        if saved is None or (self.is_there and saved == self._sent):
            return
        self.is_there = False
        async with self._reach() as files:
            now = await read_content(files, self._path)
            target, why = self._path, []
            if now != self._there and now != saved:
                why = [f"{target} was changed over there meanwhile:", *_difference(now or b"", saved)]
            elif await is_read_only(files, target):
                why = [f"{target} is read-only over there."]
            if why:
                if not asks:
                    return
                answer = await self._owner.ask(why)
                if answer == "K":
                    return
                if answer == "B":
                    target = f"{self._path}.pstui-mine"
            await replace_content(files, target, saved)
        if target == self._path:
            self._there = saved
        self._sent, self.is_there = saved, True
        self._owner.say(f"{target}: saved, {size_text(len(saved))}")


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)


def _local_name(name: str) -> str:
    """Return a name for the copy: the file's own as far as it is harmless, for the editor goes by its ending."""
    kept = "".join(one if one.isalnum() or one in "._- " else "_" for one in name)[:100].lstrip("-. ")
    return kept or "file"


def _text(content: bytes) -> str:
    """Return a content as text: by its byte order mark, as UTF-8, or else as Windows-1252."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(encoding, "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _difference(there: bytes, saved: bytes) -> list[str]:
    """Return the difference of two contents as lines, for a person."""
    old, new = (_text(each).splitlines() for each in (there, saved))
    if max(len(old), len(new)) > 20_000:
        return ["(the files are too long for a difference)"]
    if old == new:
        return ["(only encoding, byte order mark or line ends differ)"]
    lines = list(difflib.unified_diff(old, new, "over there", "saved here", lineterm="", n=1))
    more = [f"… {len(lines) - _MAX_LINES} more lines"] if len(lines) > _MAX_LINES else []
    return [*lines[:_MAX_LINES], *more]
