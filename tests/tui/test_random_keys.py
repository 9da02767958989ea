"""Random keys in bursts over all screens: nothing goes where it was not typed, nothing is lost, nothing falls over.

What is typed passes the parser of the terminal's bytes, many keys in one read. Between bursts of noise come bursts that
mean something: a line for a tab, a text for a screen that the burst itself opens, a secret typed before and after its
question. The seed is told when it fails; PSTUI_RANDOM_KEYS (a number of keys) and PSTUI_RANDOM_SEED make a longer or
another run of it: ``PSTUI_RANDOM_KEYS=10000 make test ARGS=tests/tui/test_random_keys.py``.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.config.history import History
from pstui.tui.mends.xterm_parser import MendedParser
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.profiles.undo import UndoFile
from pstui.tui.workspace.state import StateFile

from tests.support.pilot import Screen, screen

#: keys of a run in the ordinary suite, and of one burst
KEYS, BURST = int(os.environ.get("PSTUI_RANDOM_KEYS", "240")), 40
SEED = int(os.environ.get("PSTUI_RANDOM_SEED", "20261130"))
ESC, ENTER, PREFIX = "\x1b[27u", "\r", "\x1d"
TABS = ("t1", "t2", "t3")
PROFILES = "# mine\n" + "".join(f'[hosts.h{number}]\ndemo = true\ngroup = "G{number % 2}"\n\n' for number in range(6))
#: what opens a screen, a row or a list that takes a text
OPENERS = ("\x1bOQ", "\x06", "\x1bx", "\x1bg", f"{PREFIX}T", "\x1b[17~/", "\x12", "\x1bOP")
#: d and Delete are left out, for they delete what they are meant for; q and F10 end the program
NOISE = (
    *"abcefghijklmnoprstuvwxyz ABCEFG0123456789-_.$(){}'\"|;/?!<>,@#%&*+=~`^:",
    *("é", "ß", "\u3000", "\U0001f9e8", "\u200d"),
    *("\r", "\r", "\t", "\x7f", "\x08", ESC, ESC, ESC),
    *("\x01", "\x02", "\x05", "\x06", "\x07", "\x0b", "\x0c", "\x0e", "\x10", "\x12", "\x14", "\x15", "\x17", "\x19"),
    *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~", "\x1b[1;2C", "\x1b[1;5D"),
    *("\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~"),
    *("\x1b1", "\x1b2", "\x1b3", "\x1bx", "\x1bg", "\x1b\x7f", "\x1b.", "\x1b\r", "\x03"),
    *(f"{PREFIX}{key}" for key in "123npgSCT[?,"),
    *("\x1b[200~one\r\ntwo\x1b[201~", "\x1b]11;rgb:0/0/0\x1b\\", "\x1b[?62;4c", "\x1b[I", "\x1b[O"),
)


@pytest.fixture(autouse=True)
def no_file_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file screen renames and deletes files of this computer: the list of actions must not lead there."""
    monkeypatch.setattr("pstui.tui.workspace.files.FileActions.action_files", lambda actions: None)


class Far(SessionManager):
    """Whatever is opened leads to the demo endpoint; the lines that are sent there are noted with their tab."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def create(self, info: ConnectionInfo, console: Console, **options: Any) -> PSSession:
        there = replace(info, parameter_set=ParameterSet.DEMO, values={}, profile=info.label)
        return super().create(there, console, **options)

    def interact(self, session: PSSession, console: Console) -> InteractiveSession:
        made = super().interact(session, console)
        run = made.run

        async def noted(line: str, **options: Any) -> Outcome:
            self.lines.append((session.info.label, line))
            return await run(line, **options)

        made.run = noted  # type: ignore[method-assign]  # to look at what is sent
        return made


def tab(name: str) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.DEMO, {}, name)


class Typist:
    """Types what a terminal would send."""

    def __init__(self, s: Screen) -> None:
        self.s, self.parser = s, MendedParser()

    async def read(self, text: str) -> None:
        """One read of the terminal; returns when all of it has been acted on."""
        for event in self.parser.feed(text):
            self.s.app.post_message(event)
        await self.s.dealt_with()

    async def calm(self) -> None:
        """Go back to the editor by Esc and Ctrl+C, as a person does who is lost."""
        s = self.s
        for step in range(60):
            if not s.app.is_running:
                return
            if s.app.screen is s.workspace:
                if not s.workspace.panes:
                    await s.workspace.tabs.open(tab("t1"))
                await self.read(f"{PREFIX}1")
                if s.app.screen is s.workspace and s.pane.editor.has_focus and not s.pane.asking:
                    await self.read("\x15\x03" if not s.pane.editor.text else "\x03")
                    await self.answered()
                    if not s.pane.editor.text and s.pane.state is not PaneState.BUSY:
                        return
                else:
                    await self.read("\x03")
                    await self.answered()
            elif s.shows("Close this form?"):
                await self.read(ENTER)
            else:
                await self.read(ESC if step % 6 < 5 else "\x03")
        raise AssertionError(f"no way back to the editor:\n{s.shown()}")

    async def answered(self) -> None:
        """Wait until what was stopped has ended, or asks again; a far end is slower than keys."""
        s = self.s
        front = None if s.workspace.front is None else s.workspace.front.as_session
        deadline = time.monotonic() + 5
        while front is not None and front.state is PaneState.BUSY and front.asking is None:
            if time.monotonic() > deadline or not s.app.is_running:
                return
            await asyncio.sleep(0.002)


class Run:
    """One run of the program, and what may come of it."""

    def __init__(self, chance: random.Random, s: Screen, far: Far, home: Path, file: Path, typed: int) -> None:
        self.chance, self.far, self.home, self.file = chance, far, home, file
        self.s, self.typist = s, Typist(s)
        self.typed, self.number = typed, typed
        self.owners: dict[str, str] = {}
        self.secrets: list[str] = []

    def token(self, owner: str) -> str:
        """A text of its own for whoever it is typed for."""
        self.number += 1
        name = f"{owner}x{self.number}z"
        self.owners[name] = owner
        return name

    async def go_on(self, most: int) -> int:
        """Type until there were so many keys, or the program has ended; return how many there were."""
        while self.typed < most and self.s.app.is_running:
            noise = [self.chance.choice(NOISE) for _ in range(self.chance.randint(1, BURST))]
            await self.typist.read("".join(noise))
            await self.typist.calm()
            if not self.s.app.is_running:
                break
            meant = self.chance.choice((self.line, self.line, self.elsewhere, self.secret))
            count = await meant()
            self.typed += len(noise) + count
            self.check()
        return self.typed

    async def line(self) -> int:
        """A line for a tab, right behind the key that leads there."""
        number = self.chance.randint(1, min(9, len(self.s.workspace.panes)))
        name = self.s.workspace.panes[number - 1].info.label
        text = f"{PREFIX}{number}'{self.token(name)}'{ENTER}"
        await self.typist.read(text)
        return len(text)

    async def elsewhere(self) -> int:
        """A text for what the first key opens."""
        text = f"{self.chance.choice(OPENERS)}{self.token('nobody')}{self.chance.choice(('', ESC))}{ESC}"
        await self.typist.read(text)
        return len(text)

    async def secret(self) -> int:
        """A secret behind the line that asks for it, and again once it is asked for."""
        words = [f"S3c{self.chance.randrange(10**9)}w" for _ in range(2)]
        self.secrets += words
        line = f"{PREFIX}1$s = Read-Host -AsSecureString{ENTER}"
        await self.typist.read(f"{line}{words[0]}{ENTER}")
        if self.s.pane.state is PaneState.BUSY:
            await self.s.until(lambda: self.s.pane.asking is not None or self.s.pane.state is PaneState.PROMPT)
        if self.s.pane.asking is not None:
            there = "" if self.s.pane.questions.has_keys else "\x1bOS"
            await self.typist.read(f"{there}{words[1]}{ENTER}")
        await self.typist.calm()
        return len(line) + sum(map(len, words)) + 2

    def check(self) -> None:
        """Nothing is where it does not belong."""
        assert not self.s.app.faults, self.s.app.faults
        for name, line in self.far.lines:
            for token, owner in self.owners.items():
                # Ctrl+R finds what was run elsewhere, too: a line of the history, edited or not, is no stray one.
                run = (each for there, each in self.far.lines if there == owner and token in each)
                is_meant = owner == name or any(each in line for each in run)
                assert token not in line or is_meant, f"{line!r} was typed for {owner} and sent to {name}"
            assert not any(word in line for word in self.secrets), f"a secret was sent to {name} as a line"
        found = read(self.file)
        assert len(found.tables["host"]) >= 6, "a profile is lost"
        assert self.file.read_text().startswith("# mine\n")
        for path in self.home.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not any(word.encode() in content for word in self.secrets), f"{path} holds a secret"


@pytest.mark.timeout(60 + KEYS)
async def test_random_keys(tmp_path: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(isolated_home)  # what is saved without a folder
    file = isolated_home / "profiles.toml"
    file.write_text(PROFILES)
    state = isolated_home / ".local/state/pstui"
    chance = random.Random(SEED)
    typed = 0
    while typed < KEYS:
        far = Far()
        book = ProfileBook(read(file), UndoFile(state / "undo.json"))
        options: dict[str, Any] = {"bind": tab, "book": book, "memory": StateFile(state / "workspace.json")}
        history = History(state / "history.jsonl")
        async with screen(*map(tab, TABS), sessions=far, size=(100, 30), history=history, **options) as s:
            await s.until(lambda s=s: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes), "prompts", 60)
            typed = await Run(chance, s, far, isolated_home, file, typed).go_on(KEYS)
        assert s.app.return_code in (0, None), s.app.return_code
