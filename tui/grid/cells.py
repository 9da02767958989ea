"""The cell of a value: one character that says its kind, and its text as a person reads it.

How this works. A cell is text, since a hundred thousand rows of Python objects would take too much memory; its kind
tells how it is sorted, compared and aligned. ``write_cell`` walks a value of CLIXML and hands each single text with
what makes the cell's text of it to ``single``. So the walk of one object can be made a template for all of its shape
(``tui/output/templates.py``).
"""

from __future__ import annotations

import math
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from pstui.backends.psrp.clixml import unescape
from pstui.tui.output.base import Emit
from pstui.tui.output.elements import Document, Element, Shape
from pstui.tui.output.live_types import SECOND, ticks_of
from pstui.tui.output.texts import text_of, time_span
from pstui.tui.plain import plain

#: the kinds, control characters, so that no text that is looked for can meet them
NUMBER, TEXT, DATE, SPAN, TRUTH, NULL, OTHER, SECRET = "\x01\x02\x03\x04\x05\x06\x07\x08"
#: stands between the cells of a row
BETWEEN: Final = "\x1f"
#: what is shown of a secret, whatever its length
MASK: Final = "********"
#: characters of a cell, and values of a list that one shows
MAX_CELL, MAX_ITEMS = 1_000, 20

Convert = Callable[[str], str]
#: what becomes of a single text, by what makes the cell's text of it
Single = Callable[[Convert, str], str]

_COLLECTIONS = frozenset({"LST", "IE", "QUE", "STK"})


def clean(text: str) -> str:
    """Return a text on one line, without control characters and not longer than a cell."""
    if len(text) > MAX_CELL:
        text = text[: MAX_CELL - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return plain(text.replace("\r\n", "\n").replace("\n", "↵"), limit=MAX_CELL)


def _text(raw: str) -> str:
    raw = raw[: 8 * MAX_CELL]
    return clean(unescape(raw) if "_" in raw else raw)


def _number(raw: str) -> str:
    return {"INF": "Infinity", "-INF": "-Infinity"}.get(raw) or clean(raw)


def _truth(raw: str) -> str:
    return "True" if raw == "true" else "False"


def _char(raw: str) -> str:
    number = int(raw) if len(raw) < 6 and raw.isascii() and raw.isdigit() else 0
    return clean(chr(number)) if number < 0x10000 else ""


def date_text(raw: str) -> str:
    """Return a date as it was sent, with its zone where it has one."""
    clock, zone = raw[:19].replace("T", " ", 1), ""
    rest = raw[19:]
    for sign in "Z+-":
        if sign in rest:
            rest, _, behind = rest.partition(sign)
            zone = f" {sign}{behind}"
            break
    return clean(clock + rest.rstrip("0").rstrip(".") + zone)


def _span(raw: str) -> str:
    return clean(time_span(raw))


def _bytes(raw: str) -> str:
    count = len(raw) // 4 * 3 - raw[-2:].count("=")
    try:
        first = b64decode(raw[:64]).hex(" ")
    except ValueError:
        first = ""
    return f"{count:,} bytes: {first}{' …' if count > 48 else ''}"


def _mask(raw: str) -> str:
    return MASK


#: what each single value is: its kind, and what makes its text
SINGLES: Final[dict[str, tuple[str, Convert]]] = {
    **dict.fromkeys(("I32", "I64", "U32", "U64", "I16", "U16", "By", "SB", "D", "Db", "Sg"), (NUMBER, _number)),
    **dict.fromkeys(("S", "G", "URI", "Version", "SBK", "XD"), (TEXT, _text)),
    "B": (TRUTH, _truth),
    "C": (TEXT, _char),
    "DT": (DATE, date_text),
    "TS": (SPAN, _span),
    "BA": (OTHER, _bytes),
    "SS": (SECRET, _mask),
}


def converted(convert: Convert, raw: str) -> str:
    """Return the text of a single value."""
    return convert(raw)


def write_cell(element: Element | None, document: Document, emit: Emit, single: Single = converted) -> None:
    """Write the cell of a value; a property that an object does not have is as null."""
    kind, write = _written(element, document, single)
    emit(kind)
    write(emit)


def cell_of(element: Element | None, document: Document) -> str:
    """Return the cell of a value."""
    parts: list[str] = []
    write_cell(element, document, parts.append)
    return "".join(parts)


def _written(element: Element | None, document: Document, single: Single) -> tuple[str, Callable[[Emit], object]]:
    """Return the kind of a value, and what writes its text."""
    if element is not None and element.tag == "Ref":
        element = document.target(element)
    if element is None or element.tag == "Nil":
        return NULL, lambda emit: None
    if element.tag == "Obj":
        return _object(element, document, single)
    if (known := SINGLES.get(element.tag)) is None:
        return OTHER, lambda emit: emit(clean(text_of(element, document)))
    kind, convert = known
    raw = element.text or ""
    return kind, lambda emit: emit(single(convert, raw))


def _object(element: Element, document: Document, single: Single) -> tuple[str, Callable[[Emit], object]]:
    shape = document.shape(element)
    base = shape.base
    if base is not None and base.tag in SINGLES and not ("System.Enum" in shape.types and shape.text is not None):
        return _written(base, document, single)
    if shape.text is not None:
        text = shape.text
        kind = TEXT if base is not None and base.tag in SINGLES else OTHER
        return kind, lambda emit: emit(single(_text, text))
    if base is not None and base.tag in _COLLECTIONS:
        return OTHER, lambda emit: _list(base, document, emit, single)
    if base is not None and base.tag == "DCT":
        return OTHER, lambda emit: _dictionary(base, document, emit, single)
    return OTHER, lambda emit: emit(_properties(shape, document))


def _list(base: Element, document: Document, emit: Emit, single: Single) -> None:
    before = "{"
    for number, item in enumerate(base):
        emit(before)
        if number == MAX_ITEMS:
            emit("…")
            break
        _item(item, document, emit, single)
        before = ", "
    emit("{}" if before == "{" else "}")


def _dictionary(base: Element, document: Document, emit: Emit, single: Single) -> None:
    before = "{"
    for number, entry in enumerate(base):
        emit(before)
        if number == MAX_ITEMS:
            emit("…")
            break
        for part in entry:
            if part.get("N") == "Value":
                emit("=")
            _item(part, document, emit, single)
        before = ", "
    emit("{}" if before == "{" else "}")


def _item(item: Element, document: Document, emit: Emit, single: Single) -> None:
    known = SINGLES.get(item.tag)
    emit(single(known[1], item.text or "") if known is not None else _inside(item, document))


def _inside(item: Element, document: Document) -> str:
    """Return the text of what stands inside of another value; secrets in it are masked."""
    try:
        return clean(text_of(item, document, nested=True))
    except RecursionError:
        return "…"


def _properties(shape: Shape, document: Document) -> str:
    inside = list[str]()
    for group in (shape.notes, shape.props):
        for item in () if group is None else group:
            if item.tag == "MS" or len(inside) > MAX_ITEMS:
                continue
            text = MASK if item.tag == "SS" else _inside(item, document)
            inside.append(f"{_text(item.get('N', ''))}={text}")
    more = ["…"] if len(inside) > MAX_ITEMS else []
    return clean("@{" + "; ".join([*inside[:MAX_ITEMS], *more]) + "}") if inside else clean(next(iter(shape.types), ""))


# -- how cells are compared -----------------------------------------------------------------------------------

_CLOCK = re.compile(r"(-?)(?:(\d{1,8})\.)?(\d{1,3}):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_KEY: Final = math.nan


def number_of(text: str) -> float:
    """Return the number that a text says, NO_KEY where it says none."""
    try:
        return float(text)
    except ValueError:
        return NO_KEY


def seconds_of(text: str) -> float:
    """Return a date as seconds since 1970; one without a zone counts as UTC."""
    try:
        found = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "+00:00"))
    except ValueError:
        return NO_KEY
    return ((found if found.tzinfo is not None else found.replace(tzinfo=UTC)) - _EPOCH).total_seconds()


def span_of(text: str) -> float:
    """Return a time span in seconds; ``1.02:03:04.5`` has days and a fraction."""
    match = _CLOCK.match(text)
    if match is None:
        ticks = ticks_of(text)
        return NO_KEY if ticks is None else ticks / SECOND
    sign, days, hours, minutes, seconds, fraction = match.groups()
    whole = int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    return (-1 if sign else 1) * (whole + float(f"0.{fraction or 0}"))


#: the kinds whose cells are compared as numbers
KEYS: Final[dict[str, Callable[[str], float]]] = {
    NUMBER: number_of,
    DATE: seconds_of,
    SPAN: span_of,
    TRUTH: lambda text: float(text == "True"),
}
