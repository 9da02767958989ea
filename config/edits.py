"""Edits of a profile file: comments, order and unknown keys stay where a person put them.

Most edits change the parsed document. Adding or removing a whole table changes the text instead: a table library
counts a comment before a header to the table above it, and loses it with that one. Each result is checked against
what the file meant before; where it differs, None is returned and nothing is lost.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pstui.config.problems import ConfigError
from tomlkit.container import OutOfOrderTableProxy
from tomlkit.items import InlineTable, Table

#: the key of a line, without the blanks around it
_KEY = re.compile(r"^([ \t]*)((?:\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z0-9_.\- \t])+?)[ \t]*=")
_HEADER = re.compile(r"^([ \t]*)\[(?!\[)(?P<keys>[^\n]*?)\]([ \t]*(?:#[^\n]*)?\r?\n?)$")


def with_table(text: str, kind: str, name: str, table: str) -> str | None:
    """Return ``text`` with a new table after the last one of its kind, before the comments on the next.

    ``table`` is its text with the header. Blank lines keep it apart from its neighbours.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    table = table.replace("\n", newline)
    lines = text.splitlines(keepends=True)
    ends = [_end(lines, first, last) for first, last in _sections(lines, (kind,))]
    place = ends[-1] if ends else len(lines)
    before, after = "".join(lines[:place]), "".join(lines[place:])
    if before and not before.endswith("\n"):
        before += newline
    if before.strip():
        before += newline
    if after.strip() and after[:1] not in ("\r", "\n"):
        table += newline
    result = f"{before}{table}{after}"
    try:
        wanted, found = tomllib.loads(text), tomllib.loads(result)
        wanted.setdefault(kind, {})[name] = found[kind].pop(name)
        found[kind][name] = wanted[kind][name]
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        return None
    return result if wanted == found else None


def without_table(text: str, kind: str, name: str) -> str | None:
    """Return ``text`` without a profile's tables; comments that follow after a blank line stay."""
    lines = text.splitlines(keepends=True)
    drop: set[int] = set()
    for first, last in _sections(lines, (kind, name)):
        drop.update(range(first, _end(lines, first, last)))
    if not drop:
        return None
    left = "".join(line for index, line in enumerate(lines) if index not in drop)
    return left if _means(left, text, kind, name, None) else None


def with_other_name(text: str, kind: str, old: str, new: str) -> str | None:
    """Return ``text`` with a profile's headers and dotted keys carrying its new name."""
    lines = text.splitlines(keepends=True)
    headers = dict(_headers(lines))
    above: tuple[str, ...] = ()
    for index, line in enumerate(lines):
        if index in headers:
            above = headers[index]
            if above[:2] == (kind, old):
                found = _HEADER.match(line)
                assert found is not None
                lines[index] = f"{found[1]}[{_path((kind, new, *above[2:]))}]{found[3]}"
        elif len(above) < 2 and (key := _KEY.match(line)) is not None:
            keys = (*above, *_key_path(key[2]))
            if keys[:2] == (kind, old):
                renamed = (kind, new, *keys[2:])[len(above) :]
                lines[index] = f"{key[1]}{_path(renamed)}{line[key.end(2) :]}"
    result = "".join(lines)
    return result if _means(result, text, kind, old, new) else None


def _path(keys: Iterable[str]) -> str:
    return ".".join(tomlkit.key(key).as_string() for key in keys)


def _key_path(text: str) -> tuple[str, ...]:
    """Return the parts of a key as it stands before its equals sign; empty for what is none."""
    try:
        here: Any = tomllib.loads(f"{text} = 0")
    except ValueError:
        return ()
    path: list[str] = []
    while isinstance(here, dict) and here:
        ((key, here),) = here.items()
        path.append(key)
    return tuple(path)


def _headers(lines: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the index and the key path of each line that looks like a header of a table."""
    for index, line in enumerate(lines):
        if not _HEADER.match(line):
            continue
        try:
            here: Any = tomllib.loads(line)
        except ValueError:
            continue
        path: list[str] = []
        while isinstance(here, dict) and here:
            ((key, here),) = here.items()
            path.append(key)
        yield index, tuple(path)


def _end(lines: list[str], first: int, last: int) -> int:
    """Return the line after what is a table's own, of the lines from its header up to the next one."""
    end = last
    while end > first + 1 and not _says(lines[end - 1]):
        end -= 1
    # Comments right below the last key are its own; those after a blank line belong to what follows.
    while end < last and lines[end].strip():
        end += 1
    return end


def _sections(lines: list[str], path: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield first line and the line after the last one of each table at or below a path."""
    starts = [index for index, line in enumerate(lines) if line.lstrip().startswith("[")]
    for index, keys in _headers(lines):
        if keys[: len(path)] == path:
            yield index, next((other for other in starts if other > index), len(lines))


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _means(after: str, before: str, kind: str, old: str, new: str | None) -> bool:
    """Whether ``after`` means what ``before`` does, but for one profile that has gone or has another name."""
    try:
        wanted, found = tomllib.loads(before), tomllib.loads(after)
    except (ValueError, RecursionError):
        return False
    if not isinstance(wanted.get(kind), dict) or old not in wanted[kind]:
        return False
    table = wanted[kind].pop(old)
    if new is not None:
        wanted[kind][new] = table
    if not wanted[kind]:
        del wanted[kind]
    if not found.get(kind, True):
        del found[kind]
    return wanted == found


class Edits:
    """The tables of one file in the making. Nothing is written here. Every method raises ConfigError.

    ``meaning`` is what the file is to say after the edits so far, worked out apart from the document: what is written
    is compared with it first.
    """

    def __init__(self, file: Path, document: tomlkit.TOMLDocument) -> None:
        self._file = file
        self.meaning = meaning_of(document)
        #: the document as it is after the edits so far
        self.document = document

    def put(self, kind: str, name: str, values: Mapping[str, Any], *, new: bool = False) -> None:
        """Add a profile, or give an existing one exactly these keys; keys it keeps stay where they are.

        A ``new`` one must not exist, not even as a table that is wrong and therefore not offered.
        """
        before = tomlkit.dumps(self.document)
        parent = self._parent(kind)
        self.meaning.setdefault(kind, {})[name] = _plain(values)
        if name in parent:
            if new:
                hint = (
                    "Choose another name, or correct the one that is there; pstui --check says what is wrong with it."
                )
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
        """Set keys of a table that exists only once, such as [defaults], and remove others; the rest stays."""
        if values or table in self.meaning:
            here_meant = self.meaning.setdefault(table, {})
            self.meaning[table] = {key: value for key, value in here_meant.items() if key not in set(gone)}
            self.meaning[table] |= _plain(values)
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
        del self.meaning[kind][name]
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
        self.meaning[kind] = {new if key == old else key: value for key, value in self.meaning[kind].items()}
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
            raise ConfigError(f"{self._file}: [{kind}] is not a table of profiles", "Correct it in an editor.")
        return parent

    def _existing(self, kind: str, name: str) -> Any:
        parent = self._parent(kind)
        if name not in parent:
            hint = f"It may be in a file that {self._file} includes."
            raise ConfigError(f"there is no profile {name} in [{kind}]", hint)
        return parent


def _update(table: Any, values: Mapping[str, Any]) -> None:
    for key in [key for key in table if key not in values]:
        del table[key]
    for key, value in values.items():
        if key in table and table[key] == value:
            continue
        table[key] = _item(value)


def _plain(value: Any) -> Any:
    """Return a value as it is read back: tables and lists of Python's own."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return "nan" if value != value else value  # what is no number is equal to nothing, not even to itself


def meaning_of(document: tomlkit.TOMLDocument) -> dict[str, Any]:
    """Return what a document says, as another library reads it. Raises TOMLDecodeError."""
    meaning: dict[str, Any] = _plain(tomllib.loads(tomlkit.dumps(document)))
    return meaning


def _item(value: Any) -> Any:
    """Make a TOML value; tables inside a profile are on one line, as a person would write them."""
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
