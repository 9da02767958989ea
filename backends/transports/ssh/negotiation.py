"""What a server and pstui offered each other before the login, where the two had nothing in common.

asyncssh says so for key exchange, ciphers and MACs. Of host keys it does not look whether there is one: the server
then closes the connection (OpenSSH without a word), so the offers are compared here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import asyncssh
from pstui.backends.errors import OpenError
from pstui.backends.transports.streams import printable

#: characters of a list of algorithms that are shown
MAX_SHOWN = 300
#: the length of the message's number and its random bytes (RFC 4253, 7.1), and of one list that is looked at
_COOKIE, _MAX_LIST = 17, 32768
#: signals that travel among the key exchange methods and are none
_SIGNALS = re.compile(r"kex-strict-|ext-info-")
#: methods that withstand quantum computers; the library knows them only beside another one that few systems have
_NEW = re.compile(r"sntrup|mlkem")
#: what asyncssh calls each part, what ssh calls it, and the option that names its algorithms
_PARTS = {
    "key exchange": ("key exchange method", "KexAlgorithms"),
    "encryption": ("cipher", "Ciphers"),
    "MAC": ("MAC", "MACs"),
    "host key": ("host key type", "HostKeyAlgorithms"),
}


def nothing_in_common(error: Exception, name: str, connection: Any) -> OpenError | None:
    """Return what to say of a connection that ended while its algorithms were agreed on, None if that was not why."""
    found = re.match(r"No matching ([\w ]+) algorithm found, sent (.*) and received (.*)$", str(error))
    if isinstance(error, asyncssh.KeyExchangeFailed) and found and found[1] in _PARTS:
        return _error(name, found[1], found[2].split(","), found[3].split(","), error)
    theirs = _host_keys(getattr(connection, "_server_kexinit", b""))
    ours = [one.decode("ascii", "replace") for one in getattr(connection, "_server_host_key_algs", None) or ()]
    if theirs and ours and not set(theirs) & set(ours):
        return _error(name, "host key", ours, theirs, error)
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return OpenError(
            f"{name}: no common way to encrypt was found",
            f"{printable(str(error))}.",
            "The server may be very old. -Options can allow more with KexAlgorithms, HostKeyAlgorithms, Ciphers, MACs.",
        )
    return None


def _error(name: str, part: str, ours: Sequence[str], theirs: Sequence[str], error: Exception) -> OpenError:
    words, option = _PARTS[part]
    theirs = [one for one in theirs if not _SIGNALS.match(one)]
    hint = (
        f"Old servers offer only what is broken by now: update it. -Options @{{{option} = '+NAME'}} allows one of the "
        "server's by its name, where it is known here."
    )
    if theirs and all(_NEW.match(one) for one in theirs):
        hint = "What it offers is too new for pstui's own SSH: let it take curve25519-sha256, too."
    return OpenError(
        f"{name}: no matching {words} was found",
        f"The server offers: {_shown(theirs)}.\npstui offers: {_shown(ours)}.",
        hint,
        details=f"{type(error).__name__}: {printable(str(error))}",
    )


def _shown(names: Sequence[str]) -> str:
    text = printable(", ".join(names))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN].rpartition(',')[0]}, …"


def _host_keys(message: bytes) -> list[str]:
    """Return the second list of a KEXINIT message: the host key algorithms (RFC 4253, 7.1)."""
    at, text = _COOKIE, b""
    for _ in range(2):
        size = int.from_bytes(message[at : at + 4], "big")
        if size > _MAX_LIST or at + 4 + size > len(message):
            return []
        text, at = message[at + 4 : at + 4 + size], at + 4 + size
    return [one for one in text.decode("ascii", "replace").split(",") if one]
