"""vim over a real SSH server, in a terminal tab of a real terminal of 80 columns and 24 rows."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.parts import requires
from tests.support.sshd import running_sshd
from tests.support.tmux import environment, terminal


def test_vim_edits_a_file_over_sshd(tmp_path: Path) -> None:
    vim = requires("vim")
    home = tmp_path / "home"
    (home / ".ssh").mkdir(mode=0o700, parents=True)
    (home / ".profile").write_text("PS1='there> '\n")
    there = tmp_path / "there"
    there.mkdir()
    (there / "notes.txt").write_text("first\nsecond\n")
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
            t.resize(80, 30)
            t.wait(lambda rows: sum(row.startswith("~") for row in rows) == 24)
            t.text(":wq")
            t.keys("Enter")
            t.wait_for(lambda: (there / "notes.txt").read_text() == "first\n2nd\nthird, by vim\n", "what vim wrote")
            t.wait(lambda rows: any(row == "there>" for row in rows[2:]))
            assert logins == 1, "the terminal has the session's connection"
            t.keys("C-]", "x")
            t.wait("[127.0.0.1]: PS(demo)")
