"""Finding in the text, and going from command to command: with the keyboard, in the running program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host

PREFIX = "ctrl+right_square_bracket"


@asynccontextmanager
async def session(*names: str, size: tuple[int, int] = (100, 26)) -> AsyncIterator[Screen]:
    manager = StandInManager()
    infos = [host(name) for name in names or ("web1",)]
    async with screen(*infos, size=size, sessions=manager.as_manager()) as driver:
        await driver.until(lambda: driver.pane.state is PaneState.PROMPT, "a prompt")
        yield driver


async def test_typing_finds_at_once_and_n_goes_on() -> None:
    async with session() as driver:
        await driver.run("flood 500")
        driver.burst("ctrl+f", *"line 49", "enter", "n", "n", "N")
        await driver.until(lambda: driver.shows("10 of 11"), "the place among the matches")
        assert driver.pane.transcript.search_match is not None
        assert driver.shows("line 498") and driver.shows("n older")
        await driver.keys("n", "n", "n", "n", "n", "n", "n", "n")
        await driver.until(lambda: driver.shows("2 of 11"), "the matches above")
        await driver.keys("n")
        await driver.until(lambda: driver.shows("1 of 11"), "the oldest")
        assert driver.shows("line 49") and not driver.shows("line 498")
        await driver.keys("escape")
        await driver.until(lambda: not driver.shows("of 11"), "the row gone")
        assert driver.pane.transcript.search_match is None
        await driver.type("say typed")
        await driver.until(lambda: driver.sees("typed"), "the editor has the keys again")


async def test_keys_pressed_in_one_go_act_one_after_the_other_wherever_they_lead(tmp_path: Path) -> None:
    async with session() as driver:
        await driver.run("flood 300")
        copied: list[str] = []
        driver.app.copy_to_clipboard = copied.append  # type: ignore[assignment]  # what is copied, not how
        driver.burst("ctrl+f", *"line 42", "enter", "v", "V", "enter", *"say one", "enter")
        await driver.until(lambda: driver.sees("one"), "found, copied, and typed on")
        assert copied == ["line 42"]
        driver.burst("ctrl+f", *"line 7", "escape", *"say two", "enter")
        await driver.until(lambda: driver.sees("two"), "Esc, and typed on")
        driver.burst(PREFIX, "left_square_bracket", "g", "slash", *"line 250", "enter", "v", "V", "y")
        driver.burst(*"say 3", "enter")
        await driver.until(lambda: driver.sees("3"), "from copy mode to the row and back")
        assert copied == ["line 42", "line 250"]
        driver.burst(PREFIX, "t", "ctrl+u", *f"{tmp_path}/kept", "enter", *"say four", "enter")
        await driver.until(lambda: driver.sees("four"), "saved, and typed on")
        assert (tmp_path / "kept").exists()


async def test_a_capital_matters_and_a_wrong_text_says_so() -> None:
    async with session() as driver:
        await driver.run("say Needle needle")
        driver.burst("ctrl+f", *"needle")
        await driver.until(lambda: driver.shows("4 of 4"), "capitals and not")
        driver.burst(*["backspace"] * 6, *"Needle")
        await driver.until(lambda: driver.shows("2 of 2"), "the one with a capital, typed and said")
        driver.burst("x", "enter")
        await driver.until(lambda: driver.shows("nothing found"), "it says so")
        assert driver.workspace.reading.find_bar.typing, "Enter goes nowhere without a match"


async def test_f1_and_the_footer_tell_the_keys_of_finding() -> None:
    async with session() as driver:
        await driver.run("say one")
        await driver.keys(PREFIX, "slash", "o", "n", "e")
        await driver.until(lambda: driver.shows("Enter goes on"), "the footer")
        await driver.keys("enter", "f1")
        await driver.until(lambda: driver.shows("Going from match to match"), "what works here comes first")
        await driver.keys("escape", "slash", "x")
        await driver.until(lambda: driver.shows("nothing found"), "typing again")


async def test_ctrl_c_stops_what_runs_from_the_row_too() -> None:
    async with session() as driver:
        await driver.type("wait")
        await driver.until(lambda: driver.pane.state is PaneState.BUSY, "it runs")
        driver.burst("ctrl+f", *"wait", "ctrl+c")
        await driver.until(lambda: driver.sees("stopped"), "it was stopped")
        assert driver.workspace.reading.find_bar.has_keys
        await driver.keys("ctrl+c")
        await driver.until(lambda: not driver.workspace.reading.find_bar.display, "nothing runs: the row closes")


async def test_commands_are_gone_to_marked_copied_and_folded() -> None:
    async with session() as driver:
        for number in (3, 4, 5):
            await driver.run(f"flood {number}")
        await driver.keys("alt+up", "alt+up")
        await driver.until(lambda: driver.pane.transcript.marked_prompt == 1, "the second command")
        await driver.until(lambda: driver.shows("copies the output"), "the footer tells what can be done with it")
        await driver.keys(PREFIX, "o")
        assert driver.app.clipboard == "line 0\nline 1\nline 2\nline 3"
        await driver.keys(PREFIX, "z")
        await driver.until(lambda: driver.shows("flood 4  ▸ 4 lines folded"), "folded")
        await driver.keys(PREFIX, "down")
        await driver.until(lambda: driver.pane.transcript.marked_prompt == 2, "the third command")
        await driver.keys(PREFIX, "Z")
        await driver.until(lambda: not driver.shows("folded"), "all shown")
        await driver.keys(PREFIX, "Z")
        await driver.until(lambda: driver.shows("flood 5  ▸ 5 lines folded"), "all folded")
        row = next(y for y, line in enumerate(driver.shown().splitlines()) if "flood 5" in line)
        column = driver.shown().splitlines()[row].index("▸")
        await driver.pilot.click(offset=(column, row))
        await driver.until(lambda: not driver.shows("▸ 5 lines"), "a click shows it")


async def test_a_tab_takes_the_row_away_with_its_highlights() -> None:
    async with session("web1", "db") as driver:
        await driver.run("say one")
        driver.burst("ctrl+f", *"one", "enter", "alt+1")
        await driver.until(lambda: driver.shows("[web1]"), "the other tab")
        assert not driver.workspace.reading.find_bar.display
        await driver.type("say here")
        await driver.until(lambda: driver.sees("here"), "the editor of the other tab has the keys")


async def test_at_80x24_nothing_of_it_overflows() -> None:
    async with session(size=(80, 24)) as driver:
        await driver.run("flood 3000")
        driver.burst("ctrl+f", *"line")
        await driver.until(lambda: driver.shows("of 3,000"), "many matches")
        assert all(len(row) <= 80 for row in driver.shown().splitlines())
        assert driver.shown().splitlines()[-1].strip().endswith("find")
