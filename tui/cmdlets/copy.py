"""Copy-Item typed in pstui: files to a session or from one, as PowerShell does it (protocol-notes 3.16).

Over SSH the files go by SFTP on the session's connection where the host serves that, else by a pipeline in the session.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pstui.backends.binding import errors
from pstui.backends.binding.context import BoundCall
from pstui.backends.binding.lookups import wildcard
from pstui.backends.binding.parameters import cmdlet
from pstui.backends.console import Console
from pstui.backends.errors import CallError
from pstui.backends.files.base import FileError, FileSystem, Kind, Reason
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.names import Names
from pstui.backends.files.opening import files_of
from pstui.backends.files.options import Existing, Options
from pstui.backends.files.plan import State
from pstui.backends.files.transfer import Progress, Transfer
from pstui.backends.records import ProgressRecord, RunspaceAvailability
from pstui.backends.sessions.session import PSSession
from pstui.tui.cmdlets.common_parameters import CmdletOutput, full_id
from pstui.tui.sizes import size_text

#: seconds between two looks at the progress
_LOOK = 0.2
_IDS = {Reason.MISSING: "PathNotFound", Reason.DENIED: "CopyFileInfoItemUnauthorizedAccessError"}
_OTHER_ID = "CopyError"
#: a wildcard that no backtick stands before
_WILD = re.compile(r"(?<!`)[*?\[]")


async def copy_items(call: BoundCall, console: Console, cwd: str) -> list[Any]:
    """Do a bound Copy-Item; return what is said. Raises CallError for what it cannot mean."""
    values = call.values
    to, session = _direction(call)
    if session.availability is not RunspaceAvailability.AVAILABLE:
        what = f"{session.name}: nothing can be copied in this session now"
        why = f"Its availability is {session.availability.name.title()}."
        raise errors.refusal(cmdlet("Copy-Item"), "SessionIsNotAvailable", what, why)
    here = LocalFiles(cwd)
    try:
        async with _reached(session, console) as there:
            _check_absolute(call, there, to)
            source, destination = (here, there) if to else (there, here)
            paths, said = await _sources(call, source)
            destined = str(values.get("Destination") or ".")
            for path in paths:
                if call.what_if:
                    said.append(await _what_if(call, source, destination, path, destined))
                else:
                    said += await _one(call, console, source, destination, path, destined)
            return said
    finally:
        await here.close()


def _direction(call: BoundCall) -> tuple[bool, PSSession]:
    """Return whether it goes to the session, and the session. Raises CallError."""
    table, values = cmdlet("Copy-Item"), call.values
    to, came = values.get("ToSession"), values.get("FromSession")
    if to is not None and came is not None:
        hint = "Copy from one to this computer, or use pstui cp HOST:PATH HOST:PATH."
        raise errors.refusal(table, "InvalidInput", "-FromSession and -ToSession exclude each other", "", hint)
    if "Credential" in values:
        raise errors.refusal(table, "NotSupported", "-Credential cannot be used here", "", "A session has its own.")
    session = came if to is None else to
    if not isinstance(session, PSSession):
        hint = "Add -ToSession or -FromSession. Files of this computer are copied by its shell."
        raise CallError("Copy-Item copies to a session or from one here", "", hint)
    if to is not None and not values.get("Destination"):
        error_id = "CopyItemRemoteDestinationIsNullOrEmpty"
        raise errors.refusal(table, error_id, "-Destination is missing", "", "Give an absolute path there.")
    return to is not None, session


@contextlib.asynccontextmanager
async def _reached(session: PSSession, console: Console) -> AsyncIterator[FileSystem]:
    """Give the files of a session while they are used."""
    files = await files_of(session, console)
    try:
        yield files
    finally:
        await asyncio.shield(files.close())


def _check_absolute(call: BoundCall, there: FileSystem, to: bool) -> None:
    values = call.values
    paths = (values["Destination"],) if to else (*values.get("Path", ()), *values.get("LiteralPath", ()))
    for path in map(str, paths):
        if not there.names.is_absolute(path):
            what = f"{errors.quoted(path)} is not an absolute path"
            why = "A path in the session is absolute in a copy."
            raise errors.refusal(cmdlet("Copy-Item"), "RemotePathIsNotAbsolute", what, why)


async def _sources(call: BoundCall, source: FileSystem) -> tuple[list[str], list[Any]]:
    """Return the paths that a call names, and what is to be said of those that are not there."""
    values, said = call.values, list[Any]()
    literal, patterns = (list(map(str, values.get(name, ()))) for name in ("LiteralPath", "Path"))
    if "" in (*literal, *patterns):
        error_id = "ParameterArgumentValidationErrorEmptyStringNotAllowed"
        raise errors.refusal(cmdlet("Copy-Item"), error_id, "A path is empty", "", "The folder that one is in is .")
    paths = list(literal)
    for pattern in patterns:
        try:
            found = await matched(source, pattern)
        except FileError as error:
            said.append(CmdletOutput(error.text(), full_id(call, _OTHER_ID), True))
            continue
        paths += found
        if not found and source.label:  # here it is no error, as in PowerShell
            said.append(CmdletOutput(f"{pattern}: nothing has this name", full_id(call, "RemotePathNotFound"), True))
    if source.label:
        return paths, said  # PowerShell leaves -Filter, -Include and -Exclude out of account here
    return [path for path in paths if _is_wanted(values, path, source.names)], said


async def matched(files: FileSystem, path: str) -> list[str]:
    """Return what a path with PowerShell's wildcards means; one without them means itself. Raises FileError."""
    names = files.names
    folder, last = names.split(path if names.is_windows else path.replace("\\", "/"))
    folders = await matched(files, folder) if _WILD.search(folder) else [_plain(folder)]
    if not _WILD.search(last):
        return [names.join(each, _plain(last)) for each in folders]
    fits, found = wildcard(last).fullmatch, list[str]()
    for each in folders:
        try:
            entries = await files.entries(each or files.here)
        except FileError as error:
            if error.reason is Reason.MISSING:
                continue
            raise
        shown = sorted(entry.name for entry in entries if not entry.is_hidden or last.startswith("."))
        found += [names.join(each, name) for name in shown if fits(name)]
    return found


def _plain(path: str) -> str:
    """Return a path without the backticks that keep a character from being a wildcard."""
    return re.sub("`(.)", r"\1", path)


def _fits(given: Any, name: str) -> bool:
    patterns = (given,) if isinstance(given, str) else given
    return any(wildcard(str(each)).fullmatch(name) for each in patterns)


def _is_wanted(values: Mapping[str, Any], path: str, names: Names) -> bool:
    """Whether -Include and -Exclude leave a path in, and -Filter one that a pattern means."""
    name = names.split(path)[1]
    filters = any(_WILD.search(str(each)) for each in values.get("Path", ())) and values.get("Filter")
    if filters and not _fits(values["Filter"], name):
        return False
    return (not values.get("Include") or _fits(values["Include"], name)) and not _fits(values.get("Exclude", ()), name)


async def _what_if(call: BoundCall, source: FileSystem, destination: FileSystem, path: str, to: str) -> CmdletOutput:
    place = source.names.absolute(path, source.here)
    try:
        entry = await source.stat(place)
        if entry is None:
            raise FileError(f"{path} is not there", reason=Reason.MISSING)
    except FileError as error:
        return await _said(call, source, path, error.text(), error.reason)
    kind = "Directory" if entry.kind is Kind.FOLDER else "File"
    target = f"Item: {place} Destination: {destination.names.absolute(to, destination.here)}"
    return CmdletOutput(f'What if: Performing the operation "Copy {kind}" on target "{target}".')


async def _one(
    call: BoundCall, console: Console, source: FileSystem, destination: FileSystem, path: str, to: str
) -> list[Any]:
    """Copy one thing; a folder without -Recurse is made, with nothing in it.

    Without -Force one that is there already is an error. From a session what is in it comes all the same.
    """
    values = call.values
    filter_ = values.get("Filter") if not source.label else None
    options = Options(
        recurse=bool(values.get("Recurse")),
        existing=Existing.OVERWRITE,
        forces=True,
        follows=True,
        literal=True,
        shallow=True,
        hidden=not source.label,
        wanted=lambda name: not filter_ or _fits(filter_, name),
    )
    transfer = Transfer(source, destination, options)
    there = "" if values.get("Force") else await _folder_there(transfer, path, to)
    said = list[Any]()
    if there:
        goes_on = options.recurse and source.label
        why = "What is in it was copied." if goes_on else "-Force copies into it." if options.recurse else ""
        said.append(CmdletOutput(f"{there} is there already\n{why}".rstrip(), full_id(call, "DirectoryExist"), True))
        if not goes_on:
            return said
    showing = asyncio.ensure_future(_show(console, transfer.progress))
    failures = list[FileError]()
    try:
        await transfer.run([path], to)
    except FileError as error:
        failures.append(error)
    finally:
        showing.cancel()
        console.progress(_record(transfer.progress, completed=True))
    failed = [each for each in transfer.outcomes if each.state is State.FAILED]
    said += [await _said(call, source, each.path, each.text, each.reason) for each in failed]
    return said + [await _said(call, source, path, each.text(), each.reason) for each in failures]


async def _folder_there(transfer: Transfer, path: str, to: str) -> str:
    """Return the folder that would be made by a copy of a folder and is there already, else an empty text."""
    try:
        if (entry := await transfer.source.stat(path)) is None or entry.kind is not Kind.FOLDER:
            return ""
        names, source = transfer.destination.names, transfer.source
        into = names.absolute(to, transfer.destination.here)
        place = names.join(into, source.names.split(source.names.absolute(path, source.here))[1])
        there = await transfer.destination.stat(into)
        return place if there and there.kind is Kind.FOLDER and await transfer.destination.stat(place) else ""
    except FileError:
        return ""  # the copy tells of it


async def _said(call: BoundCall, source: FileSystem, path: str, text: str, reason: Reason | None) -> CmdletOutput:
    """Return an error with PowerShell's id, which says at which end something is missing."""
    error_id = _IDS.get(reason or Reason.OTHER, _OTHER_ID)
    if reason is Reason.MISSING:
        is_missing = True
        with contextlib.suppress(FileError):
            is_missing = await source.stat(path) is None
        if is_missing == bool(source.label):
            error_id = "RemotePathNotFound"
        elif not is_missing:
            error_id = "CopyItemRemotelyIOError"
    return CmdletOutput(text, full_id(call, error_id), True)


async def _show(console: Console, progress: Progress) -> None:
    while True:
        await asyncio.sleep(_LOOK)
        console.progress(_record(progress, completed=False))


def _record(progress: Progress, *, completed: bool) -> ProgressRecord:
    percent = round(100 * progress.done / progress.total) if progress.total else -1
    status = f"{size_text(progress.done)} of {size_text(progress.total)}  {size_text(progress.rate)}/s"
    left = progress.seconds_left
    seconds = -1 if left is None else round(left)
    return ProgressRecord(0, 0, -1, "Copying", status, progress.current, min(percent, 100), seconds, completed)
