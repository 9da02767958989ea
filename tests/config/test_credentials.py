"""Passwords that profiles name: fetched or asked when a session opens, once, and never kept where they failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Question, QuestionCancelled
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.config.problems import ConfigError
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.profiles.vault import Vault

from tests.support.pilot import screen
from tests.support.scripted_console import ScriptedConsole
from tests.support.stand_in import StandInManager

SOURCES: Mapping[str, Mapping[str, Any]] = {
    "env": {"user_name": "CONTOSO\\admin", "password": {"env": "PW"}},
    "ask": {"user_name": "root", "password": {"prompt": True}},
    "none": {"user_name": "nobody"},
}


def to(host: str, credential: str) -> ConnectionInfo:
    values = {"ComputerName": host, "Credential": PSCredential(str(SOURCES[credential]["user_name"]))}
    settings = MappingProxyType({"credential": credential})
    return ConnectionInfo(ParameterSet.COMPUTER_NAME, MappingProxyType(values), host, settings)


class Person:
    """As much of a Console as asks; ``answer`` None cancels."""

    def __init__(self, answer: str | None = "typed") -> None:
        self.answer = answer
        self.asked: list[Question] = []

    async def ask(self, question: Question) -> Secret:
        self.asked.append(question)
        await asyncio.sleep(0)
        if self.answer is None:
            raise QuestionCancelled("cancelled")
        return Secret(self.answer)


class Store:
    """Where passwords come from."""

    def __init__(self, answer: str | Exception | None) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def __call__(self, source: dict[str, Any]) -> str | None:
        self.asked.append(source)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if "prompt" not in source else None


def password(info: ConnectionInfo) -> str:
    credential = info.values["Credential"]
    assert isinstance(credential, PSCredential) and credential.password is not None
    return credential.password.reveal()


async def test_a_password_is_fetched_once_for_any_number_of_sessions() -> None:
    store, person = Store("s3cret"), Person()
    vault = Vault(lambda: SOURCES, store)
    opened = await asyncio.gather(*(vault.ready(to(f"web{n}", "env"), person) for n in range(10)))  # type: ignore[arg-type]  # asks only
    assert {password(info) for info in opened} == {"s3cret"}
    assert store.asked == [{"env": "PW"}]
    assert not person.asked


async def test_a_prompt_is_asked_once_even_when_ten_sessions_open_at_once() -> None:
    person = Person()
    vault = Vault(lambda: SOURCES, Store(None))
    opened = await asyncio.gather(*(vault.ready(to(f"web{n}", "ask"), person) for n in range(10)))  # type: ignore[arg-type]  # asks only
    assert {password(info) for info in opened} == {"typed"}
    assert [question.label for question in person.asked] == ["Password for root: "]
    assert not person.asked[0].remote


async def test_a_password_that_opened_nothing_is_asked_anew_one_that_did_is_kept() -> None:
    person = Person()
    vault = Vault(lambda: SOURCES, Store(None))
    info = to("web1", "none")
    await vault.ready(info, person)  # type: ignore[arg-type]  # asks only
    vault.failed(info)
    await vault.ready(info, person)  # type: ignore[arg-type]  # asks only
    vault.opened(info)
    vault.failed(to("web2", "none"))
    await vault.ready(info, person)  # type: ignore[arg-type]  # asks only
    assert len(person.asked) == 2


async def test_what_cannot_be_fetched_says_so_without_a_secret() -> None:
    vault = Vault(lambda: SOURCES, Store(ConfigError("the variable PW is not set", "Set it before pstui is started.")))
    with pytest.raises(OpenError) as caught:
        await vault.ready(to("web1", "env"), Person())  # type: ignore[arg-type]  # asks only
    assert "[credentials.env]" in caught.value.what
    assert caught.value.why == "The variable PW is not set."


async def test_who_does_not_answer_is_not_connected() -> None:
    vault = Vault(lambda: SOURCES, Store(None))
    with pytest.raises(OpenCancelled):
        await vault.ready(to("web1", "ask"), Person(None))  # type: ignore[arg-type]  # asks only


async def test_a_connection_without_a_named_credential_is_left_alone() -> None:
    info = ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": "db"})
    assert await Vault(lambda: SOURCES, Store("x")).ready(info, Person()) is info  # type: ignore[arg-type]  # asks only


async def test_the_question_stands_in_the_pane_and_the_answer_serves_the_second_session(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(
        '[credentials.admin]\nuser_name = "admin"\npassword = { prompt = true }\n'
        '[hosts.web1]\ncomputer_name = "web1"\ncredential = "admin"\n'
        '[hosts.web2]\ncomputer_name = "web2"\ncredential = "admin"\n'
    )
    book, manager = ProfileBook(read(file)), StandInManager()
    infos = [book.connection("host", name) for name in ("web1", "web2")]
    async with screen(*infos, sessions=manager.as_manager(), book=book) as s:
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        assert s.shows("Password for admin:")
        await s.type("s3cret")
        await s.until(lambda: all(p.state is PaneState.PROMPT for p in s.workspace.panes), "both sessions")
        assert {password(session.info) for session in manager.sessions} == {"s3cret"}
        assert not s.shows("s3cret")
        assert "s3cret" not in repr(manager.sessions[0].info)


async def test_a_call_gives_a_credential_by_its_name() -> None:
    tables = {"box": {"user_name": "CORP\\alice", "password": {"env": "X"}}}
    fetched: list[dict[str, Any]] = []

    def fetch(source: dict[str, Any]) -> str:
        fetched.append(source)
        return "hush"

    vault = Vault(lambda: tables, fetch)
    asked = ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": "s", "Credential": PSCredential("box")})
    ready = await vault.ready(asked, ScriptedConsole())
    filled = ready.values["Credential"]
    assert (filled.user_name, filled.password.reveal()) == ("CORP\\alice", "hush")
    # One that did not open a session is fetched anew.
    vault.failed(asked)
    await vault.ready(asked, ScriptedConsole())
    assert len(fetched) == 2
    other = ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": "s", "Credential": PSCredential("alice")})
    assert await vault.ready(other, ScriptedConsole()) is other
