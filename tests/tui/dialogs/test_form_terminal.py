"""The form of a host and the list of Go in a real terminal: keys that come in one read, and those of a quick hand."""

from __future__ import annotations

import sys
import time
import tomllib
from pathlib import Path

from tests.support.tmux import environment, terminal

FILE = '[hosts.web1]\ncomputer_name = "web1"\n'
#: seconds between the keys of a quick hand
QUICK = 0.08


def test_keys_belong_to_the_form_or_list_that_the_first_of_them_opens(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)
    start = [sys.executable, "-m", "pstui.tui.cli.main", "--config", str(file)]
    with terminal(start, environment(tmp_path), tmp_path, 100, 30) as person:
        person.wait("○ web1")
        person.bytes(b"adb1")
        person.wait(lambda rows: any("HostName" in row and "db1" in row for row in rows))
        assert file.read_text() == FILE, "the d was no delete"
        person.keys("Escape")
        person.wait("neither saved nor used")
        person.keys("Enter")
        person.wait(lambda rows: not any("HostName" in row for row in rows))

        for key in ("F2", *"host", "Tab", "C-s", "C-u", *"web2", "Enter"):
            person.keys(key)
            time.sleep(QUICK)  # the very input: a hand that waits for nothing
        person.wait("web2 was saved to")
        person.keys("Escape")
        person.wait("○ web2")
        assert tomllib.loads(file.read_text())["hosts"]["web2"] == {"host_name": "host"}
        assert "1 " not in person.screen()[0], "nothing was connected to"

        person.bytes(b"\x1bOQroot@host\x13web3\r")
        person.wait("web3 was saved to")
        person.keys("Escape")
        person.keys("F6")
        person.wait("○ web3")
        person.keys("M-x")
        person.wait("Enter goes")
        person.text("web")
        person.wait("▶ ○ web")
        person.keys("F1")
        person.wait("In the list of Go")
        person.text("saves")
        person.wait(lambda rows: not any("scroll what was" in row for row in rows))
