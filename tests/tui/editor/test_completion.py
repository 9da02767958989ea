"""Tab and Ctrl+Space: what the far end offers is inserted, listed, narrowed down; nothing ever waits for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.sessions.completion import Completion, CompletionMatch, read_completion
from pstui.tui.editor.completion import Completions, clean, fits, insertion
from pstui.tui.editor.history import LineHistory
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager
from tests.tui.editor.support import ready, session


async def has(s: Screen, text: str) -> None:
    await s.until(lambda: s.pane.editor.text == text, f"{text!r} in the editor, not {s.pane.editor.text!r}")


async def test_tab_inserts_the_only_completion_without_a_list(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.type("Get-Chi", enter=False)
        await s.keys("tab")
        await has(s, "Get-ChildItem")
        assert not s.pane.row.menu.display
        assert interactive.asked == [("Get-Chi", 7)]


async def test_tab_goes_from_one_completion_to_the_next_and_back_and_esc_restores(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("Get-C", enter=False)
        await s.keys("tab")
        await has(s, "Get-ChildItem")
        await s.until(lambda: s.shows("›Get-ChildItem"), "the list")
        assert s.shows("command")
        assert s.shows("Get-ChildItem [[-Path] <string[]>]")
        assert s.shows("1/3")
        await s.keys("tab")
        await has(s, "Get-Content")
        await s.keys("tab", "tab")
        await has(s, "Get-ChildItem")
        await s.keys("shift+tab")
        await has(s, "Get-Command")
        await s.keys("escape")
        await has(s, "Get-C")
        await s.until(lambda: not s.shows("›"), "no list")


async def test_ctrl_space_lists_and_typing_narrows_the_list_down(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.type("Get-C", enter=False)
        await s.keys("ctrl+@")
        await s.until(lambda: s.shows("›Get-ChildItem") and s.shows("Get-Command"), "the list")
        assert s.pane.editor.text == "Get-C"
        await s.type("o", enter=False)
        await s.until(lambda: not s.shows("›Get-ChildItem") and s.shows("›Get-Content"), "a shorter list")
        await s.keys("down")
        await s.until(lambda: s.shows("›Get-Command"), "the next one")
        await s.keys("backspace")
        await s.until(lambda: s.shows("›Get-ChildItem"), "the whole list")
        await s.keys("down", "enter")
        await has(s, "Get-Content")
        assert len(interactive.asked) == 1, "narrowing asks nobody"
        assert interactive.lines == [], "Enter took the entry, it did not run the line"
        await s.keys("enter")
        await s.until(lambda: interactive.lines == ["Get-Content"], "the line run")


async def test_letters_behind_a_completion_narrow_and_a_blank_goes_on(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("Get-C", enter=False)
        await s.keys("tab")
        await has(s, "Get-ChildItem")
        await s.type("om", enter=False)
        await has(s, "Get-Com")
        await s.keys("tab")
        await has(s, "Get-Command")
        await s.type(" -P", enter=False)
        await has(s, "Get-Command -P")
        await s.keys("tab")
        await has(s, "Get-Command -Path")
        assert s.shows("parameter")


async def test_a_late_answer_for_a_text_that_changed_is_dropped(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        await s.type("Get-Chi", enter=False)
        await s.keys("tab")
        await s.until(lambda: interactive.asked, "the far end asked")
        await s.until(lambda: s.shows("asking the far end"), "that it is waited for")
        await s.type("x", enter=False)
        assert s.pane.editor.text == "Get-Chix", "typing is not held up"
        interactive.answering.set()
        await s.until(lambda: not interactive.completing, "the late answer")
        await s.idle()
        assert s.pane.editor.text == "Get-Chix"
        assert not s.shows("asking the far end")


@pytest.mark.parametrize(
    ("typed", "ahead", "then"),
    [
        ("Get-Chi", " -Force", "Get-ChildItem -Force"),
        ("say Get-Chi", "; x y", "say Get-ChildItem; x y"),
        ("Get-C", " -Force", "Get-C -Force"),
        ("Get-Chi", "x y", "Get-Chix y"),
        ("Get-Nothing", " x", "Get-Nothing x"),
    ],
)
async def test_tab_and_the_next_word_in_one_go_complete_what_can_be_meant_in_one_way_only(
    manager: StandInManager, typed: str, ahead: str, then: str
) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        await s.type(typed, enter=False)
        s.burst("tab", *ahead)
        await has(s, typed + ahead)
        await s.idle()
        interactive.answering.set()
        await s.until(lambda: not interactive.completing, "the late answer")
        await has(s, then)
        assert s.pane.editor.cursor == len(then)
        await s.type("!", enter=False)
        assert s.pane.editor.text == then + "!" and not s.pane.row.menu.display


async def test_going_elsewhere_or_running_the_line_is_not_followed_by_a_late_completion(
    manager: StandInManager,
) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        for keys in (("left",), ("backspace",), ("ctrl+u",), ("enter",)):
            interactive.answering.clear()
            s.pane.editor.empty()
            s.pane.editor.completions.forget()
            await s.type("Get-Chi", enter=False)
            s.burst("tab", " ", "x", *keys)
            await s.idle()
            text = s.pane.editor.text
            interactive.answering.set()
            await s.until(lambda: not interactive.completing and s.pane.state is PaneState.PROMPT, "the late answer")
            await s.idle()
            assert s.pane.editor.text == text, keys
        assert interactive.lines == ["Get-Chi x"]


async def test_enter_does_not_wait_for_a_completion_and_ends_it_first(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        await s.type("say hi", enter=False)
        await s.keys("tab")
        await s.until(lambda: interactive.completing, "the completion")
        await s.keys("enter")
        await s.until(lambda: s.sees("hi"), "the line run")
        assert not interactive.completing


async def test_asking_again_ends_the_completion_before(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        await s.type("sa", enter=False)
        await s.keys("tab")
        await s.until(lambda: interactive.completing, "the completion")
        await s.keys("backspace", "backspace")
        interactive.answering.set()
        await s.type("Get-Chi", enter=False)
        await s.keys("tab")
        await has(s, "Get-ChildItem")


async def test_a_completion_may_take_its_time_behind_the_editor(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.editor.completion.PATIENCE", 0.01)
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        await s.type("Get-Ch", enter=False)
        await s.keys("tab")
        await s.until(lambda: s.shows("asking the far end"), "what is waited for")
        await s.type("i", enter=False)
        assert s.pane.editor.text == "Get-Chi" and not s.pane.row.menu.display, "typing is not held up"
        await s.keys("backspace", "tab")
        await s.until(lambda: s.shows("asking the far end"), "it is waited for again")
        assert interactive.asked == [("Get-Ch", 6)] and interactive.completing, "the same question goes on"
        interactive.answering.set()
        await has(s, "Get-ChildItem")


async def test_an_answer_that_nobody_waits_for_any_more_is_kept_for_who_asks_again(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        await s.type("Get-Ch", enter=False)
        await s.keys("tab")
        await s.until(lambda: interactive.completing, "the question")
        await s.type("x", enter=False)
        interactive.answering.set()
        await s.until(lambda: not interactive.completing, "the answer")
        await s.idle()
        assert s.pane.editor.text == "Get-Chx"
        await s.keys("backspace", "tab")
        await has(s, "Get-ChildItem")
        assert len(interactive.asked) == 1


async def test_esc_ends_a_completion_at_the_far_end_too(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        await s.type("Get-Ch", enter=False)
        await s.keys("tab")
        await s.until(lambda: interactive.completing, "the question")
        await s.keys("escape")
        await s.until(lambda: not interactive.completing, "the far end's end")
        assert s.pane.editor.text == "Get-Ch"
        interactive.answering.set()
        await s.keys("tab")
        await has(s, "Get-ChildItem")


async def test_ctrl_c_while_a_completion_is_being_ended_keeps_the_line_from_running(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        interactive.answering.clear()
        interactive.deaf = True
        await s.type("say hi", enter=False)
        await s.keys("tab")
        await s.until(lambda: interactive.completing, "the completion")
        s.burst("enter", "ctrl+c")
        await s.until(lambda: s.pane.state is PaneState.BUSY, "the line waits for the completion's end")
        await s.idle()
        interactive.answering.set()
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        assert interactive.lines == []
        assert s.pane.history.lines == (), "what has not run is not in the history"
        await s.run("say hi")
        assert s.sees("hi")


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("./dirtwo", "ProviderContainer", ("./dirtwo/", 9)),
        ("~/.ssh", "ProviderContainer", ("~/.ssh/", 7)),
        ("'./dir one'", "ProviderContainer", ("'./dir one/'", 11)),
        ('"./dir $x"', "ProviderContainer", ('"./dir $x/"', 10)),
        (".\\Windows", "ProviderContainer", (".\\Windows\\", 10)),
        ("'C:\\Program Files'", "ProviderContainer", ("'C:\\Program Files\\'", 18)),
        ("C:\\", "ProviderContainer", ("C:\\", 3)),
        ("'/'", "ProviderContainer", ("'/'", 2)),
        ("./plain.txt", "ProviderItem", ("./plain.txt", 11)),
        ("'sp ace.txt'", "ProviderItem", ("'sp ace.txt'", 12)),
    ],
)
def test_a_folder_gets_its_separator_and_the_cursor_stays_before_the_quote(
    text: str, kind: str, expected: tuple[str, int]
) -> None:
    assert insertion(CompletionMatch(text, text, kind, "")) == expected


async def test_tab_into_a_folder_and_tab_again_takes_the_next_one(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("cd dir", enter=False)
        await s.keys("tab")
        await has(s, "cd 'dir one/'")
        assert s.pane.editor.cursor == len("cd 'dir one/")
        await s.keys("tab")
        await has(s, "cd dirtwo/")
        assert s.pane.editor.cursor == len("cd dirtwo/")
        await s.keys("escape")
        await has(s, "cd dir")


async def test_a_word_that_became_shorter_than_the_one_asked_about_is_asked_about_anew(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.type("say -Pat", enter=False)
        await s.keys("ctrl+@")
        await has(s, "say -Path")
        await s.keys("backspace", "backspace", "backspace", "ctrl+@")
        await s.until(lambda: s.shows("›Path") and s.shows("PassThru"), "the list")
        await s.keys("backspace")
        await s.until(lambda: interactive.asked[-1] == ("say -", 5), "another question")
        await s.until(lambda: s.shows("›Path"), "its answer")
        await s.type("P", enter=False)
        await s.keys("backspace")
        await s.until(lambda: s.shows("›Path") and s.pane.editor.text == "say -", "the same list again")


async def test_while_a_command_runs_only_known_names_are_offered(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        await s.run("say one-two-three")
        await s.type("wait")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.type("say one", enter=False)
        await s.keys("ctrl+@")
        await has(s, "say one-two-three")
        await s.keys("ctrl+u")
        await s.type("Get-Chi", enter=False)
        await s.keys("tab")
        await has(s, "Get-ChildItem")
        await s.keys("ctrl+u")
        await s.type("Get-Pro", enter=False)
        await s.keys("ctrl+@")
        await has(s, "Get-Process")
        await s.keys("ctrl+w")
        await s.type("Get-Co", enter=False)
        await s.keys("ctrl+@")
        await s.until(lambda: s.shows("a command runs, so: known names"), "why")
        assert interactive.asked == []


async def test_an_answer_is_remembered_until_a_command_has_run(manager: StandInManager) -> None:
    async with session(manager) as s:
        interactive = await ready(s)
        for _ in range(2):
            await s.type("Get-C", enter=False)
            await s.keys("tab")
            await has(s, "Get-ChildItem")
            await s.keys("ctrl+u")
        assert len(interactive.asked) == 1
        await s.run("say x")
        await s.type("Get-C", enter=False)
        await s.keys("tab")
        await has(s, "Get-ChildItem")
        assert len(interactive.asked) == 2


async def test_what_fits_nothing_is_said_and_changes_nothing(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("zzz", enter=False)
        await s.keys("tab")
        await s.until(lambda: s.shows("nothing fits"), "that there is nothing")
        await s.type("y", enter=False)
        await s.until(lambda: not s.shows("nothing fits"))
        assert s.pane.editor.text == "zzzy"


async def test_a_word_in_the_middle_is_completed_in_its_place(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("Get-Chi | say", enter=False)
        await s.keys("home", *["right"] * 7, "tab")
        await has(s, "Get-ChildItem | say")
        assert s.pane.editor.cursor == len("Get-ChildItem")


async def test_a_click_takes_an_entry(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("Get-C", enter=False)
        await s.keys("ctrl+@")
        await s.until(lambda: s.shows("›Get-ChildItem"), "the list")
        await s.pilot.click(s.pane.row.menu, offset=(3, 1))
        await has(s, "Get-Content")


@pytest.mark.parametrize("size", [(24, 6), (80, 24)])
async def test_the_list_stays_on_the_screen(manager: StandInManager, size: tuple[int, int]) -> None:
    async with session(manager, size=size) as s:
        await ready(s)
        await s.type("Get-C", enter=False)
        await s.keys("tab")
        await s.until(lambda: s.pane.row.menu.display, "the list")
        await s.idle()
        width, height = size
        region = s.pane.row.menu.region
        assert region.x >= 0 and region.right <= width and region.y >= 0 and region.bottom <= height
        assert s.shows("Get-C")


async def test_the_embedded_endpoint_completes_within_a_block_too() -> None:
    async with screen(ConnectionInfo(ParameterSet.DEMO)) as s:
        await ready(s)
        await s.type("Get-ChildI", enter=False)
        await s.keys("tab")
        await has(s, "Get-ChildItem")
        await s.keys("ctrl+u")
        await s.type("foreach ($i in 1..2) {", enter=False)
        await s.keys("ctrl+right_square_bracket", "enter")
        await s.until(lambda: s.pane.row.prompt == ">> " and s.pane.state is PaneState.PROMPT, "the next row")
        await s.type("Write-Outp", enter=False)
        await s.keys("tab")
        await has(s, "Write-Output")
        await s.type(" $i }")
        await s.type("")
        await s.until(lambda: s.sees("2"), "the block run")


async def test_a_line_typed_right_behind_tab_runs_whole_on_a_real_endpoint() -> None:
    async with screen(ConnectionInfo(ParameterSet.DEMO)) as s:
        await ready(s)
        for number in range(5):
            s.burst(*"Write-Output", "tab", *f" x{number}", "tab", "enter")
            await s.until(lambda number=number: s.sees(f"x{number}"), "the line")
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")


def test_answers_recorded_of_a_real_server_are_offered_as_they_came() -> None:
    recorded = Path(__file__).parents[2] / "data" / "completion" / "tabexpansion2.jsonl"
    cases = [json.loads(line) for line in recorded.read_text().splitlines()]
    assert len(cases) == 95
    for case in cases:
        names = ("CompletionText", "ListItemText", "ResultType", "ToolTip")
        matches = [dict(zip(names, (*match, f"tip of {match[0]}"), strict=True)) for match in case["first_matches"]]
        place = {"ReplacementIndex": case["replacement_index"], "ReplacementLength": case["replacement_length"]}
        found = clean(read_completion([{"CompletionMatches": matches, **place}], case["text"]), case["text"])
        assert (found.start, found.length) == (case["replacement_index"], case["replacement_length"])
        assert [[match.text, match.label, match.kind] for match in found.matches] == case["first_matches"]
        assert [match.tooltip for match in found.matches] == [f"tip of {match[0]}" for match in case["first_matches"]]


def test_a_completion_of_several_rows_is_inserted_whole() -> None:
    text = "if (1) {\n  2\n}"
    (match,) = clean(Completion(0, 4, (CompletionMatch(text, text, "History", text),)), "#if ").matches
    assert match.text == text and "\n" not in match.label


_TEXT = st.text(max_size=12)


@given(
    _TEXT,
    st.builds(
        Completion,
        st.integers(-5, 20),
        st.integers(-5, 20),
        st.lists(st.builds(CompletionMatch, _TEXT, _TEXT, _TEXT, _TEXT), max_size=4).map(tuple),
    ),
)
def test_an_answer_never_reaches_beyond_the_text_nor_brings_control_characters(text: str, answer: Completion) -> None:
    cleaned = clean(answer, text)
    assert 0 <= cleaned.start <= cleaned.start + cleaned.length <= len(text)
    for match in cleaned.matches:
        for part in (match.text, match.label, match.kind, match.tooltip):
            assert not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in part)
        assert "\n" not in match.label + match.kind + match.tooltip
        offered = [each.text.replace("\r\n", "\n") for each in answer.matches]
        assert match.text in offered, "what is inserted is what was offered"


@pytest.mark.parametrize(
    ("text", "label", "word", "fitting"),
    [
        ("-Path", "Path", "-p", True),
        ("'C:\\Program Files'", "Program Files", "C:\\Pro", True),
        ("./src", "src", "./s", True),
        ("$items", "items", "$it", True),
        ("Get-Item", "Get-Item", "Get-X", False),
    ],
)
def test_a_completion_fits_while_what_is_typed_begins_it(text: str, label: str, word: str, fitting: bool) -> None:
    assert fits(CompletionMatch(text, label, "", ""), word) is fitting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Get-Chi", "Get-ChildItem"),
        ("ls | Where-Ob", "Where-Object"),
        ("cp ./so", "./some/where"),
        ("cp -Re", "-Recurse"),
        ("echo $fo", "$folder"),
        ("mk", "mkdir"),
    ],
)
def test_what_is_known_here_comes_from_names_and_history(text: str, expected: str) -> None:
    async def nobody(text: str, cursor: int) -> Completion:
        raise AssertionError("nobody is asked")

    history = LineHistory(["cp ./some/where $folder -Recurse", "mkdir x", "$password = 'abc'"])
    found = Completions(nobody, history).known(text, len(text))
    assert expected in [match.text for match in found.matches]
    assert text[: found.start] + text[found.start : found.start + found.length] == text
    assert not [match for match in found.matches if "abc" in match.text]
