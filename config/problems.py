"""What is wrong in a configuration file, told so that it can be mended: file, table, key, nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. ``table`` is the dotted table, ``key`` the key in it, ``line`` counts from 1; 0 where unknown."""

    file: Path
    message: str
    table: str = ""
    key: str = ""
    line: int = 0
    nearest: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        where = f"[{self.table}]" + (f" {self.key}" if self.key else "") if self.table else self.key
        text = f"{place}: {where}: {self.message}" if where else f"{place}: {self.message}"
        return f"{text} Did you mean {self.nearest}?" if self.nearest else text


class ConfigError(Exception):
    """A configuration could not be read or written as asked; the file itself is untouched.

    ``problems`` lists what was found, in the order of the file.
    """

    def __init__(self, what: str, hint: str = "", problems: Iterable[Problem] = ()) -> None:
        super().__init__(what)
        self.what, self.hint, self.problems = what, hint, tuple(problems)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the valid name closest to a wrong one, or ``""`` when none is close."""
    import difflib

    found = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return found[0] if found else ""
