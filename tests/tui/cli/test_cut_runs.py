"""A run that is cut: exit code and streams as stated, nothing left behind. ``tests.support.cut_runs`` does many."""

from __future__ import annotations

import os
import sys

import pytest

from tests.support.cut_runs import WAYS, cut_run, main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for what is left in /proc")


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_is_cut_in_the_middle(way: str) -> None:
    cut = cut_run(way, 0.05, begun=True)
    assert cut.wrong == "", f"exit code {cut.code}"


@pytest.mark.timeout(3600)
@pytest.mark.skipif(not os.environ.get("PSTUI_FULL_TIMES"), reason="200 runs take minutes: set PSTUI_FULL_TIMES=1")
def test_two_hundred_runs_that_are_cut_at_random_moments() -> None:
    assert main(200, seed=1) == 0
