"""Port forwards of an SSH connection: how they are written, and what is known of one that is in use.

Two spellings mean the same. ``parse`` reads what a person writes, ``local 8080 db:5432``, or as ssh has it,
``-L 8080:db:5432``; ``read_forward`` reads what stands behind a keyword of ssh_config(5), as OpenSSH's parse_forward.
"""

from __future__ import annotations

import enum
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pstui.backends.errors import CallError

#: characters of a forward, and of a host's name (NI_MAXHOST of the C library)
MAX_TEXT, MAX_HOST = 1000, 1024
#: bytes of a socket's path (sun_path, unix(7))
MAX_PATH = 107


class ForwardKind(enum.Enum):
    """Who listens and for what: this computer, the far one, or this one as a SOCKS proxy."""

    LOCAL = "local"
    REMOTE = "remote"
    DYNAMIC = "dynamic"


_KINDS = {
    "local": ForwardKind.LOCAL,
    "-l": ForwardKind.LOCAL,
    "localforward": ForwardKind.LOCAL,
    "remote": ForwardKind.REMOTE,
    "-r": ForwardKind.REMOTE,
    "remoteforward": ForwardKind.REMOTE,
    "dynamic": ForwardKind.DYNAMIC,
    "socks": ForwardKind.DYNAMIC,
    "-d": ForwardKind.DYNAMIC,
    "dynamicforward": ForwardKind.DYNAMIC,
}
_HINT = "Write local 8080 db:5432, remote 9000 localhost:80 or socks 1080. A path in the place of a port is a socket."


@dataclass(frozen=True, slots=True)
class Place:
    """An end of a forward: a port at a host, or a socket's path. ``host`` is None where none is named.

    As an end that listens ``host`` may be ``""`` or ``*`` for every address, and ``port`` 0 for any that is free.
    """

    host: str | None = None
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return self.path
        if self.host is None:
            return str(self.port)
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host or '*'}:{self.port}"


@dataclass(frozen=True, slots=True)
class ForwardSpec:
    """A forward as it is wanted. ``target`` is None where whoever connects says where to (SOCKS)."""

    kind: ForwardKind
    listen: Place
    target: Place | None = None

    def __str__(self) -> str:
        """As ``parse`` reads it."""
        target = f" {self.target}" if self.target is not None else ""
        return f"{self.kind.value} {self.listen}{target}"


class ForwardState(enum.Enum):
    """Whether a forward listens."""

    LISTENING = "listening"
    FAILED = "failed"
    WAITING = "waits for the connection"


class Forward(Protocol):
    """A forward in use: its state and why it does not listen, and the port that it listens on (0 for a socket).

    Bytes are those that its connections carried, ``connections`` those that are open now.
    """

    @property
    def spec(self) -> ForwardSpec: ...
    @property
    def state(self) -> ForwardState: ...
    @property
    def why(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def connections(self) -> int: ...
    @property
    def sent(self) -> int: ...
    @property
    def received(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Forwards:
    """The forwards of one connection, as whoever shows them works on them. ``add`` and ``remove`` raise PstuiError."""

    listed: Callable[[], Sequence[Forward]]
    add: Callable[[ForwardSpec], Awaitable[Forward]]
    remove: Callable[[Forward], Awaitable[None]]


def parse(text: str) -> ForwardSpec:
    """Return the forward that a person means. Raises CallError saying what is wrong with it."""
    try:
        return _parsed(text)
    except ValueError as error:
        shown = "".join(char if char.isprintable() else "?" for char in text[:100])
        why = str(error)
        raise CallError(f"the forward “{shown}” is not understood", f"{why[:1].upper()}{why[1:]}.", _HINT) from None


def problem(text: str) -> str:
    """Return what is wrong with a forward that a person wrote, as what follows its key; empty where it can be used."""
    try:
        _parsed(text)
    except ValueError as error:
        return f"holds {text[:100]!r}, which is not understood: {error}. {_HINT.removesuffix('.')}"
    return ""


def _parsed(text: str) -> ForwardSpec:
    if len(text) > MAX_TEXT or not text.isprintable():
        raise ValueError("it is too long, or holds a control character")
    kind, *rest = text.split() or [""]
    glued = re.fullmatch(r"(-[LRD])(\S+)", kind)
    if glued is not None:
        kind, rest = glued[1], [glued[2], *rest]
    rest = [word for place, word in enumerate(rest) if not (place == 1 and word in ("to", "->", "→"))]
    found = _KINDS.get(kind.lower())
    if found is None:
        raise ValueError(f"it begins with “{kind}”, and not with local, remote or socks")
    if not rest:
        raise ValueError("it does not say what listens")
    return read_forward(found, ":".join(rest), any_port=True)


def read_forward(kind: ForwardKind, text: str, *, any_port: bool = False) -> ForwardSpec:
    """Return the forward of ``[bind_address:]port:host:hostport`` and its other forms (ssh(1), -L, -R and -D).

    With ``any_port`` a local end may listen on port 0, which ssh does not take. Raises ValueError.
    """
    fields = _fields(text)
    if kind is ForwardKind.LOCAL and len(fields) == 2 and not fields[0][1] and not fields[1][1]:
        raise ValueError("where it leads to is written host:port, or is the path of a socket")
    if kind is ForwardKind.DYNAMIC and len(fields) > 2:
        raise ValueError("a SOCKS proxy leads where its users say, so nothing stands behind its port")
    listen, rest = _listening(fields, has_target=kind is not ForwardKind.DYNAMIC)
    target = _target(rest) if rest else None
    if target is None and kind is ForwardKind.LOCAL:
        raise ValueError("where it leads to is missing")
    if kind is ForwardKind.DYNAMIC and target is not None:
        raise ValueError("a SOCKS proxy listens on a port, not on a socket's path")
    if not listen.path and not listen.port and kind is not ForwardKind.REMOTE and not any_port:
        raise ValueError("0 is not a port")
    if target is None and listen.path:
        raise ValueError("a SOCKS proxy listens on a port, not on a socket's path")
    return ForwardSpec(kind, listen, target)


def _fields(text: str) -> list[tuple[str, bool]]:
    """Return the parts between colons, each with whether it is a path; one in square brackets may hold colons."""
    found: list[tuple[str, bool]] = []
    rest = text.strip()
    while rest:
        if rest[0] == "[":
            word, closed, rest = rest[1:].partition("]")
            if not closed or (rest and rest[0] != ":"):
                raise ValueError("a square bracket is not closed where the host ends")
            rest = rest[1:]
        else:
            word, at = "", 0
            while at < len(rest) and rest[at] != ":":
                at += rest[at] == "\\"
                word += rest[at : at + 1]
                at += 1
            rest = rest[at + 1 :]
        found.append((word, "/" in word))
    if not 1 <= len(found) <= 4:
        raise ValueError("it has too many parts; an IPv6 address stands in square brackets")
    return found


def _listening(fields: list[tuple[str, bool]], *, has_target: bool) -> tuple[Place, list[tuple[str, bool]]]:
    """Return the end that listens, and the parts behind it."""
    (first, is_path), *rest = fields
    if is_path:
        return Place(path=_path(first)), rest
    count = len(fields)
    # One part: a port. Two: host and port, or a port and a path. Three: a port and a target, or the other way round.
    if count == 1 or (has_target and ((count == 3 and not fields[2][1]) or (count == 2 and fields[1][1]))):
        return Place(port=_port(first)), rest
    return Place(_host(first), _port(rest[0][0])), rest[1:]


def _target(fields: list[tuple[str, bool]]) -> Place:
    if len(fields) == 1:
        if fields[0][1]:
            return Place(path=_path(fields[0][0]))
        raise ValueError(f"“{fields[0][0]}” is neither host:port nor the path of a socket")
    if len(fields) > 2 or not fields[0][0]:
        raise ValueError("the place it leads to is written host:port")
    port = _port(fields[1][0])
    if not port:
        raise ValueError("0 is not a port to lead to")
    return Place(_host(fields[0][0]), port)


def _port(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        port = int(text)
    else:
        try:
            port = socket.getservbyname(text, "tcp")
        except (OSError, ValueError):
            raise ValueError(f"“{text}” is not a port") from None
    if port > 65535:
        raise ValueError(f"“{text}” is not a port: they end at 65535")
    return port


def _host(text: str) -> str:
    if len(text) >= MAX_HOST:
        raise ValueError("the host's name is too long")
    return text


def _path(text: str) -> str:
    if len(text.encode("utf-8", "surrogateescape")) > MAX_PATH:
        raise ValueError(f"the path of a socket has at most {MAX_PATH} bytes")
    return text
