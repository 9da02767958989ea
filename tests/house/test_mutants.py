"""Each planted fault still fits the file it is planted in, and the tests that must catch it are there."""

from __future__ import annotations

import pytest

from tests.mutants.edits import EDITS, Edit
from tests.support import syntax
from tests.support.paths import ROOT


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.what)
def test_a_planted_fault_fits(edit: Edit) -> None:
    text = (ROOT / edit.file).read_text(encoding="utf-8")
    assert edit.old in text and edit.old != edit.new
    syntax.tree(text.replace(edit.old, edit.new))
    for test in edit.tests:
        file, _, name = test.partition("::")
        assert f"def {name}" in (ROOT / "tests" / file).read_text(encoding="utf-8")
