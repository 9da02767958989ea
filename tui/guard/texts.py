"""What is said of a line that is held, on the screen and on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from pstui.tui.guard.guards import Guard
from pstui.tui.guard.rules import Held
from pstui.tui.plain import plain

#: rows of a held text that are quoted, characters of a row, and reasons that are told
_MAX_ROWS, _MAX_ROW, _MAX_REASONS = 12, 200, 6


def question(hosts: int) -> str:
    """Return what is asked before a held text runs on so many hosts."""
    return "Type yes to run it: " if hosts == 1 else f"It goes to {hosts} hosts. Type their number to run it: "


def answer_to(hosts: int) -> str:
    """Return the answer to ``question`` that lets it run."""
    return "yes" if hosts == 1 else str(hosts)


def quotation(guard: Guard, held: Sequence[Held], text: str) -> list[str]:
    """Return the rows that say what is held and why, and quote the text."""
    said = [f"{plain(each.text, limit=60)} ({each.why})" for each in held[:_MAX_REASONS]]
    more = f" and {len(held) - _MAX_REASONS} more" if len(held) > _MAX_REASONS else ""
    rows = text.strip("\n").splitlines()
    left = [f"    … {len(rows) - _MAX_ROWS} more rows"] if len(rows) > _MAX_ROWS else []
    quoted = [f"    {plain(row, limit=_MAX_ROW)}" for row in rows[:_MAX_ROWS]]
    return [f"{plain(guard.word, limit=60)} is guarded, and this is held: {', '.join(said)}{more}.", *quoted, *left]
