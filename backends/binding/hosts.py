"""Host strings of -HostName and -ComputerName, read as .NET reads them (protocol-notes 1.4, 1.8).

The hashtables of -SSHConnection (protocol-notes 5.5).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pstui.backends.binding import errors
from pstui.backends.binding.parameters import Cmdlet
from pstui.backends.binding.values import ConversionError, integer
from pstui.backends.errors import CallError

_LABEL = re.compile(r"[^\W_](?:[\w-]{0,62})\Z")
_DOTTED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")
_PORT = re.compile(r"[0-9]*\Z")

#: characters that stay as they are in the user part of a URI
_USER_SAFE = "%!$&'()*+,;=:~-._"


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
        raise ValueError("what stands in brackets is not an IPv6 address") from None


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


_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z", re.ASCII)
_KEYS = {
    "computername": "HostName",
    "hostname": "HostName",
    "username": "UserName",
    "keyfilepath": "KeyFilePath",
    "identityfilepath": "KeyFilePath",
    "port": "Port",
    "subsystem": "Subsystem",
    "connectingtimeout": "ConnectingTimeout",
    "options": "Options",
}


def check_connection_tables(cmdlet: Cmdlet, tables: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a table that PowerShell refuses. Raises CallError (Argument, PSSessionInvalidComputerName)."""
    for table in tables:
        read_connection_table(cmdlet, table)


def check_ssh_options(cmdlet: Cmdlet, options: Mapping[str, Any] | None) -> None:
    """Refuse what is no ssh_config keyword, or a value that would begin another line (protocol-notes 7.7)."""
    for key, value in (options or {}).items():
        if not _KEYWORD.match(key):
            why = f"{errors.quoted(key)} is no keyword of ssh_config."
            raise errors.invalid_argument(cmdlet, "Options", why, "Keywords are letters and digits, such as ProxyJump.")
        if not isinstance(value, str | int | float) or not str(value).isprintable():
            raise errors.invalid_argument(cmdlet, "Options", f"The value of {key} must be one line of text.")


def read_connection_table(cmdlet: Cmdlet, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that one table means; user and port of the host string go before those of the table.

    A table without ConnectingTimeout has no limit here, where PowerShell gives up at once by mistake.
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        name = _KEYS.get(str(key).casefold())
        if name is None:
            raise _refused(cmdlet, f"{errors.quoted(str(key))} is no key of it.")
        if name in result:
            raise _refused(cmdlet, f"{name} is given twice, by two of its names.")
        if value is None or value == "":
            raise _refused(cmdlet, f"{key} is empty.")
        result[name] = _typed(cmdlet, name, value)
    if "HostName" not in result:
        raise _refused(cmdlet, "It names no host.")
    for name in ("UserName", "Subsystem"):
        if str(result.get(name, "")).startswith("-"):
            raise _refused(cmdlet, f"{name} begins with a dash and would be read as an option of ssh.")
    try:
        host = parse_ssh_host(result["HostName"])
    except ValueError as error:
        what = f"{errors.quoted(result['HostName'])} is no host"
        raise errors.refusal(cmdlet, "PSSessionInvalidComputerName", what, errors.sentence(error)) from None
    if host.user.startswith("-"):
        raise _refused(cmdlet, "The user name begins with a dash and would be read as an option of ssh.")
    result["HostName"] = host.host
    if host.user:
        result["UserName"] = host.user
    if host.port is not None:
        result["Port"] = host.port
    if not result.get("Port", 1):
        del result["Port"]
    return result


def _typed(cmdlet: Cmdlet, name: str, value: Any) -> Any:
    if name in ("Port", "ConnectingTimeout"):
        try:
            number = integer(value)
        except ConversionError as error:
            raise _refused(cmdlet, f"{name}: {error.why}") from None
        if name == "Port" and not 0 <= number <= 65535:
            raise _refused(cmdlet, "Port must lie between 0 and 65535.")
        return number
    if name == "Options":
        if not isinstance(value, dict):
            raise _refused(cmdlet, "Options must be a hashtable.")
        check_ssh_options(cmdlet, value)
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | float):
        return str(value)
    raise _refused(cmdlet, f"{name} must be a text.")


def _refused(cmdlet: Cmdlet, why: str) -> CallError:
    hint = "Keys: HostName, UserName, KeyFilePath, Port, Subsystem, ConnectingTimeout, Options."
    return errors.refusal(cmdlet, "Argument", "a table of -SSHConnection is not right", why, hint)
