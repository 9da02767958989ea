"""The session key of protocols before 2.4: made once, before the first secret, whoever wishes (protocol-notes 4.8)."""

from __future__ import annotations

import asyncio
import uuid
from typing import Protocol

from psrpcore import ClientRunspacePool
from pstui.backends.errors import ProtocolError, SessionBroken, SessionStateError
from pstui.backends.transports.base import Transport

#: Seconds the exchange may take (protocol-notes 4.8).
KEY_TIMEOUT = 180.0


class KeyedPool(Protocol):
    """What the key exchange needs of its pool."""

    core: ClientRunspacePool
    transport: Transport
    protocol: tuple[int, int]

    async def flush(self, pipeline_id: uuid.UUID | None, *, prompt: bool = False) -> None: ...
    async def fail(self, failure: SessionBroken) -> None: ...


class SessionKey:
    """Makes sure that a secret can be sent over one pool."""

    def __init__(self, pool: KeyedPool) -> None:
        self._pool = pool
        self._arrived = asyncio.Event()
        self._asked = False

    def arrived(self) -> None:
        """The far end has sent the key."""
        self._arrived.set()

    async def ensure(self) -> None:
        """Have a key, exchanging it if nobody has begun to. Raises ProtocolError, SessionBroken, SessionStateError."""
        pool = self._pool
        if pool.protocol >= (2, 4):
            if not pool.transport.is_private:
                raise SessionStateError("a secret is not sent over a connection that anyone could read")
            return
        if not self._asked:
            # A second pair of keys would make the answer to the first one unreadable.
            self._asked = True
            pool.core.exchange_key()
            await pool.flush(None)
        try:
            await asyncio.wait_for(self._arrived.wait(), KEY_TIMEOUT)
        except TimeoutError:
            raise ProtocolError(f"the far end sent no session key within {KEY_TIMEOUT:g} s") from None

    async def requested(self) -> None:
        """A server of protocol 2.0 or 2.1 wants the exchange; a failure ends the session."""
        if self._asked:
            return
        try:
            await self.ensure()
        except SessionBroken as failure:
            await self._pool.fail(failure)
