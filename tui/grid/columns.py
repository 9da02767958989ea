"""The columns of a grid: those of the far end's own view where it has one, else properties of the first objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pstui.backends.language import lexemes
from pstui.backends.psrp.clixml import unescape
from pstui.tui.grid.cells import clean
from pstui.tui.output.elements import Document, Element
from pstui.tui.output.texts import text_of

#: columns that are chosen where nobody says which, columns at most, and names of properties that are remembered
FIRST, MOST, MOST_NAMES = 8, 50, 1_000
#: the property that stands for a value that has none
VALUE: Final = "value"
#: what a column of a view computes: the first property that it reads
_READ = re.compile(r"\$(?:_|PSItem)\.(\w+)", re.IGNORECASE)
#: properties that say where an object is from, which no view shows
_ORIGIN = lexemes.words(
    "pspath psparentpath pschildname psdrive psprovider psiscontainer pscomputername runspaceid readcount"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the property that it shows, and what stands above it."""

    name: str
    label: str

    @classmethod
    def of(cls, name: str) -> Column:
        """Return the column of a property."""
        return cls(name, clean(name))


def names_of(found: dict[str, Element]) -> list[str]:
    """Return the properties of an object, without those that say where it is from unless it has no others."""
    own = [name for name in found if name.casefold() not in _ORIGIN]
    return own or list(found)


def first_columns(found: dict[str, Element], document: Document) -> tuple[Column, ...]:
    """Return the columns for an object: what it says itself is worth showing, else the first of its properties."""
    wanted = [name for name in _display_set(document) if name in found]
    if not wanted:
        names = names_of(found)
        single = [name for name in names if found[name].tag != "Obj"]
        wanted = names if len(names) <= FIRST else [*single, *(name for name in names if name not in single)][:FIRST]
        wanted = [name for name in names if name in wanted]
    return tuple(map(Column.of, wanted[:MOST]))


def _display_set(document: Document) -> list[str]:
    """Return the DefaultDisplayPropertySet that came with an object."""
    if document.root.tag != "Obj" or (notes := document.shape(document.root).notes) is None:
        return []
    for item in notes:
        if item.tag == "Obj" and item.get("N") == "PSStandardMembers":
            for member in item.iter():
                if member.get("N") == "DefaultDisplayPropertySet":
                    return [unescape(each.text or "") for each in member.iter("S")][:MOST]
    return []


def types_of(document: Document) -> tuple[str, ...]:
    """Return the type names of an object, the nearest first."""
    return document.shape(document.root).types if document.root.tag == "Obj" else ()


def view_columns(views: Iterable[Element], names: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of the first table among format data (what Get-FormatData gives), nothing where there is none.

    A column that is computed shows the property that it reads, with its own type; ``names`` are those that there are.
    """
    known = {name.casefold(): name for name in names}
    for root in views:
        document = Document(root)
        for control in root.iter("Obj"):
            is_table = any(name.endswith("TableControl") for name in document.shape(control).types[:1])
            if is_table and (columns := _table(control, document, known)):
                return columns
    return ()


def _table(control: Element, document: Document, known: dict[str, str]) -> tuple[Column, ...]:
    labels, entries = [], []
    for item in control.iter("Obj"):
        kind = next(iter(document.shape(item).types), "")
        if kind.endswith("TableControlColumnHeader"):
            labels.append(_property(item, "Label", document))
        elif kind.endswith("DisplayEntry"):
            entries.append((_property(item, "Value", document), _property(item, "ValueType", document)))
    columns: dict[str, Column] = {}
    for number, (value, kind) in enumerate(entries[: len(labels) or None]):
        read = _READ.search(value) if kind == "ScriptBlock" else None
        name = value if kind != "ScriptBlock" else read[1] if read is not None else ""
        label = labels[number] if number < len(labels) else ""
        name = next((known[each] for each in _spellings(name, label) if each in known), "")
        if name and name not in columns:
            columns[name] = Column(name, clean(label) or clean(name))
    return tuple(columns.values())[:MOST]


def _spellings(name: str, label: str) -> tuple[str, ...]:
    """Return what a column of a view may be called as a property with a type: LengthString is Length."""
    lower = name.casefold()
    plain = lower.removesuffix("string") if lower.endswith("string") and len(lower) > 6 else lower
    return (plain, lower, label.casefold())


def _property(item: Element, name: str, document: Document) -> str:
    shape = document.shape(item)
    for group in (shape.props, shape.notes):
        for each in group if group is not None else ():
            if each.get("N") == name:
                return text_of(each, document)
    return ""
