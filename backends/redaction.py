"""Secrets and names taken out of text that leaves this computer: reports, logs of the protocol, addresses.

A ``Redactor`` is told the secrets and the names that it must look for; the kinds of names that can be told by their
shape (addresses, user@host, domain\\user, names with dots) are found besides. Each name gets one stand-in, so that a
reader can still tell which are the same.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

#: what stands for a secret
REMOVED = "[secret]"
#: characters below which a secret is not looked for: it would be found in every word
SHORTEST = 3
#: The user part of an address: what stands before the last @ of the authority. A password may hold any character, also
#: one that would end the authority; only what follows a port does not belong to it.
_LOGIN = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*://)([^/\s:@]*:(?!\d{0,5}(?:[/?#]|\Z))\S*|[^/\s]*)@")
_ANY_LOGIN = re.compile(r"([^\s/@:'\"]+:)[^\s/@'\"]+@")
#: four digits of an IPv6 address
_HEX = "[0-9A-Fa-f]{1,4}"


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the kinds of names that are told by their shape; few runs of the program look for any."""
    return (
        ("address", re.compile(r"(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")),
        (
            "address",
            re.compile(rf"(?<![\w:.])(?:(?:{_HEX}:){{7}}{_HEX}|(?:{_HEX}:)*:(?:{_HEX}:)*{_HEX})(?:%\w+)?(?![\w:])"),
        ),
        ("user", re.compile(r"(?<![\w\\])[\w.-]+\\[\w.$-]+")),
        ("user", re.compile(r"(?<![\w@])[\w.+-]+@[\w.-]+\w")),
        ("key", re.compile(r"\b(?:SHA256:[\w+/]{40,}=?|MD5(?::[0-9a-fA-F]{2}){16})")),
        ("folder", re.compile(r"(?<![\w/])(?:/home|/Users|/root)(?:/[\w.+-]+)*|\b[A-Za-z]:\\Users\\[\w.+-]+")),
        (
            "name",
            re.compile(
                r"(?<![\w.$-])(?!(?:System|Microsoft|PowerShell|Windows)\.)(?:[\w-]+\.)+[A-Za-z][\w-]*\w(?![\w(])"
            ),
        ),
    )


def without_password(text: str) -> str:
    """Return text in which no address holds a password: ``http://user:pass@host`` is ``http://user@host``."""
    return _LOGIN.sub(lambda found: f"{found[1]}{found[2].partition(':')[0]}@", text)


def without_login(text: str) -> str:
    """Return text in which nothing holds a password before a host, not only an address: ``ann:***@web1``."""
    return _ANY_LOGIN.sub(r"\1***@", without_password(text))


def with_stars(text: str) -> str:
    """Return text of the same length in which the passwords of addresses are stars."""

    def hidden(found: re.Match[str]) -> str:
        user, colon, password = found[2].partition(":")
        return f"{found[1]}{user}{colon}{'*' * len(password)}@"

    return _LOGIN.sub(hidden, text)


def holds_login(text: str) -> bool:
    """Whether a name and a password seem to stand before a host in a text, as in ``ann:secret@web1``."""
    return _ANY_LOGIN.search(text) is not None


class Redactor:
    """Takes secrets and names out of texts. ``names`` is name → what kind of thing it is."""

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[tuple[str, str]] = ()) -> None:
        self._spellings: set[str] = set()
        self._secrets: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)
        self._stand_ins: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._names: list[tuple[re.Pattern[str], str]] = []
        for name, kind in sorted(set(names), key=lambda pair: -len(pair[0])):
            if len(name) >= SHORTEST:
                self._names.append((re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", re.IGNORECASE), kind))

    def add(self, secret: str) -> None:
        """Look for one more secret from now on; one that is too short to be told from other text is not looked for."""
        if len(secret) >= SHORTEST and secret not in self._spellings:
            self._spellings |= {*_spellings(secret)}
            longest = sorted(self._spellings, key=len, reverse=True)
            self._secrets = re.compile("|".join(map(re.escape, longest)))

    def secrets_out(self, text: str) -> str:
        """Return text without the secrets, and without passwords in addresses."""
        if self._secrets is not None:
            text = self._secrets.sub(REMOVED, text)
        return without_password(text)

    def all_out(self, text: str) -> str:
        """Return text without secrets and without names."""
        text = self.secrets_out(text)
        for pattern, kind in (*self._names, *((pattern, kind) for kind, pattern in _patterns())):
            text = pattern.sub(lambda found, kind=kind: self._stand_in(found[0], kind), text)  # type: ignore[misc]  # mypy does not see a lambda's default
        return text

    def _stand_in(self, name: str, kind: str) -> str:
        key = name.casefold()
        if key not in self._stand_ins:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._stand_ins[key] = f"<{kind} {self._counts[kind]}>"
        return self._stand_ins[key]


def _spellings(secret: str) -> Iterable[str]:
    """Yield how a secret may be written: as it is, in an address, a script, a SecureString, XML, JSON, Python."""
    yield secret
    yield secret.replace("'", "''")
    yield base64.b64encode(secret.encode("utf-16-le", "surrogatepass")).decode("ascii")
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield secret.replace("\\", "\\\\").replace('"', '\\"')
    yield repr(secret)[1:-1]
