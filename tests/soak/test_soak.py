"""A moment of the long day: nothing grows while tabs come and go and lines run."""

from __future__ import annotations

import pytest

from tests.soak.day import live


@pytest.mark.timeout(600)
async def test_a_moment_of_a_long_day() -> None:
    day = await live(sessions=3, busy=1, seconds=0, rounds=6, looks=3, say=lambda text: None)
    assert day.opened == 3 + 8 and day.lines > 1
    assert day.is_flat, f"{day.grown} of {day.looks}"
