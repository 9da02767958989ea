"""Objects as they were sent: the CLIXML of one is read into XML elements, and nothing more is made of them.

Both the time and the memory of a value of 100 MiB count here, so a long text is parsed, decoded and handed on in
portions: no call into C holds Python's lock for long.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from pstui.backends.psrp.clixml import checked, not_xml, parse, unescape, without_no_characters
from pstui.tui.output.base import PORTION

Element = ElementTree.Element

#: the longest reference to a character that XML lacks
_REFERENCE = len("&#xFFFE;")
_ESCAPE_LENGTH = len("_x0000_")
_ESCAPE = re.compile("_x[0-9A-Fa-f]{4}_")
_BEGUN = re.compile(r"_(?:x[0-9A-Fa-f]{0,4})?\Z")


def read(body: bytes) -> Element:
    """Parse the CLIXML of one object; nothing is null. Raises ProtocolError."""
    if len(body) <= PORTION:
        return parse(body or b"<Nil/>")
    parser = ElementTree.XMLParser()  # noqa: S314  declarations are refused here, sizes are bounded
    start = 0
    try:
        while start < len(body):
            end = min(start + PORTION, len(body))
            reference = body.rfind(b"&", end - _REFERENCE, end)
            if end < len(body) and reference > start:
                end = reference  # it may go on in the next portion
            checked(body[start : end + 1])
            parser.feed(without_no_characters(body[start:end]))
            start = end
        return parser.close()
    except ElementTree.ParseError as error:
        raise not_xml(error) from error


def long_value(body: bytes) -> tuple[str, Iterator[str]] | None:
    """Return the tag of a body that is one long text or byte array, and its text piece by piece; None of any other.

    Such a body is never parsed as a whole: the parser takes four times its size. The pieces raise ProtocolError.
    """
    head, end = next(((head, end) for head, end in _LONG_VALUES if body.startswith(head)), (b"", b""))
    if len(body) <= PORTION or not head or not body.endswith(end):
        return None
    first, last = len(head), len(body) - len(end)
    if any(body.find(b"<", start, min(start + PORTION, last)) >= 0 for start in range(first, last, PORTION)):
        return None
    return head[1:-1].decode(), _pieces(body, first, last)


_LONG_VALUES = ((b"<S>", b"</S>"), (b"<BA>", b"</BA>"))


def _pieces(body: bytes, start: int, last: int) -> Iterator[str]:
    while start < last:
        end = min(start + PORTION, last)
        if end < last:
            reference = body.rfind(b"&", end - _REFERENCE, end)
            end = reference if reference > start else end
            while end > start + 1 and (body[end] & 0xC0 == 0x80 or body[end - 1] == 0x0D):
                end -= 1  # within a character, or in a line end of two
        yield parse(b"<S>" + body[start:end] + b"</S>").text or ""
        start = end


def portions(text: str) -> Iterator[str]:
    """Decode the text of an element (protocol-notes 7.5), portion by portion; no character is cut in two."""
    return decoded(text[start : start + PORTION] for start in range(0, len(text), PORTION))


def decoded(pieces: Iterable[str]) -> Iterator[str]:
    """Decode the pieces of a text, cut anywhere, as ``portions`` does."""
    rest = carried = ""
    for piece in itertools.chain(pieces, (None,)):
        text = rest + (piece or "")
        end = len(text) if piece is None else _safe_end(text)
        found, rest = unescape(text[:end]), text[end:]
        if carried and found:
            found, carried = joined(carried + found), ""
        if piece is not None and found and "\ud800" <= found[-1] <= "\udbff":
            found, carried = found[:-1], found[-1]
        if carried and piece is None:
            found += carried
        if found:
            yield found


def joined(text: str) -> str:
    """Return a text whose surrogate pairs are characters."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _safe_end(text: str) -> int:
    """Return how much of a text can be decoded before the rest is there: not the begin of an escape."""
    begun = _BEGUN.search(text, max(0, len(text) - _ESCAPE_LENGTH + 1))
    if begun is None:
        return len(text)
    end = 0
    for match in _ESCAPE.finditer(text):  # its first character may be the last of an escape
        end = match.end()
    return begun.start() if begun.start() >= end else len(text)


def _names(element: Element) -> tuple[str, ...]:
    return tuple(name.text or "" for name in element)


@dataclass(slots=True)
class Shape:
    """The parts of an ``<Obj>``.

    ``base`` is the element of a primitive value or a collection, None where properties are all it is; ``notes`` is
    ``<MS>`` and ``props`` is ``<Props>``.
    """

    types: tuple[str, ...] = ()
    base: Element | None = None
    notes: Element | None = None
    props: Element | None = None
    text: str | None = None


@dataclass(slots=True)
class Document:
    """One object with what refers to other places of it: type names and objects by their ids."""

    root: Element
    _types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _objects: dict[str, Element] | None = None

    def shape(self, element: Element) -> Shape:
        """Take an ``<Obj>`` apart."""
        found = Shape()
        for child in element:
            match child.tag:
                case "MS":
                    found.notes = child
                case "Props":
                    found.props = child
                case "TN":
                    found.types = _names(child)
                case "TNRef":
                    found.types = self._named(child.get("RefId", ""))
                case "ToString":
                    found.text = child.text or ""
                case _:
                    found.base = child
        return found

    def _named(self, number: str) -> tuple[str, ...]:
        if not self._types:
            self._types = {item.get("RefId", ""): _names(item) for item in self.root.iter("TN")}
        return self._types.get(number, ())

    def target(self, reference: Element) -> Element | None:
        """Return the object that a ``<Ref>`` stands for."""
        if self._objects is None:
            self._objects = {item.get("RefId", ""): item for item in self.root.iter("Obj")}
        return self._objects.get(reference.get("RefId", ""))
