"""One line on five real SSH servers, in a real terminal: slow, refusing, asking, dying half-way, with other output."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.sshd import DEMO, Sshd, make_home, running_sshd
from tests.support.tmux import environment, terminal

LINE = "Get-Content answer.txt; if (Test-Path wait) { Start-Sleep 100 }"


def _server(folder: Path, name: str, stack: contextlib.ExitStack, keys: Path | None, **options: str) -> Sshd:
    """Return a server whose endpoint begins in a folder with an answer of its own."""
    home = folder / f"home-{name}"
    home.mkdir()
    (home / "answer.txt").write_text("one\n2\n" if name == "other" else "one\ntwo\n")
    if keys is not None:
        shutil.copytree(keys, folder / name, ignore=shutil.ignore_patterns("log", "subsystem*", "sshd_config"))
    wait = f"while [ ! -e {home}/go ]; do sleep 0.05; done;" if name == "slow" else ""
    script = f"{wait} export HOME={home}; {DEMO}"
    more = "AllowUsers nobody-here\n" if name == "refusing" else ""
    return stack.enter_context(running_sshd(folder / name, subsystems={"powershell": script}, more_config=more))


def test_five_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("slow", "refusing", "asking", "dying", "other")
    with contextlib.ExitStack() as stack:
        servers: dict[str, Sshd] = {}
        for name in names:
            servers[name] = _server(tmp_path, name, stack, servers["slow"].folder if servers else None)
        (tmp_path / "home-dying" / "wait").touch()
        known = "".join(server.known_hosts_line for name, server in servers.items() if name != "asking")
        make_home(tmp_path / "client", monkeypatch, known)
        rows = [
            "[groups.Five]",
            f'key_file_path = "{servers["slow"].user_key}"',
            f'user_name = "{servers["slow"].user}"',
        ]
        for name, server in servers.items():
            rows += [f"[hosts.{name}]", f'host_name = "127.0.0.1:{server.port}"', 'group = "Five"']
        file = tmp_path / "profiles.toml"
        file.write_text("\n".join([*rows, ""]))
        start = [sys.executable, "-m", "pstui.tui.cli.main", "--config", str(file)]
        with terminal(start, environment(tmp_path / "client"), tmp_path, columns=110, rows=34) as t:
            t.wait("▾ Five")
            t.keys("Down")
            t.keys("Space", "x")
            t.wait("One line on 5 hosts")
            t.line(LINE)
            t.wait("1 asking")
            t.wait("✓ 1 host  ▸ other")
            t.line("yes")  # the key of a host that is not known yet
            t.wait("1 running")
            servers["dying"].kill_subsystems()
            t.wait("ended the session")
            (tmp_path / "home-slow" / "go").touch()
            t.wait("2 hosts  ▸ slow, asking")
            t.wait("3 done   2 failed")
            screen = "\n".join(t.screen())
            assert "✓ 1 differs  ▸ other" in screen and "refusing" in screen and "dying" in screen
            t.keys("Home", "Down")
            t.wait("the difference to the answer of 2 hosts")
            assert {"-two", "+2"} <= {row.strip("│ ") for row in t.screen()}
            t.keys("Enter")
            t.wait(lambda rows: not any("the difference" in row for row in rows))
            (tmp_path / "home-dying" / "wait").unlink()
            t.text("r")
            t.wait("4 done   1 failed")
            t.wait("3 hosts  ▸ slow, asking, dying")
            t.text("x")
            t.wait("a new file")
            t.line(str(tmp_path / "answers.json"))
            t.wait("was written")
            found = {
                one["host"]: (one["state"], one["output"])
                for one in json.loads((tmp_path / "answers.json").read_text())
            }
            assert found["dying"] == ("done", "one\ntwo") and found["other"] == ("done", "one\n2")
            assert found["refusing"][0] == "failed"
            t.keys("Home", "Down")
            t.wait("▶ ✓ 1 differs")
            t.text("o")
            t.wait("with the same session")
            t.keys("Escape")
            t.wait("PS(demo)")
