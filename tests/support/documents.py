"""The documents of the repository as tests read them: their blocks of code, their links, their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
#: what a user reads: README and the pages
FOR_USERS = (ROOT / "README.md", *PAGES)
ALL = (*(ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")), *FOR_USERS)

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
#: what is named in sentences without its arguments
_COMMAND = re.compile(r"pstui (?:icm|Invoke-Command|cp|log|run|replay)(?: --(?!help)[\w-]+)*")
_INLINE = re.compile(r"(?<!`)`(pstui [^`]+)`(?!`)")


def name(path: Path) -> str:
    """Return a document's name, for the id of a test."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return [match[3] for match in _BLOCK.finditer(text_of(path)) if match[2] == language]


def links(path: Path) -> Iterator[str]:
    """Yield where the links and pictures of a document lead, but for those to other places."""
    for target in _LINK.findall(_BLOCK.sub("", text_of(path))):
        if "://" not in target:
            yield target


def anchors(path: Path) -> set[str]:
    """Return what a link may name of a document: its headings, as GitHub and MkDocs write them."""
    titles = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", title.casefold()).strip()) for title in titles}


def inline_calls(path: Path) -> list[str]:
    """Return the calls inside sentences that can be made as they stand: no mere command, no capitals for a name."""
    found = _INLINE.findall(_BLOCK.sub("", text_of(path)))
    whole = [call for call in found if "…" not in call and not re.search(r"\b[A-Z]{3,}\b", call)]
    return [call for call in whole if not _COMMAND.fullmatch(call)]
