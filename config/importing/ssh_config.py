"""The hosts of ssh_config: ``Host`` lines without wildcards, with what pstui can use of their settings.

Settings are blocks in the order in which ssh reads them, ``Include`` followed; the first value of a keyword counts."""

from __future__ import annotations

import glob
import itertools
import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pstui.config.importing.model import MAX_HOSTS, ImportedHost, is_host, tidy

#: bounds of what is read: bytes of an included file, files, files inside files (ssh's own limit), blocks with wildcards
MAX_INCLUDED, MAX_FILES, MAX_NESTED, MAX_PATTERNS = 1 << 20, 100, 16, 200
#: patterns that all must hold; each is one ``Host`` or ``Match`` line
Condition = tuple[tuple[str, ...], ...]
_NEVER: tuple[str, ...] = ()


@dataclass(slots=True)
class Block:
    """What follows one ``Host`` or ``Match`` line: the first values by keyword in lower case."""

    condition: Condition
    values: dict[str, str] = field(default_factory=dict)

    def applies(self, name: str) -> bool:
        """Whether ssh would read it for a host."""
        return all(matches(patterns, name) for patterns in self.condition)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The only hosts it can apply to; None where a wildcard leaves that open."""
        exact = [patterns for patterns in self.condition if all(is_name(each) for each in patterns)]
        return exact[0] if exact else None


@dataclass(slots=True)
class Config:
    """All that was read: the hosts that are named, the blocks, the files, and what is to be told."""

    names: dict[str, None] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def values(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each host with its settings; of several values of one keyword the first one counts."""
        exact: dict[str, list[int]] = {}
        open_ones = []
        for number, block in enumerate(self.blocks):
            if (names := block.names) is None:
                open_ones.append(number)
            else:
                for name in names:
                    exact.setdefault(name.casefold(), []).append(number)
        if len(open_ones) > MAX_PATTERNS:
            self.notes.append(f"Only the first {MAX_PATTERNS} lines with wildcards are looked at.")
            del open_ones[MAX_PATTERNS:]
        for name in self.names:
            found: dict[str, str] = {}
            for number in sorted({*open_ones, *exact.get(name.casefold(), ())}):
                if self.blocks[number].applies(name):
                    for key, value in self.blocks[number].values.items():
                        found.setdefault(key, value)
            yield name, found


def read_config(file: Path, text: str | None = None) -> Config:
    """Read a file and those that it includes; ``text`` is what the file holds, if it was read already.

    A relative ``Include`` is looked for beside the file, and if it is not there, in ``~/.ssh``, as ssh does.
    """
    config = Config()
    _Reader(config, file.parent).read(file, text, (), ())
    return config


class _Reader:
    def __init__(self, config: Config, folder: Path) -> None:
        self._config, self._folder = config, folder

    def read(self, file: Path, text: str | None, condition: Condition, above: tuple[Path, ...]) -> None:
        """Read one file, whose lines hold under a condition; ``above`` are the files that led to it."""
        if file in above or len(above) > MAX_NESTED or len(self._config.files) >= MAX_FILES:
            self._config.notes.append(f"{tidy(file.name)} is included too often or too deeply; it was left out there.")
            return
        if text is None and (text := self._text(file)) is None:
            return
        self._config.files.append(file)
        block = self._block(condition)
        for line in text.splitlines():
            word, values = read_line(line)
            if word in ("host", "match"):
                block = self._block((*condition, self._patterns(word, values)))
            elif word == "include":
                for pattern in values:
                    for found in self._included(pattern):
                        self.read(found, None, block.condition, (*above, file))
                block = self._block(block.condition)
            elif word and values:
                block.values.setdefault(word, tidy(values[0]))

    def _block(self, condition: Condition) -> Block:
        block = Block(condition)
        self._config.blocks.append(block)
        return block

    def _patterns(self, word: str, values: list[str]) -> tuple[str, ...]:
        if word == "match":
            return _match_patterns(values)
        names = self._config.names
        names |= dict.fromkeys(itertools.islice((each for each in values if is_name(each)), MAX_HOSTS - len(names)))
        return tuple(values)

    def _text(self, file: Path) -> str | None:
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                return None
            with file.open("rb") as stream:
                return stream.read(MAX_INCLUDED).decode("utf-8", "replace")
        except OSError as error:
            self._config.notes.append(f"{tidy(file.name)} cannot be read ({error.strerror}).")
            return None

    def _included(self, pattern: str) -> list[Path]:
        path = os.path.expanduser(pattern)  # noqa: PTH111  a pattern, not yet a path
        folders = [Path(path).parent] if Path(path).is_absolute() else [self._folder, Path.home() / ".ssh"]
        for folder in folders:
            found = itertools.islice(glob.iglob(str(folder / path)), MAX_FILES)  # noqa: PTH207  may be absolute
            if files := sorted(found):
                return [Path(each) for each in files]
        return []


def _match_patterns(values: list[str]) -> tuple[str, ...]:
    """Return the patterns of a ``Match`` line that asks for hosts only; whatever else it asks never holds here."""
    words = [value.casefold() for value in values]
    if words == ["all"]:
        return ("*",)
    if len(values) == 2 and words[0] in ("host", "originalhost"):
        return tuple(values[1].split(","))
    return _NEVER


def read_line(line: str) -> tuple[str, list[str]]:
    """Return the keyword in lower case and its values; both empty for a comment or what cannot be read."""
    text = line.strip()[:4096]
    if not text or text.startswith("#"):
        return "", []
    word = text.split(None, 1)[0].partition("=")[0]
    rest = text[len(word) :].strip().removeprefix("=").strip()
    lexer = shlex.shlex(rest, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "#", ""
    try:
        return word.lower(), list(lexer)
    except ValueError:
        return "", []


def is_name(pattern: str) -> bool:
    """Whether a pattern of a ``Host`` line is one host's name."""
    return pattern.isprintable() and not pattern.startswith(("!", "-")) and not any(c in pattern for c in "*? @/\\")


def matches(patterns: tuple[str, ...], name: str) -> bool:
    """Whether a ``Host`` line means a host: one pattern fits, and none with an exclamation mark does."""
    found = False
    for pattern in patterns:
        if _fits(pattern.removeprefix("!"), name):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _fits(pattern: str, name: str) -> bool:
    """Whether one pattern of ``*`` and ``?`` means a name. The last star alone takes more, so no pattern takes long."""
    pattern, name = pattern.casefold(), name.casefold()
    at = here = 0
    star, taken = -1, 0
    while here < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, taken = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            taken += 1
            at, here = star + 1, taken
        else:
            return False
    return not pattern[at:].strip("*")


def read(file: Path, text: str) -> tuple[list[ImportedHost], list[str]]:
    """Return the hosts of a file and of those it includes, and what is to be told.

    The name is enough, and everything else stays there; a file that ssh does not read by itself is named beside it.
    """
    config = read_config(file, text)
    if _is_own(file):
        return [ImportedHost(name, "", "hosts", {"host_name": name}) for name in config.names], config.notes
    return list(_hosts(config, file)), config.notes


def _is_own(file: Path) -> bool:
    """Whether ssh reads the file by itself: it is the user's or the system's, or one that these include."""
    wanted = file.resolve()
    roots = (Path.home() / ".ssh" / "config", Path("/etc/ssh/ssh_config"))
    if any(wanted == root.resolve() for root in roots):
        return True
    return any(wanted == each.resolve() for root in roots if root.is_file() for each in read_config(root).files)


def _hosts(config: Config, file: Path) -> Iterator[ImportedHost]:
    """Yield the hosts of a file that is not one's own: it goes on being read, jump hosts by alias included."""
    for name, said in config.values():
        target = said.get("hostname", name).replace("%h", name)
        if not is_host(target) or "%" in target:
            yield ImportedHost(name, skipped=f"its HostName {target} cannot be used")
            continue
        values = {"host_name": name, "ssh_config": str(file.absolute())}
        yield ImportedHost(name, "", "hosts", values, note=f"leads to {target}" if target != name else "")
