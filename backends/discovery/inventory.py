"""Inventories: lists of hosts that other programs keep. They are read here, and never written.

An inventory is what ``ansible-inventory --list`` prints, a CSV file with a row of names, JSON that a command prints
(Ansible's form, or a list of objects), or an ssh_config of its own. In a row or an object ``name`` is the host, and the
other columns are keys of a profile: ``host_name`` for SSH, ``computer_name`` for WinRM, ``user_name``, ``port`` …;
``group`` and ``tags`` as well. A host without an address of its own is entered over SSH by its name.

What comes is bounded before anything is made of it, and parsed in a thread. A host that cannot be entered is counted,
with the reason of the first. A password that Ansible has in plain text goes into the credential and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.discovery import ansible
from pstui.backends.discovery.ansible import LeftOutError
from pstui.backends.discovery.model import Found, Section
from pstui.backends.discovery.polled import is_enterable
from pstui.backends.discovery.rows import MAX_VALUE, Given, csv_rows, hosts_of_rows, text_of
from pstui.backends.discovery.ssh_config import SSHConfigSource
from pstui.backends.errors import OpenError
from pstui.backends.places import expanded
from pstui.backends.transports.command import run_tool
from pstui.backends.transports.streams import printable

#: hosts of one inventory, bytes of what it prints, seconds that a command has
MAX_HOSTS, MAX_BYTES, SECONDS = 20_000, 64 << 20, 120.0
#: seconds between two looks
REFRESH = 300.0

_TEXTS = {
    ParameterSet.SSH_HOST: {"user_name": "UserName", "key_file_path": "KeyFilePath", "subsystem": "Subsystem"},
    ParameterSet.COMPUTER_NAME: {
        "application_name": "ApplicationName",
        "configuration_name": "ConfigurationName",
        "authentication": "Authentication",
    },
    ParameterSet.CONTAINER_ID: {},
}
_TARGETS = {
    "container_id": (ParameterSet.CONTAINER_ID, "ContainerId", "container"),
    "computer_name": (ParameterSet.COMPUTER_NAME, "ComputerName", "host"),
    "host_name": (ParameterSet.SSH_HOST, "HostName", "host"),
}
_TRUE = ("true", "yes", "1", "on")


@dataclass(frozen=True, slots=True)
class Inventory:
    """One ``[inventory.NAME]``: where it is kept is one of the four. ``credential`` is a saved one for its hosts."""

    name: str
    ansible: tuple[str, ...] = ()
    csv: str = ""
    command: tuple[str, ...] = ()
    ssh_config: str = ""
    credential: str = ""
    refresh: float = REFRESH
    #: the folder that paths are relative to
    folder: Path = Path()


class InventorySource:
    """The hosts of one inventory."""

    kind = "host"

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.name = inventory.name

    async def look(self) -> Section:
        """Return the hosts. Raises OpenError with the words of what failed."""
        inventory = self.inventory
        if inventory.ssh_config:
            file = self._path(inventory.ssh_config)
            found = await SSHConfigSource((file,)).look()
            if found is None:
                raise OpenError(f"{file} cannot be read")
            hosts = tuple(replace(one, info=_from_file(one.info, file)) for one in found.found)
            return Section(self.name, self.kind, hosts)
        if inventory.csv:
            return await asyncio.to_thread(self._csv, self._path(inventory.csv))
        command = inventory.command
        if inventory.ansible:
            sources = [part for one in inventory.ansible for part in ("-i", self._source(one))]
            command = ("ansible-inventory", *sources, "--list")
        answer = await run_tool(command, seconds=SECONDS, limit=MAX_BYTES)
        if answer.code != 0:
            raise OpenError(f"{printable(command[0])[:100]} failed", answer.reason)
        section = await asyncio.to_thread(self._json, answer.output)
        if (unread := ansible.unread(answer.errors) if inventory.ansible else "") or not section.found:
            # a source that it cannot read is none of its failures
            said = unread or (printable(answer.errors.strip())[:500] if answer.errors.strip() else section.problem)
            return replace(section, problem=said, left_out=0)
        return section

    async def wait(self) -> None:
        """Wait until it is time to look again."""
        await asyncio.sleep(self.inventory.refresh)

    async def close(self) -> None:
        return

    def _path(self, text: str) -> Path:
        return self.inventory.folder / expanded(text)

    def _source(self, text: str) -> str:
        """Return a source of Ansible: a file, or a list of hosts, which has a comma in it."""
        return text if "," in text else str(self._path(text))

    def _csv(self, file: Path) -> Section:
        try:
            with file.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise OpenError(f"{file} cannot be read", error.strerror or str(error)) from error
        if len(data) > MAX_BYTES:
            raise OpenError(f"{file} is too long", f"It may have {MAX_BYTES:,} bytes.")
        return self._section(hosts_of_rows(csv_rows(data, file)))

    def _json(self, text: str) -> Section:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise OpenError("what it printed is not JSON", printable(str(error))[:200]) from None
        if isinstance(found, list):
            return self._section(hosts_of_rows(found))
        if isinstance(found, dict):
            return self._section(_of_ansible(found))
        raise OpenError("what it printed is not a list of hosts")

    def _section(self, given: Iterable[Given]) -> Section:
        found: list[Found] = []
        left_out: list[str] = []
        for name, groups, said in given:
            if len(found) >= MAX_HOSTS:
                left_out.append(f"it has more than {MAX_HOSTS:,} hosts")
                break
            try:
                if isinstance(said, LeftOutError):
                    raise said
                found.append(self._found(name, groups, said))
            except LeftOutError as error:
                left_out.append(f"{printable(name)[:60]}: {error}")
        more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
        problem = f"left out {left_out[0]}{more}" if left_out else ""
        return Section(self.name, self.kind, tuple(found), problem, works=bool(found), left_out=len(left_out))

    def _found(self, name: str, groups: Sequence[str], keys: Mapping[str, Any]) -> Found:
        target = next((key for key in _TARGETS if keys.get(key)), "")
        if not is_enterable(name):
            raise LeftOutError("it has no name that could be entered")
        set_, parameter, kind = _TARGETS[target or "host_name"]
        address = text_of(keys, target) if target else name
        if not is_enterable(address):
            raise LeftOutError("it has no address that could be entered")
        values: dict[str, Any] = {parameter: address}
        values |= {ours: text for key, ours in _TEXTS[set_].items() if (text := text_of(keys, key))}
        if set_ is not ParameterSet.CONTAINER_ID and keys.get("port"):
            values["Port"] = _port(keys["port"])
        settings: dict[str, Any] = {"credential": self.inventory.credential} if self.inventory.credential else {}
        if set_ is ParameterSet.SSH_HOST and isinstance(keys.get("options"), dict) and keys["options"]:
            values["Options"] = {str(key): str(value)[:MAX_VALUE] for key, value in keys["options"].items()}
        if set_ is ParameterSet.COMPUTER_NAME:
            _sign_in(values, keys, self.inventory.credential)
        settings["found_in"] = tuple(printable(group)[:100] for group in groups)
        info = ConnectionInfo(set_, values, "", settings)
        shown = "" if address == name else printable(address)[:200]
        group = printable(groups[0])[:100] if groups else ""
        return Found(kind, printable(name), info, address=shown, group=group, tags=settings["found_in"])


def _of_ansible(found: Mapping[str, Any]) -> Iterator[Given]:
    for name, groups, variables in ansible.hosts(found):
        try:
            yield name, groups, ansible.keys_of(name, variables)
        except LeftOutError as error:
            yield name, groups, error


def _port(value: Any) -> int:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise LeftOutError("its port is not a number")
    return int(text)


def _sign_in(values: dict[str, Any], keys: Mapping[str, Any], credential: str) -> None:
    """Add what WinRM needs to sign in."""
    if (ssl := keys.get("use_ssl")) is True or str(ssl).casefold() in _TRUE:
        values["UseSSL"] = True
    if isinstance(keys.get("session_option"), dict):
        values["SessionOption"] = dict(keys["session_option"])
    user, password = text_of(keys, "user_name"), keys.get("password")
    if credential:
        values["Credential"] = PSCredential(credential)
    elif user:
        values["Credential"] = PSCredential(user, Secret(password) if isinstance(password, str) and password else None)


def _from_file(info: ConnectionInfo, file: Path) -> ConnectionInfo:
    """Return a host of an ssh_config of its own: connecting reads that file, too."""
    return replace(info, settings={**info.settings, "ssh_config": str(file)})
