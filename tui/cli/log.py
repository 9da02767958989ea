"""``pstui log WORD…``: what was typed and printed in sessions that were logged."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence

from pstui.backends.errors import CallError
from pstui.tui.cli.args import Options
from pstui.tui.cli.exit_codes import EXIT_FAILED, EXIT_OK
from pstui.tui.log.index import Hit, LogIndex
from pstui.tui.log.place import NOTHING_KEPT, index_file, root_of
from pstui.tui.plain import plain
from pstui.tui.profiles.pane_settings import pane_settings
from pstui.tui.profiles.reading import load


def main(options: Options) -> int:
    """Print the newest commands that hold the words, oldest first; 1 when there is none. Raises CallError."""
    words = " ".join(options.rest[1:])
    if not words.strip():
        raise CallError("log needs words to look for", "", "Write: pstui log WORD…")
    keeping = pane_settings(load(options.config).settings).log
    try:
        index = LogIndex(index_file())
        index.refresh(root_of(keeping.template))
        found = index.search(words)
    except (OSError, sqlite3.Error) as error:
        raise CallError("The logs cannot be searched", str(error)) from error
    _print(tuple(reversed(found.hits)))
    if not found.count:
        print("pstui: Nothing was logged with these words.", file=sys.stderr)
        if not keeping.always:
            print(NOTHING_KEPT, file=sys.stderr)
    if found.count > len(found.hits):
        print(f"… and {found.count - len(found.hits):,} older ones: add a word", file=sys.stderr)
    return EXIT_OK if found.count else EXIT_FAILED


def _print(hits: Sequence[Hit]) -> None:
    hosts = max((len(plain(hit.host, limit=40)) for hit in hits), default=0)
    for hit in hits:
        host, user = plain(hit.host, limit=40), plain(hit.user, limit=40)
        seconds = "" if hit.seconds is None else f" after {hit.seconds:.1f} s"
        print(f"{hit.start:%Y-%m-%d %H:%M}  {host:{hosts}}  {user}  {plain(hit.line, limit=4_000)}")
        print(f"    {hit.outcome}{seconds}, {plain(str(hit.path))}")
