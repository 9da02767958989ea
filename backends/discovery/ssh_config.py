"""The hosts that the user's OpenSSH configuration names: ``Host`` lines without wildcards, ``Include`` followed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pstui.backends.addresses import join_host
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import MAX_FOUND, Found, Section
from pstui.backends.transports.ssh.config_hosts import ConfigHosts, usual_files
from pstui.backends.transports.streams import printable

#: seconds between two looks at the files' times
POLL = 3.0


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
        return usual_files()

    async def look(self) -> Section | None:
        """Return the hosts; None where there is no such file."""
        found = await asyncio.to_thread(self._look)
        self._times = dict(found[0].files)
        if not found[0].files:
            return None
        names = sorted(found[0].names, key=str.casefold)[:MAX_FOUND]
        return Section(self.name, self.kind, tuple(_found(name, found[1].get(name, {})) for name in names))

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
        hosts = ConfigHosts.read(self.files)
        same = [name] if name in hosts.names else [one for one in hosts.names if one.casefold() == name.casefold()]
        return _found(same[0], hosts.values(same[0])) if len(same) == 1 else None

    def _look(self) -> tuple[ConfigHosts, Mapping[str, Mapping[str, str]]]:
        hosts = ConfigHosts.read(self.files)
        return hosts, hosts.all_values()


def _found(name: str, said: Mapping[str, str]) -> Found:
    host, user, port = said.get("hostname", ""), said.get("user", ""), said.get("port", "")
    address = join_host(host or name, user, "" if port == "22" else port)
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": name})
    return Found("host", printable(name), info, address=printable(address)[:200] if said else "")


def _time(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
