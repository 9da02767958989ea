"""Connections harmed at every step on every way: each ends in a documented state, within its limit, with a word."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harmed_runs import Case, Run, cases
from tests.support.harmed_ways import LIMIT, PATIENT, WAYS, shorten

#: how many cases of each way are run; `make faults` runs them all
SAMPLE = int(os.environ.get("PSTUI_FAULTS", "8"))


def sample() -> Iterator[tuple[str, Case]]:
    """Some cases of each way: always the same, and of every step."""
    for way in WAYS:
        found = list(cases())
        if len(found) > SAMPLE:
            found = random.Random(f"{way} 18").sample(found, SAMPLE)
        yield from ((way, case) for case in found)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a name short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="h") as made:
        yield Path(made)


@pytest.mark.parametrize(("way", "case"), [pytest.param(*one, id=f"{one[0]}-{one[1].name}") for one in sample()])
async def test_a_harmed_way(way: str, case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, PATIENT if case.kind == "slow" else LIMIT)
    async with WAYS[way](folder, monkeypatch) as made:
        await Run(case, made).suffer()
