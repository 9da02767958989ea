"""The whole program in a terminal of 80x24 against recorded servers: its transcript is what the console showed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pstui.backends.language.completeness import is_complete

from tests.support.paths import RECORDINGS
from tests.support.replay_log import Report, install, report
from tests.support.screens import Step, compared, expected, steps
from tests.support.tmux import Terminal, environment, terminal

#: What the footer says while a line may be typed, and while a question has the keys.
READY, ASKING = "ready", "Enter answers"


@dataclass(slots=True)
class Sitting:
    """A person before pstui, which is entered on a recording."""

    name: str
    terminal: Terminal
    transcript: Path
    log: Path
    signals: int = 0

    def lines(self) -> list[str]:
        """Return the transcript as it is on disk."""
        return self.transcript.read_text(encoding="utf-8").splitlines() if self.transcript.exists() else []

    def noted(self) -> Report:
        """Return what the stand-in noted."""
        return report(self.log)

    def settled(self) -> None:
        """Wait until a line can be typed, a question answered or only Ctrl+C helps."""
        self.terminal.wait_still(lambda rows: self._stuck() or any(READY in row or ASKING in row for row in rows))

    def _stuck(self) -> bool:
        return self.noted().of("waiting").count("signal") > self.signals

    def take(self, step: Step) -> None:
        """Take one step and wait until pstui has taken it too."""
        if step.kind == "line":
            before = len(self.lines())
            self.terminal.text(step.text)
            # The recorded person's console sends what is not finished; here that takes a key more.
            self.terminal.keys(*(["Enter"] if is_complete(step.text) else ["C-]", "Enter"]))
            self.terminal.wait_for(lambda: len(self.lines()) > before, f"an echo of {step.text!r}")
        elif step.kind == "key":
            self.signals += self._stuck()
            self.terminal.keys(step.text)


@contextmanager
def sitting(name: str, folder: Path) -> Iterator[Sitting]:
    """Start ``pstui --transcript FILE Enter-PSSession`` with a ``pwsh`` first on PATH that replays a recording."""
    programs = folder / "bin"
    programs.mkdir()
    log, transcript = folder / "replay.log", folder / "transcript.txt"
    install(programs, RECORDINGS / f"{name}.jsonl.gz", log)
    pstui = Path(sys.executable).with_name("pstui")
    argv = [str(pstui), "--transcript", str(transcript), "Enter-PSSession"]
    with terminal(argv, environment(folder, programs), folder) as screen:
        yield Sitting(name, screen, transcript, log)


@pytest.mark.parametrize("name", ["basics", "prompts", "stop", "unicode"])
def test_the_transcript_holds_what_the_real_console_showed(name: str, tmp_path: Path) -> None:
    with sitting(name, tmp_path) as person:
        for step in steps(name):
            person.settled()
            person.take(step)
        assert person.terminal.wait_end() == 0
        assert compared(name, person.lines()) == expected(name)
    noted = person.noted()
    assert (noted.violations, noted.of("difference"), noted.of("end")) == ([], [], ["closed"])


def test_a_server_that_dies_leaves_the_text_and_says_so(tmp_path: Path) -> None:
    with sitting("kill", tmp_path) as person:
        for step in steps("kill")[:2]:
            person.settled()
            person.take(step)
        wanted = expected("kill")
        person.terminal.wait_for(
            lambda: compared("kill", person.lines())[: len(wanted)] == wanted, "the recorded lines"
        )
        person.terminal.wait("ended by itself")
        assert person.terminal.alive()
    assert person.noted().violations == []
