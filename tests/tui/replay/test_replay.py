"""A recording is played again: by time, speed and command, whoever has made it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.errors import PstuiError
from pstui.tui.cli.main import main
from pstui.tui.cli.replay import recording_of
from pstui.tui.log.search import LogsScreen
from pstui.tui.pane.state import PaneState
from pstui.tui.replay.app import ReplayApp
from pstui.tui.replay.cast_file import load
from pstui.tui.replay.player import Player
from pstui.tui.replay.screen import ReplayScreen, clock
from pstui.tui.terminal.emulator import Emulator, make_emulator
from pstui.tui.workspace.screen import Workspace

from tests.support.pilot import screen
from tests.tui.log.test_cast import DEMO

HEAD: dict[str, Any] = {"version": 2, "width": 40, "height": 6, "timestamp": 1_700_000_000}
EVENTS = [
    [0.0, "m", "one"],
    [0.0, "o", "first\r\n"],
    [1.0, "o", "second\r\n"],
    [1.5, "i", "typed"],
    [2.0, "r", "60x10"],
    [500.0, "m", "two"],
    [500.0, "o", "\x1b[31mthird\x1b[0m\r\n"],
]


def cast(folder: Path, events: list[Any] | None = None, head: Any = HEAD, end: str = "") -> Path:
    lines = [json.dumps(each) for each in (head, *(EVENTS if events is None else events))]
    file = folder / "a.cast"
    file.write_text("\n".join(lines) + "\n" + end)
    return file


def small(columns: int, rows: int) -> Emulator:
    return make_emulator(columns, rows, "bittty")


@pytest.fixture
def player(tmp_path: Path) -> Any:
    recording = load(cast(tmp_path))
    with recording.path.open("rb") as file:
        yield Player(recording, file, small)


def rows(player: Player) -> list[str]:
    while not player.arrived:
        player.work()
    return [text for text, _ in player.emulator.rows() if text]


def test_time_goes_by_and_waits_are_cut(player: Player) -> None:
    player.go_to(0.0)
    assert rows(player) == ["first"]
    player.tick(0.5)
    assert rows(player) == ["first"]
    player.faster(1)
    player.tick(0.5)
    assert rows(player) == ["first", "second"] and player.at == 1.5
    player.tick(0.5)
    assert rows(player)[-1] == "second" and player.at == 2.5
    player.tick(0.5)
    assert (player.at, player.size) == (498.0, (60, 10)), "no wait is longer than two seconds"
    player.cuts_waits = False
    player.go_to(3.0)
    player.tick(1.0)
    assert player.at == 5.0
    player.go_to(499.0)
    player.tick(1.0)
    assert rows(player) == ["first", "second", "third"] and player.ended
    player.tick(0.1)
    assert not player.playing


def test_any_place_is_reached_by_time_command_and_step(player: Player) -> None:
    player.go_to(1e9)
    assert rows(player) == ["first", "second", "third"] and player.at == 500.0
    player.go_to(0.5)
    assert rows(player) == ["first"]
    player.step()
    assert rows(player) == ["first", "second"] and player.at == 1.0
    assert player.next_chapter() and rows(player)[-1] == "third"
    assert not player.next_chapter()
    assert player.previous_chapter() and player.at == 0.0 and rows(player) == ["first"]
    assert not player.previous_chapter()
    player.go_to(-5.0)
    assert player.at == 0.0
    for _ in range(20):
        player.faster(-1)
    assert player.speed == 0.25


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ([], "is not a recording"),
        ({}, "is not a recording"),
        ({**HEAD, "version": 3}, "is asciicast v3"),
        ({**HEAD, "width": 0}, "has no size"),
        ({**HEAD, "height": "24"}, "has no size"),
        ({**HEAD, "width": True}, "has no size"),
        ({**HEAD, "width": 10**9}, "has no size"),
    ],
)
def test_what_is_no_recording_is_said(tmp_path: Path, head: Any, said: str) -> None:
    with pytest.raises(PstuiError, match=said):
        load(cast(tmp_path, [], head))


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ('[501.0, "o", "to', "its end is torn off"),
        ('{"no": "event"}\n', "line 9 is not an event"),
        ('[NaN, "o", "x"]\n', "line 9 is not an event"),
        ('[-1, "o", "x"]\n', "line 9 is not an event"),
        ('[1e999, "o", "x"]\n', "line 9 is not an event"),
        ("[" * 100_000 + "\n", "line 9 is not an event"),
        ('["1", "o", "x"]\n', "line 9 is not an event"),
        ("1" * 5_000 + "\n", "line 9 is not an event"),
        ('[1, "o", "' + "x" * (5 << 20) + '"]\n', "line 9 is longer than 4 MiB"),
        ("\n", ""),
        ('[600, "x", "of another version"]\n', ""),
    ],
    ids=range(11),
)
def test_what_is_before_a_fault_is_played(tmp_path: Path, end: str, said: str) -> None:
    recording = load(cast(tmp_path, end=end))
    assert (recording.cut, len(recording)) == (said, 4)


def test_what_is_no_file_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("pipe", "is not a file"), ("none", "No such file"), (".", "is not a file")):
        assert main(["replay", str(tmp_path / name)]) == 2
        assert said in capsys.readouterr().err
    assert main(["replay"]) == 2 and "Write: pstui replay FILE" in capsys.readouterr().err
    file = cast(tmp_path)
    assert main(["replay", str(file)]) == 2 and "terminal" in capsys.readouterr().err
    (tmp_path / "a.txt").touch()
    assert recording_of(tmp_path / "a.txt") == file and recording_of(tmp_path / "b.txt") == tmp_path / "b.txt"


def test_hostile_sizes_and_floods_are_bounded(tmp_path: Path) -> None:
    events = [[0, "r", "99999x99999"], [0, "r", "-1x5"], [0, "r", "x"], [0, "o", "\x1b[2J\x1b[1;1H" * 50 + "end"]]
    recording = load(cast(tmp_path, events))
    with recording.path.open("rb") as file:
        player = Player(recording, file, small)
        player.go_to(1.0)
        longest = 0.0
        while not player.arrived:
            began = time.thread_time()
            player.work(0.001)
            longest = max(longest, time.thread_time() - began)
        assert player.size == (400, 150) and longest < 0.5
        assert rows(player) == ["end"]


def test_a_file_that_changes_while_it_is_played_ends_it(tmp_path: Path) -> None:
    recording = load(cast(tmp_path))
    with recording.path.open("rb") as file:
        player = Player(recording, file, small)
        recording.path.write_bytes(b"x" * 1_000)
        player.go_to(600.0)
        player.work(60.0)
        assert player.failed == "the file has changed" and player.arrived and not player.playing


async def test_the_screen_plays_and_its_keys_steer(tmp_path: Path) -> None:
    app = ReplayApp(cast(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:

        async def until(what: Any) -> ReplayScreen:
            for _ in range(2_000):
                await pilot.pause(0.01)
                here = app.screen
                if isinstance(here, ReplayScreen) and here.player is not None and here.player.arrived and what(here):
                    return here
            raise AssertionError("it did not come to that")

        shown = await until(lambda s: "first" in s.picture.text)
        await pilot.press("space")
        player = shown.player
        assert player is not None and not player.playing
        await pilot.press("n")
        await until(lambda s: "third" in s.picture.text and s.picture.size == (60, 10))
        await pilot.press("home")
        await until(lambda s: s.picture.text == "first")
        await pilot.press("full_stop", "plus", "i")
        await until(lambda s: "second" in s.picture.text)
        assert (player.at, player.speed, player.cuts_waits) == (1.0, 2.0, False)
        await pilot.press("right")
        await until(lambda s: player.at == 6.0)
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value == 0


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (187.9, "3:07"), (3729, "1:02:09")])
def test_times_are_told_as_people_read_them(seconds: float, told: str) -> None:
    assert clock(seconds) == told


async def test_a_command_found_in_the_logs_is_played_from_there(tmp_path: Path) -> None:
    template = f"{tmp_path}/logs/{{host}}-{{time}}"
    async with screen(DEMO, settings={"log": template}) as s:
        await s.run("Write-Output amber")
        await s.run("Write-Output beryl")
        await s.keys("ctrl+right_square_bracket", "L")
        await s.until(lambda: isinstance(s.app.screen, LogsScreen), "the search")
        await s.type("beryl", enter=False)
        await s.until(lambda: s.shows("1 hit in 1 session"), "the hit")
        await s.keys("down", "p")
        await s.until(lambda: isinstance(s.app.screen, ReplayScreen) and s.shows("Write-Output beryl"), "the picture")
        assert isinstance(s.app.screen, ReplayScreen) and s.app.screen.player is not None
        number = s.app.screen.player.recording.chapter_at(s.app.screen.player.at)
        assert s.app.screen.player.recording.chapters[number].label == "Write-Output beryl"
        await s.keys("q", "escape")
        await s.until(lambda: isinstance(s.app.screen, Workspace), "back")
        assert s.pane.state is PaneState.PROMPT
