"""Hosts of another program as edits of the profile file, with unique names and with credentials for accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pstui.backends.addresses import join_host
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.discovery.ssh_config import SSHConfigSource
from pstui.backends.errors import CallError
from pstui.backends.transports.ssh.config_hosts import ConfigHosts
from pstui.config.importing.files import read_hosts
from pstui.config.importing.model import Imported, ImportedHost, SSHNames
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.reading import TABLES

_KIND_OF = {table: kind for kind, table in TABLES.items()}


@dataclass(slots=True)
class Candidate:
    """One host of the file as it would become a profile. ``why`` says why it cannot be one, ``taken`` is the choice."""

    host: ImportedHost
    kind: str
    name: str
    group: str
    why: str = ""
    note: str = ""
    taken: bool = True

    @property
    def possible(self) -> bool:
        """Whether it can be a profile at all."""
        return not self.why


def read_file(file: Path) -> Imported:
    """Read the hosts of another program's file; ssh_config by the reader that connecting uses. Raises ConfigError."""
    return read_hosts(file, _ssh_names)


def _ssh_names(file: Path) -> SSHNames:
    own = ConfigHosts.read(SSHConfigSource().files)
    is_own = file.resolve() in {each.resolve() for each in own.files}
    hosts = ConfigHosts.read([file])
    return SSHNames(hosts.names, {} if is_own else hosts.leads(), tuple(hosts.problems), is_own)


def candidates(imported: Imported, book: ProfileBook, *, group: str = "") -> list[Candidate]:
    """Return what can be taken, below ``group`` if given. Existing profiles are offered, but not chosen."""
    used: dict[str, set[str]] = {kind: set(table) for kind, table in book.profiles.tables.items()}
    found = []
    for host in imported.hosts:
        kind = _KIND_OF[host.kind]
        path = "/".join(part for part in (group, host.group) if part)
        one = Candidate(host, kind, host.name, path, host.skipped, host.note, taken=not host.skipped)
        if one.possible:
            one.why = _refused(one)
            one.taken = one.possible
        if one.possible and one.name in used[kind]:
            if one.name in book.profiles.tables[kind]:
                one.taken, one.note = False, "a profile already"
            one.name = next(name for n in range(2, 100_000) if (name := f"{host.name}-{n}") not in used[kind])
        used[kind].add(one.name)
        found.append(one)
    return found


def changes(chosen: Iterable[Candidate], book: ProfileBook) -> list[Change]:
    """Return the edits that make profiles of what was chosen, new credentials first. No password is in them."""
    tables = book.profiles.configuration.credentials
    names = {str(table.get("user_name", name)).casefold(): name for name, table in tables.items()}
    used = set(names.values()) | set(tables)
    made: dict[str, Change] = {}
    profiles = []
    for one in chosen:
        if not one.possible:
            continue
        values = dict(one.host.values)
        if account := one.host.user_name:
            if account.casefold() not in names:
                name = _credential_name(account, used)
                used.add(name)
                names[account.casefold()] = name
                made[name] = Change("credentials", name, {"user_name": account, "password": {"prompt": True}})
            values["credential"] = names[account.casefold()]
        if one.group:
            values["group"] = one.group
        profiles.append(Change(one.kind, one.name, values))
    return [*made.values(), *profiles]


def target(values: Mapping[str, Any]) -> str:
    """Return where an imported host leads, as one text."""
    user, port = values.get("user_name"), values.get("port")
    host = str(values.get("host_name") or values.get("computer_name") or "")
    return join_host(host, str(user or ""), port)


def summary(found: Sequence[Candidate]) -> str:
    """Return one line: how many are chosen, offered and left out."""
    taken = sum(one.taken for one in found)
    left_out = sum(not one.possible for one in found)
    return f"{taken} of {len(found) - left_out} chosen" + (f", {left_out} cannot be taken" if left_out else "")


def _refused(one: Candidate) -> str:
    if not one.name:
        return "it has no name"
    try:
        profile_connection(one.kind, one.name, dict(one.host.values))
    except CallError as error:
        return error.why or error.what
    return ""


def _credential_name(account: str, used: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", account.casefold()).strip("-") or "account"
    if base not in used:
        return base
    return next(name for n in range(2, 100_000) if (name := f"{base}-{n}") not in used)
