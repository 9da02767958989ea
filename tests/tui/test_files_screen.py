"""The file screen of a tab: here and there, marks, copies that go on behind it, questions, changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.files.queue import JobState
from pstui.tui.files.screen import FilesScreen
from pstui.tui.pane.state import PaneState

from tests.support.far_files import sftp_sshd
from tests.support.pilot import Screen
from tests.support.pilot import screen as running
from tests.support.sshd import DEMO, Sshd, make_home


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sftp_sshd(tmp_path_factory.mktemp("files") / "sshd", powershell=DEMO) as running_server:
        yield running_server


@pytest.fixture
def folders(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """What is here and what is there, with this computer's side in the first."""
    make_home(tmp_path / "home", monkeypatch, known=server.known_hosts_line)
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    monkeypatch.chdir(here)
    return here, there


def files_screen(screen: Screen) -> FilesScreen:
    found = screen.app.screen
    assert isinstance(found, FilesScreen)
    return found


async def opened(screen: Screen, there: Path) -> FilesScreen:
    """Open the file screen, its far side in a folder."""
    await screen.until(lambda: screen.pane.state is PaneState.PROMPT, "a prompt")
    await screen.keys("ctrl+right_square_bracket", "F")
    await screen.until(lambda: isinstance(screen.app.screen, FilesScreen))
    files = files_screen(screen)
    await screen.until(lambda: files.far.files is not None and not files.far.told, "the far side")
    await files.far.load(str(there))
    return files


async def test_copy_move_rename_delete(server: Sshd, folders: tuple[Path, Path]) -> None:
    here, there = folders
    for name in ("a.txt", "b.txt", ".hidden"):
        (here / name).write_text(name)
    (here / "tree").mkdir()
    (here / "tree" / "in").write_text("in")
    async with running(server.info()) as screen:
        files = await opened(screen, there)
        assert ".hidden" not in screen.shown()
        await screen.keys("full_stop")
        await screen.until(lambda: ".hidden" in screen.shown())
        await screen.keys("full_stop", "home", "down", "space", "space", "f5")
        await screen.until(lambda: (there / "a.txt").exists() and (there / "tree" / "in").exists())
        await screen.until(lambda: "done" in screen.shown())
        await screen.until(lambda: not files.near.marked)

        await screen.keys("end", "f6")
        await screen.until(lambda: (there / "b.txt").exists() and not (here / "b.txt").exists())

        await screen.keys("tab", "f7", *"new", "enter")
        await screen.until((there / "new").is_dir)
        await screen.until(lambda: files.far.chosen is not None and files.far.chosen.name == "new")
        await screen.keys("f2", *"er", "enter")
        await screen.until((there / "newer").is_dir)
        await screen.until(lambda: files.far.chosen is not None and files.far.chosen.name == "newer")
        await screen.keys("f8")
        await screen.until(lambda: "Delete on" in screen.shown())
        await screen.keys("enter")
        await screen.until(lambda: not (there / "newer").exists())

        await screen.keys("slash", *"b.", "enter")
        await screen.until(lambda: "b.txt" in screen.shown() and "/b." in screen.shown())
        await screen.keys("escape")
        await screen.until(lambda: not isinstance(screen.app.screen, FilesScreen))


async def test_what_differs_is_asked_and_a_badge_says_so(server: Sshd, folders: tuple[Path, Path]) -> None:
    here, there = folders
    for name in ("a", "b"):
        (here / name).write_text("new one")
        (there / name).write_text("old")
    async with running(server.info()) as screen:
        await screen.until(lambda: screen.pane.state is PaneState.PROMPT, "a prompt")
        await screen.run(f"cd {there.parent}")
        files = await opened(screen, Path("there"))  # counted from where the session is
        await screen.keys("asterisk", "f5")
        await screen.until(lambda: files.desk.conflict is not None)
        assert "differs" in screen.shown()
        await screen.keys("escape")
        await screen.until(lambda: screen.pane.files_badge == "⇄?")
        await screen.keys("ctrl+right_square_bracket", "F")
        await screen.until(lambda: isinstance(screen.app.screen, FilesScreen) and "differs" in screen.shown())
        await screen.until(lambda: files_screen(screen).far.folder == str(there))
        await screen.keys("O")
        await screen.until(lambda: files.desk.queue.jobs[-1].state is JobState.DONE)
        assert ((there / "a").read_text(), (there / "b").read_text()) == ("new one", "new one")
        assert screen.pane.files_badge == ""
        await screen.keys("tab", "backspace")
        await screen.until(lambda: files_screen(screen).far.folder == str(there.parent))


async def test_the_files_of_the_demo_endpoint(folders: tuple[Path, Path]) -> None:
    here, there = folders
    (there / "far.txt").write_text("far")
    async with running(ConnectionInfo(ParameterSet.DEMO, settings={"demo_home": str(there)})) as screen:
        files = await opened(screen, there)
        await screen.until(lambda: files.far.chosen is not None)
        await screen.keys("tab", "end", "f5")
        await screen.until((here / "far.txt").exists)
        await screen.workspace.context.sessions.close_all()


async def test_a_tab_without_files_says_why(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo endpoint runs no such script as a PowerShell does: taken for one, it refuses."""
    monkeypatch.setattr("pstui.backends.files.pipeline.is_demo", lambda private_data: False)
    async with running(ConnectionInfo(ParameterSet.DEMO)) as screen:
        await screen.until(lambda: screen.pane.state is PaneState.PROMPT, "a prompt")
        await screen.keys("ctrl+right_square_bracket", "F")
        await screen.until(lambda: isinstance(screen.app.screen, FilesScreen))
        await screen.until(lambda: "cannot be copied" in screen.shown(), seconds=20)


async def test_an_editor_with_a_window_of_its_own_is_asked_about_in_the_session(
    server: Sshd, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, there = folders
    (there / "file").write_text("first")

    async def came_back_at_once(app: object, copy: Path) -> None:
        assert copy.read_text() == "first"

    monkeypatch.setattr("pstui.tui.editor.paste.run_editor", came_back_at_once)
    monkeypatch.setattr("pstui.tui.pane.remote_editing.QUICK", 60.0)
    async with running(server.info()) as screen:
        await opened(screen, there)
        await screen.keys("tab", "home", "down", "e")
        await screen.until(lambda: "Esc leads there" in screen.shown(), "what is to be done")
        await screen.keys("escape")
        await screen.until(lambda: "came back at once" in screen.shown(), "the question")
        await screen.keys("enter")
        await screen.until(lambda: screen.pane.state is PaneState.PROMPT, "the prompt")
    assert (there / "file").read_text() == "first"


async def test_a_side_that_lists_nothing_says_why(folders: tuple[Path, Path]) -> None:
    here, there = folders
    async with running(ConnectionInfo(ParameterSet.DEMO, settings={"demo_home": str(there)})) as screen:
        files = await opened(screen, there)
        await screen.until(lambda: screen.shown().count("The folder is empty.") == 2)
        (here / ".hidden").write_text("x")
        await screen.keys("ctrl+r")
        await screen.until(lambda: "Only hidden files: . shows them." in screen.shown())
        await screen.keys("full_stop", "slash", *"zz", "enter")
        await screen.until(lambda: "Nothing fits: / changes the filter." in screen.shown())
        assert files.near.chosen is not None and files.near.chosen.name == ".."
        await screen.workspace.context.sessions.close_all()
