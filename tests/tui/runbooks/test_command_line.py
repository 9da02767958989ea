"""``pstui run``: a runbook without the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from pstui.tui.cli import invoke
from pstui.tui.cli.main import main
from pstui.tui.cli.run import Invocation
from pstui.tui.cli.target import Script

from tests.support.nobody import NobodyConsole
from tests.support.param_blocks import param_blocks

Captured = pytest.CaptureFixture[str]
Call = Callable[..., int]

FILE = """
[credentials.ops]
user_name = "ops"
password = { env = "OPS_WORD" }
[hosts.web1]
host_name = "192.0.2.1"
group = "Prod"
[hosts.web2]
host_name = "192.0.2.2"
group = "Prod"
guard = "confirm"
"""


@pytest.fixture
def asked() -> list[Invocation]:
    """What would have run."""
    return []


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[Invocation]) -> Call:
    """Calls pstui run; nothing is opened."""
    monkeypatch.setenv("OPS_WORD", "Kx1!")
    (tmp_path / "runbooks").mkdir()
    for name, title in (("old", "help from comments"), ("sets", "two sets"), ("web", "a real one")):
        (tmp_path / "runbooks" / f"{name}.ps1").write_text(param_blocks()[title], encoding="utf-8-sig")
    (tmp_path / "runbooks" / "icm.ps1").write_text("param($n)\nInvoke-Command $x { $using:n }")
    (tmp_path / "runbooks" / "remove.ps1").write_text("Remove-Item C:\\x")
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)

    def record(invocation: Invocation, **_: object) -> int:
        asked.append(invocation)
        return 0

    monkeypatch.setattr(invoke, "run", record)
    return lambda *words: main(["--config", str(file), "run", *words])


def prepared(invocation: Invocation) -> Script:
    assert invocation.prepare is not None
    return asyncio.run(_awaited(invocation))


async def _awaited(invocation: Invocation) -> Script:
    assert invocation.prepare is not None
    return await invocation.prepare(NobodyConsole())


def test_without_a_name_runbooks_are_listed_and_without_a_target_told_of(call: Call, capsys: Captured) -> None:
    assert call() == 0
    assert capsys.readouterr().out.split() == ["icm", "old", "remove", "sets", "web"]
    assert call("OLD.ps1") == 0
    said = capsys.readouterr().out
    assert "Clears old files." in said and "-Path  (mandatory)" in said and "Default: 30" in said


def test_values_and_targets_are_bound(call: Call, asked: list[Invocation]) -> None:
    assert call("old", "group:Prod,web1", "-p", "D:\\Temp", "-Days:7", "--group", "--yes") == 0
    (invocation,) = asked
    assert [info.profile for info in invocation.infos] == ["web1", "web2"] and invocation.gather == "group"
    script = prepared(invocation)
    assert script.text == param_blocks()["help from comments"] and script.named
    assert isinstance(script.arguments, dict) and script.arguments["Path"] == "D:\\Temp"
    assert script.arguments["Days"].value == 7


def test_the_parameter_set_follows_from_what_is_given(call: Call, asked: list[Invocation], capsys: Captured) -> None:
    assert call("sets", "web1", "-Id", "4") == 0
    assert list(prepared(asked[0]).arguments) == ["Id"]
    assert call("sets", "web1", "-Id", "4", "-Name", "x") == 2
    assert "do not go together" in capsys.readouterr().err
    assert call("sets", "web1", "-Quiet") == 2
    assert "Name is mandatory" in capsys.readouterr().err


def test_a_secret_is_fetched_and_shown_nowhere(call: Call, asked: list[Invocation], capsys: Captured) -> None:
    assert call("web", "web1", "-SiteName", "a,b", "-Credential", "ops") == 0
    arguments = prepared(asked[0]).arguments
    assert isinstance(arguments, dict)
    assert arguments["Name"] == ["a", "b"] and arguments["Credential"].password.reveal() == "Kx1!"
    assert "Kx1!" not in repr(asked) + "".join(capsys.readouterr())
    assert call("web", "web1", "-SiteName", "a", "-Credential", "nobody") == 2


def test_what_if_shows_what_is_sent_or_belongs_to_a_script_that_takes_it(
    call: Call, asked: list[Invocation], capsys: Captured
) -> None:
    assert call("old", "web1", "-Path", "it's", "-WhatIf") == 0 and not asked
    assert capsys.readouterr().out.startswith("old.ps1 -Path 'it''s'\n\n<#\n.SYNOPSIS")
    assert call("web", "web1", "-Pool", "x", "-WhatIf") == 0
    assert prepared(asked[0]).arguments == {"Pool": "x", "WhatIf": True}


def test_using_in_a_runbook_is_its_own(call: Call, asked: list[Invocation]) -> None:
    assert call("icm", "web1", "-n", "1") == 0
    assert "$using:n" in prepared(asked[0]).text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("remove", "web2"), "web2 is guarded"),
        (("olt", "web1"), "Did you mean old?"),
        (("old", "-Path", "x"), "run needs a target"),
        (("old", "web1"), "Path is mandatory"),
        (("old", "web1", "-Path", "x", "-Days", "many"), "Days must be a number"),
        (("old", "web1", "-Pat", "x", "y"), "belongs to no parameter"),
    ],
)
def test_a_wrong_call_says_why(
    call: Call, asked: list[Invocation], capsys: Captured, words: list[str], why: str
) -> None:
    assert call(*words) == 2 and not asked
    assert why in capsys.readouterr().err
