"""Text that does not come key by key: pasted lines, and the line from the user's own editor.

A row asks how to run pasted lines. Nothing runs without Enter, and any other key means to edit them. The user's editor
gets the line in a file that nobody else can read and that is deleted afterwards.
"""

from __future__ import annotations

import asyncio
import enum
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pstui.backends.errors import PstuiError
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import TokenKind
from pstui.tui.colors import chosen_style
from pstui.tui.key_row import pressable
from pstui.tui.lending import run_in_terminal
from pstui.tui.plain import without_controls
from pstui.tui.still import Note
from textual.app import App, SuspendNotSupported
from textual.content import Content
from textual.message import Message
from textual.style import Style


class PasteWay(enum.Enum):
    """What to do with pasted lines."""

    BLOCK = "as one block"
    LINES = "line by line"
    EDIT = "not yet"


_WAYS = tuple(PasteWay)
_GOES_WITH_BLOCK = re.compile(r"\s*(?:else|elseif|catch|finally)\b", re.IGNORECASE)


class PasteRow(Note):
    """The row above the editor: the question about pasted lines, or a search. A click chooses how to run the lines."""

    class Picked(Message):
        """A way was clicked."""

        def __init__(self, way: PasteWay) -> None:
            super().__init__()
            self.way = way

    def action_pick(self, name: str) -> None:
        """Take the way clicked."""
        self.post_message(self.Picked(PasteWay[name]))


def statements(text: str, goes_on: Callable[[str], bool]) -> tuple[list[str], str]:
    """Part rows into what is run one after the other, and the rest, which ``goes_on`` says is not finished.

    A row that begins something goes with those that finish it, as if all were typed; empty rows are left out. A block
    goes with its ``else`` in the next row, which a script may have and nobody can type.
    """
    ends: list[int] = []
    depth = 0
    for token in tokenize(text):
        if token.kind is TokenKind.LEFT:
            depth += 1
        elif token.kind is TokenKind.RIGHT:
            depth = max(depth - 1, 0)
        elif token.kind is TokenKind.NEWLINE and not depth:
            ends.append(token.start)
    found: list[str] = []
    start = 0
    for end in (*ends, len(text)):
        part = text[start:end].strip("\n")
        has_more = part.rstrip().endswith("}") and _GOES_WITH_BLOCK.match(text, end) is not None
        if part.strip() and not has_more and not goes_on(part):
            found.append(part)
            start = end
    return found, text[start:].strip("\n")


class PasteChoice:
    """The question above pasted lines. ``show`` gets its row, None to hide it; ``run_lines`` runs them one by one.

    As one block they are run by Enter itself, like any text. ``active`` tells whether the question is open.
    """

    def __init__(self, show: Callable[[Content | None], None], run_lines: Callable[[], None]) -> None:
        self._show, self._run_lines = show, run_lines
        self.active = False
        self._count = 0
        self._chosen = PasteWay.BLOCK

    def begin(self, count: int) -> None:
        """Ask about ``count`` lines."""
        self.active, self._count, self._chosen = True, count, PasteWay.BLOCK
        self._present()

    def end(self) -> None:
        """Close the question; the lines stay in the editor."""
        if self.active:
            self.active = False
            self._show(None)

    def take(self, key: str, character: str | None) -> bool:
        """Take a key: Tab chooses, Enter does what is chosen; any other key means editing and acts as usual."""
        if key in ("tab", "shift+tab"):
            step = 1 if key == "tab" else -1
            self._chosen = _WAYS[(_WAYS.index(self._chosen) + step) % len(_WAYS)]
            self._present()
            return True
        self.end()
        if key != "enter":
            return key == "escape"
        if self._chosen is PasteWay.LINES:
            self._run_lines()
        return self._chosen is not PasteWay.BLOCK

    def _present(self) -> None:
        mark = chosen_style()
        ways = [
            Content.styled(f" {way.value} ", mark if way is self._chosen else "$calm").stylize(_clicked(way))
            for way in _WAYS
        ]
        said = Content(f"{self._count:,} lines pasted, run: ")
        self._show(Content.assemble(said, *ways, pressable("  Tab chooses")))


def _clicked(way: PasteWay) -> Style:
    return Style.from_meta({"@click": f"pick('{way.name}')"})


#: bytes of the file that are read back
MAX_FILE = 1_000_000
#: tried in this order if neither $VISUAL nor $EDITOR is set
_USUAL = ("sensible-editor", "nano", "vim", "vi", "notepad")


def editor_command(environ: Mapping[str, str] = os.environ, *, posix: bool = os.name == "posix") -> list[str]:
    """Return the editor's program and arguments, empty if there is none.

    On Windows (not ``posix``) a backslash is a part of a path, and quotes stand around one with blanks.
    """
    for name in ("VISUAL", "EDITOR"):
        if chosen := environ.get(name, "").strip():
            try:
                return [word if posix else word.strip('"') for word in shlex.split(chosen, posix=posix)]
            except ValueError:
                return [chosen]
    return next(([found] for name in _USUAL if (found := shutil.which(name))), [])


async def edit_outside(app: App[int], text: str) -> str:
    """Show ``text`` in the user's editor and return what it was when that ended, without its last line end.

    The sessions keep running meanwhile; only the screen waits. Raises PstuiError; the caller still has the text then.
    """
    command = editor_command()
    if not command:
        raise PstuiError("No editor was found to open the line in", "", "Set EDITOR, for example to nano.")
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="pstui-")
    file = Path(folder) / "line.ps1"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write((text + "\n").encode("utf-8", "replace"))
        await _run(app, [*command, str(file)], "The line is unchanged.")
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE + 1)
    except SuspendNotSupported as error:
        raise PstuiError("This terminal cannot be handed over to an editor") from error
    except OSError as error:
        raise PstuiError(f"The line could not be edited with {command[0]}", error.strerror or "") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if len(raw) > MAX_FILE:
        raise PstuiError("The edited text is too long for a line", f"It has more than {MAX_FILE:,} bytes.")
    return without_controls(raw.decode("utf-8-sig", "replace"), limit=MAX_FILE).rstrip("\n")


async def run_editor(app: App[Any], file: Path) -> None:
    """Show a file in the user's editor until that ends. The sessions keep running. Raises PstuiError."""
    command = editor_command()
    if not command:
        raise PstuiError("No editor was found", "", "Set EDITOR, for example to nano.")
    try:
        await _run(app, [*command, str(file)])
    except SuspendNotSupported as error:
        raise PstuiError("This terminal cannot be handed over to an editor") from error
    except OSError as error:
        raise PstuiError(f"{command[0]} could not be started", error.strerror or "") from error


async def _run(app: App[Any], command: list[str], hint: str = "") -> None:
    """Give the terminal to a program until it ends. Raises PstuiError, OSError."""
    if code := await run_in_terminal(app, command):
        raise PstuiError(f"{command[0]} ended with exit code {code}", "", hint)
