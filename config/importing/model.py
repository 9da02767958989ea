"""What a reader of another program's file brings back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: bounds of what is read: bytes of a file, hosts, depth of groups, characters of one text
MAX_FILE, MAX_HOSTS, MAX_DEPTH, MAX_TEXT = 64 * 1024 * 1024, 10_000, 64, 1000


@dataclass(frozen=True, slots=True)
class ImportedHost:
    """One host as a profile would have it.

    ``kind`` is the table (hosts, vms, containers), ``values`` its keys but for ``group``. ``skipped`` is why it cannot
    be a profile, empty if it can; ``note`` what is worth knowing before it is taken. ``user_name`` is the account of a
    credential to be made, empty where there is none.
    """

    name: str
    group: str = ""
    kind: str = "hosts"
    values: Mapping[str, Any] = field(default_factory=dict)
    user_name: str = ""
    note: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """All hosts of a file, in its order. ``program`` is what wrote it; ``notes`` tell what was left out as a whole."""

    program: str
    hosts: tuple[ImportedHost, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SSHNames:
    """What an ssh_config file says: the ``names`` of hosts, and for a file that is not one's own where they lead.

    ``problems`` are lines that ssh refuses, ``is_own`` says that ssh reads the file by itself.
    """

    names: tuple[str, ...]
    leads: Mapping[str, str]
    problems: tuple[str, ...]
    is_own: bool


#: reads an ssh_config file; the reader is not at home here, so whoever imports hands it in
SSHReader = Callable[[Path], SSHNames]


def tidy(text: str) -> str:
    """Return a text of a foreign file as one line without control characters, bounded."""
    return "".join(c for c in text[:MAX_TEXT] if c.isprintable()).strip()


def group_path(parts: list[str]) -> str:
    """Return group names as one path; a slash inside a name would split it."""
    return "/".join(name for part in parts if (name := tidy(part).replace("/", "-")))


def is_host(text: str) -> bool:
    """Whether a text can be a computer's name or address: no blanks, not to be read as an option."""
    return bool(text) and not text.startswith("-") and not any(c.isspace() or c in "/\\'\"@" for c in text)
