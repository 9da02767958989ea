"""The emulator of Ghostty: libghostty-vt, by pyghostty (the extra ``fast-terminal``).

Its screen is read as text with SGR sequences, a whole screen in one call; rows are read anew only where that text is
another one. It has callbacks for a clipboard, notices and the rest, and none of them is set but that for answers.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from pstui.tui.plain import plain
from pstui.tui.terminal.emulator import Modes, Row, State, bounded
from pstui.tui.terminal.replies import safe
from pstui.tui.terminal.rows import shown, trimmed
from pstui.tui.transcript.render.cells import cluster_end, index_at_column, is_simple, width
from pstui.tui.transcript.render.style import Run, apply_sgr
from pyghostty import Terminal
from pyghostty._ffi import ffi, lib
from pyghostty.core import init_sized

#: bytes that are fed at once
SLICE: Final = 8 << 10
#: bytes of an image or another long sequence that are kept: no image is shown
MAX_STRING: Final = 16 << 10
MAX_TITLE: Final = 200
#: bytes of what has scrolled away; by default the library keeps a tenth of the rows that are asked for
MAX_HISTORY: Final = 48 << 20
#: answers that are looked at, of what was fed at once
MAX_ANSWERS: Final = 64
_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")
#: the colours of the palette stand before the text
_PALETTE: Final = re.compile(r"\A(?:\x1b\][^\x1b\x07]*(?:\x1b\\|\x07))*")
#: what else is written around a text
_OTHER: Final = re.compile(r"\x1b\][^\x1b\x07]*(?:\x1b\\|\x07)|\x1b\[[0-?]*[ -/]*[@-ln-~]")


class GhosttyEmulator:
    """A headless Ghostty."""

    slice = SLICE

    def __init__(self, columns: int, rows: int, history: int) -> None:
        self._terminal = Terminal(columns, rows, scrollback=history)
        self._answers: list[bytes] = []
        self._terminal.on_reply(self._answer)
        self._set("SCROLLBACK_MAX_BYTES", "size_t", MAX_HISTORY)
        for option in ("APC_MAX_BYTES", "APC_MAX_BYTES_KITTY", "KITTY_IMAGE_STORAGE_LIMIT"):
            self._set(option, "uint64_t" if option.startswith("KITTY") else "size_t", 0)
        self._size = columns, rows
        self._most = history
        self._texts: list[str] = []
        self._rows: list[Row] = []
        self._painted = _made("GhosttyRenderState", lib.ghostty_render_state_new, lib.ghostty_render_state_free)
        iterator = lib.ghostty_render_state_row_iterator_new, lib.ghostty_render_state_row_iterator_free
        self._each = _made("GhosttyRenderStateRowIterator", *iterator)

    # -- the five methods -----------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return the answers to them."""
        self._terminal.feed(data)
        if self._terminal.size != self._size:  # DECCOLM
            self._terminal.resize(*self._size)
        if not self._answers:
            return b""
        answers, self._answers = self._answers, []
        return safe(answers)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; lines that were broken at the edge are broken anew."""
        self._size = bounded(columns, rows)
        self._terminal.resize(*self._size)

    def rows(self) -> Sequence[Row]:
        """Return the rows of the screen."""
        count = self._size[1]
        texts = self._read("active", 0, count - 1)
        if blank := {y for y, text in enumerate(texts) if not _SGR.sub("", text)}:
            self._colour(texts, blank)
        known = len(self._texts) == count
        if not known or texts != self._texts:
            before, old = self._texts, self._rows
            most = self._size[0]
            self._rows = [old[y] if known and text == before[y] else _row(text, most) for y, text in enumerate(texts)]
            self._texts = texts
        return self._rows

    def history(self, first: int, last: int) -> Sequence[Row]:
        """Return rows that have scrolled away."""
        first, last = max(first, 0), min(last, self.history_size)
        # It drops rows by the page, so there may be more than are asked for.
        more = self._scrolled - self.history_size
        if first >= last:
            return []
        return [_row(text, self._size[0]) for text in self._read("history", more + first, more + last - 1)]

    def state(self) -> State:
        """Return what is to be known beside the rows."""
        terminal, mode = self._terminal, self._terminal.mode
        shows = bool(terminal.get("cursor_visible", "bool"))
        codings = (number for number in (1006, 1015, 1005) if mode(number))
        return State(
            cursor=terminal.cursor if shows else None,
            alternate=terminal.get("active_screen", "GhosttyTerminalScreen") != 0,
            title=self._title(),
            reverse=mode(5),
            holds=mode(2026),
            modes=Modes(
                cursor_keys=mode(1),
                keypad=mode(66),
                bracketed_paste=mode(2004),
                focus=mode(1004),
                mouse=next((number for number in (1003, 1002, 1000, 9) if mode(number)), 0),
                mouse_coding=next(codings, 0),
            ),
        )

    @property
    def history_size(self) -> int:
        """How many rows are kept of what has scrolled away."""
        return min(self._scrolled, self._most)

    @property
    def _scrolled(self) -> int:
        return int(self._terminal.get("scrollback_rows", "size_t"))

    # -- the library ----------------------------------------------------------------------------------------------

    def _answer(self, data: bytes) -> None:
        if len(self._answers) < MAX_ANSWERS:
            self._answers.append(bytes(data))

    def _set(self, option: str, kind: str, value: int) -> None:
        lib.ghostty_terminal_set(
            self._terminal._t[0], getattr(lib, f"GHOSTTY_TERMINAL_OPT_{option}"), ffi.new(f"{kind}*", value)
        )

    def _title(self) -> str:
        text: Any = self._terminal.get("title", "GhosttyString")
        raw = ffi.buffer(text.ptr, min(text.len, 4 * MAX_TITLE))[:] if text.len else b""
        return plain(raw.decode("utf-8", "replace"), limit=MAX_TITLE)

    def _read(self, tag: str, first: int, last: int) -> list[str]:
        """Return rows as text with SGR sequences; each begins in the style that the one before it ends in."""
        area = init_sized("GhosttySelection")
        area.start = self._terminal.ref(0, first, tag)[0]
        area.end = self._terminal.ref(self._size[0] - 1, last, tag)[0]
        options = init_sized("GhosttyTerminalSelectionFormatOptions")
        options.emit = lib.GHOSTTY_FORMATTER_FORMAT_VT
        options.unwrap, options.trim, options.selection = False, False, area
        handle = self._terminal._t[0]
        write = lib.ghostty_terminal_selection_format_buf
        size = ffi.new("size_t*")
        write(handle, options[0], ffi.NULL, 0, size)  # asks for the size alone
        buffer = ffi.new("uint8_t[]", max(size[0], 1))
        if write(handle, options[0], buffer, len(buffer), size):
            return [""] * (last - first + 1)
        # It writes lone surrogates, too.
        text = _PALETTE.sub("", ffi.buffer(buffer, size[0])[:].decode("utf-8", "replace"), count=1)
        found = _with_styles(text.split("\r\n"))[: last - first + 1]
        return found + [""] * (last - first + 1 - len(found))

    def _colour(self, texts: list[str], blank: set[int]) -> None:
        """Put the backgrounds into rows without text, which the library leaves out of what it writes."""
        lib.ghostty_render_state_update(self._painted[0], self._terminal._t[0])
        lib.ghostty_render_state_get(self._painted[0], lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR, self._each)
        cells = ffi.new("GhosttyCellsView*")
        for y in range(len(texts)):
            if not lib.ghostty_render_state_row_iterator_next(self._each[0]):
                break
            if y in blank:
                lib.ghostty_render_state_row_get(self._each[0], lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW, cells)
                raw = ffi.buffer(cells.ptr, 8 * cells.len)[:]
                if raw.strip(b"\0"):
                    values = groupby(struct.unpack(f"={cells.len}Q", raw))
                    texts[y] = "".join(_background(value) + " " * len([*same]) for value, same in values)


def _made(kind: str, new: Any, free: Any) -> Any:
    """Return a place that holds an object of the library, which lives as long as the place."""
    place = ffi.new(f"{kind}*")
    new(ffi.NULL, place)
    return ffi.gc(place, lambda held: free(held[0]))


def make(columns: int, rows: int, history: int) -> GhosttyEmulator:
    """Return an emulator."""
    return GhosttyEmulator(columns, rows, history)


def _with_styles(texts: list[str]) -> list[str]:
    """Return rows that each begin with the style in force there."""
    style = ""
    found = []
    for text in texts:
        found.append(style + text)
        reset = text.rfind("\x1b[0m")
        style = "" if reset >= 0 else style
        style += "".join(change[0] for change in _SGR.finditer(text, max(reset, 0)) if change[0] != "\x1b[0m")
    return found


@lru_cache(maxsize=2048)
def _background(cell: int) -> str:
    """Return the sequence for the background of a cell without text."""
    found = ffi.new("GhosttyCellContentTag*")
    lib.ghostty_cell_get(cell, lib.GHOSTTY_CELL_DATA_CONTENT_TAG, found)
    if found[0] == lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE:
        number = ffi.new("GhosttyColorPaletteIndex*")
        lib.ghostty_cell_get(cell, lib.GHOSTTY_CELL_DATA_COLOR_PALETTE, number)
        return f"\x1b[0;48;5;{number[0]}m"
    if found[0] == lib.GHOSTTY_CELL_CONTENT_BG_COLOR_RGB:
        colour = ffi.new("GhosttyColorRgb*")
        lib.ghostty_cell_get(cell, lib.GHOSTTY_CELL_DATA_COLOR_RGB, colour)
        return f"\x1b[0;48;2;{colour.r};{colour.g};{colour.b}m"
    return "\x1b[0m"


@lru_cache(maxsize=2048)
def _style(style: int, parameters: str) -> int:
    return apply_sgr(style, parameters)


def _row(text: str, columns: int) -> Row:
    """Return the row that a text with SGR sequences is.

    It is cut at the edge: some characters that nobody has assigned take no cell in the library, and have one here.
    """
    starts: list[Run] = []
    parts: list[str] = []
    style, place, is_wide = 0, 0, False
    pieces = _SGR.split(_OTHER.sub("", text))
    for index in range(0, len(pieces), 2):
        if piece := pieces[index]:
            plain_cells = is_simple(piece) and piece.isprintable()
            piece = piece if plain_cells else _harmless(piece)
            is_wide = is_wide or not plain_cells
            if not starts or starts[-1][1] != style:
                starts.append((place, style))
            parts.append(piece)
            place += len(piece)
        if index + 1 < len(pieces):
            style = _style(style, pieces[index + 1])
    whole = "".join(parts)
    if is_wide and width(whole) > columns:
        whole = whole[: index_at_column(whole, columns)]
    return trimmed(whole, [run for run in starts if run[0] < len(whole)])


def _harmless(text: str) -> str:
    """Return a text whose characters are as wide as they are here, and move nothing."""
    made: list[str] = []
    start = 0
    while start < len(text):
        end = cluster_end(text, start)
        made.append(shown(text[start:end], 2 if width(text[start:end]) == 2 else 1))
        start = end
    return "".join(made)
