"""Edits of a parsed profile file: comments, order and unknown keys stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from .problems import ConfigError


class Edits:
    """The tables of one file in the making. Nothing is written here. Every method raises ConfigError."""

    def __init__(self, file: Path, document: tomlkit.TOMLDocument) -> None:
        self._file, self._document = file, document

    def put(self, kind: str, name: str, values: Mapping[str, Any]) -> None:
        """Add a profile, or give an existing one exactly these keys; keys it keeps stay where they stand."""
        parent = self._parent(kind)
        if name in parent:
            _update(parent[name], values)
            return
        table = tomlkit.table()
        for key, value in values.items():
            table.add(key, _item(value))
        parent.add(name, table)

    def delete(self, kind: str, name: str) -> None:
        """Remove a profile."""
        del self._existing(kind, name)[name]

    def rename(self, kind: str, old: str, new: str) -> None:
        """Give a profile another name, in its place."""
        parent = self._existing(kind, old)
        if new in parent:
            raise ConfigError(f"there is a profile {new} already", "Choose another name.")
        entries = [(key, parent[key]) for key in list(parent)]
        for key, _ in entries:
            del parent[key]
        for key, value in entries:
            parent.add(new if key == old else key, value)

    def _parent(self, kind: str) -> Any:
        if kind not in self._document:
            self._document.add(kind, tomlkit.table(is_super_table=True))
        parent = self._document[kind]
        if not isinstance(parent, Table) and not hasattr(parent, "add"):
            raise ConfigError(f"{self._file}: [{kind}] is no table of profiles", "Mend it in an editor.")
        return parent

    def _existing(self, kind: str, name: str) -> Any:
        parent = self._parent(kind)
        if name not in parent:
            hint = f"It may stand in a file that {self._file} includes."
            raise ConfigError(f"there is no profile {name} in [{kind}]", hint)
        return parent


def _update(table: Any, values: Mapping[str, Any]) -> None:
    for key in [key for key in table if key not in values]:
        del table[key]
    for key, value in values.items():
        if key in table and table[key] == value:
            continue
        table[key] = _item(value)


def _item(value: Any) -> Any:
    """Make a TOML value; tables inside a profile stand on one line, as a person would write them."""
    if isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        for key, inner in value.items():
            inline.add(key, _item(inner))
        return inline
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        for inner in value:
            array.append(_item(inner))
        return array
    return tomlkit.item(value)
