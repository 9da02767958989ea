"""What the workspace remembers from one run to the next: its tabs, when each thing was used, what is folded.

The file is a convenience: one that is missing, damaged or cannot be written costs nothing but its content. No secret
is in it: a tab is a profile's name or the Enter-PSSession line, which never holds a password.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pstui.config.paths import private_folder

#: bounds of what is read back: bytes, tabs, things used, characters of one text
MAX_FILE, MAX_TABS, MAX_USED, MAX_TEXT = 1 << 20, 50, 5000, 4096


@dataclass(frozen=True, slots=True)
class SavedTab:
    """One tab: ``profile`` as ``host:web1``, or else the ``line`` that opens it; ``title`` if it was renamed.

    ``groups`` are those that an inventory has the host in, one a line.
    """

    profile: str = ""
    line: str = ""
    title: str = ""
    groups: str = ""


_TEXTS = ("profile", "line", "title", "groups")


@dataclass(slots=True)
class WorkspaceState:
    """All of it. ``used`` is seconds since the epoch by an entry's identity, ``folds`` are headings that were folded
    or unfolded by hand."""

    tabs: list[SavedTab] = field(default_factory=list)
    front: int = 0
    used: dict[str, float] = field(default_factory=dict)
    folds: list[str] = field(default_factory=list)
    by_use: bool = False
    #: whether it was offered to open the tabs again
    offered: bool = False


class StateFile:
    """The state on disk. ``problem`` says why the last writing failed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.problem = ""

    def load(self) -> WorkspaceState:
        """Return what was saved; an empty state where there is none or it cannot be understood."""
        try:
            with self.file.open("rb") as stream:
                raw = stream.read(MAX_FILE + 1)
            found = json.loads(raw) if len(raw) <= MAX_FILE else {}
        except (OSError, ValueError, RecursionError):
            return WorkspaceState()
        return _state(found) if isinstance(found, dict) else WorkspaceState()

    def save(self, state: WorkspaceState) -> None:
        """Replace the file as a whole, readable by its owner alone."""
        used = sorted(state.used.items(), key=lambda item: -item[1])[:MAX_USED]
        content = {
            "tabs": [{key: value for key in _TEXTS if (value := getattr(tab, key))} for tab in state.tabs[:MAX_TABS]],
            "front": state.front,
            "used": dict(used),
            "folds": state.folds[:MAX_USED],
            "by_use": state.by_use,
            "offered": state.offered,
        }
        try:
            private_folder(self.file.parent)
            handle, name = tempfile.mkstemp(dir=self.file.parent, prefix=f".{self.file.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    json.dump(content, stream)
                Path(name).replace(self.file)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            self.problem = f"{self.file}: {error.strerror or error}"


class Memory:
    """What is remembered in this run. ``file`` is None where nothing is kept for the next one."""

    def __init__(self, file: StateFile | None = None) -> None:
        self._file = file
        self.state = WorkspaceState() if file is None else file.load()

    def keep(self) -> None:
        """Write everything down."""
        if self._file is not None:
            self._file.save(self.state)


def _state(found: Mapping[str, Any]) -> WorkspaceState:
    tabs = [tab for one in _list(found.get("tabs"))[:MAX_TABS] if (tab := _tab(one)) is not None]
    front, used = found.get("front"), found.get("used")
    return WorkspaceState(
        tabs,
        front if isinstance(front, int) and not isinstance(front, bool) and 0 <= front < len(tabs) else 0,
        {
            str(key): float(value)
            for key, value in (used.items() if isinstance(used, dict) else ())
            if isinstance(value, int | float) and abs(value) < 1e12
        },
        [one for one in _list(found.get("folds")) if isinstance(one, str)],
        found.get("by_use") is True,
        found.get("offered") is True,
    )


def _tab(one: Any) -> SavedTab | None:
    if not isinstance(one, dict):
        return None
    texts = {key: one.get(key, "") for key in _TEXTS}
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts.values()):
        return None
    return SavedTab(**texts) if texts["profile"] or texts["line"] else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
