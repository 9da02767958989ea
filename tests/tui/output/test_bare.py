"""Text for a file or a pipe."""

from __future__ import annotations

import pytest
from pstui.tui.output.bare import bare, write_bare
from pstui.tui.output.base import PORTION


@pytest.mark.parametrize(
    "text",
    ["a\0b", "x\u202ey\u2066z", "\u200b\ufeff\u00ad", "\ud83d", "a\rb\x08c\x07", "\x85", "e\u0301" * 9, "ÿ\x9fx"],
)
def test_text_stays_as_it_came(text: str) -> None:
    assert bare(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("\x1b]0;title\x07x\x1b]8;;http://a\x1b\\l\x1b]8;;\x1b\\", "xl"),
        ("\x1b[2J\x1b[1;1H\x1bc\x1b(0y", "y"),
        ("\x9b31mx\x9d0;t\x9c", "x"),
        ("\x1b]never ended\nnext\x1b", "never ended\nnext"),
    ],
)
def test_escape_sequences_do_not(text: str, left: str) -> None:
    assert bare(text) == left


def test_a_long_text_is_written_in_portions_as_in_one() -> None:
    for piece in ("ü\x1b[31mred\x1b[0m\0", "x", "\x1b]0;title\x07", "a\u202e"):
        text = piece * (3 * PORTION // len(piece) + 1)
        parts: list[str] = []
        write_bare(text, parts.append)
        assert len(parts) > 2 and "".join(parts) == bare(text)
