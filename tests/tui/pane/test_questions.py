"""Questions: inline, never answered by what was meant for the editor, left in the text as a console leaves them."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest
from pstui.backends.console import Question, QuestionKind
from pstui.tui.pane.question import QuestionBox
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


def session(manager: StandInManager, *names: str) -> AbstractAsyncContextManager[Screen]:
    return screen(*[host(name) for name in names or ("web1",)], sessions=manager.as_manager())


async def asked(s: Screen, line: str) -> None:
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    await s.type(line)
    await s.until(lambda: s.pane.questions.has_keys, "a question with the keys")


async def test_an_answer_collapses_to_the_console_line(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "ask")
        assert s.shows("web1 asks")
        assert s.shows("from the remote script")
        await s.type("Ada")
        await s.until(lambda: s.sees("got Ada"), "the answer")
        assert s.text() == ["[web1]: PS /> ask", "Name: Ada", "got Ada"]
        assert not s.app.screen.query(QuestionBox)
        assert s.pane.editor.has_focus


async def test_a_secret_is_never_shown_and_leaves_stars(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "secret")
        assert s.shows("from pstui")
        await s.type("hunter2", enter=False)
        assert not s.shows("hunter2")
        await s.keys("enter")
        await s.until(lambda: s.sees("Password: *******"), "the stars")
        assert s.pane.history.lines == ("secret",)


async def test_a_notice_that_is_seen_is_not_shown_again(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("later secret")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.type("Get-Ch", enter=False)
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.shows("F4 answers"), "the question")
        await s.keys("enter", "enter", "enter")
        await s.until(lambda: s.app._notifications, "the notice")
        told = [each.message for each in s.app._notifications]
        assert told == ["A secret is asked for: F4 leads there. This line was not run."]
        assert "Get-Ch" not in manager.interactive[0].lines


async def test_a_choice_shows_its_buttons_and_takes_a_typed_answer(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "choice")
        for seen in ("db asks", "Confirm", "Are you sure?", "[Y] Yes", "[A] Yes to All", "[?] Help", "default Y"):
            assert s.shows(seen), seen
        await s.type("n")
        await s.until(lambda: s.sees("got n"), "the answer")
        line = '[Y] Yes  [A] Yes to All  [N] No  [?] Help (default is "Y"): n'
        assert s.text()[1:] == ["", "Confirm", "Are you sure?", line, "got n"]


async def test_a_choice_takes_the_mouse(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "choice")
        await s.pilot.click("ChoiceRow", offset=(14, 0))
        await s.until(lambda: s.sees("got A"), "the answer")


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_a_cancelled_question_leaves_its_label_unfinished(manager: StandInManager, key: str) -> None:
    async with session(manager) as s:
        await asked(s, "ask")
        await s.type("Ad", enter=False)
        await s.keys(key)
        await s.until(lambda: s.sees("Name: Adcancelled"), "the refusal")
        assert s.pane.editor.text == ""


@pytest.mark.parametrize("line", ["ask", "secret"])
async def test_esc_and_a_key_right_behind_it_are_two_keys(
    manager: StandInManager, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.pane.question.NEXT", 5.0)  # this computer may be slow
    async with session(manager) as s:
        await asked(s, line)
        s.burst(*"Ad", "escape", *"say next", "enter")
        await s.until(lambda: any("cancelled" in row for row in s.text()), "the end of the question")
        await s.until(lambda: s.sees("next"), "the line behind it")
        assert manager.interactive[0].lines == [line, "say next"]


async def test_an_arrow_that_a_slow_link_has_torn_apart_does_not_cancel(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "ask")
        s.burst(*"Aa", "escape", "left", "d", "enter")
        await s.until(lambda: s.sees("got Ada"), "the answer")


async def test_a_question_takes_no_key_of_a_half_typed_line(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("later choice")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.type("Get-Ch", enter=False)
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.shows("F4 answers"), "the question")
        await s.type("a", enter=False)
        assert not s.pane.questions.has_keys
        assert s.pane.editor.text == "Get-Cha"
        await s.keys("enter")
        assert s.pane.pending == "Get-Cha", "the line waits, the question is still open"
        assert s.pane.asking is not None
        await s.keys("f4")
        await s.until(lambda: s.pane.questions.has_keys, "the question reached")
        await s.type("y")
        await s.until(lambda: s.sees("[web1]: PS /> Get-Cha"), "the waiting line run after the answer")
        assert s.sees("got y")


async def test_what_is_typed_behind_an_answer_goes_to_the_editor(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "ask")
        s.burst(*"Ada", "enter", *"say next", "enter", *"half")
        await s.until(lambda: s.sees("next"), "the line behind the answer")
        assert s.sees("got Ada")
        await s.until(lambda: s.pane.editor.text == "half", "what was typed last")


async def test_f4_and_tab_go_to_the_question_and_f4_back(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "ask")
        await s.keys("f4")
        assert s.pane.editor.has_focus
        await s.keys("tab")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.keys("f4")
        await s.type("draft", enter=False)
        await s.keys("tab")
        assert s.pane.editor.has_focus, "Tab completes what is typed"
        await s.keys("f4")
        await s.until(lambda: s.pane.questions.has_keys, "the question again")
        await s.type("Ada")
        await s.until(lambda: s.sees("got Ada"))
        assert s.pane.editor.text == "draft"


async def test_a_question_in_the_background_waits_behind_a_badge(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("later ask")
        await s.keys("alt+2")
        await s.until(lambda: s.pane.info.label == "db" and s.pane.state is PaneState.PROMPT)
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.shows("1 web1 ?"), "the badge")
        assert s.shows("web1 asks"), "the footer says so"
        assert s.pane.editor.has_focus
        await s.type("x", enter=False)
        await s.keys("alt+1")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.type("Ada")
        await s.until(lambda: s.sees("got Ada"))
        await s.keys("alt+2")
        assert s.pane.editor.text == "x"


async def test_a_key_awaited_is_taken_as_it_is(manager: StandInManager) -> None:
    async with session(manager) as s:
        await asked(s, "key")
        assert s.shows("waits for a key")
        await s.until(lambda: s.shows("any key answers  Ctrl+C cancels") and not s.shows("Esc cancels"), "the footer")
        await s.keys("escape")
        await s.until(lambda: s.sees("key 27 None") or s.sees("key 27 '\\x1b'") or s.sees("key 27 ''"), "the key")


async def test_a_server_speaks_with_its_own_voice_and_cannot_push_the_answer_out_of_sight(
    manager: StandInManager,
) -> None:
    async with session(manager) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        label = "pstui\nPassphrase for the key: " + "x" * 3000 + " now: "
        question = Question(QuestionKind.SECRET, label, remote=False, source="web1", voice="from the server web1")
        asking = asyncio.create_task(s.pane.console.ask(question))
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        assert s.shows("from the server web1") and not s.shows("from pstui")
        box = s.app.screen.query_one(QuestionBox)
        field = box.query_one("AnswerInput")
        assert field.region.height == 1 and box.region.contains_region(field.region)
        assert box.region.height < 20
        await s.type("hunter2")
        assert (await asking).reveal() == "hunter2"
