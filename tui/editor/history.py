"""The lines typed before: kept by ``LineHistory``, walked through by Up and Down, searched by Ctrl+R.

``HistorySteps`` and ``Searching`` are what the editor does with them; ``HistorySearch`` is the search without a screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from pstui.backends.language.secrets import looks_secret
from pstui.tui.editor.surface import EditingSurface
from pstui.tui.key_row import pressable
from pstui.tui.plain import plain, typed_text
from pstui.tui.transcript.render.cells import without_last
from textual.content import Content


class KeptLines(Protocol):
    """What keeps lines beyond the program's end; ``pstui.config.history.History`` does."""

    problem: str

    def add(self, host: str, line: str) -> None:
        """Keep a line typed to ``host``."""

    def lines(self, host: str | None = None) -> list[str]:
        """Return lines, oldest first: of one host, or of all."""


class LineHistory:
    """Lines in the order they were typed, newest last, bounded; and a place in them while Up and Down are used.

    ``limit`` counts lines. A line equal to the one before it is kept once. ``others`` are lines typed to other hosts.
    """

    def __init__(self, lines: Iterable[str] = (), *, limit: int = 4096) -> None:
        self._limit = limit
        self._lines: list[str] = list(lines)[-limit:]
        self._place = len(self._lines)
        self._draft = ""
        self._prefix = ""
        self._walked: dict[str, int] = {}
        self._kept: KeptLines | None = None
        self._host = ""
        self._told = ""
        self.others: Sequence[str] = ()
        #: whether ``predict`` finds anything
        self.predicts = True

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, oldest first."""
        return tuple(self._lines)

    def complaint(self) -> str:
        """Return why lines are not kept, once; empty while they are (or nobody wants them to be)."""
        problem = "" if self._kept is None else self._kept.problem
        told, self._told = self._told, problem
        return f"the history is not kept: {problem}" if problem and problem != told else ""

    def keep(self, kept: KeptLines, host: str) -> None:
        """Begin with the lines typed to ``host`` in earlier runs, and hand on what is typed from now on."""
        self._kept, self._host = kept, host
        self._lines = (kept.lines(host) + self._lines)[-self._limit :]
        self._read_others()
        self.settle()

    def add(self, line: str) -> None:
        """Remember ``line`` unless it is blank or repeats the last one, and go back to the newest place."""
        if line.strip() and (not self._lines or self._lines[-1] != line):
            self._lines.append(line)
            del self._lines[: -self._limit]
        if self._kept is not None:
            self._kept.add(self._host, line)
            self._read_others()
        self.settle()

    def settle(self) -> None:
        """Leave the lines typed before: what is in the editor now is a new line."""
        self._place = len(self._lines)
        self._draft = self._prefix = ""
        self._walked.clear()

    def older(self, current: str, beginning: str = "") -> str | None:
        """Return the line before the present place, None at the oldest; ``current`` is kept for the way back.

        Only lines with this beginning are walked through, in any case.
        """
        if self._place == len(self._lines):
            self._draft = current
        self._prefix = beginning
        for place in range(self._place - 1, -1, -1):
            if self._fits(place):
                self._place = place
                return self._lines[place]
        return None

    def newer(self, beginning: str = "") -> str | None:
        """Return the line after the present place, the text typed before going back at the end, None beyond it."""
        if self._place >= len(self._lines):
            return None
        self._prefix = beginning
        for place in range(self._place + 1, len(self._lines)):
            if self._fits(place):
                self._place = place
                return self._lines[place]
        self._place = len(self._lines)
        return self._draft

    def oldest(self, current: str) -> str | None:
        """Return the first line, None if there is none; ``current`` is kept for the way back."""
        if self._place == len(self._lines):
            self._draft, self._prefix = current, ""
        return self.go(0)

    def newest(self) -> str | None:
        """Return the text typed before going back, None if nobody has gone back."""
        if self._place >= len(self._lines):
            return None
        self._place = len(self._lines)
        return self._draft

    @property
    def place(self) -> int:
        """Which line is recalled, counted from the oldest; one after the last while no line is recalled."""
        return self._place

    def go(self, place: int) -> str | None:
        """Go to a line by its place and return it, None if there is no such line."""
        if not 0 <= place < len(self._lines):
            return None
        self._place = place
        return self._lines[place]

    def stand_at(self, line: str) -> None:
        """Go to the newest of the lines typed here that are this one, if there is one; nothing is kept behind it."""
        self.settle()
        places = range(len(self._lines) - 1, -1, -1)
        self._place = next((place for place in places if self._lines[place] == line), self._place)

    def predict(self, text: str) -> str:
        """Return what followed ``text`` when a line that begins with it was last typed, here or to another host.

        Lines that look like secrets are left out: a ghost is seen by whoever looks at the screen.
        """
        for lines in (self._lines, self.others) if self.predicts else ():
            for line in reversed(lines):
                if "\n" not in line and len(line) > len(text) and _begins(line, text) and not looks_secret(line):
                    return line[len(text) :]
        return ""

    def _fits(self, place: int) -> bool:
        """Whether a line begins as wanted, and is where it was first met in this walk: each is shown once."""
        line = self._lines[place]
        return _begins(line, self._prefix) and self._walked.setdefault(line, place) == place

    def _read_others(self) -> None:
        if self._kept is not None:
            own = set(self._lines)
            self.others = [line for line in self._kept.lines()[-self._limit :] if line not in own]


def _begins(line: str, start: str) -> bool:
    return line[: len(start)].lower() == start.lower()


class HistorySteps:
    """Steps of the editor through the lines typed before; what was being typed is kept for the way back.

    ``put`` replaces the editor's text by a line and ends what was begun with the one before.
    """

    def __init__(self, surface: EditingSurface, history: LineHistory, put: Callable[[str], None]) -> None:
        self._surface, self._history, self._put = surface, history, put
        self._recalled: str | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines typed before, oldest first."""
        return self._history.lines

    @property
    def place(self) -> int:
        """Which line is recalled, counted from the oldest; one after the last while no line is recalled."""
        self._settle()
        return len(self._history.lines) if self._recalled is None else self._history.place

    def forget(self) -> None:
        """Forget which line was recalled: it is no longer in the editor."""
        self._recalled = None

    def settle(self) -> None:
        """Leave the lines typed before: what is in the editor counts as new, however it came there."""
        self._history.settle()
        self._recalled = None

    def older(self, beginning: str = "") -> bool:
        """Take the line typed before with this beginning; False if there is none."""
        self._settle()
        return self._recall(self._history.older(self._surface.text, beginning))

    def newer(self, beginning: str = "") -> bool:
        """Take the line typed after with this beginning, at the end what was being typed."""
        self._settle()
        return self._recall(self._history.newer(beginning))

    def oldest(self) -> bool:
        """Take the first line known."""
        self._settle()
        return self._recall(self._history.oldest(self._surface.text))

    def newest(self) -> bool:
        """Go back to what was being typed."""
        self._settle()
        return self._recall(self._history.newest())

    def go(self, place: int) -> None:
        """Take a line by its place, if there is one."""
        self._recall(self._history.go(place))

    def stand_at(self, line: str) -> None:
        """Take a line that was found, and now stands in the editor, for the one recalled."""
        self._history.stand_at(line)
        self._recalled = line

    def revert(self) -> None:
        """Take back all that was typed: to the line recalled, or to an empty one. Undo restores it."""
        text = self._surface.text
        line = self._recalled if self._recalled not in (None, text) else ""
        self._surface.change(0, len(text), line or "")

    def _settle(self) -> None:
        """Make a recalled line that was edited a new one."""
        if self._recalled is not None and self._recalled != self._surface.text:
            self._history.settle()
            self._recalled = None

    def _recall(self, line: str | None) -> bool:
        if line is None:
            return False
        self._put(line)
        self._recalled = line
        return True


class HistorySearch:
    """The search without its screen: newest lines first, those of this host before those of others.

    ``line`` is the line found, ``""`` while there is none; ``failed`` says that nothing (more) fits.
    """

    def __init__(self, history: LineHistory) -> None:
        own = list(dict.fromkeys(reversed(history.lines)))
        self._own = len(own)
        self._lines: Sequence[str] = list(dict.fromkeys([*own, *reversed(history.others)]))
        self._place = -1
        self.query = ""
        self.failed = False

    @property
    def line(self) -> str:
        """The line found."""
        return self._lines[self._place] if 0 <= self._place < len(self._lines) else ""

    @property
    def foreign(self) -> bool:
        """Whether the line found was typed to another host."""
        return self._place >= self._own

    @property
    def match(self) -> tuple[int, int]:
        """Where in the line the query is: the first index, and one after the last."""
        start = self.line.lower().find(self.query.lower())
        return max(start, 0), max(start, 0) + (len(self.query) if start >= 0 else 0)

    def type(self, text: str) -> None:
        """Make the query longer; the line found stays while it fits."""
        self.query += text
        self._find(max(self._place, 0), 1)

    def shorten(self) -> None:
        """Take the last character of the query away and begin at the newest line again."""
        self.query = without_last(self.query)
        self._place = -1
        self.failed = False
        if self.query:
            self._find(0, 1)

    def older(self) -> None:
        """Go to the next older line that fits."""
        self._find(self._place + 1, 1)

    def newer(self) -> None:
        """Go to the next newer line that fits."""
        self._find(self._place - 1, -1)

    def _find(self, start: int, step: int) -> None:
        query = self.query.lower()
        place = start
        while query and 0 <= place < len(self._lines):
            if query in self._lines[place].lower():
                self._place, self.failed = place, False
                return
            place += step
        self.failed = bool(query)


_KEYS = "Ctrl+R older  Enter runs  Esc edits  Ctrl+G back"


class Searching:
    """One search, from Ctrl+R to the key that ends it, as in PSReadLine.

    ``show`` gets the row to show, None to hide it; ``found`` the line that a search has ended with.
    """

    def __init__(
        self, surface: EditingSurface, show: Callable[[Content | None], None], found: Callable[[str], None]
    ) -> None:
        self._surface, self._show, self._found = surface, show, found
        self._search: HistorySearch | None = None
        self._draft = ""

    @property
    def active(self) -> bool:
        """Whether a search is on."""
        return self._search is not None

    def begin(self, history: LineHistory) -> None:
        """Search for what will be typed."""
        self._draft = self._surface.text
        self._search = HistorySearch(history)
        self._present(self._search)

    def end(self) -> None:
        """End the search with the line found, the cursor at the match; without one at the end."""
        search, self._search = self._search, None
        if search is not None:
            text = self._surface.text
            if search.line == text:
                self._surface.go(search.match[0])
                self._found(text)
            else:
                self._surface.go(len(text))
            self._show(None)

    def take(self, key: str, character: str | None) -> bool:
        """Take a key; one that means nothing in a search ends it and acts as usual."""
        search = self._search
        if search is None:
            return False
        match key:
            case "ctrl+r":
                search.older()
            case "ctrl+s":
                search.newer()
            case "backspace" | "ctrl+h":
                search.shorten()
            case "ctrl+c" | "ctrl+g":
                self._put(self._draft)
                self.end()
                return True
            case "escape":
                self.end()
                return True
            case _ if character and typed_text(character):
                search.type(character)
            case _:
                self.end()
                return False
        self._present(search)
        return True

    def _present(self, search: HistorySearch) -> None:
        if search.line:
            self._put(search.line)
            self._surface.select(*reversed(search.match))
        elif not search.query:
            self._put(self._draft)
        doubt = "  nothing else fits" if search.line else "  nothing fits"
        where = "  typed to another host" if search.foreign and search.line else ""
        said = (doubt if search.failed else "") + where
        query = plain(search.query, limit=200)
        self._show(Content.assemble("history: ", (query, "bold"), said, pressable(f"   {_KEYS}")))

    def _put(self, text: str) -> None:
        if self._surface.text != text:
            self._surface.change(0, len(self._surface.text), text)
