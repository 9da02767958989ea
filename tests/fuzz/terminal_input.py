"""What a terminal sends: keys and pastes, and nothing of a paste is a key."""

from __future__ import annotations

from pstui.tui.mends.xterm_parser import PASTE_BEGINS, PASTE_ENDS, MendedParser
from pstui.tui.typed import Typed
from textual import events

SEEDS = [
    b"abc\r\x1b[A\x1bOP\x1b[1;5D\x1b",
    b"\x1b[200~line\rtwo\x1b[A\x1b[201~x",
    b"\x1b[<0;10;5M\x1b[?2026;2$y\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1b[97;5u\x1b[27;2;13~\xc3\xa9",
]


def check(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for message in MendedParser().feed(text):
        assert not isinstance(message, events.Paste) or "\0" not in message.text
    inside = text.replace(PASTE_ENDS, "").replace("\x1b[201", "")
    found = list(MendedParser().feed(f"{PASTE_BEGINS}{inside}{PASTE_ENDS}"))
    assert not [message for message in found if isinstance(message, events.Key | Typed)], "a paste pressed a key"
