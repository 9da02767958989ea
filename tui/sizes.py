"""Sizes and times as a person reads them."""

from __future__ import annotations

import time

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def size_text(size: float) -> str:
    """Return a size in bytes with its unit: 48.2 MiB."""
    number = 0
    while size >= 1024 and number < len(_UNITS) - 1:
        size /= 1024
        number += 1
    if not number:
        return "1 byte" if size == 1 else f"{size:.0f} bytes"
    return f"{size:.1f} {_UNITS[number]}"


def local_time(moment: float | None) -> time.struct_time | None:
    """Return seconds since 1970 as a time of this computer, None where there is none.

    Far ends send times that no calendar has, and Windows has none before 1970.
    """
    try:
        return None if moment is None else time.localtime(moment)
    except (OverflowError, OSError, ValueError):
        return None


def time_text(seconds: float) -> str:
    """Return a time in seconds as minutes and seconds, or with hours: 1:05, 2:00:00."""
    whole = min(round(seconds), 359_999)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
