"""Which panes have a log, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pstui.tui.log.place import About, Keeping

if TYPE_CHECKING:
    from pstui.tui.log.session_log import LogThread
    from pstui.tui.pane.pane import Pane


class Logs:
    """Gives panes their logs. ``tell`` says to a person why one has ended."""

    def __init__(self, keeping: Keeping, tell: Callable[[str], None]) -> None:
        self._keeping, self._tell = keeping, tell
        self._thread: LogThread | None = None

    def follow(self, pane: Pane) -> None:
        """Give a pane a log if its connection or the settings want one, take it away if not."""
        wanted = pane.info.settings.get("log", self._keeping.always)
        log = pane.console.log
        if wanted and log is None:
            from pstui.tui.log.session_log import LogThread, SessionLog

            self._thread = self._thread or LogThread()
            pane.console.log = SessionLog(self._thread, self._keeping, lambda: about(pane), self._tell)
        elif not wanted and log is not None:
            pane.console.log = None
            pane.run_worker(log.close())


def about(pane: Pane) -> About:
    """Return whose session a pane is in."""
    info = pane.info if pane.session is None else pane.session.info
    credential = info.values.get("Credential")
    user = info.text("UserName") or getattr(credential, "user_name", "")
    return About(info.computer_name or info.label, user, pane.info.profile)
