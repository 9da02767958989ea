"""How the last command of a session ended by its far end's own account: ``$?`` and ``$LASTEXITCODE``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pstui.backends.errors import PstuiError
from pstui.backends.records import Bounded

if TYPE_CHECKING:
    from pstui.backends.sessions.session import PSSession


@dataclass(frozen=True, slots=True)
class LastStatus:
    """``succeeded`` is ``$?``, ``exit_code`` is ``$LASTEXITCODE``; None where the far end does not say."""

    succeeded: bool | None = None
    exit_code: int | None = None


async def last_status(session: PSSession) -> LastStatus:
    """Ask the far end how what ran last in a session went; ``$?`` outlives its pipeline (protocol-notes 3.12).

    An endpoint without the language, and a session that has ended meanwhile, say nothing.
    """
    from pstui.backends.psrp.invocation import STATUS

    found = Bounded(2)
    try:
        result = await session.run(STATUS, on_output=found.take)
    except PstuiError:
        return LastStatus()
    if result.error is not None or len(found) != 2:
        return LastStatus()
    succeeded, code = found
    return LastStatus(
        succeeded if isinstance(succeeded, bool) else None,
        code if isinstance(code, int) and not isinstance(code, bool) else None,
    )
