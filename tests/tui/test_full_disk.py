"""A disk that takes nothing more, for every file pstui writes: what was there stays, it is said once, all goes on.

A limit of the size of files stands for the disk: the system refuses the same calls in the same way.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pstui.backends.psrp.trace_file import TraceFile
from pstui.config.history import History
from pstui.config.problems import ConfigError
from pstui.config.store import ProfileStore
from pstui.tui.cli import crash
from pstui.tui.cli.transcript_file import TranscriptFile
from pstui.tui.profiles.undo import Step, UndoFile
from pstui.tui.workspace.state import SavedTab, StateFile, WorkspaceState

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resource limits of Linux")

#: what the longest of them takes in bytes before the disk is full
ROOM = 64


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond ROOM bytes in the block."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


TEXT = "x" * 200


def profiles(folder: Path) -> str:
    store = ProfileStore(folder / "profiles.toml")
    with pytest.raises(ConfigError) as told:
        store.put("hosts", "web2", {"computer_name": TEXT})
    return f"{told.value} {told.value.hint}"


def undo(folder: Path) -> str:
    UndoFile(folder / "undo.json").save([Step("x", {folder / "a": TEXT}, {folder / "a": "1"})])
    return ""


def workspace(folder: Path) -> str:
    file = StateFile(folder / "workspace.json")
    file.save(WorkspaceState([SavedTab(line=TEXT)]))
    return file.problem


def history(folder: Path) -> str:
    kept = History(folder / "history.jsonl")
    kept.add("web1", TEXT)
    assert TEXT in kept.lines("web1"), "it is there for this run"
    return kept.problem


def transcript(folder: Path) -> str:
    told: list[str] = []
    sink = TranscriptFile(folder / "work.log", told.append)
    for _ in range(3):
        sink.line(TEXT)
    assert len(told) == 1 and "continues" in told[0]
    return told[0]


def trace(folder: Path) -> str:
    told: list[str] = []
    file = TraceFile(folder / "new.jsonl")
    file.on_problem = told.append
    for _ in range(3):
        file.write({"text": TEXT})
    assert len(told) == 1 and "continues" in told[0]
    return told[0]


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (profiles, "profiles.toml"),
        (undo, "undo.json"),
        (workspace, "workspace.json"),
        (history, "history.jsonl"),
        (transcript, "work.log"),
        (trace, ""),
    ],
)
def test_a_full_disk(write: Callable[[Path], str], name: str, tmp_path: Path) -> None:
    before = {"profiles.toml": '[hosts.web1]\ncomputer_name = "web1"\n'}.get(name, "")
    if name:
        (tmp_path / name).write_text(before)
    files = {path.name for path in tmp_path.iterdir()}
    with full_disk():
        told = write(tmp_path)
    if write is not undo:  # which costs only the way back
        assert "too large" in told or "no space" in told.casefold(), told
    left = {path.name for path in tmp_path.iterdir()} - files - {"new.jsonl", "profiles.toml.bak"}
    assert not left, "something half-written was left"
    if name in ("profiles.toml", "undo.json", "workspace.json"):
        assert (tmp_path / name).read_text() == before


def test_a_crash_report_that_cannot_be_written_is_printed(
    isolated_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_disk():
        assert crash.report(ValueError(TEXT)) == crash.EXIT_CRASH
    said = capsys.readouterr().err
    assert "no report could be written" in said and "ValueError" in said
    assert not [path for path in isolated_home.rglob("crash-*") if path.is_file()]
