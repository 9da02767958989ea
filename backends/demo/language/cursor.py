"""A place in a script text: blanks, comments, depth, and the difference between an error and an unfinished text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from re import Match, Pattern

from pstui.backends.demo.server.errors import ScriptError, ScriptIncomplete

MAX_SCRIPT = 256 * 1024
MAX_DEPTH = 40

_BLANK = re.compile(r"(?:[ \t\r\f\v\u00a0]|`\r?\n|<#.*?#>|#[^\n]*)+", re.DOTALL)
_BLANK_LINES = re.compile(r"(?:[\s\u00a0]|`\r?\n|<#.*?#>|#[^\n]*)+", re.DOTALL)
_SEPARATORS = re.compile(r"(?:[\s;]|<#.*?#>|#[^\n]*)+", re.DOTALL)


class Cursor:
    """Reads a script from the left. ``at`` is the place of the next character."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_SCRIPT:
            raise ScriptError("The script is longer than this endpoint takes.")
        self.text, self.at, self._depth = text, 0, 0

    def blank(self, lines: bool = False) -> None:
        """Skip blanks and comments, with ``lines`` line ends too."""
        self._skip(_BLANK_LINES if lines else _BLANK)

    def separators(self) -> None:
        """Skip what stands between statements."""
        self._skip(_SEPARATORS)

    def _skip(self, pattern: Pattern[str]) -> None:
        if found := pattern.match(self.text, self.at):
            self.at = found.end()

    def peek(self, size: int = 1) -> str:
        """Return the next characters without taking them."""
        return self.text[self.at : self.at + size]

    def take(self, pattern: Pattern[str]) -> Match[str] | None:
        """Take a match at this place."""
        if found := pattern.match(self.text, self.at):
            self.at = found.end()
        return found

    def eat(self, literal: str) -> bool:
        """Take a literal if it stands here."""
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def expect(self, literal: str, after: str) -> None:
        """Take a literal that must follow, blanks and lines skipped. Raises ScriptIncomplete or ScriptError."""
        self.blank(lines=True)
        if not self.eat(literal):
            self.fail(f"'{literal}' is missing after {after}.")

    def fail(self, message: str) -> None:
        """Raise the fitting error: at the end of the text more may follow, elsewhere it is wrong."""
        if self.at >= len(self.text):
            raise ScriptIncomplete(message)
        raise ScriptError(f"{message} At character {self.at + 1}: '{self.text[self.at : self.at + 20]}'.")

    @property
    def ended(self) -> bool:
        """True at the end of the text."""
        return self.at >= len(self.text)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count a level of nesting. Raises ScriptError when there are too many."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ScriptError("The script is nested more deeply than this endpoint takes.")
        try:
            yield
        finally:
            self._depth -= 1
