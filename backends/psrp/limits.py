"""What a far end may send: every budget of this package in one place.

A far end is hostile or merely generous. Sizes are looked at before anything is made of what came. Where a budget is
crossed, the pipeline that crossed it ends with ``LimitExceeded``; the session goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

from pstui.backends.errors import LimitExceeded

MIB = 1024 * 1024

#: One message to a server on the OutOfProc transports, in bytes (protocol-notes 6.1).
MAX_OBJECT = 10 * MIB
#: One message to a client, in bytes: what PowerShell takes where MaximumReceivedObjectSize is not set
#: (protocol-notes 1.9).
MAX_RECEIVED_OBJECT = 200 * MIB
#: No single fragment may claim more, whatever the transport (protocol-notes 7.2).
MAX_FRAGMENT = 32 * MIB
#: Deepest nesting turned into plain values; PowerShell itself stops near 50 (protocol-notes 7.3).
MAX_DEPTH = 60
#: Most values that one message may become, each counted again where it is referred to. A value takes some 3 µs to read
#: and 200 bytes to keep.
MAX_VALUES = 100_000
#: Longest tag in bytes, its attributes included: the parser takes one in one go.
MAX_TAG = 64 * 1024
#: Longest text of a number, a date, a GUID and the like, in characters.
MAX_SHORT = 1_000
#: Longest text of one call that is shown, in characters (protocol-notes 7.4); the rest is cut with a note.
MAX_TEXT = MIB

#: A log of the protocol in bytes, and the largest message that is written down there whole.
MAX_TRACE = 64 * MIB
MAX_TRACED = 128 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one pipeline may receive.

    ``max_object`` bounds one message in bytes, ``max_values`` the values it may become. ``max_text`` is the longest
    text of one host call that is handed on, in characters; None is the whole of it.
    """

    max_object: int = 64 * MIB
    max_values: int = MAX_VALUES
    max_text: int | None = MAX_TEXT


#: For a screen, which shows no more of anything.
SCREEN = Limits()
#: For output that goes elsewhere than to a screen: as much as PowerShell takes, and nothing of it cut.
WHOLE = Limits(max_object=MAX_RECEIVED_OBJECT, max_text=None)


def too_large(limit: int) -> LimitExceeded:
    """Return the error for an object of more than ``limit`` bytes."""
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit} bytes"
    return LimitExceeded(
        "the far end sent an object that is too large",
        f"It has more than {size} in one piece.",
        "Ask for less at once, for example with Select-Object.",
    )


def too_many(limit: int) -> LimitExceeded:
    """Return the error for an object that holds more than ``limit`` values."""
    return LimitExceeded(
        "the far end sent an object that is too large",
        f"It holds more than {limit:,} values, those it refers to counted each time.",
        "Ask for less at once, for example with Select-Object.",
    )


def too_deep() -> LimitExceeded:
    """Return the error for an object nested deeper than MAX_DEPTH."""
    return LimitExceeded(
        "the far end sent an object nested too deeply",
        f"More than {MAX_DEPTH} objects stand inside one another.",
        "Ask for the part you need, for example with Select-Object.",
    )
