"""What can be known of a WinRM service before a password is asked for: its name, and whether its port is open."""

from __future__ import annotations

import asyncio
import errno
import socket

from pstui.backends.errors import OpenError
from pstui.backends.timeouts import timeout
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.faults import NetworkKind
from pstui.backends.transports.wsman.target import Target

#: seconds that another computer, and this one itself, may take to answer on a port
PATIENCE, LOOK = 30.0, 2.0
_NOWHERE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


class Reach:
    """Whether a service can be reached. Its port is tried once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._tried = False

    async def name(self) -> None:
        """Look the name up. Raises OpenError."""
        loop = asyncio.get_running_loop()
        try:
            await loop.getaddrinfo(self._target.host, self._target.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise self._refusal(NetworkKind.NAME, getattr(error, "strerror", None) or str(error)) from error

    async def port(self) -> None:
        """Connect to the port, once in the life of this object. Raises OpenError where nothing answers there."""
        if self._tried:
            return
        self._tried = True
        here = self._target.is_loopback
        try:
            async with timeout(LOOK if here else PATIENCE):
                _, writer = await asyncio.open_connection(self._target.host, self._target.port)
        except TimeoutError:
            kind = NetworkKind.REFUSED if here else NetworkKind.CONNECT_TIMEOUT
            raise self._refusal(kind, "") from None
        except OSError as error:
            kind = NetworkKind.UNREACHABLE if error.errno in _NOWHERE else NetworkKind.REFUSED
            raise self._refusal(kind, "") from error
        writer.close()

    def _refusal(self, kind: NetworkKind, why: str) -> OpenError:
        failure = faults.NetworkFailure(kind, why, sent=False)
        return errors.open_error(failure, errors.ErrorContext(self._target))
