"""The folder that a session is in, asked for beside what a person does there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final

from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.records import RunspaceAvailability
from pstui.backends.sessions.session import PSSession
from pstui.backends.timeouts import timeout

#: seconds that the answer may take: a person waits for what begins there
LIMIT: Final = 3.0
#: seconds between two looks at a session that is busy
_POLL: Final = 0.02
#: characters of the longest path that is taken
MAX_PATH: Final = 4096


async def location(session: PSSession, seconds: float = LIMIT, *, waits: float = 0.0) -> str:
    """Return the folder of the file system that a session is in, ``""`` where that is not to be had.

    Nothing is asked while something runs; so many seconds are waited for its end.
    """
    from pstui.backends.psrp.invocation import Call, Invocation

    with contextlib.suppress(TimeoutError):
        async with timeout(waits):
            while session.availability is not RunspaceAvailability.AVAILABLE:  # noqa: ASYNC110  an event tells of the session's state alone
                await asyncio.sleep(_POLL)
    if session.availability is not RunspaceAvailability.AVAILABLE:
        return ""
    found: list[object] = []
    # A command and not a script: a session without the language has it as well.
    asking = Invocation(((Call("Get-Location"),),))
    try:
        async with timeout(seconds):
            await session.run(asking, on_output=lambda value: found.append(value) if not found else None)
    except TimeoutError:
        with contextlib.suppress(PstuiError):
            await session.stop()
        return ""
    except (PstuiError, SessionStateError):
        return ""
    return _path(found[0]) if found else ""


def _path(value: object) -> str:
    """Return the path of a PathInfo, ``""`` where it is none of the file system."""
    if not isinstance(value, Mapping) or not str(value.get("Provider", "FileSystem")).endswith("FileSystem"):
        return ""
    path = value.get("ProviderPath", value.get("Path"))
    return path if isinstance(path, str) and path.isprintable() and len(path) <= MAX_PATH else ""
