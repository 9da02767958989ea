"""Reading TOML so that one damaged place does not hide the rest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pstui.config.problems import Problem

_HEADER = re.compile(r"^[ \t]*\[")
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")

#: Largest profile file read, in bytes.
MAX_FILE = 16 * 1024 * 1024


def read_text(file: Path) -> tuple[str, list[Problem]]:
    """Read a file as UTF-8; what cannot be read is a problem, never an exception. A missing file is empty."""
    try:
        raw = file.read_bytes()
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
    try:
        return tomllib.loads(text), []
    except (tomllib.TOMLDecodeError, RecursionError):
        return _salvage(text, file)


def _salvage(text: str, file: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Parse each table on its own and merge those that are whole."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for first, chunk in _chunks(text):
        try:
            table = tomllib.loads(chunk)
        except tomllib.TOMLDecodeError as error:
            place = _PLACE.search(str(error))
            line = first + int(place[1]) - 1 if place else first
            message = _PLACE.sub("", str(error)).strip().rstrip(".")
            problems.append(Problem(file, f"{message}.", table=_table_name(chunk), line=line))
        except RecursionError:
            problems.append(Problem(file, "is nested too deeply here.", line=first))
        else:
            if not _merge(found, table):
                problems.append(Problem(file, "stands twice.", table=_table_name(chunk), line=first))
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
