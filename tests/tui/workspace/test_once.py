"""What is ended twice in haste ends once, and nothing else with it; who ended a session is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui import once
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.dialogs.session_list import SessionsScreen
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host

PREFIX = "ctrl+right_square_bracket"
DEMO = ConnectionInfo(ParameterSet.DEMO)
PROFILES = "".join(f'[hosts.web{n}]\ncomputer_name = "web{n}"\n\n' for n in range(1, 5))
CREDENTIALS = '[credentials.one]\nuser_name = "x"\n\n[credentials.two]\nuser_name = "y"\n'


@pytest.fixture
def manager() -> StandInManager:
    return StandInManager()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(PROFILES + CREDENTIALS)
    return path


async def ready(s: Screen) -> None:
    await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes), "prompts")


async def test_a_profile_deleted_twice_at_once_is_one_profile(
    manager: StandInManager, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "SLIP", 30.0)  # however slow this computer is
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file))) as s:
        s.burst("slash", *"web1", "enter", PREFIX, "w")
        await s.until(lambda: not s.workspace.panes and s.app.typeahead.idle, "the sidebar on web1")
        s.burst("d", "d", "d")
        await s.until(lambda: "web1" not in file.read_text(), "the deletion")
        await s.idle()
        s.burst("d")
        await s.idle()
        assert [name for name in ("web2", "web3", "web4") if f"[hosts.{name}]" in file.read_text()] == [
            "web2",
            "web3",
            "web4",
        ]


async def test_a_credential_deleted_twice_at_once_is_one_credential(
    manager: StandInManager, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "SLIP", 30.0)
    async with screen(sessions=manager.as_manager(), book=ProfileBook(read(file))) as s:
        s.burst(PREFIX, "C", "d", "d")
        await s.until(lambda: "credentials.one" not in file.read_text(), "the deletion")
        await s.idle()
        assert "credentials.two" in file.read_text()


async def test_the_key_that_asked_is_no_answer_before_the_question_can_be_seen(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "SLIP", 30.0)
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        await ready(s)
        s.burst("f10", "f10", "f10")
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "the question")
        await s.idle()
        assert isinstance(s.app.screen, QuitScreen), "it is still asked"
        assert s.app.is_running


async def test_ctrl_d_twice_at_once_leaves_the_session_and_keeps_its_tab(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "SLIP", 30.0)
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as s:
        await ready(s)
        s.burst("ctrl+d")
        await s.until(lambda: s.pane.state is PaneState.LEFT, "left")
        s.burst("ctrl+d")
        await s.idle()
        assert [pane.info.label for pane in s.workspace.panes] == ["web1", "db"]


@pytest.mark.parametrize("key", ["escape", "enter"])
async def test_a_dialog_closed_twice_at_once_touches_nothing_behind_it(manager: StandInManager, key: str) -> None:
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        await ready(s)
        await s.type("half a line", enter=False)
        s.burst(PREFIX, "question_mark", key, key)
        await s.until(lambda: s.app.screen is s.workspace and s.app.typeahead.idle, "the help closed")
        assert s.pane.editor.text == "half a line"
        assert manager.interactive[0].lines == []
        s.burst(PREFIX, "question_mark", key, *"!")
        await s.until(lambda: s.pane.editor.text == "half a line!", "what is typed behind it")


async def test_a_session_in_which_a_command_runs_is_removed_after_a_question_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(once, "SLIP", 30.0)
    async with screen(DEMO, DEMO, size=(120, 35)) as s:
        await ready(s)
        await s.type("Start-Sleep 60")
        await s.until(lambda: s.pane.state is PaneState.BUSY, "it runs")
        s.burst(PREFIX, "S", "x", "x")
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "the question")
        await s.idle()
        assert s.shows("a command runs")
        s.burst("enter", "x", "x")
        await s.until(lambda: s.pane.state is PaneState.BROKEN, "the end")
        assert any("You removed it" in line for line in s.text()), s.text()
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list again")
        assert s.workspace.panes[1].state is PaneState.PROMPT, "the other one lives"
        await s.until(lambda: s.shows("Tab  Id Name") and s.shows("Profile"), "whose tab, and whose profile")
        await s.until(lambda: s.shows("2     – Runspace2"), "the other one, in the second tab")
