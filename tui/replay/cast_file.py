"""Reads asciicast v2: where each event of a recording is, and when; the events themselves stay in the file.

A recording may come from anybody. Sizes, counts and times are bounded before anything is made of them, and what is
wrong is said with its line. One whose end is torn off, because its program was killed, is played up to there.
"""

from __future__ import annotations

import contextlib
import json
import math
import stat
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from pstui.backends.errors import PstuiError

#: bytes of one line, and events and chapters of a recording
MOST_LINE: Final = 4 << 20
MOST_EVENTS, MOST_CHAPTERS = 20_000_000, 100_000
#: seconds that a recording may take: ten years
LONGEST: Final = 10 * 366 * 86_400.0
#: seconds between a record and its chapter at most: times of day are whole seconds in a recording
_NEAR: Final = 2.0
#: characters of a title and of a chapter's name
_MOST_LABEL: Final = 300
_OUTPUT, _SIZE, _MARK = range(3)
_KINDS: Final = {"o": _OUTPUT, "r": _SIZE, "m": _MARK}


class Chapter(NamedTuple):
    """A mark of a recording: seconds from its beginning, and what it is called."""

    seconds: float
    label: str


@dataclass(slots=True)
class Recording:
    """What a file holds. ``cut`` says why it is not read to its end, empty where it is."""

    path: Path
    size: tuple[int, int]
    title: str = ""
    #: when it began, in seconds since 1970; 0 where that is not known
    began: float = 0.0
    #: seconds of a wait that is not played longer, as its file wishes; 0 for none
    idle: float = 0.0
    times: array[float] = field(default_factory=lambda: array("d"))
    places: array[int] = field(default_factory=lambda: array("Q"))
    kinds: bytearray = field(default_factory=bytearray)
    chapters: list[Chapter] = field(default_factory=list)
    cut: str = ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.times[-1] if self.times else 0.0

    def __len__(self) -> int:
        return len(self.times)

    def after(self, seconds: float) -> int:
        """Return the first event after a time."""
        return bisect_right(self.times, seconds)

    def chapter_at(self, seconds: float) -> int:
        """Return the number of the chapter that a time is in, -1 before the first one."""
        return bisect_right(self.chapters, seconds, key=lambda each: each.seconds) - 1

    def nearest_chapter(self, when: float) -> float:
        """Return where the command begins that was run at a time of day (seconds since 1970)."""
        wanted = max(when - self.began, 0.0)
        near = min((each.seconds for each in self.chapters), key=lambda each: abs(each - wanted), default=wanted)
        return near if abs(near - wanted) <= _NEAR else wanted

    def chapter_from(self, seconds: float) -> int:
        """Return the number of the first chapter that begins at a time or after it."""
        return bisect_left(self.chapters, seconds, key=lambda each: each.seconds)


def load(path: Path, told: Callable[[float], bool] = lambda part: True) -> Recording:
    """Read a recording. ``told`` is told how far it is, from 0 to 1, and ends it by False. Blocks.

    Raises PstuiError for what is not a recording.
    """
    with _opened(path) as file:
        recording = _head(path, file.readline(MOST_LINE))
        _read(recording, file, max(path.stat().st_size, 1), told)
    return recording


def head(path: Path) -> Recording:
    """Read what a recording says of itself, and no event. Raises PstuiError."""
    with _opened(path) as file:
        return _head(path, file.readline(MOST_LINE))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PstuiError(f"{path} is not a file", "Only a file can be played.")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise PstuiError(f"{path} cannot be read", error.strerror or str(error)) from error


def event(recording: Recording, file: BinaryIO, index: int) -> str:
    """Return what an event holds. Blocks for a moment; raises OSError, and ValueError where the file has changed."""
    file.seek(recording.places[index])
    found = json.loads(file.readline(MOST_LINE))
    return str(found[2])


def size_of(text: str) -> tuple[int, int] | None:
    """Return the columns and rows of a size as events have it (``80x24``), None for anything else."""
    columns, cross, rows = text.partition("x")
    if not cross or not (columns.isdecimal() and rows.isdecimal() and len(columns) < 6 and len(rows) < 6):
        return None
    return int(columns), int(rows)


def _head(path: Path, line: bytes) -> Recording:
    wrong = PstuiError(
        f"{path} is not a recording",
        "It does not begin as asciicast v2 does.",
        "pstui writes such files, named ….cast, beside its logs; so does asciinema 2.",
    )
    try:
        told: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(told, dict) or "version" not in told:
        raise wrong
    if told["version"] != 2:
        hint = "asciinema convert makes one of version 2 of it."
        raise PstuiError(f"{path} is asciicast v{str(told['version'])[:20]}", "pstui plays version 2.", hint)
    size = told.get("width"), told.get("height")
    if not all(isinstance(each, int) and not isinstance(each, bool) and 0 < each < 100_000 for each in size):
        raise PstuiError(f"{path} has no size", "width and height must be whole numbers above 0.")
    idle = told.get("idle_time_limit")
    has_limit = isinstance(idle, int | float) and math.isfinite(idle) and idle > 0
    title, began = told.get("title"), told.get("timestamp")
    recording = Recording(path, (int(size[0] or 0), int(size[1] or 0)), str(title or "")[:_MOST_LABEL])
    recording.idle = float(idle) if has_limit and idle is not None else 0.0
    recording.began = float(began) if isinstance(began, int | float) and 0 < began < 1e11 else 0.0
    return recording


def _read(recording: Recording, file: BinaryIO, size: int, told: Callable[[float], bool]) -> None:
    place, number, now = file.tell(), 1, 0.0
    while line := file.readline(MOST_LINE):
        number += 1
        if number % 4096 == 0 and not told(place / size):
            return
        if not line.endswith(b"\n") and len(line) >= MOST_LINE:
            recording.cut = f"line {number} is longer than {MOST_LINE >> 20} MiB"
            return
        if len(recording) >= MOST_EVENTS:
            recording.cut = f"it has more than {MOST_EVENTS:,} events"
            return
        if line.strip():
            try:
                when, kind, data = json.loads(line)
                is_fit = not isinstance(when, bool) and isinstance(when, int | float) and isinstance(data, str)
                if not is_fit or not isinstance(kind, str) or not 0 <= when <= LONGEST:
                    raise ValueError
            except (ValueError, TypeError, RecursionError):
                torn = not line.endswith(b"\n")
                recording.cut = "its end is torn off" if torn else f"line {number} is not an event"
                return
            now = max(now, float(when))
            _take(recording, now, place, kind, data)
        place += len(line)


def _take(recording: Recording, now: float, place: int, kind: str, data: str) -> None:
    if (known := _KINDS.get(kind)) is None:
        return  # what was typed, or something of another version: the format says to pass it over
    if known == _MARK:
        if len(recording.chapters) < MOST_CHAPTERS:
            recording.chapters.append(Chapter(now, data[:_MOST_LABEL]))
        return
    recording.times.append(now)
    recording.places.append(place)
    recording.kinds.append(known)


def is_size(recording: Recording, index: int) -> bool:
    """Whether an event is another size of the screen."""
    return recording.kinds[index] == _SIZE
