"""What the scanner remembers of each bracket that is open."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Mode(enum.Enum):
    """What is expected next inside the innermost bracket."""

    START = enum.auto()
    """A statement, or what follows a pipe."""
    NAME = enum.auto()
    """A command name after ``&`` or ``.``, or the name after ``function``."""
    COMMAND = enum.auto()
    """Arguments of a command."""
    EXPRESSION = enum.auto()
    """Operands and operators."""
    KEY = enum.auto()
    """A key of a hashtable, or the name of an attribute's argument."""
    TYPE = enum.auto()
    """The inside of ``[…]`` where a type is named."""


@dataclass(slots=True)
class Frame:
    """One open bracket and the statement inside it.

    ``rest`` is the mode in which a new statement begins. ``keyword`` is the keyword the statement began with, whose
    block ends it. ``wanting`` says that an operand, or the argument after a comma or colon, is still to come, so a line
    end does not end the statement. ``piped`` forbids keywords, ``plain`` parameters (after ``--``); ``member`` awaits
    the name after a member operator, ``typed`` says that a ``[type]`` has just been closed.
    """

    opener: str
    mode: Mode
    rest: Mode
    keyword: str = ""
    wanting: bool = True
    piped: bool = False
    plain: bool = False
    member: bool = False
    typed: bool = False

    def begin(self, mode: Mode, *, piped: bool = False) -> None:
        """Begin a statement, a pipeline element or a value in this mode."""
        self.mode = mode
        self.wanting = True
        self.piped = piped
        self.plain = False
        self.member = self.typed = False

    def took_operand(self) -> None:
        """A value, an argument or a closed bracket has been read."""
        if self.mode is Mode.START:
            self.mode = Mode.EXPRESSION
        elif self.mode is Mode.NAME:
            self.mode = Mode.EXPRESSION if self.keyword else Mode.COMMAND
        self.wanting = False
        self.member = self.typed = False
