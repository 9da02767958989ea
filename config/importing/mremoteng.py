"""An export of mRemoteNG: nested nodes, containers and connections, with inheritance from the container above."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from pstui.config.importing.model import MAX_DEPTH, MAX_TEXT, ImportedHost, group_path, is_host, tidy
from pstui.config.importing.xml_tree import MAX_ELEMENTS, Element
from pstui.config.problems import ConfigError

_INHERITED = ("Hostname", "Username", "Domain", "Protocol", "Port", "UseVmId")
_POWERSHELL = ("POWERSHELL", "WINRM")
_COLUMNS = ("Name", "Id", "Parent", "NodeType")


def is_export(root: Element) -> bool:
    """Whether a document is one of mRemoteNG's."""
    return root.name == "Connections" and ("ConfVersion" in root.attributes or any(root.named("Node")))


def is_table(text: str) -> bool:
    """Whether a text is mRemoteNG's export as CSV, which names its columns in the first line."""
    return text.partition("\n")[0].lstrip("\ufeff").strip().startswith(";".join(_COLUMNS) + ";")


def read(root: Element) -> Iterator[ImportedHost]:
    """Yield the connections. Raises ConfigError when the file is encrypted as a whole."""
    if root.attributes.get("FullFileEncryption", "").casefold() == "true":
        raise ConfigError(
            "the file is encrypted as a whole", "In mRemoteNG turn off the encryption of the whole file, then export."
        )
    yield from _below(root, [], {})


def read_table(text: str) -> Iterator[ImportedHost]:
    """Yield the connections of an export as CSV. Raises ConfigError where it is damaged or nested too deeply."""
    nodes: dict[str, Element] = {}
    parents: dict[str, str] = {}
    rows = csv.DictReader(text.lstrip("\ufeff").splitlines(), delimiter=";", quoting=csv.QUOTE_NONE)
    try:
        for number, row in enumerate(rows):
            if number >= MAX_ELEMENTS:
                raise ConfigError("the file holds too much")
            said = _row(row)
            identity = said.get("Id") or f"row {number}"
            nodes[identity], parents[identity] = Element("Node", said), said.get("Parent", "")
    except csv.Error as error:
        raise ConfigError(f"what follows line {rows.line_num} cannot be read: {error}") from None
    top = Element("Connections")
    for identity, node in nodes.items():
        nodes.get(parents[identity], top).children.append(node)
    yield from _below(top, [], {})


def _row(row: Mapping[str | None, object]) -> dict[str, str]:
    """Return one line as the attributes that the XML would have; passwords are left out."""
    said = {key: str(value)[:MAX_TEXT] for key, value in row.items() if key and value and "Password" not in key}
    return {**said, "Type": said.get("NodeType", ""), "Descr": said.get("Description", "")}


def _below(element: Element, groups: list[str], above: Mapping[str, str]) -> Iterator[ImportedHost]:
    if len(groups) > MAX_DEPTH:
        raise ConfigError("the file is nested too deeply")
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
    protocol, port = tidy(said["Protocol"]), _port(said["Port"])
    name = name or host
    extra = {"note": remark} if remark else {}
    if not is_host(host):
        return ImportedHost(name, group, skipped="it names no computer")
    if said["UseVmId"].casefold() == "true":
        return ImportedHost(name, group, skipped="it is a console of a Hyper-V machine")
    if protocol.upper().startswith("SSH"):
        values: dict[str, object] = {"host_name": host, **({"user_name": user} if user else {})}
        if port not in (0, 22):
            values["port"] = port
        return ImportedHost(name, group, "hosts", {**values, **extra})
    account = f"{domain}\\{user}" if user and domain else user
    if protocol.upper() in _POWERSHELL:
        return ImportedHost(name, group, "hosts", {"computer_name": host, **_winrm(port), **extra}, account)
    if protocol.upper() == "RDP":
        note = "was RDP; WinRM has to be enabled on it"
        return ImportedHost(name, group, "hosts", {"computer_name": host, **extra}, account, note)
    return ImportedHost(name, group, skipped=f"{protocol or 'its protocol'} cannot reach PowerShell")


def _winrm(port: int) -> dict[str, object]:
    """Return what a port of WinRM means; 5985 and 5986 are the usual ones, without and with TLS."""
    if port == 5986:
        return {"use_ssl": True}
    return {} if port in (0, 5985) else {"port": port}


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 and int(text) < 65536 else 0
