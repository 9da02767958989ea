"""The hosts that ssh_config names, for lists: ``Host`` lines without wildcards, and where each of them leads.

The files are read by the reader that connecting uses; a list goes on where connecting refuses, because the other hosts
are there all the same. No command of a file is run for a list (``Match exec``): nobody has asked for its hosts yet.
"""

from __future__ import annotations

import contextlib
import getpass
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pstui.backends.errors import OpenError
from pstui.backends.transports.ssh import resolved
from pstui.backends.transports.ssh.config_reader import ConfigReader, Line
from pstui.backends.transports.ssh.config_values import ConfigError
from pstui.backends.transports.ssh.engine import program
from pstui.backends.transports.ssh.expansion import system_folder

#: seconds in which the places of hosts are looked for; a list of very many shows the rest without
BUDGET = 1.0
#: of what is said of a host, what a list shows
SHOWN = ("hostname", "user", "port")
T = TypeVar("T")


def usual_files() -> tuple[Path, ...]:
    """Return the files that ssh reads, the user's own before the system's."""
    return (Path.home() / ".ssh" / "config", system_folder() / "ssh_config")


@dataclass(slots=True)
class ConfigHosts:
    """``names`` of hosts in their order, the ``files`` with their times, and the ``problems`` met while reading."""

    roots: tuple[Path, ...]
    names: tuple[str, ...] = ()
    files: dict[Path, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    #: whether a Match exec stands in them
    has_commands: bool = False
    _lines: dict[Path, tuple[list[Line], float]] = field(default_factory=dict)

    @classmethod
    def read(cls, roots: Sequence[Path]) -> ConfigHosts:
        """Read the files and those that they include, the user's own first. Blocks."""
        found = cls(tuple(roots))
        reader = found._reader("")
        with contextlib.suppress(ConfigError, OpenError):
            reader.read(found.roots)
        found.names = tuple(name for name in reader.names if is_name(name))
        found.files, found.problems = reader.files, reader.problems or []
        found.has_commands = reader.has_commands
        return found

    def values(self, name: str) -> Mapping[str, str]:
        """Return what the files say of a host, without what ssh has by itself: of ``SHOWN`` what is set."""
        reader = self._reader(name)
        with contextlib.suppress(ConfigError, OpenError):
            reader.read(self.roots)
        said = {key: reader.values[key][0] for key in SHOWN if reader.values.get(key)}
        if said.get("hostname", "").casefold() == name.casefold():
            del said["hostname"]
        return said

    def all_values(self, budget: float = BUDGET) -> dict[str, Mapping[str, str]]:
        """Return the values of all hosts; those for which there is no time are left out."""
        return self._each(self.values, budget, time.thread_time)

    def leads(self, budget: float = BUDGET) -> dict[str, str]:
        """Return the HostName of the hosts of a file, asked of ssh where that runs none of the file's commands."""
        if not program() or self.has_commands or self.problems:
            return {name: said.get("hostname", name) for name, said in self.all_values(budget).items()}
        with tempfile.TemporaryDirectory(prefix="pstui-ssh-") as folder:

            def asked(name: str) -> str:
                try:
                    told = resolved.ask(name, "", 0, files=self.roots, scratch=Path(folder))
                except OpenError:
                    return self.values(name).get("hostname", name)
                return told.values.get("hostname", (name,))[0]

            return self._each(asked, budget, time.monotonic)

    def _each(self, said: Callable[[str], T], budget: float, clock: Callable[[], float]) -> dict[str, T]:
        end = clock() + budget
        found: dict[str, T] = {}
        for name in self.names:
            if clock() > end:
                break
            found[name] = said(name)
        return found

    def _reader(self, name: str) -> ConfigReader:
        user = getpass.getuser()
        return ConfigReader(name, runs_commands=False, local_user=user, problems=[], lines=self._lines)


def is_name(pattern: str) -> bool:
    """Whether a pattern of a ``Host`` line is one host's name."""
    return pattern.isprintable() and not pattern.startswith(("!", "-")) and not any(c in pattern for c in "*? @/\\")
