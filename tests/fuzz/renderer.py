"""What a far end writes: nothing of it steers a terminal, however it is cut."""

from __future__ import annotations

import unicodedata

from pstui.backends.records import Write
from pstui.tui.plain import plain, plain_lines
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.wrap import WrapIndex

SEEDS = [
    b"\x1b[31;1mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://x\x1b\\link",
    b"\xc2\x9b31m\xc2\x9d0;x\xc2\x9c a\tb\rc\b\bd\n",
    "e\u0301👩\u200d👧\u202e\u200b\ud7ff日".encode(),
    b"\x1bP+q\x1b\\ \x1b_x\x1b\\ \x1b[5G\x1b[K\x1b[2C",
]


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    buffer = TextBuffer()
    index = WrapIndex(buffer, 20)
    for start in range(0, len(text), 11):
        buffer.write(Write(text[start : start + 11], newline=start % 3 == 0))
        index.sync()
    shown = [buffer.text(number) for number in range(buffer.line_count)]
    for line in (*shown, plain(text), *plain_lines(text).split("\n")):
        odd = [char for char in line if unicodedata.category(char) in ("Cc", "Cs") or "\u202a" <= char <= "\u202e"]
        assert not odd, odd
