"""Changing a profile file without losing what a person put there: comments, order and unknown keys survive."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pstui.config.edits import Edits, meaning_of
from pstui.config.paths import put_in_place
from pstui.config.problems import ConfigError
from tomlkit.exceptions import TOMLKitError

#: what some editors of Windows put before a text
_BOM = "\ufeff"
#: Seconds to wait for another process that writes: far more than it needs.
LOCK_TIMEOUT = 5.0
_LOCK_POLL = 0.01
#: Earlier texts kept for undo.
MAX_UNDO = 20


def fingerprint(file: Path) -> str:
    """Return what changes whenever the file's content does; ``""`` for a file that is not there."""
    try:
        if file.exists() and not file.is_file():
            raise ConfigError(f"{file} is not a file", "A pipe or a device cannot hold profiles.")
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(f"{file} cannot be read", str(error.strerror)) from error


def _take_lock(handle: int) -> None:
    """Take a lock that ends with the handle. Raises BlockingIOError where another has it, OSError without locks."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:  # what Windows says of a part that another process has locked
            raise BlockingIOError from error
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep other processes from changing a file while it is read and written: those that also ask for the lock.

    The lock is on the folder, so that nothing is left lying beside the file; Windows locks files only, there it is on
    one named ``….lock``. Raises ConfigError when another process holds it for longer than LOCK_TIMEOUT. On a file
    system without locks nothing is kept, and a change by somebody else is noticed by the content alone.
    """
    folder = file.resolve().parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        windows = sys.platform == "win32"
        handle = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600) if windows else os.open(folder, os.O_RDONLY)
    except OSError as error:
        hint = "Nothing was changed. Check the folder's permissions."
        raise ConfigError(f"{folder} cannot be used: {error.strerror or error}", hint) from error
    try:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                _take_lock(handle)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    hint = "Nothing was changed; try again."
                    raise ConfigError(f"another pstui is writing {file} at this moment", hint) from None
                time.sleep(_LOCK_POLL)
            except OSError:
                break  # a file system without locks
        yield
    finally:
        os.close(handle)


def write_atomic(file: Path, text: str) -> None:
    """Replace a file as a whole or not at all; the old one is kept beside it as ``NAME.bak``.

    Links are followed, the mode is kept, a new file is the owner's alone. Raises ConfigError.
    """
    target = file.resolve()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = target.read_bytes() if target.exists() else None
        mode = target.stat().st_mode & 0o777 if old is not None else 0o600
        if old is not None:
            _replace(target.with_name(target.name + ".bak"), old, mode)
        _replace(target, text.encode("utf-8"), mode)
    except OSError as error:
        hint = "The file is as it was. Check the folder's permissions and the space on the disk."
        raise ConfigError(f"{file} cannot be written: {error.strerror or error}", hint) from error


def _replace(target: Path, content: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        put_in_place(Path(name), target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _without_empty(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return tables without those that hold nothing: whether their header stays makes no difference."""
    return {name: table for name, table in tables.items() if table != {}}


class ProfileStore:
    """Edits one profile file. Every change is written at once; ``undo`` takes the last one back.

    A file that is damaged, or that somebody else changed since it was read, is never overwritten: ConfigError.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._seen = fingerprint(file)
        self._undo: list[str] = []

    def changed_on_disk(self) -> bool:
        """Return whether the file is no longer what this store has read or written last."""
        return fingerprint(self.file) != self._seen

    def reread(self) -> None:
        """Take the file as it is now for the starting point; undo starts over."""
        self._seen = fingerprint(self.file)
        self._undo.clear()

    def change(self, edit: Callable[[Edits], None]) -> None:
        """Write what ``edit`` does to the file's tables as one change. Nothing is written if it raises."""
        self._save(self._edited(edit))

    def try_out(self, edit: Callable[[Edits], None]) -> None:
        """Raise what ``change`` would raise before it writes; nothing is written."""
        self._edited(edit)

    def _edited(self, edit: Callable[[Edits], None]) -> tomlkit.TOMLDocument:
        edits = Edits(self.file, self._document())
        hint = "Nothing was changed. Change it in an editor."
        try:
            edit(edits)
            said = meaning_of(edits.document)
        except ConfigError:
            raise
        except Exception as error:
            # a spelling of tables that the library reads but cannot change: it fails in many ways
            raise ConfigError(f"{self.file} cannot be changed there", hint) from error
        if _without_empty(said) != _without_empty(edits.meaning):
            raise ConfigError(f"{self.file} cannot be changed there without changing something else", hint)
        return edits.document

    def put(self, kind: str, name: str, values: Mapping[str, Any]) -> None:
        """Add a profile, or give an existing one exactly these keys; keys it keeps stay where they are."""
        self.change(lambda edits: edits.put(kind, name, values))

    def delete(self, kind: str, name: str) -> None:
        """Remove a profile. Raises ConfigError when there is none of that name."""
        self.change(lambda edits: edits.delete(kind, name))

    def rename(self, kind: str, old: str, new: str) -> None:
        """Give a profile another name, in its place."""
        self.change(lambda edits: edits.rename(kind, old, new))

    def undo(self) -> bool:
        """Take back the last change of this store; False when there is none."""
        if not self._undo:
            return False
        self._guard()
        text = self._undo.pop()
        write_atomic(self.file, text)
        self._seen = fingerprint(self.file)
        return True

    def _guard(self) -> None:
        if self.changed_on_disk():
            raise ConfigError(
                f"{self.file} was changed by somebody else meanwhile", "Read it again, then repeat the change."
            )

    def _document(self) -> tomlkit.TOMLDocument:
        self._guard()
        try:
            text = self.text().removeprefix(_BOM)
            tomllib.loads(text)  # the library that edits accepts some damaged files
            return tomlkit.parse(text)
        except (TOMLKitError, UnicodeDecodeError, RecursionError, ValueError) as error:
            hint = "Correct the file first; pstui --check names the places."
            raise ConfigError(f"{self.file} is damaged and is not overwritten", hint) from error
        except OSError as error:
            raise ConfigError(f"{self.file} cannot be read", str(error.strerror)) from error

    def text(self) -> str:
        """Return the file as it is, with its own line ends; empty where there is none."""
        return self.file.read_bytes().decode("utf-8") if self._seen else ""

    def _save(self, document: tomlkit.TOMLDocument) -> None:
        text, old = tomlkit.dumps(document), self.text()
        if self._seen:
            self._undo = [*self._undo[-MAX_UNDO + 1 :], old]
            text = _BOM + text if old.startswith(_BOM) else text
        write_atomic(self.file, text)
        self._seen = fingerprint(self.file)
