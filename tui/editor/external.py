"""The line in the user's own editor, by way of a file that nobody else can read and that is deleted afterwards."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pstui.backends.errors import PstuiError
from pstui.tui.plain import plain_lines
from textual.app import App, SuspendNotSupported

#: bytes of the file that are read back
MAX_FILE = 1_000_000
#: tried in this order if neither $VISUAL nor $EDITOR is set
_USUAL = ("sensible-editor", "nano", "vim", "vi", "notepad")


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the editor's program and arguments, empty if there is none."""
    for name in ("VISUAL", "EDITOR"):
        if chosen := environ.get(name, "").strip():
            try:
                return shlex.split(chosen, posix=os.name == "posix")
            except ValueError:
                return [chosen]
    return next(([found] for name in _USUAL if (found := shutil.which(name))), [])


async def edit_outside(app: App[int], text: str) -> str:
    """Show ``text`` in the user's editor and return what it was when that ended, without its last line end.

    The sessions go on meanwhile, only the screen waits. Raises PstuiError; the caller still has the text then.
    """
    command = editor_command()
    if not command:
        raise PstuiError("There is no editor to open the line in", "", "Set EDITOR, for example to nano.")
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="pstui-")
    file = Path(folder) / "line.ps1"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write((text + "\n").encode("utf-8", "replace"))
        await _run(app, [*command, str(file)])
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
    return plain_lines(raw.decode("utf-8-sig", "replace"), limit=MAX_FILE).rstrip("\n")


async def _run(app: App[int], command: list[str]) -> None:
    """Give the terminal to a program until it ends. Nothing is painted meanwhile. Raises PstuiError, OSError."""
    with app.batch_update(), app.suspend():
        process = await asyncio.create_subprocess_exec(*command)
        code = await process.wait()
    if code:
        raise PstuiError(f"{command[0]} ended with exit code {code}", "", "The line is unchanged.")
