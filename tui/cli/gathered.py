"""The text of several targets, told at the end: targets that said the same are told of together.

How this works. ``Gathering`` takes the place of ``Blocks``: what a target writes as output is kept until all have
ended. Then each text is written once, below the names of the targets that wrote it, that of the most targets first;
with ``diff`` the others are written as what differs from it. Everything else a target writes comes at once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from pstui.backends.console import Console
from pstui.backends.records import Stream, Write
from pstui.tui.cli.blocks import Block, Blocks
from pstui.tui.fanout.groups import by_answer, difference

#: characters that are kept of what one target writes
MAX_KEPT = 32 << 20
_RULE = "-" * 15
_COLOR = re.compile(r"\x1b\[[0-9;:]*m")


class Gathering(Blocks):
    """The consoles of several targets whose output is gathered."""

    def __init__(self, console: Console, *, diff: bool = False) -> None:
        super().__init__(console, heads=False)
        self._diff = diff
        self._texts: dict[str, str] = {}

    def of(self, name: str) -> Block:
        """Return the console of one more target; they are told of in this order, whichever ends first."""
        number, said = 1, name
        while said in self._texts:  # a target that was named twice
            number += 1
            said = f"{name} #{number}"
        self._texts[said] = ""
        return Gathered(self, name, said)

    def ended(self, said: str, text: str) -> None:
        """Take what a target has written in all."""
        self._texts[said] = text

    def finish(self) -> None:
        """Write what was gathered; a target that wrote nothing is left out."""
        for line in self._lines():
            self.console.write(Write(line))

    def _lines(self) -> Iterator[str]:
        # colours are no part of an answer, as on the screen
        groups = by_answer((name, _COLOR.sub("", text)) for name, text in self._texts.items() if text)
        for number, (names, plain_text) in enumerate(groups):
            most, first = groups[0]
            text = self._texts[names[0]]
            rows = difference(first, plain_text, (_title(most), _title(names))) if self._diff and number else None
            if rows is not None:
                yield from rows
            else:
                yield from (_RULE, _title(names), _RULE)
                yield from text.removesuffix("\n").split("\n")


def _title(names: list[str]) -> str:
    return ",".join(names) + (f" ({len(names)})" if len(names) > 1 else "")


class Gathered(Block):
    """One target's way to the shared console: its output is kept, all else is passed on."""

    def __init__(self, gathering: Gathering, name: str, said: str) -> None:
        super().__init__(gathering, name)
        self._gathering, self._said = gathering, said
        self._text = io.StringIO()
        self._left_out = 0

    def write(self, record: Write) -> None:
        if record.stream is not Stream.OUTPUT:
            super().write(record)
            return
        text = record.text + "\n" if record.newline else record.text
        room = max(MAX_KEPT - self._text.tell(), 0)
        self._left_out += max(len(text) - room, 0)
        self._text.write(text[:room])

    def finish(self) -> None:
        if self._left_out:
            said = f"pstui: {self._said}: {self._left_out:,} more characters were left out"
            super().write(Write(said, stream=Stream.ERROR))
        super().finish()
        self._gathering.ended(self._said, self._text.getvalue())
