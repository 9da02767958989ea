"""What README and the pages say to type and to write can be typed and written: each call binds, each table is read."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.tui.cli import copy_call
from pstui.tui.cli.main import main
from pstui.tui.profiles.reading import TABLES, check, read

from tests.profile_table import Section, sections
from tests.support.documents import FOR_USERS, blocks, inline_calls, name
from tests.support.paths import ROOT

Captured = pytest.CaptureFixture[str]

#: the programs that lines of the documents begin with
PROGRAMS = {"pstui", "pipx", "pip", "make", "eval", "printf", "tar", "jq", "man"}


def example() -> str:
    """The profile file with everything: what the names in the other pages mean."""
    (found,) = (block for block in blocks(ROOT / "docs" / "profiles.md", "toml") if "include" in block)
    return found


@pytest.fixture
def home(isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with that profile file, and with the files that it and the calls name."""
    key, folder = isolated_home / ".ssh" / "id_ed25519", isolated_home / ".config" / "pstui"
    for each in (key.parent, folder):
        each.mkdir(parents=True, exist_ok=True)
    key.touch()
    (folder / "profiles.toml").write_text(example(), encoding="utf-8")
    (folder / "team.toml").write_text("")
    monkeypatch.chdir(isolated_home)
    for script in ("deploy.ps1", "jobs/nightly.ps1", folder / "runbooks" / "Web" / "Restart-Site.ps1"):
        Path(script).parent.mkdir(parents=True, exist_ok=True)
        Path(script).write_text("param($Name, $TimeoutSec)")
    Path("customer.toml").write_text('[hosts.db]\nhost_name = "db.customer.example"\n')
    return isolated_home


def lines() -> Iterator[str]:
    """Yield each line of the documents that is for a shell, without what a pipe feeds or takes."""
    for document in FOR_USERS:
        jobs = [job.split(maxsplit=5)[5] for block in blocks(document, "cron") for job in block.splitlines()]
        typed = [line for block in blocks(document, "sh") for line in block.splitlines()]
        for line in (*typed, *jobs, *inline_calls(document)):
            yield from (part.strip() for part in re.split(r"\s\|\s(?=jq|pstui|man)", line))


def calls() -> list[str]:
    return sorted({line for line in lines() if re.match(r"pstui\b", line)})


@pytest.mark.parametrize("line", calls())
def test_a_call_binds_as_a_shell_hands_it_over(capsys: Captured, home: Path, line: str) -> None:
    words = shlex.split(re.sub(r" >>? \S+$", "", line), comments=True)[1:]
    rest = words
    while rest and rest[0].startswith("--"):
        rest = rest[1:]
    match rest[:1]:
        case ["cp"]:
            assert copy_call.parse(rest[1:]) or "--help" in rest
        case ["doctor"]:
            names = [word for word in rest[1:] if word != "--report"]
            assert not names or main((*names, "-WhatIf")) == 0
        case ["completion"] | ["man"]:
            assert main(words) == 0 and capsys.readouterr().out
        case ["run"]:
            assert main(words if len(rest) <= 2 else (*words, "-WhatIf")) == 0, capsys.readouterr().err
            assert "Restart-Site" in capsys.readouterr().out
        case ["log"]:
            assert main(words) == 1, "nothing is logged here"
        case ["demo"] | [] if not {"--check", "--help", "--version"} & set(words):
            pass  # the screen, and a server: they have tests of their own
        case _ if not rest or {"--help", "-?", "--version"} & set(words):
            assert main(words) == 0 and capsys.readouterr().out
        case _:
            assert main((*words, "-WhatIf")) == 0, capsys.readouterr().err
            assert json.loads(capsys.readouterr().out)


def test_calls_are_found_with_their_quotes(capsys: Captured, home: Path) -> None:
    found = calls()
    assert len(found) >= 40
    quoted = [line for line in found if "'CONTOSO\\admin'" in line]
    assert quoted
    for line in quoted:
        assert main((*shlex.split(line, comments=True)[1:], "-WhatIf")) == 0
        assert json.loads(capsys.readouterr().out)["Values"]["Credential"] == "CONTOSO\\admin"


@pytest.mark.parametrize("document", [one for one in FOR_USERS if blocks(one, "sh")], ids=name)
def test_a_shell_understands_every_line(document: Path) -> None:
    text = "\n".join(blocks(document, "sh"))
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_line_begins_with_a_program_that_is_looked_at_by_nobody() -> None:
    assert {line.split()[0] for line in lines() if line and not line.startswith("#")} <= PROGRAMS


TOML = [(document, number, block) for document in FOR_USERS for number, block in enumerate(blocks(document, "toml"), 1)]


@pytest.mark.parametrize(
    ("document", "number", "block"), TOML, ids=[f"{name(document)}-{number}" for document, number, _ in TOML]
)
def test_a_table_is_read_without_a_problem(
    document: Path, number: int, block: str, home: Path, capsys: Captured
) -> None:
    folder = home / ".config" / "pstui"
    named = set(re.findall(r'^(?:proxy_)?credential = "(\w+)"', block, re.MULTILINE))
    more = "".join(f"[credentials.{one}]\n" for one in named - set(tomllib.loads(block).get("credentials", {})))
    file = folder / "block.toml"
    file.write_text(f"{block}\n{more}", encoding="utf-8")
    assert check(str(file)) == 0, capsys.readouterr().err


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.title)
def test_the_example_of_each_key_is_read_without_a_problem(section: Section, home: Path) -> None:
    file = home / ".config" / "pstui" / "row.toml"
    for row in section.rows:
        named = re.search(r'^(?:proxy_)?credential = "(\w+)"', row.example)
        file.write_text(f"{row.file}[credentials.{named[1]}]\n" if named else row.file, encoding="utf-8")
        assert read(file).configuration.problems == (), row.key


def test_the_profile_file_with_everything_has_every_kind(home: Path) -> None:
    file = home / ".config" / "pstui" / "profiles.toml"
    assert check(str(file)) == 0
    profiles = read(file)
    infos = [profiles.connection(kind, each) for kind in TABLES for each in profiles.tables[kind]]
    sets = {"SSHHost", "ComputerName", "Uri", "Process", "Demo", "ContainerId", "VMName"}
    assert {info.parameter_set.value for info in infos} >= sets
    tables = {"include", "settings", "defaults", "groups", "tags", "credentials", "hosts", "containers", "vms", "keys"}
    assert set(tomllib.loads(example())) >= tables
    db = profiles.connection("host", "db")
    assert (db.text("UserName"), db.settings["credential"]) == ("deploy", "deploy")
