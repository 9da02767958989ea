"""Where the log of a session lies: the template of ``[settings] log`` made a path, and which old files may go.

A template such as ``~/logs/{host}/{date}-{time}`` stands for ``….txt``, ``….jsonl`` and ``….cast``. What is put in for
a field comes from far away, too: it is one part of a path, never several, and names no device.
"""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pstui.backends.places import expanded
from pstui.config.paths import state_folder

FIELDS = ("host", "user", "profile", "date", "time")
#: what stands for a session that has no place said by the settings, below the folder of what pstui remembers
DEFAULT = "logs/{host}/{date}-{time}"
#: what a log's files end in: the text as shown, one JSON object a command, and the recording to be played again
TEXT, RECORDS, CAST = ".txt", ".jsonl", ".cast"
#: characters of one field; with date and time, the longest name stays below the 255 bytes of most file systems
_LONGEST = 50
_OUT_OF_PLACE = re.compile(r"[^\w@.+-]+")
#: names that Windows keeps for devices, whatever stands behind a full stop
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))]
)


#: bytes of a text or a recording from which its log goes on in new files
ROTATE = 64 << 20


#: said where somebody looks for a log
NOTHING_KEPT = 'No log is kept. [settings] log = "logs/{host}/{date}-{time}" keeps them.'


@dataclass(frozen=True, slots=True)
class Keeping:
    """How logs are kept. ``always``: also of sessions whose profile does not say so.

    ``template`` says where, ``days`` and ``most_bytes`` for how long and how much in all (0: no limit). ``cast``: with
    a recording that can be played again.
    """

    template: str = DEFAULT
    always: bool = False
    days: int = 0
    most_bytes: int = 0
    rotate: int = ROTATE
    cast: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """Whose session it is."""

    host: str
    user: str = ""
    profile: str = ""


def template_problem(template: str) -> str:
    """Return what is wrong with a template, or ``""``."""
    try:
        fields = [name for _, name, *_ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        return f"is not a path with fields: {error}"
    unknown = next((name for name in fields if name not in FIELDS), None)
    if unknown is not None:
        known = ", ".join(f"{{{name}}}" for name in FIELDS)
        return f"has the field {{{unknown}}}, which is not known. There are {known}."
    if not template.strip() or template.endswith(("/", "\\")):
        return "must end with the name of a file"
    return ""


def index_file() -> Path:
    """Return where the index of all logs lies, beside what pstui remembers."""
    return state_folder() / "logs.sqlite3"


def root_of(template: str) -> Path:
    """Return the folder that all logs of a template lie in."""
    before = template.partition("{")[0]
    whole = _absolute(before + ("x" if before.endswith(("/", "\\")) or not before else ""))
    return whole.parent


def log_path(template: str, about: About, now: datetime) -> Path:
    """Return the path of a log that begins now, without its ending; nothing of that name exists."""
    values = {
        "host": part(about.host),
        "user": part(about.user),
        "profile": part(about.profile or about.host),
        "date": f"{now:%Y-%m-%d}",
        "time": f"{now:%H%M%S}",
    }
    wanted = _absolute(template.format(**values))
    path, number = wanted, 1
    while any(path.with_name(path.name + end).exists() for end in (TEXT, RECORDS, CAST)):
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def part(text: str) -> str:
    """Return a text as one part of a path on every system."""
    name = _OUT_OF_PLACE.sub("_", unicodedata.normalize("NFC", text)).strip("._ ")
    while len(name.encode()) > _LONGEST:
        name = name[:-1]
    if not name:
        return "unknown"
    return f"_{name}" if name.partition(".")[0].casefold() in _DEVICES else name


def _absolute(text: str) -> Path:
    try:
        path = expanded(text)
    except RuntimeError:  # ~somebody who is not known here
        path = Path(text)
    return path if path.is_absolute() else state_folder() / path


def outdated(root: Path, *, now: float, days: int, most_bytes: int) -> list[Path]:
    """Return the logs below ``root`` to be deleted, oldest first: older than ``days``, or beyond ``most_bytes`` in all.

    Only files are meant whose records begin as ours do, with the text and the recording beside them; 0 stands for no
    limit. Blocks.
    """
    found: list[tuple[float, int, list[Path]]] = []
    for records in sorted(root.rglob(f"*{RECORDS}")):
        paths = [records, records.with_suffix(TEXT), records.with_suffix(CAST)]
        paths = [path for path in paths if path.is_file() and not path.is_symlink()]
        if records in paths and _is_ours(records):
            stats = [path.stat() for path in paths]
            found.append((max(stat.st_mtime for stat in stats), sum(stat.st_size for stat in stats), paths))
    found.sort(key=lambda each: each[0])
    total, gone = sum(size for _, size, _ in found), []
    for changed, size, paths in found:
        if (days and now - changed > days * 86_400) or (most_bytes and total > most_bytes):
            total -= size
            gone += paths
    return gone


#: how the first line of the records begins
HEAD = '{"pstui_log": 1, '


def _is_ours(records: Path) -> bool:
    try:
        with records.open(encoding="utf-8", errors="replace") as file:
            return file.read(len(HEAD)) == HEAD
    except OSError:
        return False
