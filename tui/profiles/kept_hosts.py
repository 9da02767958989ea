"""The names of the hosts that inventories listed last: kept for the completion of shells, which can wait for nothing.

An inventory may be a program that takes a minute. So what it listed when it was looked at, in the screen or on the
command line, is written down, names and groups alone, and Tab reads that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pstui.config.paths import private_folder, state_folder

#: bytes of the file, inventories in it
MAX_BYTES, MAX_INVENTORIES = 16 << 20, 100


def kept(folder: Path, name: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the hosts and the groups that an inventory had last, whose profile file is in ``folder``."""
    found = _read().get(_key(folder, name), {})
    hosts, groups = (found.get(key, ()) if isinstance(found, dict) else () for key in ("hosts", "groups"))
    return _texts(hosts), _texts(groups)


def keep(folder: Path, name: str, hosts: Iterable[str], groups: Iterable[str]) -> None:
    """Keep what an inventory has now. Raises OSError, ConfigError."""
    said = {"hosts": list(dict.fromkeys(hosts)), "groups": list(dict.fromkeys(groups))}
    key = _key(folder, name)
    if _read().get(key) == said:
        return
    from pstui.config.store import locked, write_atomic  # its library takes long to import

    private_folder(state_folder())
    with locked(_file()):
        known = _read()
        known.pop(key, None)
        known[key] = said
        for old in list(known)[:-MAX_INVENTORIES]:
            del known[old]
        text = json.dumps(known, ensure_ascii=False)
        if len(text) < MAX_BYTES // 4:  # of UTF-8
            write_atomic(_file(), text)


def _file() -> Path:
    return state_folder() / "hosts.json"


def _key(folder: Path, name: str) -> str:
    return str(folder / name)


def _texts(found: Any) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _read() -> dict[str, Any]:
    try:
        with _file().open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        found = json.loads(raw) if len(raw) <= MAX_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
