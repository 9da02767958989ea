"""What is typed ahead goes to whoever will own it: the screen a key opens, the field that is asked next, the editor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pstui.config.history import History
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.pane.question import Asking
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from textual import events
from textual.widgets import Input

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host

PROFILES = '[hosts.web1]\ncomputer_name = "web1"\n\n[hosts.web2]\ncomputer_name = "web2"\n'


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(PROFILES)
    return path


def noted(s: Screen, text: str) -> bool:
    """Whether something was said in passing."""
    return any(text in notification.message for notification in s.app._notifications)


async def asked(s: Screen, line: str) -> None:
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    await s.type(line)
    await s.until(lambda: s.pane.questions.has_keys, "the question")


async def test_the_keys_behind_one_that_opens_a_form_go_into_the_form(manager: StandInManager, file: Path) -> None:
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file))) as s:
        s.burst(*"adb1")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen), "the form")
        await s.idle()
        assert isinstance(s.app.focused, Input)
        assert s.app.focused.value == "db1"
        s.burst("escape", "enter", *"ea", "escape", "enter")
        await s.until(lambda: s.app.screen is s.workspace, "no form, and not two")
        await s.idle()
        assert s.app.screen is s.workspace
        assert file.read_text() == PROFILES, "nothing was deleted"


async def test_the_keys_behind_f2_are_typed_into_the_dialog_and_saving_does_not_connect(
    manager: StandInManager, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.pilot.DEADLINE", 40.0)  # the dialog takes a second of the processor
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file))) as s:
        s.burst("f2", *"db", "tab", "ctrl+s", "ctrl+u", *"web3", "enter")
        await s.until(lambda: "web3" in file.read_text(), "the profile saved")
        await s.idle()
        assert not s.workspace.panes, "nothing was connected to"
        await s.until(lambda: s.shows("web3 was saved to"), "the word on it")
        await s.keys("escape")
        await s.until(lambda: s.shows("○ web3"), "it is in the sidebar at once")


async def test_the_keys_behind_a_chord_go_to_what_it_opens(manager: StandInManager) -> None:
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        s.burst("ctrl+right_square_bracket", "T", "ctrl+u", *"mine", "enter", *"say hi", "enter")
        await s.until(lambda: s.sees("hi"), "the line behind it")
        assert s.pane.caption == "mine"


async def test_the_keys_behind_a_choice_go_to_the_tab_it_opens(manager: StandInManager, file: Path) -> None:
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file))) as s:
        s.burst("slash", *"web2", "enter", *"say hi")
        await s.until(lambda: s.workspace.front is not None and s.pane.editor.text == "say hi", "the tab")
        assert s.pane.info.label == "web2"


async def test_the_fields_of_one_credential_get_their_keys_however_fast_they_come(
    manager: StandInManager, tmp_path: Path
) -> None:
    history = tmp_path / "history.jsonl"
    async with screen(host("web1"), sessions=manager.as_manager(), history=History(history)) as s:
        await asked(s, "credential")
        s.burst(*"bob", "enter", *"S3cret!", "enter", *"say next", "enter")
        await s.until(lambda: s.sees("got bob and 7"), "both answers")
        await s.until(lambda: s.sees("next"), "the line behind them")
        assert not [line for line in s.text() if "S3cret" in line]
    assert "S3cret" not in history.read_text()


async def test_two_questions_of_a_far_end_that_answers_soon_are_one_dialogue(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.pane.question.NEXT", 2.0)  # this computer may be slower than any far end
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        await asked(s, "asktwice")
        s.burst(*"one", "enter", *"two", "enter")
        await s.until(lambda: s.sees("got one, two"), "both answers")


async def test_a_look_at_an_answered_question_lets_no_key_go_to_the_editor(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.pane.question.NEXT", 2.0)
    answer = Asking.answer
    async with screen(host("web1"), sessions=manager.as_manager()) as s:

        def answered(asking: Asking, text: str) -> None:
            answer(asking, text)
            s.pane.questions.offer()

        monkeypatch.setattr(Asking, "answer", answered)
        await asked(s, "asktwice")
        s.burst(*"one", "enter", *"two", "enter")
        await s.until(lambda: s.sees("got one, two"), "both answers")


async def test_a_line_that_waits_goes_back_to_the_editor_when_a_question_comes(
    manager: StandInManager, tmp_path: Path
) -> None:
    history = tmp_path / "history.jsonl"
    async with screen(host("web1"), sessions=manager.as_manager(), history=History(history)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("later secret")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.type("S3cret!pw")
        assert s.pane.pending == "S3cret!pw"
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.pane.asking is not None, "the question")
        assert s.pane.pending is None and s.pane.editor.text == "S3cret!pw"
        await s.keys("enter")
        assert s.pane.pending is None and s.pane.editor.text == "S3cret!pw", "it is not run behind the question either"
        await s.keys("ctrl+c")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the question refused")
        await s.keys("ctrl+c")
        await s.until(lambda: not s.pane.editor.text, "the editor emptied")
        await s.idle()
        assert manager.interactive[0].lines == ["later secret", "secret"]
        assert s.pane.history.lines == ("later secret",)
        assert not [line for line in s.text() if "S3cret" in line], "it is not left behind in the text"
    assert "S3cret" not in history.read_text()


async def test_what_is_typed_while_a_session_opens_is_no_answer_and_no_command(
    manager: StandInManager, file: Path
) -> None:
    async with screen(host("asks"), sessions=manager.as_manager()) as s:
        await s.until(lambda: s.pane.state is PaneState.OPENING, "the opening")
        await s.type("S3cret!pw")
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.pane.asking is not None, "the question")
        assert s.pane.editor.text == "S3cret!pw"
        await s.keys("ctrl+u", "tab")
        await s.until(lambda: s.pane.questions.has_keys, "the question has the keys")
        await s.type("right")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the session")
        assert manager.interactive[0].lines == []
        assert s.pane.history.lines == ()


async def test_lines_pasted_where_one_has_room_are_not_lost_without_a_word(manager: StandInManager, file: Path) -> None:
    async with screen(host("web1"), sessions=manager.as_manager(), book=ProfileBook(read(file))) as s:
        await asked(s, "ask")
        s.app.post_message(events.Paste("Ada\r\nLovelace\r\n"))
        await s.until(lambda: noted(s, "2 lines were pasted as one"), "what was done")
        await s.keys("enter")
        await s.until(lambda: s.sees("got Ada Lovelace"), "the answer")
        await asked(s, "secret")
        s.app.post_message(events.Paste("S3cret\nother"))
        await s.until(lambda: noted(s, "Nothing was taken"), "what was done")
        s.app.post_message(events.Paste("S3cret\n"))
        await s.idle()
        await s.keys("enter")
        await s.until(lambda: s.sees("got S3cret"), "one line, its end left out")
        await s.keys("f2")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette), "the list")
        await s.keys("tab")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.app.focused, "the form")
        s.app.post_message(events.Paste("root@db\nroot@web"))
        await s.until(lambda: isinstance(s.app.focused, Input) and s.app.focused.value == "root@db root@web", "both")


async def test_keys_are_not_kept_for_ever(manager: StandInManager) -> None:
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        s.app.typeahead.hold(60)
        s.burst(*"say x", "enter")
        await asyncio.sleep(0.1)
        assert s.pane.editor.text == ""
        s.app.typeahead.release()
        await s.until(lambda: s.sees("x"), "the line")
        s.app.typeahead.hold(0.05)
        s.burst(*"say y", "enter")
        await s.until(lambda: s.sees("y"), "the line, though nobody released the keys")


async def test_keys_behind_the_one_that_ends_the_program_do_not_hold_its_end_up(manager: StandInManager) -> None:
    async with screen(sessions=manager.as_manager()) as s:
        s.burst("f10", "f10", *"abc")
        await s.until(lambda: not s.app.is_running, "the end")
    assert s.app.typeahead.idle
