"""Secrets and credentials as the rest of pstui may hold them: never in a ``repr``, a log or a file."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

#: the setting of a connection that holds a ``LoginPassword``
ASKED_FOR: Final = "login"


class Secret:
    """A text that must not be seen: a password, a passphrase, the answer to a masked question.

    ``reveal()`` is the only way to the text, so that a search for it finds every use. One that is not ``hidden`` is the
    answer to a question that was no masked one: what was typed could be seen.
    """

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str, *, hidden: bool = True) -> None:
        self._text = text
        if hidden:
            _alive[id(self)] = self
            for tell in _watchers:
                tell(self)

    def reveal(self) -> str:
        """Return the text itself. The caller must not keep or show it."""
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not to be pickled or copied to disk")


_alive: WeakValueDictionary[int, Secret] = WeakValueDictionary()
_watchers: list[Callable[[Secret], None]] = []


@contextlib.contextmanager
def told_secrets(tell: Callable[[Secret], None]) -> Iterator[None]:
    """Have ``tell`` called with every hidden secret of this process, those there are and those to come, for the block.

    For whoever writes down what passes by, and must keep secrets out of it.
    """
    _watchers.append(tell)
    try:
        for secret in list(_alive.values()):
            tell(secret)
        yield
    finally:
        _watchers.remove(tell)


@dataclass(frozen=True, slots=True)
class PSCredential:
    """A user name with its password, as PowerShell's type of the same name.

    ``password`` is None where only the name is known (it is then asked when needed).
    """

    user_name: str
    password: Secret | None = field(default=None)


@dataclass(frozen=True, slots=True, eq=False)
class LoginPassword:
    """The password of a login that may do without one: it is fetched only when the far end wants it.

    ``fetch`` returns None where a person is to be asked, and raises PstuiError; ``typed`` is told the account and
    what was typed then.
    """

    fetch: Callable[[], Awaitable[Secret | None]]
    typed: Callable[[str, Secret], None]
