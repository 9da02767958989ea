"""What the stand-in server notes, and the ``pwsh`` that starts it: the part that tests use."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

#: What the process transport must start a ``pwsh`` with.
ARGUMENTS = ["-s", "-NoLogo", "-NoProfile"]


@dataclass(frozen=True, slots=True)
class Report:
    """What the stand-in noted, by kind."""

    lines: tuple[str, ...]

    def of(self, kind: str) -> list[str]:
        """Return the entries of one kind: violation, difference, skipped, unrecorded, waiting, note, end."""
        return [line.partition(": ")[2] for line in self.lines if line.startswith(f"{kind}: ")]

    @property
    def violations(self) -> list[str]:
        return self.of("violation")


def report(log: Path) -> Report:
    """Read a log; empty when nothing was started."""
    return Report(tuple(log.read_text(encoding="utf-8").splitlines()) if log.exists() else ())


def install(folder: Path, recording: Path, log: Path, **options: str) -> Path:
    """Write an executable ``pwsh`` into ``folder`` that replays ``recording`` and notes into ``log``.

    ``options`` are the environment variables above, by their last word in lower case: ``acks``, ``fragment``.
    """
    root = Path(__file__).resolve().parents[2]
    settings = "".join(f"export PSTUI_REPLAY_{name.upper()}={value}\n" for name, value in options.items())
    program = folder / "pwsh"
    program.write_text(
        f"#!/bin/sh\n{settings}export PYTHONPATH='{root}'\n"
        f"exec '{sys.executable}' -m tests.support.replay '{recording}' '{log}' \"$@\"\n"
    )
    program.chmod(0o755)
    return program
