"""What the list of Go holds, and which of it a few typed letters mean.

A ``Goal`` is a tab, a saved or found host, an action or a cmdlet. ``matching`` ranks by where the words of the text
begin; what destroys comes after everything else that fits as well.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pstui.tui.keys.actions import KeyAction
from pstui.tui.plain import plain


class Kind(enum.IntEnum):
    """What a goal is, in the order in which equally good ones stand."""

    TAB = 0
    HOST = 1
    FOUND = 2
    ACTION = 3
    CMDLET = 4


@dataclass(frozen=True)
class Goal:
    """One row. ``words`` are found besides the label, ``aside`` and ``about`` are shown behind it.

    ``run`` goes there; None for a cmdlet, which is typed on. ``form`` shows its host in a form, None where it has none.
    """

    kind: Kind
    label: str
    run: Callable[[], Any] | None = None
    mark: str = " "
    aside: str = ""
    about: str = ""
    words: str = ""
    name: str = ""
    form: Callable[[], Any] | None = None
    #: rows that are shown only when this one fits best: what else can be done with it
    more: Sequence[Goal] = field(default=())
    destroys: bool = False

    @cached_property
    def _label(self) -> str:
        return self.label.casefold()

    @cached_property
    def _text(self) -> str:
        return f"{self._label} {self.words}".casefold()

    @cached_property
    def _begins(self) -> list[str]:
        return _words(self._label)

    @cached_property
    def _all(self) -> list[str]:
        return _words(self._text)

    def rank(self, wanted: str, parts: Sequence[str]) -> int | None:
        """Return how well a text (casefolded, and its words) means this, 0 best; None where it does not."""
        if not wanted:
            return 1
        if not all(part in self._text for part in parts):
            return 6 if _in_order("".join(parts), self._label) else None
        if self._label == wanted:
            return 0
        if self._label.startswith(wanted):
            return 1
        if _begin(self._begins, parts):
            return 2
        return 3 if _begin(self._all, parts) else 4


#: the rank of what is typed itself, as the name of a computer: before letters that only come in the same order
TYPED = 5
_BREAKS = re.compile(r"[\W_]+")


def _words(text: str) -> list[str]:
    """Return the words of a text, and what stands between blanks as one more: web1.lab is found by both."""
    return [*text.split(), *(word for word in _BREAKS.split(text) if word)]


def _begin(words: Sequence[str], parts: Sequence[str]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in parts)


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def matching(goals: Iterable[Goal], text: str, typed: Sequence[Goal] = ()) -> list[Goal]:
    """Return the goals that a text means, the best first. ``typed`` are what it is itself, such as a computer's name.

    What destroys is first only where its whole name was typed, or nothing else fits.
    """
    wanted = " ".join(text.split()).casefold()
    parts = wanted.split()
    found: list[tuple[int, bool, int, int, Goal]] = []
    for place, goal in enumerate(goals):
        if (rank := goal.rank(wanted, parts)) is not None:
            late = goal.destroys and rank > 0
            rank = TYPED - 1 if late and rank < TYPED else rank
            found.append((rank, late, goal.kind if wanted else 0, place, goal))
    found += [(TYPED, False, 0, place, goal) for place, goal in enumerate(typed)]
    ranked = [each[-1] for each in sorted(found, key=lambda each: each[:-1])]
    best = ranked[0] if ranked and wanted else None
    return ranked if best is None else [*ranked, *best.more]


def action_goal(action: KeyAction, shown: str, run: Callable[[], Any] | None = None) -> Goal:
    """Return the goal of an action, with how its key is written."""
    return Goal(
        Kind.ACTION,
        action.label,
        run,
        aside=shown,
        about=action.help,
        words=action.help,
        name=action.name,
        destroys=action.name in _DESTROYING,
    )


#: actions that end something
_DESTROYING = ("close_tab",)

#: the calls that can be typed: choosing one begins to type it
CMDLETS = tuple(
    Goal(Kind.CMDLET, name, aside=alias, about=help, words=f"{alias} {help}")
    for name, alias, help in (
        ("Enter-PSSession", "etsn", "enter a session, new or open, in a tab"),
        ("New-PSSession", "nsn", "open a session that stays when it is left"),
        ("Get-PSSession", "gsn", "list the sessions that are open"),
        ("Exit-PSSession", "exsn", "leave the session of this tab"),
        ("Disconnect-PSSession", "dnsn", "disconnect from a session that keeps running"),
        ("Connect-PSSession", "cnsn", "connect to a disconnected session"),
        ("Receive-PSSession", "rcsn", "follow in a tab what runs in a session"),
        ("Remove-PSSession", "rsn", "close a session"),
    )
)


def row(goal: Goal, widths: tuple[int, int]) -> str:
    """Return a goal as one row: sign, name and what is beside it in columns of these widths."""
    name, aside = widths
    label, beside = _cell(goal.label, name), _cell(goal.aside, aside)
    return f"{goal.mark} {label} {beside} {plain(goal.about, limit=200)}"


def _cell(text: str, width: int) -> str:
    from pstui.tui.sidebar.widget import cut
    from rich.cells import set_cell_size

    return set_cell_size(cut(plain(text, limit=200), width), width)
