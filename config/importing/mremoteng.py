"""An export of mRemoteNG: nested nodes, containers and connections, with inheritance from the container above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..problems import ConfigError
from .model import ImportedHost, group_path, is_host, tidy
from .xml_tree import Element

_INHERITED = ("Hostname", "Username", "Domain", "Protocol", "Port")
_WINDOWS = ("RDP", "POWERSHELL")


def is_export(root: Element) -> bool:
    """Whether a document is one of mRemoteNG's."""
    return root.name == "Connections" and ("ConfVersion" in root.attributes or any(root.named("Node")))


def read(root: Element) -> Iterator[ImportedHost]:
    """Yield the connections. Raises ConfigError when the file is encrypted as a whole."""
    if root.attributes.get("FullFileEncryption", "").casefold() == "true":
        raise ConfigError(
            "the file is encrypted as a whole", "In mRemoteNG turn off the encryption of the whole file, then export."
        )
    yield from _below(root, [], {})


def _below(element: Element, groups: list[str], above: Mapping[str, str]) -> Iterator[ImportedHost]:
    for node in element.named("Node"):
        said = {key: above.get(key, "") if _inherits(node, key) else node.attributes.get(key, "") for key in _INHERITED}
        name = tidy(node.attributes.get("Name", ""))
        if node.attributes.get("Type", "").casefold() == "container":
            yield from _below(node, [*groups, name], said)
        else:
            yield _host(name, group_path(groups), said, tidy(node.attributes.get("Descr", "")))


def _inherits(node: Element, key: str) -> bool:
    return node.attributes.get(f"Inherit{key}", node.attributes.get("Inherit", "")).casefold() == "true"


def _host(name: str, group: str, said: Mapping[str, str], remark: str) -> ImportedHost:
    host, user, domain = tidy(said["Hostname"]), tidy(said["Username"]), tidy(said["Domain"])
    protocol, port = tidy(said["Protocol"]), said["Port"]
    name = name or host
    extra = {"note": remark} if remark else {}
    if not is_host(host):
        return ImportedHost(name, group, skipped="it names no computer")
    if protocol.upper().startswith("SSH"):
        values: dict[str, object] = {"host_name": host, **({"user_name": user} if user else {})}
        if port.isdecimal() and 0 < int(port) < 65536 and port != "22":
            values["port"] = int(port)
        return ImportedHost(name, group, "hosts", {**values, **extra})
    if protocol.upper() in _WINDOWS:
        account = f"{domain}\\{user}" if user and domain else user
        note = "was RDP; WinRM has to be enabled over there" if protocol.upper() == "RDP" else ""
        return ImportedHost(name, group, "hosts", {"computer_name": host, **extra}, account, note)
    return ImportedHost(name, group, skipped=f"{protocol or 'its protocol'} is no way to PowerShell")
