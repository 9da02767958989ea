"""Which passwords were refused in this run: they are not sent a second time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pstui.backends.credentials import PSCredential


class FailedLogins:
    """Who was turned down, and whose first proof is under way. Holds no password, only keyed digests.

    A password is tried once: while its first proof is under way every other attempt with it waits, and once it was
    turned down no other attempt is made. Ten sessions opened with a mistyped password thus cost one failed login, not
    an account locked out. All who log in for one person share one.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
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
        import hmac  # with OpenSSL: not before the first paint

        text = f"{credential.user_name.casefold()}\0{credential.password.reveal()}"
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
