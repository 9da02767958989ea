"""The editor under the fingers: PSReadLine's keys, colours, pastes of many lines, an editor of one's own."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.editor import external as editor_external
from pstui.tui.editor.highlight import MAX_TEXT, Highlighted
from pstui.tui.editor.words import blank_start_before, last_argument, next_word_start, word_end_after, word_start_before
from pstui.tui.pane.face import PaneState
from textual import events

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInInteractive, StandInManager, host


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


def session(manager: StandInManager, **options: object):
    return screen(host("web1"), sessions=manager.as_manager(), **options)


async def ready(s: Screen) -> StandInInteractive:
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    return s.pane.conversation.interactive  # type: ignore[return-value, union-attr]  # the stand-in


async def press(s: Screen, text: str, *keys: str) -> tuple[str, int]:
    """Type a text into an empty editor, press keys, return text and cursor."""
    s.pane.editor.empty()
    await s.type(text, enter=False)
    await s.keys(*keys)
    await s.idle()
    return s.pane.editor.text, s.pane.editor.cursor


#: keys pressed after ``cd C:\\one two.txt``, the text and the cursor after them
PSREADLINE = [
    ((), "cd C:\\one two.txt", 17),
    (("ctrl+a",), "cd C:\\one two.txt", 0),
    (("home", "ctrl+e"), "cd C:\\one two.txt", 17),
    (("alt+b",), "cd C:\\one two.txt", 14),
    (("ctrl+left", "ctrl+left"), "cd C:\\one two.txt", 10),
    (("home", "alt+f"), "cd C:\\one two.txt", 2),
    (("home", "ctrl+right"), "cd C:\\one two.txt", 3),
    (("ctrl+w",), "cd C:\\one ", 10),
    (("alt+backspace",), "cd C:\\one two.", 14),
    (("ctrl+w", "ctrl+w"), "cd ", 3),
    (("ctrl+w", "ctrl+w", "ctrl+y"), "cd C:\\one two.txt", 17),
    (("home", "alt+d", "alt+d", "ctrl+e", "ctrl+y"), ":\\one two.txtcd C", 17),
    (("ctrl+u",), "", 0),
    (("ctrl+u", "ctrl+y", "ctrl+y"), "cd C:\\one two.txtcd C:\\one two.txt", 34),
    (("home", "ctrl+k"), "", 0),
    (("home", "ctrl+right", "ctrl+k"), "cd ", 3),
    (("ctrl+w", "home", "ctrl+d", "ctrl+k", "ctrl+y", "alt+y"), "two.txt", 7),
    (("ctrl+t",), "cd C:\\one two.ttx", 17),
    (("ctrl+q", "tab"), "cd C:\\one two.txt\t", 18),
    (("ctrl+b", "ctrl+b", "delete"), "cd C:\\one two.tt", 15),
]


async def test_the_keys_of_psreadline(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        for keys, text, cursor in PSREADLINE:
            assert await press(s, "cd C:\\one two.txt", *keys) == (text, cursor), keys


async def test_undo_and_redo_have_keys_of_their_own(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await press(s, "say one two", "ctrl+w")
        assert s.pane.editor.text == "say one "
        await s.keys("ctrl+z")
        assert s.pane.editor.text == "say one two"
        await s.keys("alt+z")
        assert s.pane.editor.text == "say one "
        await s.keys("ctrl+underscore", "ctrl+right_square_bracket", "u")
        assert s.pane.editor.text == "say one "


async def test_what_is_typed_in_one_go_is_undone_in_one_go(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await press(s, "say hello")
        await s.keys("ctrl+z")
        assert s.pane.editor.text == ""


async def test_a_kill_can_be_yanked_in_another_tab(manager: StandInManager) -> None:
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as s:
        await ready(s)
        await press(s, "say carried", "ctrl+w")
        await s.keys("alt+2")
        await ready(s)
        await s.keys("ctrl+y")
        assert s.pane.editor.text == "carried"


async def test_the_last_argument_of_older_and_older_lines(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.run("say a 'b c'")
        await s.run("say x; say y")
        await s.type("ls ", enter=False)
        await s.keys("alt+full_stop")
        assert s.pane.editor.text == "ls y"
        await s.keys("alt+full_stop")
        assert s.pane.editor.text == "ls 'b c'"
        await s.keys("space", "ctrl+right_square_bracket", "full_stop")
        assert s.pane.editor.text == "ls 'b c' y"


async def test_keys_that_cut_rows_join_them(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("one", enter=False)
        await s.keys("alt+enter")
        await s.type("two", enter=False)
        await s.keys("home", "ctrl+u")
        assert s.pane.editor.text == "onetwo"
        await s.keys("ctrl+y", "up", "end", "ctrl+k")
        assert s.pane.editor.text == "onetwo"


# -- colours --------------------------------------------------------------------------------------------------


def colours(s: Screen) -> dict[str, str]:
    """What is drawn in which colour in the first row of the editor."""
    found: dict[str, str] = {}
    for segment in s.pane.editor.render_line(0):
        if segment.text.strip() and segment.style is not None and segment.style.color is not None:
            name = segment.style.color.name
            found[name] = found.get(name, "") + segment.text.strip()
    return found


async def test_a_line_is_coloured_by_what_its_words_are(manager: StandInManager) -> None:
    async with session(manager, settings={"theme": "dark"}) as s:
        await ready(s)
        await press(s, "ls -Force 'a b' $x", "home")
        found = colours(s)
        variables = s.app.get_css_variables()
        assert found[variables["primary"].lower()].endswith("s")
        assert found[variables["calm"].lower()] == "-Force"
        assert found[variables["success"].lower()] == "'a b'"
        assert found[variables["warning"].lower()] == "$x"


async def test_partners_are_marked_and_those_in_strings_are_not(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await press(s, "say ('(' + 1)")
        marked = [seg.text for seg in s.pane.editor.render_line(0) if seg.style is not None and seg.style.underline]
        assert marked == ["(", ")"]
        read = Highlighted("say ('(' + 1)")
        assert read.partners(13) == (12, 4)
        assert read.partners(5) == (5, 7)
        assert read.partners(6) == (5, 7)
        assert read.partners(0) is None


@given(st.text(st.sampled_from("abc $'\"@{}()[]#|;-\n`<>=.1"), max_size=60), st.integers(0, 60))
def test_runs_stay_in_their_rows_and_partners_are_mutual(text: str, cursor: int) -> None:
    read = Highlighted(text)
    for row, line in enumerate(text.split("\n")):
        last = 0
        for run in read.runs(row):
            assert last <= run.start < run.end <= len(line)
            last = run.end
    pair = read.partners(min(cursor, len(text)))
    if pair is not None:
        assert read.partners(pair[1]) is not None
        assert all(text[place] in "()[]{}'\"@$" for place in pair)


async def test_a_very_long_line_is_typed_on_without_delay(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        s.app.post_message(events.Paste("say " + "$x 'y' " * 5_000))
        await s.until(lambda: len(s.pane.editor.text) > MAX_TEXT, "the long line")
        await s.idle()
        began = time.process_time()
        await s.type("abcdefghij", enter=False)
        assert s.pane.editor.text.endswith("abcdefghij")
        assert (time.process_time() - began) / 10 < 0.25


# -- pastes of many lines -------------------------------------------------------------------------------------


async def pasted(s: Screen, text: str = "say one\nsay two\nsay three") -> StandInInteractive:
    interactive = await ready(s)
    s.app.post_message(events.Paste(text))
    await s.until(lambda: s.shows("3 lines pasted"), "the question")
    return interactive


async def test_pasted_lines_run_as_one_block_by_enter(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s, "say one\r\nsay two\r\nsay three\r\n")
        assert interactive.lines == [], "nothing runs by itself"
        await s.keys("enter")
        await s.until(lambda: interactive.lines == ["say one\nsay two\nsay three"], "the block")
        assert not s.shows("lines pasted")


async def test_pasted_lines_run_one_by_one(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s)
        await s.keys("tab", "enter")
        await s.until(lambda: s.sees("three"), "the last line")
        assert interactive.lines == ["say one", "say two", "say three"]
        assert s.pane.editor.text == ""
        await s.keys("up", "up")
        assert s.pane.editor.text == "say two"


async def test_a_click_chooses_how_pasted_lines_run(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s)
        column = s.pane.aside.text.index("line by line")
        await s.pilot.click(s.pane.aside, offset=(column + 2, 0))
        await s.until(lambda: s.sees("three"), "the last line")
        assert interactive.lines == ["say one", "say two", "say three"]
        assert not s.shows("lines pasted")


async def test_typing_on_edits_pasted_lines(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s)
        await s.type("l", enter=False)
        await s.until(lambda: not s.shows("lines pasted"), "no question")
        assert s.pane.editor.text == "say one\nsay two\nsay threel"
        assert interactive.lines == []


async def test_ctrl_c_drops_pasted_lines_that_wait_and_stops_the_one_that_runs(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await pasted(s, "wait\nsay two\nsay three")
        await s.keys("tab", "enter")
        await s.until(lambda: s.shows("2 lines, next: say two"), "what waits")
        await s.keys("ctrl+c")
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.sees("stopped"), "the prompt")
        assert interactive.lines == ["wait"]


async def test_a_question_between_pasted_lines_is_not_answered_by_them(manager: StandInManager) -> None:
    async with session(manager) as s:
        await pasted(s, "ask\nsay two\nsay three")
        await s.keys("tab", "enter")
        await s.until(lambda: s.pane.question_has_keys, "the question")
        await s.type("Ada")
        await s.until(lambda: s.sees("three"), "the rest")
        assert s.sees("got Ada")


async def test_a_session_that_dies_gives_pasted_lines_back(manager: StandInManager) -> None:
    async with session(manager) as s:
        await pasted(s, "die\nsay two\nsay three")
        await s.keys("tab", "enter")
        await s.until(lambda: s.pane.state is PaneState.BROKEN, "the end")
        await s.until(lambda: s.pane.editor.text == "say two\nsay three", "the lines that did not run")


async def test_one_pasted_line_is_no_question(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        s.app.post_message(events.Paste("say one\n"))
        await s.until(lambda: s.pane.editor.text == "say one", "the line")
        await s.keys("enter")
        await s.until(lambda: s.sees("one"))
        assert interactive.lines == ["say one"]


# -- an editor of one's own -----------------------------------------------------------------------------------


def test_the_editor_is_visual_then_editor_then_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    command = editor_external.editor_command
    assert command({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert command({"VISUAL": " ", "EDITOR": "'my vi' -n"}) == ["my vi", "-n"]
    monkeypatch.setattr("shutil.which", lambda name: "/bin/vi" if name == "vi" else None)
    assert command({}) == ["/bin/vi"]
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert command({}) == []


class _Lent:
    """As much of an app as lends its terminal."""

    def __init__(self, run: object) -> None:
        self.run = run


async def test_the_file_is_private_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    async def edit(app: object, command: list[str]) -> None:
        file = Path(command[-1])
        seen.append(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert file.read_text() == "say x\n"
        file.write_text("say \x1b[31my\nsay z\n\n")

    monkeypatch.setenv("EDITOR", "unused")
    monkeypatch.setattr(editor_external, "_run", edit)
    assert await editor_external.edit_outside(_Lent(None), "say x") == "say y\nsay z"  # type: ignore[arg-type]  # no app needed
    assert not seen[0].parent.exists()


async def test_where_the_terminal_cannot_be_lent_the_line_stays(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", os.devnull)
    async with session(manager) as s:
        await ready(s)
        await s.type("say kept", enter=False)
        await s.keys("ctrl+right_square_bracket", "v")
        await s.until(lambda: any("cannot be handed over" in each.message for each in s.app._notifications), "why not")
        assert s.pane.editor.text == "say kept"


# -- words ----------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("ab1 .-\\/'\n"), max_size=30), st.data())
def test_words_are_left_in_the_right_direction_and_all_of_them_are_reached(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    assert 0 <= word_start_before(text, place) <= place
    assert 0 <= blank_start_before(text, place) <= place
    assert place <= word_end_after(text, place) <= len(text)
    assert place <= next_word_start(text, place) <= len(text)
    if place:
        assert word_start_before(text, place) < place
    if place < len(text):
        assert word_end_after(text, place) > place


@pytest.mark.parametrize(
    ("line", "word"),
    [("cp a 'b c'", "'b c'"), ("ls | sort", "sort"), ("x $a.Foo(1)", "$a.Foo(1)"), ("", ""), ("ls # why", "ls")],
)
def test_the_last_argument_of_a_line(line: str, word: str) -> None:
    assert last_argument(line) == word
