"""Objects as they were sent: the CLIXML of one is read into XML elements, and nothing more is made of them.

Both the time and the memory of a value of 100 MiB count here, so a long text is parsed, decoded and handed on in
portions: no call into C holds Python's lock for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from pstui.backends.psrp.clixml import checked, not_xml, parse, without_no_characters
from pstui.backends.psrp.long_text import PORTION, REFERENCE, is_text, raw_pieces

Element = ElementTree.Element


def read(body: bytes) -> Element:
    """Parse the CLIXML of one object; nothing is null. Raises Unreadable."""
    if len(body) <= PORTION:
        return parse(body or b"<Nil/>")
    parser = ElementTree.XMLParser()  # noqa: S314  declarations are refused here, sizes are bounded
    start = 0
    try:
        while start < len(body):
            end = min(start + PORTION, len(body))
            reference = body.rfind(b"&", end - REFERENCE, end)
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

    Such a body is never parsed as a whole: the parser takes four times its size. The pieces raise Unreadable.
    """
    head, end = next(((head, end) for head, end in _LONG_VALUES if body.startswith(head)), (b"", b""))
    if len(body) <= PORTION or not head or not body.endswith(end):
        return None
    first, last = len(head), len(body) - len(end)
    return (head[1:-1].decode(), raw_pieces(body, first, last)) if is_text(body, first, last) else None


_LONG_VALUES = ((b"<S>", b"</S>"), (b"<BA>", b"</BA>"))


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
