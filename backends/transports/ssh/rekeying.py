"""New keys for a connection as soon as RekeyLimit bytes have come in: asyncssh counts only those that it sends.

OpenSSH counts each way by itself, so a flood from the far end has it agree on new keys. Here what comes in is counted
at the socket; at the limit the library is made to believe that it has sent as much. It needs no mend any longer
when ``test_the_library_still_counts_only_what_it_sends`` fails.
"""

from __future__ import annotations

from typing import Any

import asyncssh


def count_received(connection: asyncssh.SSHClientConnection) -> None:
    """Let what a connection receives count for its RekeyLimit, too."""
    library: Any = connection
    through, received = library.data_received, 0

    def data_received(data: bytes, datatype: Any = None) -> None:
        nonlocal received
        received += len(data)
        if received >= library._rekey_bytes:
            received, library._rekey_bytes_sent = 0, library._rekey_bytes
        through(data, datatype)

    library.data_received = data_received
