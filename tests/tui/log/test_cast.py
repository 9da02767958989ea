"""A log's recording: asciicast v2, as it happens, with no secret and no sequence that does more than paint."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import Stream, Write
from pstui.tui.log.cast import SessionText, TerminalText
from pstui.tui.log.files import LogFiles
from pstui.tui.log.place import About, Keeping, outdated
from pstui.tui.pane.state import PaneState

from tests.support.pilot import screen

DEMO = ConnectionInfo(ParameterSet.DEMO, {}, "lab")


def checked(file: Path) -> tuple[dict[str, Any], list[tuple[float, str, str]]]:
    """Hold a recording against the format's description; return its head and its events."""
    first, *rest = file.read_bytes().decode("utf-8").splitlines()
    head = json.loads(first)
    assert head["version"] == 2 and all(type(head[key]) is int and head[key] > 0 for key in ("width", "height"))
    assert type(head["timestamp"]) is int and isinstance(head["title"], str)
    assert all(isinstance(value, str) for value in head["env"].values())
    events: list[tuple[float, str, str]] = []
    for line in rest:
        when, kind, data = json.loads(line)
        assert isinstance(when, float) and when >= (events[-1][0] if events else 0.0)
        assert kind in "omr" and isinstance(data, str)
        assert kind != "r" or re.fullmatch(r"\d+x\d+", data)
        events.append((when, kind, data))
    return head, events


def shown(events: list[tuple[float, str, str]]) -> str:
    return "".join(data for _, kind, data in events if kind == "o")


def files(folder: Path, **more: Any) -> LogFiles:
    return LogFiles(Keeping(f"{folder}/log", cast=True, **more), clock=lambda: 0.0)


def test_a_session_is_recorded_with_its_times_sizes_and_commands(tmp_path: Path) -> None:
    log = files(tmp_path)
    log.resized(100, 30)
    log.wrote(Write("welcome", stream=Stream.NOTICE))
    log.prompted("PS> ")
    log.now = 1.0
    log.began("Get-Date", About("db"))
    log.wrote(Write("\x1b[31mred\x1b[0m 10%\r20%\x1b[K \x1b]52;c;AAAA\x07\x1b[6n"))
    log.now = 3.5
    log.wrote(Write("late", newline=False))
    log.prompted("PS> ")
    log.wrote(Write("from behind"))
    log.resized(120, 40)
    log.now = 4.0
    log.began("second", About("db"))
    log.cleared()
    log.close()
    head, events = checked(tmp_path / "log.cast")
    assert (head["width"], head["height"]) == (100, 30)
    assert [(when, data) for when, kind, data in events if kind == "m"] == [(1.0, "Get-Date"), (4.0, "second")]
    assert (3.5, "r", "120x40") in events
    assert shown(events) == (
        events[0][2].partition("PS> ")[0]
        + "PS> Get-Date\r\n\x1b[0;31mred\x1b[0m 10%\r20%\x1b[0K \r\nlatePS> "
        + "\r\x1b[Kfrom behind\r\nlatePS> second\r\n\x1b[H\x1b[2J"
    )
    assert "welcome" in events[0][2]
    assert stat.S_IMODE((tmp_path / "log.cast").stat().st_mode) == 0o600


_PAINTS = re.compile("\x1b\\[[0-9;]*m|\x1b\\[[0-9]*[CDK]|[\r\n\b\t]")


@given(
    st.lists(st.text(alphabet=st.sampled_from("ab\x1b[]\\;0123mKHJcn?$p\x07\x9b\x9d\x90\r\n\bé€\ud800"), max_size=20))
)
@settings(deadline=None, max_examples=60)
def test_nothing_but_paint_is_in_a_sessions_recording(texts: list[str]) -> None:
    made = SessionText()
    whole = "".join(made.of(Write(text, newline=index % 2 == 0)) for index, text in enumerate(texts))
    assert not re.search("[\x00-\x1f\x7f-\x9f]", _PAINTS.sub("", whole))


@pytest.mark.parametrize(
    ("stream", "kept", "main"),
    [
        (b"a\x1b]0;title\x07b\x1b]52;c;AA\x1b\\c", "abc", "abc"),
        (b"a\x1bP+q544e\x1b\\b\x1b_G\x1b\\c\x1b^x\x18d", "abcd", "abcd"),
        (b"\x1b[6n\x1b[c\x1b[>0c\x1b[>q\x1b[?1$p\x1b[?u\x1b[21t\x05\x1bZx", "x", "x"),
        (b"\x1b[1 q\x1b[31mred\x1b[m\x1b[2J", "\x1b[1 q\x1b[31mred\x1b[m\x1b[2J", "\x1b[1 q\x1b[31mred\x1b[m\x1b[2J"),
        (b"a\x1b[?1049hvim\x1b[?25;1049lb", "a\x1b[?1049hvim\x1b[?25;1049lb", "ab"),
        ("€\u009d0;x".encode(), "€0;x", "€0;x"),
        (b"\xff\xfeok", "\ufffd\ufffdok", "\ufffd\ufffdok"),
        (b"a\x1b]0;no end\x1b[31mred", "a\x1b[31mred", "a\x1b[31mred"),
    ],
)
def test_a_terminals_stream_is_kept_without_what_does_more_than_paint(stream: bytes, kept: str, main: str) -> None:
    whole = TerminalText()
    assert (whole.feed(stream), whole.on_main) == (kept, main)
    pieces, parts, mains = TerminalText(), "", ""
    for byte in stream:
        parts += pieces.feed(bytes([byte]))
        mains += pieces.on_main
    assert (parts, mains) == (kept, main), "however it is cut"


def test_a_terminals_log_holds_its_text_and_is_searched_as_a_command(tmp_path: Path) -> None:
    log = files(tmp_path)
    log.opened_terminal("", About("db", "root"))
    log.fed(b"$ make amber\r\ndone\r\n\x1b[?1049h\x1b[Hsecret screen\x1b[?1049l$ ")
    log.ended("completed", None)
    log.close()
    assert (tmp_path / "log.txt").read_text() == "$ make amber\ndone\n$ \n"
    record = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[1])
    assert (record["line"], record["outcome"]) == ("(a terminal)", "completed")
    assert record["streams"] == {"output": "$ make amber\ndone\n"}
    assert "secret screen" in shown(checked(tmp_path / "log.cast")[1])


def test_a_recording_goes_on_in_new_files_even_while_a_command_runs(tmp_path: Path) -> None:
    log = files(tmp_path, rotate=2_000)
    log.opened_terminal("top", About("db"))
    for _ in range(10):
        log.fed(b"x" * 600 + b"\r\n")
        log.flush()
    log.ended("completed", None)
    log.close()
    casts = list(tmp_path.glob("*.cast"))
    assert len(casts) > 2 and all(file.stat().st_size < 4_000 for file in casts)
    found = [json.loads(file.read_text().splitlines()[-1]) for file in tmp_path.glob("*.jsonl")]
    assert sorted(each["outcome"] for each in found) == ["completed", *["continued"] * (len(found) - 1)]
    assert {each["line"] for each in found} == {"top"}
    assert len(outdated(tmp_path, now=1e12, days=1, most_bytes=0)) == 3 * len(casts), (
        "old recordings go with their logs"
    )


async def test_sessions_are_recorded_where_they_are_logged(tmp_path: Path) -> None:
    async with screen(DEMO, settings={"log": f"{tmp_path}/a"}, size=(80, 24)) as s:
        await s.run("Write-Output amber")
        await s.type("Read-Host Word -AsSecureString")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.type("hunter2!")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.until(lambda: "********" in (tmp_path / "a.cast").read_text(), "what was asked, while the session runs")
    _, events = checked(tmp_path / "a.cast")
    assert [data for _, kind, data in events if kind == "m"] == ["Write-Output amber", "Read-Host Word -AsSecureString"]
    assert "amber\r\n" in shown(events) and "Word: ********\r\n" in shown(events) and "hunter2" not in shown(events)
    async with screen(DEMO, settings={"log": f"{tmp_path}/b", "log_cast": False}, size=(80, 24)) as s:
        await s.run("Write-Output amber")
    assert (tmp_path / "b.txt").exists() and not (tmp_path / "b.cast").exists()
