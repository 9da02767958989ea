"""The frame that is painted while Textual loads: what the terminal is sent and holds back, how it is given back."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from pstui.tui.cli.first_frame import frame_text
from pstui.tui.colors import DARK_COLORS, LIGHT_COLORS, sgr_gray
from rich.color import Color, ColorSystem

from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.tmux import environment

COLUMNS, ROWS = 80, 24
TERM = "xterm-256color"
F10 = b"\x1b[21~"
ALTERNATE, BACK = b"\x1b[?1049h", b"\x1b[?1049l"
#: what Textual asks a terminal when it takes it over
TAKEN_OVER = b"\x1b[?2026$p"


@pytest.fixture(autouse=True)
def same_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests expect is for the terminal that the program believes to have."""
    monkeypatch.setenv("TERM", TERM)
    for name in ("COLORTERM", "COLORFGBG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


def program(home: Path, *argv: str) -> PseudoTerminal:
    """Run Python on a pseudo terminal with an empty home."""
    return PseudoTerminal([sys.executable, *argv], {**environment(home), "TERM": TERM}, columns=COLUMNS, rows=ROWS)


def test_the_frame_comes_before_textual_takes_the_terminal_over_and_again_after_it(tmp_path: Path) -> None:
    with program(tmp_path, "-m", "pstui.tui.cli.main") as there:
        there.until(b"No session is open")
        there.type(F10)
        assert there.end() == 0
        frame = frame_text(COLUMNS, ROWS, None)
        assert frame.encode() in there.written
    first, _, rest = there.written.partition(BACK)
    assert first.startswith(ALTERNATE)
    assert frame.encode() in first
    assert frame.encode() in rest[: rest.index(b"No session is open")]
    assert TAKEN_OVER not in first


def test_keys_typed_into_the_frame_are_not_echoed_and_reach_the_screen(tmp_path: Path) -> None:
    with program(tmp_path, "-m", "pstui.tui.cli.main") as there:
        there.until(b" pstui")
        there.type(b"\x1bOQ" + b"root@db" + b"\x1a")
        there.until(TAKEN_OVER)
        assert b"root@db" not in there.written
        there.until(b"Enter goes")


def test_ctrl_c_in_the_frame_gives_the_terminal_back(tmp_path: Path) -> None:
    with program(tmp_path, "-c", _WAITING) as there:
        there.until(b" pstui")
        there.type(b"\x03")
        assert there.end() == 130
        assert there.written.endswith(b"\x1b[?25h" + BACK)
        assert there.attributes() == there.found


def test_a_session_connects_while_the_screen_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        port = str(server.getsockname()[1])
        with program(tmp_path, "-c", _WAITING, "-HostName", "127.0.0.1", "-UserName", "nobody", "-Port", port) as there:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(60)
                assert connection.recv(4) == b"SSH-"
            assert TAKEN_OVER not in there.written


def test_a_failure_while_loading_is_told_on_the_terminal_as_it_was(tmp_path: Path) -> None:
    with program(tmp_path, "-c", _FAILING) as there:
        assert there.end() == 70
        shown = there.written.rpartition(BACK)[2]
        assert b"pstui" in shown
        assert b"Traceback" not in shown
        assert there.attributes() == there.found


def test_after_the_screen_the_terminal_is_as_it_was_found(tmp_path: Path) -> None:
    with program(tmp_path, "-m", "pstui.tui.cli.main") as there:
        there.until(b"No session is open")
        there.type(F10)
        assert there.end() == 0
        assert there.attributes() == there.found
        assert there.written.count(ALTERNATE) == there.written.count(BACK)


def test_with_standard_error_sent_elsewhere_the_screen_is_painted_all_the_same(tmp_path: Path) -> None:
    aside = tmp_path / "errors.txt"
    with program(tmp_path, "-c", _ERRORS_ASIDE, str(aside)) as there:
        there.until(b"No session is open")
        there.type(F10)
        assert there.end() == 0
        assert there.attributes() == there.found
    assert aside.read_bytes() == b""


def test_without_colours_the_frame_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "m" not in frame_text(COLUMNS, ROWS, "dark").replace("\x1b[0m", "")


@pytest.mark.parametrize("colors", [DARK_COLORS, LIGHT_COLORS])
def test_the_frame_has_the_colours_that_textual_will_send(colors: object) -> None:
    for name in ("background", "panel", "calm"):
        color = getattr(colors, name)
        coarse = Color.parse(color).downgrade(ColorSystem.EIGHT_BIT)
        expected = ";".join(coarse.get_ansi_codes(foreground=False))
        assert sgr_gray(color, 48, {"TERM": "xterm-256color"}) == f"\x1b[{expected}m"
        fine = ";".join(Color.parse(color).get_ansi_codes())
        assert sgr_gray(color, 38, {"COLORTERM": "truecolor"}) == f"\x1b[{fine}m"
    assert sgr_gray(colors.calm, 38, {"TERM": "linux"}) == ""  # type: ignore[attr-defined]


_ERRORS_ASIDE = """
import os, sys
os.dup2(os.open(sys.argv.pop(), os.O_WRONLY | os.O_CREAT), 2)
os.execv(sys.executable, [sys.executable, "-m", "pstui.tui.cli.main"])
"""
_WAITING = """
import sys, types
class Hangs(types.ModuleType):
    def __getattr__(self, name):
        import time
        time.sleep(20)
sys.modules["pstui.tui.app"] = Hangs("pstui.tui.app")
from pstui.tui.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
_FAILING = """
import sys, types
sys.modules["pstui.tui.app"] = types.ModuleType("pstui.tui.app")
from pstui.tui.cli.main import main
sys.exit(main([]))
"""
