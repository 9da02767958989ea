"""The hosts of an ssh_config file: ``Host`` lines without wildcards, with what pstui can use of their settings."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from .model import MAX_HOSTS, ImportedHost, is_host, tidy

_WANTED = ("hostname", "user", "port", "identityfile", "proxyjump")


def read(text: str, *, own: bool) -> Iterator[ImportedHost]:
    """Yield the hosts of a file's text.

    ``own`` says that ssh reads this file by itself: then the name is enough, and everything else stays there. Files
    that it includes are not read.
    """
    hosts: dict[str, dict[str, str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        word, values = _line(line)
        if word == "host":
            current = [name for name in values if _is_name(name)] if len(hosts) < MAX_HOSTS else []
            for name in current:
                hosts.setdefault(name, {})
        elif word == "match":
            current = []
        elif word in _WANTED and values:
            for name in current:
                hosts[name].setdefault(word, tidy(values[0]))
    for name, said in hosts.items():
        yield _host(name, said, own=own)


def _host(name: str, said: dict[str, str], *, own: bool) -> ImportedHost:
    if own:
        return ImportedHost(name, "", "hosts", {"host_name": name})
    target = said.get("hostname", name)
    if not is_host(target) or "%" in target:
        return ImportedHost(name, skipped=f"its HostName {target} cannot be used here")
    values: dict[str, object] = {"host_name": target}
    if user := said.get("user"):
        values["user_name"] = user
    port = said.get("port", "22")
    if port.isdecimal() and 0 < int(port) < 65536 and port != "22":
        values["port"] = int(port)
    if (key := said.get("identityfile")) and key != "none":
        values["key_file_path"] = key
    if (jump := said.get("proxyjump")) and jump != "none":
        values["options"] = {"ProxyJump": jump}
    return ImportedHost(name, "", "hosts", values)


def _line(line: str) -> tuple[str, list[str]]:
    """Return the keyword in lower case and its values; both empty for a comment or what cannot be read."""
    text = line.strip()[:4096]
    if not text or text.startswith("#"):
        return "", []
    word = text.split(None, 1)[0].partition("=")[0]
    rest = text[len(word) :].strip().removeprefix("=").strip()
    lexer = shlex.shlex(rest, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "#", ""
    try:
        return word.lower(), list(lexer)
    except ValueError:
        return "", []


def _is_name(pattern: str) -> bool:
    return pattern.isprintable() and not pattern.startswith(("!", "-")) and not any(c in pattern for c in "*? @/\\")
