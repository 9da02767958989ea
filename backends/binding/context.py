"""What a call is bound against, the bound call itself, and refusals that show the place in a line.

The surroundings are who and where the user is, what exists, and which sessions are open.
"""

from __future__ import annotations

import os
import re
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.backends.redaction import with_stars


class KnownSession(Protocol):
    """What the binder asks of a session: the keys it is looked up by. ``PSSession`` has them all."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def instance_id(self) -> uuid.UUID: ...
    @property
    def info(self) -> ConnectionInfo: ...


class ScriptBlock(str):
    """The text between the braces of a script block, told from ordinary text."""

    __slots__ = ()


_NOTHING = MappingProxyType[str, Any]({})


@dataclass(frozen=True)
class BoundCall:
    """A call whose parameters are bound, converted and checked.

    ``parameter_set`` is PowerShell's name of the set; pstui's own sets are ``Process`` (also the loopback),
    ``HostProcess`` and ``Demo``. ``values`` holds final values by parameter name: str, int, bool, UUID, PSCredential,
    a session, dict (tables, session options by property name with times in ms), tuples where a list is allowed.
    ``common`` holds the common parameters, ``settings`` pstui's own by TOML key. ``sessions`` are the open sessions
    that the call names, ``missed`` the refusals of what else it names and is not there, to be told beside what is done.
    ``preferences`` are PowerShell's preference variables that are set, as ``[defaults]`` would say them.
    ``notices`` are sentences to show; ``assign`` is the variable that takes the result;
    ``variables`` are those that a line has set before the call, by names in lower case; ``piped`` says that what came
    through the pipe is among the values. ``source`` is the call whose result is piped in or written in parentheses
    where a session is wanted, ``picked`` the place of the one that is meant among several sessions of it. ``others``
    are the calls for the further objects that come through the pipe.
    """

    cmdlet: str
    parameter_set: str
    values: Mapping[str, Any]
    notices: tuple[str, ...] = ()
    common: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    settings: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    sessions: tuple[KnownSession, ...] = ()
    missed: tuple[CallError, ...] = ()
    preferences: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    assign: str = ""
    source: BoundCall | None = None
    variables: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    piped: bool = False
    picked: int = -1
    others: tuple[BoundCall, ...] = ()

    @property
    def what_if(self) -> bool:
        """True if the call is only to be shown, not done."""
        return bool(self.common.get("WhatIf", False))

    @property
    def verbose(self) -> bool:
        """True if the steps are to be told."""
        return bool(self.common.get("Verbose", False))


@dataclass(frozen=True, slots=True)
class PendingSession:
    """Stands where a session is wanted that a call in the same line is yet to open.

    ``index`` is its place among the sessions of that call, -1 for all of them.
    """

    call: BoundCall
    index: int = -1

    @property
    def targets(self) -> tuple[Any, ...]:
        """What the sessions lead to, one each; None where the call does not name it."""
        values = self.call.values
        for name in ("ComputerName", "HostName", "ConnectionUri", "VMName", "VMId", "ContainerId", "SSHConnection"):
            if name in values:
                given = values[name]
                return given if isinstance(given, tuple) else (given,)
        return (None,)

    @property
    def name(self) -> str:
        """The name that the session will have, empty where the call gives none."""
        given = self.call.values.get("Name") or ()
        names = (given,) if isinstance(given, str) else given
        return str(names[max(self.index, 0)]) if max(self.index, 0) < len(names) else ""

    @property
    def id(self) -> int:
        """None has this one: it is known once the session is open."""
        return -1

    @property
    def instance_id(self) -> uuid.UUID:
        """None has this one: it is known once the session is open."""
        return uuid.UUID(int=0)

    @property
    def info(self) -> ConnectionInfo:
        """Where it leads, as far as a look-up asks."""
        return ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": str(self.targets[max(self.index, 0)] or "")})

    def each(self) -> list[PendingSession]:
        """Return the sessions one by one."""
        return [PendingSession(self.call, index) for index in range(len(self.targets))]


class CallNeeded(Exception):
    """A call inside a line has to be run before the line can be read on; ``place`` is where it stands."""

    def __init__(self, call: BoundCall, place: tuple[int, ...]) -> None:
        super().__init__(call.cmdlet)
        self.call, self.place = call, place


def is_session(value: object) -> bool:
    """True for a session object: one that has the keys of a PSSession, or one that is yet to be opened."""
    if isinstance(value, PendingSession):
        return True
    return all(hasattr(value, name) for name in ("instance_id", "name", "id", "info"))


def _no_expressions(text: str, context: BindContext) -> Any:
    raise CallError("No expression can be read here", "", "Give the value itself.")


def _user() -> str:
    return os.environ.get("USER") or os.environ.get("USERNAME") or ""


def _no_sessions() -> Sequence[KnownSession]:
    return ()


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class BindContext:
    """The surroundings of a call. Every value has a default that is the real one; tests hand in their own.

    ``exists`` tells whether an absolute path is there; ``sessions`` lists the open sessions; ``variables`` holds what
    ``$name`` means (names lower case, without the dollar sign), ``environment`` what ``$env:NAME`` means.
    ``allow_what_if`` accepts -WhatIf on every cmdlet, as pstui's command line does. ``results`` holds what calls inside
    the line have given, by their places: a call that is not among them raises CallNeeded. None where nothing is run:
    a variable that is set must be used then. ``evaluate`` reads a shell's argument that is an expression, such as a
    hashtable, and raises CallError; ``line.bind`` hands it in. ``is_choice`` tells that the name of a computer or
    host stands for several, which who runs the call replaces.
    """

    user: str = field(default_factory=_user)
    home: str = field(default_factory=lambda: os.path.expanduser("~"))  # noqa: PTH111 - no error without a home
    cwd: str = field(default_factory=os.getcwd)
    exists: Callable[[str], bool] = _exists
    sessions: Callable[[], Sequence[KnownSession]] = _no_sessions
    variables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    platform: str = sys.platform
    allow_what_if: bool = False
    results: Mapping[tuple[int, ...], Any] | None = None
    evaluate: Callable[[str, BindContext], Any] = _no_expressions
    is_choice: Callable[[str], bool] = lambda _: False


_WIDTH = 100


def refuse_at(text: str, start: int, end: int, what: str, hint: str = "", *, error_id: str = "") -> CallError:
    """Return a CallError whose second part is the line with the place marked beneath it."""
    return CallError(what, mark(text, start, end), hint, error_id=error_id)


def mark(text: str, start: int, end: int) -> str:
    """Return the line that holds a place, shortened around it, with a row of ``~`` under the place."""
    text = with_stars(text)
    start = max(0, min(start, len(text)))
    first = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    line = re.split(r"[\r\n]", text[first:], maxsplit=1)[0]
    column = start - first
    length = max(1, min(end - start, len(line) - column))
    cut = max(0, column - _WIDTH // 2)
    shown = "".join(char if char.isprintable() else "·" for char in line[cut : cut + _WIDTH])
    return f"{shown}\n{' ' * (column - cut)}{'~' * max(1, min(length, _WIDTH - (column - cut)))}"
