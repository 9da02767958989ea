"""vim over a real SSH server, in a terminal tab of a real terminal of 80 columns and 24 rows."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from tests.support.parts import requires
from tests.support.sshd import running_sshd
from tests.support.tmux import ScreenTimeout, Terminal, environment, terminal


def click(t: Terminal, column: int, row: int) -> None:
    """Press the mouse at a cell, counted from 1, and let it go, as a terminal tells of it."""
    t.text(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")


def test_vim_edits_a_file_over_sshd(tmp_path: Path) -> None:
    vim, less = requires("vim"), requires("less")
    home = tmp_path / "home"
    (home / ".ssh").mkdir(mode=0o700, parents=True)
    (home / ".profile").write_text("PS1='there> '\n")
    there = tmp_path / "there"
    there.mkdir()
    (there / "notes.txt").write_text("first\nsecond\n")
    (there / "numbers").write_text("".join(f"line {number}\n" for number in range(1, 201)))
    with running_sshd(tmp_path / "sshd", more_config=f"SetEnv HOME={home} SHELL=/bin/sh") as server:
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
        (home / ".ssh" / "config").write_text("HashKnownHosts no\n")
        argv = [sys.executable, "-m", "pstui.tui.cli.main", "Enter-PSSession", "-HostName", f"{server.user}@127.0.0.1"]
        argv += ["-Port", str(server.port), "-KeyFilePath", str(server.user_key)]
        with terminal(argv, environment(home), home, 80, 24) as t:
            t.wait("PS(demo)")
            t.line(f"Set-Location {there}")
            at_prompt = f"{there}>"
            t.wait(lambda rows: at_prompt in "".join(row.strip() for row in rows))
            t.keys("C-]", "x")
            t.wait(lambda rows: rows[1] == "there>")
            logins = server.log.count("Accepted publickey")
            t.line(f"{vim} -u NONE -N notes.txt")
            rows = t.wait(lambda rows: any(row.startswith("~") for row in rows))
            assert rows[1:3] == ["first", "second"]
            assert "2L," in rows[22] or "2 lines" in rows[22], "the last row of the screen is vim's"
            t.keys("G")
            t.text("o")
            t.text("third, by vim")
            t.keys("Escape")
            t.text(":%s/second/2nd/")
            t.keys("Enter")
            t.wait("2nd")
            t.text(":set mouse=a ttymouse=sgr")
            t.keys("Enter")
            click(t, 1, 3)
            t.text("x")  # where the mouse has put the cursor
            t.wait(lambda rows: rows[2] == "nd")
            t.resize(80, 30)
            t.wait(lambda rows: sum(row.startswith("~") for row in rows) == 24)
            t.text(":wq")
            t.keys("Enter")
            t.wait_for(lambda: (there / "notes.txt").read_text() == "first\nnd\nthird, by vim\n", "what vim wrote")
            t.wait(lambda rows: any(row == "there>" for row in rows[2:]))
            for option in ("--mouse", ""):  # without it the wheel turns as arrow keys
                t.line(f"{less} {option} numbers")
                t.wait(lambda rows: rows[1] == "line 1" and "numbers" in rows)
                turned = 0
                while t.screen()[1] == "line 1" and turned < 5:  # what tmux types in two pieces is no mouse
                    turned += 1
                    t.text("\x1b[<65;5;5M")
                    with suppress(ScreenTimeout):
                        t.wait(lambda rows: rows[1] != "line 1", seconds=4)
                assert 2 <= int(t.screen()[1].removeprefix("line ")) <= 1 + 3 * turned
                t.text("q")
                t.wait(lambda rows: any(row == "there>" for row in rows[2:]))
            assert logins == 1, "the terminal has the session's connection"
            t.keys("C-]", "x")
            t.wait("[127.0.0.1]: PS(demo)")
