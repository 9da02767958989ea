"""``--trace FILE``: the sessions of a run with their protocol written down."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pstui.backends.sessions.manager import SessionManager


@contextlib.contextmanager
def traced_sessions(path: str | None) -> Iterator[SessionManager | None]:
    """Give the manager whose sessions are written to a file; None where none is. Raises CallError."""
    if path is None:
        yield None
        return
    from pstui.backends.psrp.tracing import Tracer
    from pstui.backends.sessions.manager import SessionManager

    manager = SessionManager()
    manager.tracer = tracer = Tracer(path)
    try:
        yield manager
    finally:
        tracer.close()
