"""Files and folders of this machine as the endpoint's objects: found, listed, read."""

from __future__ import annotations

import datetime
import glob
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pstui.backends.demo.commands.views import DIRECTORY, FILE
from pstui.backends.demo.language.values import Thing

#: matches of one wildcard, and bytes of one file that are read
MAX_MATCHES, MAX_FILE = 20_000, 32 * 1024 * 1024


def item_of(path: Path) -> Thing:
    """Return a file or a folder as an object. Raises OSError."""
    facts = path.lstat()
    is_folder = path.is_dir()
    target = str(path.readlink()) if stat.S_ISLNK(facts.st_mode) else None
    when = datetime.datetime.fromtimestamp(facts.st_mtime)
    properties: dict[str, Any] = {
        "Name": path.name or str(path),
        "FullName": str(path),
        "Length": None if is_folder else facts.st_size,
        "Size": facts.st_size,
        "LastWriteTime": when,
        "CreationTime": datetime.datetime.fromtimestamp(facts.st_ctime),
        "Extension": "" if is_folder else path.suffix,
        "PSIsContainer": is_folder,
        "UnixMode": stat.filemode(facts.st_mode),
        "User": owner(facts.st_uid),
        "Group": group(facts.st_gid),
        "LinkTarget": target,
        "PSParentPath": str(path.parent),
    }
    if is_folder:
        del properties["Length"]
    return Thing((DIRECTORY if is_folder else FILE, "System.IO.FileSystemInfo", "System.Object"), properties, str(path))


def owner(number: int) -> str:
    """Return a user's name, or the number where there is none."""
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)


def group(number: int) -> str:
    """Return a group's name, or the number where there is none."""
    try:
        import grp

        return grp.getgrgid(number).gr_name
    except (ImportError, KeyError):
        return str(number)


def expanded(path: Path, typed: str) -> list[Path] | None:
    """Return what a path stands for, None when it stands for nothing."""
    if "\0" in typed:
        return None
    if glob.has_magic(typed) and not path.exists():
        # "**" would walk whole trees while nothing else runs; one level is what PowerShell does as well.
        pattern = str(path.relative_to(path.anchor)).replace("**", "*")
        return sorted(itertools.islice(Path(path.anchor).glob(pattern), MAX_MATCHES))
    return [path] if os.path.lexists(path) else None


def read_text(path: Path) -> Iterator[str]:
    """Yield the text of an ordinary file in parts, at most MAX_FILE characters. Raises OSError."""
    if not path.is_file():
        raise OSError(0, "it is no ordinary file")
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        left = MAX_FILE
        while left > 0 and (part := file.read(min(left, 1 << 20))):
            left -= len(part)
            yield part


def entries_of(path: Path) -> list[Path]:
    """Return the entries of a folder, folders first; a file stands for itself. Raises OSError."""
    return sorted(path.iterdir(), key=_order) if path.is_dir() else [path]


def _order(path: Path) -> tuple[bool, str, str]:
    return (not path.is_dir(), path.name.lower(), path.name)


def names_in(folder: Path, start: str, limit: int) -> list[Path]:
    """Return the entries of a folder that begin with a text, case ignored, for completion."""
    try:
        found = [entry for entry in folder.iterdir() if entry.name.lower().startswith(start.lower())]
    except OSError:
        return []
    shown = [entry for entry in found if start.startswith(".") or not entry.name.startswith(".")]
    return sorted(shown, key=lambda entry: entry.name.lower())[:limit]
