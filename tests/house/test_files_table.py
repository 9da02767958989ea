"""Each outcome that docs/files.md states has its test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support import syntax
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "files.md"
TESTS = sorted(set(re.findall(r"`tests/([\w/]+\.py)::(\w+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)))


@pytest.mark.parametrize("file, name", TESTS)
def test_the_test_is_there(file: str, name: str) -> None:
    tree = syntax.tree((Path(ROOT) / "tests" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_row_names_one() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    without = [row for row in rows if "::" not in row and not row.startswith(("| what", "| ---"))]
    assert TESTS and not without
