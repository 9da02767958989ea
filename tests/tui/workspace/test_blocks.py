"""Each command with its output is a block: run again, copied, saved, compared, timed, and found from its errors."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import ErrorInfo, Stream, Write
from pstui.tui.dialogs.menu import ContextMenu
from pstui.tui.dialogs.messages import ErrorsScreen
from pstui.tui.dialogs.text import TextScreen
from pstui.tui.keys.actions import PREFIX_KEY as PREFIX
from pstui.tui.pane.state import Blocks, PaneState
from pstui.tui.transcript.commands import duration, time_text
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.ran import Ran
from pstui.tui.workspace.blocks import blocks_of

from tests.support.pilot import screen

DEMO = ConnectionInfo(ParameterSet.DEMO, {}, "lab")


def typed(blocks: Blocks, buffer: TextBuffer, line: str, *output: str, continues: bool = False) -> None:
    blocks.began(line, runs=True, continues=continues)
    buffer.write(Write(f"PS> {line}"))
    buffer.mark_output()
    for each in output:
        buffer.write(Write(each))


@pytest.mark.parametrize("key", ["equals_sign", "H", "A", "l", "o", "t", "z", "y", "e", "W"])
async def test_a_key_that_finds_nothing_to_act_on_says_so(key: str) -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys(PREFIX, key)
        await s.until(lambda: len(s.app._notifications) == 1, "why nothing is done")


def test_a_text_of_several_rows_is_one_block() -> None:
    buffer = TextBuffer()
    blocks = Blocks(buffer)
    typed(blocks, buffer, "if (1) {")
    typed(blocks, buffer, "'x' }", "x", continues=True)
    blocks.ended("completed", list)
    typed(blocks, buffer, "next")
    assert buffer.prompts() == [0, 3] and buffer.output_range(0) == (2, 3)
    ran = buffer.ran(0)
    assert ran is not None and (ran.line, ran.outcome) == ("if (1) {\n'x' }", "completed") and ran.seconds is not None
    assert buffer.last_ran is not None and buffer.last_ran.seconds is None


def test_what_is_dropped_takes_its_blocks_along() -> None:
    buffer = TextBuffer(max_lines=50)
    blocks = Blocks(buffer)
    for number in range(200):
        typed(blocks, buffer, f"line {number}", "out")
    places = range(len(buffer.prompts()))
    assert len(places) == 25
    assert [str(buffer.ran(place) and buffer.text(buffer.prompts()[place])) for place in places][-1] == "PS> line 199"


def test_errors_lead_to_their_commands() -> None:
    buffer = TextBuffer(max_lines=20)
    blocks = Blocks(buffer)
    errors = [ErrorInfo("same"), ErrorInfo("same"), ErrorInfo("late")]
    for number in range(2):
        typed(blocks, buffer, "fail", "no")
        blocks.wrote(Write("no", stream=Stream.ERROR))
        blocks.ended("completed", partial(list, errors[: number + 1]))
    assert [blocks.line_of(error) for error in errors] == [0, 2, 2], "the newest where it is not known"
    assert all(ran is not None and ran.failed for ran in map(buffer.ran, range(2)))


@pytest.mark.parametrize(
    ("ran", "told"),
    [
        (Ran("x", 0.0), "…"),
        (Ran("x", 0.0, 0.04, "completed"), "   40 ms ✓"),
        (Ran("x", 0.0, 1.24, "completed", failed=True), "   1.2 s ✗"),
        (Ran("x", 0.0, 187.9, "stopped"), "    3:07 ■"),
        (Ran("x", 0.0, 3729.0, "broken"), " 1:02:09 ✗"),
    ],
)
def test_times_are_told_in_few_characters(ran: Ran, told: str) -> None:
    assert re.fullmatch(r"\d\d:\d\d:\d\d " + re.escape(told), time_text(ran))
    assert duration(0.9999) == "1.0 s"


async def test_a_block_is_run_again_copied_saved_timed_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with screen(DEMO, DEMO, size=(100, 30)) as s:
        pane = s.pane
        await s.run("$n = 1")
        await s.run("'same'; $n")
        await s.keys(PREFIX, "M")
        await s.until(lambda: sum(row.rstrip().endswith("✓") for row in s.shown().splitlines()) >= 2, "the times")
        await s.run("$n = 2")
        await s.keys("alt+up", "alt+up", PREFIX, "O")
        await s.until(lambda: s.app.clipboard.endswith("'same'; $n\nsame\n1"), "the copy")
        await s.keys(PREFIX, "l")
        await s.until(lambda: s.text()[-2:] == ["same", "2"] and pane.state is PaneState.PROMPT, "the line run again")
        await s.keys(PREFIX, "equals_sign")
        await s.until(
            lambda: isinstance(s.app.screen, TextScreen) and s.shows("-1") and s.shows("+2"), "the difference"
        )
        await s.keys("escape")
        await s.keys(PREFIX, "A")
        await s.until(lambda: isinstance(s.app.screen, ContextMenu) and s.shows("Compare with another tab"), "the menu")
        await s.keys("Y")
        await s.until(lambda: s.shows("Save the command and its output to"), "the question")
        await s.keys("enter")
        await s.until(lambda: bool(list(tmp_path.glob("pstui-*.txt"))), "the file")
        [file] = tmp_path.glob("pstui-*.txt")
        assert file.read_text().endswith("'same'; $n\nsame\n2\n")
        await s.keys(PREFIX, "H")
        await s.until(
            lambda: "In no other tab" in str([each.message for each in s.app._notifications]), "what is missing"
        )
        await s.keys("alt+2")
        await s.until(lambda: s.pane is not pane and s.pane.state is PaneState.PROMPT, "the other tab")
        await s.run("'same';   $n")
        await s.keys(PREFIX, "H")
        await s.until(lambda: isinstance(s.app.screen, TextScreen) and s.shows("-2"), "the difference to the other tab")
        await s.keys("escape")
        assert [block.line for block in blocks_of(pane)] == ["$n = 1", "'same'; $n", "$n = 2", "'same'; $n"]


async def test_the_right_button_opens_the_menu_of_the_block_and_errors_lead_there() -> None:
    async with screen(DEMO, size=(100, 40)) as s:
        await s.run("'first'")
        await s.run("Get-Item /nope")
        await s.run("'last'")
        row = next(index for index, text in enumerate(s.shown().splitlines()) if text.rstrip().endswith("first"))
        await s.pilot.click(offset=(30, row), button=3)
        await s.until(lambda: isinstance(s.app.screen, ContextMenu) and s.shows("Run again"), "the menu")
        await s.keys("e")
        await s.until(lambda: s.pane.editor.text == "'first'", "the line in the editor")
        await s.keys("ctrl+u", PREFIX, "E")
        await s.until(lambda: isinstance(s.app.screen, ErrorsScreen) and s.shows("nope"), "the errors")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace and s.pane.transcript.marked_prompt == 1, "its command")
