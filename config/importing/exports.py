"""The exports of mRemoteNG (XML and CSV) and RDCMan (XML): trees of groups whose settings are inherited from above.

XML is read safely: no document type, so no entities; elements, depth and texts are bounded; passwords are dropped as
soon as they are seen. The rows of a CSV export become the same elements, so that both are read in one way.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.parsers import expat

from pstui.config.importing.model import MAX_DEPTH, MAX_TEXT, ImportedHost, group_path, is_host, tidy
from pstui.config.problems import ConfigError

#: elements of one file
MAX_ELEMENTS = 500_000


@dataclass(slots=True)
class Element:
    """One element: its name without a prefix, attributes, the text directly inside it, and its children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> Element | None:
        """Return the first child of a name."""
        return next((one for one in self.children if one.name == name), None)

    def said(self, *path: str) -> str:
        """Return the text at a path of names below, empty where there is none."""
        here: Element | None = self
        for name in path:
            here = None if here is None else here.child(name)
        return "" if here is None else here.text.strip()

    def named(self, *names: str) -> Iterator[Element]:
        """Yield the children that have one of the names."""
        return (one for one in self.children if one.name in names)


def _is_secret(name: str) -> bool:
    """Whether an attribute or element holds a password, encrypted or not: such a text is dropped at once."""
    return "password" in name.casefold()


def parse(raw: bytes) -> Element:
    """Return the root of a document. Raises ConfigError for what is not XML, or has a document type."""
    parser = expat.ParserCreate(namespace_separator=" ")
    top = Element("")
    stack = [top]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_ELEMENTS or len(stack) > MAX_DEPTH:
            raise ConfigError("the file is nested too deeply or holds too much")
        kept = {key: value[:MAX_TEXT] for key, value in attributes.items() if not _is_secret(key)}
        element = Element(name.rpartition(" ")[2], kept)
        stack[-1].children.append(element)
        stack.append(element)

    def end(name: str) -> None:
        stack.pop()

    def characters(data: str) -> None:
        here = stack[-1]
        if len(here.text) < MAX_TEXT and not _is_secret(here.name):
            here.text += data[: MAX_TEXT - len(here.text)]

    def doctype(*_: object) -> None:
        raise ConfigError("the file declares a document type", "No export does so; such a file is not read.")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise ConfigError(
            f"the file is not well-formed XML: {expat.errors.messages[error.code]}, line {error.lineno}"
        ) from None
    except (ValueError, LookupError) as error:
        raise ConfigError("the file's text encoding is not known") from error
    return top.children[0] if top.children else top


_INHERITED = ("Username", "Domain", "Protocol", "Port", "UseVmId", "SSHTunnelConnectionName")
_POWERSHELL = ("POWERSHELL", "WINRM")
_COLUMNS = ("Name", "Id", "Parent", "NodeType")


def is_mremoteng(root: Element) -> bool:
    """Whether a document is one of mRemoteNG's."""
    return root.name == "Connections" and ("ConfVersion" in root.attributes or any(root.named("Node")))


def is_mremoteng_table(text: str) -> bool:
    """Whether a text is mRemoteNG's export as CSV, which names its columns in the first line."""
    return text.partition("\n")[0].lstrip("\ufeff").strip().startswith(";".join(_COLUMNS) + ";")


def read_mremoteng(root: Element) -> Iterator[ImportedHost]:
    """Yield the connections. Raises ConfigError when the file is encrypted as a whole."""
    if root.attributes.get("FullFileEncryption", "").casefold() == "true":
        raise ConfigError(
            "the file is encrypted as a whole", "In mRemoteNG turn off the encryption of the whole file, then export."
        )
    yield from _connections(root)


def read_mremoteng_table(text: str) -> Iterator[ImportedHost]:
    """Yield the connections of an export as CSV. Raises ConfigError where it is damaged or nested too deeply."""
    nodes: dict[str, Element] = {}
    parents: dict[str, str] = {}
    rows = csv.DictReader(text.lstrip("\ufeff").splitlines(), delimiter=";", quoting=csv.QUOTE_NONE)
    try:
        for number, row in enumerate(rows):
            if number >= MAX_ELEMENTS:
                raise ConfigError("the file holds too much")
            said = _row(row)
            identity = said.get("Id", "")
            if not identity or identity in nodes:
                identity = f"row {number}"
            nodes[identity], parents[identity] = Element("Node", said), said.get("Parent", "")
    except csv.Error as error:
        raise ConfigError(f"what follows line {rows.line_num} cannot be read: {error}") from None
    top = Element("Connections")
    for identity, node in nodes.items():
        nodes.get(parents[identity], top).children.append(node)
    top.children += _unreached(top, nodes.values())
    yield from _connections(top)


def _unreached(top: Element, nodes: Iterable[Element]) -> list[Element]:
    """Return the connections that no way leads to: their parent is no folder, or folders are inside one another."""
    reached, waiting = set[int](), [top]
    while waiting:
        children = waiting.pop().children
        reached |= set(map(id, children))
        waiting += [child for child in children if _is_folder(child)]
    return [node for node in nodes if id(node) not in reached and not _is_folder(node)]


def _is_folder(node: Element) -> bool:
    return node.attributes.get("Type", "").casefold() == "container"


def _row(row: Mapping[str | None, object]) -> dict[str, str]:
    """Return one line as the attributes that the XML would have; passwords are left out."""
    said = {key: str(value)[:MAX_TEXT] for key, value in row.items() if key and value and "Password" not in key}
    return {**said, "Type": said.get("NodeType", ""), "Descr": said.get("Description", "")}


def _connections(root: Element) -> Iterator[ImportedHost]:
    """Yield every connection, an SSH tunnel of it as the host that it leads through."""
    found = [(_host_of_node(*parts), parts[2]) for parts in _nodes_below(root, [], None)]
    gates = {host.name: host for host, _ in reversed(found) if "host_name" in host.values}
    for host, said in found:
        name = tidy(said["SSHTunnelConnectionName"])
        yield _through(host, name, gates.get(name)) if name and not host.skipped else host


def _through(host: ImportedHost, name: str, gate: ImportedHost | None) -> ImportedHost:
    if gate is None:
        return replace(host, note=f"its SSH tunnel {name} is not in the file")
    user, port = gate.values.get("user_name"), gate.values.get("port")
    way = f"{f'{user}@' if user else ''}{gate.values['host_name']}{f':{port}' if port else ''}"
    leads = {"options": {"ProxyJump": way}} if "host_name" in host.values else {"via": way}
    return replace(host, values={**host.values, **leads})


_Node = tuple[str, str, Mapping[str, str], str]


def _nodes_below(element: Element, groups: list[str], above: Mapping[str, str] | None) -> Iterator[_Node]:
    """Yield name, group, settings and remark of each connection. What is directly below the root inherits nothing."""
    if len(groups) > MAX_DEPTH:
        raise ConfigError("the file is nested too deeply")
    for node in element.named("Node"):
        own = node.attributes
        said = {
            key: above.get(key, "") if above is not None and _inherits(node, key) else own.get(key, "")
            for key in _INHERITED
        }
        name = tidy(own.get("Name", ""))
        if _is_folder(node):
            yield from _nodes_below(node, [*groups, name], said)
        else:
            yield name, group_path(groups), {**said, "Hostname": own.get("Hostname", "")}, tidy(own.get("Descr", ""))


def _inherits(node: Element, key: str) -> bool:
    return node.attributes.get(f"Inherit{key}", node.attributes.get("Inherit", "")).casefold() == "true"


def _host_of_node(name: str, group: str, said: Mapping[str, str], remark: str) -> ImportedHost:
    host, user, domain = tidy(said["Hostname"]), tidy(said["Username"]), tidy(said["Domain"])
    protocol, port = tidy(said["Protocol"]), _port(said["Port"])
    name = name or host
    if not protocol.upper().startswith("SSH"):
        host, written = _without_port(host)
        port = written if written and protocol.upper() in _POWERSHELL else port
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
    account = _in_domain(user, domain)
    if protocol.upper() in _POWERSHELL:
        return ImportedHost(name, group, "hosts", {"computer_name": host, **_winrm(port), **extra}, account)
    if protocol.upper() == "RDP":
        note = "was RDP; WinRM has to be enabled on that computer"
        return ImportedHost(name, group, "hosts", {"computer_name": host, **extra}, account, note)
    return ImportedHost(name, group, skipped=f"{protocol or 'its protocol'} does not lead to PowerShell")


def _in_domain(user: str, domain: str) -> str:
    """Return an account with its domain, which the name of the user may hold already."""
    return f"{domain}\\{user}" if user and domain and not {"\\", "@"} & set(user) else user


def _without_port(host: str) -> tuple[str, int]:
    """Return a host without the port behind it, and that; an IPv6 address without brackets is all host."""
    name, colon, port = host.rpartition(":")
    is_one = host.count(":") == 1 or (name.startswith("[") and name.endswith("]"))
    return (name.strip("[]"), _port(port)) if colon and is_one and port.isdecimal() else (host, 0)


def _winrm(port: int) -> dict[str, object]:
    """Return what a port of WinRM means; 5985 and 5986 are the usual ones, without and with TLS."""
    if port == 5986:
        return {"use_ssl": True}
    return {} if port in (0, 5985) else {"port": port}


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 and int(text) < 65536 else 0


#: accounts by the name of their log-on profile
Profiles = Mapping[str, str]


def is_rdcman(root: Element) -> bool:
    """Whether a document is one of RDCMan's."""
    return root.name == "RDCMan"


def read_rdcman(root: Element) -> Iterator[ImportedHost]:
    """Yield the servers; each file and group of the document is a group."""
    for file in root.named("file"):
        yield from _servers_below(file, [_group_name(file)], "", _profiles(root, {}))


def _servers_below(element: Element, groups: list[str], account: str, above: Profiles) -> Iterator[ImportedHost]:
    profiles = _profiles(element, above)
    account = _account(element, account, profiles)
    for child in element.named("group", "server"):
        if child.name == "group":
            yield from _servers_below(child, [*groups, _group_name(child)], account, profiles)
        else:
            yield _host_of_server(child, group_path(groups), _account(child, account, profiles))


def _host_of_server(server: Element, group: str, account: str) -> ImportedHost:
    # Newer files keep these under <properties>, older ones directly in the server.
    whole = tidy(server.said("properties", "name") or server.said("name"))
    host = _without_port(whole)[0]  # the port is that of RDP
    shown = tidy(server.said("properties", "displayName") or server.said("displayName")) or host
    remark = tidy(server.said("properties", "comment") or server.said("comment"))
    kind = server.said("properties", "connectionType") or server.said("connectionType")
    if kind and kind != "Normal":
        return ImportedHost(shown, group, skipped="it is a console of a Hyper-V machine")
    if not is_host(host):
        return ImportedHost(shown, group, skipped="it names no computer")
    values = {"computer_name": host, **({"note": remark} if remark else {})}
    return ImportedHost(shown, group, "hosts", values, account, "was RDP; WinRM has to be enabled on that computer")


def _group_name(element: Element) -> str:
    return element.said("properties", "name") or element.said("name")


def _account(element: Element, above: str, profiles: Profiles) -> str:
    logon = _setting(element, "logonCredentials")
    if logon is None or logon.attributes.get("inherit", "None") == "FromParent":
        return above
    # a log-on may name a profile of the file instead of an account
    return _named(logon) or profiles.get(logon.said("profileName"), "")


def _named(logon: Element) -> str:
    user, domain = tidy(logon.said("userName")), tidy(logon.said("domain"))
    # [server] and [display] stand for the server itself: an account of its own
    return user if domain.startswith("[") else _in_domain(user, domain)


def _setting(element: Element, name: str) -> Element | None:
    """Return the settings of a name: RDCMan 2.2 keeps those of groups below their properties."""
    properties = element.child("properties")
    return element.child(name) or (None if properties is None else properties.child(name))


def _profiles(element: Element, above: Profiles) -> Profiles:
    """Return the log-on profiles that can be named below an element."""
    own = _setting(element, "credentialsProfiles")
    if own is None:
        return above
    return {**above, **{one.said("profileName"): _named(one) for one in own.named("credentialsProfile")}}
