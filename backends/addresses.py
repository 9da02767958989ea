"""Hosts as people write them, split and joined: ``user@host:port``, computer names, the host of a URI.

Read as .NET reads them (protocol-notes 1.4, 1.8).
"""

from __future__ import annotations

import functools
import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_LABEL = re.compile(r"[^\W_](?:[\w-]{0,62})\Z")
_DOTTED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")
_PORT = re.compile(r"[0-9]*\Z")

_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")

#: characters that stay as they are in the user part of a URI
_USER_SAFE = "%!$&'()*+,;=:~-._"


@functools.cache
def own_names() -> frozenset[str]:
    """Return the names of this computer, in lower case. Blocks the first time: the resolver knows the full one."""
    own = socket.gethostname().casefold()
    return frozenset({own, own.partition(".")[0], socket.getfqdn().casefold()} - {""})


def is_this_machine(host: str) -> bool:
    """Whether a host is this computer: ``.``, localhost, an address that never leaves it, or a name of the machine's.

    An IPv6 address may stand in brackets. Blocks as ``own_names`` does.
    """
    host = host.strip().strip("[]").casefold()
    if host == ".":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        bare = host.rstrip(".")
        return bare in _LOOPBACK_NAMES or bare.endswith(".localhost") or bare in own_names()
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


@dataclass(frozen=True, slots=True)
class SshHost:
    """The parts of a host string. ``port`` is None if none was written; 0 was written and means no port is passed."""

    host: str
    user: str = ""
    port: int | None = None


def parse_ssh_host(text: str) -> SshHost:
    """Split ``[user@]host[:port]`` as PowerShell does: host lower-cased, ``.`` is localhost, IPv6 in brackets.

    Raises ValueError with the reason for what PowerShell refuses with PSSessionInvalidComputerName.
    """
    if text == ".":
        return SshHost("localhost")
    authority = re.split(r"[/?#]", text, maxsplit=1)[0]
    if "\\" in authority:
        raise ValueError("a backslash is read as the start of a path")
    if authority.count("@") > 1:
        raise ValueError("it holds more than one @")
    user, _, rest = authority.rpartition("@")
    host, port = _split_port(rest)
    return SshHost(host, quote(user, safe=_USER_SAFE) if user else "", port)


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        inside, bracket, tail = text[1:].partition("]")
        if not bracket or (tail and not tail.startswith(":")):
            raise ValueError("the bracket of the IPv6 address is not closed")
        host, port = f"[{ipv6(inside)}]", tail[1:]
    else:
        name, _, port = text.partition(":")
        host = dns_name(name)
    if not _PORT.match(port) or len(port.lstrip("0")) > 5 or int(port or 0) > 65535:
        raise ValueError("the part after the colon is not a port between 0 and 65535")
    return host, int(port) if port else None


def ipv6(text: str) -> str:
    """Return an IPv6 address in its short form, its scope dropped. Raises ValueError."""
    try:
        return str(ipaddress.IPv6Address(text.partition("%")[0]))
    except ValueError:
        raise ValueError("the text in brackets is not an IPv6 address") from None


def dns_name(text: str) -> str:
    """Return a host name or IPv4 address in lower case, otherwise unchanged. Raises ValueError."""
    if not text:
        raise ValueError("the host name is empty")
    labels = text.removesuffix(".").split(".")
    if len(text) > 255 or not all(_LABEL.match(label) for label in labels):
        raise ValueError("it is neither a host name nor an IP address")
    if _DOTTED.match(text) and any(int(part) > 255 for part in labels):
        raise ValueError("a part of the IPv4 address is above 255")
    return text.lower()


def computer_name(text: str) -> str:
    """Return a -ComputerName as it is used: ``.`` is localhost, a bare IPv6 address gets its brackets, case is kept.

    Raises ValueError for what cannot be the host of a URI.
    """
    if text == ".":
        return "localhost"
    if text.startswith("[") and text.endswith("]"):
        return f"[{ipv6(text[1:-1])}]"
    if text.count(":") > 1:
        return f"[{ipv6(text)}]"
    dns_name(text)
    return text


def shown_user(user: str) -> str:
    """Return a user name as it may be shown: what somebody wrote behind a colon, as in a URL, may be a password."""
    name, colon, _ = user.partition(":")
    return f"{name}:***" if colon else user


def join_host(host: str, user: str = "", port: int | str | None = None) -> str:
    """Return ``[user@]host[:port]``; a port of 0 or nothing is left out."""
    return (f"{user}@" if user else "") + host + (f":{port}" if port else "")


def take_apart(values: dict[str, Any]) -> SshHost:
    """Turn the user and port written in the value HostName into values of their own, which they overrule.

    A Port of 0 means that none is passed, and is left out. Returns the parts; raises ValueError.
    """
    parts = parse_ssh_host(values["HostName"])
    values["HostName"] = parts.host
    if parts.user:
        values["UserName"] = parts.user
    if parts.port is not None:
        values["Port"] = parts.port
    if not values.get("Port", 1):
        del values["Port"]
    return parts


def uri_host(uri: str) -> str:
    """Return the host part of an absolute URI as typed, IPv6 with its brackets; the whole text if there is none."""
    rest = uri.partition("://")[2].split("/", 1)[0].rpartition("@")[2]
    if rest.startswith("["):
        return rest.partition("]")[0] + "]"
    return rest.partition(":")[0] or uri
