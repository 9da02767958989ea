"""F1 and ? tell the keys of every dialog and list, and what is typed finds some of them; themes change at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pstui.tui.app import PstuiApp
from pstui.tui.colors import TEXTUAL_THEMES
from pstui.tui.dialogs.help import HelpScreen
from pstui.tui.keys.dialog_help import DIALOGS
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.themes import DARK, calm
from textual.color import Color
from textual.screen import ModalScreen
from textual.theme import BUILTIN_THEMES

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host

PREFIX = "ctrl+right_square_bracket"
FILE = '[credentials.admin]\nuser_name = "admin"\n\n[hosts.web1]\ncomputer_name = "web1"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


def session(file: Path, *infos: Any, **options: Any) -> Any:
    return screen(*infos, sessions=StandInManager().as_manager(), book=ProfileBook(read(file)), **options)


async def helped(s: Screen, key: str, title: str) -> None:
    """Ask for help and close it again."""
    below = s.app.screen
    await s.keys(key)
    await s.until(lambda: isinstance(s.app.screen, HelpScreen), f"the help: {title}")
    await s.until(lambda: s.shows(title), title)
    await s.keys("f1")
    await s.until(lambda: s.app.screen is below, "the dialog again")


async def test_every_dialog_and_list_has_its_help(file: Path) -> None:
    async with session(file, host("web1")) as s:
        await s.until(lambda: s.has_pane and s.pane.session is not None, "a session")
        places = (
            (("f3",), "f1", "In the form of a host"),
            (("f2",), "f1", "In the list of Go"),
            ((PREFIX, "C"), "question_mark", "In the list of credentials"),
            ((PREFIX, "exclamation_mark"), "question_mark", "In the list of problems"),
            ((PREFIX, "comma"), "f1", "In a form"),
            ((PREFIX, "I"), "f1", "While hosts are imported"),
            ((PREFIX, "T"), "f1", "While a line is typed"),
        )
        for keys, key, title in places:
            await s.keys(*keys)
            await s.until(lambda: len(s.app.screen_stack) == 2, title)
            await helped(s, key, title)
            await s.keys("escape")
            await s.until(lambda: s.app.screen is s.workspace, f"the end of {title}")
        await s.keys("f6", "question_mark")
        await s.until(lambda: s.shows("In the sidebar"), "the help of the sidebar")


async def test_a_dialog_under_its_help_or_a_form_is_hidden_and_comes_back(file: Path) -> None:
    async with session(file) as s:
        for opens, shown in (("N", "─ New host ─"), ("L", "─ Logs ─"), ("C", "─ Credentials ─")):
            await s.keys(PREFIX, opens)
            await s.until(lambda shown=shown: s.shows(shown), "the dialog")
            await s.keys("f1")
            await s.until(lambda: s.shows("type to find a key") and not s.shows("╭"), "the help alone")
            await s.keys("escape")
            await s.until(lambda shown=shown: s.shows(shown), "the dialog again")
            await s.keys("escape")
            await s.until(lambda: s.app.screen is s.workspace, "the end of the dialog")
        await s.keys(PREFIX, "C")
        await s.until(lambda: s.shows("─ Credentials ─"), "the list")
        await s.keys("a")
        await s.until(lambda: s.shows("New credential") and not s.shows("╭"), "the form alone")
        await s.keys("escape")
        await s.until(lambda: s.shows("─ Credentials ─"), "the list again")


async def test_what_is_typed_finds_keys_and_esc_shows_all_again(file: Path) -> None:
    async with session(file) as s:
        await s.keys("f1")
        await s.until(lambda: s.shows("In the sidebar"), "the help")
        await s.type("import", enter=False)
        await s.until(lambda: not s.shows("every key that works here"), "fewer")
        assert s.shows("ssh_config, mRemoteNG")
        await s.type(" nothing", enter=False)
        await s.until(lambda: s.shows("No key has these words"), "none")
        await s.keys("escape")
        await s.until(lambda: s.shows("every key that works here"), "all again")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "closed")


def test_every_screen_of_ours_has_its_help() -> None:
    import pstui.tui.dialogs as dialogs

    ours = set[type]()
    for path in Path(dialogs.__file__).parent.glob("*.py"):
        __import__(f"pstui.tui.dialogs.{path.stem}")

    def below(kind: type[Any]) -> None:
        each: type[Any]
        for each in kind.__subclasses__():
            if each.__module__.startswith("pstui."):
                ours.add(each)
            below(each)

    below(ModalScreen)
    without = {k.__name__ for k in ours if not any(base.__name__ in DIALOGS for base in k.__mro__)}
    assert without <= {"HelpScreen", "TypingScreen", "VerbList", "ConnectFrame"}, without


def test_the_themes_are_textuals_and_words_that_matter_less_can_be_read_in_each() -> None:
    assert set(TEXTUAL_THEMES) == set(BUILTIN_THEMES)
    for name, theme in BUILTIN_THEMES.items():
        if not name.startswith("ansi"):
            ground = Color.parse(theme.to_color_system().generate()["background"])
            assert abs(Color.parse(calm(name)).brightness - ground.brightness) > 0.15, name


async def test_a_theme_is_switched_when_it_is_saved_and_when_the_file_changes(file: Path) -> None:
    async with session(file, settings={"theme": "dark"}) as s:
        assert s.app.theme == DARK.name
        await s.keys(PREFIX, "comma")
        await s.until(lambda: s.shows("Takes effect at once"), "the settings")
        await s.type("nord")
        await s.until(lambda: s.app.theme == "nord", "the theme")
        file.write_text(file.read_text().replace("nord", "dracula"))
        s.workspace.profiles.check_file()
        await s.until(lambda: s.app.theme == "dracula", "the other theme")


def test_a_theme_of_textuals_is_there_from_the_start() -> None:
    assert PstuiApp(settings={"theme": "tokyo-night"}).theme == "tokyo-night"
