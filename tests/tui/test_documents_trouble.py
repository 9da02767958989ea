"""What docs/trouble.md says that pstui says is said by it: each symptom is a sentence of the product."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.documents import text_of
from tests.support.paths import ROOT

#: characters that may stand between two words of a symptom: names and numbers that the page leaves out
GAP = r".{0,45}?"


def symptoms() -> list[str]:
    """Return what stands in the first column, row by row, cut at semicolons."""
    rows = re.findall(r"^\| ([^|]+) \| ", text_of(ROOT / "docs" / "trouble.md"), re.MULTILINE)
    return [part.strip() for row in rows if row not in ("it says", "---") for part in row.split(";")]


@cache
def sentences() -> str:
    """Return every text that the backends hold, one a line."""
    found: list[str] = []
    for path in sorted((ROOT / "backends").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(" ".join(one.split()) for one in found).casefold()


def is_said(symptom: str) -> bool:
    words = re.findall(r"[\w']+", symptom.casefold())
    return re.search(GAP.join(rf"\b{re.escape(word)}\b" for word in words), sentences()) is not None


def test_what_nobody_says_is_not_found() -> None:
    assert not is_said("the moon does not answer")


@pytest.mark.parametrize("symptom", symptoms())
def test_a_symptom_is_a_sentence_of_the_product(symptom: str) -> None:
    assert is_said(symptom)
