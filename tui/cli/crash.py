"""The last resort: what pstui did not foresee goes into a file, without secrets, and the user is told where."""

from __future__ import annotations

import datetime
import os
import platform
import re
import sys
import traceback
from pathlib import Path

from pstui.tui.version import VERSION

#: the exit code of sysexits.h for a fault inside the program
EXIT_CRASH = 70
#: how many causes of one exception are told
_CHAIN_LIMIT = 10
_QUOTED = re.compile(r"""(['"`])(?:(?!\1).)*\1""", re.DOTALL)


def report(error: BaseException) -> int:
    """Write the report, say where it is, and return the exit code. Never raises."""
    text = describe(error)
    kind = type(error).__name__
    try:
        path = write(text)
    except OSError as failure:
        print(f"pstui: an unforeseen fault ({kind}); no report could be written ({failure.strerror}).", file=sys.stderr)
        print(text, file=sys.stderr)
        return EXIT_CRASH
    print(
        f"pstui: an unforeseen fault ({kind}). Nothing on the far end was changed by it.\n"
        f"What happened is written in {path}\n"
        "It holds no passwords and nothing that was typed or shown; please send it with a report.",
        file=sys.stderr,
    )
    return EXIT_CRASH


def describe(error: BaseException) -> str:
    """Return the report: places in the code and kinds of errors.

    Messages keep only what is outside quotation marks, and neither local variables nor the command line are
    told: a password or a piece of a script could be in any of them.
    """
    lines = [
        f"pstui {VERSION}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
        datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    ]
    current: BaseException | None = error
    for _ in range(_CHAIN_LIMIT):
        if current is None:
            break
        lines += ["", f"{type(current).__module__}.{type(current).__qualname__}: {_without_quotes(current)}"]
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines) + "\n"


def _without_quotes(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} (errno {error.errno})"
    return _QUOTED.sub(r"\1…\1", str(error))[:500]


def write(text: str) -> Path:
    """Write a report and return its file. Raises OSError."""
    from platformdirs import user_state_path

    folder = user_state_path("pstui") / "crashes"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
    path = folder / f"crash-{stamp}-{os.getpid()}.txt"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path
