"""The path of a key file, resolved as PowerShell's providers resolve it (semantics 1.5)."""

from __future__ import annotations

import glob
import ntpath
import posixpath
import re

from pstui.backends.binding import errors
from pstui.backends.binding.context import BindContext
from pstui.backends.binding.tables import Cmdlet
from pstui.backends.errors import CallError

_PREFIX = re.compile(r"(?:Microsoft\.PowerShell\.Core\\)?FileSystem::", re.IGNORECASE)
_DRIVE = re.compile(r"(?P<drive>[^:/\\]+):")
#: drives of the providers that are not the file system
_OTHER_DRIVES = ("env", "alias", "function", "variable", "cert", "hklm", "hkcu", "wsman", "registry", "certificate")


def resolve_path(cmdlet: Cmdlet, name: str, text: str, context: BindContext) -> str:
    """Return the absolute path of a file that exists. ``~`` is the home folder, wildcards match one file.

    Raises CallError: PathNotFound, DriveNotFound, InvalidOperation for a path of another provider.
    """
    windows = context.platform == "win32"
    rules = ntpath if windows else posixpath
    plain = _PREFIX.sub("", text, count=1)
    drive = _DRIVE.match(plain)
    if drive and not (windows and len(drive["drive"]) == 1):
        raise _other_drive(cmdlet, name, drive["drive"])
    if plain == "~" or plain.startswith(("~/", "~\\")):
        plain = context.home + plain[1:]
    path = str(rules.normpath(rules.join(context.cwd, plain if windows else plain.replace("\\", "/"))))
    # on Unix a file name may hold a backslash; PowerShell takes it for a slash, unless the file is there
    literal = str(rules.normpath(rules.join(context.cwd, plain)))
    for candidate in (literal, path):
        if "\0" not in candidate and context.exists(candidate):
            return candidate
    found = _matches(path)
    if len(found) == 1:
        return found[0]
    if found:
        why = f"{len(found)} files match."
        raise errors.invalid_argument(cmdlet, name, why, "Name one of them.")
    raise errors.refusal(
        cmdlet,
        "PathNotFound",
        f"the file for -{name} is not there",
        f"Looked for {errors.quoted(path)}.",
        "Check the path; a relative one starts where pstui was started.",
    )


def _matches(path: str) -> list[str]:
    if "\0" in path or not any(char in path for char in "*?["):
        return []
    try:
        return glob.glob(path)  # noqa: PTH207 - Path.glob takes no absolute pattern
    except (OSError, ValueError, re.error):
        return []


def _other_drive(cmdlet: Cmdlet, name: str, drive: str) -> CallError:
    if drive.casefold() in _OTHER_DRIVES:
        why = f"{errors.quoted(drive + ':')} is not a place for files."
        return errors.refusal(
            cmdlet, "InvalidOperation", f"-{name} needs a file", why, "Give the path of a file on disk."
        )
    why = f"There is no drive {errors.quoted(drive)}."
    return errors.refusal(cmdlet, "DriveNotFound", f"the file for -{name} is not there", why, "Check the path.")
