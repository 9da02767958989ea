"""Targets of ``pstui icm`` by name: profiles, groups, tags, wildcards; and answers that are gathered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pstui.backends.records import Stream, Write
from pstui.tui.cli import invoke
from pstui.tui.cli.completion import candidates
from pstui.tui.cli.gathered import Gathering
from pstui.tui.cli.main import main
from pstui.tui.cli.run import Invocation

from tests.support.cli_far_end import Manager, invoke_on
from tests.support.nobody import NobodyConsole

Captured = pytest.CaptureFixture[str]
Targets = Callable[..., list[str]]
Asked = list[Invocation]

FILE = """
[hosts.web1]
host_name = "admin@192.0.2.1"
port = 2222
group = "Prod/Web"
tags = ["sql", "Blue"]
[hosts.web2]
host_name = "192.0.2.2"
group = "Prod/Web/Old"
[hosts.db]
computer_name = "db.example.com"
use_ssl = true
credential = "ops"
group = "Prod"
tags = ["SQL"]
[containers.api]
container_id = "api"
group = "Production"
[credentials.ops]
user_name = "ops"
"""


@pytest.fixture
def asked() -> Asked:
    """What calls of ``targets`` have asked for."""
    return []


@pytest.fixture
def targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: Asked) -> Targets:
    """Gives where a call leads; nothing runs."""
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)
    found = asked

    def record(invocation: Invocation, **_: object) -> int:
        found.append(invocation)
        return 0

    monkeypatch.setattr(invoke, "run", record)

    def called(*words: str) -> list[str]:
        before = [] if words[0] == "--line" else ["icm"]
        assert main(["--config", str(file), *before, *words]) == 0
        return [info.profile or info.computer_name for info in found[-1].infos]

    return called


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web1", ["web1"]),
        ("WEB1", ["web1"]),
        ("host:web1", ["web1"]),
        ("container:api", ["api"]),
        ("web1,db", ["web1", "db"]),
        ("db, web1", ["db", "web1"]),
        ("web1,web1,host:web1", ["web1"]),
        ("group:Prod/Web", ["web1", "web2"]),
        ("group:prod/web/", ["web1", "web2"]),
        ("group:Prod", ["web1", "web2", "db"]),
        ("group:Prod*", ["web1", "web2", "db", "api"]),
        ("group:*/Old", ["web2"]),
        ("tag:sql", ["web1", "db"]),
        ("tag:b*", ["web1"]),
        ("web*", ["web1", "web2"]),
        ("web[2-9],tag:sql", ["web2", "web1", "db"]),
        ("*", ["web1", "web2", "db", "api"]),
        ("host:*", ["web1", "web2", "db"]),
        ("root@192.0.2.9:23,web?", ["192.0.2.9", "web1", "web2"]),
        ("other.example.com,db", ["other.example.com", "db"]),
        ("*,!web1,!tag:SQL", ["web2", "api"]),
        ("!group:Prod/Web,group:Prod", ["db"]),
    ],
)
def test_names_lead_to_targets(text: str, names: list[str], targets: Targets) -> None:
    assert targets(text, "-ScriptBlock", "1") == names
    assert targets(text, "-FilePath", __file__) == names, "whatever else of the script is given"


def test_what_the_profile_says_holds(targets: Targets, capsys: Captured, tmp_path: Path) -> None:
    words = ["--config", str(tmp_path / "profiles.toml"), "icm", "tag:sql", "-ScriptBlock", "1", "-WhatIf"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert '"Port": 2222' in out and '"UserName": "admin"' in out
    assert '"UseSSL": true' in out and '"Credential": "ops"' in out


def test_a_computer_with_parameters_is_bound_as_in_powershell(targets: Targets) -> None:
    assert targets("web1", "-Port", "5986", "-UseSSL", "-ScriptBlock", "1") == ["web1"]
    assert targets("-ComputerName", "web1", "-ScriptBlock", "1") == ["web1"]


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("web1", ["web1 by SSHHost"]),
        ("WEB1", ["web1 by SSHHost"]),
        ("-ComputerName web1,other,db", ["web1 by SSHHost", " other by ComputerName", "db by ComputerName"]),
        ("-HostName web1,other", ["web1 by SSHHost", " other by SSHHost"]),
        ("-HostName db", [" db by SSHHost"]),
        ("-HostName group:Prod/Web,root@web1", ["web1 by SSHHost", "web2 by SSHHost", " web1 by SSHHost"]),
        ("tag:sql", ["web1 by SSHHost", "db by ComputerName"]),
        ("-ComputerName 'web*'", ["web1 by SSHHost", "web2 by SSHHost"]),
        ("web", [" web by ComputerName"]),
        ("-ComputerName web1 -Port 5986", [" web1 by ComputerName"]),
        ("-HostName web1 -UserName me", [" web1 by SSHHost"]),
        ("-HostName '[::1]'", [" [::1] by SSHHost"]),
    ],
)
def test_names_count_in_parameters_and_in_a_line(call: str, names: list[str], targets: Targets, asked: Asked) -> None:
    targets("--line", f"icm {call} {{ 1 }}")
    infos = asked[-1].infos
    assert [f"{info.profile or ' ' + info.computer_name} by {info.parameter_set.value}" for info in infos] == names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["group:Nowhere", "-ScriptBlock", "1"], "No profile is meant by 'group:Nowhere'"),
        (["tag:", "-ScriptBlock", "1"], "No profile is meant by 'tag:'"),
        (["web1,,db", "-ScriptBlock", "1"], "nothing between two commas"),
        (["!web1", "-ScriptBlock", "1"], "No target is left"),
        (["web1,!web*", "-ScriptBlock", "1"], "No target is left"),
        (["web1,!nosuch*", "-ScriptBlock", "1"], "No profile is meant by 'nosuch*'"),
        (["tag:sql", "-Port", "5", "-ScriptBlock", "1"], "-Port cannot be used with tag:sql"),
        (["host:no", "-ScriptBlock", "1"], "There is no saved host named 'no'"),
        (["--group", "--json", "tag:sql", "-ScriptBlock", "1"], "--group goes with text"),
    ],
)
@pytest.mark.usefixtures("targets")
def test_what_means_nothing_is_refused(words: list[str], said: str, tmp_path: Path, capsys: Captured) -> None:
    assert main(["--config", str(tmp_path / "profiles.toml"), "icm", *words]) == 2
    assert said in capsys.readouterr().err


ROWS = """name,host_name,computer_name,group,tags,use_ssl
r1,192.0.2.7,,Prod/Web,blue,
r2,,win.example.com,Prod,"sql,blue",true
same,192.0.2.1,,Prod/Web,,
db,192.0.2.8,,,,
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("r1", ["192.0.2.7 by SSHHost"]),
        ("R2", ["win.example.com by ComputerName"]),
        ("r1,web1", ["192.0.2.7 by SSHHost", "web1 by SSHHost"]),
        ("db", ["db by ComputerName"]),  # a profile comes first
        ("tag:sql", ["web1 by SSHHost", "db by ComputerName", "win.example.com by ComputerName"]),
        ("tag:blu*", ["web1 by SSHHost", "192.0.2.7 by SSHHost", "win.example.com by ComputerName"]),
        # what leads to the same place as a profile of the choice is that profile
        ("group:Prod/Web", ["web1 by SSHHost", "web2 by SSHHost", "192.0.2.7 by SSHHost"]),
        ("r?", ["192.0.2.7 by SSHHost", "win.example.com by ComputerName"]),
        ("-HostName r1,r2", ["192.0.2.7 by SSHHost", "r2 by SSHHost"]),
        ("-ComputerName r2", ["win.example.com by ComputerName"]),
        ("-ComputerName r2 -Port 5986", ["r2 by ComputerName"]),
        ("list1", ["list1 by SSHHost"]),
        ("nosuch", ["nosuch by ComputerName"]),
    ],
)
def test_hosts_of_inventories_are_targets(
    text: str, names: list[str], targets: Targets, tmp_path: Path, asked: Asked, capsys: Captured
) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "list").write_text("Host list1\n  HostName 192.0.2.9\n")
    with (tmp_path / "profiles.toml").open("a") as file:
        file.write(
            "[inventory.rows]\ncsv = 'rows.csv'\n[inventory.list]\nssh_config = 'list'\n"
            "[inventory.gone]\ncsv = 'gone.csv'\n"
        )
    targets(*text.split(), "-ScriptBlock", "1")
    infos = asked[-1].infos
    assert [f"{info.profile or info.computer_name} by {info.parameter_set.value}" for info in infos] == names
    assert ("gone.csv cannot be read" in capsys.readouterr().err) is (text != "db" and "Port" not in text)


def test_profiles_alone_ask_no_inventory(targets: Targets, tmp_path: Path, capsys: Captured) -> None:
    with (tmp_path / "profiles.toml").open("a") as file:
        file.write("[inventory.gone]\ncsv = 'gone.csv'\n")
    assert targets("web1,host:db", "-ScriptBlock", "1") == ["web1", "db"]
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("targets")
def test_completion_knows_groups_and_tags(tmp_path: Path) -> None:
    config = ["--config", str(tmp_path / "profiles.toml"), "icm"]
    assert candidates([*config, "group:Prod/"]) == ["group:Prod/Web", "group:Prod/Web/Old"]
    assert candidates([*config, "tag:"]) == ["tag:sql", "tag:Blue", "tag:SQL"]
    assert candidates([*config, "db,we"]) == ["db,web1", "db,web2"]
    assert "-HostName" in candidates([*config, "-"])


def gathered(texts: dict[str, str], *, diff: bool = False) -> list[str]:
    console = NobodyConsole()
    gathering = Gathering(console, diff=diff)
    for name, text in texts.items():
        one = gathering.of(name)
        for line in text.splitlines():
            one.write(Write(line))
        one.write(Write("aside", stream=Stream.ERROR))
        one.finish()
    assert [write.text for write in console.writes] == ["aside"] * len(texts), "errors do not wait"
    del console.writes[:]
    gathering.finish()
    return [write.text for write in console.writes]


RULE = "-" * 15


async def test_equal_answers_are_told_once_the_most_first() -> None:
    texts = {"c": "5\n6", "a": "4", "b": "4", "d": ""}
    assert gathered(texts) == [RULE, "a,b (2)", RULE, "4", RULE, "c", RULE, "5", "6"]
    texts = {"a": "\x1b[32m4\x1b[0m", "b": "4", "c": "4 "}
    assert gathered(texts) == [RULE, "a,b (2)", RULE, texts["a"], RULE, "c", RULE, "4 "], "blanks count, colours do not"


async def test_what_is_gathered_of_a_flood_is_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.tui.cli.gathered.MAX_KEPT", 5)
    console = NobodyConsole()
    gathering = Gathering(console)
    one = gathering.of("a")
    for _ in range(3):
        one.write(Write("xy"))
    one.finish()
    gathering.finish()
    assert [write.text for write in console.writes] == [
        *("pstui: a: 4 more characters were left out", RULE, "a", RULE, "xy", "xy"),
    ]


async def test_what_differs_from_the_most() -> None:
    texts = {"a": "1\n2\n3", "b": "1\n2\n3", "c": "1\n9\n3"}
    assert gathered(texts, diff=True) == [
        *(RULE, "a,b (2)", RULE, "1", "2", "3"),
        *("--- a,b (2)", "+++ c", "@@ -1,3 +1,3 @@", " 1", "-2", "+9", " 3"),
    ]


def test_a_gathered_run_says_how_many_failed(capfd: Captured) -> None:
    assert invoke_on(["a", "b", "c", "a"], "say x", Manager({"b": "no"}), gather="group") == 3
    out, err = capfd.readouterr()
    assert out.splitlines() == [RULE, "a,c,a #2 (3)", RULE, "x"]
    assert err.splitlines()[-1] == "pstui: 1 of 4 targets failed, 1 without a session"
    assert invoke_on(["a", "b"], "say x", Manager(), gather="group") == 0
    assert capfd.readouterr().err == ""
    assert invoke_on(["a", "b"], "exit 3", Manager(), gather="group", exit_code=True) == 3
    assert capfd.readouterr().err == "pstui: 2 of 2 targets failed\n", "3 is the far end's own code"
