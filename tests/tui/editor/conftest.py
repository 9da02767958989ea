"""What the tests of the editor share."""

from __future__ import annotations

import pytest

from tests.support.stand_in import StandInManager


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()
