"""Rows of keys, columns and titles: what does not fit is left out whole or told by an ellipsis."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.app import PstuiApp
from pstui.tui.cut import column
from pstui.tui.dialogs.command_help import broken
from pstui.tui.dialogs.credential_list import CredentialsScreen
from pstui.tui.dialogs.forward_list import ForwardsScreen
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.dialogs.session_list import SessionsScreen
from pstui.tui.fanout.screen import FanOutScreen
from pstui.tui.key_row import KeyRow, fitting, key_at, wrapped
from pstui.tui.pane.state import PaneState
from pstui.tui.runbooks.screens import RunbooksScreen
from pstui.tui.title import short
from textual.content import Content

from tests.support.paths import ROOT
from tests.support.pilot import screen

KEYS_OF_GO = "Enter goes   ↑ ↓ choose   Tab form   Ctrl+S saves   F1 help   Esc closes"
KEYS = "Enter to its command   c copies this error   PgUp, PgDn scroll   Esc closes"


def test_a_row_of_keys_leaves_out_whole_keys_and_keeps_the_one_that_closes() -> None:
    assert fitting(KEYS, 80) == KEYS
    assert fitting(KEYS, 74) == "Enter to its command   c copies this error   Esc closes"
    assert fitting(KEYS, 5) == "Esc closes"
    assert fitting("a one  b two  Esc", 12) == "a one  Esc", "the gap that the row has"


def test_keys_wrap_between_a_key_and_the_next_never_before_its_word() -> None:
    hints = [Content(text) for text in ("Enter runs it here", "Ctrl+P preview", "Esc cancels")]
    assert wrapped(hints, 40).plain == "Enter runs it here   Ctrl+P preview\nEsc cancels"
    assert wrapped(hints, 10).plain == "Enter runs it here\nCtrl+P preview\nEsc cancels"


def test_the_buttons_of_every_list_fit_80_columns() -> None:
    for kind in (CredentialsScreen, ForwardsScreen, SessionsScreen, RunbooksScreen, FanOutScreen):
        row = "".join(f"[{key}] {caption} " for key, _, caption in kind.VERBS)
        assert len(row.rstrip()) <= 76, kind.__name__


@pytest.mark.parametrize("text", ["Get-Item -Path x; Write-Output y", "\x1b[31mGet-Item\nx" * 9, "日本語" * 20])
def test_a_title_says_that_it_is_cut_and_a_column_too(text: str) -> None:
    title = short(text, 20)
    assert title.plain.endswith("…") and title.cell_length <= 20 and "\x1b" not in title.plain
    assert column(text, 9).rstrip().endswith("…")
    assert column("short", 9) == "short    "


def test_a_title_is_no_markup() -> None:
    assert short('[int]"5"; [@click=app.quit]x[/]', 60).plain == '[int]"5"; [@click=app.quit]x[/]'


def _assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    for target in node.targets:
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=True))
        yield from ((one.attr, value) for one, value in pairs if isinstance(one, ast.Attribute))


def _is_safe(value: ast.expr) -> bool:
    """Whether it is a text of ours, or Content, which is no markup."""
    if isinstance(value, ast.BinOp):
        return _is_safe(value.left)
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in ("Content", "short")
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Attribute) and value.attr == "TITLE_TEXT")


def test_no_title_is_made_of_a_text_that_would_be_read_as_markup() -> None:
    names, found = {"border_title", "border_subtitle"}, 0
    for path in sorted((ROOT / "tui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Assign):
                continue
            for name, value in _assigned(node):
                if name in names:
                    found += 1
                    assert _is_safe(value), f"{path.relative_to(ROOT)}:{node.lineno}"
    assert found > 10


def test_help_breaks_at_words_and_stands_as_deep_as_its_line() -> None:
    line = "    Get-Item [-Path] <string[]> [-Filter <string>] [-Exclude <string[]>] [<CommonParameters>]"
    rows = list(broken(line, 40))
    assert [" " * deep + part for _, part, deep in rows] == [
        "    Get-Item [-Path] <string[]> [-Filter",
        "    <string>] [-Exclude <string[]>]",
        "    [<CommonParameters>]",
    ]
    assert all(line[start : start + len(part)] == part for start, part, _ in rows)
    assert ["".join(part for _, part, _ in broken(text, 20)) for text in ("", "x" * 50)] == ["", "x" * 50]


def test_the_key_under_a_column_is_the_one_that_is_told_there() -> None:
    row = "Enter goes   ↑ ↓ choose   Ctrl+S saves   / filter   Esc closes"
    found = [key_at(row, row.index(word)) for word in ("Enter", "goes", "Ctrl", "saves", "/", "closes")]
    assert found == ["enter", "enter", "ctrl+s", "ctrl+s", "slash", "escape"]
    assert key_at(row, row.index("   ") + 1) == "" and key_at(row, 500) == ""


async def test_with_the_mouse_alone_a_list_is_opened_and_left() -> None:
    async with screen(ConnectionInfo(ParameterSet.DEMO), size=(80, 24)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.pilot.click("StatusBar .keys", offset=(11, 0))
        await s.until(lambda: isinstance(s.app.screen, CommandPalette), "the list of Go")
        row = s.app.screen.query_one(KeyRow)
        await s.pilot.click(KeyRow, offset=(fitting(KEYS_OF_GO, row.size.width).index("Esc"), 0))
        await s.until(lambda: s.app.screen is s.workspace, "the workspace")
        await s.keys("ctrl+right_square_bracket", "S")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list of sessions")
        box = s.app.screen.query_one("#sessions-box")
        await s.pilot.click("#sessions-box", offset=(box.outer_size.width - 5, box.outer_size.height - 1))
        await s.until(lambda: s.app.screen is s.workspace, "the workspace again")
        await s.keys("f10")
        await s.until(lambda: s.shows("Enter closes and quits   Esc stays"), "the question")
        await s.pilot.click(KeyRow, offset=("Enter closes and quits   Esc stays".index("Esc"), 0))
        await s.until(lambda: s.app.screen is s.workspace, "the workspace once more")


@pytest.mark.parametrize(("term", "colorterm", "few"), [("xterm", "", True), ("xterm-256color", "truecolor", False)])
def test_fields_are_underlined_where_their_ground_has_no_colour(
    term: str, colorterm: str, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLORTERM", colorterm)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert PstuiApp().has_class("-few-colors") is few
