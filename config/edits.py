"""Edits of a parsed profile file: comments, order and unknown keys stay where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pstui.config.edits_text import with_other_name, with_table, without_table
from pstui.config.problems import ConfigError
from tomlkit.container import OutOfOrderTableProxy
from tomlkit.items import InlineTable, Table


class Edits:
    """The tables of one file in the making. Nothing is written here. Every method raises ConfigError."""

    def __init__(self, file: Path, document: tomlkit.TOMLDocument) -> None:
        self._file = file
        #: the document as it stands after the edits so far
        self.document = document

    def put(self, kind: str, name: str, values: Mapping[str, Any], *, new: bool = False) -> None:
        """Add a profile, or give an existing one exactly these keys; keys it keeps stay where they stand.

        A ``new`` one must not exist, not even as a table that is wrong and therefore not offered.
        """
        before = tomlkit.dumps(self.document)
        parent = self._parent(kind)
        if name in parent:
            if new:
                hint = "Choose another name, or mend the one that is there; pstui --check says what is wrong with it."
                raise ConfigError(f"{self._file} has a [{kind}.{name}] already", hint)
            _update(parent[name], values)
            return
        table = tomlkit.table()
        for key, value in values.items():
            table.add(key, _item(value))
        alone = tomlkit.document()
        alone.add(kind, tomlkit.table(is_super_table=True).add(name, table))
        text = with_table(before, kind, name, tomlkit.dumps(alone))
        if text is not None:
            self.document = tomlkit.parse(text)
        elif isinstance(parent, InlineTable):
            parent.add(name, _item(values))
        elif isinstance(parent, OutOfOrderTableProxy):
            table.add(tomlkit.nl())
            parent[name] = table
        else:
            parent.add(name, table)

    def update(self, table: str, values: Mapping[str, Any], gone: Iterable[str] = ()) -> None:
        """Set keys of a table that stands once, such as [defaults], and take others away; the rest stays."""
        if table not in self.document:
            if not values:
                return
            self.document.add(table, tomlkit.table())
        here = self._parent(table)
        for key in gone:
            if key in here:
                del here[key]
        for key, value in values.items():
            here[key] = _item(value)

    def delete(self, kind: str, name: str) -> None:
        """Remove a profile."""
        parent = self._existing(kind, name)
        text = without_table(tomlkit.dumps(self.document), kind, name)
        if text is not None:
            self.document = tomlkit.parse(text)
        else:
            del parent[name]

    def rename(self, kind: str, old: str, new: str) -> None:
        """Give a profile another name, in its place."""
        parent = self._existing(kind, old)
        if new in parent:
            raise ConfigError(f"there is a profile {new} already", "Choose another name.")
        text = with_other_name(tomlkit.dumps(self.document), kind, old, new)
        if text is not None:
            self.document = tomlkit.parse(text)
            return
        entries = [(key, parent[key]) for key in list(parent)]
        for key, _ in entries:
            del parent[key]
        for key, value in entries:
            parent[new if key == old else key] = value

    def _parent(self, kind: str) -> Any:
        if kind not in self.document:
            self.document.add(kind, tomlkit.table(is_super_table=True))
        parent = self.document[kind]
        if not isinstance(parent, Table | InlineTable | OutOfOrderTableProxy):
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
