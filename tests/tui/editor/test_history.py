"""Lines typed before: Up with a prefix, Ctrl+R, the prediction after the cursor, and what of them reaches the disk."""

from __future__ import annotations

import itertools
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.language.secrets import looks_secret
from pstui.config.history import History
from pstui.tui.cli.screen import kept_history
from pstui.tui.editor.history import HistorySearch, LineHistory
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host
from tests.tui.editor.support import press, ready


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.jsonl"


def kept(file: Path, *lines: tuple[str, str]) -> History:
    history = History(file, looks_secret)
    for where, line in lines:
        history.add(where, line)
    return history


def session(manager: StandInManager, *names: str, **options: Any) -> AbstractAsyncContextManager[Screen]:
    return screen(*(host(name) for name in names or ("web1",)), sessions=manager.as_manager(), **options)


async def test_f8_walks_lines_that_begin_as_typed(manager: StandInManager) -> None:
    async with session(manager) as s:
        for line in ("say 1", "part x", "say 2"):
            await s.run(line)
        await s.type("SAY", enter=False)
        await s.keys("f8")
        assert s.pane.editor.text == "say 2"
        await s.keys("f8")
        assert s.pane.editor.text == "say 1"
        await s.keys("f8", "shift+f8", "shift+f8")
        assert s.pane.editor.text == "SAY"
        await s.keys("up", "ctrl+p")
        assert s.pane.editor.text == "part x"
        await s.keys("down", "ctrl+n")
        assert s.pane.editor.text == "SAY"


async def test_a_recalled_line_that_was_edited_is_a_new_beginning(manager: StandInManager) -> None:
    async with session(manager) as s:
        for line in ("say 1", "part x", "say 2"):
            await s.run(line)
        await s.keys("up")
        await s.keys("ctrl+u")
        await s.type("pa", enter=False)
        await s.keys("f8")
        assert s.pane.editor.text == "part x"
        await s.keys("shift+f8")
        assert s.pane.editor.text == "pa"


async def test_the_ghost_shows_what_was_typed_before_and_right_accepts_it(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say hello there friend")
        await s.type("say h", enter=False)
        await s.until(lambda: s.pane.editor.ghost == "ello there friend", "the ghost")
        assert s.shows("PS /> say hello there friend")
        assert s.pane.editor.text == "say h", "a ghost is no text"
        await s.keys("ctrl+right", "end")
        assert s.pane.editor.text == "say h", "keys that move accept nothing"
        await s.keys("alt+f")
        assert s.pane.editor.text == "say hello "
        await s.keys("alt+f")
        assert s.pane.editor.text == "say hello there "
        await s.keys("left", "right", "right")
        assert s.pane.editor.text == "say hello there friend"


async def test_right_accepts_the_ghost_and_end_and_enter_do_not(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say hello")
        await s.type("say h", enter=False)
        await s.keys("home")
        assert s.pane.editor.ghost == "", "it is there at the end of the text only"
        await s.keys("end", "end", "ctrl+e")
        assert s.pane.editor.text == "say h"
        await s.keys("right")
        assert s.pane.editor.text == "say hello"
        await s.keys("ctrl+u")
        await s.run("say he")
        assert s.text()[-1] == "he"


async def test_a_ghost_longer_than_the_row_ends_in_the_row(manager: StandInManager) -> None:
    async with session(manager, size=(60, 12)) as s:
        await s.run("say " + "long " * 30 + "end")
        await s.type("say", enter=False)
        await s.until(lambda: s.pane.editor.ghost.endswith("end"), "the ghost")
        assert s.pane.editor.size.height == 1
        assert max(map(len, s.shown().splitlines())) <= 60
        await s.keys("right")
        assert s.pane.editor.text.endswith("long end")
        await s.keys("ctrl+u")
        await s.type("say", enter=False)
        await s.until(lambda: s.pane.editor.ghost.endswith("end"), "the ghost again")
        await s.keys("shift+right")
        assert s.pane.editor.text == "say", "not the part of it that fits the row"


async def test_ctrl_r_finds_older_and_newer_lines_and_enter_runs_the_one_found(manager: StandInManager) -> None:
    async with session(manager) as s:
        for line in ("say apple", "say pear", "say grape"):
            await s.run(line)
        await s.type("draft", enter=False)
        await s.keys("ctrl+r")
        await s.type("AP", enter=False)
        await s.until(lambda: s.pane.editor.text == "say grape" and s.shows("history: AP"), "the newest")
        await s.keys("ctrl+r")
        assert s.pane.editor.text == "say apple"
        await s.keys("ctrl+r")
        assert s.shows("nothing else fits")
        await s.keys("ctrl+s")
        assert s.pane.editor.text == "say grape"
        await s.keys("ctrl+g")
        assert s.pane.editor.text == "draft"
        assert not s.shows("history:")
        await s.keys("ctrl+u", "ctrl+r")
        await s.type("pea")
        await s.until(lambda: s.text()[-2:] == ["[web1]: PS /> say pear", "pear"], "the line run")


async def test_another_key_takes_the_line_found_for_editing(manager: StandInManager) -> None:
    async with session(manager) as s:
        await s.run("say apple")
        await s.keys("ctrl+r")
        await s.type("app", enter=False)
        await s.keys("end")
        await s.type("s", enter=False)
        assert s.pane.editor.text == "say apples"
        assert not s.shows("history:")


async def test_lines_come_back_in_the_next_run_for_their_host_and_others_by_search(
    manager: StandInManager, file: Path
) -> None:
    async with session(manager, "web1", history=kept(file)) as s:
        await s.run("say one")
        await s.type("say cancelled", enter=False)
        await s.keys("ctrl+c")
        await s.run("$password = 'hunter2'")
    assert "one" in file.read_text()
    assert "hunter2" not in file.read_text()
    assert "cancelled" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    async with session(manager, "db", history=kept(file)) as s:
        await s.run("say db")
        await s.keys("up", "up")
        assert s.pane.editor.text == "say db", "Up stays with this host"
        await s.keys("ctrl+u", "ctrl+r")
        await s.type("one", enter=False)
        assert s.pane.editor.text == "say one"
        assert s.shows("typed to another host")
        await s.keys("ctrl+g")
        await s.type("say o", enter=False)
        await s.until(lambda: s.pane.editor.ghost == "ne", "a prediction from another host")
    async with session(manager, "web1", history=kept(file)) as s:
        await ready(s)
        await s.keys("up")
        assert s.pane.editor.text == "say one"


async def test_a_secret_typed_in_this_run_is_recalled_but_never_predicted(manager: StandInManager, file: Path) -> None:
    async with session(manager, history=kept(file)) as s:
        await s.run("$password = 'hunter2'")
        await s.keys("up")
        assert s.pane.editor.text == "$password = 'hunter2'"
        await s.keys("ctrl+u")
        await s.type("$pass", enter=False)
        await s.idle()
        assert not s.shows("$password = 'h" + "unter2'"[:3] + "█")
        assert s.pane.editor.ghost == ""


async def test_answers_to_questions_are_no_history(manager: StandInManager, file: Path) -> None:
    async with session(manager, history=kept(file)) as s:
        await ready(s)
        for question in ("ask", "secret"):
            await s.type(question)
            await s.until(lambda: s.pane.questions.has_keys, "the question")
            await s.type("myanswer")
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.keys("ctrl+r")
        await s.type("myans", enter=False)
        assert s.shows("nothing fits")
    assert "myanswer" not in file.read_text()


def test_the_history_is_kept_unless_the_setting_is_off(isolated_home: Path) -> None:
    history = kept_history({})
    assert history is not None
    history.add("web1", "say x")
    assert list(isolated_home.rglob("history.jsonl")), "in the state folder of this home"
    assert kept_history({"history": False}) is None
    assert kept_history({"history": True}) is not None


async def test_a_disk_that_takes_nothing_is_said_once_and_is_no_fault(manager: StandInManager, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    async with session(manager, history=History(tmp_path / "state" / "history.jsonl")) as s:
        await s.run("say x")
        await s.until(lambda: s.shows("the history is not kept"), "why")
        await s.run("say y")
        assert not s.shows("the history is not kept")
        await s.keys("up", "up")
        assert s.pane.editor.text == "say x"


_LINES = st.lists(st.text(st.sampled_from("ab "), min_size=1, max_size=4), max_size=12)


@given(_LINES, st.text(st.sampled_from("ab"), max_size=2))
def test_up_to_the_end_and_down_again_gives_the_draft_back(lines: list[str], draft: str) -> None:
    history = LineHistory()
    for line in lines:
        history.add(line)
    up: list[str] = []
    while (older := history.older(draft, draft)) is not None:
        up.append(older)
    assert all(line.startswith(draft) for line in up)
    assert [a for a, b in itertools.pairwise(up) if a == b] == []
    down: list[str] = []
    while (newer := history.newer(draft)) is not None:
        down.append(newer)
    assert not up or down[-1] == draft


@given(_LINES, _LINES, st.text(st.sampled_from("ab"), min_size=1, max_size=3))
def test_a_search_finds_every_line_that_holds_the_text_once(own: list[str], others: list[str], query: str) -> None:
    history = LineHistory(own)
    history.others = others
    search = HistorySearch(history)
    for character in query:
        search.type(character)
    found = []
    while not search.failed:
        found.append(search.line)
        start, end = search.match
        assert search.line[start:end].lower() == query
        search.older()
    assert len(found) == len(set(found))
    assert set(found) == {line for line in [*own, *others] if query in line}


async def history(s: Screen) -> None:
    await ready(s)
    for line in ("say a", "cd x", "say b", "dir"):
        await s.run(line)


async def test_f8_the_oldest_and_back(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        await press(s, "say", "f8")
        assert s.pane.editor.text == "say b"
        await s.keys("f8")
        assert s.pane.editor.text == "say a"
        await s.keys("shift+f8", "shift+f8")
        assert s.pane.editor.text == "say"
        await s.keys("alt+less_than_sign")
        assert s.pane.editor.text == "say a"
        await s.keys("down")
        assert s.pane.editor.text == "cd x", "from the oldest on, every line"
        await s.keys("alt+greater_than_sign")
        assert s.pane.editor.text == "say"


async def test_f8_leaves_a_text_of_several_rows_where_up_moves_in_it(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        await press(s, "d")
        await s.keys("alt+enter", "up")
        assert s.pane.editor.text == "d\n"
        await s.keys("ctrl+u", "delete", "d", "f8")
        assert s.pane.editor.text == "dir"


async def test_ctrl_o_runs_the_same_steps_again(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        interactive = manager.interactive[0]
        await s.keys("up", "up", "up", "up")
        for count, following in enumerate(("cd x", "say b", "dir"), 5):
            await s.keys("ctrl+o")
            await s.until(lambda n=count: len(interactive.lines) == n and s.pane.state is PaneState.PROMPT, "run")
            assert s.pane.editor.text == following
        assert interactive.lines[4:] == ["say a", "cd x", "say b"]


async def test_revert_takes_the_edits_of_a_recalled_line_back_first(manager: StandInManager) -> None:
    async with session(manager) as s:
        await history(s)
        await s.keys("up", "x", "alt+r")
        assert s.pane.editor.text == "dir"
        await s.keys("alt+r")
        assert s.pane.editor.text == ""


async def test_predictions_alone_can_be_switched_off(manager: StandInManager) -> None:
    async with session(manager, settings={"predictions": False}) as s:
        await s.run("say hello")
        await s.type("say", enter=False)
        assert s.pane.editor.ghost == ""
        await s.keys("right")
        assert s.pane.editor.text == "say"
        await s.keys("up")
        assert s.pane.editor.text == "say hello", "the history itself is there"


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=8), st.text("ab", max_size=3))
def test_from_the_oldest_line_the_draft_is_one_key_away(lines: list[str], draft: str) -> None:
    found = LineHistory(lines)
    assert found.newest() is None
    assert found.oldest(draft) == (lines[0] if lines else None)
    assert found.newest() == (draft if lines else None)


async def test_a_line_that_was_cancelled_is_nowhere_in_the_history(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.run("say one")
        await s.type("secondline arg", enter=False)
        await s.keys("ctrl+c")
        await s.until(lambda: s.pane.editor.text == "" and s.pane.state is PaneState.PROMPT, "an empty line")
        await s.type("sec", enter=False)
        assert s.pane.editor.ghost == ""
        assert await press(s, "", "up") == ("say one", 7)
        assert await press(s, "", "alt+full_stop") == ("one", 3)
        assert s.pane.history.lines == ("say one",)
