"""The password of a host of SSH that a profile names: fetched when the server wants it, sent once, otherwise asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.connection import ConnectionInfo
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError
from pstui.tui.profiles.vault import Vault

from tests.backends.transports.ssh.test_login import PASSWORD, Rules, log_in, running
from tests.support.answers import AnsweringConsole

TABLES: Mapping[str, Mapping[str, Any]] = {
    "b": {"user_name": "bob", "password": {"env": "PW"}},
    "ask": {"user_name": "bob", "password": {"prompt": True}},
    "bare": {"password": {"env": "PW"}},
}


def lookup(name: str) -> PSCredential:
    return PSCredential(str(TABLES[name].get("user_name", name)))


def profile(port: int, **keys: Any) -> ConnectionInfo:
    return profile_connection("host", "db", {"host_name": "127.0.0.1", "port": port, **keys}, lookup)


async def test_user_and_password_of_a_credential_log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []

    def fetch(source: dict[str, Any]) -> str:
        fetched.append(source)
        return PASSWORD

    vault = Vault(lambda: TABLES, fetch)
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[])
        info = await vault.ready(profile(server.port, credential="b"), console)
        assert info.text("UserName") == "bob" and not fetched, "nothing is fetched before the server wants it"
        server.info = lambda **values: info  # type: ignore[method-assign]  # the connection of the profile
        await log_in(server, console)
    assert fetched == [{"env": "PW"}]
    assert server.rules.attempts == [PASSWORD]
    assert not console.questions
    assert PASSWORD not in f"{info!r}"


async def test_one_that_is_refused_is_sent_once_and_then_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(lambda: TABLES, lambda source: "old")
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        info = await vault.ready(profile(server.port, credential="b"), console)
        server.info = lambda **values: info  # type: ignore[method-assign]  # the connection of the profile
        await log_in(server, console)
        assert server.rules.attempts == ["old", PASSWORD]
        typed = vault.typed(info)
        assert typed is not None and typed.user_name == "bob"
        vault.opened(info)
        await log_in(server, AnsweringConsole(answers=[]))
    assert server.rules.attempts == ["old", PASSWORD, PASSWORD], "what was typed holds for the next session"


async def test_a_servers_own_question_for_the_password_is_answered_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [("", "", [("Password: ", False)], [PASSWORD]), ("", "", [("Code: ", False)], ["123"])]
    vault = Vault(lambda: TABLES, lambda source: PASSWORD)
    async with running(Rules(questions=questions), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=["123"])
        info = await vault.ready(profile(server.port, credential="b"), console)
        server.info = lambda **values: info  # type: ignore[method-assign]  # the connection of the profile
        await log_in(server, console)
    assert [question.label for question in console.questions] == ["(bob@127.0.0.1) Code: "]


async def test_a_source_that_fails_is_told_and_the_password_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PW", raising=False)
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        info = await Vault(lambda: TABLES).ready(profile(server.port, credential="b"), console)
        server.info = lambda **values: info  # type: ignore[method-assign]  # the connection of the profile
        await log_in(server, console)
    assert "[credentials.b]" in console.text and "PW is not set" in console.text


def test_a_credential_without_an_account_is_the_password_of_the_one_in_the_profile() -> None:
    info = profile(22, user_name="root", credential="bare")
    assert info.text("UserName") == "root" and info.values["Credential"].user_name == "root"
    assert profile(22, credential="bare").text("UserName") == "bare"
    with pytest.raises(CallError) as caught:
        profile(22, user_name="root", credential="b")
    assert "two accounts" in caught.value.what and "root" in caught.value.why and "bob" in caught.value.why


def test_the_credential_of_the_defaults_is_for_winrm() -> None:
    table = {"host_name": "db"}
    assert "UserName" not in profile_connection("host", "db", table, lookup, {"credential": "b"}).values
