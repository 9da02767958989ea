"""The hosts that the user's OpenSSH configuration names: ``Host`` lines without wildcards, ``Include`` followed."""

from __future__ import annotations

import asyncio
import glob
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from pstui.backends.addresses import join_host
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import MAX_FOUND, Found, Section
from pstui.backends.transports.ssh.config_reader import read_line, split_words
from pstui.backends.transports.streams import printable

#: bounds of what is read: bytes of a file, files, files inside files (ssh's own limit)
MAX_FILE, MAX_FILES, MAX_DEPTH = 1 << 20, 100, 16
#: seconds between two looks at the files' times
POLL = 3.0


@dataclass(slots=True)
class _Reading:
    """The hosts found so far, each with the first value of what it says; and the files that were read."""

    hosts: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[Path, float] = field(default_factory=dict)
    count: int = 0


class SSHConfigSource:
    """The hosts of ``~/.ssh/config`` and the system's file. ``files`` replaces these two."""

    name, kind = "ssh_config", "host"

    def __init__(self, files: tuple[Path, ...] | None = None) -> None:
        self._given = files
        self._times: dict[Path, float] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read first, the user's own before the system's."""
        if self._given is not None:
            return self._given
        system = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), "ssh") if os.name == "nt" else Path("/etc/ssh")
        return (Path.home() / ".ssh" / "config", system / "ssh_config")

    async def look(self) -> Section | None:
        """Return the hosts; None where there is no such file."""
        reading = await asyncio.to_thread(self._read)
        self._times = reading.files
        if not reading.files:
            return None
        hosts = sorted(reading.hosts.items(), key=lambda item: item[0].casefold())[:MAX_FOUND]
        return Section(self.name, self.kind, tuple(_found(name, said) for name, said in hosts))

    async def wait(self) -> None:
        """Return when one of the files has changed, come or gone."""
        while True:
            await asyncio.sleep(POLL)
            known = {**dict.fromkeys(self.files, 0.0), **self._times}
            if any(_time(file) != before for file, before in known.items()):
                return

    async def close(self) -> None:
        self._times = {}

    def named(self, name: str) -> Found | None:
        """Return the host of this name, spelled so or the only one that differs in case. Blocks while it reads."""
        hosts = self._read().hosts
        same = [name] if name in hosts else [each for each in hosts if each.casefold() == name.casefold()]
        return _found(same[0], hosts[same[0]]) if len(same) == 1 else None

    def _read(self) -> _Reading:
        reading = _Reading()
        for file in self.files:
            _read_file(file, reading, [], file.parent, ())
        return reading


def _read_file(file: Path, reading: _Reading, current: list[str], folder: Path, above: tuple[Path, ...]) -> None:
    """Read one file and those it includes.

    ``current`` are the hosts that the lines before belong to, ``folder`` is where a relative Include starts, ``above``
    are the files that led here. A file may be included several times, for other hosts each time, but not by itself.
    """
    if file in above or len(above) > MAX_DEPTH or reading.count >= MAX_FILES:
        return
    reading.count += 1
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return
        time = file.stat().st_mtime
        with file.open("rb") as stream:
            text = stream.read(MAX_FILE).decode("utf-8", "replace")
    except OSError:
        return
    reading.files[file] = time
    for line in text.splitlines():
        word, values = _line(line)
        match word:
            case "host":
                current = [name for name in values if _is_a_name(name)]
                for name in current:
                    reading.hosts.setdefault(name, {})
            case "match":
                current = []
            case "include":
                for included in values:
                    for found in _included(included, folder):
                        _read_file(found, reading, current, folder, (*above, file))
            case "hostname" | "user" | "port" if values:
                for name in current:
                    reading.hosts[name].setdefault(word, values[0])


def _line(line: str) -> tuple[str, list[str]]:
    """Return the keyword in lower case and its values; both empty for a comment or what cannot be read."""
    word, rest = read_line(line)
    try:
        return word, split_words(rest)
    except ValueError:
        return word, []


def _is_a_name(pattern: str) -> bool:
    return pattern.isprintable() and not pattern.startswith(("!", "-")) and not any(c in pattern for c in "*? @/\\")


def _included(pattern: str, folder: Path) -> list[Path]:
    """Return the files an Include means; a relative one starts at the folder of the configuration, as ssh has it."""
    if pattern.startswith("~"):
        path = os.path.expanduser(pattern)  # noqa: PTH111  a pattern, not yet a path
    elif Path(pattern).is_absolute():
        path = pattern
    else:
        path = str(folder / pattern)
    return [Path(found) for found in sorted(glob.glob(path))[:MAX_FILES]]  # noqa: PTH207  may be absolute


def _found(name: str, said: dict[str, str]) -> Found:
    host, user, port = said.get("hostname", ""), said.get("user", ""), said.get("port", "")
    address = join_host(host or name, user, "" if port == "22" else port)
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": name})
    return Found("host", printable(name), info, address=printable(address)[:200] if said else "")


def _time(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
