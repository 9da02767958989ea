"""The engine through the recordings: the same steps, the same answers, the lines of the real console."""

from __future__ import annotations

import difflib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import QuestionKind
from pstui.backends.errors import OpenError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager

from tests.support.paths import RECORDINGS
from tests.support.replay_clixml import read
from tests.support.replay_log import Report, install, report
from tests.support.replay_script import Event, make_script, read_recording
from tests.support.screens import Step, compared, expected, steps
from tests.support.scripted_console import DEADLINE, Person, ScriptedConsole

LIVING = ["basics", "streams", "prompts", "stop", "native", "unicode", "errors", "jea"]
MORE = ["debug", "rawui", "nested", "progress", "sessioninfo", "bigoutput"]
#: What the client does unlike the real one, on purpose: (part of the log line, reason).
INTENDED: tuple[tuple[str, str], ...] = ()


class Stage:
    """One scenario set up: the stand-in on PATH, a session to enter, a person to take the steps."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.log = name, folder / "replay.log"
        self.manager = SessionManager()
        self.console = ScriptedConsole()
        self.session = self.manager.create(ConnectionInfo(ParameterSet.PROCESS), self.console)
        self.interactive = self.manager.interact(self.session, self.console)
        self.person = Person(self.interactive, self.console, self.log)

    async def play(self) -> list[str]:
        """Enter, take every step, and return the lines shown that are compared."""
        await self.interactive.enter()
        await self.person.take(steps(self.name))
        return compared(self.name, self.console.shown())

    def noted(self) -> Report:
        """Return what the stand-in noted."""
        return report(self.log)


@asynccontextmanager
async def stage(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: str) -> AsyncIterator[Stage]:
    """Put the stand-in on PATH, and close every session afterwards.

    A command that asks to leave may end as late as the machine lets the stand-in say so.
    """
    monkeypatch.setattr("pstui.backends.sessions.interactive.LEAVE_GRACE", DEADLINE)
    folder.mkdir(exist_ok=True)
    install(folder, RECORDINGS / f"{name}.jsonl.gz", folder / "replay.log", **options)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    stage = Stage(name, folder)
    try:
        yield stage
    finally:
        await stage.manager.close_all()


def recorded(name: str, kind: str) -> list[Event]:
    """Return the events of one kind of a recording."""
    return [event for event in make_script(read_recording(RECORDINGS / f"{name}.jsonl.gz")) if event.kind == kind]


def unlike(name: str, shown: list[str]) -> str:
    """Return how the lines shown differ from the real console's."""
    return "\n".join(difflib.unified_diff(expected(name), shown, "the real console", "pstui", lineterm="", n=2))


@pytest.mark.parametrize("name", [*LIVING, *MORE])
async def test_shows_what_the_real_console_showed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(name, tmp_path, monkeypatch) as scene:
        shown = await scene.play()
        assert unlike(name, shown) == ""
        assert scene.person.outcome is Outcome.LEFT
    assert scene.noted().of("end") == ["closed"]


@pytest.mark.parametrize("name", [*LIVING, *MORE])
async def test_sends_what_the_real_client_sent(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(name, tmp_path, monkeypatch) as scene:
        await scene.play()
    noted = scene.noted()
    assert noted.violations == []
    assert [line for line in noted.of("difference") if not any(part in line for part, _ in INTENDED)] == []
    assert noted.of("unrecorded") == []


@pytest.mark.parametrize("name", ["basics", "prompts", "stop"])
async def test_late_acknowledgements_and_small_fragments_change_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(name, tmp_path, monkeypatch, acks="late", fragment="300") as scene:
        shown = await scene.play()
        assert unlike(name, shown) == ""
    assert scene.noted().violations == []


@pytest.mark.parametrize("name", ["crash", "kill"])
async def test_a_server_that_dies_breaks_the_session(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(name, tmp_path, monkeypatch) as scene:
        shown = await scene.play()
        assert shown[: len(expected(name))] == expected(name)
        assert scene.person.outcome is Outcome.BROKEN
        failure = scene.session.failure
        assert failure is not None
        assert failure.message
    assert scene.noted().violations == []


async def test_an_endpoint_without_the_required_commands_is_refused_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage("bare", tmp_path, monkeypatch) as scene:
        with pytest.raises(OpenError) as refused:
            await scene.interactive.enter()
    text = refused.value.text()
    assert "Get-Command" in text or ("Out-Default" in text and "Exit-PSSession" in text)
    assert scene.noted().violations == []
    assert scene.noted().of("end") == ["closed"]


async def test_several_choices_can_be_picked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage("prompts", tmp_path, monkeypatch) as scene:
        await scene.play()
    asked = [question for question in scene.console.questions if question.kind is QuestionKind.CHOICES]
    assert [choice.label for choice in asked[0].choices] == ["A", "B", "C"]
    assert "answer 56: [('I32', '0'), ('I32', '2')]" in scene.noted().of("note")
    lines = scene.console.shown()
    first = next(index for index, line in enumerate(lines) if "IHostUISupportsMultipleChoiceSelection" in line)
    last = next(index for index, line in enumerate(lines) if "Write-Warning x" in line)
    assert lines[first + 1 : first + 4] == ["", "Multi", "Many?"]
    assert lines[last - 5 : last] == ["Choice[0]: a", "Choice[1]: c", "Choice[2]: ", "0", "2"]


async def test_completion_asks_and_reads_as_the_real_client_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = [read(event.clixml)["PowerShell"]["Cmds"][0] for event in recorded("tabexpansion", "open")]
    asked = [command for command in opened if command["Cmd"] == "TabExpansion2"]
    given = [read(event.clixml) for event in recorded("tabexpansion", "server") if event.name == "PIPELINE_OUTPUT"]
    assert len(asked) == len(given) > 10
    async with stage("tabexpansion", tmp_path, monkeypatch) as scene:
        await scene.interactive.enter()
        for command, result in zip(asked, given, strict=True):
            text, cursor = command["Args"][0]["V"], int(command["Args"][1]["V"][1])
            found = await scene.interactive.complete(text, cursor)
            matches = result["CompletionMatches"]
            assert [match.text for match in found.matches] == [item["CompletionText"] for item in matches]
            assert [match.tooltip for match in found.matches] == [item["ToolTip"] for item in matches]
            assert [match.kind for match in found.matches] == [item["ResultType"] for item in matches]
            if matches:
                place = (result["ReplacementIndex"][1], result["ReplacementLength"][1])
                assert (str(found.start), str(found.length)) == place
    noted = scene.noted()
    assert (noted.violations, noted.of("skipped")) == ([], [])


async def test_a_kept_session_is_entered_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = [line.rpartition("> ")[2] for line in expected("sessions") if line.startswith("[host]: ")]
    async with stage("sessions", tmp_path, monkeypatch) as scene:
        session = scene.manager.create(ConnectionInfo(ParameterSet.PROCESS), scene.console, temporary=False)
        await session.open()
        person = None
        for line in typed:
            if person is None:
                interactive = scene.manager.interact(session, scene.console)
                await interactive.enter()
                person = Person(interactive, scene.console, scene.log)
            await person.take([Step("line", line)])
            if person.outcome is Outcome.LEFT:
                assert session.state is RunspaceState.OPENED
                person = None
        assert unlike("sessions", compared("sessions", scene.console.shown())) == ""
        assert session.name == "Runspace2"
    noted = scene.noted()
    assert (noted.violations, noted.of("difference"), noted.of("unrecorded")) == ([], [], [])
