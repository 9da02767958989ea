"""The frame of the screen, painted before Textual is loaded: a call answers at once, and what is typed meanwhile waits.

Textual and the workspace take half a second to load. Until then the frame shows where things will be. The terminal
echoes nothing and holds keys back, as it will under Textual, which then reads them; Ctrl+C still ends the program.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from typing import Any, TextIO

from pstui.tui.colors import DARK_COLORS, LIGHT_COLORS, no_color, sgr_gray, wants_light


def frame_text(columns: int, rows: int, theme: object) -> str:
    """Return what paints the frame on a cleared screen of this size; ``theme`` is the setting of that name."""
    colors = LIGHT_COLORS if wants_light(theme) else DARK_COLORS
    plain = no_color()
    back, bar = ("", "") if plain else (sgr_gray(colors.background, 48), sgr_gray(colors.panel, 48))
    calm = "" if plain else sgr_gray(colors.calm, 38)
    title = f"{bar}{calm} pstui".ljust(len(bar) + len(calm) + columns)
    return f"{back}\x1b[2J\x1b[H{title}\x1b[{rows};1H{bar}{' ' * (columns - 1)}\x1b[K\x1b[0m"


def screen_stream() -> TextIO | None:
    """Return where to paint: standard error, as Textual does, or standard output if a caller sent that elsewhere."""
    streams = (sys.__stderr__, sys.__stdout__)
    return next((stream for stream in streams if stream is not None and stream.isatty()), None)


class FirstFrame:
    """The frame on the terminal that Textual will use; where that cannot be had, it does nothing."""

    def __init__(self, theme: object = None) -> None:
        self._theme = theme
        self._input = -1
        self._found: list[Any] | None = None
        #: what paints the frame again, empty until it was painted
        self.text = ""

    def paint(self) -> None:
        """Paint it, and let the terminal hold back what is typed."""
        there = sys.__stdin__
        if sys.platform == "win32" or there is None or not there.isatty() or screen_stream() is None:
            return
        import termios

        with suppress(termios.error, OSError):
            self._input = there.fileno()
            self._found = termios.tcgetattr(self._input)
            self.text = frame_text(*shutil.get_terminal_size(), self._theme)
            termios.tcsetattr(self._input, termios.TCSANOW, _holding(self._found))
            _write(f"\x1b[?1049h\x1b[?25l{self.text}")

    def lower(self) -> None:
        """Give the terminal back as it was found. Doing so again does nothing."""
        if sys.platform == "win32" or self._found is None:
            return
        import termios

        _write("\x1b[?25h\x1b[?1049l")
        with suppress(termios.error):
            termios.tcsetattr(self._input, termios.TCSANOW, self._found)
        self._found = None


def _holding(found: list[Any]) -> list[Any]:
    """Return a terminal's attributes with keys neither echoed nor changed nor held for the end of a line."""
    if sys.platform == "win32":
        return found
    import termios

    held = [*found[:6], list(found[6])]
    held[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    held[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    # Ctrl+Z and Ctrl+\ are keys of the editor; a program stopped or killed here would leave the frame behind.
    for each in (termios.VSUSP, termios.VQUIT):
        held[6][each] = b"\0"
    return held


def _write(text: str) -> None:
    if (stream := screen_stream()) is not None:
        stream.write(text)
        stream.flush()
