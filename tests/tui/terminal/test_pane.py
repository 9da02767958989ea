"""A terminal in a tab: to and fro, what runs in it, reading what it showed, and what typing ``vim`` offers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.dialogs.help import HelpScreen
from pstui.tui.pane.state import PaneState
from pstui.tui.terminal.pane import TerminalPane
from pstui.tui.workspace.kinds import terminal_of
from textual.content import Content

from tests.support.pilot import Screen, screen

DEMO = ConnectionInfo(ParameterSet.DEMO)
PREFIX = "ctrl+right_square_bracket"


@pytest.fixture(autouse=True)
def plain_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that asks with ``$`` and reads no files of anybody."""
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".profile").write_text("PS1='shell> '\n")


def there(s: Screen) -> TerminalPane:
    front = terminal_of(s.workspace.front)
    assert front is not None
    return front


@asynccontextmanager
async def opened() -> AsyncIterator[Screen]:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys(PREFIX, "x")
        await s.until(lambda: s.shows("shell>"))
        yield s


async def test_one_key_leads_there_and_back_and_a_shell_runs_there_in_the_sessions_folder(tmp_path: Path) -> None:
    (tmp_path / "a folder; $signs").mkdir()
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.run(f"Set-Location '{tmp_path}/a folder; $signs'")
        session = s.pane
        await s.keys(PREFIX, "x")
        await s.until(lambda: s.shows("shell>"))
        assert s.shows("2 demo $") and there(s).state is PaneState.BUSY
        await s.type('tty; echo $TERM; stty size; echo "in ${PWD##*/}"')
        await s.until(lambda: s.shows("xterm-256color"))
        await s.until(lambda: s.shows("in a folder; $signs") and s.shows("/dev/pts/"))
        size = there(s).screen_area.size
        await s.until(lambda: s.shows(f"{size.height} {size.width}"))
        await s.keys(PREFIX, "x")
        assert s.workspace.front is session
        terminal = s.workspace.panes[1]
        await s.keys(PREFIX, "x")
        assert s.workspace.front is terminal and len(s.workspace.panes) == 2


async def test_every_key_is_the_programs_but_one(tmp_path: Path) -> None:
    async with opened() as s:
        await s.type("stty raw -echo; cat -v")
        await s.until(lambda: "cat -v" in s.shown())
        await s.keys("f1", "ctrl+c", "f2", "tab", "alt+x", "ctrl+f", "escape", PREFIX, PREFIX)
        await s.until(lambda: s.shows("^[OP^C^[OQ"))
        await s.until(lambda: s.shows("^[x^F^[^]"))
        assert s.app.screen is s.workspace and s.workspace.front is there(s)


async def test_the_end_of_the_program_is_told_and_enter_opens_a_shell_again() -> None:
    async with opened() as s:
        await s.type("exit 3")
        await s.until(lambda: s.shows("○ The program ended with exit code 3.") and s.shows("demo $ left"))
        await s.keys("f1")
        await s.until(lambda: isinstance(s.app.screen, HelpScreen), "the keys are pstui's again")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace)
        await s.keys("enter")
        await s.until(lambda: there(s).state is PaneState.BUSY)


async def test_what_is_typed_after_the_end_is_told_of() -> None:
    async with opened() as s:
        await s.until(lambda: s.shows("Every key goes to the terminal, but Ctrl+]"))
        await s.type("exit")
        await s.until(lambda: s.shows("demo $ left") and s.shows("Enter opens a shell"))
        assert not s.shows("Every key goes to the terminal") and not s.shows("Nothing takes what is typed.")
        await s.type("echo lost", enter=False)
        await s.until(lambda: s.shows("Nothing takes what is typed."))
        await s.keys("enter")
        await s.until(lambda: there(s).state is PaneState.BUSY and s.shows("shell>"))
        assert not s.shows("Nothing takes what is typed.") and not s.shows("lost")


async def test_what_is_typed_while_it_opens_is_the_programs() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        s.burst(PREFIX, "x", *"echo $((6*7))", "enter")
        await s.until(lambda: s.shows("│42"), "the answer")


async def test_closing_asks_when_something_runs_and_a_shell_alone_is_closed(tmp_path: Path) -> None:
    async with opened() as s:
        await s.type("sleep 1000")
        await s.until(lambda: there(s).runs)
        await s.keys(PREFIX, "w")
        await s.until(lambda: s.shows("a terminal in which something may run"))
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace)
        await s.keys("ctrl+c")
        await s.until(lambda: not there(s).runs)
        await s.keys(PREFIX, "w")
        await s.until(lambda: len(s.workspace.panes) == 1)
        assert s.workspace.front is s.workspace.panes[0]


async def test_what_has_scrolled_away_is_found_selected_and_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with opened() as s:
        monkeypatch.setattr(s.app, "copy_to_clipboard", copied.append)
        await s.type("for n in $(seq 1 90); do echo number $n; done")
        await s.until(lambda: s.shows("number 90"))
        await s.keys(PREFIX, "slash")
        await s.until(lambda: s.workspace.reading.find_bar.display)
        s.burst(*"number 12")
        await s.until(lambda: s.shows("number 12"))
        await s.keys("enter")
        await s.keys("v")
        await s.until(lambda: s.shows("copy mode"))
        await s.keys("V", "y")
        await s.until(lambda: bool(copied))
        assert copied[0].strip() == "number 12"
        await s.until(lambda: there(s).transcript is None)
        await s.until(lambda: s.shows("number 90") and s.app.focused is there(s).screen_area)


async def test_the_program_goes_on_while_its_text_is_read() -> None:
    async with opened() as s:
        await s.keys(PREFIX, "left_square_bracket")
        await s.until(lambda: s.shows("copy mode"))
        await s.keys("q")
        await s.until(lambda: there(s).transcript is None)
        await s.keys(PREFIX, "left_square_bracket")
        await s.until(lambda: there(s).transcript is not None)
        there(s)._send(b"echo late; echo r\n")
        await s.keys("escape")
        await s.until(lambda: s.shows("late") and there(s).transcript is None)


@pytest.mark.parametrize(("line", "why"), [("vi x", "needs a terminal"), ("sudo id", "asks on a terminal")])
async def test_a_line_that_needs_a_terminal_is_offered_one(line: str, why: str, tmp_path: Path) -> None:
    for name in ("vi", "sudo"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\n[ -t 0 ] && echo "on a terminal: $0 $*"\nexec sleep 1000\n')
        program.chmod(0o755)
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        session = s.pane
        await s.type(f"{tmp_path}/{line}")
        await s.until(lambda: s.shows(why) and s.shows("Ctrl+] x runs it in one"))
        await s.keys(PREFIX, "x")
        await s.until(lambda: s.shows("on a terminal: "))
        assert there(s).origin.line == f"{tmp_path}/{line}"
        await s.until(lambda: session.state is PaneState.PROMPT)
        await s.keys(PREFIX, "x", PREFIX, "x")  # back, and there again: no second one is opened
        assert len(s.workspace.panes) == 2


async def test_the_palette_opens_it_too() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys("alt+x")
        await s.type("a terminal where")
        await s.until(lambda: terminal_of(s.workspace.front) is not None)
        await s.until(lambda: s.shows("shell>"))


async def test_winrm_says_that_it_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    info = ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": "web1"})
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        session = s.pane.session
        assert session is not None
        monkeypatch.setattr(session, "info", info)
        await s.keys(PREFIX, "x")
        await s.until(lambda: there(s).state is PaneState.FAILED)
        await s.until(lambda: s.shows("web1: a terminal cannot be opened") and s.shows("its protocol has no"))
        assert not s.shows("Every key goes to the terminal") and s.shows("Enter tries again")
        # what goes on stands in one row, and why it failed in several
        note = there(s).note
        note.show(Content("a terminal opens…"))
        await s.until(lambda: note.size.height == 1)
        note.show(Content("not opened\nfor this reason\nEnter tries again"))
        await s.until(lambda: s.shows("for this reason"))
