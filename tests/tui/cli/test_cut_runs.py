"""A run that is cut: exit code and streams as stated, nothing left behind. ``tests.support.cut_runs`` does many."""

from __future__ import annotations

import sys

import pytest

from tests.support.cut_runs import WAYS, cut_run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for what is left in /proc")


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_is_cut_in_the_middle(way: str) -> None:
    cut = cut_run(way, 0.05, begun=True)
    assert cut.wrong == "", f"exit code {cut.code}"
