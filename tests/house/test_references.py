"""What the sources refer to is there: sections of docs/protocol-notes.md, and files named by their path."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support import syntax

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("tui", "backends", "config", "tests", "docs")
#: text at the top of the repository that names files
TOP = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md")
NOTES = ROOT / "docs" / "protocol-notes.md"

SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TEXTS = sorted([*(ROOT / name for name in TOP), *(path for room in ROOMS for path in (ROOT / room).rglob("*.md"))])

_HEADING = re.compile(r"^#{2,6} (?P<number>\d+(?:\.\d+)?)\.? ", re.MULTILINE)
# A list of sections may go on over the end of a line, also of a comment: "protocol-notes 2.4–2.9,\n#: 3.1 and 4".
_GAP = r"[ \t]*(?:\n[ \t]*(?:#:?[ \t]*)?)?"
_NUMBER = r"\d+(?:\.\d+)?(?![\d\w])"
_REFERENCE = re.compile(
    rf"protocol-notes(?:\.md)?`*(?=[\s\d]){_GAP}"
    rf"(?P<numbers>{_NUMBER}(?:{_GAP}(?:,|–|-|and|or){_GAP}{_NUMBER}(?!{_GAP}(?:KiB|MiB|ms|s|bytes)\b))*)"
)
#: the paper that the notes took the place of: its name before a number or a section, or in the name of a file
_OLD_PAPER = re.compile(r"\bsemantics,?[\s#:]+(?:section\s+)?\d|\bsemantics,\s+head\b|-semantics\.md", re.IGNORECASE)
_PATH = re.compile(
    r"(?<![\w./*-])(?P<path>(?:tests|docs|backends|config|tui)/[\w./*-]*\.(?:py|md|tcss|toml|json))(?![\w*/-])"
)


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def comments(path: Path) -> Iterator[str]:
    """Yield a module's comments, those on consecutive lines as one, and its docstrings."""
    source = read(path)
    last, lines = -1, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != last + 1:
            yield "\n".join(lines)
            lines = []
        last = token.start[0]
        lines.append(token.string)
    yield "\n".join(lines)
    for node in ast.walk(syntax.tree(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def prose(path: Path) -> Iterator[str]:
    """Yield what a file says to its reader: all of a text, the comments and docstrings of a module."""
    if path.suffix == ".py":
        yield from comments(path)
    else:
        yield read(path)


def references(text: str) -> Iterator[str]:
    """Yield every section of the notes that a text refers to, both ends of a range too."""
    for found in _REFERENCE.finditer(text):
        yield from re.findall(r"\d+(?:\.\d+)?", found["numbers"])


def exists(path: str) -> bool:
    """Return whether a path or a pattern leads to a file here; NAME in capitals stands for any name."""
    pattern = re.sub(r"\bNAME", "*", path)
    return any(ROOT.glob(pattern))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def sections() -> list[str]:
    return [found["number"] for found in _HEADING.finditer(read(NOTES))]


def test_the_sections_of_the_notes_are_numbered_without_gaps() -> None:
    expected, chapter, part = list[str](), 0, 0
    for number in sections():
        chapter, part = (chapter, part + 1) if "." in number else (chapter + 1, 0)
        expected.append(f"{chapter}.{part}" if part else str(chapter))
    assert sections() == expected
    assert expected


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(protocol-notes 3.3)", ["3.3"]),
        ("docs/protocol-notes.md 3", ["3"]),
        ("protocol-notes 2.4–2.9, 3.1 and 4.", ["2.4", "2.9", "3.1", "4"]),
        ("protocol-notes 2.9,\n#: 3.11", ["2.9", "3.11"]),
        ("protocol-notes\n    6.1, limits", ["6.1"]),
        ("protocol-notes 6.1, error 2100", ["6.1"]),
        ("protocol-notes 6.1, 32 KiB", ["6.1"]),
        ("the protocol-notes, in 3 parts", []),
    ],
)
def test_references_are_read_as_they_are_written(text: str, numbers: list[str]) -> None:
    assert list(references(text)) == numbers


def test_every_reference_to_the_notes_leads_to_a_section() -> None:
    known = set(sections())
    files = [path for path in (*SOURCES, *TEXTS) if path not in (NOTES, Path(__file__).resolve())]
    found = [(name(path), each) for path in files for each in references(read(path))]
    assert found, "nothing refers to the notes any more"
    assert [each for each in found if each[1] not in known] == []


def test_nothing_refers_to_the_paper_before_the_notes() -> None:
    files = [path for path in (*SOURCES, *TEXTS) if path != Path(__file__).resolve()]
    found = [(name(path), found[0]) for path in files for found in _OLD_PAPER.finditer(read(path))]
    assert found == []


def test_every_file_that_is_named_by_its_path_is_there() -> None:
    # to take a module apart is slow, and most name no file at all
    files = [path for path in (*SOURCES, *TEXTS) if path != Path(__file__).resolve() and _PATH.search(read(path))]
    named = [(name(path), found["path"]) for path in files for text in prose(path) for found in _PATH.finditer(text)]
    assert named, "no path is found in any text"
    assert [each for each in named if not exists(each[1])] == []
