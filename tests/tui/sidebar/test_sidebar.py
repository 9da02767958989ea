"""The sidebar: filter, folds, marks, order, and what it does to the profile file."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import Found, Section
from pstui.tui.cut import cut_name
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.messages import ProblemsScreen
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.reading import read
from pstui.tui.profiles.undo import UndoFile
from pstui.tui.sidebar.model import SidebarEntry, SidebarModel
from pstui.tui.workspace.state import StateFile
from textual import events

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager

FILE = """\
# my machines
[hosts.web1]   # the front
computer_name = "web1"
group = "Production/Web"
tags = ["blue"]

[hosts.web2]
computer_name = "web2"
group = "Production/Web"

[hosts.db]
host_name = "root@db:22"

[containers.api]
container_id = "api"
"""


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


def session(manager: StandInManager, file: Path, **options: Any) -> Any:
    return screen(sessions=manager.as_manager(), book=ProfileBook(read(file)), **options)


def listed(s: Screen) -> list[str]:
    """The rows of the sidebar as texts."""
    return [row.text for row in s.workspace.sidebar.rows]


def noted(s: Screen, text: str) -> bool:
    """Whether something was said in passing."""
    return any(text in notification.message for notification in s.app._notifications)


async def on(s: Screen, name: str) -> None:
    """Put the cursor on an entry."""
    sidebar = s.workspace.sidebar
    await s.keys("home")
    while sidebar.cursor_entry is None or sidebar.cursor_entry.name != name:
        before = sidebar._cursor
        await s.keys("down")
        assert sidebar._cursor > before, f"{name} is not listed"


async def test_a_filter_narrows_the_list_as_it_is_typed_and_enter_opens_what_is_left(
    manager: StandInManager, file: Path
) -> None:
    async with session(manager, file) as s:
        s.burst("slash", *"web2", "enter")
        await s.until(lambda: s.workspace.panes, "the session, though the keys came in a burst")
        assert s.pane.info.label == "web2"
        await s.until(lambda: s.shows("● web2") and s.shows("○ web1"), "the whole list again, with its mark")


async def test_on_a_narrow_screen_the_first_steps_stand_beside_the_sidebar_and_a_session_gets_all_the_room(
    manager: StandInManager, file: Path
) -> None:
    async with session(manager, file, size=(80, 24)) as s:
        await s.until(lambda: s.shows("▾ Hosts") and s.shows("No session is open."))
        for words in ("opens what is chosen in the sidebar", "goes anywhere: type a host or an action"):
            assert s.shows(words), "nothing is cut off or covered"
        await s.keys("enter")
        await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT and not s.shows("▾ Hosts"))
        await s.keys("f6")
        await s.until(lambda: s.shows("▾ Hosts"))
        assert s.pane.size.width > 70, "the sidebar lies over the pane, whose lines are not wrapped anew"


async def test_every_word_of_a_filter_counts_and_esc_shows_everything_again(
    manager: StandInManager, file: Path
) -> None:
    async with session(manager, file) as s:
        everything = listed(s)
        await s.keys("slash")
        await s.type("prod BLUE", enter=False)
        assert listed(s) == ["Hosts", "Production", "Web", "web1"]
        assert s.shows("/ prod BLUE")
        await s.keys("escape")
        assert listed(s) == everything
        await s.keys("slash")
        s.app.post_message(events.Paste("prod\r\n\x1b\tBLUE\r\n"))
        await s.until(lambda: s.shows("/ prod BLUE"), "all lines that were pasted")
        await s.keys("ctrl+u")
        for character in "a\u3000👨\u200d👩\u200d👧":
            s.app.post_message(events.Key("x_key", character))
        await s.keys("backspace")
        assert s.workspace.sidebar.model.filter == "a\u3000", "every character, and Backspace takes a whole letter"


async def test_while_a_filter_is_typed_the_footer_has_its_keys_and_an_empty_list_says_why(
    manager: StandInManager, file: Path
) -> None:
    async with session(manager, file) as s:
        await s.until(lambda: s.shows("a adds a host"), "the keys of the list")
        await s.keys("slash")
        await s.until(
            lambda: s.shows("Esc shows everything") and not s.shows("a adds a host  i"), "those of the filter"
        )
        await s.type("nowhere", enter=False)
        await s.until(lambda: s.shows("Nothing fits the filter."), "why nothing is listed")
        await s.keys("escape")
        await s.until(lambda: s.shows("a adds a host") and s.shows("web1") and not s.shows("Nothing fits"), "the list")


async def test_headings_fold_and_say_how_many_they_hide(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        await on(s, "web1")
        await s.keys("left", "left", "left")
        assert s.shows("▸ Web (2)")
        assert "web1" not in listed(s)
        await s.keys("right")
        assert "web1" in listed(s)


async def test_marks_follow_the_sessions(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        await on(s, "web1")
        await s.keys("enter")
        await s.until(lambda: s.shows("● web1"), "open")
        await s.run("die")
        await s.until(lambda: s.shows("✗ web1"), "broken")
        await s.keys("f6", "enter")
        await s.until(lambda: s.shows("● web1") and s.pane.state is PaneState.PROMPT, "entered again in its tab")
        assert len(s.workspace.panes) == 1
        await s.run("exit")
        await s.until(lambda: s.shows("○ web1"), "left")


async def test_a_profile_is_deleted_and_comes_back_with_its_comments(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        await on(s, "web1")
        await s.keys("d")
        await s.until(lambda: "web1" not in listed(s), "the deletion")
        assert "[hosts.web1]" not in file.read_text()
        assert noted(s, "web1 deleted")
        await s.keys("u")
        await s.until(lambda: "web1" in listed(s), "undone")
        assert file.read_text() == FILE


async def test_a_deletion_is_taken_back_in_the_next_run(manager: StandInManager, file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "state" / "undo.json"
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file), UndoFile(kept))) as s:
        await on(s, "web1")
        await s.keys("d")
        await s.until(lambda: "web1" not in listed(s), "the deletion")
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file), UndoFile(kept))) as s:
        await s.keys("u", "u")
        await s.until(lambda: "web1" in listed(s), "undone")
        await s.until(lambda: noted(s, "There is nothing to undo"), "no more than that")
    assert file.read_text() == FILE
    assert kept.stat().st_mode & 0o777 == 0o600


def test_what_another_run_did_is_not_taken_back_over_a_change_of_somebody_else(file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "undo.json"
    ProfileBook(read(file), UndoFile(kept)).apply([Change("host", "web1", None)], "web1 deleted")
    mine = file.read_text() + "# mine\n"
    file.write_text(mine)
    assert ProfileBook(read(file), UndoFile(kept)).undo() is None
    assert file.read_text() == mine


async def test_a_tab_follows_its_profile_back_to_the_name_before(
    manager: StandInManager, file: Path, tmp_path: Path
) -> None:
    undo = UndoFile(tmp_path / "undo.json")
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file), undo)) as s:
        await on(s, "web1")
        await s.keys("enter")
        await s.until(lambda: s.shows("1 web1"), "the tab")
        await s.keys("f6")
        await on(s, "web1")
        await s.keys("e")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.app.focused, "the form")
        form = s.app.screen
        assert isinstance(form, ConnectScreen)
        await form.form.focus_field("Known.Name")
        await s.keys("x", "enter")
        await s.until(lambda: s.shows("1 web1x"), "the new name")
        s.workspace.sidebar.focus()
        await s.keys("u")
        await s.until(lambda: "web1" in listed(s), "the name before")
        assert s.shows("1 web1") and not s.shows("1 web1x")


@pytest.mark.parametrize("damaged", ["", "[]", "{}", "[1]", '[{"said": "x", "files": {"a": ["b"]}}]', "[" * 2000])
def test_a_damaged_way_back_costs_only_that(file: Path, tmp_path: Path, damaged: str) -> None:
    kept = tmp_path / "undo.json"
    kept.write_text(damaged)
    book = ProfileBook(read(file), UndoFile(kept))
    assert book.undo() is None
    book.apply([Change("host", "web1", None)], "web1 deleted")
    step = ProfileBook(read(file), UndoFile(kept)).undo()
    assert step is not None and step.said == "web1 deleted"
    assert file.read_text() == FILE


async def test_a_profile_is_pinned_to_the_top(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        await on(s, "db")
        await s.keys("p")
        await s.until(lambda: listed(s)[:2] == ["Pinned", "db"], "the pin")
        assert s.workspace.sidebar.cursor_entry is not None
        await on(s, "db")
        await s.keys("p")
        await s.until(lambda: "Pinned" not in listed(s), "unpinned")
        assert file.read_text() == FILE


async def test_a_profile_is_edited_in_a_form_that_checks_while_it_is_typed(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        await on(s, "web1")
        await s.keys("e")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.app.focused, "the form")
        form = s.app.screen
        assert isinstance(form, ConnectScreen)
        await s.keys("down", "ctrl+u")
        await s.type("70000", enter=False)
        await s.until(lambda: s.shows("✗ Port") and s.shows("must lie between 1 and 65535"), "the refusal")
        await s.keys("ctrl+u")
        await s.type("5999", enter=False)
        await s.until(lambda: not s.shows("✗ Port"), "no refusal")
        await form.form.focus_field("Known.Name")
        await s.keys("ctrl+u")
        await s.type("front")
        await s.until(lambda: "front" in listed(s), "the new name")
        text = file.read_text()
        assert "[hosts.front]   # the front" in text
        assert "port = 5999" in text
        assert text.startswith("# my machines")


async def test_what_was_found_becomes_a_profile_by_the_same_form(manager: StandInManager, file: Path) -> None:
    source = Listing([Found("container", "worker", container("worker")), Found("container", "api", container("api"))])
    async with session(manager, file, sources=[source]) as s:
        await s.until(lambda: "worker" in listed(s), "what was found")
        assert listed(s).count("api") == 1, "what is saved is not listed twice"
        await on(s, "worker")
        await s.keys("e")
        await s.until(lambda: s.shows("-ContainerId worker"), "the form")
        await s.keys("enter")
        await s.until(lambda: "[containers.worker]" in file.read_text(), "the profile")


async def test_nothing_is_looked_for_while_the_sidebar_is_hidden(manager: StandInManager, file: Path) -> None:
    source = Listing([Found("container", "worker", container("worker"))])
    async with session(manager, file, sources=[source]) as s:
        await s.until(lambda: source.waiting == 1, "the look")
        await s.keys("enter")
        await s.until(lambda: s.has_pane and s.pane.editor.has_focus, "a tab")
        await s.keys("f6", "f6")
        await s.until(lambda: not s.workspace.sidebar.display and source.waiting == 0, "nobody looks")
        await s.keys("f6")
        await s.until(lambda: source.waiting == 1, "the look again")


async def test_a_heading_below_which_nothing_was_found_says_so(manager: StandInManager, file: Path) -> None:
    async with session(manager, file, sources=[Listing([])]) as s:
        await s.until(lambda: "none found" in listed(s), "the look")
        rows = listed(s)
        assert rows[rows.index("Virtual machines") + 1] == "none found"
        assert rows[rows.index("Containers") + 1] == "api", "what is saved says enough"


async def test_a_change_on_disk_is_noticed_and_its_problems_are_listed(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        file.write_text(FILE + '\n[hosts.new]\ncomputr_name = "x"\n\n[hosts.more]\ncomputer_name = "more"\n')
        s.workspace.profiles.check_file()
        await s.until(lambda: "more" in listed(s), "the new profile")
        await s.until(lambda: noted(s, "1 problem in the profile file"), "the notice")
        await s.keys("exclamation_mark")
        await s.until(lambda: isinstance(s.app.screen, ProblemsScreen), "the list")
        for part in ("[hosts.new]", "computr_name", "Did you mean computer_name?", "profiles.toml"):
            assert s.shows(part), part
        await s.keys("escape")
        assert s.shows("! 1 problem"), "it is said for as long as there is one"
        sidebar = s.workspace.sidebar
        await s.pilot.click(sidebar, offset=(sidebar.size.width - 3, sidebar.size.height - 1))
        await s.until(lambda: isinstance(s.app.screen, ProblemsScreen), "the list, by a click")
        await s.keys("escape")
        file.write_text(FILE)
        s.workspace.profiles.check_file()
        await s.until(lambda: not s.shows("! 1 problem"), "nothing is wrong any more")


async def test_the_list_of_problems_breaks_long_ones_at_80_columns(manager: StandInManager, file: Path) -> None:
    file.write_text(FILE.replace('group = "Production/Web"', 'authentication = "Kerbros"', 1))
    async with session(manager, file, size=(80, 24)) as s:
        await s.keys("exclamation_mark")
        whole = "Credssp, Digest, Kerberos. Did you mean Kerberos?"
        await s.until(lambda: whole in " ".join(s.shown().replace("┃", "").split()), "the whole of it")


async def test_a_heading_is_told_from_an_entry(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        await s.keys("home", "e")
        await s.until(lambda: noted(s, "This is a heading"), "the word on it")


async def test_somebody_elses_change_is_never_overwritten_unseen(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        await on(s, "web1")
        await s.keys("p")
        await s.until(lambda: listed(s)[0] == "Pinned", "a first edit")
        file.write_text(file.read_text() + '\n[hosts.theirs]\ncomputer_name = "theirs"\n')
        await on(s, "web2")
        await s.keys("d")
        await s.until(lambda: "web2" not in listed(s), "the second edit")
        assert "[hosts.theirs]" in file.read_text()
        assert "theirs" in listed(s)


async def test_a_damaged_file_is_not_touched_by_an_edit(manager: StandInManager, file: Path) -> None:
    async with session(manager, file) as s:
        damaged = FILE + "\n[hosts.broken\n"
        file.write_text(damaged)
        await on(s, "web1")
        await s.keys("d")
        await s.until(lambda: noted(s, "is damaged and is not overwritten"), "the refusal")
        assert file.read_text() == damaged


async def test_what_was_used_last_comes_first_and_is_remembered(
    manager: StandInManager, file: Path, tmp_path: Path
) -> None:
    memory = StateFile(tmp_path / "state" / "workspace.json")
    async with session(manager, file, memory=memory) as s:
        await on(s, "db")
        await s.keys("enter")
        await s.until(lambda: s.workspace.panes, "a tab")
        await s.keys("f6", "o")
        await s.until(lambda: listed(s)[1] == "db", "the order")
    async with session(StandInManager(), file, memory=memory) as s:
        assert listed(s)[1] == "db"
        assert not s.workspace.panes, "restoring was not asked for"


def thousand(times: int = 1) -> list[SidebarEntry]:
    return [SidebarEntry("host", f"web{n}", f"Prod/G{n % 20}", "WinRM", saved=True) for n in range(1000 * times)]


async def test_ten_thousand_profiles_scroll_and_filter_within_a_frame(manager: StandInManager) -> None:
    async with screen(sessions=manager.as_manager(), sidebar=thousand(10)) as s:
        sidebar = s.workspace.sidebar
        assert len(sidebar.rows) > 10_000
        times: dict[str, list[float]] = {}
        for text in ("w", "we", "web", "web9", "web99", "") * 4:
            started = time.thread_time()
            sidebar.model.filter = text
            sidebar.build(to_first=True)
            sidebar.move(len(sidebar.rows) // 2)
            for y in range(sidebar.size.height):
                sidebar.render_line(y)
            times.setdefault(text, []).append(time.thread_time() - started)
        # A frame on a quiet machine; three of them are far below what a list that is looked through anew would take.
        assert statistics.mean(min(each) for each in times.values()) < 3 / 60


async def test_a_long_list_begins_with_its_heading_and_cuts_no_short_text(manager: StandInManager) -> None:
    async with screen(sessions=manager.as_manager(), sidebar=thousand(), size=(80, 24)) as s:
        await s.until(lambda: s.shows("web0"), "the list")
        rows = s.shown().splitlines()
        assert rows[1].startswith(" ▾ Hosts")
        assert "WinRM" in next(row for row in rows if "○ web0" in row)
        await s.keys("slash")
        await s.type("web9", enter=False)
        await s.until(lambda: not s.shows("○ web0 "), "the filter")
        s.burst(*["down"] * 30, *["up"] * 30)
        await s.idle()
        assert s.shown().splitlines()[1].startswith(" ▾ Hosts"), "headings come back with the first entry"


def test_listing_a_thousand_profiles_binds_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text("".join(f'[hosts.web{n}]\ncomputer_name = "web{n}"\n' for n in range(1000)))
    book = ProfileBook(read(file))

    def bound(*_: object) -> None:
        raise AssertionError("a profile was bound before it was opened")

    monkeypatch.setattr(ProfileBook, "connection", bound)
    entries = book.entries()
    assert len(entries) == 1000
    assert entries[0].subtitle == "WinRM"
    assert len(SidebarModel(entries).rows()) == 1000 + 4


def container(name: str) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": name})


class Listing:
    """A source that has found something; ``waiting`` is 1 while somebody looks."""

    name, kind = "podman", "container"

    def __init__(self, found: list[Found]) -> None:
        self._found = found
        self.waiting = 0

    async def look(self) -> Section:
        return Section(self.name, self.kind, tuple(self._found))

    async def wait(self) -> None:
        self.waiting += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.waiting -= 1

    async def close(self) -> None:
        return


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("web1", 14, "web1"),
        ("prod-app-server-07.internal.example", 14, "prod-ap…ver-07"),
        ("prod-app-server-12", 14, "prod-ap…ver-12"),
        ("web1.internal.example", 14, "web1.internal…"),
        ("10.20.30.40-admin", 14, "10.20.30.40-a…"),
        ("prod-app-server-07", 7, "prod-a…"),
        ("プロダクション-07", 14, "プロダクショ…"),
    ],
)
def test_machines_that_differ_in_their_number_are_told_apart_where_names_are_cut(
    name: str, width: int, shown: str
) -> None:
    assert cut_name(name, width) == shown
