"""The known_hosts files of OpenSSH: who is known there, by which line, and adding one.

Only the name (with its port) is looked up, never the address, as ssh does by default: a key that is known for an
address says nothing about a name that now leads there.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PORT = 22
#: largest file that is read, in bytes; ten thousands of hosts need less
MAX_FILE = 32 << 20


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One key of a known_hosts file: where it stands and the key itself (``blob`` in SSH's encoding)."""

    file: Path
    line: int
    algorithm: str
    blob: bytes

    @property
    def place(self) -> str:
        """File and line, for a message."""
        return f"{self.file}, line {self.line}"


@dataclass(slots=True)
class KnownHost:
    """What the files hold on one host. ``bare`` are keys of the same name without the port."""

    keys: list[KnownKey] = field(default_factory=list)
    authorities: list[KnownKey] = field(default_factory=list)
    revoked: list[KnownKey] = field(default_factory=list)
    bare: list[KnownKey] = field(default_factory=list)
    #: whether a file holds hashed names, so that a new one is hashed as well
    hashed: bool = False


def fingerprint(blob: bytes) -> str:
    """Return the SHA256 fingerprint of a public key as OpenSSH writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def key_name(algorithm: str) -> str:
    """Return the short name of a key algorithm, as ``ssh-keygen -l`` shows it: ``ED25519``, ``RSA``, ``ECDSA``."""
    return algorithm.removeprefix("sk-").removeprefix("ssh-").split("@")[0].split("-")[0].upper()


def host_token(host: str, port: int) -> str:
    """Return the name under which a host is kept: ``host``, or ``[host]:port`` for any port but 22."""
    host = host.lower()
    return host if port == DEFAULT_PORT else f"[{host}]:{port}"


def look_up(files: list[Path], host: str, port: int, *, with_port: bool = True) -> KnownHost:
    """Return what ``files`` hold on a host; files that do not exist or cannot be read hold nothing.

    ``with_port`` is False for an alias, which is looked up as it stands. Lines that are not understood are passed
    over, as ssh does.
    """
    found = KnownHost()
    token = host_token(host, port) if with_port else host.lower()
    bare = host.lower() if token != host.lower() else ""
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            marker, _, rest = text.partition(" ") if text.startswith("@") else ("", "", text)
            fields = rest.split()
            if len(fields) < 3:
                continue
            found.hashed = found.hashed or fields[0].startswith("|1|")
            if marker in ("", "@cert-authority", "@revoked"):
                _take(found, marker, fields, KnownKey(file, number, fields[1], _blob(fields[2])), token, bare)
    return found


def remember(file: Path, host: str, port: int, algorithm: str, blob: bytes, *, hashed: bool, with_port: bool) -> None:
    """Append a host's key to ``file``, made readable by its owner alone if it is new. Raises OSError."""
    name = host_token(host, port) if with_port else host.lower()
    if hashed:
        salt = secrets.token_bytes(20)
        digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
        name = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    line = f"{name} {algorithm} {base64.b64encode(blob).decode('ascii')}\n".encode()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(size - 1)
            if stream.read(1) != b"\n":
                line = b"\n" + line
        stream.write(line)


def _lines(file: Path) -> list[str]:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE).decode("utf-8", "replace").split("\n")
    except OSError:
        return []


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _take(found: KnownHost, marker: str, fields: list[str], key: KnownKey, token: str, bare: str) -> None:
    if not key.blob:
        return
    if _names(fields[0], token):
        {"": found.keys, "@cert-authority": found.authorities, "@revoked": found.revoked}[marker].append(key)
    elif bare and _names(fields[0], bare):
        # A key revoked for the name is revoked for each of its ports; a key known for it is only a hint.
        {"": found.bare, "@cert-authority": found.authorities, "@revoked": found.revoked}[marker].append(key)


def _names(patterns: str, token: str) -> bool:
    """Return whether the first field of a line means the host: a hashed name, or a list of patterns."""
    if patterns.startswith("|"):
        try:
            _, magic, salt, digest = patterns.split("|")
            expected = hmac.new(base64.b64decode(salt), token.encode(), hashlib.sha1).digest()
            return magic == "1" and hmac.compare_digest(expected, base64.b64decode(digest))
        except (ValueError, binascii.Error):
            return False
    matched = False
    for pattern in patterns.lower().split(","):
        # Only * and ? are wild in these files; brackets stand for themselves.
        wild = fnmatch.translate(pattern.removeprefix("!").replace("[", "[[]"))
        if re.match(wild, token):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched
