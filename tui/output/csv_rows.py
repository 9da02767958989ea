"""Objects as CSV, as ConvertTo-Csv of PowerShell 7.6 writes them: the first one says what the columns are.

What has no properties of its own, such as a number, a text, a date or a list, is in the one column ``value``; there
ConvertTo-Csv would show what .NET knows of the type. What an object has beyond the columns is left out with a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pstui.backends.errors import Unreadable
from pstui.backends.psrp.clixml import unescape
from pstui.backends.psrp.long_text import PORTION, decoded
from pstui.backends.records import SentObject
from pstui.tui.output.base import Emit, Notes
from pstui.tui.output.elements import Document, Element, long_value, read
from pstui.tui.output.texts import text_of

_NAMED = 20


class CsvFormat:
    """Writes a header with the first object, and each object as a row."""

    def __init__(self) -> None:
        self.warnings: dict[str, None] = {}
        self.lost = False
        self._columns: list[str] = []
        self._missed: dict[str, None] = {}

    def write(self, sent: SentObject, notes: Notes, emit: Emit) -> None:
        long = long_value(sent.body)
        if long is not None and long[0] == "S":
            self._row({"value": None, **{name: str(value) for name, value in notes.items()}}, emit, decoded(long[1]))
            return
        try:
            root = read(sent.body)
        except Unreadable as error:
            self.warnings[f"An object was left out: {error.text()}"] = None
            self.lost = True
            return
        document = Document(root)
        cells = properties(root, document)
        if cells is None:
            return
        found = {name: text_of(cell, document) if cell.tag != "Nil" else None for name, cell in cells.items()}
        found.update((name, str(value)) for name, value in notes.items())
        self._row(found, emit)

    def _row(self, found: Mapping[str, str | None], emit: Emit, value: Iterator[str] | None = None) -> None:
        """Write what was found by its column; ``value`` are the pieces of a long text in the column of that name."""
        if not self._columns:
            self._columns = list(found)
            emit(",".join(_quoted(name) for name in self._columns) + "\n")
        before = ""
        for name in self._columns:
            emit(before)
            before = ","
            if name == "value" and value is not None:
                self._write_pieces(value, emit)
            elif len(text := found.get(name) or "") > PORTION:
                self._write_pieces((text[start : start + PORTION] for start in range(0, len(text), PORTION)), emit)
            else:
                emit(_quoted(found.get(name)))
        emit("\n")
        if len(self._missed) < _NAMED:
            self._missed |= dict.fromkeys(name for name in found if name not in self._columns)

    def _write_pieces(self, pieces: Iterator[str], emit: Emit) -> None:
        emit('"')
        try:
            for piece in pieces:
                emit(piece.replace('"', '""'))
        except Unreadable as error:
            self.warnings[f"The rest of an object is missing: {error.text()}"] = None
            self.lost = True
        emit('"')

    def end(self, emit: Emit) -> None:
        if self._missed:
            names = ", ".join(list(self._missed)[:_NAMED])
            text = f"The columns are those of the first object. What later ones have besides is left out: {names}."
            self.warnings["".join(char for char in text if char.isprintable())[:1000]] = None


def _quoted(text: str | None) -> str:
    return "" if text is None else '"' + text.replace('"', '""') + '"'


def properties(root: Element, document: Document) -> dict[str, Element] | None:
    """Return what an object has, by name; None for null, which has no row."""
    if root.tag == "Nil":
        return None
    if root.tag != "Obj":
        return {"value": root}
    shape = document.shape(root)
    found: dict[str, Element] = {}
    if shape.base is not None and shape.base.tag == "DCT":
        for entry in shape.base:
            parts = {part.get("N"): part for part in entry}
            if (key := parts.get("Key")) is not None and (value := parts.get("Value")) is not None:
                found[text_of(key, document)] = value
    elif shape.base is not None:
        found["value"] = root
    for group in (shape.notes, shape.props if shape.base is None else None):
        for item in group if group is not None else ():
            found.setdefault(unescape(item.get("N", "")), item)
    return found or {"value": root}
