"""What the list of Go holds, and which of it a few typed letters mean.

A ``Goal`` is a tab, a saved or found host, an action or a cmdlet. ``matching`` ranks by where the words of the text
begin; what destroys comes after everything else that fits as well.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pstui.tui.cut import column
from pstui.tui.keys.actions import KeyAction
from pstui.tui.plain import plain
from textual.content import Content


class Kind(enum.IntEnum):
    """What a goal is, in the order in which equally good ones stand."""

    TAB = 0
    HOST = 1
    FOUND = 2
    ACTION = 3
    CMDLET = 4


@dataclass(slots=True, eq=False)
class Goal:
    """One row. ``words`` are found besides the label, ``aside`` and ``about`` are shown behind it.

    ``run`` goes there; ``target`` is what is entered instead, where it is what was typed; a cmdlet, which is typed
    on, has neither. ``form`` shows its host in a form, None where it has none. ``more`` returns rows that are shown
    only when this one fits best: what else can be done with it.
    """

    kind: Kind
    label: str
    run: Callable[[], Any] | None = None
    mark: str = " "
    aside: str = ""
    about: str = ""
    words: str = ""
    name: str = ""
    target: str = ""
    form: Callable[[], Any] | None = None
    more: Callable[[], Sequence[Goal]] | None = None
    destroys: bool = False
    #: label, and label with words, as they are searched; made when the first text is looked for
    searched: tuple[str, str] | None = None


#: the ranks: the whole name, its beginning, words of it begin so, words of all that is known, within, in this order
_WHOLE, _BEGINS, _NAMED, _KNOWN, _WITHIN, _TYPED, _IN_ORDER = range(7)
#: fits from which letters that only come in the same order are no longer looked for
_ENOUGH = 30


def matching(goals: Iterable[Goal], text: str, typed: Sequence[Goal] = ()) -> list[Goal]:
    """Return the goals that a text means, the best first. ``typed`` are what it is itself, such as a computer's name.

    What destroys is first only where its whole name was typed, or nothing else fits.
    """
    wanted = " ".join(text.split()).casefold()
    parts = wanted.split()
    if not parts:
        return [*(goal for goal in goals if not goal.destroys), *(goal for goal in goals if goal.destroys)]
    begins = [re.compile(rf"(?:^|[\W_]){re.escape(part)}").search for part in parts]
    found: list[tuple[int, bool, int, int, Goal]] = []
    others: list[tuple[int, Goal]] = []
    for place, goal in enumerate(goals):
        if (searched := goal.searched) is None:
            label = goal.label.casefold()
            searched = goal.searched = (label, f"{label} {goal.words.casefold()}")
        label, everything = searched
        if not all(part in everything for part in parts):
            others.append((place, goal))
            continue
        if label.startswith(wanted):
            rank = _WHOLE if label == wanted else _BEGINS
        elif all(begin(label) for begin in begins):
            rank = _NAMED
        else:
            rank = _KNOWN if all(begin(everything) for begin in begins) else _WITHIN
        late = goal.destroys and rank > _WHOLE
        found.append((max(rank, _WITHIN) if late else rank, late, goal.kind, place, goal))
    found += [(_TYPED, False, 0, place, goal) for place, goal in enumerate(typed)]
    if len(found) < _ENOUGH:
        letters = "".join(parts)
        found += [
            (_IN_ORDER, goal.destroys, goal.kind, place, goal)
            for place, goal in others
            if goal.searched is not None and _in_order(letters, goal.searched[0])
        ]
    ranked = [each[-1] for each in sorted(found, key=lambda each: each[:-1])]
    more = ranked[0].more if ranked else None
    return ranked if more is None else [*ranked, *more()]


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


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


def row(goal: Goal, widths: tuple[int, int]) -> Content:
    """Return a goal as one row: sign, name and what is beside it in columns of these widths."""
    name, aside = widths
    beside = f"{_cell(goal.aside, aside)} {plain(goal.about, limit=200)}"
    mark = (f"{goal.mark} ", "$error" if goal.mark == "✗" else "$primary" if goal.mark == "●" else "")
    return Content.assemble(mark, f"{_cell(goal.label, name)} ", (beside, "$calm"))


def _cell(text: str, width: int) -> str:
    return column(plain(text, limit=200), width)
