"""What a program writes on a terminal: no emulator fails or stalls, however it is cut, and nothing of it gets out."""

from __future__ import annotations

import re
import time
from functools import cache

from pstui.tui.terminal.emulator import Emulator, make_emulator, names
from pstui.tui.terminal.replies import MOST, safe
from pstui.tui.transcript.render.cells import width

COLUMNS, ROWS = 40, 8
#: seconds of processor time that a slice may take: far more than it does, far less than would be felt as a stall
STALL = 0.5

#: what must not be on a screen: controls, lone surrogates, what turns the direction
ODD = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")

SEEDS = [
    b"\x1b[?1049h\x1b[2J\x1b[H\x1b[31;1mred\x1b[0m\x1b[5;10Hx\x1b[K\x1b[1;5r\x1bM\x1bM\n\n\n\x1b[?1049l",
    b"\x1b]52;c;aGVsbG8=\x07\x1b]0;rm -rf\r\x07\x1b[21t\x1b[20t\x05\x1b]52;c;?\x07\x1b[c\x1b[>c\x1b[6n\x1b[?6n",
    b"\x1b[1;1;999999;999999;1;4;7$t\x1b[1;1;9999;9999;31$r\x1b[2*x\x1b[65;1;1;99999;99999$x\x1b[1;1;99;99;1;2;2;1$v",
    b"\x1b[999999999b\x1b[99999999@\x1b[99999999P\x1b[99999999L\x1b[999999999S\x1b[9999999X\x1b['}\x1b[9999'~",
    b"\x1bP1$tdata\x1b\\\x1bP0;0;0!zAAAA\x1b\\\x1b[0*z\x1bP$qm\x1b\\\x1bP+q544e\x1b\\\x1b_Gf=100;AAAA\x1b\\\x1bPq#0~\x1b\\",
    b"\x1b[?3h\x1b[?40h\x1b[?3h\x1b[8;9999;9999t\x1b[132$|\x1b[?2l\x1bY  \x1b<\x1b[?69h\x1b[5;9s\x1b[?6h\x1b[H",
    "日本語 e\u0301👩\u200d👧\u202e\u200b\U0001f1e9\U0001f1ea\u0085\u009b31m".encode(),
    b"\x1b(0lqk\x1b(B\x0e\x0f\x1b#8\x1b#3\x1b#6\x1bH\t\x1b[3g\x1b[5i\x1b[4i\x1b[?1000;1006;2004;1004;1h\x1b=\x1b>",
    b"\x1b]" + b"A" * 300 + b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b]4;1;rgb:ff/00/00\x07\x1b]4;1;?\x07\x1bc",
]


@cache
def _emulators() -> tuple[Emulator, ...]:
    """One of each, from one input to the next: what an input leaves behind may be what the next one trips over."""
    return tuple(make_emulator(COLUMNS, ROWS, name, history=50) for name in names())


def check(data: bytes) -> None:
    for emulator in _emulators():
        size = COLUMNS, ROWS
        emulator.resize(*size)
        for number, start in enumerate(range(0, len(data), 37)):
            began = time.process_time()
            answers = emulator.feed(data[start : start + 37])
            assert time.process_time() - began < STALL, "a stall"
            assert len(answers) <= MOST and not set(answers) & set(b"\r\n\t")
            if number % 5 == 4:
                size = COLUMNS - number % 7, ROWS - number % 3
                emulator.resize(*size)
        rows = emulator.rows()
        assert len(rows) == size[1]
        for text, runs in (*rows, *emulator.history(0, emulator.history_size)):
            assert not ODD.search(text), text
            assert all(place <= len(text) for place, _ in runs)
        assert all(width(text) <= COLUMNS for text, _ in rows)
        state = emulator.state()
        assert not ODD.search(state.title) and len(state.title) <= 200
        assert state.cursor is None or (0 <= state.cursor[0] < size[0] and 0 <= state.cursor[1] < size[1])
        assert emulator.history_size <= 60
    assert safe([data]) in (b"", data)
