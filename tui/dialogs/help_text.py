"""The text of Get-Help as a reader wants it: sections, parameters, and the topics it leads to.

The text is read by its layout, which is the same in every language: sections begin at the margin, parameters are
written as ``-Name <Type>`` and stand deeper.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Final

from pstui.backends.sessions.command_help import CommandHelp
from pstui.tui.plain import plain_lines

#: lines of a text that are read, and characters of one
MOST_LINES, MOST_LINE = 20_000, 2_000
NO_FILES: Final = (
    "No help files over there: this is made of the command itself. Update-Help on that computer fetches them."
)
_PARAMETER = re.compile(r" {2,6}-([A-Za-z]\w*)(?: [<\[].*)?$")
_LINK = re.compile(r"https?://[^\s<>\"')\]]+|(?<![\w/.-])(?:[A-Z][A-Za-z]*-[A-Z][A-Za-z0-9]+|about_\w+)(?![\w-])")
#: columns of what is said of a parameter beside a completion
_ABOUT: Final = 72
_HEADING_LENGTH: Final = 60
#: lines before the one that names Update-Help which belong to the same remark
_REMARK: Final = 3


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the text: its heading, and the number of its first line."""

    title: str
    line: int


@dataclass(frozen=True, slots=True)
class HelpText:
    """A help text. ``note`` says what it lacks, empty where nothing is known to lack."""

    name: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    #: the lines of each parameter, first and one after the last, by its name in lower case
    parameters: dict[str, tuple[int, int]]
    note: str = ""

    def parameter(self, name: str) -> tuple[int, int] | None:
        """Return where a parameter stands, which may be a part of a name as PowerShell takes it."""
        wanted = name.casefold().lstrip("-")
        if wanted in self.parameters:
            return self.parameters[wanted]
        fitting = [each for each in self.parameters if wanted and each.startswith(wanted)]
        return self.parameters[fitting[0]] if len(fitting) == 1 else None

    def about(self, name: str, lines: int = 3) -> tuple[str, ...]:
        """Return what is said of a parameter, in few lines: its words first, then what it needs."""
        if (found := self.parameter(name)) is None:
            return ()
        said = [" ".join(line.split()) for line in self.lines[found[0] + 1 : found[1]] if line.strip()]
        words = [part for line in said if not _is_fact(line) for part in textwrap.wrap(line, _ABOUT)]
        facts = [line for line in said if _is_fact(line) and not line.endswith(("None", "?"))]
        return tuple(words[:lines] + facts[: max(lines - len(words[:lines]), 0)])


def _is_fact(line: str) -> bool:
    return bool(re.match(r"\S[^.]{2,40}\? \S|\S[^.?]{2,40}\?$|(?:Parameter set name|Aliases|Default value)\b", line))


def read(found: CommandHelp) -> HelpText:
    """Read a text of the far end; nothing in it but text is left."""
    text = plain_lines(found.text, limit=len(found.text))
    lines: list[str] = []
    for row in text.split("\n"):
        line = row[:MOST_LINE].rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
        if len(lines) >= MOST_LINES:
            break
    while lines and not lines[-1]:
        lines.pop()
    sections = tuple(Section(lines[at], at) for at in range(len(lines)) if _is_heading(lines, at))
    parameters = _parameters(lines)
    note = found.note or (NO_FILES if "Update-Help" in text and not _has_words(lines, parameters) else "")
    return HelpText(found.name, tuple(lines), sections, parameters, note)


def links_in(line: str, name: str) -> list[tuple[int, int, str]]:
    """Return what a line leads to: first index, one after the last, and the topic or the address."""
    found = [(each.start(), each.end(), each[0].rstrip(".,;")) for each in _LINK.finditer(line)]
    return [(first, first + len(topic), topic) for first, _, topic in found if topic.casefold() != name.casefold()]


def _is_heading(lines: list[str], at: int) -> bool:
    line = lines[at]
    if not line or line[0].isspace() or len(line) > _HEADING_LENGTH or line.startswith(("--", "#>")):
        return False
    below = next((each for each in lines[at + 1 : at + 4] if each), "")
    return below.startswith(" ")


def _has_words(lines: list[str], parameters: dict[str, tuple[int, int]]) -> bool:
    """Whether somebody has written sentences about it: what is made of the command itself has none before these."""
    first = min((start for start, _ in parameters.values()), default=len(lines))
    first = min((at for at, line in enumerate(lines[:first]) if "Update-Help" in line), default=first)
    return any(line.endswith((".", "。")) for line in lines[: max(first - _REMARK, 0)])


def _parameters(lines: list[str]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for at, line in enumerate(lines):
        if (named := _PARAMETER.match(line)) is None:
            continue
        depth = len(line) - len(line.lstrip())
        end = at + 1
        while end < len(lines) and (not lines[end] or len(lines[end]) - len(lines[end].lstrip()) > depth):
            end += 1
        found.setdefault(named[1].casefold(), (at, end))
    return found
