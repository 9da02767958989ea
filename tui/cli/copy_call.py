"""What a call of ``pstui cp`` says: its options, and which of its words name a far end."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pstui.backends.connection import KINDS
from pstui.backends.errors import CallError
from pstui.tui.cli.targets import SELECTORS

HELP = """\
pstui cp: copy files and folders to a far end, from one, or between two.

Usage
  pstui cp [OPTIONS] SRC... DST
SRC and DST are paths here, or HOST:path: HOST is all that pstui HOST takes, a
profile, user@host, a host of ssh_config, a computer; ssh://user@host:port/path
names a port. HOST: alone is the folder one starts in there. Patterns with *, ?
and [a-c] are also matched there. A word with a colon that is a path here is
written ./a:b; C:\\x is not a host, on Windows no C: is. As DST group:Prod:path,
tag:sql:path and web*:path are all hosts that are meant, one after the other.
Over SSH it goes by SFTP; to what has none (WinRM, containers, named pipes), by
a pipeline in a PowerShell session.

Options
  -r, --recurse     folders with all in them
  -f, --force       overwrite what is there, and copy what is there already
  -n, --skip        leave what is there and differs
  -u, --newer       overwrite only what is older
  -p, --preserve    keep times and permissions (the default)
  --no-preserve     do not keep them
  --no-check        do not compare the SHA-256 of both ends afterwards
  -q, --quiet       nothing on standard error but errors
  -h, --help        print this text

What is there and differs is asked about once; where nobody can be asked, it
stays, and the exit code is 1. A file with the same size and time is not copied
again. The same call goes on with a copy that was cut off: what there is of a
file has the name NAME.pstui-part until all of it is there.

Exit codes
  0  all is there    1  something was not copied; it is named
  2  a wrong call    3  no session could be opened    130  stopped

Examples
  pstui cp report.pdf admin@db:
  pstui cp -r ./site web1:/srv/www
  pstui cp 'db:/var/log/*.log' logs/
  pstui cp setup.msi 'web2:C:\\Temp'
  pstui cp -r web1:/srv/www web2:/srv/
"""

#: what begins a path of Windows and names no host; on Windows one letter and a colon are a drive, as to its own scp
_DRIVE, _DRIVE_THERE = re.compile(r"[A-Za-z]:\\"), re.compile(r"[A-Za-z]:")
_BRACKETS = re.compile(r"((?:[^@/\[\]]*@)?\[[^\]/]+\]):(.*)", re.DOTALL)
_SHORT = {"r": "recurse", "R": "recurse", "f": "force", "n": "skip", "u": "newer", "p": "preserve", "q": "quiet"}
_LONG = ("recurse", "force", "skip", "newer", "preserve", "no-preserve", "no-check", "quiet", "help")


@dataclass(frozen=True, slots=True)
class Place:
    """One word: ``host`` is what names the far end, empty for this computer."""

    host: str
    path: str


@dataclass(frozen=True, slots=True)
class CopyCall:
    """A call: its sources, where they go, and the options given by their long names."""

    sources: tuple[Place, ...]
    destination: Place
    given: frozenset[str]


def parse(words: Sequence[str], kinds: Sequence[str] = KINDS) -> CopyCall | None:
    """Return what a call says, None where it asks for help. Raises CallError."""
    given: set[str] = set()
    paths: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            paths += left
            break
        if word.startswith("--"):
            given.add(_long(word[2:]))
        elif word.startswith("-") and len(word) > 1:
            given |= {_short(one) for one in word[1:]}
        else:
            paths.append(word)
    if "help" in given:
        return None
    chosen = [name for name in ("force", "skip", "newer") if name in given]
    if len(chosen) > 1:
        raise CallError(f"cp: --{chosen[0]} and --{chosen[1]} exclude each other", "", "Give one of them.")
    if len(paths) < 2:
        raise CallError(
            "cp needs what to copy and where to", "", "Write: pstui cp SRC... DST. pstui cp --help says more."
        )
    *sources, destination = [place(path, kinds) for path in paths]
    if not destination.host and not any(each.host for each in sources):
        hint = "Write HOST:path for a far end. Files of this computer are copied by cp."
        raise CallError("cp: none of these is a far end", "", hint)
    return CopyCall(tuple(sources), destination, frozenset(given))


def place(text: str, kinds: Sequence[str] = KINDS, *, windows: bool = os.name == "nt") -> Place:
    """Return which far end a word names, and the path there. Raises CallError."""
    if text.startswith(("ssh://", "sftp://")):
        return _of_url(text)
    if (_DRIVE_THERE if windows else _DRIVE).match(text):
        return Place("", text)
    if (match := _BRACKETS.fullmatch(text)) is not None:
        return Place(match.group(1), match.group(2))
    head, colon, path = text.partition(":")
    if not colon or not head or "/" in head or "\\" in head:
        return Place("", text)
    if head in (*kinds, *SELECTORS):
        name, second, rest = path.partition(":")
        if second and name and ("/" not in name or (head in SELECTORS and name[0] != "/")):
            return Place(f"{head}:{name}", rest)
    return Place(head, path)


def _of_url(text: str) -> Place:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.password:
        raise CallError("cp: a URL that names no host", "", "Write: ssh://user@host:port/path")
    name = f"[{host}]" if ":" in host else host
    user = unquote(parts.username) if parts.username else ""
    address = f"{user}@{name}" if user else name
    return Place(f"{address}:{port}" if port else address, unquote(parts.path) or ".")


def _long(name: str) -> str:
    if name == "recursive":
        name = "recurse"
    found = [one for one in _LONG if one == name] or [one for one in _LONG if one.startswith(name)]
    if len(found) != 1:
        raise CallError(f"cp has no option --{name}", "", "pstui cp --help shows every option.")
    return found[0]


def _short(letter: str) -> str:
    if letter == "h":
        return "help"
    if letter not in _SHORT:
        raise CallError(f"cp has no option -{letter}", "", "pstui cp --help shows every option.")
    return _SHORT[letter]
