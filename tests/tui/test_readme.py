"""What the README tells a new user is true: the three steps. What it says to type is in ``test_documents.py``."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.tmux import environment, terminal

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_fits_two_screens() -> None:
    assert len(README.splitlines()) <= 100


def test_the_three_steps_to_the_first_host(tmp_path: Path) -> None:
    steps = re.search(r"## Three steps to the first host\n(.*?)\n## ", README, re.DOTALL)
    assert steps is not None
    for words in ("**F1**", "Press **a**", "`admin@db:2222`", "`Ctrl+T`", "**i**", "**Enter** again saves", "**F2**"):
        assert words in steps[1], "the steps below are those of the README"
    file = tmp_path / "config" / "pstui" / "profiles.toml"
    with terminal([sys.executable, "-m", "pstui.tui.cli.main"], environment(tmp_path), tmp_path, 100, 30) as person:
        person.wait("a adds a host")
        person.keys("F1")
        person.wait("In the sidebar")
        person.keys("Escape")
        person.wait(lambda rows: not any("In the sidebar" in row for row in rows))
        person.text("a")
        person.text("admin@db:2222")
        person.wait("Enter-PSSession -HostName admin@db:2222")
        person.keys("Enter")
        person.wait("Name                   db")
        person.keys("Enter")
        person.wait("○ db")
        assert tomllib.loads(file.read_text()) == {"hosts": {"db": {"host_name": "admin@db:2222"}}}
        person.keys("F2")
        person.wait("Enter goes")
        person.text("d")
        person.wait("▶ ○ db")
        person.keys("Enter")
        person.wait(lambda rows: "1 db" in rows[0])
