"""The exit codes of pstui, and the one of several targets. README has them as a table."""

from __future__ import annotations

from collections.abc import Sequence

EXIT_OK, EXIT_FAILED, EXIT_CALL, EXIT_NO_SESSION, EXIT_FAULT = 0, 1, 2, 3, 70
#: what timeout(1) returns when the time is up
EXIT_TIMEOUT = 124
#: what shells report for a program that a signal ended is 128 and its number: Ctrl+C, and an output nobody reads
EXIT_INTERRUPTED, EXIT_PIPE = 130, 141


def own_code(code: int) -> int:
    """Return a far end's exit code as this system can return it: a byte, and never 0 for what is not 0."""
    return code & 0xFF or (1 if code else 0)


def outcome(codes: Sequence[int]) -> int:
    """Return the exit code of several targets from theirs: the same one, else no session, else the largest."""
    for special in (EXIT_INTERRUPTED, EXIT_NO_SESSION):
        if special in codes:
            return special
    return max(codes, default=EXIT_OK)
