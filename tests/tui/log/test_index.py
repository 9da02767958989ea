"""What was logged is found again."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.records import Stream, Write
from pstui.tui.log.files import LogFiles
from pstui.tui.log.index import Found, LogIndex
from pstui.tui.log.place import About, Keeping


def log(folder: Path, *commands: tuple[str, str], host: str = "db", ends: bool = True) -> LogFiles:
    """Write a log of lines and what each of them printed."""
    files = LogFiles(Keeping(f"{folder}/{{host}}/{{date}}"))
    for line, output in commands:
        files.prompted(f"[{host}]: PS> ")
        files.began(line, About(host, "root"))
        files.wrote(Write(output, stream=Stream.ERROR if output.startswith("error") else Stream.OUTPUT))
        if ends:
            files.ended("completed", None)
    files.flush()
    if ends:
        files.close()
    return files


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LogIndex]:
    found = LogIndex(tmp_path / "state" / "logs.sqlite3")
    yield found
    found.close()


def lines(found: Found) -> list[str]:
    return [hit.line for hit in found.hits]


def test_words_of_lines_and_of_what_they_printed_are_found(tmp_path: Path, index: LogIndex) -> None:
    log(tmp_path / "logs", ("Remove-Item ./old -Recurse", "gone"), ("Get-Date", "Monday, 30 November"))
    log(tmp_path / "logs", ("Remove-Item D:\\tmp", "error: access denied"), host="web1")
    index.refresh(tmp_path / "logs")
    found = index.search("remove-item")
    assert (sorted(lines(found)), found.count, found.sessions) == (
        ["Remove-Item ./old -Recurse", "Remove-Item D:\\tmp"],
        2,
        2,
    )
    assert lines(index.search("remove denied")) == ["Remove-Item D:\\tmp"]
    assert lines(index.search("novem")) == ["Get-Date"], "the last word may be a part"
    assert lines(index.search('"; drop * -( ')) == []
    [hit] = index.search("access").hits
    assert (hit.host, hit.user, hit.outcome) == ("web1", "root", "failed")
    [hit] = index.search("monday").hits
    assert hit.path.read_bytes()[hit.at :].startswith(b"[db]: PS> Get-Date\nMonday"), "the place in the text"
    assert stat.S_IMODE((tmp_path / "state" / "logs.sqlite3").stat().st_mode) == 0o600


def test_only_what_is_new_is_read_and_what_is_gone_is_forgotten(tmp_path: Path, index: LogIndex) -> None:
    files = log(tmp_path / "logs", ("first", "one"), ends=False)
    index.refresh(tmp_path / "logs")
    assert lines(index.search("first")) == [], "a command that runs is found when it has ended"
    files.ended("completed", None)
    files.began("second", About("db"))
    files.close()
    index.refresh(tmp_path / "logs")
    index.refresh(tmp_path / "logs")
    assert lines(index.search("first")) == ["first"] and lines(index.search("second")) == ["second"]
    next(tmp_path.rglob("*.jsonl")).unlink()
    index.refresh(tmp_path / "logs")
    assert index.search("first") == Found((), 0, 0) or index.search("first").count == 0


def test_files_of_others_and_torn_lines_harm_nothing(tmp_path: Path, index: LogIndex) -> None:
    log(tmp_path / "logs", ("mine", "x"))
    [file] = (tmp_path / "logs").rglob("*.jsonl")
    with file.open("a") as open_file:
        open_file.write('[]\n{"line": 1}\nno json\n{"line": "torn", "star')
    (tmp_path / "logs" / "other.jsonl").write_text(json.dumps({"line": "foreign"}) + "\n")
    (tmp_path / "logs" / "link.jsonl").symlink_to(file)
    index.refresh(tmp_path / "logs")
    assert lines(index.search("mine")) == ["mine"]
    assert not lines(index.search("foreign")) and not lines(index.search("torn"))


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "logs.sqlite3"
    file.write_bytes(b"no database at all, but long enough to be one" * 100)
    log(tmp_path / "logs", ("mine", "x"))
    index = LogIndex(file)
    index.refresh(tmp_path / "logs")
    assert lines(index.search("mine")) == ["mine"]
    index.close()
    with contextlib.closing(sqlite3.connect(file)) as base:
        base.execute("pragma user_version = 99")
    again = LogIndex(file)
    again.refresh(tmp_path / "logs")
    assert lines(again.search("mine")) == ["mine"]
    again.close()
