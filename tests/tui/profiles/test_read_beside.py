"""The profiles are read beside the first paint: nothing typed meanwhile is lost, and the settings are there at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.config.profiles import glimpse as first_look
from pstui.config.profiles import load
from pstui.tui.dialogs.help import HelpScreen
from pstui.tui.profiles import book as books
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import Profiles, glimpse, read
from pstui.tui.profiles.schema import schema
from pstui.tui.profiles.settings import own_tables
from pstui.tui.workspace.state import SavedTab, StateFile, WorkspaceState

from tests.support.pilot import screen
from tests.support.stand_in import StandInManager

HOSTS = '[settings]\ntheme = "light"\n' + "".join(f"[hosts.web{number}]\ndemo = true\n" for number in range(40))


class Disk:
    """A disk that waits until it may answer."""

    def __init__(self) -> None:
        self.asked, self.answers = threading.Event(), threading.Event()

    def read(self, file: Path) -> Profiles:
        self.asked.set()
        assert self.answers.wait(60)
        return read(file)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk()
    monkeypatch.setattr(books, "read", made.read)
    yield made
    made.answers.set()
    for thread in threading.enumerate():
        if thread.name == "pstui work":
            thread.join(60)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "profiles.toml"
    made.write_text(HOSTS)
    return made


async def test_what_is_typed_while_the_profiles_are_read_finds_them(file: Path, disk: Disk) -> None:
    profiles = glimpse(str(file))
    assert not profiles.is_whole
    manager = StandInManager()
    async with screen(sessions=manager.as_manager(), book=ProfileBook(profiles), settings=profiles.settings) as s:
        await s.until(disk.asked.is_set, "the reading")
        assert s.shows("No session is open")
        assert not s.shows("web0")
        assert s.app.theme == "pstui-light"
        s.burst("slash", *"web27", "enter")
        await s.until(lambda: s.shows("profiles are being read"))
        disk.answers.set()
        await s.until(lambda: s.workspace.front is not None, "the host that was typed")
        assert s.pane.info.profile == "web27"
        assert not s.shows("being read")


async def test_help_and_leaving_do_not_wait_for_the_profiles(file: Path, disk: Disk) -> None:
    async with screen(sessions=StandInManager().as_manager(), book=ProfileBook(glimpse(str(file)))) as s:
        await s.until(disk.asked.is_set, "the reading")
        await s.keys("f1")
        assert isinstance(s.app.screen, HelpScreen)
        await s.keys("escape", "f10")
        await s.until(lambda: not s.app.is_running, "the end")


async def test_a_disk_that_does_not_answer_keeps_no_key(
    file: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.workspace.profiles.PATIENCE", 0.05)
    async with screen(sessions=StandInManager().as_manager(), book=ProfileBook(glimpse(str(file)))) as s:
        await s.type("/demo")
        await s.until(lambda: s.workspace.front is not None, "what is there without the profiles")


async def test_tabs_are_laid_out_again_when_their_profiles_are_there(file: Path, disk: Disk) -> None:
    memory = StateFile(file.with_name("workspace.json"))
    memory.save(WorkspaceState([SavedTab("host:web3", "")]))
    options: dict[str, Any] = {"memory": memory, "settings": {"restore": True}, "book": ProfileBook(glimpse(str(file)))}
    async with screen(sessions=StandInManager().as_manager(), **options) as s:
        await s.until(disk.asked.is_set, "the reading")
        assert not s.workspace.panes
        disk.answers.set()
        await s.until(lambda: s.workspace.front is not None, "the tab")
        assert s.pane.info.profile == "web3"


HEADERS = st.sampled_from(
    (
        "[settings]",
        " [ settings ]",
        '["settings"]',
        "[settings.x]",
        "[[settings]]",
        "[hosts.a]",
        "[keys]",
        "['keys']",
        "[defaults]",
        "# [settings]",
        'include = "other.toml"',
        'x = """',
        '"""',
        "x = '''",
        "'''",
        "x = [",
        "]",
    )
)
LINES = st.sampled_from(
    (
        'theme = "dark"',
        "theme = 1",
        "restore = true",
        'help = "f2"',
        'computer_name = "a"',
        '["settings"],',
        "[1],",
        'settings.theme = "dark"',
        'settings = { theme = "dark" }',
        'include = ["other.toml"]',
        "keys.help = 'f3'",
        "",
    )
)


@settings(deadline=None, max_examples=60)
@given(st.lists(HEADERS | LINES, max_size=8), st.booleans())
def test_the_first_look_sees_what_reading_everything_sees(lines: list[str], crlf: bool) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "profiles.toml"
        file.with_name("other.toml").write_text("[settings]\nhistory = false\n[hosts.b]\ndemo = true\n")
        file.write_bytes(("\r\n" if crlf else "\n").join(lines).encode())
        seen, whole = first_look(file, own_tables()), load(file, schema())
    if seen is not None:
        assert seen.table("settings") == whole.table("settings")
        assert seen.table("keys") == whole.table("keys")


@pytest.mark.parametrize(
    "text",
    [
        '[settings]\ntheme = "dark"\n[hosts.a]\ndemo = true\n[keys]\nhelp = "f2"\n',
        '[hosts."[settings]"]\ndemo = true\n[settings]  # mine\ntheme = "dark"\n',
        'settings.theme = "dark"\n[hosts.a]\ndemo = true\n',
        'include = "other.toml"\n[hosts.a]\ndemo = true\n',
    ],
)
def test_usual_spellings_need_one_look(text: str, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('[settings]\ntheme = "dark"\n')
    file = tmp_path / "profiles.toml"
    file.write_text(text)
    found = first_look(file, own_tables())
    assert found is not None
    assert found.table("settings") == {"theme": "dark"}
    assert not found.profiles
