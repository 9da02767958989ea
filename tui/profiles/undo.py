"""The way back from edits of the profile files, kept beyond the end of the program.

What is kept is the text of each file before an edit, readable by its owner alone, as the copy that is left beside the
file itself. A file that was changed meanwhile is never replaced by it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pstui.config.paths import private_folder

#: edits that can be taken back
MAX_UNDO: Final = 20
#: characters of the texts that are kept; the newest edits come first
MAX_KEPT: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Step:
    """One edit: what it was called, and for each file its text before and its fingerprint after.

    ``renamed`` are the kind, the name before and the name after of each profile that it gave another name.
    """

    said: str
    before: Mapping[Path, str]
    after: Mapping[Path, str]
    renamed: tuple[tuple[str, str, str], ...] = ()


class UndoFile:
    """The steps on disk, oldest first. A file that is missing, damaged or cannot be written costs only the way back."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def load(self) -> list[Step]:
        """Return what was kept."""
        if self._file is None:
            return []
        try:
            with self._file.open("rb") as stream:
                raw = stream.read(8 * MAX_KEPT)
            found = json.loads(raw)
        except (OSError, ValueError, RecursionError):
            return []
        steps = [_step(one) for one in found[-MAX_UNDO:]] if isinstance(found, list) else []
        return [step for step in steps if step is not None]

    def save(self, steps: Sequence[Step]) -> None:
        """Keep the newest steps, as many as fit."""
        if self._file is None:
            return
        kept: list[dict[str, object]] = []
        room = MAX_KEPT
        for step in reversed(steps[-MAX_UNDO:]):
            room -= sum(map(len, step.before.values()))
            if room < 0:
                break
            files = {str(file): [text, step.after[file]] for file, text in step.before.items()}
            kept.insert(0, {"said": step.said, "files": files, "renamed": step.renamed})
        with contextlib.suppress(OSError):
            private_folder(self._file.parent)
            _replace(self._file, json.dumps(kept))


def _replace(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _step(found: Any) -> Step | None:
    if not isinstance(found, dict):
        return None
    said, files, renamed = found.get("said"), found.get("files"), found.get("renamed", [])
    if not isinstance(said, str) or not isinstance(files, dict):
        return None
    before, after = {}, {}
    for name, one in files.items():
        if not (isinstance(one, list) and len(one) == 2 and all(isinstance(part, str) for part in one)):
            return None
        before[Path(name)], after[Path(name)] = one
    names = renamed if isinstance(renamed, list) else []
    whole = [tuple(one) for one in names if isinstance(one, list) and [type(part) for part in one] == [str] * 3]
    return Step(said, before, after, tuple(whole)) if before else None
