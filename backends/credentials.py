"""Secrets and credentials as the rest of pstui may hold them: never in a ``repr``, a log or a file."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class Secret:
    """A text that must not be seen: a password, a passphrase, the answer to a masked question.

    ``reveal()`` is the only way to the text, so that a search for it finds every use.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

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


@dataclass(frozen=True, slots=True)
class PSCredential:
    """A user name with its password, as PowerShell's type of the same name.

    ``password`` is None where only the name is known (it is then asked when needed).
    """

    user_name: str
    password: Secret | None = field(default=None)


class FailedLogins:
    """Who was turned down, and whose first proof is under way. Holds no password, only keyed digests.

    A password is tried once: while its first proof is under way every other attempt with it waits, and once it was
    turned down no other attempt is made. Ten sessions opened with a mistyped password thus cost one failed login, not
    an account locked out. All who log in for one person share one.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._refused: set[bytes] = set()
        self._proved: set[bytes] = set()
        self._turns: dict[bytes, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, credential: PSCredential | None) -> AsyncIterator[bool]:
        """Hold the right to prove a credential for the first time; False when it was refused before."""
        key = self._digest(credential)
        if key is None or key in self._proved:
            yield True
            return
        lock, waiting = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = (lock, waiting + 1)
        try:
            async with lock:
                may_prove = key not in self._refused
                yield may_prove
                if may_prove:
                    self._proved.add(key)
        finally:
            lock, waiting = self._turns[key]
            if waiting > 1:
                self._turns[key] = (lock, waiting - 1)
            else:
                del self._turns[key]

    def refuse(self, credential: PSCredential | None) -> None:
        """Remember that a credential was turned down."""
        if (key := self._digest(credential)) is not None:
            self._refused.add(key)
            self._proved.discard(key)

    def _digest(self, credential: PSCredential | None) -> bytes | None:
        if credential is None or credential.password is None:
            return None
        text = f"{credential.user_name.casefold()}\0{credential.password.reveal()}"
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
