"""What else is done to files: whole folders removed."""

from __future__ import annotations

from pstui.backends.files.base import FileError, FileSystem, Kind, Reason
from pstui.backends.files.names import odd
from pstui.backends.files.plan import MAX_DEPTH


async def remove_all(files: FileSystem, path: str, depth: int = 0) -> None:
    """Remove a file, a link (never what it leads to) or a folder with all in it. Raises FileError at the first that
    cannot be removed.
    """
    entry = await files.stat(path, follow=False)
    if entry is None:
        return
    if entry.kind is not Kind.FOLDER:
        await files.remove(path)
        return
    if depth >= MAX_DEPTH:
        raise FileError(f"{path} is too deep", "Folders without end stand in it.", reason=Reason.REFUSED)
    for each in await files.entries(path):
        if why := odd(each.name):
            raise FileError(f"{path} cannot be removed", why, reason=Reason.NAME)
        await remove_all(files, files.names.join(path, each.name), depth + 1)
    await files.remove(path, folder=True)
