"""Formats: the ``-f`` operator, .NET's letters for numbers and dates."""

from __future__ import annotations

import datetime
import re
from typing import Any

from pstui.backends.demo.language.values import to_text
from pstui.backends.demo.server.errors import bad_argument


def formatted(template: str, values: Any) -> str:
    """The ``-f`` operator: ``{0}``, ``{0,8}``, ``{0:N2}``, ``{0:x}``, ``{0:D3}``, dates by their letters."""

    def one(found: re.Match[str]) -> str:
        index, width, spec = int(found[1]), found[2], found[3]
        if index >= len(values):
            raise bad_argument("The format names more values than there are.", "FormatError")
        text = format_value(values[index], spec or "")
        size = max(-1000, min(1000, int(width or 0)))
        return text.rjust(size) if size > 0 else text.ljust(-size)

    return re.sub(r"\{(\d{1,3})(?:,(-?\d{1,4}))?(?::([^}]{0,50}))?\}", one, template)


def format_value(value: Any, spec: str) -> str:
    """Return one value under a .NET format."""
    if isinstance(value, datetime.datetime) and spec:
        return format_date(value, spec)
    found = re.fullmatch(r"([NFDXPnfdxp])(\d{0,2})", spec)
    if found is None or isinstance(value, (str, bool)) or not isinstance(value, (int, float)):
        return to_text(value)
    kind, digits = found[1].upper(), found[2]
    match kind:
        case "N":
            return f"{value:,.{int(digits or 2)}f}"
        case "F":
            return f"{value:.{int(digits or 2)}f}"
        case "P":
            return f"{value * 100:,.{int(digits or 2)}f}%"
        case "D":
            return f"{int(value):0{int(digits or 1)}d}"
    text = f"{int(value):0{int(digits or 1)}x}"
    return text.upper() if found[1] == "X" else text


_DATE = re.compile(r"yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|tt|zzz|K|'[^']*'|\\.|.", re.DOTALL)
_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffzzz",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffzzz",
    "R": "ddd, dd MMM yyyy HH:mm:ss GMT",
}


def format_date(value: datetime.datetime, spec: str) -> str:
    """Return a date under a .NET format: the standard letters and the usual custom ones."""
    offset = value.strftime("%z") or "+0000"
    letters = {
        "yyyy": f"{value.year:04}", "yy": f"{value.year % 100:02}", "MMMM": value.strftime("%B"),
        "MMM": value.strftime("%b"), "MM": f"{value.month:02}", "M": str(value.month), "dddd": value.strftime("%A"),
        "ddd": value.strftime("%a"), "dd": f"{value.day:02}", "d": str(value.day), "HH": f"{value.hour:02}",
        "H": str(value.hour), "hh": f"{value.hour % 12 or 12:02}", "h": str(value.hour % 12 or 12),
        "mm": f"{value.minute:02}", "m": str(value.minute), "ss": f"{value.second:02}", "s": str(value.second),
        "tt": "AM" if value.hour < 12 else "PM", "zzz": f"{offset[:3]}:{offset[3:]}", "K": f"{offset[:3]}:{offset[3:]}",
    }  # fmt: skip

    def one(found: re.Match[str]) -> str:
        piece = found[0]
        if piece[0] == "f":
            return f"{value.microsecond * 10:07}"[: len(piece)]
        if piece[0] in "'\\":
            return piece[1:].removesuffix("'")
        return letters.get(piece, piece)

    return _DATE.sub(one, _STANDARD.get(spec, spec) if len(spec) == 1 else spec)
