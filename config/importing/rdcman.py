"""A file of Remote Desktop Connection Manager: groups and servers, log-on settings inherited from the group above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pstui.config.importing.model import ImportedHost, group_path, is_host, tidy
from pstui.config.importing.xml_tree import Element

#: accounts by the name of their log-on profile
Profiles = Mapping[str, str]


def is_export(root: Element) -> bool:
    """Whether a document is one of RDCMan's."""
    return root.name == "RDCMan"


def read(root: Element) -> Iterator[ImportedHost]:
    """Yield the servers; each file and group of the document is a group."""
    for file in root.named("file"):
        yield from _below(file, [_name(file)], "", _profiles(root, {}))


def _below(element: Element, groups: list[str], account: str, above: Profiles) -> Iterator[ImportedHost]:
    profiles = _profiles(element, above)
    account = _account(element, account, profiles)
    for child in element.named("group", "server"):
        if child.name == "group":
            yield from _below(child, [*groups, _name(child)], account, profiles)
        else:
            yield _host(child, group_path(groups), _account(child, account, profiles))


def _host(server: Element, group: str, account: str) -> ImportedHost:
    # Newer files keep these under <properties>, older ones directly in the server.
    host = tidy(server.said("properties", "name") or server.said("name"))
    shown = tidy(server.said("properties", "displayName") or server.said("displayName")) or host
    remark = tidy(server.said("properties", "comment") or server.said("comment"))
    kind = server.said("properties", "connectionType") or server.said("connectionType")
    if kind and kind != "Normal":
        return ImportedHost(shown, group, skipped="it is a console of a Hyper-V machine")
    if not is_host(host):
        return ImportedHost(shown, group, skipped="it names no computer")
    values = {"computer_name": host, **({"note": remark} if remark else {})}
    return ImportedHost(shown, group, "hosts", values, account, "was RDP; WinRM has to be enabled on it")


def _name(element: Element) -> str:
    return element.said("properties", "name") or element.said("name")


def _account(element: Element, above: str, profiles: Profiles) -> str:
    logon = element.child("logonCredentials")
    if logon is None or logon.attributes.get("inherit", "None") == "FromParent":
        return above
    # a log-on may name a profile of the file in place of an account
    return _named(logon) or profiles.get(logon.said("profileName"), "")


def _named(logon: Element) -> str:
    user, domain = tidy(logon.said("userName")), tidy(logon.said("domain"))
    # [server] and [display] mean the server itself: an account of its own
    return f"{domain}\\{user}" if user and domain and not domain.startswith("[") else user


def _profiles(element: Element, above: Profiles) -> Profiles:
    """Return the log-on profiles that can be named below an element."""
    own = element.child("credentialsProfiles")
    if own is None:
        return above
    return {**above, **{one.said("profileName"): _named(one) for one in own.named("credentialsProfile")}}
