"""Sequences of keys beside PSReadLine 2.4.5: the same text and cursor. The answers were recorded from PSReadLine.

Where its Windows mode differs, a row has a second answer. A key that only one of the modes knows works in both here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from pstui.backends.sessions.completion import Completion
from pstui.tui.editor.editor import EditorRow
from pstui.tui.editor.history import LineHistory
from pstui.tui.editor.mode import EditMode
from textual.app import App, ComposeResult
from textual.content import Content

LINE = 'Get-Item /etc/host-name.d | foo $env:PATH "b c"'
ROWS = "if (1) {\n  echo aa\n  echo bbbb"
BLOCK = "if (1) {\n  'x'\n}"
QUOTED = "echo \"a b\" 'c d'"
#: oldest first
HISTORY = (
    "echo one two three",
    "Get-Item /etc/hostname | Out-Null",
    "Get-Date > $null",
    QUOTED,
    "Set-Location /",
    BLOCK,
    "echo last arg1 arg2",
)
LONG = " ".join(["word"] * 60)

#: typed, keys (``=text`` types a text), text, cursor
BOTH = [
    (LINE, "ctrl+z", LINE[:-1], 46),
    (LINE, "ctrl+z ctrl+z", LINE[:-2], 45),
    (LINE, "ctrl+x ctrl+u", LINE[:-1], 46),
    (LINE, "shift+left shift+left left =Z", LINE[:44] + "Z" + LINE[44:], 45),
    (LINE, "f8", LINE, 47),
    (LINE, "home ctrl+right", LINE, 4),
    (ROWS, "home", ROWS, 19),
    (ROWS, "home home", ROWS, 0),
    (ROWS, "home end", ROWS, len(ROWS)),
    (ROWS, "home backspace", "if (1) {\n  echo aa  echo bbbb", 18),
    (ROWS, "home home end end", ROWS, len(ROWS)),
    (ROWS, "up end ctrl+k", ROWS, len(ROWS)),
    (ROWS, "up", ROWS, 18),
    (ROWS, "up up end", ROWS, len(ROWS)),
    (ROWS, "up home ctrl+k", "if (1) {\n", 9),
    (ROWS, "ctrl+u", "", 0),
    (ROWS, "ctrl+u ctrl+u", "", 0),
    (ROWS, "shift+home", ROWS, 19),
    ("", "up up", BLOCK, len(BLOCK)),
    ("echo", "up up", BLOCK, len(BLOCK)),
    ("", "up up up", "Set-Location /", 14),
    ("", "up up up up", QUOTED, len(QUOTED)),
    ("", "up up up up up", "Get-Date > $null", 16),
    ("", "up up left up", BLOCK, 9),
    ("", "up up up down", BLOCK, len(BLOCK)),
    ("draft", "up up down down", "draft", 5),
    ("echo", "f8", "echo last arg1 arg2", 4),
    ("echo", "f8 f8", QUOTED, 4),
    ("echo", "f8 f8 f8", "echo one two three", 4),
    ("echo", "f8 f8 shift+f8", "echo last arg1 arg2", 4),
    ("echo", "f8 =x", "echox last arg1 arg2", 5),
    ("Get-I", "f8", "Get-Item /etc/hostname | Out-Null", 5),
    ("Get-I", "up", "echo last arg1 arg2", 19),
    ("zzz", "f8", "zzz", 3),
    ("", "alt+less_than_sign", "echo one two three", 18),
    ("", "ctrl+r =one left =|", "echo| one two three", 5),
    ("draft", "ctrl+r =one ctrl+g", "draft", 5),
    ("draft", "ctrl+r =one escape =|", "echo |one two three", 6),
    ("", "ctrl+r =echo down", "", 0),
    ("", "ctrl+r =one home", "echo one two three", 0),
    ("", "ctrl+r =ECHO left", "echo last arg1 arg2", 0),
    ("ech", "ctrl+right", "ech", 3),
    ("ech", "end", "ech", 3),
    ("ech", "right", "echo last arg1 arg2", 19),
    ("ech", "alt+f", "echo ", 5),
    ("ech", "alt+f alt+f", "echo last ", 10),
    ("GET-D", "end", "GET-D", 5),
    ("if", "right", "if", 2),
    ("a👨\u200d👩\u200d👧b", "left left =X", "aX👨\u200d👩\u200d👧b", 2),
    ("a👨\u200d👩\u200d👧", "backspace", "a", 1),
    ("a🇩🇪b", "left backspace", "ab", 1),
    ("Q\u200bb", "backspace backspace", "Q", 1),
    (LONG, "home =INS", "INS" + LONG, 3),
    (LONG, "home home =X", "X" + LONG, 1),
    (LONG, "home end =X", LONG + "X", len(LONG) + 1),
    ("abc def", "ctrl+z", "abc de", 6),
    ("abc def", "ctrl+z ctrl+z ctrl+z", "abc ", 4),
    ("abc def", "backspace backspace ctrl+z", "abc de", 6),
    ("abc def", "home =xy ctrl+z ctrl+z ctrl+z", "abc de", 6),
    ("abc", "ctrl+z alt+z", "abc", 3),
    ("one two three four", "alt+2 left", "one two three four", 16),
    ("one two three four", "alt+1 alt+2 left", "one two three four", 6),
    ("one two three four", "alt+minus left =X", "one two three fourX", 19),
    ("one two three four", "home alt+minus left =X", "oXne two three four", 2),
    ("one two three four", "alt+3 backspace", "one two three f", 15),
    ("one two three four", "home alt+2 delete", "e two three four", 0),
    ("one two three four", "home alt+2 alt+d", " two three four", 0),
    ("ab", "alt+3 =x", "abxxx", 5),
    ("", "alt+4 up", QUOTED, len(QUOTED)),
    ("", "up up up alt+2 down", "echo last arg1 arg2", 19),
    ("", "up left up", "echo last arg1 arg2", 19),
    ("abc", "up left down", "echo last arg1 arg2", 18),
    ("foo", "home f8 =x", "xecho last arg1 arg2", 1),
    (ROWS, "f8", ROWS, 18),
    (ROWS, "left up", ROWS, 18),
    ("if (1) {\n  aa\n}", "up up down", "if (1) {\n  aa\n}", 13),
    (ROWS, "up end shift+home shift+home backspace", "", 0),
    ("abc def", "alt+minus up", "echo last arg1 arg2", 19),
    ("abc def", "alt+minus down", "echo last arg1 arg2", 19),
    ("abc", "left left alt+minus delete", "abc", 1),
    ("abc", "shift+left alt+minus =X", "abc", 2),
    ("a b c", "shift+left alt+2 shift+left =Z", "a Z", 3),
    ("abc def", "shift+left shift+left alt+d", "abc d", 5),
    ("abc def", "shift+left shift+left ctrl+w", "abc ef", 4),
    ("abc ", "shift+left alt+full_stop", "abcarg2 ", 7),
    ("", "end alt+1 alt+full_stop", "last", 4),
    ("", "end alt+minus alt+2 alt+full_stop", "arg1", 4),
    ("", "up up up alt+full_stop", "Set-Location /'c d'", 19),
    ("x", "alt+ctrl+y", "xlast", 5),
    ("x ", "alt+full_stop", "x arg2", 6),
]
#: typed, keys, what Emacs mode gives, what Windows mode gives
EITHER = [
    (ROWS, "ctrl+a", (ROWS, 19), (ROWS, len(ROWS))),
    (ROWS, "ctrl+a =x", ("if (1) {\n  echo aa\nx  echo bbbb", 20), ("x", 1)),
    ("a b-c", "ctrl+w", ("a ", 2), ("a b-", 4)),
    ("abc", "ctrl+z ctrl+y", None, ("abc", 3)),
    ("", "ctrl+r =echo up", (BLOCK, len(BLOCK)), None),
    ("abc", "escape =x", ("abcx", 4), ("x", 1)),
    ("abc", "ctrl+u ctrl+y", ("abc", 3), None),
]


class Owner:
    """Somebody who takes nothing."""

    def submit_line(self, line: str) -> bool:
        return False

    def submit_lines(self, lines: Sequence[str]) -> bool:
        return False

    def wants_finished_text(self) -> bool:
        return True

    def end_of_input(self) -> None: ...

    def interrupt(self, *, opening: bool = False) -> None: ...

    def clear_screen(self) -> None: ...

    def tab_pressed(self) -> None: ...

    def scroll_pages(self, pages: int) -> None: ...

    def show_aside(self, content: Content | None) -> None: ...

    async def complete(self, text: str, cursor: int) -> Completion:
        raise AssertionError


class Lone(App[None]):
    """An editor and nothing else."""

    def __init__(self, row: EditorRow) -> None:
        super().__init__()
        self.row = row

    def compose(self) -> ComposeResult:
        yield self.row


def rows(mode: EditMode) -> Iterator[tuple[str, str, tuple[str, int]]]:
    for typed, keys, text, cursor in BOTH:
        yield typed, keys, (text, cursor)
    for typed, keys, emacs, windows in EITHER:
        expected = emacs if mode is EditMode.EMACS else windows
        if expected is not None:
            yield typed, keys, expected


@pytest.mark.parametrize("mode", EditMode)
async def test_as_psreadline(mode: EditMode) -> None:
    history = LineHistory(HISTORY)
    row = EditorRow(Owner(), history)
    editor, differing = row.editor, []
    async with Lone(row).run_test(size=(100, 20)) as pilot:
        editor.edit_mode = mode
        await pilot.pause()
        for typed, keys, expected in rows(mode):
            editor.end_modes()
            editor.empty()
            history.settle()
            for character in typed:
                await editor.take_key(*(("ctrl+j", None) if character == "\n" else ("x", character)))
            for key in keys.split(" "):
                if key.startswith("="):
                    for character in key[1:]:
                        await editor.take_key("x", character)
                else:
                    await editor.take_key(key)
            if (editor.text, editor.cursor) != expected:
                differing.append((typed, keys, (editor.text, editor.cursor), expected))
    assert not differing, "\n".join(map(repr, differing))
