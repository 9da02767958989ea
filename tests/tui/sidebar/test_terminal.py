"""The keys of sidebar and tabs in a real terminal of 80 columns, and what a second run remembers of the first."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.tmux import Terminal, environment, terminal

FILE = """\
[settings]
restore = true

[hosts.web1]
demo = true
group = "Production"

[hosts.db]
demo = true

[hosts.wrong]
computr_name = "x"
"""


def start(file: Path) -> list[str]:
    return [sys.executable, "-m", "pstui.tui.cli.main", "--config", str(file)]


def leave(t: Terminal) -> None:
    t.keys("F10")
    t.wait("open")
    t.keys("Enter")
    assert t.wait_end() == 0


def test_sidebar_and_tabs_by_the_keys_that_every_terminal_sends(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)
    env = environment(tmp_path)
    with terminal(start(file), env, tmp_path) as t:
        t.wait("○ web1")
        t.keys("!")
        t.wait("Did you mean computer_name?")
        t.keys("Escape")
        t.wait(lambda rows: not any("Did you mean" in row for row in rows))
        t.text("/db")
        t.wait("/ db")
        t.keys("Enter")
        t.wait("[demo]: PS(demo)")
        t.keys("F6")
        t.wait("● db")
        t.text("n")
        t.wait("2 db")
        t.keys("C-]", "T")
        t.wait("Name of this tab")
        t.keys("C-u")
        t.line("second")
        t.wait("2 second")
        t.keys("C-]", "<")
        t.wait("1 second  2")
        t.keys("M-g")
        t.wait("Enter goes")
        t.line("db")
        t.wait(lambda rows: "2 db" in rows[0] and not any("Enter goes" in row for row in rows))
        t.keys("C-]", "g")
        t.wait("Enter goes")
        t.keys("Escape")
        t.wait(lambda rows: not any("Enter goes" in row for row in rows))
        t.keys("C-]", "w")
        t.wait(lambda rows: "2" not in rows[0])
        t.keys("C-]", "W")
        t.wait("2 db")
        leave(t)
    with terminal(start(file), env, tmp_path) as t:
        rows = t.wait(lambda rows: "2 db" in rows[0] and any("[demo]: PS(demo)" in row for row in rows))
        assert "1 second ○" in rows[0], "the tab behind waits until it is looked at"
        assert all(len(row) <= 80 for row in rows)
        t.keys("M-1")
        t.wait(lambda rows: "1 second" in rows[0] and "○" not in rows[0] and any("[demo]" in row for row in rows))
        leave(t)


def test_the_form_and_the_import_fit_80_columns(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)
    (tmp_path / "hosts").write_text("Host bastion\n  HostName 10.0.0.1\n")
    with terminal(start(file), environment(tmp_path), tmp_path) as t:
        t.wait("○ web1")
        t.text("/web1")
        t.wait("/ web1")
        t.keys("Escape")
        t.wait("○ db")
        t.text("e")
        t.wait("Host web1")
        t.wait("Enter saves")
        t.keys("Escape")
        t.wait(lambda rows: not any("Enter saves" in row for row in rows))
        t.text("i")
        t.wait("Import hosts")
        t.keys("C-u")
        t.line(str(tmp_path / "hosts"))
        t.wait("1 of 1 chosen")
        t.keys("Enter")
        t.wait("○ bastion")
        assert 'host_name = "bastion"' in file.read_text() and "ssh_config = " in file.read_text()
