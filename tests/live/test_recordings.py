"""A recording taken anew from the real client and server is one that pstui plays as it plays those that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.sessions.test_recordings import stage, unlike
from tests.support.powershell import pwsh
from tests.support.record import record

NAME = "basics"


async def test_a_new_recording_is_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pwsh()
    taken = tmp_path / "taken"
    taken.mkdir()
    record(NAME, taken)
    for module in ("tests.support.screens", "tests.backends.sessions.test_recordings"):
        monkeypatch.setattr(f"{module}.RECORDINGS", taken)
    async with stage(NAME, tmp_path / "stage", monkeypatch) as scene:
        assert unlike(NAME, await scene.play()) == ""
    noted = scene.noted()
    assert (noted.violations, noted.of("difference"), noted.of("unrecorded")) == ([], [], [])
