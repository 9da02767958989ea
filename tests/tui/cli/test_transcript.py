"""``--transcript FILE``: on disk at once, nobody else's to read, nothing lost."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pstui.backends.errors import CallError
from pstui.tui.cli.transcript_file import TranscriptFile


def test_a_line_is_on_disk_before_the_next_one_comes(tmp_path: Path) -> None:
    path = tmp_path / "work.log"
    sink = TranscriptFile(path)
    sink.line("[db]: PS /srv> Get-Date")
    assert path.read_text() == "[db]: PS /srv> Get-Date\n"
    sink.line("größer ✓")
    sink.close()
    sink.close()
    assert path.read_bytes() == "[db]: PS /srv> Get-Date\ngrößer ✓\n".encode()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "work.log"
    TranscriptFile(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_older_file_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "work.log"
    path.write_text("yesterday, without an end")
    sink = TranscriptFile(path)
    sink.line("today")
    sink.close()
    assert path.read_text() == "yesterday, without an end\ntoday\n"


def test_halves_of_characters_do_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "work.log"
    sink = TranscriptFile(path)
    sink.line("a\ud800b \ud83d\ude00")
    sink.close()
    assert path.read_text() == "a\ufffdb \U0001f600\n"


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, tmp_path / "missing" / "work.log", Path("/dev/null")):
        with pytest.raises(CallError, match="transcript"):
            TranscriptFile(path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resource limits of Linux")
def test_a_full_disk_is_told_once_and_the_session_goes_on(tmp_path: Path) -> None:
    import resource
    import signal

    told: list[str] = []
    sink = TranscriptFile(tmp_path / "work.log", told.append)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        for _ in range(3):
            sink.line("more than ten bytes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert len(told) == 1
    assert sink.problem == told[0]
    assert "work.log" in sink.problem
    sink.close()
