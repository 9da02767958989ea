"""Where pstui keeps its files on this system."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("pstui", appauthor=False)
#: variables that name another profile file, and another folder for what is remembered
CONFIG_VARIABLE, STATE_VARIABLE = "PSTUI_CONFIG", "PSTUI_STATE"
#: seconds for which a file of Windows may be in use before it is replaced, and between two tries
IN_USE, _POLL = 0.5, 0.02


def expanded(text: str) -> Path:
    """Return the path that a text names: ``~`` is the user's home, ``~name`` of nobody a folder that is called so."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def exists(path: Path) -> bool:
    """Whether there is something, or something that cannot be looked at: reading it says why."""
    try:
        return path.exists()
    except OSError:
        return True


def is_file(path: Path) -> bool:
    """Whether there is a file, and no pipe, device or folder; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def put_in_place(made: Path, file: Path, platform: str = sys.platform) -> None:
    """Give a file the name of another one, which it replaces. Raises OSError.

    Windows refuses that while anybody has the other open, be it another pstui that reads or what looks for viruses.
    """
    until = time.monotonic() + IN_USE
    while True:
        try:
            made.replace(file)
            return
        except PermissionError:
            if platform != "win32" or time.monotonic() > until:
                raise
        time.sleep(_POLL)


def profile_file() -> Path:
    """Return the profile file: $PSTUI_CONFIG, else profiles.toml in the user's configuration folder."""
    named = os.environ.get(CONFIG_VARIABLE)
    return expanded(named) if named else Path(_DIRS.user_config_dir) / "profiles.toml"


def state_folder() -> Path:
    """Return the folder for what pstui remembers by itself: history, the last workspace, crash reports.

    It is $PSTUI_STATE, else one of the user's.
    """
    named = os.environ.get(STATE_VARIABLE)
    return expanded(named) if named else Path(_DIRS.user_state_dir)


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can read, and return it; so are the folders above that are made for it.

    Raises OSError.
    """
    for missing in [above for above in reversed(folder.parents) if not above.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
