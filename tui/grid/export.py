"""The objects of a grid as a file: CSV, JSON or CLIXML, by the ending of its name, as ``pstui icm`` writes them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pstui.backends.errors import PstuiError
from pstui.backends.places import expanded
from pstui.backends.records import SentObject
from pstui.tui.output.base import Emit, Format
from pstui.tui.output.clixml_file import ClixmlFormat
from pstui.tui.output.csv_rows import CsvFormat
from pstui.tui.output.json_values import JsonFormat
from pstui.tui.output.writer import DEPTH

#: what a name may end in: ``.jsonl`` has one object a line, ``.json`` one array
FORMATS: Final = (".csv", ".json", ".jsonl", ".xml", ".clixml")


class _Array:
    """Writes JSON as one array, so that ``Get-Content -Raw | ConvertFrom-Json`` reads it."""

    def __init__(self) -> None:
        self._form = JsonFormat(DEPTH)
        self.warnings, self._before = self._form.warnings, "["

    @property
    def lost(self) -> bool:
        return self._form.lost

    def write(self, sent: SentObject, notes: dict[str, str | bool], emit: Emit) -> None:
        last = self._before

        def take(piece: str) -> None:
            nonlocal last
            emit(last)
            last = piece

        self._form.write(sent, notes, take)
        if last is not self._before:
            emit(last.removesuffix("\n"))
            self._before = ",\n"

    def end(self, emit: Emit) -> None:
        emit("[]\n" if self._before == "[" else "]\n")


def write(objects: Sequence[SentObject], path: Path) -> tuple[str, ...]:
    """Write objects to a file that does not exist yet; return what is to be known of it. Blocks. Raises PstuiError."""
    path = expanded(path)
    ending = path.suffix.casefold()
    if ending not in FORMATS:
        raise PstuiError(f"{path.name or 'Nothing'} was not written", "", f"End its name with {', '.join(FORMATS)}.")
    form: Format
    if ending == ".csv":
        form = CsvFormat()
    elif ending == ".jsonl":
        form = JsonFormat(DEPTH)
    elif ending == ".json":
        form = _Array()  # type: ignore[assignment]  # its warnings are those of the form inside
    else:
        form = ClixmlFormat()
    try:
        with path.open("x", encoding="utf-8", errors="replace", newline="") as stream:
            try:
                for sent in objects:
                    form.write(sent, {}, stream.write)
                form.end(stream.write)
            except OSError:
                with contextlib.suppress(OSError):
                    path.unlink()
                raise
    except FileExistsError:
        raise PstuiError(f"{path} exists already", "", "Nothing was overwritten: give another name.") from None
    except OSError as error:
        raise PstuiError(f"{path} cannot be written", str(error.strerror or error)) from error
    return tuple(form.warnings)
