"""What a console does beside showing text: prompts of any look, empty Enters, what a cancelled question leaves."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from pstui.backends.errors import Offer, SessionStateError
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host
from tests.tui.pane.test_typing import busy


def session(**options: Any) -> AbstractAsyncContextManager[Screen]:
    return screen(host("web1"), sessions=StandInManager().as_manager(), **options)


async def prompts_with(s: Screen, prompt: str) -> list[str]:
    """Let the far end's next prompt be another, and return the rows of the screen down to the editor's."""
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    interactive: Any = s.pane.conversation.interactive
    interactive.prompt = prompt
    await s.run("")
    await s.idle()
    rows = [row.strip(" ") for row in s.shown().splitlines()[1:-1]]
    return [row for row in rows if row][1:]


@pytest.mark.parametrize(
    ("prompt", "rows"),
    [
        ("[h]: t\tab> ", ["[h]: t  ab>"]),
        ("[h]: cr\rX> ", ["X> : cr"]),
        ("[h]: first\nsecond> ", ["[h]: first", "second>"]),
        ("[h]: \x1b]0;title\x07> ", ["[h]: >"]),
        ("[h]: " + "L" * 120 + "> ", ["[h]: " + "L" * 93, "L" * 27 + ">"]),
        ("[h]: " + "x" * 30 + " " + "y" * 80 + "> ", ["[h]: " + "x" * 30 + " " + "y" * 62, "y" * 18 + ">"]),
    ],
)
async def test_a_prompt_looks_as_in_a_terminal_and_stays_so(prompt: str, rows: list[str]) -> None:
    async with session(size=(100, 26)) as s:
        s.workspace.add_class("-folded")
        await s.until(lambda: s.pane.console.size.width == 98, "the width")
        assert await prompts_with(s, prompt) == rows
        await s.type("say x")
        await s.until(lambda: s.sees("x"), "the answer")
        whole = "".join(rows) if "\n" not in prompt else rows[-1]
        lines = s.text()
        assert lines[lines.index("x") - 1].startswith(whole)
        assert lines[lines.index("x") - 1].endswith("say x")


async def test_a_prompt_is_coloured_while_one_types() -> None:
    async with session() as s:
        await prompts_with(s, "[h]: \x1b[31mred\x1b[0m> ")
        strips = s.app.screen._compositor.render_strips()
        found = [(segment.text, segment.style) for strip in strips for segment in strip if segment.text == "red"]
        plain = [segment.style for strip in strips for segment in strip if "[h]: " in segment.text]
        assert found and found[0][1] is not None
        assert found[-1][1] is not None and plain[-1] is not None and found[-1][1].color != plain[-1].color


async def test_text_that_stands_open_belongs_to_the_prompts_row() -> None:
    async with session() as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        interactive: Any = s.pane.conversation.interactive
        refresh = interactive.run

        async def run(line: str) -> Any:
            outcome = await refresh(line)
            await interactive.do_part("(git main)")
            return outcome

        interactive.run = run
        await s.run("")
        await s.idle()
        assert "(git main)[web1]: PS />" in s.shown()
        await s.run("say x")
        assert "(git main)[web1]: PS /> say x" in s.text()


async def test_enter_alone_while_a_command_runs_makes_one_more_prompt_each() -> None:
    async with session() as s:
        await busy(s)
        s.burst("enter", "enter")
        await s.idle()
        interactive: Any = s.pane.conversation.interactive
        interactive.go_on.set()
        await s.until(lambda: s.text().count("[web1]: PS /> ") == 2, "two more prompts")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the last one")


async def test_an_offer_goes_when_its_cause_is_gone() -> None:
    broken: list[str] = []

    async def break_it() -> None:
        broken.append("broken")

    async with session() as s:
        await busy(s)
        interactive: Any = s.pane.conversation.interactive

        async def stop() -> None:
            raise SessionStateError("the stop was not confirmed", offers=[Offer("Break the session", break_it)])

        interactive.stop = stop
        await s.keys("ctrl+c")
        await s.until(lambda: s.shows("[1] Break the session"), "the offer")
        interactive.go_on.set()
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the command's end")
        await s.until(lambda: s.pane.asking is None, "no question any more")
        await s.type("1")
        await asyncio.sleep(0)
        assert broken == []
        await s.until(lambda: "[web1]: PS /> 1" in s.text(), "a line as any other, at a prompt of its own")


@pytest.mark.parametrize(("word", "left"), [("ask", "Name: xy"), ("secret", "Password: **")])
async def test_a_cancelled_question_keeps_what_was_typed_in_its_row(word: str, left: str) -> None:
    async with session() as s:
        await busy(s, word)
        await s.until(lambda: s.pane.questions.has_keys, "the question has the keys")
        s.burst("x", "y", "ctrl+c")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the end")
        assert any(line.startswith(left) for line in s.text()), s.text()


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_an_opening_that_takes_its_time_says_how_long(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.tui.pane.pane.PATIENCE", 0.5)
    async with screen(host("slow"), sessions=StandInManager().as_manager()) as s:
        await s.until(lambda: s.shows("port 5985   1 s   Esc cancels"), "the step and the seconds")
        await s.keys(key)
        await s.until(lambda: s.shows("not connected to"), "the end")


async def test_esc_takes_nothing_away_from_what_is_typed_while_it_opens() -> None:
    async with screen(host("slow"), sessions=StandInManager().as_manager()) as s:
        await s.until(lambda: s.pane.state is PaneState.OPENING, "the opening")
        await s.type("say x", enter=False)
        await s.keys("escape")
        assert s.pane.state is PaneState.OPENING and s.pane.editor.text == "say x"
