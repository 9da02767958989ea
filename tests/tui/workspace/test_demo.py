"""The screen over the real engine and the embedded endpoint."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.pane.state import PaneState

from tests.support.pilot import screen

DEMO = ConnectionInfo(ParameterSet.DEMO)


async def test_an_hour_of_work_in_a_minute() -> None:
    async with screen(DEMO, single=True, size=(80, 24)) as s:
        await s.run("Write-Output one two")
        prompt = s.text()[0].removesuffix("Write-Output one two")
        assert prompt.startswith("[demo]: PS")
        assert s.text()[1:] == ["one", "two"]

        await s.type("Read-Host Name")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.type("Ada")
        await s.until(lambda: s.sees("Name: Ada") and s.sees("Ada"), "the answer in the text")

        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("Start-Sleep 60")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.type("Write-Output later")
        await s.keys("ctrl+c")
        assert s.pane.pending is None
        await s.keys("ctrl+c")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt after the stop")
        assert s.sees("Error: The pipeline has been stopped.")
        assert s.pane.editor.text == "Write-Output later", "the line that waited, taken back"
        await s.keys("ctrl+c")

        await s.type("exit")
        await s.until(lambda: s.app.return_value == 0, "the end")


async def test_a_newcomer_is_told_what_this_is_until_the_first_line() -> None:
    async with screen(DEMO) as s:
        await s.until(
            lambda: s.pane.state is PaneState.PROMPT and s.shows("Get-Command lists what this demo knows"),
            "the first words",
        )
        await s.run("'one'")
        assert not s.shows("Get-Command lists what this demo knows")
        assert "Get-Command" not in "".join(s.text()), "it is said beside the text, not in it"


async def test_a_question_cancelled_leaves_the_session_usable() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("Read-Host Name")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.keys("escape")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the next prompt")
        await s.run("Write-Output still here")
        assert s.sees("still")


async def test_two_sessions_at_once_left_and_entered_again() -> None:
    async with screen(DEMO, DEMO) as s:
        await s.run("$x = 1")
        await s.keys("alt+2")
        await s.run("Write-Output second")
        await s.run("exit")
        await s.until(lambda: s.pane.state is PaneState.LEFT, "left")
        await s.keys("enter")
        await s.run("Write-Output again")
        assert s.sees("second")
        assert s.sees("again")
        await s.keys("alt+1")
        await s.run("$x")
        assert s.sees("1")


async def test_an_incomplete_line_that_is_run_all_the_same_goes_on_until_an_empty_one() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("if ($true) {", enter=False)
        await s.keys("ctrl+right_square_bracket", "enter")
        await s.until(lambda: s.pane.row.prompt == ">> " and s.pane.state is PaneState.PROMPT, "the far end wants more")
        await s.type("'inside {' }")
        await s.until(
            lambda: s.pane.row.prompt == ">> " and s.pane.state is PaneState.PROMPT, "an empty line is wanted"
        )
        await s.type("")
        await s.until(lambda: s.sees("inside {"), "its output")
        assert s.text()[1] == ">> 'inside {' }"


async def test_enter_goes_on_in_the_editor_until_the_block_is_whole() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("foreach ($i in 1..2) {")
        assert s.shows("not finished") and s.prompts == 0
        await s.type('"row $i"')
        await s.run("}")
        assert s.text()[1:5] == ['>> "row $i"', ">> }", "row 1", "row 2"]
        assert not s.shows("not finished")
        await s.keys("up")
        assert s.pane.editor.text == 'foreach ($i in 1..2) {\n"row $i"\n}', "the block comes back as a whole"


async def test_an_unknown_command_and_a_throw_are_told_by_the_far_end() -> None:
    async with screen(DEMO) as s:
        await s.run("Get-Nonsense")
        await s.run("throw 'so'")
        text = "\n".join(s.text())
        assert "Get-Nonsense" in text
        assert "so" in text
        assert s.pane.state is PaneState.PROMPT
