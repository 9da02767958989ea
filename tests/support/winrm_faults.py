"""What goes wrong on demand: rules for single requests, and cuts of the whole network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class Dropped(Exception):
    """The connection is to be dropped, after ``after`` bytes of the answer."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after


@dataclass
class Rule:
    """One thing to do to matching requests.

    ``do`` is drop, status, redirect, fault or delay. ``verb`` names the WSMan verb it waits for, ``*`` is any, ``""``
    is any HTTP request before it is looked at, those of the authentication included. ``skip`` requests go through,
    then ``times`` are met (0: all that follow). ``when`` is before or after the request was processed.
    """

    do: str
    verb: str = "*"
    skip: int = 0
    times: int = 1
    when: str = "before"
    after: int = 0
    status: int = 500
    code: int = 0
    reason: str = ""
    subcode: str = "w:InternalError"
    seconds: float = 0.0
    location: str = ""
    body: str = ""
    met: int = 0

    def meets(self, verb: str) -> bool:
        """Return whether the rule is for this request, and count it."""
        if (self.verb == "") != (verb == "") or self.verb not in ("", "*", verb):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times and self.met >= self.times:
            return False
        self.met += 1
        return True


class Weather:
    """The state of the network, and the rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.bytes_left: int | None = None
        self._calm = asyncio.Event()
        self._calm.set()

    def add(self, values: dict[str, Any]) -> None:
        """Put a rule in force."""
        self.rules.append(Rule(**values))

    def clear(self) -> None:
        """Let everything go well again."""
        self.rules.clear()
        self.bytes_left = None
        self._calm.set()

    def meeting(self, verb: str) -> list[Rule]:
        """Return the rules that meet a request."""
        return [rule for rule in self.rules if rule.meets(verb)]

    def allowance(self, size: int) -> int:
        """Return how many of ``size`` bytes still get through."""
        if self.bytes_left is None:
            return size
        allowed = min(self.bytes_left, size)
        self.bytes_left -= allowed
        return allowed

    def stall(self) -> None:
        """Neither read nor answer anything from now on, as a network does that loses every packet."""
        self._calm.clear()

    def calm(self) -> None:
        """End a stall."""
        self._calm.set()

    async def settled(self) -> None:
        """Wait until no stall is on."""
        await self._calm.wait()


async def delays(rules: Iterable[Rule], when: str) -> None:
    """Wait as long as the rules say."""
    for rule in rules:
        if rule.do == "delay" and rule.when == when:
            await asyncio.sleep(rule.seconds)


def drops(rules: Iterable[Rule], when: str) -> None:
    """Raise Dropped when a rule says so."""
    for rule in rules:
        if rule.do == "drop" and rule.when == when:
            raise Dropped(rule.after)
