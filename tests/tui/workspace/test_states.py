"""States at a glance: on tabs, in the sidebar, beside the prompt, and the end of a command that nobody looks at."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import NoPowerShell
from pstui.backends.records import RunspaceState, Write
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.app import PstuiApp
from pstui.tui.keys.contexts import Context
from pstui.tui.keys.keymap import keymap
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.sidebar.model import Mark, SidebarEntry
from pstui.tui.sidebar.places import Places
from pstui.tui.workspace.status_bar import hints
from textual.pilot import Pilot

from tests.screenshots import without_fonts
from tests.support.nobody import NobodyConsole
from tests.support.parts import missing
from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host
from tests.tui.test_snapshots import DRAWN_WITH

PREFIX = "ctrl+right_square_bracket"
NAMES = ("web1", "db", "slow", "refused", "api", "build")
PROFILES = """
[hosts.db]
host_name = "root@db:2222"
color = "red"

[hosts.web]
computer_name = "web.contoso.com"
use_ssl = true
"""


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


@pytest.fixture
def book(tmp_path: Path) -> ProfileBook:
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILES)
    return ProfileBook(read(file))


def tabs_of(s: Screen) -> str:
    """The row of tabs."""
    return s.shown().split("\n")[0]


def aside_of(s: Screen, name: str) -> str:
    """What the sidebar shows of an entry."""
    [row] = [row for row in s.shown().split("\n")[1:] if row[4:].startswith(f" {name} ")]
    return " ".join(row[:26].split())


async def test_every_state_on_tabs_and_in_the_sidebar(manager: StandInManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.tui.pane.glance.PATIENCE", 0.0)
    entries = [SidebarEntry("host", name, subtitle="WinRM", info=host(name)) for name in NAMES]
    infos = [host(name) for name in NAMES]
    async with screen(*infos, sessions=manager.as_manager(), sidebar=entries, size=(120, 35)) as s:
        ready = ("web1", "db", "api", "build")
        await s.until(
            lambda: sum(pane.state is PaneState.PROMPT for pane in s.workspace.panes) == len(ready), "prompts"
        )
        for number, line in ((2, "later say x"), (5, "later fail"), (6, "ask")):
            await s.keys(f"alt+{number}")
            await s.type(line)
        await s.keys("alt+1")
        await s.until(lambda: "2 db …  3 slow ◌" in tabs_of(s), "running and connecting")
        s.workspace.refresh_frame()
        await s.idle()
        assert aside_of(s, "db").startswith("… db 00:0")
        for interactive in manager.interactive:
            if interactive.session.info.label in ("db", "api"):
                interactive.go_on.set()
        await s.until(lambda: "2 db ✓ ●1" in tabs_of(s) and "5 api ✗ !1" in tabs_of(s), "done and failed")
        assert "4 refused ✗" in tabs_of(s)
        assert "6 build ?" in tabs_of(s)
        shown = {name: aside_of(s, name) for name in NAMES}
        assert shown["slow"].startswith("◌ slow ")
        del shown["slow"]
        assert shown == {
            "web1": "● web1 WinRM",
            "db": "✓ db ●1",
            "refused": "✗ refused ●3",
            "api": "✗ api !1",
            "build": "? build asks",
        }
        await s.keys("alt+2")
        await s.until(lambda: "2 db  3" in tabs_of(s) and aside_of(s, "db") == "● db WinRM", "seen")
        await s.run("exit")
        await s.until(lambda: "2 db left" in tabs_of(s) and aside_of(s, "db") == "○ db left", "left")


async def test_the_seconds_of_an_opening_are_counted_on_its_tab(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.pane.glance.PATIENCE", 1.0)
    monkeypatch.setattr("pstui.tui.workspace.attention.TICK", 0.1)
    async with screen(host("web1"), host("slow"), sessions=manager.as_manager()) as s:
        await s.until(lambda: "slow ◌ 1 s" in tabs_of(s), "a second")
        await s.until(lambda: "slow ◌ 2 s" in tabs_of(s), "the next one")
        manager.interactive[1].go_on.set()
        await s.until(lambda: "slow ◌" not in tabs_of(s), "open")


async def test_the_way_to_every_key_is_told_at_80_columns_whatever_else_is(manager: StandInManager) -> None:
    async with screen(host("web1"), sessions=manager.as_manager(), size=(80, 24)) as s:
        await s.until(lambda: s.shows("F1 help  F2 connect  Ctrl+] keys"), "the footer")
        await s.run("say words")
        await s.click("say words", within=5, times=2)
        await s.until(lambda: s.shows("Ctrl+C copies  F1 help  Ctrl+] keys"), "the footer of a selection")


async def test_two_tabs_keep_their_names_at_80_columns_and_a_cut_bar_says_so(manager: StandInManager) -> None:
    async with screen(host("web1"), host("root@127.0.0.1"), sessions=manager.as_manager(), size=(80, 24)) as s:
        await s.run("title " + "long " * 20)
        await s.until(lambda: "1 web1  2 root@127.0.0.1" in tabs_of(s), "both names, which no title takes away")
        await s.pilot.resize_terminal(36, 24)
        for number in range(3, 10):
            await s.workspace.tabs.open(host(f"machine-{number:02}"))
        await s.until(lambda: "9 machine-09" in tabs_of(s) and "‹" in tabs_of(s), "the newest, and a mark at the left")
        await s.until(lambda: "›" not in tabs_of(s), "none at the right, once the row has been moved")
        manager.interactive[6].console.write(Write("news"))
        await s.until(lambda: "●1" in tabs_of(s), "a sign that makes a tab wider")
        await s.until(lambda: "9 machine-09" in tabs_of(s) and "›" not in tabs_of(s), "the newest is whole still")
        await s.keys("alt+1")
        await s.until(lambda: "1 web1" in tabs_of(s) and "›" in tabs_of(s), "the first, and a mark at the right")
        await s.until(lambda: "‹" not in tabs_of(s), "none at the left")


@pytest.mark.parametrize(
    ("line", "profile"),
    [
        ("Enter-PSSession -HostName db -UserName root -Port 2222", "db"),
        ("Enter-PSSession -HostName root@db:2222", "db"),
        ("Enter-PSSession WEB.contoso.com -UseSSL", ""),
        ("Enter-PSSession web.contoso.com -UseSSL", "web"),
        ("Enter-PSSession web.contoso.com", ""),
        ("Enter-PSSession -HostName admin@db:2222", ""),
    ],
)
def test_a_typed_line_that_says_what_a_profile_says_counts_as_that(book: ProfileBook, line: str, profile: str) -> None:
    from pstui.tui.workspace.context import AppContext

    places = Places()
    places.among(book.entries(), [])
    assert places.of(AppContext(SessionManager(), book=book).connection(line)) == (
        f"host:{profile}" if profile else places.of(AppContext(SessionManager()).connection(line))
    )
    assert (places.of(AppContext(SessionManager()).connection(line)) == f"host:{profile}") is bool(profile)


@pytest.mark.parametrize(
    ("typed", "is_it"), [("api", True), ("4f2c", True), ("4F2C9D", True), ("4f2", False), ("9d", False), ("ap", False)]
)
def test_a_container_entered_by_a_typed_line_counts_as_that_which_was_found(typed: str, is_it: bool) -> None:
    named = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "api", "Engine": "podman"})
    found = SidebarEntry("container", "api", info=named, id="4f2c9d01")
    places = Places()
    places.among([], [found])
    line = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": typed})
    assert (places.of(line) == found.identity) is is_it


async def test_a_profile_entered_by_a_typed_line_is_not_opened_twice(
    manager: StandInManager, book: ProfileBook
) -> None:
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db", "UserName": "root", "Port": 2222})
    async with screen(info, sessions=manager.as_manager(), book=book) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT and s.shows("● db"), "its mark")
        entry = next(each for each in s.workspace.sidebar.entries if each.name == "db")
        s.workspace.sidebar.post_message(s.workspace.sidebar.Chosen(entry))
        await s.idle()
        assert len(s.workspace.panes) == 1
        s.workspace.sidebar.post_message(s.workspace.sidebar.Chosen(entry, again=True))
        await s.until(lambda: len(s.workspace.panes) == 2, "one more, which was asked for")
        assert s.pane.row.bar.plain == "▌"
        await s.until(lambda: s.shows("▌[db]: PS />") and "▌2 db" in tabs_of(s), "its colour beside prompt and name")


async def test_a_session_that_is_kept_is_marked_until_it_is_entered(manager: StandInManager, book: ProfileBook) -> None:
    there = manager.as_manager()
    async with screen(sessions=there, book=book) as s:
        info = book.connection("host", "db")
        session = manager.create(info, s.workspace)  # type: ignore[arg-type]  # it is never written to
        session.temporary = False
        session.state = RunspaceState.OPENED
        s.workspace.refresh_frame()
        entry = next(each for each in s.workspace.sidebar.entries if each.name == "db")
        assert s.workspace.sidebar.mark_of(entry) == Mark("kept", "kept")


@pytest.mark.parametrize(("way", "rings", "said"), [("nothing", 0, 0), ("bell", 1, 0), ("notice", 0, 1)])
async def test_the_end_of_a_long_command_in_the_background_is_told(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch, way: str, rings: int, said: int
) -> None:
    monkeypatch.setattr("pstui.tui.pane.pane.WORTH_TELLING", 0.0)
    settings = {"tell": way, "tell_after": 1}
    async with screen(host("web1"), host("db"), sessions=manager.as_manager(), settings=settings) as s:
        rung: list[int] = []
        monkeypatch.setattr(s.app, "bell", lambda: rung.append(1))
        await s.run("say short")
        await s.type("later say x")
        await s.keys("alt+2")
        await s.until(lambda: "1 web1 …" in tabs_of(s), "it runs")
        web1 = s.workspace.tabs.sessions[0]
        web1.conversation.busy_since -= 5
        manager.interactive[0].go_on.set()
        await s.until(lambda: "1 web1 ✓" in tabs_of(s), "its end")
        await s.idle()
        told = [each.message for each in s.app._notifications]
        assert len(rung) == rings
        assert len(told) == said
        assert all(each.startswith("✓ web1: later say x   ") for each in told), told


#: tabs in every state; what is typed in each
EVERY = {
    "web1": "say ready",
    "db": "wait",
    "slow": "",
    "refused": "",
    "api": "ask",
    "build": "later say built",
    "lab": "later fail",
    "gone": "exit",
}


@pytest.mark.parametrize(
    ("theme", "size"), [("dark", (80, 24)), ("light", (120, 35))], ids=["dark-80x24", "light-120x35"]
)
def test_the_look_of_every_state(
    theme: str,
    size: tuple[int, int],
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    if (here := {library: version(library) for library in DRAWN_WITH}) != DRAWN_WITH:
        missing("snapshots", f"the pictures were drawn with {DRAWN_WITH}, and here are {here}")
    monkeypatch.setattr("pstui.tui.pane.glance.seconds", lambda since: 192 if since else None)
    monkeypatch.setattr("pstui.tui.workspace.marks.elapsed", lambda seconds: "03:12")
    monkeypatch.setattr("pstui.tui.workspace.status_bar.took", lambda seconds: "25 ms")
    file = tmp_path / "profiles.toml"
    colors = {"web1": 'color = "red"\n', "db": 'color = "green"\n'}
    file.write_text("".join(f'[hosts.{n}]\ncomputer_name = "{n}"\n{colors.get(n, "")}' for n in EVERY))
    book = ProfileBook(read(file))
    manager = StandInManager()
    app = PstuiApp(
        open=[book.connection("host", name) for name in EVERY],
        sessions=manager.as_manager(),
        book=book,
        settings={"theme": theme},
    )
    export = app.export_screenshot
    app.export_screenshot = lambda **options: without_fonts(export(**options))  # type: ignore[method-assign]

    async def act(pilot: Pilot[int]) -> None:
        s = Screen(app, pilot)
        await s.until(lambda: len(s.workspace.panes) == len(EVERY), "tabs")
        for number, (name, line) in enumerate(EVERY.items(), 1):
            if line:
                await s.keys(f"alt+{number}")
                await s.until(lambda: s.pane.state is PaneState.PROMPT, f"the prompt of {name}")
                await s.type(line)
        await s.keys("alt+1")
        for interactive in manager.interactive:
            if interactive.session.info.label in ("build", "lab"):
                interactive.go_on.set()
        await s.until(lambda: s.workspace.panes[6].unseen.ended and s.workspace.panes[5].unseen.ended, "their ends")
        await s.until(lambda: s.workspace.panes[7].state is PaneState.LEFT, "left")
        s.workspace.refresh_frame()
        await s.idle()

    assert snap_compare(app, terminal_size=size, run_before=act)


async def test_the_footer_offers_a_terminal_where_a_host_has_no_powershell(manager: StandInManager) -> None:
    async with screen(host("refused"), sessions=manager.as_manager()) as s:
        await s.until(lambda: s.pane.state is PaneState.FAILED and s.shows("F5 tries again"), "the failure")
        assert not s.shows("opens a terminal")
        s.pane.conversation.error = NoPowerShell("refused: the server has no subsystem powershell")
        said = [f"{key} {word}" for key, word in hints(s.pane, s.workspace.panes, Context.PROMPT, keymap({}))]
        assert said[:3] == ["F5 tries again", "Ctrl+] x opens a terminal", "F3 edits"]


async def test_the_footer_names_the_machine_of_a_session_that_was_looked_up() -> None:
    manager = SessionManager()
    demo = ConnectionInfo(ParameterSet.DEMO)
    session = manager.create(demo, NobodyConsole(), name="x", temporary=False)
    await session.open()
    ways: dict[ParameterSet, dict[str, object]] = {
        ParameterSet.SESSION: {"Session": session},
        ParameterSet.ID: {"Id": session.id},
        ParameterSet.NAME: {"Name": "x"},
        ParameterSet.INSTANCE_ID: {"InstanceId": session.instance_id},
    }
    async with screen(sessions=manager, size=(120, 24)) as s:
        for way, values in ways.items():
            pane = await s.workspace.tabs.open(ConnectionInfo(way, values))
            await s.until(lambda pane=pane: pane.state is PaneState.PROMPT, f"the prompt, by {way.value}")
            await s.until(lambda: s.shown().rstrip().split("\n")[-1].count("demo  ready") == 1, "its machine")
            entry = next(one for one in s.workspace.sidebar.entries if one.name == "demo")
            await s.until(
                lambda entry=entry: s.workspace.sidebar.mark_of(entry).state == "open", f"its mark, by {way.value}"
            )


async def test_a_notice_with_a_very_long_path_is_cut(manager: StandInManager) -> None:
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        s.app.notify(f"The file /{'folder/' * 600}profiles.toml cannot be read.", markup=False)
        await s.idle()
        told = [each.message for each in s.app._notifications]
        assert len(told[-1]) < 500 and told[-1].startswith("The file /folder") and told[-1].endswith("…")
