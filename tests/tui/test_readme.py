"""What the README tells a new user is true: the three steps, and the profile file with a table of every kind."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from pstui.tui.profiles.reading import TABLES, check, read

from tests.support.paths import ROOT
from tests.support.tmux import environment, terminal

README = (ROOT / "README.md").read_text(encoding="utf-8")


def example() -> str:
    """The profile file of the README."""
    found = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_profile_file_of_the_readme_has_no_problem_and_every_kind(tmp_path: Path) -> None:
    key = Path.home() / ".ssh" / "id_ed25519"
    key.parent.mkdir()
    key.write_text("a key")
    file = tmp_path / "profiles.toml"
    file.write_text(example(), encoding="utf-8")
    (tmp_path / "team.toml").write_text("")
    assert check(str(file)) == 0
    profiles = read(file)
    infos = [profiles.connection(kind, name) for kind in TABLES for name in profiles.tables[kind]]
    assert {info.parameter_set.value for info in infos} >= {
        "SSHHost",
        "ComputerName",
        "Uri",
        "Process",
        "Demo",
        "ContainerId",
        "VMName",
    }
    tables = set(tomllib.loads(example()))
    assert tables >= {"include", "settings", "defaults", "credentials", "hosts", "containers", "vms", "keys"}
    db = profiles.connection("host", "db")
    assert (db.text("UserName"), db.settings["credential"]) == ("deploy", "deploy")


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
