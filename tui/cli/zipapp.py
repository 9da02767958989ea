"""The start of ``pstui.pyz``, the single file: it unpacks what is in it once, and runs that.

How this works. ``make zipapp`` (tests/zipapp.py) lays this module as ``__main__`` before pstui with all its
libraries. Compiled modules cannot be loaded out of a zip file, so everything is unpacked: into a folder of the user's
cache that is named after a digest of the content, and that nobody else may write. The next start finds it there.

Only the standard library is there before that, and as little of it as can be is loaded, so no pathlib: each import is
a part of every start. An older Python must be able to read this module, to be told that it is one.
"""

from __future__ import annotations

import os
import stat
import sys

#: folders that no start has used for so long are removed when another is made, in seconds
_KEPT = 30 * 24 * 3600
#: what the archive calls the folder of the libraries
SITE = "site"


def this_python() -> str:
    """Return what a compiled module must fit: the version of Python, the system, the processor."""
    import importlib.machinery

    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    if sys.platform == "darwin":  # elsewhere the suffix names the processor
        return f"{suffix} {os.uname().machine}"
    return suffix


def start(archive: str, digest: str, made_for: str, told: str) -> int:
    """Run the pstui of an archive and return its exit code.

    ``made_for`` is what ``this_python`` says where it was made, ``told`` the same in words.
    """
    try:
        if made_for != this_python():
            version = ".".join(str(part) for part in sys.version_info[:2])
            raise OSError(
                f"this file was made for {told}; this is Python {version} ({this_python()}), and what is compiled in "
                "it cannot be loaded here.\n  Name that Python before the file. Or make the file anew with this one, "
                "in a clone of pstui: make zipapp PYTHON=python3"
            )
        sys.path[0] = unpacked(archive, digest, cache_folder())
    except OSError as error:
        print(f"pstui: {error}", file=sys.stderr)
        return 1
    from pstui.tui.cli.main import main

    return main()


def cache_folder() -> str:
    """Return where it is unpacked: $PSTUI_CACHE, else ``pstui/zipapp`` in the cache of the user."""
    named = os.environ.get("PSTUI_CACHE")
    if named:
        return os.path.abspath(os.path.expanduser(named))
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        cache = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        cache = os.path.join(home, "Library", "Caches")
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(cache, "pstui", "zipapp")


def unpacked(archive: str, digest: str, cache: str) -> str:
    """Return the folder that holds the content of the archive; make it where it is missing.

    Raises OSError where that cannot be done, or others may write there.
    """
    _own(cache)
    folder = os.path.join(cache, digest)
    if not os.path.isdir(folder):
        _unpack(archive, folder, cache)
    _own(folder)
    os.utime(folder)
    return folder


def _own(folder: str) -> None:
    """Make a folder of the user's own where it is missing. Raises OSError where others may write to it."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(f"{folder} is not a folder: remove it, or name another with PSTUI_CACHE")
    if sys.platform != "win32" and (found.st_uid != os.getuid() or found.st_mode & 0o022):
        raise OSError(f"others may write to {folder}: run chmod 700 there, or name another folder with PSTUI_CACHE")


def _unpack(archive: str, folder: str, cache: str) -> None:
    """Unpack beside the folder, then rename: one that is there is whole. Two starts at once do not harm each other."""
    import shutil
    import tempfile
    import time
    import zipfile

    for name in os.listdir(cache):
        old = os.path.join(cache, name)
        if time.time() - os.lstat(old).st_mtime > _KEPT:
            shutil.rmtree(old, ignore_errors=True)
    made = tempfile.mkdtemp(prefix="new-", dir=cache)
    try:
        with zipfile.ZipFile(archive) as content:
            content.extractall(made, [name for name in content.namelist() if name.startswith(f"{SITE}/")])
        whole = os.path.join(made, SITE)
        os.chmod(whole, 0o700)
        try:
            os.rename(whole, folder)
        except OSError:
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
