"""Commands about files and folders of this computer, and how these become objects.

They read; only Remove-Item changes anything, and it asks first. What copies files is in ``transfer.py``."""

from __future__ import annotations

import asyncio
import datetime
import fnmatch
import glob
import itertools
import os
import stat
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

from pstui.backends.demo.commands.formatting import DIRECTORY, FILE, PATH
from pstui.backends.demo.commands.registry import Call, Param, command
from pstui.backends.demo.language.values import Thing, to_text

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
    if sys.platform == "win32":
        return str(number)
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group(number: int) -> str:
    """Return a group's name, or the number where there is none."""
    if sys.platform == "win32":
        return str(number)
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
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
        raise OSError(0, "it is not an ordinary file")
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


Output = AsyncGenerator[Any, None]
PATHS = Param("Path", position=0, many=True, aliases=("literalpath", "fullname", "pspath"))


async def paths_of(call: Call, default: str | None = None) -> list[str]:
    """Return the paths a command is about: its arguments, else its input, else ``default``."""
    given = [to_text(path) for path in call.get("Path", [])]
    if not given:
        async for item in call.input:
            given.append(to_text(item.properties.get("FullName", item)) if isinstance(item, Thing) else to_text(item))
    return given or ([] if default is None else [default])


async def resolved(call: Call, typed: str) -> list[Path]:
    """Return the existing paths of a typed one, wildcards expanded; writes the error and returns none otherwise."""
    path = call.session.resolve(typed)
    found = expanded(path, typed)
    if found is None:
        await not_found(call, typed, path)
    return found or []


async def not_found(call: Call, typed: str, path: Path) -> None:
    """Write the error about a path that does not exist."""
    name = to_text(path) if not typed.startswith("/") else typed
    await call.error(
        f"Cannot find path '{name}' because it does not exist.", "PathNotFound", "ObjectNotFound",
        "ItemNotFoundException", name,
    )  # fmt: skip


async def refused(call: Call, path: Path, error: OSError) -> None:
    """Write the error of the operating system about a path."""
    denied = isinstance(error, PermissionError)
    await call.error(
        f"Access to the path '{path}' is denied." if denied else f"{path}: {error.strerror or error}.",
        "DirUnauthorizedAccessError" if denied else "ItemIOError",
        "PermissionDenied" if denied else "ReadError",
        "UnauthorizedAccessException" if denied else "IOException",
        str(path),
        "System.UnauthorizedAccessException" if denied else "System.IO.IOException",
    )


@command(
    "Get-ChildItem",
    "List files and folders.",
    PATHS,
    Param("Filter", position=1),
    Param("Recurse", "switch", aliases=("s",)),
    Param("Depth", "number"),
    Param("Force", "switch"),
    Param("Name", "switch"),
    Param("File", "switch"),
    Param("Directory", "switch", aliases=("ad",)),
    aliases=("gci", "ls", "dir"),
)
async def get_child_item(call: Call) -> Output:
    """List each path; a file lists itself."""
    for typed in await paths_of(call, "."):
        for path in await resolved(call, typed):
            levels = int(call.number("Depth", 50)) if call.switch("Recurse") or call.get("Depth") is not None else 0
            async for item in _listed(call, path, levels):
                yield item


async def _listed(call: Call, path: Path, levels: int) -> Output:
    try:
        entries = entries_of(path)
    except OSError as error:
        await refused(call, path, error)
        return
    for entry in entries:
        await call.interpreter.tick()
        if _wanted(call, entry) or entry is path:
            try:
                item = item_of(entry)
            except OSError as error:
                await refused(call, entry, error)
                continue
            yield entry.name if call.switch("Name") else item
    if levels > 0:
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink() and (call.switch("Force") or not entry.name.startswith(".")):
                async for item in _listed(call, entry, levels - 1):
                    yield item


def _wanted(call: Call, path: Path) -> bool:
    if path.name.startswith(".") and not call.switch("Force"):
        return False
    if (call.switch("File") and path.is_dir()) or (call.switch("Directory") and not path.is_dir()):
        return False
    pattern = call.text("Filter")
    return not pattern or fnmatch.fnmatch(path.name.lower(), pattern.lower())


@command("Get-Item", "Show a file or a folder.", PATHS, Param("Force", "switch"), aliases=("gi",))
async def get_item(call: Call) -> Output:
    """Yield each item."""
    for typed in await paths_of(call):
        for path in await resolved(call, typed):
            try:
                yield item_of(path)
            except OSError as error:
                await refused(call, path, error)


@command(
    "Get-Content",
    "Read a file, line by line.",
    PATHS,
    Param("TotalCount", "number", aliases=("first", "head")),
    Param("Tail", "number", aliases=("last",)),
    Param("Raw", "switch"),
    aliases=("gc", "cat", "type"),
)
async def get_content(call: Call) -> Output:
    """Yield lines; a program's output piped in passes through unread."""
    first, last = call.get("TotalCount"), call.get("Tail")
    for typed in await paths_of(call):
        for path in await resolved(call, typed):
            try:
                if path.is_dir():
                    raise IsADirectoryError(0, "it is a folder")
                text = await asyncio.to_thread(lambda file: "".join(read_text(file)), path)
            except OSError as error:
                await refused(call, path, error)
                continue
            if call.switch("Raw"):
                yield text
                continue
            lines = text.split("\n")
            lines = lines[:-1] if lines[-1] == "" else lines
            chosen = lines[: int(first)] if first is not None else lines[-int(last) :] if last else lines
            for line in chosen:
                await call.interpreter.tick()
                yield line.rstrip("\r")


@command("Test-Path", "Say whether a path exists.", PATHS, Param("PathType", choices=("Any", "Container", "Leaf")))
async def test_path(call: Call) -> Output:
    """Yield true or false for each path."""
    for typed in await paths_of(call):
        found = expanded(call.session.resolve(typed), typed)
        kind = call.text("PathType", "Any")
        yield any(kind == "Any" or path.is_dir() == (kind == "Container") for path in found or ())


@command("Set-Location", "Go to another folder.", Param("Path", position=0), Param("PassThru", "switch"),
         aliases=("cd", "sl", "chdir"))  # fmt: skip
async def set_location(call: Call) -> None:
    """Change the session's location; ``-`` goes back."""
    typed = call.text("Path", "~")
    session = call.session
    if typed == "-" and session.previous is not None:
        target = session.previous
    else:
        found = await resolved(call, typed)
        if not found:
            return
        target = found[0]
    if not target.is_dir():
        await call.error(
            f"'{target}' is not a folder.", "LocationNotContainer", "InvalidArgument", "PSArgumentException", typed
        )
        return
    if not os.access(target, os.X_OK):
        await refused(call, target, PermissionError(13, "denied"))
        return
    session.previous, session.location = session.location, target


@command("Get-Location", "Show where you are.", aliases=("gl", "pwd"))
async def get_location(call: Call) -> Output:
    """Yield the session's location."""
    yield Thing((PATH,), {"Path": str(call.session.location)}, str(call.session.location))


@command(
    "Remove-Item",
    "Delete a file; it always asks first.",
    PATHS,
    Param("Confirm", "switch"),
    Param("WhatIf", "switch"),
    Param("Force", "switch"),
    Param("Recurse", "switch"),
    aliases=("rm", "del", "ri", "erase"),
)
async def remove_item(call: Call) -> None:
    """Delete files one by one, each confirmed; folders are left alone."""
    answer = -1
    for typed in await paths_of(call):
        for path in await resolved(call, typed):
            if path.is_dir() and not path.is_symlink():
                raise call.fail("Remove-Item deletes files only on this demo endpoint.", "NotSupportedByDemoEndpoint")
            if call.switch("WhatIf"):
                await call.streams.host_text(
                    f'What if: Performing the operation "Remove File" on target "{path}".', None, None, True
                )
                continue
            if answer not in (1, 3):
                answer = await call.streams.confirm("Remove File", str(path))
            if answer in (0, 1):
                try:
                    path.unlink()
                except OSError as error:
                    await refused(call, path, error)
