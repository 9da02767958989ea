"""Connections harmed at every step on every way: each ends in a documented state, within its limit, with a word."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harmed_runs import Case, Run, cases
from tests.support.harmed_ways import LIMIT, PATIENT, WAYS, shorten, winrm
from tests.support.winrm_fixture import WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_runs import a_new_run, short_pauses

__all__ = ["a_new_run", "short_pauses", "winrm_endpoint"]

#: as many shells as there are cases: what is harmed may leave one behind
WINRM = WinRMOptions(arguments=["--scale", "0.05", "--max-shells", "10000"])
#: how many cases of each way are run; `make faults` runs them all
SAMPLE = int(os.environ.get("PSTUI_FAULTS", "6"))


def chosen(way: str) -> list[Case]:
    """Some cases of a way, always the same."""
    found = list(cases())
    return random.Random(f"{way} 18").sample(found, min(SAMPLE, len(found)))


def sample() -> Iterator[tuple[str, Case]]:
    """Some cases of each way that needs nothing but this process."""
    yield from ((way, case) for way in WAYS for case in chosen(way))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a name short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="h") as made:
        yield Path(made)


@pytest.mark.parametrize(("way", "case"), [pytest.param(*one, id=f"{one[0]}-{one[1].name}") for one in sample()])
async def test_a_harmed_way(way: str, case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(case, monkeypatch)
    async with WAYS[way](folder, monkeypatch) as made:
        await Run(case, made).suffer()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in chosen("winrm")])
async def test_a_harmed_winrm(case: Case, winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(case, monkeypatch)
    async with winrm(winrm_endpoint) as made:
        await Run(case, made).suffer()


def limited(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the limits short that the harm runs into."""
    slow, opens = case.kind == "slow", case.step == "opening"
    shorten(monkeypatch, LIMIT if opens and not slow else PATIENT, PATIENT if slow else LIMIT)
