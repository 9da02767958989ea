"""What lasts from one pipeline to the next: location, variables, functions, history; and who the endpoint is."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pstui.backends.demo.language.errors import ErrorInfo
from pstui.backends.demo.language.values import Thing
from pstui.backends.version import VERSION

HOST_NAME = "pstui demo endpoint"
EDITION = "pstui-demo"
MAX_HISTORY = 1000
MAX_ERRORS = 256


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the session's history."""

    number: int
    line: str
    start: datetime.datetime
    duration: datetime.timedelta


def version_table(protocol: str) -> dict[str, Any]:
    """Return ``$PSVersionTable``: truthful, so that nobody takes the endpoint for PowerShell."""
    return {
        "PSVersion": VERSION,
        "PSEdition": EDITION,
        "OS": f"{platform.system()} {platform.release()}",
        "Platform": "Win32NT" if os.name == "nt" else "Unix",
        "Python": platform.python_version(),
        "PSRemotingProtocolVersion": protocol,
        "SerializationVersion": "1.1.0.1",
    }


@dataclass(slots=True)
class Session:
    """One connection's state. ``own_process`` is False when the endpoint lives inside pstui itself."""

    protocol: str = "2.3"
    own_process: bool = False
    home: Path = field(default_factory=Path.home)
    location: Path = field(init=False)
    previous: Path | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    #: the values of ``$using:`` by the texts of their expressions
    using: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    history: list[HistoryEntry] = field(default_factory=list)
    errors: list[ErrorInfo] = field(default_factory=list)
    exit_code: int | None = None
    succeeded: bool = True
    pool_host: Any = None

    def __post_init__(self) -> None:
        self.location = self.home

    def resolve(self, path: str) -> Path:
        """Return an absolute path for a typed one: ``~`` and the session's location are taken into account."""
        typed = path.removeprefix("FileSystem::")
        if typed == "~" or typed.startswith(("~/", "~\\")):
            return self.home / typed[2:]
        return Path(os.path.normpath(self.location / typed))

    def remember(self, line: str, start: datetime.datetime) -> None:
        """Add a line to the history."""
        number = self.history[-1].number + 1 if self.history else 1
        self.history.append(HistoryEntry(number, line, start, datetime.datetime.now() - start))
        del self.history[:-MAX_HISTORY]

    def remember_error(self, info: ErrorInfo) -> None:
        """Put an error before the others in ``$Error``."""
        self.errors.insert(0, info)
        del self.errors[MAX_ERRORS:]

    def automatic(self, name: str) -> Any:
        """Return an automatic variable, or null for a name that is unknown."""
        if name.startswith("env:"):
            return os.environ.get(name[4:])
        make = _AUTOMATIC.get(name)
        return make(self) if make else None


def host_object(session: Session) -> Thing:
    """Return what ``Get-Host`` shows."""
    return Thing(
        ("pstui.demo.Host",),
        {
            "Name": HOST_NAME,
            "Version": VERSION,
            "Edition": EDITION,
            "CurrentCulture": "invariant",
            "WindowWidth": getattr(session.pool_host, "width", 0),
            "ProtocolVersion": session.protocol,
        },
        "pstui.demo.Host",
    )


def execution_context(session: Session) -> Thing:
    """Return what prompts ask for the location, as Enter-PSSession's own does in a container (protocol-notes 3.2)."""
    text = "pstui.demo.ExecutionContext"
    path = Thing((text,), {"CurrentLocation": str(session.location)}, text)
    state = Thing((text,), {"Path": path}, text)
    return Thing((text,), {"SessionState": state, "Host": host_object(session)}, text)


def _process_id(session: Session) -> int | None:
    return os.getpid() if session.own_process else None


_AUTOMATIC: dict[str, Callable[[Session], Any]] = {
    "true": lambda _: True,
    "false": lambda _: False,
    "null": lambda _: None,
    "pwd": lambda session: str(session.location),
    "home": lambda session: str(session.home),
    # Inside pstui the process is pstui: its id is not given away, so that ``kill $PID`` ends nothing but a session.
    "pid": _process_id,
    "psversiontable": lambda session: version_table(session.protocol),
    "psedition": lambda _: EDITION,
    "lastexitcode": lambda session: session.exit_code,
    "?": lambda session: session.succeeded,
    "error": lambda session: list(session.errors),
    "islinux": lambda _: sys.platform == "linux",
    "ismacos": lambda _: sys.platform == "darwin",
    "iswindows": lambda _: os.name == "nt",
    "host": host_object,
    "executioncontext": execution_context,
    "shellid": lambda _: EDITION,
}


def automatic_names() -> list[str]:
    """Return the names of the automatic variables."""
    return sorted(_AUTOMATIC)


@dataclass(slots=True)
class Scope:
    """Variables seen from one place: the session's, those of a function, and ``$_``."""

    session: Session
    local: dict[str, Any]
    item: Any = None
    depth: int = 0
    input: list[Any] = field(default_factory=list)

    @staticmethod
    def top(session: Session) -> Scope:
        """Return the outermost scope."""
        return Scope(session, session.variables)

    def get(self, name: str) -> Any:
        """Return a variable's value, null when there is none."""
        if name in ("_", "psitem"):
            return self.item
        if name == "input":
            return self.input
        if name.startswith("using:"):
            using = self.session.using
            return using.get(f"${name}", using.get(f"${{{name}}}"))
        if name in self.local:
            return self.local[name]
        if name in self.session.variables:
            return self.session.variables[name]
        return self.session.automatic(name)

    def set(self, name: str, value: Any) -> None:
        """Set a variable here."""
        self.local[name] = list(value) if isinstance(value, tuple) else value

    def with_item(self, item: Any) -> Scope:
        """Return the scope of a script block of ForEach-Object and its like: this one with another ``$_``."""
        return Scope(self.session, self.local, item, self.depth, self.input)

    def function(self, arguments: list[Any], items: list[Any]) -> Scope:
        """Return the scope of a function's body."""
        return Scope(self.session, {"args": arguments}, self.item, self.depth + 1, items)
