"""What is known of a command beside its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Ran:
    """A line that was run. ``start`` is a time of day (seconds since 1970), ``seconds`` None while it runs.

    ``outcome`` is PipelineState's word, ``running`` until it has ended; ``failed`` says whether there were errors.
    """

    line: str
    start: float
    seconds: float | None = None
    outcome: str = "running"
    failed: bool = False
