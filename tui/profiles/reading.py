"""The profile file as the command line uses it: profiles by kind and name, defaults, settings, problems."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import FOUND_AS, FOUND_FROM, LISTED_AS, ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError
from pstui.config import paths
from pstui.config.problems import Problem
from pstui.config.profiles import Configuration
from pstui.config.profiles import glimpse as settings_of
from pstui.config.profiles import load as read_configuration
from pstui.config.sources import take_variables
from pstui.tui.profiles.inheritance import Groups, Inherited
from pstui.tui.profiles.listed import FOUND_IN, ListedHosts

if TYPE_CHECKING:
    from pstui.backends.discovery.model import Found

#: the tables of the file by the word that comes before a name: ``host:web1``
TABLES = {"host": "hosts", "vm": "vms", "container": "containers"}


@dataclass(frozen=True)
class Profiles:
    """What the profile file says. Its good profiles can be used whatever else is wrong in it.

    ``is_whole`` is false where only settings and keys were read so far.
    """

    configuration: Configuration
    is_whole: bool = True
    #: the hosts of its inventories
    hosts: ListedHosts = field(default_factory=ListedHosts, compare=False, repr=False)

    @property
    def path(self) -> Path:
        return self.configuration.file

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Kind → name → keys as they are written, as plain mappings."""
        return {kind: self.configuration.by_kind(table) for kind, table in TABLES.items()}

    @cached_property
    def groups(self) -> Groups:
        """What groups pass down."""
        return Groups(self.configuration)

    @cached_property
    def effective(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Kind → name → the keys that hold, with those that groups pass down."""
        if not self.groups:
            return self.tables
        return {
            kind: {name: self.groups.inherited(keys).values for name, keys in table.items()}
            for kind, table in self.tables.items()
        }

    def inherited(self, kind: str, name: str) -> Inherited:
        """Return the keys that hold for a profile, and which group each of them is from."""
        return self.groups.inherited(self.tables.get(kind, {}).get(name, {}))

    @property
    def defaults(self) -> Mapping[str, Any]:
        return self.configuration.table("defaults")

    @property
    def keys(self) -> Mapping[str, Any]:
        return self.configuration.table("keys")

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.configuration.table("settings")

    def connection(self, kind: str, name: str) -> ConnectionInfo:
        """Return where a profile leads. Raises CallError."""
        from pstui.backends.binding.profile_connections import profile_connection

        keys = self.effective[kind][name]
        self.refuse_wrong_group(kind, name, keys)
        return profile_connection(kind, name, keys, self.credential, self.defaults)

    @property
    def has_inventories(self) -> bool:
        """Whether the files name a list of hosts that another program keeps."""
        return any(profile.kind == "inventory" for profile in self.configuration.profiles)

    @property
    def listed(self) -> Sequence[tuple[str, Found]]:
        """The inventory and each host that it lists. Blocks outside of the screen (see ``ListedHosts``)."""
        return self.hosts.of(self.configuration)

    def found_connection(self, found: Found) -> ConnectionInfo:
        """Return where something that was found leads, with what its groups and the defaults add. Raises CallError."""
        from pstui.backends.binding.profile_connections import found_connection
        from pstui.tui.profiles.schema import profile_table
        from pstui.tui.sidebar.model import said_of

        bare = found.info
        paths = bare.settings.get(FOUND_IN, ())
        if wrong := self.groups.wrong({"tags": paths}, *paths):
            raise _wrong_group(found.kind, found.name, wrong)
        own = profile_table(bare)
        if "Credential" in bare.values:
            own.setdefault("credential", bare.values["Credential"].user_name)
        said = self.groups.inherited(own, *paths)
        passed = {key: value for key, value in said.values.items() if key not in own}
        info = found_connection(bare, passed, self.defaults, self.credential)
        settings = {**info.settings, FOUND_AS: said_of(bare), FOUND_FROM: self._sources(own, said, info)}
        if found.kind == "host":
            settings[LISTED_AS] = found.name
        return replace(info, settings=settings)

    def keys_of(self, info: ConnectionInfo) -> Mapping[str, Any]:
        """Return the keys that hold for the profile of a connection, or what groups pass to one that was found."""
        if info.profile:
            return self.effective.get(info.parameter_set.kind, {}).get(info.profile, {})
        return self.groups.inherited({}, *info.settings.get(FOUND_IN, ())).values

    def refuse_wrong_group(self, kind: str, name: str, keys: Mapping[str, Any]) -> None:
        """Raise CallError where a group or tag of a profile with these keys has a problem."""
        if wrong := self.groups.wrong(keys):
            raise _wrong_group(kind, name, wrong)

    def origins(self, info: ConnectionInfo) -> dict[str, str]:
        """Return which table says each key of a connection that its profile, or what found it, does not say itself."""
        kind = info.parameter_set.kind
        own = self.tables.get(kind, {}).get(info.profile)
        if own is None:
            return dict(info.settings.get(FOUND_FROM, {}))
        return self._sources(own, self.inherited(kind, info.profile), info)

    def _sources(self, own: Mapping[str, Any], said: Inherited, info: ConnectionInfo) -> dict[str, str]:
        found = {key: f"groups.{path}" for key, path in said.sources.items()}
        from pstui.tui.profiles.schema import profile_table

        there = {**profile_table(info), **({"credential": ""} if "Credential" in info.values else {})}
        for key in self.defaults:
            if key in there and key not in own and key not in found:
                found[key] = "defaults"
        return found

    def gate(self, name: str) -> ConnectionInfo | None:
        """Return a saved host as a way to others, None where there is none of that name. Raises CallError."""
        if name not in self.tables.get("host", {}):
            return None
        info = self.connection("host", name)
        if info.parameter_set is not ParameterSet.SSH_HOST:
            why = "What leads through a host goes over SSH."
            raise CallError(f"the saved host {name!r} leads to no others", why, "Give it a host_name.")
        return info

    def credential(self, name: str) -> PSCredential:
        """Return a [credentials] entry; its password is fetched or asked when it is needed. Raises CallError."""
        table = self.configuration.credentials.get(name)
        if table is None:
            raise CallError(f"there is no [credentials.{name}]", hint=f"Add it to {self.path}.")
        return PSCredential(str(table.get("user_name", name)))

    def named_credential(self, name: str) -> PSCredential:
        """Return a [credentials] entry by its name; any other name is a user's."""
        return self.credential(name) if name in self.configuration.credentials else PSCredential(name)

    @property
    def has_guards(self) -> bool:
        """Whether the files name any guard at all."""
        tables = [*self.configuration.groups.values(), *self.configuration.tags.values()]
        tables += [keys for table in self.tables.values() for keys in table.values()]
        return any("guard" in keys for keys in tables)

    def problems_of(self, kind: str, name: str) -> list[str]:
        """Return what was found wrong with one profile, and is why it is not offered."""
        table = f"{TABLES[kind]}.{name}"
        return [str(problem) for problem in self.configuration.problems if problem.table == table]


def _wrong_group(kind: str, name: str, table: str) -> CallError:
    why = f"[{table}] has a problem, and may say what is not to be missed."
    return CallError(f"The {kind} {name!r} cannot be opened", why, "pstui --check names it; correct the file first.")


def load(path: str | None) -> Profiles:
    """Read the profile file; the usual one may be missing, one that is named may not. Raises CallError."""
    return read(_file(path))


def glimpse(path: str | None) -> Profiles:
    """Read of the profile file what the first paint needs: settings and keys, where that can be had without the rest.

    Raises CallError as ``load`` does.
    """
    file = _file(path)
    if not paths.exists(file):
        return Profiles(Configuration(file))
    from pstui.tui.profiles.settings import own_tables

    found = settings_of(file, own_tables())
    return read(file) if found is None else Profiles(found, is_whole=False)


def _file(path: str | None) -> Path:
    file = paths.expanded(path) if path is not None else paths.profile_file()
    if path is not None and not paths.is_file(file):
        raise CallError(f"--config: {file} is not a file", hint="Name a profile file that exists.")
    return file


def read(file: Path) -> Profiles:
    """Read a profile file, which may be missing. Never raises for what it holds."""
    if not paths.exists(file):
        return Profiles(Configuration(file))
    from pstui.tui.profiles.schema import schema  # made from every declaration

    configuration = read_configuration(file, schema())
    take_variables(table.get("password") for table in configuration.credentials.values())
    if not configuration.table("keys"):
        return Profiles(configuration)
    from pstui.tui.keys.keymap import keymap

    found = (Problem(file, message, "keys", name) for name, message in keymap(configuration.table("keys")).problems)
    return Profiles(replace(configuration, problems=(*configuration.problems, *found)))


def check(path: str | None) -> int:
    """Report every problem of the configuration, one a line; returns the exit code, 1 when there are any."""
    from pstui.tui.plain import plain

    profiles = load(path)
    problems = [str(problem) for problem in profiles.configuration.problems]
    for kind, table in profiles.tables.items():
        for name, keys in table.items():
            if profiles.groups.wrong(keys):
                continue  # the problem of a group or tag is told once
            try:
                profiles.connection(kind, name)
            except CallError as error:
                said = " ".join(part if part.endswith(".") else f"{part}." for part in error.text().split("\n"))
                problems.append(f"{profiles.path}: [{TABLES[kind]}.{name}]: {said}")
    problems += map(str, (*_colors(profiles), *_log(profiles)))
    for problem in problems:
        print(plain(problem), file=sys.stderr)
    if problems:
        return 1
    count = sum(map(len, profiles.tables.values()))
    found = f"{count} profile{'' if count == 1 else 's'}" if paths.exists(profiles.path) else "does not exist yet"
    print(f"{profiles.path}: {found}, no problem found")
    return 0


def _log(profiles: Profiles) -> Iterator[Problem]:
    from pstui.tui.log.place import template_problem

    if (place := str(profiles.settings.get("log", ""))) and (wrong := template_problem(place)):
        yield Problem(profiles.path, wrong, "settings", "log")


def _colors(profiles: Profiles) -> Iterator[Problem]:
    from pstui.tui.profiles.pane_settings import is_color

    configuration = profiles.configuration
    tables = [(one.file, f"{one.kind}.{one.name}", one.values) for one in configuration.profiles]
    tables += [(configuration.group_files[path], f"groups.{path}", keys) for path, keys in configuration.groups.items()]
    for file, table, keys in tables:
        if (color := str(keys.get("color", ""))) and not is_color(color):
            yield Problem(file, f"{color} is not a colour; write a name such as red, or #rrggbb.", table, "color")
