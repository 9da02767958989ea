"""The hosts of ssh_config: ``Host`` lines without wildcards, with what pstui can use of their settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pstui.config.importing.model import ImportedHost, is_host
from pstui.config.importing.ssh_files import Config, read_config


def read(file: Path, text: str) -> tuple[list[ImportedHost], list[str]]:
    """Return the hosts of a file and of those it includes, and what is to be told.

    Where ssh reads the file by itself the name is enough, and everything else stays there.
    """
    config = read_config(file, text)
    if _is_own(file):
        return [ImportedHost(name, "", "hosts", {"host_name": name}) for name in config.names], config.notes
    hosts = list(_hosts(config))
    return hosts, config.notes


def _is_own(file: Path) -> bool:
    """Whether ssh reads the file by itself: it is the user's or the system's, or one that these include."""
    wanted = file.resolve()
    roots = (Path.home() / ".ssh" / "config", Path("/etc/ssh/ssh_config"))
    if any(wanted == root.resolve() for root in roots):
        return True
    return any(wanted == each.resolve() for root in roots if root.is_file() for each in read_config(root).files)


def _hosts(config: Config) -> Iterator[ImportedHost]:
    for name, said in config.values():
        yield _host(name, said)


def _host(name: str, said: dict[str, str]) -> ImportedHost:
    target = said.get("hostname", name).replace("%h", name)
    if not is_host(target) or "%" in target:
        return ImportedHost(name, skipped=f"its HostName {target} cannot be used here")
    values: dict[str, object] = {"host_name": target}
    notes = []
    if user := said.get("user"):
        values["user_name"] = user
    port = said.get("port", "22")
    if port.isdecimal() and 0 < int(port) < 65536 and port != "22":
        values["port"] = int(port)
    key = said.get("identityfile", "none").replace("%d", "~")
    if "%" in key:
        notes.append("its key file depends on where it is used; it is not taken over")
    elif key != "none":
        values["key_file_path"] = key
    if (jump := said.get("proxyjump", "none")) != "none":
        values["options"] = {"ProxyJump": jump}
    elif said.get("proxycommand", "none") != "none":
        notes.append("it is reached by a ProxyCommand, which is not taken over")
    return ImportedHost(name, "", "hosts", values, note="; ".join(notes))
