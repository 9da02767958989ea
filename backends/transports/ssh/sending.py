"""Mends how asyncssh sends: nothing is written to a connection that has ended.

asyncssh hears of a lost connection in the next turn of the loop and goes on writing until then; a window of a copy is
hundreds of packets. asyncio drops them and warns of each in its log. The library needs no mend any longer when
``test_the_library_still_writes_on`` fails.
"""

from __future__ import annotations

from typing import Any

import asyncssh
from asyncssh.forward import SSHForwarder


def stop_at_the_end(connection: asyncssh.SSHClientConnection) -> None:
    """Drop what a connection sends once its socket is closed."""
    library: Any = connection
    through = library._send

    def send(data: bytes) -> None:
        transport = library._transport
        if transport is not None and not transport.is_closing():
            through(data)

    library._send = send


class OpenForwarder(SSHForwarder):
    """The socket of a forward; what arrives for it after its end is dropped."""

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            super().write(data)
