"""Profiles as they are in their files: read, checked against the schema, every problem told at once.

The TOML is read so that one damaged place does not hide the rest.
"""

from __future__ import annotations

import contextlib
import gc
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pstui.config.glimpse import NotPlainError, tables_alone
from pstui.config.paths import expanded, is_file
from pstui.config.problems import Problem, nearest
from pstui.config.schema import Field, Kind, Schema, value_problem

_HEADER = re.compile(r"^[ \t]*\[")
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")

#: Largest profile file read, in bytes.
MAX_FILE = 16 * 1024 * 1024


def read_text(file: Path) -> tuple[str, list[Problem]]:
    """Read a file as UTF-8; what cannot be read is a problem, never an exception. A missing file is empty."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return "", [Problem(file, "is not a file.")]  # a pipe or a device may never end
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE + 1)
    except FileNotFoundError:
        return "", []
    except OSError as error:
        return "", [Problem(file, f"cannot be read: {error.strerror or error}.")]
    if len(raw) > MAX_FILE:
        return "", [Problem(file, f"is larger than {MAX_FILE // (1024 * 1024)} MiB and was not read.")]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        text = raw.decode("utf-8", "replace")
        return text, [Problem(file, "is not UTF-8 here.", line=line)]


def parse(text: str, file: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Parse TOML. Where it is damaged, the tables that are whole are returned beside the problems."""
    import tomllib  # most calls from a shell have no file

    try:
        return tomllib.loads(text), []
    except (ValueError, RecursionError):  # a number may have more digits than Python converts
        return _salvage(text, file)


def _salvage(text: str, file: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Parse each table on its own and merge those that are whole."""
    import tomllib

    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for first, chunk in _chunks(text):
        try:
            table = tomllib.loads(chunk)
        except tomllib.TOMLDecodeError as error:
            place = _PLACE.search(str(error))
            line = first + int(place[1]) - 1 if place else first
            message = f"{_PLACE.sub('', str(error)).strip().rstrip('.')}."
            if "Unescaped" in message:
                message += " Write 'CONTOSO\\admin', between single quotes."
            problems.append(Problem(file, message, table=_table_name(chunk), line=line))
        except ValueError:
            problems.append(Problem(file, "holds a number that is too long.", table=_table_name(chunk), line=first))
        except RecursionError:
            problems.append(Problem(file, "is nested too deeply here.", line=first))
        else:
            if not _merge(found, table):
                problems.append(Problem(file, "is defined twice.", table=_table_name(chunk), line=first))
    if not problems:
        problems.append(Problem(file, "is not valid TOML as a whole."))
    return found, problems


def _chunks(text: str) -> list[tuple[int, str]]:
    """Split at lines that open a table; each piece comes with the number of its first line."""
    chunks: list[tuple[int, list[str]]] = [(1, [])]
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if _HEADER.match(line):
            chunks.append((number, []))
        chunks[-1][1].append(line)
    return [(number, "".join(lines)) for number, lines in chunks if lines]


def _table_name(chunk: str) -> str:
    return chunk.lstrip().split("\n", 1)[0].partition("[")[2].partition("]")[0].strip()


def _merge(into: dict[str, Any], table: dict[str, Any]) -> bool:
    """Merge a parsed piece; False when a key would be overwritten."""
    for key, value in table.items():
        if key not in into:
            into[key] = value
        elif isinstance(into[key], dict) and isinstance(value, dict):
            if not _merge(into[key], value):
                return False
        else:
            return False
    return True


#: How deep one file may include another.
MAX_INCLUDES = 8


@dataclass(frozen=True, slots=True)
class Profile:
    """One saved target: ``kind`` is its table (hosts, vms, containers), ``values`` its keys as written."""

    kind: str
    name: str
    values: Mapping[str, Any]
    file: Path

    @property
    def group(self) -> str:
        """The group path, parts separated by ``/``; empty for none."""
        return str(self.values.get("group", ""))

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, as written."""
        return tuple(self.values.get("tags", ()))


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything the files say. ``profiles`` holds only the good ones; ``problems`` is empty when all is well."""

    file: Path
    profiles: tuple[Profile, ...] = ()
    credentials: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    single: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()
    #: the file in which each credential is
    credential_files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    #: what ``[groups."Prod/Web"]`` passes down, and what ``[tags.sql]`` says, by the names as they are written
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    tags: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    #: the file in which each group is
    group_files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    #: the names, as ``folded`` has them, of groups and tags that have a problem: what is in them is not to be used
    wrong_groups: frozenset[str] = frozenset()
    wrong_tags: frozenset[str] = frozenset()

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table that exists only once (defaults, settings); empty when absent."""
        return self.single.get(name, {})

    def by_kind(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Return the profiles of one table by name."""
        return {profile.name: profile.values for profile in self.profiles if profile.kind == kind}


def folded(path: str) -> str:
    """Return a group path as it is compared: without regard to case, and to slashes at its ends."""
    return path.casefold().strip("/")


def load(file: Path, schema: Schema) -> Configuration:
    """Read a profile file and what it includes. Never raises for what the files hold."""
    reader = _Reader(schema)
    with _no_collection():
        reader.read(file, 0)
    return reader.result(file)


def glimpse(file: Path, single: Mapping[str, Mapping[str, Field]]) -> Configuration | None:
    """Read only tables that exist once, with these fields, and hold nothing against them that is wrong elsewhere.

    They are as ``load`` reads them. None where that cannot be known without reading everything.
    """

    def parsed(text: str, file: Path) -> tuple[dict[str, Any], list[Problem]]:
        return tables_alone(text, tuple(single)), []

    reader = _Reader(Schema(named={}, single=single), parsed)
    try:
        reader.read(file, 0)
    except NotPlainError:
        return None
    return replace(reader.result(file), problems=())


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector away: parsing makes many objects and drops none of them in circles.

    Its passes are a third of the time that a file of a thousand profiles takes.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Reader:
    """Collects profiles and problems over the files."""

    def __init__(
        self, schema: Schema, parse: Callable[[str, Path], tuple[dict[str, Any], list[Problem]]] = parse
    ) -> None:
        self._schema, self._parse = schema, parse
        self._profiles: dict[tuple[str, str], Profile] = {}
        self._credentials: dict[str, Mapping[str, Any]] = {}
        self._credential_files: dict[str, Path] = {}
        self._wrong_credentials: set[str] = set()
        #: groups and tags
        self._shared: dict[str, dict[str, Mapping[str, Any]]] = {"groups": {}, "tags": {}}
        self._shared_files: dict[str, dict[str, Path]] = {"groups": {}, "tags": {}}
        self._wrong: dict[str, set[str]] = {"groups": set(), "tags": set()}
        self._single: dict[str, dict[str, Any]] = {}
        self._problems: list[Problem] = []
        self._seen: set[Path] = set()
        self._references: list[tuple[Path, str, str, str]] = []

    def result(self, file: Path) -> Configuration:
        for place, table, key, name in self._references:
            if name in self._wrong_credentials:
                said = f"[credentials.{name}] cannot be used before it is corrected."
                self._problems.append(Problem(place, said, table, key))
            elif name not in self._credentials:
                close = nearest(name, (*self._credentials, *self._wrong_credentials))
                self._problems.append(Problem(place, f"there is no [credentials.{name}].", table, key, nearest=close))
        return Configuration(
            file,
            tuple(self._profiles.values()),
            self._credentials,
            self._single,
            tuple(self._problems),
            self._credential_files,
            self._shared["groups"],
            self._shared["tags"],
            self._shared_files["groups"],
            frozenset(self._wrong["groups"]),
            frozenset(self._wrong["tags"]),
        )

    def read(self, file: Path, depth: int) -> None:
        real = file.resolve()
        if real in self._seen:
            return
        self._seen.add(real)
        text, problems = read_text(file)
        self._problems += problems
        data, problems = self._parse(text, file)
        self._problems += problems
        for name, content in data.items():
            if name == "include":
                self._include(file, content, depth)
            elif name in self._schema.named:
                self._named(file, name, content)
            elif name in self._schema.single:
                self._once(file, name, content)
            else:
                known = [*self._schema.named, *self._schema.single, "include"]
                self._say(file, name, "", "is not known.", nearest(name, known))

    def _include(self, file: Path, content: Any, depth: int) -> None:
        names = [content] if isinstance(content, str) else content
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self._say(file, "", "include", "must be a list of file names.")
        elif depth >= MAX_INCLUDES:
            self._say(file, "", "include", f"goes deeper than {MAX_INCLUDES} files.")
        else:
            for name in names:
                other = file.parent / expanded(name)
                if is_file(other):
                    self.read(other, depth + 1)
                else:
                    self._say(file, "", "include", f"{other} is not a file.")

    def _named(self, file: Path, kind: str, content: Any) -> None:
        if not isinstance(content, dict):
            self._say(file, kind, "", f"must hold tables such as [{kind}.name].")
            return
        for name, values in content.items():
            table = f"{kind}.{name}"
            if not isinstance(values, dict):
                self._say(file, kind, name, f"must be a table: write [{table}].")
            elif not self._checked(file, table, values, self._schema.named[kind]):
                if kind == "credentials":
                    self._wrong_credentials.add(name)
                elif kind in self._wrong:
                    self._wrong[kind].add(folded(name))
            elif kind in self._shared:
                self._share(file, kind, name, values)
            elif kind == "credentials":
                self._credentials[name] = values
                self._credential_files[name] = file
            elif self._has_target(file, kind, table, values):
                self._add(file, kind, name, values)

    def _share(self, file: Path, kind: str, name: str, values: dict[str, Any]) -> None:
        there, files = self._shared[kind], self._shared_files[kind]
        first = next((other for other in there if folded(other) == folded(name)), None)
        if first is not None:
            self._say(file, f"{kind}.{name}", "", f"is already in {files[first]} as {first}; that one is used.")
        else:
            there[name], files[name] = values, file

    def _add(self, file: Path, kind: str, name: str, values: dict[str, Any]) -> None:
        if (kind, name) in self._profiles:
            first = self._profiles[kind, name].file
            self._say(file, f"{kind}.{name}", "", f"is already in {first}; that one is used.")
        else:
            self._profiles[kind, name] = Profile(kind, name, values, file)

    def _once(self, file: Path, name: str, content: Any) -> None:
        if not isinstance(content, dict):
            self._say(file, name, "", "must be a table.")
            return
        good = {key: value for key, value in content.items() if self._key(file, name, key, value, self._fields(name))}
        self._single.setdefault(name, {}).update(good)

    def _fields(self, name: str) -> Mapping[str, Field]:
        return self._schema.single[name]

    def _has_target(self, file: Path, kind: str, table: str, values: dict[str, Any]) -> bool:
        targets = self._schema.targets.get(kind, ())
        given = [key for key in targets if key in values]
        if len(given) == 1 or not targets:
            return True
        wanted = " or ".join(targets)
        said = f"needs {wanted}." if not given else f"has {' and '.join(given)}; one of them decides, keep one."
        self._say(file, table, "", said)
        return False

    def _checked(self, file: Path, table: str, values: dict[str, Any], fields: Mapping[str, Field]) -> bool:
        """Check every key of a table, so that all its problems are told."""
        verdicts = [self._key(file, table, key, value, fields) for key, value in values.items()]
        return all(verdicts)

    def _key(self, file: Path, table: str, key: str, value: Any, fields: Mapping[str, Field]) -> bool:
        if not fields:
            return True
        spec = fields.get(key)
        if spec is None:
            below = table.startswith("groups.") and isinstance(value, dict)
            path = f"{table.removeprefix('groups.')}/{key}"
            said = f'is not known. For the group below write [groups."{path}"].' if below else "is not known."
            self._say(file, table, key, said, nearest(key, fields))
            return False
        if wrong := value_problem(value, spec):
            close = nearest(value, spec.choices) if isinstance(value, str) and spec.choices else ""
            self._say(file, table, key, f"{wrong}.", close)
            return False
        if spec.kind is Kind.TABLE:
            return self._checked(file, f"{table}.{key}", value, spec.fields)
        if spec.kind is Kind.CREDENTIAL:
            self._references.append((file, table, key, value))
        return True

    def _say(self, file: Path, table: str, key: str, message: str, close: str = "") -> None:
        self._problems.append(Problem(file, message, table, key, nearest=close))
