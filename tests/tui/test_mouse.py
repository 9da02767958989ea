"""With a mouse alone: whatever is opened by a click is left by one, and a key that is told is pressed by one."""

from __future__ import annotations

from pathlib import Path

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.help import HelpScreen
from pstui.tui.dialogs.menu import ContextMenu
from pstui.tui.dialogs.messages import ProblemsScreen
from pstui.tui.dialogs.session_list import SessionsScreen
from pstui.tui.fanout.screen import FanOutScreen
from pstui.tui.grid.screen import GridScreen
from pstui.tui.key_row import key_at, pressable
from pstui.tui.keys.contexts import Context
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from textual.events import MouseDown, MouseMove, MouseUp

from tests.support.pilot import Screen, screen

DEMO = ConnectionInfo(ParameterSet.DEMO, {})
HOSTS = "".join(f'[hosts.web{number}]\ndemo = true\ngroup = "Web"\n\n' for number in (1, 2, 3))
#: what follows the prefix key, as it is shown; how the screen that it opens is left
OPENED = (
    ("? help", "Esc closes"),
    ("h command help", "Esc cancels"),
    ("c connect", "Esc closes"),
    ("d edit connection", "Esc closes"),
    (": commands", "Esc closes"),
    ("S sessions", "Esc closes"),
    ("E errors", "Esc closes"),
    ("R runbooks", "Esc closes"),
    ("N new host", "Esc closes"),
    ("T rename tab", "Esc cancels"),
    ("/ find", "Esc closes"),
    ("[ copy mode", "Esc leaves"),
    ("Space completions", "Esc closes"),
    ("L logs", "Esc closes"),
    ("m Alt+…", "Esc cancels"),
    ("! problems", "Esc closes"),
    ("I import", "Esc cancels"),
    ("C credentials", "Esc closes"),
    ("F files", "Esc back"),
    ("D defaults", "Esc cancels"),
    (", settings", "Esc cancels"),
    ("q quit", "Esc stays"),
)


def book(tmp_path: Path) -> ProfileBook:
    (tmp_path / "profiles.toml").write_text(HOSTS)
    return ProfileBook(read(tmp_path / "profiles.toml"))


async def prompt(s: Screen) -> None:
    await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT, "the prompt")
    await s.until(lambda: s.shows("Ctrl+] keys"), "the footer")
    await s.still()


async def test_what_a_click_opens_a_click_leaves(tmp_path: Path) -> None:
    async with screen(DEMO, size=(80, 24), book=book(tmp_path)) as s:
        await prompt(s)
        for key, way_out in OPENED:
            if key == "Space completions":
                await s.type("Get-", enter=False)
            await s.click("Ctrl+] keys")
            await s.click(key)
            await s.click(way_out)
            await s.until(
                lambda: s.app.screen is s.workspace and s.workspace.reading.key_context is Context.PROMPT, key
            )
            await s.until(lambda way_out=way_out: not s.shows(way_out), f"{key} and {way_out}")
            await s.keys("ctrl+u")


async def test_a_click_in_the_list_of_keys_presses_one_that_works_here() -> None:
    async with screen(DEMO, size=(80, 24)) as s:
        await prompt(s)
        await s.click("F1 help")
        await s.type("Get-PSSession", enter=False)
        await s.click("the list of Get-PSSession")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list of sessions")
        await s.click("F1 keys")
        await s.click("close (also q)")
        await s.until(lambda: s.app.screen is s.workspace, "the key of the list, pressed in the list")
        await s.click("F1 help")
        await s.type("half of one", enter=False)
        await s.click("half of one")
        assert isinstance(s.app.screen, HelpScreen), "a key of copy mode means nothing at the prompt"


def test_each_key_of_a_hint_is_pressed_where_it_stands_and_the_first_one_by_the_words() -> None:
    row = "p x r queue  Ctrl+] x session  F8 delete  ← → sections  a all, none  Ctrl+] keys"
    pressed = [(0, "p"), (2, "x"), (4, "r"), (6, "p"), (31, "f8"), (34, "f8"), (42, "left"), (44, "right"), (57, "a")]
    assert [(x, key_at(row, x)) for x, _ in pressed] == pressed
    assert {key_at(row, x) for x in range(13, 29)} == {"ctrl+right_square_bracket x"}
    assert {key_at(row, x) for x in range(69, 80)} == {"ctrl+right_square_bracket"}
    clicks = [(span.start, span.style) for span in pressable(row).spans if not isinstance(span.style, str)]
    assert [start for start, _ in clicks] == [0, 1, 3, 5, 13, 21, 31, 33, 42, 43, 45, 56, 57, 69, 75]


async def test_while_a_line_of_the_grid_is_typed_its_keys_are_told_and_a_name_sorts() -> None:
    async with screen(DEMO, size=(100, 26)) as s:
        await prompt(s)
        await s.type("Get-Process | Out-GridView")
        await s.until(lambda: isinstance(s.app.screen, GridScreen), "the grid")
        shown = s.app.screen
        assert isinstance(shown, GridScreen)
        await s.until(lambda: shown.grid.settled and shown.grid.view.current and shown.grid.rows.cells, "the rows")
        await s.click("ProcessName ")
        await s.click("ProcessName▲")
        await s.until(lambda: s.shows("ProcessName▼"), "the other order")
        await s.click("/ filter")
        assert not s.shows("s sort") and s.shows("Enter to the rows  Esc clears it")
        await s.click("Esc clears")
        await s.until(lambda: s.shows("s sort"), "the keys of the rows")
        await s.click("F1 keys")
        await s.click("write the objects")
        await s.until(lambda: s.shows("Enter writes it  Esc cancels"), "the name of a file")


async def test_the_menu_of_the_sidebar_marks_and_runs(tmp_path: Path) -> None:
    async with screen(size=(100, 26), book=book(tmp_path)) as s:
        await s.click("○ web1", button=3)
        await s.click("Mark it")
        await s.click("Web", button=3)
        await s.click("Mark all below it")
        await s.until(lambda: s.shows("3 marked: x runs a line"), "all are marked")
        await s.click("■ web2", button=3)
        await s.until(lambda: isinstance(s.app.screen, ContextMenu), "the menu")
        await s.keys("space")
        await s.until(lambda: s.shows("2 marked: x runs a line"), "the key of the menu does what is beside it")
        await s.click("2 marked")
        await s.until(lambda: isinstance(s.app.screen, FanOutScreen), "one line on two hosts")
        await s.click("Esc closes")
        await s.until(lambda: s.app.screen is s.workspace, "the workspace")
        await s.click_at(5, 20, button=3)
        await s.until(lambda: isinstance(s.app.screen, ContextMenu), "the menu of the list")
        await s.keys("exclamation_mark")
        await s.until(lambda: isinstance(s.app.screen, ProblemsScreen), "the problems")


async def test_a_click_below_the_text_gives_the_keys_to_the_pane(tmp_path: Path) -> None:
    async with screen(DEMO, size=(100, 26), book=book(tmp_path)) as s:
        await prompt(s)
        await s.click("F6 sidebar")
        await s.until(lambda: s.workspace.sidebar.has_focus, "the sidebar")
        await s.click_at(60, 20)
        await s.until(lambda: s.pane.editor.has_focus, "the editor")


async def test_what_a_test_said_goes_when_another_connection_is_typed(tmp_path: Path) -> None:
    async with screen(size=(100, 30), book=book(tmp_path)) as s:
        await s.keys("a")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen), "the form")
        await s.type("nowhere.invalid", enter=False)
        await s.click("[ Test ]")
        await s.until(lambda: s.shows("✗ nowhere.invalid"), "what is wrong")
        await s.click("WinRM")
        await s.until(lambda: not s.shows("✗ nowhere.invalid"), "it was about SSH")


async def test_the_key_that_copies_is_clicked_and_copies_what_is_selected() -> None:
    async with screen(DEMO, size=(100, 26)) as s:
        await prompt(s)
        await s.run("'some words'.ToUpper()")
        for keys in (["Ctrl+C copies"], ["Ctrl+] keys", "y copy selection"]):
            s.app.copy_to_clipboard("")
            await s.click("WORDS", times=2)
            await s.until(lambda: s.shows("Ctrl+C copies"), "a word is selected")
            for key in keys:
                await s.click(key)
            await s.until(lambda: s.app.clipboard == "WORDS", f"the word, copied by {keys[-1]}")


def mouse(s: Screen, kind: type[MouseDown | MouseMove | MouseUp], text: str) -> None:
    """Let the terminal report what the mouse does where ``text`` stands."""
    x, y = s.place(text)
    s.app.post_message(kind(None, x + 1, y, 0, 0, 1, shift=False, meta=False, ctrl=False))


async def test_a_question_is_answered_by_a_click_and_not_by_drawing_over_it() -> None:
    async with screen(DEMO, size=(100, 26)) as s:
        await prompt(s)
        (Path.home() / "a.txt").write_text("")
        await s.type("Remove-Item a.txt -Confirm")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        for down, up in (("[Y] Yes", "[L] No to All"), ("[N] No", "[Y] Yes")):
            mouse(s, MouseDown, down)
            mouse(s, MouseMove, up)
            mouse(s, MouseUp, up)
            await s.still()
            assert s.pane.questions.asking, "it still waits"
        mouse(s, MouseDown, "[N] No")
        mouse(s, MouseUp, "[N] No")
        await s.until(lambda: not s.pane.questions.asking, "the answer")


async def test_arrows_of_a_hint_are_pressed_one_by_one() -> None:
    async with screen(DEMO, size=(100, 26)) as s:
        await prompt(s)
        await s.run("1..9")
        await s.keys("ctrl+right_square_bracket", "left_square_bracket")
        await s.until(lambda: s.shows("← ↓ ↑ → move"), "copy mode")
        before = s.pane.transcript.copying.cursor or (0, 0)
        await s.click("← ↓ ↑ → move", within=4)
        await s.until(lambda: s.pane.transcript.copying.cursor == (before[0] - 1, before[1]), "a row up")
