"""``pstui replay FILE``: a session or a terminal that was recorded, played again."""

from __future__ import annotations

from pathlib import Path

from pstui.backends.errors import CallError, PstuiError
from pstui.backends.places import expanded
from pstui.tui.cli.args import Options
from pstui.tui.log.place import CAST, RECORDS, TEXT
from pstui.tui.profiles.reading import load


def main(options: Options) -> int:
    """Play a recording and return the exit code. Raises CallError."""
    if len(options.rest) != 2:
        raise CallError("replay needs one file", "", f"Write: pstui replay FILE{CAST}")
    path = recording_of(expanded(options.rest[1]))
    _look_at(path)
    from pstui.tui.cli.interrupts import raise_at_interrupt
    from pstui.tui.cli.screen import need_terminal

    need_terminal()
    raise_at_interrupt()
    from pstui.tui.replay.app import ReplayApp

    return ReplayApp(path, load(options.config).settings.get("theme")).run() or 0


def recording_of(path: Path) -> Path:
    """Return the recording that lies beside the text or the records of a log, or the path itself."""
    beside = path.with_suffix(CAST)
    return beside if path.suffix in (TEXT, RECORDS) and beside.is_file() else path


def _look_at(path: Path) -> None:
    """Raise CallError for what cannot be played, before the screen is opened."""
    from pstui.tui.replay.cast_file import head

    try:
        head(path)
    except PstuiError as error:
        raise CallError(error.what, error.why, error.hint) from error
