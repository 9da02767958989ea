"""Types that PowerShell's client makes anew from what was sent, as JSON: the properties of the living object."""

from __future__ import annotations

import ipaddress
import re

from pstui.tui.output.elements import Element, Shape
from pstui.tui.output.scalars import SCALARS, floating, string, text, whole

#: a TimeSpan in ISO 8601, as .NET writes it
_DURATION = re.compile(
    r"(-?)P(?:(\d{1,8})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(?:\.(\d{1,7}))?S)?)?\Z", re.ASCII
)
#: 100-nanosecond ticks in a second, as TimeSpan counts
SECOND = 10_000_000
#: TotalMilliseconds never says more, so that it can be made a TimeSpan again
MOST_MILLISECONDS = 922337203685477.0
_MINUTE, _HOUR, _DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
_PARTS = (
    ("Days", _DAY, 0),
    ("Hours", _HOUR, 24),
    ("Milliseconds", SECOND // 1000, 1000),
    ("Microseconds", 10, 1000),
    ("Nanoseconds", 0, 0),
    ("Minutes", _MINUTE, 60),
    ("Seconds", SECOND, 60),
)
_VERSION = re.compile(r"(\d{1,10})\.(\d{1,10})(?:\.(\d{1,10})(?:\.(\d{1,10}))?)?\Z", re.ASCII)

IP_ADDRESS = "System.Net.IPAddress"


def ticks_of(raw: str) -> int | None:
    """Return the ticks of a duration, or None when it is none."""
    match = _DURATION.match(raw)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 3, 4, 5))
    ticks = days * _DAY + hours * _HOUR + minutes * _MINUTE + seconds * SECOND
    ticks += int((match[6] or "").ljust(7, "0"))
    return -ticks if match[1] else ticks


def time_span(raw: str) -> str:
    """Return a TimeSpan with the properties of .NET, in its order."""
    ticks = ticks_of(raw)
    if ticks is None:
        return string(raw)
    size, sign = abs(ticks), -1 if ticks < 0 else 1
    found = [f'"Ticks":{ticks}']
    for name, unit, modulo in _PARTS:
        count = size % 10 * 100 if not unit else size // unit % modulo if modulo else size // unit
        found.append(f'"{name}":{sign * count}')
    totals = (
        ("Days", ticks / _DAY),
        ("Hours", ticks / _HOUR),
        ("Milliseconds", max(-MOST_MILLISECONDS, min(ticks / (SECOND // 1000), MOST_MILLISECONDS))),
        ("Microseconds", ticks / 10),
        ("Nanoseconds", float(ticks) * 100),
        ("Minutes", ticks / _MINUTE),
        ("Seconds", ticks / SECOND),
    )
    found += (f'"Total{name}":{floating(value)}' for name, value in totals)
    return "{" + ",".join(found) + "}"


def version(raw: str) -> str:
    """Return a Version: parts that it does not have are -1, and Revision is split in two halves as well."""
    match = _VERSION.match(raw)
    if match is None:
        return string(raw)
    major, minor, build, revision = (-1 if part is None else int(part) for part in match.groups())
    high, low = (revision >> 16, ((revision & 0xFFFF) ^ 0x8000) - 0x8000)
    return (
        f'{{"Major":{major},"Minor":{minor},"Build":{build},"Revision":{revision}'
        f',"MajorRevision":{high},"MinorRevision":{low}}}'
    )


#: A progress record: its properties in the order of .NET, and the elements it is sent in.
PROGRESS = (
    ("ActivityId", "AI"),
    ("ParentActivityId", "PI"),
    ("Activity", "AV"),
    ("StatusDescription", "SD"),
    ("CurrentOperation", "S"),
    ("PercentComplete", "PC"),
    ("SecondsRemaining", "SR"),
    ("RecordType", "T"),
)
_RECORD_TYPES = {"Processing": "0", "Completed": "1"}


def progress(element: Element) -> str:
    """Return a progress record; an operation that was not given is null."""
    sent = {item.tag: item.text or "" for item in element}
    found = []
    for name, tag in PROGRESS:
        raw = sent.get(tag)
        if raw is None:
            value = "null"
        elif tag in ("AI", "PI", "PC", "SR"):
            value = whole(raw)
        else:
            value = _RECORD_TYPES.get(raw, text(raw)) if tag == "T" else text(raw)
        found.append(f'"{name}":{value}')
    return "{" + ",".join(found) + "}"


#: what an IPAddress has, in the order of .NET
IP_NAMES = (
    "AddressFamily",
    "ScopeId",
    "IsIPv6Multicast",
    "IsIPv6LinkLocal",
    "IsIPv6SiteLocal",
    "IsIPv6Teredo",
    "IsIPv6UniqueLocal",
    "IsIPv4MappedToIPv6",
    "Address",
)


def ip_address(shape: Shape) -> str:
    """Return the members of an IPAddress, without braces; its family is a number, what it does not have is null."""
    sent = {} if shape.props is None else {item.get("N", ""): item for item in shape.props}
    try:
        family = 2 if ipaddress.ip_address(shape.text or "").version == 4 else 23
    except ValueError:
        family = 0
    found = [f'"AddressFamily":{family}']
    for name in IP_NAMES[1:]:
        item = sent.get(name)
        convert = SCALARS.get(item.tag) if item is not None else None
        value = convert(item.text or "") if item is not None and convert is not None else "null"
        found.append(f'"{name}":{value}')
    found.append(f'"IPAddressToString":{string(shape.text or "")}')
    return ",".join(found)
