"""The last resort: what pstui did not foresee goes into a file, without secrets, and the user is told where."""

from __future__ import annotations

import datetime
import linecache
import os
import platform
import re
import sys
import traceback
from pathlib import Path

from pstui.backends.version import VERSION

#: the exit code of sysexits.h for a fault inside the program
EXIT_CRASH = 70
#: how many causes of one exception are told
_CHAIN_LIMIT = 10
_WORD = re.compile(r"\w+")
#: words of Python's own messages
_PYTHONS = frozenset(
    _WORD.findall(
        "a an and arguments argument assignment associated attribute be before but by bytes cannot changed depth dict "
        "division during exceeded expected for from given got has in index instance int is it iterable iteration "
        "keyword list local maximum missing module must named no non NoneType not object of operand or out positional "
        "range recursion referenced required s set size str subscriptable takes the to tuple type types unexpected "
        "unpack unsupported value values variable was were where with zero"
    )
)


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

    Messages keep only the words that stand in the line of code that raised them, and Python's own. Neither local
    variables nor the command line are told: a password or a piece of a script could be in any of them.
    """
    lines = [
        f"pstui {VERSION}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
        datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    ]
    current: BaseException | None = error
    for _ in range(_CHAIN_LIMIT):
        if current is None:
            break
        lines += ["", f"{type(current).__module__}.{type(current).__qualname__}: {_known_words(current)}"]
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines) + "\n"


def _known_words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} (errno {error.errno})"
    known = _PYTHONS | _words_of_code(error)

    def told(found: re.Match[str]) -> str:
        words = _WORD.findall(found[0])
        return found[0] if words and all(word in known for word in words) else "…"

    return re.sub(r"\S+", told, str(error)[:500])


def _words_of_code(error: BaseException) -> set[str]:
    """Return the words in the lines of code that raised an error."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames or frames[-1].lineno is None:
        return set()
    last = frames[-1]
    lines = range(last.lineno or 0, (last.end_lineno or last.lineno or 0) + 1)
    return {word for number in lines for word in _WORD.findall(linecache.getline(last.filename, number))}


def write(text: str) -> Path:
    """Write a report and return its file. Raises OSError."""
    from platformdirs import user_state_path

    folder = user_state_path("pstui") / "crashes"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
    path = folder / f"crash-{stamp}-{os.getpid()}.txt"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:  # half a report, or an empty one, would only take a person's time
        path.unlink(missing_ok=True)
        raise
    return path
