"""One thing that was looked at, and how it was found."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Sign(enum.StrEnum):
    """How something was found. ``ABSENT`` is no fault: it may not be needed."""

    RUNNING = "…"
    GOOD = "✓"
    BAD = "✗"
    ABSENT = "–"


@dataclass(slots=True)
class Check:
    """One thing that was looked at: ``name`` is what, ``detail`` what was found there.

    ``why`` and ``next`` explain what is bad or absent: the reason, and one command or step to take.
    """

    name: str
    detail: str = ""
    sign: Sign = Sign.RUNNING
    why: str = ""
    next: str = ""

    @property
    def line(self) -> str:
        """The check as one line, without its explanation."""
        return f"{self.sign} {self.name}: {self.detail}" if self.detail else f"{self.sign} {self.name}"


def good(name: str, detail: str = "") -> Check:
    """Return a check that was found good."""
    return Check(name, detail, Sign.GOOD)


def bad(name: str, detail: str, why: str = "", next: str = "") -> Check:
    """Return a check that was found bad."""
    return Check(name, detail, Sign.BAD, why, next)


def absent(name: str, detail: str, next: str = "") -> Check:
    """Return a check of what is not there and may not be needed."""
    return Check(name, detail, Sign.ABSENT, next=next)
