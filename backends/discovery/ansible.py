"""What ``ansible-inventory --list`` prints, as hosts: Ansible's connection variables in PowerShell's parameters.

The variables are those of Ansible's connection plugins ``ssh``, ``winrm`` and ``psrp`` (their documentation lists them;
the plugin's own comes before the common one). Templates and vaulted values are not solved here: a host whose address
needs one is left out with the reason, and a password that does is asked for.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pstui.backends.transports.streams import printable

#: connection plugins, without their collection
_SSH = frozenset(["ssh", "smart", "paramiko", "paramiko_ssh", "libssh"])
_CONTAINERS = frozenset(["docker", "docker_api", "podman"])
_NEGOTIATED = {"kerberos": "Kerberos", "credssp": "Credssp", **dict.fromkeys(("basic", "plaintext"), "Basic")}
_NEGOTIATED |= dict.fromkeys(("ntlm", "negotiate"), "Negotiate")
#: ssh's options that other parameters stand for
_FLAGS = {"-p": "port", "-l": "user_name", "-i": "key_file_path"}
#: groups that one host may be in
MAX_GROUPS = 100
#: groups that every host is in, or that say that it is in none
_NO_GROUPS = ("all", "ungrouped", "_meta")


class LeftOutError(Exception):
    """A host cannot be entered from here; the text says why, as the end of a sentence."""


def hosts(found: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, Any]]]:
    """Yield the name, the groups and the variables of each host."""
    meta = found.get("_meta")
    known = meta.get("hostvars", {}) if isinstance(meta, dict) else {}
    groups: dict[str, list[str]] = {}
    parents: dict[str, list[str]] = {}
    for group, said in found.items():
        children = said.get("children", ()) if isinstance(said, dict) else ()
        for child in children if isinstance(children, list) else ():
            if isinstance(child, str) and group not in _NO_GROUPS:
                parents.setdefault(child, []).append(group)
        named = said.get("hosts", ()) if isinstance(said, dict) else said if isinstance(said, list) else ()
        for host in named if isinstance(named, list | dict) else ():
            if isinstance(host, str):
                groups.setdefault(host, [])
                if group not in _NO_GROUPS:
                    groups[host].append(group)
    for host in known if isinstance(known, dict) else ():
        groups.setdefault(host, [])
    for host, inside in groups.items():
        variables = known.get(host, {}) if isinstance(known, dict) else {}
        yield host, _with_above(inside, parents), variables if isinstance(variables, dict) else {}


def unread(errors: str) -> str:
    """Return in one line which source Ansible could not read, as it wrote on standard error; empty for none."""
    told = " ".join(errors.split()).split("[WARNING]:")
    found = next((text.strip(" *") for text in told if "Failed to parse" in text or "Unable to parse" in text), "")
    return printable(found)[:500]


def _with_above(groups: Sequence[str], parents: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return groups and those that they are in, each once."""
    found = dict.fromkeys(groups)
    waiting = list(groups)
    while waiting and len(found) < MAX_GROUPS:
        for above in parents.get(waiting.pop(0), ()):
            if above not in found:
                found[above] = None
                waiting.append(above)
    return tuple(found)


def keys_of(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a host's variables say of its connection, by the keys of a profile. Raises LeftOutError.

    ``password`` is there where it is plain.
    """
    said = _Variables(variables)
    way = said.text("connection").rpartition(".")[2].casefold() or "ssh"
    if way in _SSH:
        return _over_ssh(host, said)
    if way in ("winrm", "psrp"):
        return _over_winrm(host, said, way)
    if way in _CONTAINERS:
        return {"container_id": said.text("docker_host", "podman_host", "host") or host}
    raise LeftOutError(f"ansible_connection {way} leads to no PowerShell session")


class _Variables:
    """The ``ansible_`` variables of one host."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found

    def value(self, *names: str) -> Any:
        """Return the first of these that is set, None for none."""
        values = (self._found.get(f"ansible_{name}") for name in names)
        return next((value for value in values if value not in (None, "")), None)

    def text(self, *names: str) -> str:
        """Return the first of these that is set as text. Raises LeftOutError."""
        value = self.value(*names)
        if value is None:
            return ""
        if isinstance(value, dict) and "__ansible_vault" in value:
            raise LeftOutError(f"ansible_{names[-1]} is in a vault, which is not opened here")
        if not isinstance(value, str | int):
            raise LeftOutError(f"ansible_{names[-1]} is not a text")
        if "{{" in str(value):
            raise LeftOutError(f"ansible_{names[-1]} is a template, which Ansible alone can fill in")
        return str(value)

    def number(self, *names: str) -> int | None:
        """Return the first of these that is set as a port. Raises LeftOutError."""
        text = self.text(*names)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
            raise LeftOutError(f"ansible_{names[-1]} is not a port")
        return int(text)

    def password(self, *names: str) -> str:
        """Return a password that is plain, else an empty text: it is asked for then."""
        value = self.value(*names)
        return value if isinstance(value, str) and "{{" not in value else ""


def _over_ssh(host: str, said: _Variables) -> dict[str, Any]:
    keys: dict[str, Any] = {"host_name": said.text("ssh_host", "host") or host}
    keys["user_name"] = said.text("ssh_user", "user")
    keys["port"] = said.number("ssh_port", "port")
    keys["key_file_path"] = said.text("ssh_private_key_file", "private_key_file")
    arguments = [said.text(name) for name in ("ssh_common_args", "ssh_extra_args")]
    options: dict[str, str] = {}
    try:
        words = [word for text in arguments for word in shlex.split(text)]
    except ValueError:
        raise LeftOutError("its ssh arguments have a quote that is not closed") from None
    while words:
        _argument(words, options, keys)
    if str(said.value("host_key_checking", "ssh_host_key_checking")).casefold() in ("false", "no", "0"):
        options.setdefault("StrictHostKeyChecking", "no")
    return {**keys, "options": options}


def _argument(words: list[str], options: dict[str, str], keys: dict[str, Any]) -> None:
    """Take one argument of ssh off the front."""
    word = words.pop(0)
    flag, rest = word[:2], word[2:]
    if flag in ("-o", "-J", *_FLAGS):
        value = rest or (words.pop(0) if words else "")
        if flag == "-o":
            name, sign, text = value.partition("=") if "=" in value else value.partition(" ")
            if sign:
                options.setdefault(name.strip(), text.strip())
        elif flag == "-J":
            options["ProxyJump"] = value
        elif _FLAGS[flag] != "port":
            keys[_FLAGS[flag]] = keys[_FLAGS[flag]] or value
        elif value.isascii() and value.isdigit():
            keys["port"] = keys["port"] or int(value[:6])
    elif flag == "-F":
        raise LeftOutError("its ssh arguments name another configuration file (-F)")


def _over_winrm(host: str, said: _Variables, way: str) -> dict[str, Any]:
    keys: dict[str, Any] = {"computer_name": said.text(f"{way}_host", "host") or host}
    keys["user_name"] = said.text(f"{way}_user", "user")
    keys["password"] = said.password(f"{way}_password", f"{way}_pass", "password")
    port = said.number(f"{way}_port", "port")
    scheme = said.text("psrp_protocol" if way == "psrp" else "winrm_scheme").casefold()
    keys["use_ssl"] = scheme == "https" if scheme else port != 5985
    keys["port"] = port or (5986 if keys["use_ssl"] else 5985)
    keys["application_name"] = said.text(f"{way}_path").strip("/")
    keys["configuration_name"] = said.text("psrp_configuration_name") if way == "psrp" else ""
    keys["authentication"] = _authentication(said, way)
    checks = said.text("psrp_cert_validation" if way == "psrp" else "winrm_server_cert_validation")
    if checks.casefold() == "ignore":
        skipped = ("SkipCACheck", "SkipCNCheck", "SkipRevocationCheck")
        keys["session_option"] = dict.fromkeys(skipped, True)
    return keys


def _authentication(said: _Variables, way: str) -> str:
    given = said.value("psrp_auth" if way == "psrp" else "winrm_transport")
    ways = given if isinstance(given, list) else str(given or "").split(",")
    names = [str(one).strip().casefold() for one in ways if str(one).strip()]
    if not names:
        return ""
    known = next((_NEGOTIATED[name] for name in names if name in _NEGOTIATED), "")
    if not known and not set(names) <= {"ssl"}:
        raise LeftOutError(f"it signs in by {names[0][:40]}, which has to be set up in a profile")
    return known
