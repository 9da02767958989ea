"""Objects as JSON, one a line, as ConvertTo-Json of PowerShell 7.6 writes what Invoke-Command returns.

How this works. The rules are those of ConvertTo-Json (protocol-notes 3.13). A primitive value is itself; a collection
is a list; a dictionary is an object of its entries; everything else is an object of its properties, the extended ones
before the adapted ones. Extended properties on a primitive value or a list make it ``{"value": …}``. Some types are
made anew by PowerShell's client, such as TimeSpan and IPAddress, and have the properties of the living object
(``live_types.py``). Where the result is of no use, another is written on purpose: a GUID, an enum and XML as text,
keys that are no strings as text, a culture as it was sent.

An object deeper than ``depth`` is written as its text. So is a reference to an object once the references of one
object have brought in too much, as those of two objects that hold each other would for ever. Both make a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

from pstui.backends.errors import Unreadable
from pstui.backends.psrp.long_text import PORTION, decoded, portions
from pstui.backends.records import SentObject
from pstui.tui.output import live_types
from pstui.tui.output.base import Emit, Notes
from pstui.tui.output.elements import Document, Element, Shape, long_value, read
from pstui.tui.output.scalars import SCALARS, byte_list, local_date, string, text
from pstui.tui.output.templates import Templates
from pstui.tui.output.texts import text_of

#: How many elements the references of one object may bring in: so many, and so many for each element that was sent.
MAX_REFERRED, MAX_REFERRED_EACH = 20_000, 50

_COLLECTIONS = frozenset({"LST", "IE", "QUE", "STK"})
#: texts that may be too long for one step
_LONG = frozenset({"S", "SBK", "XD", "URI"})
#: values whose extended properties ConvertTo-Json leaves out
_BARE = frozenset({"S", "SBK", "DT"})
_LIVE: dict[str, Callable[[str], str]] = {"TS": live_types.time_span, "Version": live_types.version}
_ENUM = "System.Enum"


class JsonFormat:
    """Writes each object as one line of JSON."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self.warnings: dict[str, None] = {}
        self.lost = False
        self._templates: dict[tuple[tuple[str, str | bool], ...], Templates] = {}

    def write(self, sent: SentObject, notes: Notes, emit: Emit) -> None:
        found = self._fast(notes).json(sent.body)
        if found is not None:
            emit(found + "\n")
            return
        if (long := long_value(sent.body)) is not None:
            self._write_long(*long, notes, emit)
            return
        try:
            root = read(sent.body)
        except Unreadable as error:
            self.warnings[f"An object was left out: {error.text()}"] = None
            self.lost = True
            return
        try:
            _Walk(Document(root), self._depth, sent, notes, emit, self.warnings).top()
        except RecursionError:  # objects that are the value of objects, which no server sends
            self.warnings["An object was cut: it is nested too deeply."] = None
            self.lost = True
        emit("\n")

    def _write_long(self, tag: str, pieces: Iterator[str], notes: Notes, emit: Emit) -> None:
        frame = list[str]()
        empty = SentObject(b"<S></S>", _no_secret)
        _Walk(Document(read(empty.body)), self._depth, empty, notes, frame.append, self.warnings).top()
        before, quotes, after = "".join(frame).partition('""')
        emit(before + quotes[:1] * (tag == "S"))
        try:
            for piece in decoded(pieces) if tag == "S" else byte_list(pieces):
                emit(string(piece)[1:-1] if tag == "S" else piece)
        except (Unreadable, ValueError) as error:
            why = error.text() if isinstance(error, Unreadable) else error
            self.warnings[f"The rest of an object is missing: {why}"] = None
            self.lost = True
        emit(quotes[1:] * (tag == "S") + after + "\n")

    def _fast(self, notes: Notes) -> Templates:
        key = tuple(notes.items())
        found = self._templates.get(key)
        if found is None:

            def walk(body: bytes, single: Single) -> str | None:
                parts, warnings = list[str](), dict[str, None]()
                sent = SentObject(body, _no_secret)
                try:
                    _Walk(Document(read(body)), self._depth, sent, notes, parts.append, warnings, single).top()
                except (Unreadable, RecursionError):
                    return None
                return None if warnings else "".join(parts)

            found = self._templates[key] = Templates(walk)
        return found

    def end(self, emit: Emit) -> None:
        """Nothing: the lines are all there is."""


def _no_secret(raw: str) -> str:
    raise ValueError("a shape with a secret has no template")


#: what a walk writes of a single value: by the function that makes JSON of it, and its text
Single = Callable[[Callable[[str], str], str], str]


def _converted(convert: Callable[[str], str], raw: str) -> str:
    return convert(raw)


class _Walk:
    """The walk through one object."""

    def __init__(
        self,
        document: Document,
        limit: int,
        sent: SentObject,
        notes: Notes,
        emit: Emit,
        warnings: dict[str, None],
        single: Single = _converted,
    ) -> None:
        self._document, self._limit, self._sent, self._notes = document, limit, sent, notes
        self._emit, self._warnings, self._single = emit, warnings, single
        self._referred = 0
        self._most_referred = 0
        self._inside_reference = False

    def top(self) -> None:
        root = self._document.root
        if self._notes and root.tag != "Obj":
            self._with_value(root, Shape(), 0, own=True)
        elif root.tag == "Obj":
            self._object(root, 0, own=True)
        else:
            self._value(root, 0)

    def _value(self, element: Element, depth: int) -> None:
        tag, raw = element.tag, element.text or ""
        if self._inside_reference:
            self._referred += 1
        if (convert := SCALARS.get(tag)) is not None:
            if len(raw) > PORTION and tag in _LONG:
                self._long_text(raw)
            else:
                self._emit(self._single(convert, raw))
        elif tag == "Obj":
            self._object(element, depth)
        elif tag == "Ref":
            self._reference(element, depth)
        elif tag == "BA" and depth <= self._limit:
            try:
                for piece in byte_list(raw[start : start + PORTION] for start in range(0, len(raw), PORTION)):
                    self._emit(piece)
            except ValueError as error:
                self._warnings[f"{error} (the rest is missing)".capitalize()] = None
        elif depth > self._limit:
            self._cut(element)
        elif (make := _LIVE.get(tag)) is not None:
            self._emit(self._single(make, raw))
        elif tag == "SS":
            self._emit(self._secure_string(raw))
        elif tag == "PR":
            self._emit(live_types.progress(element))
        else:
            self._emit(text(raw))

    def _long_text(self, raw: str) -> None:
        self._emit('"')
        for portion in portions(raw):
            self._emit(string(portion)[1:-1])
        self._emit('"')

    def _secure_string(self, raw: str) -> str:
        try:
            length = len(self._sent.decrypt(raw).encode("utf-16-le", "surrogatepass")) // 2
        except Exception:  # what the cipher raises when it has no key, or what was sent is no secret at all
            self._warnings["The length of a SecureString is not known: it could not be decrypted."] = None
            return "{}"
        return f'{{"Length":{length}}}'

    def _reference(self, element: Element, depth: int) -> None:
        target = self._document.target(element)
        if not self._most_referred:
            self._most_referred = MAX_REFERRED + MAX_REFERRED_EACH * sum(1 for _ in self._document.root.iter())
        if target is None:
            self._emit("null")
        elif self._referred > self._most_referred:
            self._cut(target)
        else:
            outer, self._inside_reference = self._inside_reference, True
            self._object(target, depth, own=target is self._document.root)
            self._inside_reference = outer

    def _cut(self, element: Element) -> None:
        self._warnings[
            f"The JSON is cut: it goes deeper than {self._limit} levels, and what is below is written as text."
            if self._referred <= self._most_referred
            else "The JSON is cut: an object refers to others that refer back, and what is too much is written as text."
        ] = None
        self._emit(string(text_of(element, self._document)))

    def _object(self, element: Element, depth: int, own: bool = False) -> None:
        shape = self._document.shape(element)
        base = shape.base
        if base is not None and base.tag in SCALARS:
            self._primitive(base, shape, depth, own)
        elif depth > self._limit:
            self._cut(element)
        elif base is None:
            self._properties(shape, depth, own)
        elif base.tag == "DCT":
            self._emit("{")
            written = self._dictionary(base, depth)
            self._more(shape.notes, depth, own, written)
            self._emit("}")
        elif base.tag in _LIVE or base.tag == "SS":
            self._living(base, shape, depth, own)
        else:
            self._with_value(base, shape, depth, own)

    def _primitive(self, base: Element, shape: Shape, depth: int, own: bool) -> None:
        if _ENUM in shape.types and shape.text is not None:
            base = _text_element(shape.text)
            noted = shape.notes is not None or (own and self._notes)
        else:
            noted = (shape.notes is not None and base.tag not in _BARE) or (own and self._notes)
        if noted:
            self._with_value(base, shape, depth, own)
        else:
            self._value(base, depth)

    def _with_value(self, base: Element, shape: Shape, depth: int, own: bool) -> None:
        """Write a primitive value or a list, as the "value" of an object where there is more to say."""
        notes = shape.notes
        more = (notes is not None and len(notes) > 0) or (own and bool(self._notes))
        if more:
            self._emit('{"value":')
        if base.tag in _COLLECTIONS:
            self._list(base, depth)
        else:
            self._value(base, depth)
        if more:
            self._more(notes if base.tag not in _BARE else None, depth, own, {"value"})
            self._emit("}")

    def _list(self, base: Element, depth: int) -> None:
        before = "["
        for item in base:
            self._emit(before)
            self._value(item, depth + 1)
            before = ","
        self._emit("[]" if before == "[" else "]")

    def _dictionary(self, base: Element, depth: int) -> set[str]:
        before, written = "", set[str]()
        for entry in base:
            key = value = None
            for part in entry:
                if part.get("N") == "Key":
                    key = part
                elif part.get("N") == "Value":
                    value = part
            if key is None or value is None:
                continue
            name = local_date(key.text or "") if key.tag == "DT" else text_of(key, self._document)
            written.add(name)
            self._emit(f"{before}{string(name)}:")
            self._value(value, depth + 1)
            before = ","
        return written

    def _properties(self, shape: Shape, depth: int, own: bool) -> None:
        self._emit("{")
        if live_types.IP_ADDRESS in shape.types:
            self._emit(text_of_members := live_types.ip_address(shape))
            written = {"IPAddressToString", *live_types.IP_NAMES}
            self._more(shape.notes, depth, own, written if text_of_members else set())
        else:
            before = self._more(shape.notes, depth, own, set())
            if shape.props is not None:
                skip = {item.get("N", "") for item in shape.notes} if shape.notes is not None else set[str]()
                skip |= self._notes.keys() if own else set()
                self._entries(shape.props, depth, before, skip)
        self._emit("}")

    def _living(self, base: Element, shape: Shape, depth: int, own: bool) -> None:
        raw = base.text or ""
        made = self._secure_string(raw) if base.tag == "SS" else _LIVE[base.tag](raw)
        if not made.endswith("}"):
            self._emit(made)
            return
        self._emit(made[:-1])
        self._more(shape.notes, depth, own, {"Length"} if made != "{}" else set())
        self._emit("}")

    def _more(self, notes: Element | None, depth: int, own: bool, written: set[str]) -> str:
        """Write extended properties and our own notes behind what is ``written``; return what comes before the next."""
        before = "," if written else ""
        if notes is not None:
            before = self._entries(notes, depth, before, written | self._notes.keys() if own else written)
        if own:
            for name, value in self._notes.items():
                self._emit(f"{before}{string(name)}:{string(value) if isinstance(value, str) else str(value).lower()}")
                before = ","
        return before

    def _entries(self, parent: Element, depth: int, before: str, skip: Set[str] = frozenset()) -> str:
        for item in parent:
            name = item.get("N", "")
            if name in skip or item.tag == "MS":  # a set of members is no property
                continue
            self._emit(f"{before}{text(name)}:")
            self._value(item, depth + 1)
            before = ","
        return before


def _text_element(raw: str) -> Element:
    made = Element("G")  # a text that keeps its extended properties, unlike a string
    made.text = raw
    return made
