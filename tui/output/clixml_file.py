"""Objects as a file for Import-Clixml: what was sent, object by object, inside one root.

Ids count within one object when it is sent, and within the whole file here, so each object's are moved behind those
before it (protocol-notes 3.14). A SecureString is left out: its text must not stand in a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from pstui.backends.errors import Unreadable
from pstui.backends.records import SentObject
from pstui.tui.output.base import Emit, Notes
from pstui.tui.output.elements import Element, long_value, read
from pstui.tui.output.xml_text import cdata, write_xml

_HEAD = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">\n'
_TAIL = "</Objs>\n"
_OBJECTS, _TYPES = ("Obj", "Ref"), ("TN", "TNRef")


class ClixmlFormat:
    """Writes the root's begin with the first object and its end with the last."""

    def __init__(self) -> None:
        self.warnings: dict[str, None] = {}
        self.lost = False
        self._begun = False
        #: the first ids of objects and of type names that no object has yet
        self._next = {"Obj": 0, "TN": 0}

    def write(self, sent: SentObject, notes: Notes, emit: Emit) -> None:
        if not notes and (long := long_value(sent.body)) is not None:
            self._write_long(*long, emit)
            return
        try:
            root = read(sent.body)
            root = self._noted(root, notes) if notes else root
            self._prepare(root)
        except (Unreadable, ValueError) as error:
            why = error.text() if isinstance(error, Unreadable) else "its ids are not numbers"
            self.warnings[f"An object was left out: {why}"] = None
            self.lost = True
            return
        self._begin(emit)
        write_xml(root, emit)
        emit("\n")

    def _write_long(self, tag: str, pieces: Iterator[str], emit: Emit) -> None:
        self._begin(emit)
        emit(f"<{tag}>")
        try:
            for piece in pieces:
                emit(cdata(piece))
        except Unreadable as error:
            self.warnings[f"The rest of an object is missing: {error.text()}"] = None
            self.lost = True
        emit(f"</{tag}>\n")

    def end(self, emit: Emit) -> None:
        self._begin(emit)
        emit(_TAIL)

    def _begin(self, emit: Emit) -> None:
        if not self._begun:
            self._begun = True
            emit(_HEAD)

    def _prepare(self, root: Element) -> None:
        """Move the ids, and take the secrets out."""
        first, last = dict(self._next), dict(self._next)
        for element in root.iter():
            kind = "Obj" if element.tag in _OBJECTS else "TN" if element.tag in _TYPES else ""
            if kind and "RefId" in element.attrib:
                number = first[kind] + int(element.attrib["RefId"])
                last[kind] = max(last[kind], number + 1)
                element.set("RefId", str(number))
            if kind == "Obj" and (secret := element.find("SS")) is not None:
                element.remove(secret)  # an object is no place for a null: its properties are all that is left of it
            elif element.tag == "SS":
                element.tag, element.text = "Nil", None
            else:
                continue
            self.warnings["A SecureString is not written to CLIXML; it is null there."] = None
        self._next = last

    def _noted(self, root: Element, notes: Notes) -> Element:
        """Return an object with more extended properties."""
        if root.tag != "Obj":
            wrapped = Element("Obj", RefId="0")
            wrapped.append(root)
            root = wrapped
        group = root.find("MS")
        if group is None:
            group = ElementTree.SubElement(root, "MS")
        for name, value in notes.items():
            for old in [item for item in group if item.get("N") == name]:
                group.remove(old)
            tag = "B" if isinstance(value, bool) else "G" if name == "RunspaceId" else "S"
            ElementTree.SubElement(group, tag, N=name).text = str(value).lower() if tag == "B" else str(value)
        return root
