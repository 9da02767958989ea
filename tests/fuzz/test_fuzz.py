"""Each fuzzer for a moment: the seeds, and some hundred inputs made of them."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.__main__ import mutated, subject, subjects

#: inputs of each subject; their seed is fixed, so that a run means the same everywhere
INPUTS = 150


@pytest.mark.parametrize("name", subjects())
def test_a_moment_of_fuzzing(name: str) -> None:
    found = subject(name)
    chance = random.Random(20_261_130)
    for data in found.SEEDS:
        found.check(data)
    for _ in range(INPUTS):
        data = mutated(found.SEEDS, chance)
        try:
            found.check(data)
        except BaseException as error:
            error.add_note(f"the input: {data!r}")
            raise
