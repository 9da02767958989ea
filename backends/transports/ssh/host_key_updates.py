"""UpdateHostKeys: further keys of a server that has proved itself are kept, so that it may change to them later.

The server names its keys after the login and proves that it has them (OpenSSH PROTOCOL, 2.5); asyncssh checks the
proof. A key is only added, and only where the present one stands in the user's own file under the host's own name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncssh
from pstui.backends.console import Console
from pstui.backends.records import Stream, Write
from pstui.backends.transports.ssh.host_keys import HostKeyCheck, look_up, remember
from pstui.backends.transports.streams import printable

#: most keys that are kept of one server
MAX_KEYS = 20


class Learning:
    """Keeps what one server says of its further keys, from ``begin`` on: before, it has not logged us in."""

    def __init__(self, check: HostKeyCheck, console: Console) -> None:
        self._check, self._console = check, console
        self._shown: bytes | None = None
        self._waiting: list[bytes] = []
        self._task: asyncio.Task[None] | None = None

    def is_wanted(self, option: object) -> bool:
        """Whether keys are to be kept, by the value of UpdateHostKeys; ``ask`` keeps none."""
        return self._check.keeps and str(option or "yes").lower() in ("yes", "true")

    def begin(self, connection: asyncssh.SSHClientConnection) -> None:
        """Take the connection as logged in with the key that it has shown."""
        key = connection.get_server_host_key()
        self._shown = key.public_data if key is not None else None
        self._keep()

    def take(
        self,
        added: Sequence[asyncssh.SSHKey],
        removed: Sequence[asyncssh.SSHKey],
        retained: Sequence[asyncssh.SSHKey],
        revoked: Sequence[asyncssh.SSHKey],
    ) -> None:
        """Take the keys that the server has proved to have (asyncssh, server_host_keys_handler)."""
        self._waiting += [key.public_data for key in added[:MAX_KEYS]]
        self._keep()

    def _keep(self) -> None:
        if self._shown is not None and self._waiting and self._task is None:
            self._task = asyncio.create_task(self._write(), name="host keys")

    async def _write(self) -> None:
        try:
            await asyncio.to_thread(self._add)
        except OSError as error:
            text = (
                f"{printable(self._check.host)}: its further host keys could not be kept ({error.strerror or error})."
            )
            self._console.write(Write(text, stream=Stream.NOTICE))

    def _add(self) -> None:
        check = self._check
        name, with_port = check.alias or check.host, not check.alias
        # What another connection has kept meanwhile is not written twice.
        own = look_up(check.files[:1], name, check.port, with_port=with_port)
        every = look_up(check.files, name, check.port, with_port=with_port)
        if all(key.blob != self._shown for key in own.keys):
            return
        known = {key.blob for key in (*every.keys, *every.revoked)}
        for blob in self._waiting:
            if blob not in known and check.is_fit(blob):
                size = int.from_bytes(blob[:4], "big")
                algorithm = blob[4 : 4 + size].decode("ascii", "replace")
                remember(
                    check.files[0], name, check.port, algorithm, blob, hashed=check.hash_names, with_port=with_port
                )
                known.add(blob)
