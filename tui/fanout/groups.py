"""Hosts by what they answered: the same answer once, that of most hosts first, then the failures by their reason."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

_Host = TypeVar("_Host")
_Answer = TypeVar("_Answer", bound=Hashable)

#: a longer text is not compared, because that takes longer than linearly (lines)
COMPARED = 5_000


def by_answer(answers: Iterable[tuple[_Host, _Answer]]) -> list[tuple[list[_Host], _Answer]]:
    """Return the hosts of each answer, the answer of most hosts first; of as many the one that came first."""
    same: dict[_Answer, list[_Host]] = {}
    for host, answer in answers:
        same.setdefault(answer, []).append(host)
    return sorted(((hosts, answer) for answer, hosts in same.items()), key=lambda group: -len(group[0]))


def difference(most: str, text: str, names: tuple[str, str]) -> Iterator[str] | None:
    """Return the rows in which a text differs from that of most hosts; None where they are too long for it."""
    if max(most.count("\n"), text.count("\n")) >= COMPARED:
        return None
    return difflib.unified_diff(most.splitlines(), text.splitlines(), *names, lineterm="")


def without_names(text: str, names: Iterable[str]) -> str:
    """Return what a host says with a mark in place of its names, so that others may say the same.

    A name counts where it stands as a word: that of the host ``a`` is not in every word with this letter.
    """
    for name in sorted({*names} - {""}, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", "…", text)
    return text


def counted(hosts: Sequence[object]) -> str:
    """Return how many hosts there are."""
    return "1 host" if len(hosts) == 1 else f"{len(hosts)} hosts"
