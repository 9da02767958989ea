"""The list of a session's errors."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.records import ErrorInfo
from pstui.tui.dialogs.messages import ErrorsScreen, error_text
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen

DEMO = ConnectionInfo(ParameterSet.DEMO)
PREFIX = "ctrl+right_square_bracket"
FULL = ErrorInfo(
    "Cannot find path '/nope'\nbecause it does not exist.",
    "System.Management.Automation.ItemNotFoundException",
    "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand",
    "ObjectNotFound",
    "ItemNotFoundException",
    "/nope",
    "At line:1 char:1\n+ Get-Item /nope\n+ ~~~~~~~~~~~~~~",
    "at <ScriptBlock>, <No file>: line 1",
)


async def opened(s: Screen) -> ErrorsScreen:
    await s.keys(PREFIX, "E")
    await s.until(lambda: isinstance(s.app.screen, ErrorsScreen) and s.app.screen.focused, "the list")
    shown = s.app.screen
    assert isinstance(shown, ErrorsScreen)
    return shown


async def test_what_a_line_did_wrong_stands_in_the_list() -> None:
    async with screen(DEMO, size=(110, 30)) as s:
        await s.run("Get-Item /nope-one")
        await s.run("nonsense-command")
        shown = await opened(s)
        assert shown.chosen is not None and "nonsense-command" in shown.chosen.message, "the newest comes first"
        await s.keys("down")
        assert shown.chosen is not None and "nope-one" in shown.chosen.message
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "the workspace")


async def test_everything_known_of_an_error_is_shown_and_copied() -> None:
    async with screen(DEMO, size=(110, 34)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        session = s.pane.session
        assert session is not None
        session.records.add_error(ErrorInfo("first"))
        session.records.add_error(FULL)
        await opened(s)
        for seen in ("because it does not exist.", "ObjectNotFound", "PathNotFound,", "+ Get-Item /nope", "<No file>"):
            assert s.shows(seen), seen
        await s.keys("c")
        assert s.app.clipboard == error_text(FULL)
        await s.keys("a")
        assert s.app.clipboard == error_text(FULL) + "\n\nfirst"


async def test_an_error_that_comes_meanwhile_appears_and_the_chosen_one_stays() -> None:
    async with screen(DEMO, size=(110, 34)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        session = s.pane.session
        assert session is not None
        for text in ("one", "two"):
            session.records.add_error(ErrorInfo(text))
        shown = await opened(s)
        await s.keys("down")
        assert shown.chosen == ErrorInfo("one")
        session.records.add_error(ErrorInfo("three"))
        await s.until(lambda: s.shows("three"), "the new one")
        assert shown.chosen == ErrorInfo("one")


async def test_a_session_without_errors_says_so() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await opened(s)
        assert s.shows("No error in this session so far.")


def test_control_sequences_of_the_far_end_never_reach_the_terminal() -> None:
    text = error_text(ErrorInfo("a\x1b]0;evil\x07b", position="\x1b[2Jx"))
    assert "\x1b" not in text and "\x07" not in text


async def test_what_pstui_says_of_a_failure_breaks_between_words() -> None:
    why = "The service does not say why: the name or the password is wrong, or the account is locked over there. " * 2
    async with screen(DEMO, size=(60, 24)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        s.pane.console.show_error(OpenError("no session", why, "Check -ConfigurationName " * 5))
        await s.until(lambda: s.shows("✗ no session"), "the error")
        said = [line for line in s.text() if line.startswith("  ")]
    assert " ".join(line.strip() for line in said) == f"{why}{'Check -ConfigurationName ' * 5}".strip()
    assert max(map(len, said)) <= 60
    assert not [line for line in said if line.endswith("-")]


async def test_without_an_error_the_list_is_small_and_offers_nothing_to_do_with_one() -> None:
    async with screen(DEMO, size=(80, 24)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        shown = await opened(s)
        assert s.shows("No error in this session so far.") and s.shows("Esc closes") and not s.shows("c copies")
        assert shown.query_one("#errors-box").outer_size.height < 8
        session = s.pane.session
        assert session is not None
        session.records.add_error(FULL)
        await s.until(lambda: s.shows("c copies this error") and s.shows("ObjectNotFound"), "one that comes now")
