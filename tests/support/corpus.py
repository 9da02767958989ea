"""What the real console answered to lines typed into it, and the same lines typed into pstui's screen.

``tests/data/live/live-open.jsonl`` was recorded with PowerShell 7.6.9 on Linux (ICU 72, ``LANG=C.UTF-8``) in a terminal
of 120x35. A line of the file is one typed input: ``session`` and ``n`` say where it belongs, ``line`` what was typed
(rows parted by newlines), ``screen`` the rows that came, ``text`` the same with wrapped rows joined, ``prompt`` the
last row afterwards, ``state`` whether it ``waits`` for more or has ``left`` the session.

About half of what was typed was left out of the file, every other line or every other half dozen. Where a line
depends on one of those, ``GIVEN`` has an input that leads to the same state.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pstui.tui.pane.state import PaneState
from pstui.tui.transcript.render.cells import row_starts
from pstui.tui.transcript.render.sgr import plain
from textual import events

from tests.support.paths import DATA
from tests.support.pilot import Screen

#: the terminal of the recording
COLUMNS, ROWS = 120, 35
#: the folders of the recording: their names stand in prompts and tables
FOLDER = Path("/tmp/pstui/liveset")
_TIME = 1700000000
#: seconds that one line may take
DEADLINE = 60.0
#: how a prompt begins
_PROMPT_MARK = "[127.0.0.1]: "

#: what was typed just before a line of the corpus, where that is not in it
GIVEN: dict[tuple[str, int], tuple[str, ...]] = {
    ("objects", 52): ("$?",),
    ("discover", 34): ("cd Env:",),
    ("discover2", 0): (f"cd {FOLDER}/discover2",),
    ("err_concise", 48): ("try { throw 't' } catch { }",),
    ("err_detailed", 2): ("$null",),
    ("err_detailed", 4): ("$null",),
    ("err_detailed", 6): ("$null",),
    ("native", 50): ("/bin/sh -c 'kill -9 $$'",),
    ("native", 54): ("$PSNativeCommandUseErrorActionPreference=$false; $ErrorActionPreference='Continue'",),
    ("multi", 24): ("$s = @'\nfirst\n\nthird\n'@",),
    ("places", 24): ("cd ('d'*130)",),
    ("prompts", 12): ('function prompt { "`e[32mgreen`e[0m> " }',),
    ("prompts", 16): ("function prompt { Write-Host 'whole line'; 'x> ' }",),
    ("prompts", 20): ("function prompt { 42 }",),
    ("prompts", 24): ("function prompt { Write-Warning pwarn; 'w> ' }",),
    ("prompts", 28): ("function prompt { ('L' * 130) + '> ' }",),
    ("prompts", 32): ("function prompt { Write-Host 'col> ' -NoNewline -ForegroundColor Green; ' ' }",),
    ("prompts", 36): ('function prompt { "$? $LASTEXITCODE> " }',),
    ("prompts", 40): ("function prompt { '>  trailing   ' }",),
    ("prompts", 44): ('function prompt { "`r`e[K" }',),
    ("prompts", 48): ('function prompt { "a`n" }',),
    ("repro2", 16): ("function prompt { Write-Host q -NoNewline; 'p> ' }",),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """One input of the corpus and what the real console answered."""

    session: str
    n: int
    line: str
    rows: tuple[str, ...]
    text: tuple[str, ...]
    prompt: str | None
    state: str
    volatile: bool
    setup: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.session} {self.n}: {self.line!r}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What pstui answered: its lines, the same broken into rows of the terminal, the prompt's last row, the state."""

    lines: tuple[str, ...]
    rows: tuple[str, ...]
    prompt: str
    state: str

    def fits(self, typed: Typed) -> bool:
        """Whether it is what the real console showed. The words about the end of a session are each client's own."""
        if self.state != typed.state:
            return False
        if typed.state == "waits":
            return True
        same = without_echo(typed.rows) == without_echo(self.rows) or typed.text == self.lines
        return same and (typed.state == "left" or typed.prompt == self.prompt)


def corpus(path: Path = DATA / "live" / "live-open.jsonl") -> dict[str, list[Typed]]:
    """Return the inputs by session, in order."""
    sessions: dict[str, list[Typed]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        found: dict[str, Any] = json.loads(line)
        typed = Typed(
            found["session"],
            found["n"],
            found["line"],
            tuple(found["screen"]),
            tuple(found.get("text") or found["screen"]),
            found["prompt"],
            found.get("state", ""),
            found["volatile"],
            tuple(found["setup"]),
        )
        sessions.setdefault(typed.session, []).append(typed)
    return sessions


@contextmanager
def folders(names: list[str]) -> Iterator[None]:
    """Make the folders of these sessions and take them away again."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        for name in names:
            _fill(FOLDER / name)
        places = FOLDER / "places"
        if places.exists():
            odd = (
                "dir with blanks",
                "dir-[x]",
                "日本",
                "e\u0301",
                "a$b",
                "😀",
                "q'q",
                "nl\nx",
                "\x1b[31mred",
                "d" * 130,
            )
            for name in odd:
                (places / name).mkdir()
                os.utime(places / name, (_TIME, _TIME))
        yield
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def _fill(folder: Path) -> None:
    (folder / "sub").mkdir(parents=True)
    files = {"a.txt": "alpha\nbeta\n", "b.log": "x" * 2000, "c space.txt": "c", ".hidden": "h", "日本.txt": "j"}
    for name, text in {**files, "run.sh": "#!/bin/sh\necho hi\n", "sub/d.txt": "d"}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755 if name == "run.sh" else 0o644)
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (_TIME, _TIME))


async def type_in(s: Screen, line: str) -> Answer:
    """Type one input, Enter after each of its rows, and return what became of it."""
    first = s.pane.transcript.buffer.end
    for row in line.split("\n"):
        await _type_row(s, row)
    return _answer(s, first)


async def _type_row(s: Screen, row: str) -> None:
    pane, buffer = s.pane, s.pane.transcript.buffer
    before, height = buffer.prompt_count, pane.editor.document.line_count
    s.app.post_message(events.Paste(row))
    s.burst("enter")
    await until(s, lambda: buffer.prompt_count > before or pane.editor.document.line_count > height, row)
    await until(s, lambda: pane.state is not PaneState.BUSY, row)


async def until(s: Screen, seen: Callable[[], bool], row: str) -> None:
    """Wait without Pilot's own pauses, each of which waits until the whole process is idle."""
    end = time.monotonic() + DEADLINE
    while not seen():
        assert time.monotonic() < end, f"no answer to {row!r}\n--- the screen:\n{s.shown()}"
        await asyncio.sleep(0.002)


def _answer(s: Screen, first: int) -> Answer:
    pane, buffer = s.pane, s.pane.transcript.buffer
    prompt = plain(pane.conversation.prompt)
    waits = prompt == ">> " or pane.editor.document.line_count > 1
    state = "waits" if waits else "" if pane.state is PaneState.PROMPT else "left"
    lines = [buffer.text_at(number) for number in range(max(first, buffer.dropped), buffer.dropped + buffer.line_count)]
    # The first row is the prompt with what was typed; rows of the same input stand behind a mark of their own.
    lines = [line.rstrip() for line in lines[1:]]
    rows = [row for line in lines for row in _broken(line)]
    *above, last = _broken(prompt)
    return Answer(tuple(lines), (*rows, *above), last, state)


def _broken(line: str) -> list[str]:
    starts = [*row_starts(line, COLUMNS), len(line)]
    return [line[start:end].rstrip() for start, end in pairwise(starts)]


def without_echo(rows: tuple[str, ...]) -> tuple[str, ...]:
    """Return rows without those that only repeat further rows of what was typed."""
    return tuple(row for row in rows if not row.startswith(">>") and not row.startswith(_PROMPT_MARK))
