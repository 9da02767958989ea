"""CLIXML as plain Python values, read in steps: no message, whatever it holds, keeps the event loop from its turns.

How this works. ``reading`` is a generator that yields after each portion of work and returns the value; ``value_of``
runs it at once, ``read_in_steps`` with a turn of the loop between the portions. An object becomes a dict of its
properties, extended ones winning, or its text where it has none; lists and dictionaries become list and dict. What
stands at a leaf is read by psrpcore, but for the kinds that come in thousands. Budgets hold before anything is made:
of the elements, by counting, and of what ``Ref`` would repeat, by keeping the size of everything it can refer to.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any
from xml.etree import ElementTree

from psrpcore.types import PSCryptoProvider
from pstui.backends.errors import LimitExceeded, Unreadable
from pstui.backends.psrp.clixml import checked, not_xml, plain, read, unescape, without_no_characters
from pstui.backends.psrp.limits import MAX_DEPTH, MAX_SHORT, MAX_TAG, MAX_VALUES, MIB, too_deep, too_large, too_many

#: Bytes that are parsed, and values that are made, between two turns of the loop: some 5 ms each.
PORTION, VALUES = 64 * 1024, 1_000
#: how many others a value counts for that psrpcore reads: it takes up to half a millisecond
_ODD = 60

_WHOLE_NUMBERS = {
    "I32": range(-(2**31), 2**31),
    "I64": range(-(2**63), 2**63),
    "I16": range(-(2**15), 2**15),
    "U16": range(2**16),
    "U32": range(2**32),
    "U64": range(2**64),
    "SB": range(-(2**7), 2**7),
    "By": range(2**8),
}
_LISTS = frozenset({"LST", "STK", "QUE", "IE"})
#: what an object is told about, and no value of its own
_ABOUT = frozenset({"TN", "TNRef", "ToString"})

#: what may be of any length; everything else is a number, a date and the like
_LONG = frozenset({"S", "SS", "BA", "XD", "SBK", "URI"})

#: a few units of a text, whole ones: an escape, an underscore that begins none, other characters
_UNITS = re.compile("(?:[^_]{1,64}|_x[0-9A-Fa-f]{4}_|_){1,16}+")
_HIGH, _LOW = re.compile("[\ud800-\udbff]"), re.compile("[\udc00-\udfff]")

_UNREADABLE = "the far end sent a value that cannot be read"

Reading = Generator[None, None, Any]


class _Reader:
    """Reads one message."""

    def __init__(self, cipher: PSCryptoProvider, max_values: int, consume: bool) -> None:
        self._cipher, self._max_values, self._consume = cipher, max_values, consume
        self._count = self._worked = 0
        #: what a RefId stands for: the value, and how many values it is
        self._known: dict[str, tuple[Any, int]] = {}

    def value(self, element: ElementTree.Element, depth: int = 0) -> Reading:
        """Read one value."""
        if depth > MAX_DEPTH:
            raise too_deep()
        self._add(1)
        self._worked += 1
        if self._worked >= VALUES:
            self._worked = 0
            yield
        tag = element.tag
        if tag == "Obj":
            return (yield from self._object(element, depth))
        if tag == "Ref":
            known = self._known.get(element.get("RefId") or "")
            if known is None:
                raise Unreadable(_UNREADABLE, "It refers to an object that did not come.")
            value, count = known
            self._add(count)
            return value
        if tag == "S" and not len(element):
            return (yield from self._text(element.text or ""))
        return self._leaf(element)

    def _text(self, text: str) -> Reading:
        """Resolve the escapes of a text; many short ones are as much work as a long one."""
        if len(text) > PORTION:
            self._worked = 0
            yield
        if "_x" not in text:
            return text
        self._worked += len(text) * VALUES // PORTION
        return (yield from _unescaped(text))

    def _add(self, count: int) -> None:
        self._count += count
        if self._count > self._max_values:
            raise too_many(self._max_values)

    def _leaf(self, element: ElementTree.Element) -> Any:
        tag, text = element.tag, element.text
        self._worked += len(text or "") * VALUES // PORTION
        if tag == "Nil":
            return None
        if tag not in _LONG and len(text or "") > MAX_SHORT:
            raise too_large(MAX_SHORT)
        if tag == "B" and text in ("true", "false"):
            return text == "true"
        if tag in _WHOLE_NUMBERS and text and len(text) <= 20:
            try:
                number = int(text)
            except ValueError as error:
                raise Unreadable(_UNREADABLE, "A number is none.") from error
            if number not in _WHOLE_NUMBERS[tag]:
                raise Unreadable(_UNREADABLE, "A number is out of its range.")
            return number
        self._worked += _ODD
        try:
            return plain(read(element, self._cipher))
        except Unreadable:
            raise
        except Exception as error:  # a secret that does not decrypt
            raise Unreadable(_UNREADABLE, type(error).__name__) from error

    def _object(self, element: ElementTree.Element, depth: int) -> Reading:
        number, before = element.get("RefId") or "", self._count
        text = element.find("ToString")
        shown: str = (yield from self._text(text.text or "")) if text is not None else ""
        if number:
            self._known[number] = (shown, 1)  # for what refers to the object that it stands in
        parts: dict[str, Any] = {"Props": {}, "MS": {}}
        made: Any = None
        found = False
        for child in element:
            if child.tag in parts:
                parts[child.tag] = yield from self._members(child, depth + 1)
            elif child.tag in _LISTS:
                made, found = [], True
                for item in child:
                    made.append((yield from self.value(item, depth + 1)))
            elif child.tag == "DCT":
                made, found = (yield from self._dictionary(child, depth + 1)), True
            elif child.tag not in _ABOUT and not found:
                made, found = (yield from self.value(child, depth + 1)), True
        if not found:
            made = {**parts["Props"], **parts["MS"]} or shown
        if number:
            self._known[number] = (made, self._count - before)
        if self._consume:
            element.clear()
        return made

    def _members(self, element: ElementTree.Element, depth: int) -> Reading:
        members: dict[str, Any] = {}
        for child in element:
            name = yield from self._text(child.get("N") or "")  # first: reading may consume the child
            members[name] = yield from self.value(child, depth)
        return members

    def _dictionary(self, element: ElementTree.Element, depth: int) -> Reading:
        found: dict[Any, Any] = {}
        for entry in element:
            key: Any = ""
            value: Any = None
            for child in entry:
                if child.get("N") == "Key":
                    key = yield from self.value(child, depth)
                else:
                    value = yield from self.value(child, depth)
            found[key if isinstance(key, str | int | float | bool) else str(key)] = value
        return found


def _unescaped(text: str, portion: int = PORTION) -> Reading:
    """Resolve the escapes of a text, about ``portion`` characters at a time."""
    if "_x" not in text:
        return text
    if len(text) <= portion:
        return unescape(text)
    parts = [""]
    start = 0
    while start < len(text):
        end = _whole_escapes(text, start, portion)
        part, before = unescape(text[start:end]), parts[-1]
        if _HIGH.match(before[-1:]) and _LOW.match(part):
            pair = (before[-1] + part[0]).encode("utf-16-le", "surrogatepass")
            parts[-1], part = before[:-1], pair.decode("utf-16-le") + part[1:]
        parts.append(part)
        start = end
        yield
    return "".join(parts)


def _whole_escapes(text: str, start: int, portion: int) -> int:
    """Return the end of a portion of a text that cuts no escape; what is one is told from left to right."""
    end = start
    while end < min(start + portion, len(text)):
        match = _UNITS.match(text, end)
        assert match is not None  # it takes any character
        end = match.end()
    return end


def reading(
    element: ElementTree.Element, cipher: PSCryptoProvider, max_values: int = MAX_VALUES, *, consume: bool = False
) -> Reading:
    """Read an element in portions. Raises LimitExceeded, Unreadable.

    One that nobody looks at afterwards is consumed: to free all of a large one at the end would take its time, too.
    """
    return _Reader(cipher, max_values, consume).value(element)


def value_of(element: ElementTree.Element, cipher: PSCryptoProvider, max_values: int = MAX_VALUES) -> Any:
    """Read an element at once. Raises LimitExceeded, Unreadable."""
    work = reading(element, cipher, max_values)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


#: The parser takes a tag in one go, however many attributes it has.
_LONG_TAG = re.compile(rb"<[^<>]{%d}" % MAX_TAG)
#: What no writer of CLIXML leaves as it is, but XML allows: a ``>`` in the value of an attribute ends no tag.
_OPEN_VALUE = re.compile(rb"""=\s*(?:"[^"<>]*|'[^'<>]*)>""")
_TAG = re.compile(rb"""<(?:[^<>"']|"[^"<]*"?|'[^'<]*'?)*""")
#: bytes of the longest reference to a character that is replaced
_REFERENCE = len(b"&#xFFFE;")
#: how many readings go on
_readings = 0


def _settle() -> None:
    """Look through what a portion has made while the collector is away: all of it at the end would take too long."""
    if _readings:
        gc.collect(0)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector away while a large message is read.

    A pass over half a million elements takes 100 ms; what each portion has made is looked through by itself.
    """
    global _readings  # noqa: PLW0603  the collector is the process's, too
    was_enabled = gc.isenabled() or _readings > 0
    _readings += 1
    gc.disable()
    try:
        yield
    finally:
        _readings -= 1
        if was_enabled and not _readings:
            gc.enable()


async def parse_in_steps(body: bytes, max_values: int = MAX_VALUES) -> ElementTree.Element:
    """Parse a CLIXML body as ``clixml.parse`` does, with turns of the loop between. Raises LimitExceeded too."""
    await _check_in_steps(body, 3 * max_values)  # an element has one or two, its type names come beside it
    builder = ElementTree.TreeBuilder()
    parser = ElementTree.XMLParser(target=builder)  # noqa: S314  a document type is refused above
    start = 0
    try:
        while start < len(body):
            end = start + PORTION
            if _LONG_TAG.search(body, start, end + MAX_TAG + 1) is not None:
                raise too_large(MAX_TAG)
            if _OPEN_VALUE.search(body, start, end + MAX_TAG) is not None:
                await _measure_tags(body, start, end)
            if end < len(body) and (reference := body.rfind(b"&", end - _REFERENCE, end)) > start:
                end = reference
            parser.feed(without_no_characters(body[start:end]))
            _settle()
            start = end
            await asyncio.sleep(0)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, LimitExceeded) as error:
        if (half := builder.close()) is not None:
            await in_steps(dismantling(half))
        raise not_xml(error) if isinstance(error, ElementTree.ParseError) else error from error
    return root


async def _check_in_steps(body: bytes, most: int) -> None:
    """Do what ``checked`` does, and count the tags, a mebibyte at a time. Raises Unreadable, LimitExceeded."""
    count = 0
    for start in range(0, len(body), MIB):
        part = body[start : start + MIB + 1]  # a mark may stand across the end
        checked(part)
        count += part.count(b"<", 0, MIB)
        if count > most:
            raise too_many(most // 3)
        if start:
            await asyncio.sleep(0)


async def _measure_tags(body: bytes, start: int, end: int) -> None:
    """Raise LimitExceeded where a tag that begins between two places is too long, whatever its values hold."""
    count = 0
    while (start := body.find(b"<", start, end)) >= 0:
        tag = _TAG.match(body, start, start + MAX_TAG + 1)
        if tag is None or tag.end() - start > MAX_TAG:
            raise too_large(MAX_TAG)
        start, count = tag.end(), count + 1
        if count % VALUES == 0:
            await asyncio.sleep(0)


def dismantling(root: ElementTree.Element) -> Reading:
    """Take an element apart in portions: to free all of a large one at once takes as long as to read it."""
    parts, count = [root], 0
    while parts:
        part = parts.pop()
        parts.extend(part)
        part.clear()
        count += 1
        if count % VALUES == 0:
            yield


async def in_steps(work: Reading, rest: Callable[[], float] = lambda: 0.0) -> Any:
    """Run a reading with turns of the loop between its portions; ``rest`` says how long each is."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value
        _settle()
        await asyncio.sleep(rest())
