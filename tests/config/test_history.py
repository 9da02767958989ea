"""The file of typed lines: kept over runs, bounded, shared by processes, and never trusted."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.config.history import MAX_BYTES, MAX_LENGTH, MAX_LINES, History


def test_history_is_kept_over_runs_and_secrets_are_not(tmp_path: Path) -> None:
    file = tmp_path / "state" / "history.jsonl"
    history = History(file, is_secret=lambda line: "password" in line)
    for host, line in (
        ("a", "one"),
        ("a", "one"),
        ("b", "two\nlines"),
        ("a", "my password"),
        ("a", "  "),
        ("a", "one"),
    ):
        history.add(host, line)
    again = History(file)
    assert again.lines("a") == ["one"]
    assert again.lines() == ["two\nlines", "one"]
    assert "password" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 or sys.platform == "win32"


def test_history_stays_within_its_limit_and_bears_damage(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text("".join(f'{{"host": "h", "line": "l{n}"}}\n' for n in range(MAX_LINES * 5 // 4)) + "not json\n")
    history = History(file)
    history.add("h", "newest")
    assert len(file.read_text().splitlines()) == MAX_LINES
    assert History(file).lines("h")[-1] == "newest"


def test_a_disk_that_does_not_take_history_is_noted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = History(tmp_path / "file" / "history.jsonl")
    history.add("h", "line")
    assert history.lines("h") == ["line"]
    assert history.problem


def test_what_is_damaged_is_left_out_and_takes_nothing_else_with_it(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    bad = [
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"null",
        b'{"host": "h"}',
        b'{"host": 1, "line": "x"}',
        b'{"host": "h", "line": "a\\u001b]0;evil\\u0007"}',
        b'{"host": "h", "line": "a\\ud800"}',
        b'{"host": "h", "line": "  "}',
        json.dumps({"host": "h", "line": "x" * (MAX_LENGTH + 1)}).encode(),
    ]
    good = b'{"host": "h", "line": "good\\n\\tline"}'
    file.write_bytes(b"\n".join([*bad, good, b'{"host": "h", "li']))
    history = History(file)
    assert history.lines() == ["good\n\tline"] and not history.problem
    history.add("h", "behind a line that was cut off")
    assert History(file).lines() == ["good\n\tline", "behind a line that was cut off"]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_file_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.mktemp("history") / "history.jsonl"
    file.write_bytes(raw)
    History(file).add("h", "added")
    assert History(file).lines()[-1] == "added"


def test_of_a_huge_file_the_end_is_read_and_it_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    with file.open("wb") as stream:
        for number in range(2 * MAX_BYTES // 15_000 + 2):
            stream.write(json.dumps({"host": "h", "line": f"{number} " + "x" * 15_000}).encode() + b"\n")
    history = History(file)
    assert len(history.lines()) < MAX_BYTES // 15_000 + 1
    history.add("h", "newest")
    assert file.stat().st_size <= MAX_BYTES
    assert History(file).lines()[-1] == "newest"
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_processes_that_write_and_cut_at_once_lose_no_line_of_each_other(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    script = (
        "import sys; from pathlib import Path; from pstui.config import history; "
        "history.MAX_LINES = 400; kept = history.History(Path(sys.argv[1])); "
        "[kept.add(sys.argv[2], f'{sys.argv[2]} {n}') for n in range(130)]"
    )
    file.write_text("".join(f'{{"host": "old", "line": "{n}"}}\n' for n in range(495)))
    calls = [[sys.executable, "-c", script, str(file), name] for name in ("a", "b", "c")]
    running = [subprocess.Popen(call) for call in calls]
    assert [each.wait(timeout=60) for each in running] == [0, 0, 0]
    kept = History(file).lines()
    assert all(f"{name} {n}" in kept for name in ("a", "b", "c") for n in range(130))
    # A writer that sees another one's line half written begins a row of its own: an empty one is no line.
    written = [line for line in file.read_text().splitlines() if line]
    assert all(isinstance(json.loads(line)["line"], str) for line in written)
