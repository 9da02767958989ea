"""What pstui asks of a terminal emulator: five methods. Two libraries stand behind them.

bittty is pure Python and always there. libghostty-vt, by pyghostty, is 50 to 100 times as fast and is used by itself
where the extra ``fast-terminal`` is installed. Neither has a way to the real terminal: what a far end sends changes a
grid of cells, and pstui draws that. Answers go back to the far end alone, and only those of ``replies.py``.

A row is text and runs of packed style, as everywhere in pstui (``transcript/render/style.py``). A wide character is
one character of the text and takes two cells.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pstui.tui.transcript.render.style import Runs

#: a row of the screen, or of what has scrolled away
Row = tuple[str, Runs]
#: rows that are kept of what has scrolled away
HISTORY: Final = 10_000
#: the largest screen; more than any real one, and what a hostile size may cost
MAX_COLUMNS, MAX_ROWS = 1000, 500


@dataclass(frozen=True, slots=True)
class Modes:
    """What the program has asked for that changes what keys and the mouse send.

    ``mouse`` is the DEC mode of tracking: 9, 1000, 1002 or 1003, and 0 for none. ``mouse_coding`` is 1005, 1006 or
    1015, and 0 for the oldest way.
    """

    cursor_keys: bool = False
    keypad: bool = False
    bracketed_paste: bool = False
    focus: bool = False
    mouse: int = 0
    mouse_coding: int = 0
    alternate_scroll: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """What is to be known of the screen beside its rows. ``cursor`` is None while none is shown.

    ``holds`` says that the program is in the middle of drawing (mode 2026): what is there is not to be shown yet.
    """

    cursor: tuple[int, int] | None = (0, 0)
    alternate: bool = False
    title: str = ""
    reverse: bool = False
    holds: bool = False
    modes: Modes = Modes()


class Emulator(Protocol):
    """A grid of cells that a stream of bytes writes on."""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the program, whatever they are; return what is to be answered."""

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the screen."""

    def rows(self) -> Sequence[Row]:
        """Return the rows of the screen as they are now; a row that has not changed is the same object."""

    def history(self, first: int, last: int) -> Sequence[Row]:
        """Return rows that have scrolled away, from ``first`` to before ``last``; 0 is the oldest one kept."""

    def state(self) -> State:
        """Return what is to be known beside the rows; ``history_size`` rows have scrolled away by now."""

    @property
    def history_size(self) -> int:
        """How many rows are kept of what has scrolled away."""

    @property
    def slice(self) -> int:
        """How many bytes can be fed at once without holding the loop up."""


def bounded(columns: int, rows: int) -> tuple[int, int]:
    """Return a size that an emulator takes."""
    return min(max(columns, 2), MAX_COLUMNS), min(max(rows, 2), MAX_ROWS)


def names() -> tuple[str, ...]:
    """Return the emulators that can be used here, the one to use first."""
    try:
        importlib.import_module("pyghostty")
    except (ImportError, OSError):  # OSError: its library is not for this computer
        return ("bittty",)
    return ("ghostty", "bittty")


def make_emulator(columns: int, rows: int, name: str = "", history: int = HISTORY) -> Emulator:
    """Return an emulator with a screen of that size, by default the fastest there is. Takes half a second at first."""
    module = importlib.import_module(f"pstui.tui.terminal.{name or names()[0]}_emulator")
    made: Emulator = module.make(*bounded(columns, rows), history)
    return made
