"""Secrets planted on every road, and every byte searched that is written, shown, or handed to a program."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Question, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.tui.cli.crash import describe
from pstui.tui.cli.main import main
from pstui.tui.cli.trace import traced_sessions
from pstui.tui.cli.transcript_file import TranscriptFile
from pstui.tui.keys.actions import PREFIX_KEY as PREFIX
from pstui.tui.log.index import LogIndex
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.runbooks.kept import KeptValues
from pstui.tui.workspace.state import StateFile

from tests.support.pilot import Screen, screen

#: long, odd, and not found by chance
SECRET = "Zq9!planted#Xw7"
DEMO = ConnectionInfo(ParameterSet.DEMO)
#: a far end that writes the environment it was given, and ends
TELLS = [sys.executable, "-c", "import os, sys; sys.stderr.write(repr(os.environb)); sys.exit(1)"]


@pytest.fixture(autouse=True)
def searched(isolated_home: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Search every file below the home, and every line of every log, when a test has ended.

    ``--transcript`` holds what was shown, and so a line that was typed with a password in it.
    """
    left_out = {"planted.toml", *(["transcript.txt"] if "line_with_a_secret" in request.node.name else [])}
    # caplog has forgotten the test itself by now: it begins anew with each phase
    lines, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(lines), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield
    root.removeHandler(handler)
    root.setLevel(level)
    for file in isolated_home.rglob("*"):
        if file.is_file() and file.name not in left_out:
            assert SECRET.encode() not in file.read_bytes(), file
    assert SECRET not in lines.getvalue()


def planted(home: Path, monkeypatch: pytest.MonkeyPatch, table: str) -> Path:
    """Make a profile file whose password comes from a variable."""
    monkeypatch.setenv("PLANTED", SECRET)
    file = home / "planted.toml"
    file.write_text(f'[credentials.boss]\nuser_name = "boss"\npassword = {{ env = "PLANTED" }}\n{table}')
    return file


def test_a_variable_that_holds_a_password_is_not_inherited(
    isolated_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = planted(isolated_home, monkeypatch, f"[hosts.tells]\ncommand = {TELLS!r}\n")
    assert main(["--config", str(file), "icm", "-Command", *TELLS]) in (2, 3)
    main(["--config", str(file), "doctor", "tells"])
    out, err = capfd.readouterr()
    assert "environ" in out + err and SECRET not in out + err
    assert "PLANTED" not in os.environ


async def test_and_is_still_the_password(isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = ProfileBook(read(planted(isolated_home, monkeypatch, "")))
    from pstui.tui.profiles.vault import Vault

    vault = Vault(lambda: book.profiles.configuration.credentials)
    info = ConnectionInfo(ParameterSet.COMPUTER_NAME, {"Credential": PSCredential("boss")})
    ready = await vault.ready(info, None)  # type: ignore[arg-type]  # nothing is asked
    assert ready.values["Credential"].password == Secret(SECRET)
    assert SECRET not in repr(ready) and SECRET not in str(ready.values)


async def answered(s: Screen, text: str) -> None:
    """Answer the secret question that is asked."""
    await s.until(lambda: s.pane.questions.has_keys, "the question")
    await s.type(text)


@pytest.fixture
async def pane(isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Screen]:
    """The screen with a session on the demo endpoint, keeping history, workspace and logs, Textual's own to a file."""
    monkeypatch.setenv("TEXTUAL_LOG", str(isolated_home / "textual.log"))
    from pstui.tui.cli.screen import kept_history

    memory = StateFile(isolated_home / "workspace.json")
    settings = {"log": str(isolated_home / "logs/{host}-{time}")}
    sink = TranscriptFile(str(isolated_home / "transcript.txt"))
    kept: dict[str, Any] = {"history": kept_history({}), "memory": memory, "transcript": sink}
    with traced_sessions(str(isolated_home / "trace.jsonl")) as sessions:
        async with screen(DEMO, settings=settings, sessions=sessions, **kept) as s:
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
            written = copied(monkeypatch, s)
            yield s
            ran = s.pane.conversation.ran
            titles = [s.app.title, s.app.sub_title, *(pane.title for pane in s.workspace.tabs.panes)]
            assert SECRET not in "\n".join([*titles, *written])
    assert not ran or "PS(demo)" in (isolated_home / "transcript.txt").read_text()
    for kind in ("txt", "cast"):
        assert not ran or any("PS(demo)" in file.read_text() for file in isolated_home.glob(f"logs/*.{kind}")), kind
    with contextlib.closing(LogIndex(isolated_home / "index.sqlite3")) as index:
        index.refresh(isolated_home / "logs")
    assert (isolated_home / "trace.jsonl").stat().st_size > 1_000


def copied(monkeypatch: pytest.MonkeyPatch, s: Screen) -> list[str]:
    """Return where every text stands that is copied from now on."""
    found: list[str] = []
    copy = s.app.copy_to_clipboard

    def keep(text: str) -> None:
        found.append(text)
        copy(text)

    monkeypatch.setattr(s.app, "copy_to_clipboard", keep)
    return found


async def test_no_key_copies_a_secret_that_is_being_typed(pane: Screen) -> None:
    s = pane
    asking = asyncio.create_task(s.pane.console.ask(Question(QuestionKind.SECRET, "Password: ")))
    await s.until(lambda: s.pane.questions.has_keys, "the question")
    await s.type(SECRET, enter=False)
    for key in ("ctrl+insert", "ctrl+shift+c", "super+c", "alt+w", "ctrl+x"):
        await s.keys("home", "shift+end", key)
    assert SECRET not in s.app.clipboard
    asking.cancel()
    await s.until(lambda: s.pane.asking is None, "no question")
    await s.keys("ctrl+y", "ctrl+v")
    assert SECRET not in s.shown()
    await s.keys("ctrl+c")


async def test_the_answer_to_a_secret_question(pane: Screen) -> None:
    s = pane
    asking = asyncio.create_task(s.pane.console.ask(Question(QuestionKind.SECRET, "Password: ")))
    await answered(s, SECRET)
    assert (await asking).reveal() == SECRET
    assert SECRET not in s.shown() and SECRET not in "\n".join(s.text())
    await s.run("1")


async def test_the_answers_that_the_far_end_asks_for(pane: Screen) -> None:
    s = pane
    await s.type("Read-Host Word -AsSecureString")
    await answered(s, SECRET)
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    kinds = (QuestionKind.LINE, "User: ", "boss"), (QuestionKind.SECRET, "Password for user boss: ", SECRET)
    for kind, label, text in kinds:
        asking = asyncio.create_task(s.pane.console.ask(Question(kind, label)))
        await answered(s, text)
        await asking
    await s.run("'after'")


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="no shell")
async def test_the_password_that_a_program_in_a_terminal_asks_for(
    pane: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = pane
    monkeypatch.setenv("SHELL", "/bin/sh")
    await s.run("1")
    await s.keys(PREFIX, "x")
    await s.until(lambda: s.app.workspace.front.as_terminal is not None, "the terminal")  # type: ignore[union-attr]  # a tab is in front
    front = s.app.workspace.front
    terminal = None if front is None else front.as_terminal
    assert terminal is not None
    await s.until(lambda: terminal.state is PaneState.BUSY, "the shell")
    ask = "import getpass; print(len(getpass.getpass('Pass' + 'word: ')))"
    terminal._send(f'{sys.executable} -c "{ask}"\n'.encode())
    await s.until(lambda: "Password:" in terminal.screen_area.text, "the question")
    terminal._send(f"{SECRET}\n".encode())
    await s.until(lambda: f"\n{len(SECRET)}\n" in terminal.screen_area.text, "its length")
    await s.keys(PREFIX, "x")
    await s.until(lambda: s.app.workspace.front is not front, "the session")


async def test_a_secret_typed_where_no_question_has_the_keys(pane: Screen) -> None:
    s = pane
    await s.type("x", enter=False)  # somebody is typing: the question does not take the keys
    asking = asyncio.create_task(s.pane.console.ask(Question(QuestionKind.SECRET, "Password: ")))
    await s.until(lambda: s.pane.asking is not None, "the question")
    await s.keys("backspace")
    await s.type(SECRET)
    asking.cancel()
    await s.until(lambda: s.pane.asking is None, "no question")
    await s.keys("ctrl+c")
    await s.run("2")


@pytest.mark.parametrize(
    "line",
    [
        f"$password = '{SECRET}'",
        f"ConvertTo-SecureString '{SECRET}' -AsP -F",
        f"net user bob '{SECRET}'",
        f"Enter-PSSession -ConnectionUri http://u:{SECRET}@127.0.0.1/wsman",
    ],
)
async def test_a_line_with_a_secret_is_not_kept(pane: Screen, line: str) -> None:
    s = pane
    await s.run(line)
    await s.run("'after'")


@pytest.mark.parametrize(
    "typed",
    [
        f"-ConnectionUri http://u:{SECRET}@127.0.0.1:1/wsman",
        f"-HostName db -Options @{{Password='{SECRET}'}}",
    ],
)
async def test_an_address_with_a_password_in_the_command_bar(pane: Screen, typed: str) -> None:
    s = pane
    await s.keys("alt+x")
    await s.type(f"Enter-PSSession {typed}")
    await s.until(lambda: s.shows("✗"), "the refusal")
    refusal = s.shown().partition("✗")[2]
    assert SECRET not in refusal and "assw" in refusal
    await s.keys("escape", "escape")
    await s.keys(PREFIX, "c")
    await s.idle()


@pytest.mark.parametrize(
    "line",
    [
        f"Enter-PSSession -ConnectionUri http://u:{SECRET}@127.0.0.1:1/wsman",
        f"Invoke-Command -HostName db -Options @{{Password='{SECRET}'}} {{ 1 }}",
        f"New-PSSession -HostName ann:{SECRET}@db",
    ],
)
async def test_a_call_with_a_password_that_the_command_bar_runs(isolated_home: Path, line: str) -> None:
    """As ``--line`` and F2 run one."""
    memory = StateFile(isolated_home / "workspace.json")
    async with screen(DEMO, memory=memory) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        s.workspace.going.run_line(line)
        await s.idle()
        await s.keys("escape", "escape")
        await s.idle()
        assert SECRET not in "\n".join(str(pane.title) + str(pane.info) for pane in s.workspace.tabs.sessions)
        assert SECRET not in repr(s.workspace.tabs.sessions)


@pytest.mark.parametrize(
    "info",
    [
        ConnectionInfo(ParameterSet.PROCESS, {"Command": ("/nowhere/far", f"--password={SECRET}")}),
        ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "nobody.invalid", "UserName": f"ann:{SECRET}"}),
    ],
)
async def test_a_tab_whose_call_holds_a_password_does_not_come_back(isolated_home: Path, info: ConnectionInfo) -> None:
    memory = StateFile(isolated_home / "workspace.json")
    async with screen(info, memory=memory) as s:
        await s.until(lambda: s.pane.state is PaneState.FAILED, "the failure", 30)


def test_what_was_typed_into_a_form_is_kept_without_secrets(isolated_home: Path) -> None:
    kept = KeptValues(isolated_home / "runbooks.json")
    kept.keep(Path("x.ps1"), {"ApiToken": SECRET, "Name": "web1"})
    assert kept.of(Path("x.ps1")) == {"Name": "web1"}


def test_a_crash_report_holds_nothing_of_a_message() -> None:
    def fail(password: str) -> None:
        raise ValueError(f"Invalid URL http://ann:{password}@web1/wsman and (token={password})")

    try:
        fail(SECRET)
    except ValueError as error:
        text = describe(error)
    assert "in fail" in text and SECRET not in text


@pytest.mark.parametrize("value", [Secret(SECRET), PSCredential("ann", Secret(SECRET))])
def test_no_representation_holds_a_secret(value: Any) -> None:
    assert SECRET not in f"{value!r} {value} {[value]} { ({'a': value}) }"
