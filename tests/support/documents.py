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
_FENCE = re.compile(r"^ *(?:`{3,}|~{3,})", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
#: what is named in sentences without its arguments
_COMMAND = re.compile(r"pstui (?:icm|Invoke-Command|cp|log|run|replay)(?: --(?!help)[\w-]+)*")
_INLINE = re.compile(r"(?<!`)`(pstui [^`]+)`(?!`)")


def name(path: Path) -> str:
    """Return a document's name, for the id of a test."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sentences(path: Path) -> str:
    """Return a document without its blocks of code."""
    return _BLOCK.sub("", text_of(path))


def spans(path: Path) -> list[str]:
    """Return what stands between backticks in the sentences of a document."""
    return re.findall(r"`([^`]+)`", sentences(path))


def blocks(path: Path, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return [match[3] for match in _BLOCK.finditer(text_of(path)) if match[2] == language]


def languages(path: Path) -> list[str]:
    """Return what language each block of code says it is in. Raises ValueError where a fence is not one of a block."""
    found = [match[2] for match in _BLOCK.finditer(text_of(path))]
    if len(_FENCE.findall(text_of(path))) != 2 * len(found):
        raise ValueError(f"{name(path)} has a fence that begins or ends no block")
    return found


def links(path: Path) -> Iterator[str]:
    """Yield where the links and pictures of a document lead, but for those to other places."""
    for target in _LINK.findall(sentences(path)):
        if "://" not in target:
            yield target


def anchors(path: Path) -> set[str]:
    """Return what a link may name of a document: its headings, as GitHub and MkDocs write them."""
    titles = re.findall(r"^#+ (.+)$", sentences(path), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", title.casefold()).strip()) for title in titles}


def inline_calls(path: Path) -> list[str]:
    """Return the calls inside sentences that can be made as they stand: no mere command, no capitals for a name."""
    found = _INLINE.findall(sentences(path))
    whole = [call for call in found if "…" not in call and not re.search(r"\b[A-Z]{3,}\b", call)]
    return [call for call in whole if not _COMMAND.fullmatch(call)]
