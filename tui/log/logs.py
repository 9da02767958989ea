"""Which tabs have a log, and whose it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from pstui.tui.log.place import About, Keeping

if TYPE_CHECKING:
    from pstui.tui.log.session_log import LogThread, SessionLog
    from pstui.tui.pane.pane import Pane
    from pstui.tui.terminal.pane import TerminalPane

#: seconds that a disk may take for what is left at the end, and those after which its thread has ended
LIMIT, JOIN_LIMIT = 5.0, 0.2


class Logs:
    """Gives tabs their logs. ``tell`` says to a person why one has ended."""

    def __init__(self, keeping: Keeping, tell: Callable[[str], None]) -> None:
        self._keeping, self._tell = keeping, tell
        self._thread: LogThread | None = None
        self._open: list[SessionLog] = []

    def follow(self, pane: Pane) -> None:
        """Give a pane a log if its connection or the settings want one, take it away if not."""
        wanted = pane.info.settings.get("log", self._keeping.always)
        log = pane.console.log
        if wanted and log is None:
            pane.console.log = log = self._log(lambda: about(pane))
            log.resized(pane.console.size.width, pane.console.size.height)
        elif not wanted and log is not None:
            pane.console.log = None
            pane.run_worker(log.close())
        self._open = [each for each in self._open if not each.closed]

    def follow_terminal(self, pane: TerminalPane) -> None:
        """Give a terminal a log if its connection or the settings want one."""
        info = pane.info
        if info.settings.get("log", self._keeping.always):
            whose = About(info.computer_name or info.label, info.account, info.profile)
            pane.kept_log = self._log(lambda: whose)

    def _log(self, whose: Callable[[], About]) -> SessionLog:
        from pstui.tui.log.session_log import LogThread, SessionLog

        self._thread = self._thread or LogThread()
        log = SessionLog(self._thread, self._keeping, whose, self._tell)
        self._open.append(log)
        return log

    async def close(self) -> None:
        """Write what is left of every log, and let their thread end; a disk that hangs is left behind."""
        if self._thread is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(log.close() for log in self._open)), LIMIT)
        self._thread.stop()
        self._thread.join(JOIN_LIMIT)


def about(pane: Pane) -> About:
    """Return whose session a pane is in."""
    info = pane.info if pane.session is None else pane.session.info
    return About(info.computer_name or info.label, info.account, pane.info.profile)
