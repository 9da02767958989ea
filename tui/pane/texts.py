"""The pane's own words: failures, hints, the row above the editor, and what is shown while no session is open."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from textwrap import wrap

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError
from pstui.backends.records import Stream, Write
from pstui.tui.cut import cut
from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from textual.content import Content
from textual.widgets import Static

_DARK_RED = 12
#: columns from which words are kept whole
_LEAST_FOLDED = 30
#: columns of a waiting line that are shown in any case
_LEAST_WAITING = 8


def busy_sign(state: PaneState) -> str:
    """Return what is shown before the editor while there is no prompt."""
    return "… " if state.live else "  "


def error_records(error: PstuiError, columns: int = 0) -> Iterator[Write]:
    """Yield an error as it is shown in the pane: what failed, why, what to do; broken at words for so many columns.

    What a pane shows is broken anywhere, as a terminal does; 0, or a pane too narrow for words, leaves it to that.
    """
    for line in _folded(f"✗ {error.what}", columns):
        yield Write(line, foreground=_DARK_RED, stream=Stream.NOTICE)
    for part in (error.why, error.hint):
        for line in part.splitlines():
            yield from (Write(folded, stream=Stream.NOTICE) for folded in _folded(f"  {line}", columns))


def _folded(line: str, columns: int) -> list[str]:
    if columns < _LEAST_FOLDED or len(line) <= columns:
        return [line]
    indent = len(line) - len(line.lstrip("✗ "))
    return wrap(
        line,
        columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def own_fault(label: str, error: Exception) -> PstuiError:
    """Return what to say of a fault in pstui itself; its details are the places in the code, never values."""
    places = traceback.format_tb(error.__traceback__)
    return PstuiError(
        f"{label}: pstui made a mistake and has left the session",
        f"{type(error).__name__} was not expected here.",
        "The other sessions are untouched. Please report it with the details.",
        details="".join([*places, type(error).__name__]).rstrip(),
    )


def new_session(columns: int) -> str:
    """Return the rule that marks where another session begins."""
    return f"── new session {time.strftime('%H:%M:%S')} ".ljust(max(0, columns - 1), "─")


def first_hint(info: ConnectionInfo) -> str:
    """Return what is worth knowing before the first line, empty for nothing."""
    if info.parameter_set is not ParameterSet.DEMO:
        return ""
    return "Get-Command lists what this demo knows; it acts on this machine"


#: what is said of a line that is typed where no session is
NO_SESSION = "The line was not sent. F5 enters again"
#: stands for the step of a session that is being closed
CLOSING = "closing"


def note_for(
    state: PaneState, info: ConnectionInfo, pending: str | None, aside: str = "", width: int = 10_000
) -> Content | None:
    """Return the row above the editor, None where nothing is to be said.

    ``aside`` is the step of an opening, or a hint about the line typed last. A waiting line is cut for ``width``
    columns, so that the key after it is seen.
    """
    if pending is not None:
        before, behind = "⏎ waits  ", "   Ctrl+C takes it back"
        room = max(width - len(before) - len(behind), _LEAST_WAITING)
        shown = cut(plain(pending.replace("\n", " ⏎ "), limit=400), room)
        return Content.assemble((before, "$calm"), shown, (behind, "$calm"))
    if state in (PaneState.PROMPT, PaneState.BUSY) and aside != CLOSING:
        return Content.styled(aside, "$calm") if aside else None
    name = plain(info.label, limit=120)
    if aside == CLOSING:
        return Content.styled(f"closing {name}…", "$calm")
    if aside == NO_SESSION:
        return Content.assemble(("✗ ", "$error"), f"no session with {name}", (f"   {aside}", "$calm"))
    match state:
        case PaneState.OPENING:
            doing = f"  {plain(aside, limit=120)}" if aside else ""
            return Content.assemble(f"connecting to {name}…", (doing + "   Esc cancels", "$calm"))
        case PaneState.LEFT:
            return Content.assemble(f"○ left {name}", ("   Enter enters again", "$calm"))
        case PaneState.CANCELLED:
            return Content.assemble(f"○ not connected to {name}", ("   Enter connects", "$calm"))
        case _:
            return Content.assemble(
                ("✗ ", "$error"), f"no session with {name}", ("   Enter or F5 tries again", "$calm")
            )


_LINES = (
    ("Enter", "opens what is chosen in the sidebar"),
    ("F2", "goes anywhere: type a host or an action"),
    ("a", "adds a host to the sidebar"),
    ("i", "imports hosts from ssh_config and others"),
    ("F1, ?", "list the keys, here and in every dialog"),
)


class Welcome(Static):
    """The first steps, as keys."""

    def __init__(self) -> None:
        rows = [Content.assemble((f"{key:<7}", "bold"), (text, "$calm")) for key, text in _LINES]
        super().__init__(Content("\n").join([Content("No session is open."), Content(""), *rows]), id="welcome")
