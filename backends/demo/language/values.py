"""The values of the endpoint's language: Python's own types, ranges, and ``Thing`` for objects.

Also their text, with the ``-f`` operator and .NET's format letters for numbers and dates."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.demo.language.errors import ErrorInfo, bad_argument

#: bounds that keep a typed line from eating the machine
MAX_TEXT = 8 * 1024 * 1024
MAX_ITEMS = 1_000_000


class TooLarge(Exception):
    """A value would grow beyond the endpoint's bounds."""


@dataclass(slots=True, eq=False)
class Thing:
    """An object: type names, named properties in order, and its text when it has one of its own."""

    type_names: tuple[str, ...]
    properties: dict[str, Any]
    text: str | None = None

    def find(self, name: str) -> str | None:
        """Return the property's own spelling for a name in any case."""
        if name in self.properties:
            return name
        wanted = name.lower()
        return next((key for key in self.properties if key.lower() == wanted), None)


@dataclass(slots=True, eq=False)
class SecureText:
    """A SecureString; the text is never in repr."""

    value: str = field(repr=False)


@dataclass(slots=True, eq=False)
class Credential:
    """A PSCredential."""

    user_name: str
    password: SecureText


@dataclass(slots=True, eq=False)
class ScriptBlock:
    """A piece of script as a value: its syntax tree and the text between its braces."""

    body: Any
    text: str


CUSTOM_OBJECT = ("System.Management.Automation.PSCustomObject", "System.Object")


def custom_object(properties: dict[str, Any]) -> Thing:
    """Make what ``[pscustomobject]@{…}`` makes."""
    return Thing(CUSTOM_OBJECT, properties)


def is_list(value: Any) -> bool:
    """Return whether the pipeline enumerates the value."""
    return isinstance(value, (list, tuple, range))


def to_items(value: Any) -> Sequence[Any]:
    """Return what the pipeline makes of a value: its elements, or itself alone; nothing for null."""
    if value is None:
        return ()
    return value if is_list(value) else (value,)


def collapse(items: Sequence[Any]) -> Any:
    """Return what an expression makes of a pipeline's results: null, the one, or all of them."""
    return None if not items else items[0] if len(items) == 1 else list(items)


def to_text(value: Any) -> str:
    """Return the string form that interpolation and ``prompt`` use."""
    match value:
        case None:
            return ""
        case bool():
            return "True" if value else "False"
        case str():
            return value
        case float():
            return number_text(value)
        case datetime.datetime():
            return value.strftime("%m/%d/%Y %H:%M:%S")
        case datetime.timedelta():
            return span_text(value)
        case dict():
            return "System.Collections.Hashtable"
        case SecureText():
            return "System.Security.SecureString"
        case Credential():
            return "System.Management.Automation.PSCredential"
        case ScriptBlock():
            return value.text
        case Thing():
            return thing_text(value)
        case ErrorInfo():
            return value.message
    if is_list(value):
        return joined(map(to_text, value))
    return str(value)


def joined(parts: Iterable[str]) -> str:
    """Join by blanks, as an array in a string is shown. Raises TooLarge."""
    text = " ".join(parts)
    if len(text) > MAX_TEXT:
        raise TooLarge
    return text


def thing_text(value: Thing) -> str:
    """Return an object's own text, else ``@{name=value; …}`` for custom objects, else its type name."""
    if value.text is not None:
        return value.text
    if value.type_names[0].endswith("PSCustomObject") or value.type_names[0].startswith("Selected."):
        return "@{" + "; ".join(f"{k}={to_text(v)}" for k, v in value.properties.items()) + "}"
    return value.type_names[0]


def number_text(value: float) -> str:
    """Return a double as .NET's invariant culture writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value).replace("e+", "E+").replace("e-", "E-")


def span_text(value: datetime.timedelta) -> str:
    """Return a time span as ``[d.]hh:mm:ss[.fffffff]``."""
    seconds, days = value.seconds, value.days
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    text = f"{days}.{text}" if days else text
    return f"{text}.{value.microseconds * 10:07}" if value.microseconds else text


def is_true(value: Any) -> bool:
    """Return whether a value counts as true."""
    if is_list(value):
        return len(value) > 1 or (len(value) == 1 and is_true(value[0]))
    return True if isinstance(value, (dict, Thing)) else bool(value)


def to_number(value: Any) -> int | float:
    """Return a value as a number. Raises ValueError with the offending text."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    if value is None:
        return 0
    text = to_text(value).strip()
    try:
        return bounded(int(text, 0) if text[:2].lower() == "0x" else int(text))
    except ValueError:
        return float(text)


def bounded(number: int) -> int | float:
    """Keep whole numbers in 64 bits; beyond them the value becomes a double, as in PowerShell."""
    return number if -(2**63) <= number < 2**63 else float(number)


def compare(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1, the left side's type deciding; None when the two cannot be compared."""
    if isinstance(left, (int, float)) and not isinstance(left, bool):
        try:
            a, b = left, to_number(right)
        except ValueError:
            return None
        return (a > b) - (a < b)
    if isinstance(left, datetime.datetime) and isinstance(right, datetime.datetime):
        return (left > right) - (left < right)
    if isinstance(left, datetime.timedelta) and isinstance(right, datetime.timedelta):
        return (left > right) - (left < right)
    if left is None or right is None:
        return 0 if left is right else (-1 if left is None else 1)
    one, two = to_text(left).lower(), to_text(right).lower()
    return (one > two) - (one < two)


def sort_key(value: Any) -> tuple[int, Any]:
    """Return a key under which mixed values have some order: numbers, then times, then text."""
    if isinstance(value, (int, float)):
        return (0, value)
    if isinstance(value, datetime.datetime):
        return (1, value.timestamp())
    return (2, to_text(value).lower())


def get_property(value: Any, name: str) -> Any:
    """Return a property of any value, null where there is none. For a list, that of each element."""
    wanted = name.lower()
    if wanted in ("count", "length") and (is_list(value) or isinstance(value, (str, dict))):
        return len(value)
    match value:
        case Thing():
            key = value.find(name)
            return value.properties[key] if key is not None else None
        case dict():
            return next((v for k, v in value.items() if to_text(k).lower() == wanted), None)
        case Credential():
            return {"username": value.user_name, "password": value.password}.get(wanted)
        case SecureText():
            return len(value.value) if wanted == "length" else None
        case datetime.datetime():
            return value.strftime("%A") if wanted == "dayofweek" else getattr(value, wanted, None)
        case datetime.timedelta():
            return value.total_seconds() if wanted == "totalseconds" else getattr(value, wanted, None)
    if isinstance(value, ErrorInfo):
        return error_property(value, wanted)
    if is_list(value):
        return collapse([item for element in value for item in to_items(get_property(element, name))])
    return None


def error_property(value: ErrorInfo, name: str) -> Any:
    """Return what ``$_.Exception.Message`` and its like name."""
    match name:
        case "exception":
            return Thing((value.type_name, "System.Exception"), {"Message": value.message}, value.message)
        case "fullyqualifiederrorid":
            return value.error_id
        case "categoryinfo":
            shown = {"Category": value.category, "Activity": value.command, "Reason": value.reason}
            return Thing(("System.Management.Automation.ErrorCategoryInfo",), shown, value.category)
        case "targetobject":
            return value.target
    return None


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
