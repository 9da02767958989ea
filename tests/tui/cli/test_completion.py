"""Completion of the command line, in each shell that is here, and the manual page."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pstui.config.paths import profile_file
from pstui.tui.cli.args import DECLARED
from pstui.tui.cli.completion import SHELLS, candidates, script
from pstui.tui.cli.main import main
from pstui.tui.cli.manual import manual
from pstui.tui.profiles.reading import load

from tests.support.paths import ROOT

Captured = pytest.CaptureFixture[str]

PROFILES = """\
[hosts.web1]
host_name = "web1"
[hosts.both]
host_name = "both"
[vms.both]
vm_name = "both"
[hosts."my host"]
host_name = "mine"
tags = ["a tag"]
"""


@pytest.fixture
def profiles() -> None:
    file = profile_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PROFILES)


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["we"], ["web1"]),
        (["host:"], ["host:both"]),
        (["ic"], ["icm"]),
        (["--json-"], ["--json-streams"]),
        (["--input", ""], ["lines", "json", "raw"]),
        (["icm", "--in"], ["--input"]),
        (["icm", "--input", "r"], ["raw"]),
        (["icm", "-hostn"], ["-HostName"]),
        (["icm", "-Thr"], ["-ThrottleLimit"]),
        (["-UseS"], ["-UseSSL"]),
        (["-Authentication", "K"], ["Kerberos"]),
        (["icm", "-ErrorAction", "St"], ["Stop"]),
        (["completion", ""], list(SHELLS)),
        (["demo", ""], ["--stdio"]),
        (["web1", ""], ["-WhatIf"]),
        (["Enter-PSSession", "-Port", ""], []),
    ],
)
def test_what_a_word_could_be(words: list[str], found: list[str]) -> None:
    assert candidates(words) == found


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("typed", ["my", "'my h", '"my h', "my\\ h"])
def test_zsh_and_fish_hand_a_word_over_with_its_quotes(typed: str, capsys: Captured) -> None:
    assert main(["completion", "--words", "2", "--", "pstui", "icm", typed]) == 0
    assert capsys.readouterr().out == "my host\n"


def test_a_file_of_profiles_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[hosts.other]\nhost_name = "x"\n')
    assert candidates(["--config", str(tmp_path / "p.toml"), "oth"]) == ["other"]


@pytest.fixture
def listed(tmp_path: Path) -> list[str]:
    """An inventory whose program has been looked at once and is slow from now on, and a host of ssh_config."""
    rows = [{"name": "own1", "group": "Prod/Web"}, {"name": "own $(touch x)", "tags": "blue"}]
    file, program = tmp_path / "p.toml", tmp_path / "lists.py"
    program.write_text(f"print({json.dumps(rows)!r})\n")
    command = f"['{sys.executable}', '{program}']"
    file.write_text(f"[hosts.web1]\nhost_name = 'x'\n[inventory.slow]\ncommand = {command}\n")
    assert len(load(str(file)).listed) == 2
    ran = str(tmp_path / "ran")
    program.write_text(f"import pathlib, time\npathlib.Path({ran!r}).touch()\ntime.sleep(100)\n")
    (Path.home() / ".ssh").mkdir(mode=0o700, exist_ok=True)
    (Path.home() / ".ssh" / "config").write_text("Host owl *.example.com\n")
    return ["--config", str(file)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ow"], ["own1", "own $(touch x)", "owl"]),
        (["icm", "web1,ow"], ["web1,own1", "web1,own $(touch x)", "web1,owl"]),
        (["icm", "group:"], ["group:Prod", "group:Prod/Web", "group:blue"]),
        (["icm", "tag:b"], ["tag:blue"]),
        (["icm", "-ComputerName", "own1"], ["own1"]),
        (["Enter-PSSession", "-HostName", "owl"], ["owl"]),
        (["doctor", "owl"], ["owl"]),
        (["cp", "owl"], ["owl:"]),
        (["cp", "owl:/e"], []),
        (["run", "Restart-Site", "own1,ta"], ["own1,tag:Prod", "own1,tag:Prod/Web", "own1,tag:blue"]),
    ],
)
def test_hosts_of_inventories_are_known_as_they_were_last(
    words: list[str], found: list[str], listed: list[str], tmp_path: Path, capsys: Captured
) -> None:
    assert candidates([*listed, *words]) == found
    assert not (tmp_path / "ran").exists()
    if words == ["ow"]:
        assert main(["completion", "--line", f"pstui {shlex.join(listed)} ow"]) == 0
        assert r"own\ \$\(touch\ x\)" in capsys.readouterr().out, "bash runs nothing of a name"
        assert main(["completion", "--line", f'pstui {shlex.join(listed)} "ow']) == 0
        assert r"own \$(touch x)" in capsys.readouterr().out, "nor between double quotes"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``pstui`` first on the PATH."""
    script = tmp_path / "pstui"
    script.write_text(f'#!/bin/sh\ncd {ROOT}\nexec {shlex.quote(sys.executable)} -m pstui.tui.cli.main "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.mark.usefixtures("profiles", "command")
def test_bash_takes_it() -> None:
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    ask = 'for COMP_LINE; do COMP_POINT=${#COMP_LINE}; _pstui; echo "${COMPREPLY[@]}"; done'
    typed = ["pstui host:bo", "pstui icm my", "pstui icm my\\ h", "pstui icm 'my h", "pstui icm tag:a"]
    done = subprocess.run(
        ["bash", "-c", f'eval "$(pstui completion bash)"; {ask}', "bash", *typed],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    # bash keeps what is before a colon, and quotes nothing by itself
    assert (done.stdout.splitlines(), done.stderr) == (["both", "my\\ host", "my\\ host", "my host", "a\\ tag"], "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell(shell: str, capsys: Captured) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "pstui completion --" in script
    if shutil.which(shell) is not None:
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False, timeout=30)
        assert (done.returncode, done.stderr) == (0, "")


INSTALLED = {
    "bash": "share/bash-completion/completions/pstui",
    "zsh": "share/zsh/site-functions/_pstui",
    "fish": "share/fish/vendor_completions.d/pstui.fish",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_file_of_each_shell_that_the_wheel_installs(shell: str) -> None:
    assert (ROOT / INSTALLED[shell]).read_text(encoding="utf-8") == script(shell), "make share writes it anew"


def test_what_the_wheel_installs_beside_the_packages_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    places = project["tool"]["setuptools"]["data-files"]
    assert places == {
        "share/man/man1": ["docs/pstui.1"],
        **{file.rpartition("/")[0]: [file] for file in INSTALLED.values()},
    }


@pytest.mark.usefixtures("profiles", "command")
def test_zsh_completes_by_the_file_at_the_first_tab() -> None:
    """As compinit loads it: by its name from $fpath, its body being the function."""
    if shutil.which("zsh") is None:
        pytest.skip("no zsh here")
    ask = "compadd() { print -rl -- ${(P)argv[-1]}; }; CURRENT=2; words=(pstui host:bo); autoload -Uz _pstui; _pstui"
    done = subprocess.run(
        ["zsh", "-f", "-c", f"fpath=({ROOT}/share/zsh/site-functions $fpath); {ask}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("host:both\n", "")


def test_another_shell_is_refused(capsys: Captured) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err


def test_the_manual_page_has_every_option_and_is_the_one_that_is_installed(capsys: Captured) -> None:
    assert main(["man"]) == 0
    page = capsys.readouterr().out
    assert page == manual() == (ROOT / "docs/pstui.1").read_text()
    plain = page.replace(r"\-", "-")
    assert all(option.name in plain for option in DECLARED)
    if shutil.which("man") is not None:
        done = subprocess.run(
            ["man", "--warnings", "-l", "-"], input=page, capture_output=True, text=True, check=False, timeout=30
        )
        assert done.stderr == ""
