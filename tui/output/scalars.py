"""Single values of CLIXML as JSON: what ConvertTo-Json of PowerShell 7.6 makes of each kind.

Every function takes the text of an element and returns JSON. The text comes from the far end, so a number is checked;
what is not written as its kind demands becomes a string. Nothing passes through a Python number that could round it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from json.encoder import encode_basestring

from pstui.backends.errors import Unreadable
from pstui.backends.psrp.clixml import unescape

#: characters that JSON allows bare, and a terminal or a reader of lines does not take as they are
_ESCAPE_IN_JSON = re.compile("[\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]")
_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,39})\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,399})(?:\.[0-9]{1,400})?\Z")
_DOUBLE = re.compile(r"-?(?:0|[1-9][0-9]{0,399})(?:\.[0-9]{1,400})?(?:[Ee][+-]?[0-9]{1,4})?\Z")
_NO_NUMBER = {"NaN": '"NaN"', "INF": '"Infinity"', "-INF": '"-Infinity"'}


def string(text: str) -> str:
    """Return text as a JSON string on one line, free of what would act on a terminal."""
    return harmless(encode_basestring(text))


def harmless(encoded: str) -> str:
    """Return JSON with escapes in place of what JSON allows bare and a terminal or a reader of lines does not.

    Half a surrogate pair, which parsers refuse even when it is escaped, becomes U+FFFD, as .NET writes it to a file.
    """
    if encoded.isascii() and "\x7f" not in encoded:
        return encoded
    try:
        encoded.encode()
    except UnicodeEncodeError:
        encoded = encoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _ESCAPE_IN_JSON.sub(_escape, encoded)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def text(raw: str) -> str:
    """Return a String, a ScriptBlock, a Uri or XML."""
    return string(unescape(raw) if "_" in raw else raw)


def whole(raw: str) -> str:
    """Return a whole number of any size."""
    return raw if _WHOLE.match(raw) else string(raw)


def decimal(raw: str) -> str:
    """Return a Decimal as exactly as it was sent; one without places gets a zero, as Json.NET writes it."""
    if not _DECIMAL.match(raw):
        return string(raw)
    return raw if "." in raw else raw + ".0"


def double(raw: str) -> str:
    """Return a Double or Single; JSON has no NaN and no infinity."""
    if not _DOUBLE.match(raw):
        return _NO_NUMBER.get(raw) or string(raw)
    return raw if "." in raw or "E" in raw or "e" in raw else raw + ".0"


def truth(raw: str) -> str:
    """Return a Boolean."""
    return "true" if raw == "true" else "false" if raw == "false" else string(raw)


def char(raw: str) -> str:
    """Return a Char, which is sent as its number."""
    return (
        string(chr(int(raw)))
        if len(raw) < 6 and raw.isascii() and raw.isdigit() and int(raw) < 0x10000
        else string(raw)
    )


def null(raw: str) -> str:
    """Return null."""
    return "null"


_OFFSET = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d):(\d\d)\Z")


def date(raw: str) -> str:
    """Return a DateTime in ISO 8601 with all its places.

    One with an offset is a local time there; it is given in the time of this computer, as a client there has it.
    """
    return string(local_date(raw))


def local_date(raw: str) -> str:
    """Return a date as it was sent, or, where it has an offset, in the time of this computer."""
    match = _OFFSET.match(raw)
    return _local(match) if match is not None else raw


def _local(match: re.Match[str]) -> str:
    clock, fraction, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        found = datetime.fromisoformat(clock) - (offset if sign == "+" else -offset)
        local = found.replace(tzinfo=UTC).astimezone().isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return _edge(match)
    if len(local) != 25:  # the zone had no whole minutes then
        return match.group()
    return f"{local[:19]}{fraction or ''}{local[19:]}"


def _edge(match: re.Match[str]) -> str:
    """Return a date at the end of the calendar, where .NET stops at its last (or first) moment."""
    for year, day, clock in (
        ("9999", datetime(9999, 12, 30), "9999-12-31T23:59:59.9999999"),
        ("0001", datetime(1, 1, 3), "0001-01-01T00:00:00"),
    ):
        if match[1].startswith(year):
            try:
                return clock + day.astimezone().isoformat(timespec="seconds")[19:]
            except (ValueError, OverflowError, OSError):
                break
    return match.group()


#: The one-step values: the tag of an element and what makes JSON of its text.
SCALARS: dict[str, Callable[[str], str]] = {
    "S": text,
    "I32": whole,
    "I64": whole,
    "B": truth,
    "Nil": null,
    "DT": date,
    "Db": double,
    "Sg": double,
    "D": decimal,
    "U32": whole,
    "U64": whole,
    "I16": whole,
    "U16": whole,
    "By": whole,
    "SB": whole,
    "C": char,
    "G": text,
    "URI": text,
    "SBK": text,
    "XD": text,
}

_NUMBERS = [str(number) for number in range(256)]


def byte_list(pieces: Iterable[str]) -> Iterator[str]:
    """Yield a byte array, which is sent in base64, as a list of numbers; its pieces have whole groups of four.

    Raises ValueError, after the end of the list, when it is damaged.
    """
    before, damaged = "[", False
    try:
        for piece in pieces:
            found = base64.b64decode(piece, validate=True)
            yield before + ",".join([_NUMBERS[byte] for byte in found])
            before = ","
    except (Unreadable, ValueError):
        damaged = True
    yield "]" if before == "," else "[]"
    if damaged:
        raise ValueError("a byte array is damaged")


def floating(value: float) -> str:
    """Return a double as .NET writes it: the shortest text, with an exponent below 1E-04 and from 1E+17 on."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    place = len(digits) - 1 + exponent
    if -5 < place < 17:
        plain = format(Decimal((sign, digits, exponent)), "f")
        return plain if "." in plain else plain + ".0"
    text_of_digits = "".join(map(str, digits))
    point = f".{text_of_digits[1:]}" if len(digits) > 1 else ""
    return f"{'-' * sign}{text_of_digits[0]}{point}E{'-' if place < 0 else '+'}{abs(place):02d}"
