"""One command of a log: what was typed, what came of it, what was asked. One JSON object, one line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pstui.backends.records import Stream, Write
from pstui.tui.log.place import HEAD, About
from pstui.tui.transcript.render.sgr import plain

#: characters of one command's output that its record keeps; the text beside it has all of it
MOST: Final = 1 << 20
#: questions of one command that are kept
MOST_ASKED: Final = 1_000
#: what stands for a secret, whatever its length
SECRET: Final = "*" * 8
#: what stands for a line that shows a secret
HIDDEN: Final = "(not logged: the line seems to hold a secret)"
#: what stands for the line of a terminal with a shell
TERMINAL: Final = "(a terminal)"
#: the outcome of a command that has not ended
RUNNING: Final = "running"
#: that of one whose output goes on in the next files
CONTINUED: Final = "continued"


def head(about: About, start: datetime) -> str:
    """Return the first line of a file of records, which says whose it is."""
    told = json.dumps({"host": about.host, "user": about.user, "profile": about.profile, "start": stamp(start)})
    return HEAD + told[1:] + "\n"


def stamp(when: datetime) -> str:
    """Return a time with its zone, to the millisecond."""
    return when.astimezone().isoformat(timespec="milliseconds")


@dataclass(slots=True)
class Entry:
    """A command that was typed; ``seconds`` is None while it runs. ``outcome`` is PipelineState's or Outcome's word."""

    line: str
    start: datetime
    about: About
    #: the byte of the text at which its command begins
    at: int = 0
    outcome: str = RUNNING
    seconds: float | None = None
    exit_code: int | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    _streams: dict[str, list[str]] = field(default_factory=dict)
    _size: int = 0
    _is_cut: bool = False

    def add(self, record: Write) -> None:
        """Take what was written, as long as there is room."""
        text = plain(record.text) + "\n" * record.newline
        room = MOST - self._size
        if len(text) > room:
            text, self._is_cut = text[:room], True
        if text:
            self._streams.setdefault(record.stream.value, []).append(text)
            self._size += len(text)

    def add_answer(self, question: str, answer: str) -> None:
        """Take a question and what was answered."""
        if len(self.asked) < MOST_ASKED:
            self.asked.append({"question": plain(question), "answer": answer})

    @property
    def had_errors(self) -> bool:
        """Whether the error stream was written to."""
        return Stream.ERROR.value in self._streams

    def json(self) -> str:
        """Return the record as one line."""
        about = self.about
        whole: dict[str, Any] = {
            "line": self.line,
            "start": stamp(self.start),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "host": about.host,
            "user": about.user,
            "profile": about.profile,
            "at": self.at,
            "streams": {name: "".join(parts) for name, parts in self._streams.items()},
            "asked": self.asked,
        }
        if self._is_cut:
            whole["cut"] = True
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"
