"""Copying: with the keyboard and the mouse, to the clipboard and to a file."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from pstui.tui import clipboard
from pstui.tui.clipboard import OSC52_LIMIT, Program, copied, find_program, give
from pstui.tui.pane.state import PaneState
from pstui.tui.workspace.find_bar import proposed_name, save

from tests.support.pilot import Screen
from tests.tui.transcript.test_find import PREFIX, session


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program of this computer is called."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


async def in_copy_mode(driver: Screen) -> None:
    await driver.keys(PREFIX, "left_square_bracket")
    await driver.until(lambda: driver.shows("copy mode"), "the footer says so")


async def test_lines_are_selected_and_copied_by_keys_alone() -> None:
    async with session() as driver:
        await driver.run("flood 40")
        await in_copy_mode(driver)
        driver.burst("up", "k", "space", "up", "home", "enter")
        await driver.until(lambda: driver.app.clipboard, "copied")
        assert driver.app.clipboard == "line 36\nl"
        await driver.until(lambda: driver.shows("copied 2 lines"), "it says how much")
        await driver.type("say typed")
        await driver.until(lambda: driver.sees("typed"), "the editor has the keys again")


async def test_words_whole_lines_and_the_output_of_a_command() -> None:
    async with session() as driver:
        await driver.run("say the quick brown fox")
        await in_copy_mode(driver)
        driver.burst("0", "w", "v", "w", "left", "left", "y")
        await driver.until(lambda: driver.app.clipboard == "quick", "a word")
        await in_copy_mode(driver)
        driver.burst("V", "y")
        await driver.until(lambda: driver.app.clipboard == "the quick brown fox", "a line")
        await driver.run("flood 3")
        await in_copy_mode(driver)
        driver.burst("o", "enter")
        await driver.until(lambda: driver.app.clipboard == "line 0\nline 1\nline 2", "the output")
        await in_copy_mode(driver)
        driver.burst("left_curly_bracket", "left_curly_bracket", "enter")
        await driver.until(lambda: driver.app.clipboard.endswith("say the quick brown fox"), "the line of the cursor")


async def test_whole_lines_are_selected_in_both_directions() -> None:
    async with session() as driver:
        await driver.run("flood 6")
        for keys, lines in (("V up up", (2, 3, 4)), ("V up up down down down", (4, 5)), ("V down", (4, 5))):
            await in_copy_mode(driver)
            driver.burst("up", *keys.split(), "enter")
            await driver.until(lambda: driver.app.clipboard, "copied")
            assert driver.app.clipboard == "\n".join(f"line {number}" for number in lines), keys
            driver.app._clipboard = ""


async def test_both_cells_of_a_wide_character_are_its_place() -> None:
    async with session() as driver:
        await driver.run("say a日本e\u0301👨\u200d👩\u200d👧z")
        number, transcript = driver.pane.transcript.buffer.end - 1, driver.pane.transcript
        left, row = transcript.region.x, transcript.region.y + transcript.row_count - 1
        places = [driver.workspace.get_widget_and_offset_at(left + cell, row)[1] for cell in range(9)]
        assert [(place.x, place.y) for place in places if place] == [
            (index, number) for index in (0, 1, 1, 2, 2, 3, 5, 5, 10)
        ]


async def test_what_is_kept_of_an_output_longer_than_the_scrollback_is_copied() -> None:
    async with session() as driver:
        copied: list[str] = []
        driver.app.copy_to_clipboard = copied.append  # type: ignore[assignment]  # what is copied, not how
        await driver.keys(PREFIX, "o")
        assert copied == [], "nothing has run yet"
        driver.pane.transcript.buffer.bound(1000)
        await driver.type("flood 3000")
        await driver.until(lambda: driver.pane.state is PaneState.PROMPT and driver.sees("line 2999"), "the end")
        await driver.keys(PREFIX, "o")
        await in_copy_mode(driver)
        await driver.keys("o", "enter")
        await driver.until(lambda: len(copied) == 2, "copied")
        assert copied[0] == copied[1] == "\n".join(f"line {number}" for number in range(2000, 3000))
        await driver.run("say short")
        await driver.keys(PREFIX, "o")
        assert copied[2] == "short"


async def test_esc_drops_the_selection_and_then_leaves_and_other_keys_do_nothing() -> None:
    async with session() as driver:
        await driver.run("say one")
        await in_copy_mode(driver)
        driver.burst("shift+left", "x", "1", "escape")
        await driver.until(lambda: not driver.pane.transcript.selected_text(), "nothing is selected")
        assert driver.pane.transcript.copy_mode
        driver.burst("escape", *"ab")
        await driver.until(lambda: driver.pane.editor.text == "ab", "the editor has the keys")
        assert not driver.pane.transcript.copy_mode


async def test_the_text_stands_still_in_copy_mode_while_more_comes() -> None:
    async with session() as driver:
        await driver.run("flood 100")
        await in_copy_mode(driver)
        manager = driver.app.sessions.interactive[0]  # type: ignore[attr-defined]  # a stand-in has them
        await manager.do_flood("50")
        await driver.until(lambda: driver.shows("↓ 50 new lines"), "the marker")
        assert driver.shows("line 99") and not driver.shows("line 49")
        await driver.keys("q", "ctrl+end")
        await driver.until(lambda: driver.shows("line 49") and not driver.shows("new lines"), "the end again")


async def test_finding_leads_into_copy_mode_and_back() -> None:
    async with session() as driver:
        await driver.run("flood 300")
        driver.burst("ctrl+f", *"line 77", "enter", "v")
        await driver.until(lambda: driver.shows("copy mode"), "copy mode at the match")
        driver.burst("end", "V", "y")
        await driver.until(lambda: driver.app.clipboard == "line 77", "the line found")


async def test_ctrl_c_copies_and_clears_at_the_prompt_but_stops_what_runs() -> None:
    async with session() as driver:
        await driver.run("say selected by the mouse")
        await _select(driver, "selected")
        await driver.until(lambda: driver.shows("Ctrl+C copies"), "the footer says so")
        await driver.keys("ctrl+c")
        await driver.until(lambda: driver.app.clipboard == "selected", "copied")
        assert not driver.pane.transcript.selected_text(), "and cleared"
        await driver.type("wait")
        await driver.until(lambda: driver.pane.state is PaneState.BUSY, "it runs")
        await _select(driver, "mouse")
        await driver.keys(PREFIX, "y")
        await driver.until(lambda: driver.app.clipboard == "mouse", "copied while it runs")
        assert driver.pane.state is PaneState.BUSY
        await _select(driver, "selected")
        await driver.keys("ctrl+c")
        await driver.until(lambda: driver.sees("stopped"), "stopped")
        assert driver.app.clipboard == "mouse", "and nothing copied"


async def _select(driver: Screen, word: str) -> None:
    """Double-click a word in the text."""
    await driver.still()  # a click falls on what is painted
    rows = driver.shown().splitlines()
    y = max(y for y, row in enumerate(rows) if word in row and "PS />" not in row)
    await driver.pilot.click(offset=(rows[y].index(word) + 1, y), times=2)
    await driver.until(lambda: driver.pane.transcript.selected_text() == word, f"{word} selected")


async def test_the_terminal_gets_the_text_and_never_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    async with session() as driver:
        sent: list[str] = []
        assert driver.app._driver is not None
        monkeypatch.setattr(driver.app._driver, "write", sent.append)
        driver.app.copy_to_clipboard("schön \ud800")
        copies = [text for text in sent if text.startswith("\x1b]52")]
        assert copies == [f"\x1b]52;c;{base64.b64encode('schön ?'.encode()).decode()}\a"]
        sent.clear()
        driver.app.copy_to_clipboard("x" * (OSC52_LIMIT + 1))
        assert not [text for text in sent if text.startswith("\x1b]52")]
        await driver.until(lambda: driver.shows("not copied"), "it says so")


@pytest.mark.parametrize(
    ("environ", "platform", "there", "wanted"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "linux", {"wl-copy", "xclip"}, "wl-copy"),
        ({"DISPLAY": ":0"}, "linux", {"xclip", "xsel"}, "xclip"),
        ({"DISPLAY": ":0"}, "linux", {"xsel"}, "xsel"),
        ({}, "linux", {"xclip", "wl-copy"}, None),
        ({}, "darwin", {"pbcopy"}, "pbcopy"),
        ({"SSH_TTY": "/dev/pts/0"}, "darwin", {"pbcopy"}, None),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", {"clip.exe"}, "clip.exe"),
        ({"SSH_CONNECTION": "x", "DISPLAY": "localhost:10"}, "linux", {"xclip"}, "xclip"),
    ],
)
def test_the_program_is_that_of_the_users_desktop(
    environ: dict[str, str], platform: str, there: set[str], wanted: str | None
) -> None:
    found = find_program(environ, platform, lambda name: f"/bin/{name}" if name in there else None)
    assert (found.argv[0] if found else None) == (f"/bin/{wanted}" if wanted else None)
    if wanted == "clip.exe":
        assert found is not None and found.encoding == "utf-16-le"


async def test_a_program_gets_the_text_on_its_standard_input(tmp_path: Path) -> None:
    target = tmp_path / "copied"
    assert await give(Program(("/bin/sh", "-c", 'cat > "$0"', str(target))), "schön\n'quoted'") == ""
    assert target.read_text() == "schön\n'quoted'"
    assert await give(Program(("/bin/false",)), "x") == "false ended with 1"
    assert (await give(Program((str(tmp_path / "missing"),)), "x")).startswith("missing: ")


async def test_a_program_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "PROGRAM_TIMEOUT", 0.05)
    assert await give(Program(("/bin/sleep", "60")), "x") == "sleep does not answer"


def test_how_much_was_copied() -> None:
    assert (copied("x"), copied("xy"), copied("x\ny")) == (
        "copied 1 character",
        "copied 2 characters",
        "copied 2 lines",
    )


async def test_the_text_is_saved_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with session() as driver:
        await driver.run("say kept")
        await driver.keys(PREFIX, "t")
        await driver.until(lambda: driver.shows("Save the whole text to"), "it asks where")
        await driver.keys("enter")
        await driver.until(lambda: list(tmp_path.iterdir()), "a file")
        (file,) = tmp_path.iterdir()
        assert file.read_text().splitlines() == driver.text()
        assert file.name.startswith("pstui-web1-")
        await driver.keys(PREFIX, "t")
        driver.burst(*["backspace"] * 60, *file.name, "enter")
        await driver.until(lambda: driver.shows("is there already"), "nothing is overwritten")
        await driver.pilot.resize_terminal(80, 24)
        await driver.until(lambda: driver.shows("to pstui-web1-"), "the name stays in sight")
        await driver.keys("escape")
        await driver.type("say after")
        await driver.until(lambda: driver.sees("after"), "the editor has the keys again")


def test_a_name_for_the_file_and_why_it_cannot_be_written(tmp_path: Path) -> None:
    assert proposed_name("root@db:22/../x").startswith("pstui-root-db-22-..-x-")
    assert "/" not in proposed_name("../../etc")
    assert save(tmp_path / "a", "one") == "" and (tmp_path / "a").read_text() == "one\n"
    assert "is there already" in save(tmp_path / "a", "two")
    assert save(tmp_path / "none" / "a", "two") == "No such file or directory"


def test_a_file_that_could_only_be_written_in_part_is_not_left_behind(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path; from pstui.tui.workspace.find_bar import save\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "print(save(Path(sys.argv[1]), 'x' * 100_000))"
    )
    call = [sys.executable, "-c", code, str(tmp_path / "a")]
    done = subprocess.run(call, check=False, capture_output=True, text=True, timeout=30)
    assert done.stdout == "File too large\n", done.stderr
    assert not (tmp_path / "a").exists(), "the same name can be tried again"
