"""Values of .NET types that PowerShell has no literal for, made by a cast of a text: ``[datetime]'2024-01-02'``."""

from __future__ import annotations

import datetime
import re
from typing import Any, Final

#: the types that a cast makes here, by the names it may give them
TYPES: Final = {"char": "Char", "version": "Version", "datetime": "DateTime", "timespan": "TimeSpan", "uri": "Uri"}
_DATE = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4}))"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(Z)?",
    re.ASCII,
)
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){1,3}", re.ASCII)
_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<only>\d{1,7})|(?:(?P<days>\d{1,7})(?:\.|:(?=\d+:\d+:)))?"
    r"(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})(?::(?P<seconds>\d{1,2})(?:\.(?P<part>\d{1,6}))?)?)",
    re.ASCII,
)


class Typed(str):
    """What such a value is as a text, as PowerShell writes it; ``clr_type`` names the type.

    ``sent`` is the value as Python has it: a code unit, a text, a datetime, a timedelta.
    """

    clr_type: str
    sent: Any

    def __new__(cls, text: str, clr_type: str, sent: Any) -> Typed:
        made = super().__new__(cls, text)
        made.clr_type, made.sent = clr_type, sent
        return made


def typed(name: str, value: Any) -> Typed | None:
    """Return a value as the type of this name (a key of ``TYPES``), None where it is written in another way."""
    clr_type = TYPES[name]
    if isinstance(value, Typed) and value.clr_type == clr_type:
        return value
    if name == "char":
        return _character(value)
    if name == "timespan" and isinstance(value, int) and value % 10 == 0:  # of 100 ns
        return _written(datetime.timedelta(microseconds=value // 10))
    text = value.strip() if isinstance(value, str) else ""
    if name == "uri":
        return Typed(text, clr_type, text) if text else None
    if name == "version":
        return Typed(text, clr_type, text) if _VERSION.fullmatch(text) else None
    try:
        return _date(text) if name == "datetime" else _span(text)
    except (ValueError, OverflowError, OSError):  # a month 13, an hour 25; Windows has no local time before 1970
        return None


def _character(value: Any) -> Typed | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFF:
        return Typed(chr(value), "Char", int(value))
    if isinstance(value, str) and len(value) == 1 and value <= "\uffff":
        return Typed(value, "Char", ord(value))
    return None


def _date(text: str) -> Typed | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, us_month, us_day, us_year, *clock, part, utc = found.groups()
    hour, minute, second = (int(each or 0) for each in clock)
    micro = int((part or "").ljust(6, "0"))
    made = datetime.datetime(
        int(year or us_year), int(month or us_month), int(day or us_day), hour, minute, second, micro
    )
    if utc:  # a cast gives the time of this computer
        made = made.replace(tzinfo=datetime.UTC).astimezone()
    return Typed(made.strftime("%m/%d/%Y %H:%M:%S"), "DateTime", made)


def _span(text: str) -> Typed | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(found[name] or 0) for name in ("hours", "minutes", "seconds"))
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    micro = int((found["part"] or "").ljust(6, "0"))
    days = int(found["only"] or found["days"] or 0)
    span = datetime.timedelta(days, seconds, micro, 0, minutes, hours)
    return _written(-span if found["sign"] else span)


def _written(span: datetime.timedelta) -> Typed:
    whole = abs(span)
    minutes, seconds = divmod(whole.seconds, 60)
    text = ("-" if span != whole else "") + (f"{whole.days}." if whole.days else "")
    text += f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return Typed(text + (f".{whole.microseconds:06}0" if whole.microseconds else ""), "TimeSpan", span)
