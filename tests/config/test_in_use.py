"""A file that is replaced while another process has it open, which Windows refuses for that moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.config import paths
from pstui.config.paths import put_in_place


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a file is in use still."""
    left, replace = [2], Path.replace

    def refused(made: Path, file: Path) -> Path:
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        return replace(made, file)

    monkeypatch.setattr(Path, "replace", refused)
    return left


def test_on_windows_it_is_tried_again(tmp_path: Path, refusals: list[int]) -> None:
    made, file = tmp_path / "made", tmp_path / "file"
    made.write_text("new")
    file.write_text("old")
    put_in_place(made, file, "win32")
    assert file.read_text() == "new" and not made.exists()


def test_for_a_moment_and_elsewhere_not_at_all(
    tmp_path: Path, refusals: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    made.write_text("new")
    with pytest.raises(PermissionError):
        put_in_place(made, tmp_path / "file", "linux")
    assert refusals == [1]
    monkeypatch.setattr(paths, "IN_USE", -1.0)
    with pytest.raises(PermissionError):
        put_in_place(made, tmp_path / "file", "win32")
    assert refusals == [0]
