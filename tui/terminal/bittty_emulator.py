"""The emulator of bittty: pure Python.

bittty is a whole terminal with printer, macros, programmable keys, a clipboard and window. Of its operations only
those are left that write on the screen or ask harmless questions; the others are taken out of its table, so that no
far end finds them. Operations whose work grows with a number that the far end chooses are bounded, and those that
change attributes of whole areas are done here: bittty makes an object for every cell.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from bittty import BITTTY, Board, Operation
from bittty.connections import MemoryConnection
from bittty.present import RowsScrolledOff, ScrollbackCleared, TitleChanged
from bittty.style import Color, Style, parse_sgr_sequence
from pstui.tui.plain import plain
from pstui.tui.terminal.emulator import MAX_COLUMNS, Modes, Row, State, bounded
from pstui.tui.terminal.replies import safe
from pstui.tui.terminal.rows import row_by_cells, trimmed
from pstui.tui.transcript.render.style import (
    BOLD,
    DIM,
    ITALIC,
    OVERLINE,
    REVERSE,
    RGB,
    STRIKE,
    UNDERLINE,
    Run,
    with_background,
    with_foreground,
)

#: bytes that are fed at once. The dearest ones take some 20 µs each, usual ones 1 to 6.
SLICE: Final = 256
#: characters of a sequence with a text (OSC, DCS); a longer one is dropped
MAX_STRING: Final = 16 << 10
#: the longest title
MAX_TITLE: Final = 200

_KEPT: Final = frozenset(
    (
        *("PRINT", "C0_BS", "C0_CR", "C0_CRLF", "C0_FF", "C0_HT", "C0_LF", "C0_SI", "C0_SO", "C0_VT"),
        *("CBT", "CHA", "CHT", "CNL", "CPL", "CPR", "CTC", "CUB", "CUD", "CUF", "CUP", "CUU", "DA1", "DA2", "DCH"),
        *("DECALN", "DECBI", "DECCARA", "DECCRA", "DECDC", "DECERA", "DECFI", "DECFRA", "DECIC", "DECKPAM"),
        *("DECKPNM", "DECRARA", "DECRQM", "DECRST", "DECSACE", "DECSCA", "DECSCUSR", "DECSED", "DECSEL", "DECSERA"),
        *("DECSET", "DECSLRM", "DECST8C", "DECSTBM", "DECSTR", "DECXCPR", "DL", "DSR", "ECH", "ED", "EL", "HPA"),
        *("HPB", "HPR", "HTS", "HVP", "ICH", "IL", "IND", "LS1R", "LS2", "LS2R", "LS3", "LS3R", "NEL", "REP"),
        *("RESTORE", "RI", "RIS", "RM", "SAVE", "SCS_G0", "SCS_G1", "SCS_G2", "SCS_G3", "SD"),
        *("SET_ICON_AND_WINDOW_TITLE", "SET_WINDOW_TITLE", "SGR", "SL", "SM", "SR", "SS2", "SS3", "ST", "SU"),
        *("TBC", "VPA", "VPB", "VPR", "XTPOPSGR", "XTPUSHSGR"),
    )
)
#: DEC modes that may be set: none that changes the size, the language or the direction, none of a printer or a line
_MODES: Final = frozenset(
    (
        1,
        5,
        6,
        7,
        9,
        12,
        25,
        45,
        47,
        66,
        69,
        1000,
        1002,
        1003,
        1004,
        1005,
        1006,
        1007,
        1015,
        1047,
        1048,
        1049,
        2004,
        2026,
    )
)
#: the only ANSI modes: insert, and new line
_ANSI_MODES: Final = frozenset((4, 20))
#: operations with a count, which may not be more than fits on a screen
_COUNTED: Final = frozenset(
    (
        *("CBT", "CHT", "CNL", "CPL", "CUB", "CUD", "CUF", "CUU", "DCH", "DECDC", "DECIC", "DL", "ECH", "HPB", "HPR"),
        *("ICH", "IL", "SD", "SL", "SR", "SU", "VPB", "VPR", "CHA", "HPA", "VPA", "CUP", "HVP"),
    )
)
_ATTRIBUTES: Final = (
    *(("bold", BOLD), ("dim", DIM), ("italic", ITALIC), ("underline", UNDERLINE)),
    *(("reverse", REVERSE), ("strike", STRIKE), ("overline", OVERLINE)),
)
#: what DECRARA reverses, by its numbers
_REVERSED: Final = {1: "bold", 4: "underline", 7: "reverse"}
_MOUSE: Final = {"off": 0, "x10": 9, "normal": 1000, "button": 1002, "any": 1003, "locator": 0}
_CODINGS: Final = {"legacy": 0, "utf8": 1005, "sgr": 1006, "sgr-pixels": 1006, "urxvt": 1015}
#: makes what changes a style of the numbers of a sequence
Change = Callable[[Sequence[int]], Callable[[Style], Style]]


class _Chrome:
    """What bittty takes for the window around its screen: it gets the rows that scroll away, and the title."""

    keeps_scrollback = True

    def __init__(self, keep: Callable[[Row], None], forget: Callable[[], None]) -> None:
        self._keep, self._forget = keep, forget
        self.title = ""

    def present(self, event: object) -> None:
        """Take what bittty tells; a bell, a clipboard and all the rest are told to nobody."""
        if isinstance(event, RowsScrolledOff):
            for line in event.lines:
                self._keep(_row(line.cells))
        elif isinstance(event, TitleChanged):
            self.title = plain(event.title, limit=MAX_TITLE)
        elif isinstance(event, ScrollbackCleared):
            self._forget()


class BitttyEmulator:
    """bittty's board without its peripherals."""

    slice = SLICE

    def __init__(self, columns: int, rows: int, history: int) -> None:
        self._size = columns, rows
        self._most = history
        self._history: list[Row] = []
        self._chrome = _Chrome(self._keep, self._history.clear)
        self._line = MemoryConnection()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._board = Board(width=columns, height=rows, model=BITTTY)
        self._board.host.attach(self._line)
        self._board.attach_display(self._chrome)
        self._board.blitter.set_grapheme_clustering(True)
        self._restrict()
        self._rows: list[Row] = []
        #: of which page the rows are, and what they have been made of
        self._page: Any = None
        self._seen = 0

    # -- the five methods -----------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return the answers to them."""
        board, parser = self._board, self._board.parser
        parser.feed(self._decoder.decode(data))
        if parser.pos:
            parser.buffer, parser._seq_start, parser._scan_from, parser.pos = (
                parser.buffer[parser.pos :],
                parser._seq_start - parser.pos,
                parser._scan_from - parser.pos,
                0,
            )
        if len(parser.buffer) > MAX_STRING:
            parser.reset()
        if (board.width, board.height) != self._size:
            board.resize(*self._size)
        if not self._line.data:
            return b""
        answers = [one.encode() if isinstance(one, str) else bytes(one) for one in self._line.data]
        self._line.data.clear()
        return safe(answers)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; rows that no longer fit go to the history, from the top, while the cursor is below."""
        columns, rows = bounded(columns, rows)
        board = self._board
        above = board.cursor.y + 1 - rows
        if above > 0 and not board.blitter.in_alt_screen:
            board.blitter.set_scroll_region(0, board.height - 1)
            board.blitter.scroll(above)
            board.cursor.set_position(board.cursor.display_x, board.cursor.y - above)
        self._size = columns, rows
        board.resize(columns, rows)

    def rows(self) -> Sequence[Row]:
        """Return the rows of the screen."""
        page = self._board.blitter.main_page
        if page is self._page and len(self._rows) == page.height:
            changed = page.dirty_rows(self._seen)
            if changed:
                self._rows = list(self._rows)
        else:
            changed, self._rows, self._page = list(range(page.height)), [("", ())] * page.height, page
        for y in changed:
            self._rows[y] = _row(page.grid[y])
        self._seen = page.observe()
        return self._rows

    def history(self, first: int, last: int) -> Sequence[Row]:
        """Return rows that have scrolled away."""
        return self._history[max(first, 0) : max(last, 0)]

    def state(self) -> State:
        """Return what is to be known beside the rows."""
        board, modes, mouse = self._board, self._board.modes, self._board.mouse
        return State(
            cursor=board.display.cursor,
            alternate=board.blitter.in_alt_screen,
            title=self._chrome.title,
            reverse=bool(modes.mode_status(True, 5) == 1),
            holds=bool(modes.mode_status(True, 2026) == 1),
            modes=Modes(
                cursor_keys=bool(modes.cursor_application_mode),
                keypad=bool(modes.application_keypad),
                bracketed_paste=bool(modes.bracketed_paste),
                focus=bool(modes.focus_reporting),
                mouse=_MOUSE[mouse.protocol.value],
                mouse_coding=_CODINGS[mouse.encoding.value],
            ),
        )

    @property
    def history_size(self) -> int:
        """How many rows are kept of what has scrolled away."""
        return len(self._history)

    def _keep(self, row: Row) -> None:
        self._history.append(row)
        if len(self._history) >= self._most + self._most // 8 + 1:
            del self._history[: -self._most]

    # -- what the far end may do ----------------------------------------------------------------------------------

    def _restrict(self) -> None:
        """Leave only what is known to be harmless in bittty's table of operations."""
        registry: dict[str, Callable[[Operation], None]] = self._board.registry
        for name in [one for one in registry if one not in _KEPT]:
            del registry[name]
        for name in _COUNTED & set(registry):
            registry[name] = _counted(registry[name])
        for name, allowed in (("DECSET", _MODES), ("DECRST", _MODES), ("SM", _ANSI_MODES), ("RM", _ANSI_MODES)):
            registry[name] = _of_modes(registry[name], allowed)
        for name in ("DECSET", "DECRST"):
            registry[name] = self._homing(registry[name])
        registry["DECALN"] = self._unbounded(registry["DECALN"])
        registry["DECCARA"] = lambda operation: self._restyle(operation.args[0], _merging)
        registry["DECRARA"] = lambda operation: self._restyle(operation.args[0], _reversing)

    def _homing(self, handler: Callable[[Operation], None]) -> Callable[[Operation], None]:
        """Return a handler of modes after which a change of the origin (DECOM) has moved the cursor there."""

        def homing_handler(operation: Operation) -> None:
            handler(operation)
            if 6 in operation.args[0][:32]:
                self._board.cursor.move_to(0, 0)

        return homing_handler

    def _unbounded(self, handler: Callable[[Operation], None]) -> Callable[[Operation], None]:
        """Return a handler that first takes back the margins, and at last moves the cursor to the first cell."""

        def unbounded_handler(operation: Operation) -> None:
            blitter = self._board.blitter
            blitter.set_scroll_region(0, self._size[1] - 1)
            blitter.reset_left_right_margins()
            handler(operation)
            self._board.cursor.move_to(0, 0)

        return unbounded_handler

    def _restyle(
        self, params: Sequence[int | None], change: Callable[[Sequence[int]], Callable[[Style], Style]]
    ) -> None:
        """Change the style of an area (DECCARA, DECRARA): a rectangle, or all that lies between two places."""
        blitter = self._board.blitter
        columns, rows = self._size
        given = [value or 0 for value in (*params[:4], 0, 0, 0, 0)][:4]
        top, left = (min(max(given[0], 1), rows) - 1, min(max(given[1], 1), columns) - 1)
        bottom = min(given[2] or rows, rows) - 1
        right = min(given[3] or columns, columns) - 1
        rectangle = blitter.attr_change_extent == "rectangle"
        made: dict[Style, Style] = {}
        changed = change([value or 0 for value in params[4:36]])
        page = blitter.current_page
        for y in range(top, min(bottom + 1, page.height)):
            first = left if rectangle or y == top else 0
            last = right if rectangle or y == bottom else columns - 1
            row = page.grid[y]
            for x in range(first, last + 1):
                style, text = row[x]
                new = made.get(style)
                if new is None:
                    new = made[style] = changed(style)
                row[x] = (new, text)
            page.normalize_row(y)
            page.row_gen[y] = page.generation


def make(columns: int, rows: int, history: int) -> BitttyEmulator:
    """Return an emulator."""
    return BitttyEmulator(columns, rows, history)


def _counted(handler: Callable[[Operation], None]) -> Callable[[Operation], None]:
    """Return a handler whose numbers are no larger than a screen is."""

    def bounded_handler(operation: Operation) -> None:
        if any(isinstance(value, int) and value > MAX_COLUMNS for value in operation.args):
            bounded = tuple(min(value, MAX_COLUMNS) if isinstance(value, int) else value for value in operation.args)
            operation = Operation(operation.name, bounded, operation.raw)
        handler(operation)

    return bounded_handler


def _of_modes(handler: Callable[[Operation], None], allowed: frozenset[int]) -> Callable[[Operation], None]:
    """Return a handler that sets only modes which are allowed."""

    def allowed_handler(operation: Operation) -> None:
        params, *rest = operation.args
        kept = tuple(value for value in params[:32] if value in allowed)
        if kept:
            handler(Operation(operation.name, (kept, *rest), operation.raw))

    return allowed_handler


def _merging(numbers: Sequence[int]) -> Callable[[Style], Style]:
    delta = parse_sgr_sequence(f"\x1b[{';'.join(map(str, numbers))}m") if numbers else Style()
    return lambda style: style.merge(delta)


def _reversing(numbers: Sequence[int]) -> Callable[[Style], Style]:
    names = [_REVERSED[number] for number in dict.fromkeys(numbers) if number in _REVERSED] or [*_REVERSED.values()]
    return lambda style: style.replace(**{name: not getattr(style, name) for name in names})


_STYLE, _TEXT = itemgetter(0), itemgetter(1)
_PACKED: dict[Style, int] = {}


def _packed(style: Style) -> int:
    """Return a style of bittty's as one number."""
    known = _PACKED.get(style)
    if known is None:
        if len(_PACKED) > 4096:
            _PACKED.clear()
        known = sum(bit for name, bit in _ATTRIBUTES if getattr(style, name))
        known = with_background(with_foreground(known, _color(style.fg)), _color(style.bg))
        _PACKED[style] = known
    return known


def _color(color: Color | None) -> int:
    if color is None or color.mode == "default" or color.value is None:
        return 0
    if isinstance(color.value, tuple):
        red, green, blue = (int(value) & 255 for value in color.value)
        return RGB | red << 16 | green << 8 | blue
    return (int(color.value) & 255) + 1


def _row(cells: Sequence[tuple[Any, str]]) -> Row:
    texts = "".join(map(_TEXT, cells))
    # By identity: comparing two styles takes longer than all the rest.
    kinds = [*map(id, map(_STYLE, cells))]
    starts: list[Run] = []
    place = 0
    for _, same in groupby(kinds):
        packed = _packed(cells[place][0])
        if not starts or packed != starts[-1][1]:
            starts.append((place, packed))
        place += len([*same])
    if len(texts) == len(cells) and texts.isascii() and texts.isprintable():
        return trimmed(texts, starts)
    return row_by_cells([*map(_TEXT, cells)], starts)
