"""The profile file as the command line sees it: names of hosts, virtual machines and containers, and their keys."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pstui.backends.errors import CallError

#: the tables of the file by the word that stands before a name: ``host:web1``
TABLES = {"host": "hosts", "vm": "vms", "container": "containers"}


@dataclass(frozen=True, slots=True)
class Profiles:
    """What was read from ``path``; ``tables`` holds kind → name → keys, as plain mappings.

    ``defaults`` is the table of that name.
    """

    path: Path
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many profiles there are."""
        return sum(len(table) for table in self.tables.values())


def usual_path() -> Path:
    """Return where the profile file stands when none is named."""
    from platformdirs import user_config_path

    return user_config_path("pstui") / "pstui.toml"


def load(path: str | None) -> Profiles:
    """Read the profile file; the usual one may be missing, one that is named may not. Raises CallError."""
    file = Path(path).expanduser() if path is not None else usual_path()
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError as error:
        if path is None:
            return Profiles(file)
        raise CallError(f"--config: {file} does not exist", hint="Name a profile file that does.") from error
    except OSError as error:
        raise CallError(f"--config: {file} cannot be read", f"{error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CallError(f"{file} is not valid TOML", f"{error}.", "pstui --check tells every problem.") from error
    tables = {}
    for kind, table in TABLES.items():
        entries = document.get(table, {})
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            raise CallError(f"{file}: [{table}] must hold one table for each name", hint=f"As in [{table}.NAME].")
        tables[kind] = entries
    defaults = document.get("defaults", {})
    if not isinstance(defaults, dict):
        raise CallError(f"{file}: [defaults] must be a table")
    return Profiles(file, tables, defaults)


def check(path: str | None) -> int:
    """Report the problems of the profile file; returns the exit code, 1 when there are any."""
    from pstui.backends.targets import profile_connection

    try:
        profiles = load(path)
    except CallError as error:
        print(error.text(), file=sys.stderr)
        return 1
    if not profiles.path.exists():
        print(f"{profiles.path} does not exist yet: no profile, no problem")
        return 0
    bad = 0
    for kind, table in profiles.tables.items():
        for name, keys in table.items():
            try:
                profile_connection(kind, name, keys, defaults=profiles.defaults)
            except CallError as error:
                bad += 1
                print(f"{profiles.path}: [{TABLES[kind]}.{name}] {error.text()}", file=sys.stderr)
    if bad:
        return 1
    print(f"{profiles.path}: {profiles.count} profile{'' if profiles.count == 1 else 's'}, no problem found")
    return 0
