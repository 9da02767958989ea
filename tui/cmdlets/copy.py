"""Copy-Item typed in pstui: files to a session or from one, as PowerShell does it (protocol-notes 3.16).

Over SSH the files go by SFTP on the session's connection where the host serves that, else by a pipeline in the session.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from pstui.backends.binding import errors
from pstui.backends.binding.context import BoundCall
from pstui.backends.binding.lookups import wildcard
from pstui.backends.binding.parameters import cmdlet
from pstui.backends.console import Console
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.files.base import FileError, FileSystem, Kind, Reason
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.opening import files_of
from pstui.backends.files.options import Existing, Options
from pstui.backends.files.plan import Outcome, State, expanded
from pstui.backends.files.transfer import Progress, Transfer
from pstui.backends.records import ProgressRecord, RunspaceAvailability
from pstui.backends.sessions.session import PSSession
from pstui.tui.cmdlets.common_parameters import CmdletOutput, full_id
from pstui.tui.sizes import size_text

#: seconds between two looks at the progress
_LOOK = 0.2
_IDS = {Reason.MISSING: "PathNotFound", Reason.DENIED: "CopyFileInfoItemUnauthorizedAccessError"}
_OTHER_ID = "CopyError"


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
                    said.append(CmdletOutput(await _what_if(source, destination, path, destined)))
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
            what = f"{errors.quoted(path)} is no absolute path"
            why = "A path in the session is absolute in a copy."
            raise errors.refusal(cmdlet("Copy-Item"), "RemotePathIsNotAbsolute", what, why)


async def _sources(call: BoundCall, source: FileSystem) -> tuple[list[str], list[Any]]:
    """Return the paths that a call names, and what is to be said of those that are not there."""
    values, said = call.values, list[Any]()
    paths = [str(each) for each in values.get("LiteralPath", ())]
    for pattern in map(str, values.get("Path", ())):
        try:
            paths += await expanded(source, pattern)
        except FileError as error:
            if source.names.split(pattern)[1].strip("*?") == source.names.split(pattern)[1]:
                said.append(_error(call, error, source))
    return [path for path in paths if _is_wanted(values, source.names.split(path)[1])], said


def _is_wanted(values: Mapping[str, Any], name: str) -> bool:
    """Whether -Filter, -Include and -Exclude leave a name in."""

    def fits(given: Any) -> bool:
        patterns = (given,) if isinstance(given, str) else given
        return any(wildcard(str(each)).fullmatch(name) for each in patterns)

    chosen = all(fits(values[each]) for each in ("Filter", "Include") if values.get(each))
    return chosen and not fits(values.get("Exclude", ()))


async def _what_if(source: FileSystem, destination: FileSystem, path: str, to: str) -> str:
    place = source.names.absolute(path, source.here)
    entry = await source.stat(place)
    kind = "Directory" if entry is not None and entry.kind is Kind.FOLDER else "File"
    target = f"Item: {place} Destination: {destination.names.absolute(to, destination.here)}"
    return f'What if: Performing the operation "Copy {kind}" on target "{target}".'


async def _one(
    call: BoundCall, console: Console, source: FileSystem, destination: FileSystem, path: str, to: str
) -> list[Any]:
    """Copy one thing; a folder without -Recurse is made, with nothing in it."""
    options = Options(
        recurse=bool(call.values.get("Recurse")),
        existing=Existing.OVERWRITE,
        forces=True,
        follows=True,
        literal=True,
        shallow=True,
        hidden=not source.label,
    )
    transfer = Transfer(source, destination, options)
    showing = asyncio.ensure_future(_show(console, transfer.progress))
    try:
        outcomes: Sequence[Outcome] = await transfer.run([path], to)
    except FileError as error:
        return [
            *(_said(call, each, source) for each in transfer.outcomes if _is_bad(each)),
            _error(call, error, source),
        ]
    finally:
        showing.cancel()
        console.progress(_record(transfer.progress, completed=True))
    return [_said(call, each, source) for each in outcomes if _is_bad(each)]


def _is_bad(outcome: Outcome) -> bool:
    return outcome.state is State.FAILED


def _said(call: BoundCall, outcome: Outcome, source: FileSystem) -> CmdletOutput:
    what, _, why = outcome.text.partition("\n")
    return _error(call, FileError(what, why, reason=outcome.reason or Reason.OTHER), source)


def _error(call: BoundCall, error: PstuiError, source: FileSystem) -> CmdletOutput:
    reason = error.reason if isinstance(error, FileError) else Reason.OTHER
    error_id = _IDS.get(reason, _OTHER_ID)
    if reason is Reason.MISSING and source.label:
        error_id = "RemotePathNotFound"
    return CmdletOutput(error.text(), full_id(call, error_id), True)


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
