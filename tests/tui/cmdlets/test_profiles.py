"""Profiles named in the command bar and with -WhatIf: what they say holds there as when they are entered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError
from pstui.tui.cli.main import main
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read

from tests.support.command_bar import Bar

FILE = """
[hosts.web1]
host_name = "admin@192.0.2.1:2222"
group = "Prod/Web"
tags = ["sql"]
[hosts.web2]
computer_name = "web2.example.com"
use_ssl = true
group = "Prod"
[hosts.one]
demo = true
group = "Demo"
[hosts.two]
demo = true
group = "Demo"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def bar(file: Path) -> Bar:
    bar = Bar()
    bar.context.book = ProfileBook(read(file))
    return bar


def said(info: ConnectionInfo) -> str:
    return f"{info.profile} {info.computer_name} {info.values.get('Port', '')} {info.values.get('UseSSL', '')}".strip()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Enter-PSSession web1", "web1 192.0.2.1 2222"),
        ("Enter-PSSession WEB2", "web2 web2.example.com  True"),
        ("Enter-PSSession -HostName web1", "web1 192.0.2.1 2222"),
        ("Enter-PSSession tag:sql", "web1 192.0.2.1 2222"),
        ("Enter-PSSession web2 -Port 99", " web2 99".strip()),
        ("Enter-PSSession other", "other"),
    ],
)
async def test_enter(line: str, expected: str, bar: Bar) -> None:
    assert await bar.runner.run(line) == []
    assert said(bar.ui.infos[-1]) == expected


async def test_a_choice_of_several_cannot_be_entered_or_given_parameters(bar: Bar) -> None:
    with pytest.raises(CallError, match="2 targets where one is wanted"):
        await bar.runner.run("Enter-PSSession web*")
    with pytest.raises(CallError, match="-UseSSL cannot be used with group:Prod"):
        await bar.runner.run("New-PSSession group:Prod -UseSSL")
    with pytest.raises(CallError, match="No profile is meant by 'tag:none'"):
        await bar.runner.run("Invoke-Command tag:none { 1 }")


async def test_new_sessions_and_scripts_on_a_group(bar: Bar) -> None:
    assert await bar.runner.run("$s = New-PSSession group:Demo -Name a,b") == []
    sessions = bar.context.sessions.sessions
    assert [(each.name, each.info.profile) for each in sessions] == [("a", "one"), ("b", "two")]
    found = await bar.runner.run("Invoke-Command one,two { 'hello' }")
    assert sum("hello" in each.text for each in found) == 2
    assert sum("hello" in each.text for each in await bar.runner.run("Invoke-Command -Session $s { 'hello' }")) == 2
    await bar.context.sessions.close_all()


@pytest.mark.parametrize("cmdlet", ["New-PSSession", "Enter-PSSession", "Invoke-Command"])
def test_what_if(cmdlet: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = " -ScriptBlock { 1 }" if cmdlet == "Invoke-Command" else ""
    assert main(["--config", str(file), "--line", f"{cmdlet} web1{script}", "-WhatIf"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["Profile"], found["Values"]["Port"]) == ("web1", 2222)
    if cmdlet != "Enter-PSSession":
        assert main(["--config", str(file), "--line", f"{cmdlet} group:Prod{script}", "-WhatIf"]) == 0
        assert [one["Profile"] for one in json.loads(capsys.readouterr().out)] == ["web1", "web2"]
