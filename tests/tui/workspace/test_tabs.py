"""Tabs, sidebar, prefix key, connecting, leaving."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.workspace.state import StateFile
from pstui.tui.workspace.switcher import LineScreen

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInInteractive, StandInManager, host

PREFIX = "ctrl+right_square_bracket"


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


def session(manager: StandInManager, *names: str, **options: Any) -> AbstractAsyncContextManager[Screen]:
    return screen(*[host(name) for name in names], sessions=manager.as_manager(), **options)


async def test_two_sessions_and_the_badge_of_the_one_behind(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        assert s.pane.info.label == "web1"
        await s.type("later say ready")
        await s.keys("alt+2")
        await s.run("say here")
        web1 = s.workspace.tabs.sessions[0]
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.shows("1 web1 ✓ ●1"), "done, and a line")
        assert s.sees("ready", web1)
        await s.keys("alt+1")
        await s.until(lambda: not s.shows("●1"), "no badge")
        assert s.pane is web1


async def test_what_is_typed_behind_alt_2_goes_to_the_second_tab(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes))
        s.burst(*"first", "alt+2", *"say two", "enter", PREFIX, "1", *"!")
        await s.until(lambda: s.sees("two", s.workspace.tabs.sessions[1]), "the line in the second tab")
        await s.until(lambda: s.pane.info.label == "web1" and s.pane.editor.text == "first!", "the text in the first")


async def test_the_prefix_key_shows_what_may_follow_and_does_it(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("draft", enter=False)
        await s.keys(PREFIX)
        assert s.shows("w close tab")
        await s.keys("2")
        assert s.pane.info.label == "db"
        await s.keys(PREFIX, "p")
        assert s.pane.info.label == "web1"
        assert s.pane.editor.text == "draft", "no key of it reached the editor"
        await s.keys(PREFIX, "escape")
        await s.type("x", enter=False)
        assert s.pane.editor.text == "draftx"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("n", "There is no other tab."),
        ("p", "There is no other tab."),
        ("less_than_sign", "There is no tab to the left of it."),
        ("greater_than_sign", "There is no tab to the right of it."),
        ("a", "Nothing is asked in this tab."),
        ("Z", "There is no output to fold."),
    ],
)
async def test_a_key_that_can_do_nothing_says_why(manager: StandInManager, key: str, said: str) -> None:
    async with session(manager, "web1") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys(PREFIX, key)
        await s.until(lambda: said in [each.message for each in s.app._notifications], said)


async def test_the_keys_behind_the_prefix_move_nothing_and_can_be_clicked(manager: StandInManager) -> None:
    async with session(manager, "web1", "db", size=(80, 24)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.still()
        before, size = s.shown().splitlines(), s.pane.size
        await s.keys(PREFIX)
        await s.until(lambda: s.shows("Esc cancels"))
        rows = s.shown().splitlines()
        first = next(index for index, row in enumerate(rows) if "Esc cancels" in row)
        assert rows[:first] == before[:first] and s.pane.size == size, "what is above stays where it is"
        await s.pilot.resize_terminal(120, 30)
        await s.until(lambda: s.shown().splitlines()[-12:][0].startswith(" Ctrl+] and then"), "the keys at the bottom")
        rows = s.shown().splitlines()
        y = next(index for index, row in enumerate(rows) if "w close tab" in row)
        await s.pilot.click(offset=(rows[y].index("w close tab") + 3, y))
        await s.until(lambda: len(s.workspace.panes) == 1 and not s.shows("Esc cancels"), "the tab is closed")
        await s.keys(PREFIX)
        await s.until(lambda: s.shows("Esc cancels"))
        await s.pilot.click("PrefixKeys", offset=(40, 0))
        await s.until(lambda: not s.workspace.prefixed and not s.shows("Esc cancels"), "left by a click")
        assert len(s.workspace.panes) == 1


async def test_quitting_names_what_runs_and_asks_once(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("wait for it")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.keys("f10")
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "the question")
        assert s.shows("1  web1: running wait for it")
        assert s.shows("2  db: ready")
        await s.keys("escape")
        await s.until(lambda: not isinstance(s.app.screen, QuitScreen))
        assert s.pane.state is PaneState.BUSY
        await s.keys(PREFIX, "q")
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "the question again")
        await s.keys("enter")
        await s.until(lambda: s.app.return_value == 0, "the end")


async def test_the_question_before_the_end_fits_with_more_sessions_than_rows(manager: StandInManager) -> None:
    names = [f"machine-{n:02}" for n in range(1, 31)]
    async with session(manager, *names, size=(80, 24)) as s:
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes))
        await s.keys("alt+9")
        await s.type("wait for it")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.keys("f10")
        await s.until(lambda: s.shows("30 sessions are still open"), "the question")
        assert s.shows("Enter closes and quits   Esc stays"), s.shown()
        rows = s.shown().split("\n")
        running = next(n for n, row in enumerate(rows) if "9  machine-09: running wait for it" in row)
        assert " 1  machine-01: ready" in rows[running + 1], "what would be lost stands first"
        assert not s.shows("machine-30: ready")
        await s.keys("end")
        await s.until(lambda: s.shows("30  machine-30: ready"), "the end of the list")


async def test_quitting_asks_nothing_when_no_session_is_open(manager: StandInManager) -> None:
    async with session(manager, "web1") as s:
        await s.run("exit")
        await s.keys("f10")
        await s.until(lambda: s.app.return_value == 0, "the end")


async def test_ctrl_q_belongs_to_the_editor(manager: StandInManager) -> None:
    async with session(manager, "web1") as s:
        await s.run("say x")
        await s.keys("ctrl+q", "ctrl+p")
        assert s.app.is_running
        assert s.app.screen is s.workspace


async def test_closing_a_tab_asks_only_while_a_command_runs(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("wait")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.keys(PREFIX, "w")
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "the question")
        assert s.shows("web1: running wait")
        await s.keys("enter")
        await s.until(lambda: len(s.workspace.panes) == 1, "the tab gone")
        assert s.pane.info.label == "db"
        await s.until(lambda: s.shows("1 db"), "the new number")
        await s.run("say x")
        await s.keys(PREFIX, "w")
        await s.until(lambda: s.shows("No session is open."), "the first steps, without a question")


async def test_a_tab_whose_far_end_takes_its_time_to_end_says_that_it_is_closing(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, leave = asyncio.Event(), StandInInteractive.leave

    async def slowly(one: StandInInteractive) -> None:
        await leave(one)
        await ended.wait()

    monkeypatch.setattr(StandInInteractive, "leave", slowly)
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        s.burst(PREFIX, "w")
        await s.until(lambda: s.shows("closing web1…") and not s.shows("not connected"))
        ended.set()
        await s.until(lambda: s.shows("1 db"), "the tab gone")


async def test_a_tab_closed_behind_leaves_the_one_in_front(manager: StandInManager) -> None:
    async with session(manager, "web1", "db", "api") as s:
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes))
        await s.keys("alt+3")
        await s.workspace.tabs.close(s.workspace.panes[0])
        await s.until(lambda: s.shows("2 api"), "the new number")
        assert s.pane.info.label == "api" and s.pane.editor.has_focus
        await s.keys("alt+1", PREFIX, "w")
        await s.until(lambda: len(s.workspace.panes) == 1, "the tab gone")
        assert s.pane.info.label == "api"


async def test_the_sidebar_begins_at_the_host_in_front(manager: StandInManager) -> None:
    entries = [SidebarEntry("host", name, "Production", "WinRM", info=host(name)) for name in ("api", "db", "web1")]
    async with session(manager, "db", sidebar=entries) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys("f6")
        assert (entry := s.workspace.sidebar.cursor_entry) is not None and entry.name == "db"
        await s.keys("down", "f6", "f6", "f6")
        assert (entry := s.workspace.sidebar.cursor_entry) is not None and entry.name == "web1", "it stays"


async def test_closing_twice_at_once_closes_one_tab(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes))
        s.burst(PREFIX, "w", PREFIX, "w")
        await s.until(lambda: s.shows("1 db"), "the other tab")
        await s.idle()
        assert [pane.info.label for pane in s.workspace.panes] == ["db"]
        assert s.app.is_running


async def test_a_worker_that_fails_costs_what_it_did_and_nothing_else(
    manager: StandInManager, isolated_home: Path
) -> None:
    async def fail() -> None:
        raise LookupError("not found")

    async with session(manager, "web1") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        s.workspace.run_worker(fail())
        await s.until(lambda: s.app.faults)
        await s.run("say still here")
        assert s.sees("still here")
        assert [type(fault) for fault in s.app.faults] == [LookupError]
        [report] = (isolated_home / ".local/state/pstui/crashes").iterdir()
        assert "in fail" in report.read_text(), "the worker's own frames"
        s.app.faults.clear()


async def test_a_tab_is_renamed_and_moved(manager: StandInManager) -> None:
    async with session(manager, "web1", "db", "api") as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys(PREFIX, "T")
        await s.until(lambda: isinstance(s.app.screen, LineScreen), "the line")
        await s.keys("ctrl+u")
        await s.type("front end")
        await s.until(lambda: s.shows("1 front end  2 db  3 api"), "the new name")
        await s.keys(PREFIX, "greater_than_sign", PREFIX, "greater_than_sign", PREFIX, "greater_than_sign")
        await s.until(lambda: s.shows("1 db  2 api  3 front end"), "the new order")
        await s.keys(PREFIX, "less_than_sign")
        await s.until(lambda: s.shows("1 db  2 front end  3 api"), "one back")
        await s.keys("alt+1")
        assert s.pane.info.label == "db"
        await s.keys(PREFIX, "2", PREFIX, "T")
        await s.until(lambda: isinstance(s.app.screen, LineScreen), "the line")
        await s.keys("ctrl+u", "enter")
        await s.until(lambda: s.shows("2 web1"), "its own name again")


async def test_a_closed_tab_comes_back_where_it_was(manager: StandInManager) -> None:
    async with session(manager, "web1", "db") as s:
        await s.run("say x")
        await s.keys(PREFIX, "w")
        await s.until(lambda: len(s.workspace.panes) == 1, "the tab gone")
        await s.keys(PREFIX, "W")
        await s.until(lambda: s.shows("1 web1  2 db"), "the tab again")
        await s.run("say y")
        old = ["[web1]: PS /> say x", "x", "✗ web1: the session was closed", "  You closed its tab."]
        assert s.text()[:6] == [*old, "[web1]: PS /> say y", "y"], "below its old text"
        assert s.pane.info.label == "web1"


async def test_the_switcher_filters_and_goes(manager: StandInManager) -> None:
    async with session(manager, "web1", "db", "web2") as s:
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes))
        await s.keys("alt+g")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.shows("tab 2"), "the list")
        s.burst(*"web", "down", "enter")
        await s.until(lambda: s.app.screen is s.workspace, "the choice")
        assert s.pane.info.label == "web1", "the tab that was in front is the last of those that fit as well"
        await s.keys(PREFIX, "g")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette), "the list by the prefix key")
        await s.type("no body")
        assert s.shows("Nothing has that name")
        await s.keys("escape")
        await s.until(lambda: s.pane.editor.has_focus, "the pane")


async def test_tabs_with_long_names_take_a_row_each_and_are_told_apart(manager: StandInManager) -> None:
    names = [f"prod-app-server-{n:02}.internal.example" for n in range(1, 21)]
    async with session(manager, *names, size=(80, 24)) as s:
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes))
        await s.keys("alt+9", "alt+g")
        await s.until(lambda: s.shows("tab 10  ready"), "the list, the next tab first")
        rows = [row for row in s.shown().split("\n") if "prod-app-server-" in row and " ready" in row]
        assert len(rows) >= 11, s.shown()
        await s.type("19")
        await s.until(lambda: s.app.screen is s.workspace, "the choice")
        assert s.pane.info.label == names[18]


async def test_badges_tell_busy_errors_and_failure(manager: StandInManager) -> None:
    async with session(manager, "web1", "db", "refused") as s:
        await s.until(lambda: s.shows("3 refused ✗"), "the failure")
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.type("later fail")
        await s.keys("alt+2")
        await s.until(lambda: s.shows("1 web1 …"), "busy")
        manager.interactive[0].go_on.set()
        await s.until(lambda: s.shows("1 web1 ✗ !1"), "an error")
        await s.keys("alt+1")
        await s.until(lambda: not s.shows("!1"), "seen")


async def test_the_status_tells_target_state_and_how_long_the_last_command_took(manager: StandInManager) -> None:
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db", "UserName": "root"}, "store")
    async with screen(info, sessions=manager.as_manager()) as s:
        await s.until(lambda: s.shows("root@db  ready"), "the target")
        await s.run("say x")
        await s.until(lambda: re.search(r"root@db  ready  \d+ ms", s.shown()), "the time")
        await s.type("wait")
        await s.until(lambda: s.shows("root@db  00:00"), "the time so far")


async def test_the_tabs_of_last_time_connect_once_and_only_when_they_are_looked_at(
    manager: StandInManager, tmp_path: Path
) -> None:
    memory = StateFile(tmp_path / "state" / "workspace.json")

    def bind(line: str) -> ConnectionInfo:
        return host(line.rpartition(" ")[2])

    async with session(manager, "web1", "refused", "db", memory=memory) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys("alt+3", PREFIX, "T")
        await s.until(lambda: isinstance(s.app.screen, LineScreen))
        await s.keys("ctrl+u")
        await s.type("store")
        await s.until(lambda: s.shows("3 store"), "the name")
        await s.keys("alt+1")
        written = tmp_path / "state" / "workspace.json"
        await s.until(lambda: '"front": 0' in written.read_text(), "the tab in front, written down")
        await s.keys("alt+3")
    again = StandInManager()
    async with session(again, memory=memory, bind=bind, settings={"restore": True}) as s:
        await s.until(lambda: s.shows("1 web1 ○  2 refused ○  3 store"), "the tabs")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the one in front")
        assert [made.info.label for made in again.sessions] == ["db"]
        await s.keys("alt+2")
        await s.until(lambda: s.pane.state is PaneState.FAILED, "the attempt")
        await s.keys("alt+3", "alt+2", "alt+3")
        await s.idle()
        assert [made.info.label for made in again.sessions] == ["db", "refused"], "no second attempt by itself"


async def test_a_start_with_a_name_adds_its_tab_to_those_of_the_last_run(
    manager: StandInManager, tmp_path: Path
) -> None:
    memory = StateFile(tmp_path / "workspace.json")

    def lines() -> list[str]:
        return [tab.line.rpartition(" ")[2] for tab in memory.load().tabs]

    async with session(manager, "web1", "db", memory=memory) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
    async with session(manager, "api", memory=memory, single=True) as s:
        await s.until(lambda: lines() == ["web1", "db", "api"], "its tab beside the others")
    assert memory.load().front == 2
    async with session(manager, "web1", memory=memory, single=True) as s:
        await s.run("say x")
    assert lines() == ["web1", "db", "api"], "once"
    async with session(manager, "left", memory=memory, single=True) as s:
        await s.run("say x")
        assert lines()[-1] == "left"
        await s.type("exit")
        await s.until(lambda: not s.app.is_running, "the end")
    assert lines() == ["web1", "db", "api"], "what was left by exit is no open tab"


@pytest.mark.parametrize("said", ["", "[settings]\nrestore = false\n"])
async def test_restoring_is_offered_when_open_tabs_are_left_for_the_first_time(
    manager: StandInManager, tmp_path: Path, said: str
) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(said)
    memory = StateFile(tmp_path / "workspace.json")
    async with session(manager, "web1", memory=memory, book=ProfileBook(read(file))) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys("f10")
        await s.until(lambda: s.shows("closes and quits"), "the question")
        assert s.shows("r quits, and opens these tabs again") is not bool(said)
        await s.keys("r" if not said else "enter")
        await s.until(lambda: s.app.return_value == 0, "the end")
    assert (read(file).settings.get("restore") is True) is not bool(said)
    file.write_text("")
    async with session(manager, "web1", memory=memory, book=ProfileBook(read(file))) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT)
        await s.keys("f10")
        await s.until(lambda: s.shows("closes and quits"), "the question")
        assert s.shows("r quits, and opens these tabs again") is bool(said), "once in a life"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_memory_costs_only_its_content(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "workspace.json"
    for content in (
        raw,
        b'{"tabs": [' + raw + b'], "used": {"a": 1e999}}',
        b'{"tabs": [{"line": 5}, {}, 7], "front": 9}',
    ):
        file.write_bytes(content)
        assert StateFile(file).load().tabs == []


async def test_the_sidebar_opens_an_entry_goes_to_an_open_one_and_opens_a_second(manager: StandInManager) -> None:
    entries = [SidebarEntry("host", "web1", "Production/Web", "WinRM", info=host("web1"))]
    async with session(manager, sidebar=entries) as s:
        for seen in ("▾ Hosts", "▾ Production", "○ web1", "WinRM", "▾ Containers", "○ demo"):
            assert s.shows(seen), seen
        await s.keys("down", "down", "down", "enter")
        await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT, "the session")
        await s.until(lambda: s.shows("● web1"), "the mark")
        await s.keys("f6", "enter")
        await s.until(lambda: s.pane.editor.has_focus, "the pane again")
        assert len(s.workspace.panes) == 1
        await s.keys("f6", "n")
        await s.until(lambda: len(s.workspace.panes) == 2, "a second session")


async def test_the_sidebar_folds_to_marks_at_80_columns_and_f6_opens_it(manager: StandInManager) -> None:
    async with session(manager, "web1", "db", size=(80, 24)) as s:
        await s.run("say x")
        assert not s.shows("▾ Hosts")
        assert s.shown().splitlines()[1].startswith("○")
        assert s.shows("1 web1  2 db"), "two tabs keep their names"
        await s.keys("f6")
        await s.until(lambda: s.shows("▾ Hosts"), "the sidebar over the pane")
        await s.keys("f6")
        await s.until(lambda: not s.shows("▾ Hosts"), "the sidebar folded")
        assert s.pane.editor.has_focus


async def test_f2_connects_and_a_wrong_line_says_why_and_stays(manager: StandInManager) -> None:
    def bind(line: str) -> ConnectionInfo:
        if " " in line:
            raise CallError(f"{line!r} is no host", "", "Write user@host.")
        return host(line)

    async with session(manager, bind=bind) as s:
        await s.keys("f2")
        await s.type("quite wrong!")
        await s.until(lambda: s.shows("'quite wrong!' is no host"), "the reason")
        assert s.shows(">  quite wrong!") or s.shows("> quite wrong!"), "what was typed stays"
        await s.keys("ctrl+u")
        await s.type("web9")
        await s.until(lambda: s.has_pane and s.pane.info.label == "web9", "the tab")
        await s.run("say x")


async def test_help_lists_the_keys(manager: StandInManager) -> None:
    async with session(manager, "web1", size=(100, 40)) as s:
        await s.keys("f1")
        await s.until(lambda: s.shows("after Ctrl+]"), "the list")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace)


async def test_the_first_sessions_text_goes_to_the_transcript(manager: StandInManager) -> None:
    class Sink:
        def __init__(self) -> None:
            self.lines: list[str] = []
            self.closed = 0

        def line(self, text: str) -> None:
            self.lines.append(text)

        def close(self) -> None:
            self.closed += 1

    sink = Sink()
    async with session(manager, "web1", "db", transcript=sink) as s:
        await s.run("say one")
        await s.keys("alt+2")
        await s.run("say other")
        await s.keys("alt+1")
        await s.run("part end")
    assert sink.lines == ["[web1]: PS /> say one", "one", "[web1]: PS /> part end", "end"]
    assert sink.closed == 1


async def test_no_key_behind_the_prefix_is_parted_from_its_word(manager: StandInManager) -> None:
    async with screen(host("web1"), sessions=manager.as_manager(), size=(80, 24)) as s:
        await s.keys("ctrl+right_square_bracket")
        await s.until(lambda: s.shows("q quit"), "the keys")
        rows = s.shown().splitlines()
        for pair in ("a answer", "r try again", "↓ prompt below", "← text left", ", settings"):
            assert any(pair in row for row in rows), pair


async def test_at_80_columns_the_sidebar_stands_beside_the_first_words_and_folds_for_a_tab(
    manager: StandInManager,
) -> None:
    async with screen(sessions=manager.as_manager(), sidebar=[], size=(80, 24)) as s:
        await s.until(lambda: s.shows("No session is open.") and s.shows("F1 help"), "the first words, not covered")
        assert s.shows("type a host or an action")
        await s.keys("f2")
        await s.until(lambda: s.shows("Enter goes"), "the list")
        await s.type("web1")
        await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT, "the session")
        assert not s.workspace.sidebar.display, "the sidebar does not cover the pane"
        await s.keys("ctrl+right_square_bracket", "w")
        await s.until(lambda: not s.workspace.panes and s.shows("No session is open."), "the end of the tab")
        await s.until(lambda: s.workspace.focused is s.workspace.sidebar, "the keys go on in the sidebar")
