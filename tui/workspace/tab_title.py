"""One line that tells what a session is: where it goes, how it stands, how long its last command took."""

from __future__ import annotations

import time

from pstui.tui.pane.pane import Pane
from pstui.tui.pane.plain import plain

#: most characters of the target
TARGET_LIMIT = 40


def target(pane: Pane) -> str:
    """Return where a pane's session goes: the name it has here, and the account where one is given."""
    info = pane.info
    credential = info.values.get("Credential")
    user = info.text("UserName") or getattr(credential, "user_name", "")
    host = info.computer_name
    where = f"{user}@{host}" if user else host
    return plain(where, limit=TARGET_LIMIT)


def state_text(pane: Pane) -> str:
    """Return the state: a running command's time so far, else a word, and how long the last command took."""
    if pane.busy_since:
        return elapsed(time.monotonic() - pane.busy_since)
    text = pane.state.value
    return f"{text}  {took(pane.took)}" if pane.took is not None and pane.state.live else text


def title_line(pane: Pane, *, short: bool) -> str:
    """Return the line; a short one leaves the target out."""
    return state_text(pane) if short else f"{target(pane)}  {state_text(pane)}"


def elapsed(seconds: float) -> str:
    """Return ``00:12``, with hours from one on."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


def took(seconds: float) -> str:
    """Return how long a command took: ``35 ms``, ``1.3 s``, ``12:05``."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    return f"{seconds:.1f} s" if seconds < 100 else elapsed(seconds)
