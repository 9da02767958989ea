"""docs/limits.md says what the constants say, names every budget of a message, and tests that there are."""

from __future__ import annotations

import ast

import pytest
from pstui.backends.psrp import limits

from tests.limits_table import PAGE, ROWS, Row, page
from tests.support import syntax
from tests.support.paths import ROOT


def test_the_page_is_what_the_constants_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.limits_table"


def test_every_budget_of_a_message_is_in_it() -> None:
    named = {row.place.rpartition(":")[2] for row in ROWS if row.place.startswith("backends.psrp.limits:")}
    assert named == {name for name in vars(limits) if name.startswith("MAX_")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.place)
def test_each_row_has_its_test(row: Row) -> None:
    file, _, name = row.test.partition("::")
    tree = syntax.tree((ROOT / "tests" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
