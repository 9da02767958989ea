"""``python -m tests.soak [SESSIONS BUSY MINUTES]``: a long day in ten minutes. Prints what was held; 1 if it grew."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile

from tests.soak.day import Day, live


def told(day: Day, sessions: int, busy: int, minutes: float) -> str:
    """Return the figures as rows of a table."""
    first, last, grown = day.looks[0], day.looks[-1], day.grown
    head = f"{sessions} sessions, {busy} busy, {minutes:g} minutes: {day.lines:,} lines run, {day.opened:,} tabs opened"
    rows = [head, "", "| what | at first | at last | grown |", "| --- | --- | --- | --- |"]
    for name in ("memory", "descriptors", "threads", "tasks"):
        unit = 1 << 20 if name == "memory" else 1
        values = [getattr(first, name) / unit, getattr(last, name) / unit, grown[name] / unit]
        rows.append(
            f"| {name}{' in MiB' if unit > 1 else ''} | " + " | ".join(f"{value:.0f}" for value in values) + " |"
        )
    return "\n".join(rows)


def main(words: list[str]) -> int:
    """Live the day; return the exit code."""
    sessions, busy, minutes = int((words or ["200"])[0]), int((words[1:] or ["20"])[0]), float((words[2:] or ["10"])[0])
    with tempfile.TemporaryDirectory() as home:
        for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = home
        day = asyncio.run(live(sessions, busy, minutes * 60))
    print(told(day, sessions, busy, minutes))
    print("flat" if day.is_flat else "something grew")
    return 0 if day.is_flat else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
