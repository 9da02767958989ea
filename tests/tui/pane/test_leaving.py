"""How a session is left, and that nothing typed logs in by itself."""

from __future__ import annotations

import pytest
from pstui.backends.connection import ORIGIN, ConnectionInfo, ParameterSet
from pstui.backends.language.simple_lines import exit_code
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.pane.state import PaneState
from pstui.tui.pane.texts import Hint, hint_for
from pstui.tui.sidebar.model import SidebarEntry, identity
from pstui.tui.sidebar.places import Places

from tests.support.nobody import NobodyConsole
from tests.support.pilot import screen

DEMO = ConnectionInfo(ParameterSet.DEMO)
NOWHERE = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("/nonexistent/program", "-s")})


@pytest.mark.parametrize(("line", "code"), [("exit", 0), (" EXIT 7 ", 7), ("exit 7;", 7), ("exit -1", 255)])
async def test_an_exit_typed_alone_ends_the_program_with_its_code(line: str, code: int) -> None:
    async with screen(DEMO, single=True) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type(line)
        await s.until(lambda: not s.app.is_running, "the end")
    assert s.app.return_value == code


async def test_ctrl_d_ends_it_too() -> None:
    async with screen(DEMO, single=True) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys("ctrl+d")
        await s.until(lambda: not s.app.is_running, "the end")
    assert s.app.return_value == 0


@pytest.mark.parametrize("by_line", [False, True])
async def test_a_pasted_script_that_exits_leaves_its_text_there(by_line: bool) -> None:
    async with screen(DEMO, single=True) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        if by_line:
            assert s.pane.submit_lines(["'done'", "exit 0"])
        else:
            await s.pane.editor.take_key("ctrl+a")
            s.pane.editor.put("'done'\nexit 0")
            assert s.pane.editor.submit()
        await s.until(lambda: s.pane.state is PaneState.LEFT, "the session left")
        await s.idle()
        assert s.app.is_running
        assert s.sees("done")


def test_a_line_that_does_more_than_exit_is_no_exit() -> None:
    for line in ("Exit-PSSession", "exit 0\n'x'", "'x'; exit", "exit $code", "exit 1 2", "# exit", ""):
        assert exit_code(line) is None, line


async def test_a_line_typed_where_no_session_is_does_not_log_in() -> None:
    async with screen(NOWHERE) as s:
        await s.until(lambda: s.pane.state is PaneState.FAILED, "the failure")
        first = s.pane.conversation
        await s.type("Get-Date")
        await s.type("")
        assert (s.pane.conversation is first and s.pane.editor.text == "Get-Date\n") or s.pane.editor.text == "Get-Date"
        assert s.shows("F5 enters again")
        await s.keys("f5")
        await s.until(lambda: s.pane.conversation is not first, "another attempt, asked for")


SSH = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db", "UserName": "me", "Port": 2222})


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("top", "top needs a terminal"),
        ("/usr/bin/vim x.txt", "vim needs a terminal"),
        ("& htop", "htop needs a terminal"),
        ("sudo apt update", "sudo asks on a terminal"),
        ("Get-Content x | less", "less pages on a terminal"),
        ("cd /tmp; vi a", "vi needs a terminal"),
        ("& '/usr/bin/vim' x", "vim needs a terminal"),
        ("&C:\\bin\\nano.exe x", "nano needs a terminal"),
        ("sudo -i", "sudo asks on a terminal"),
        ("sudo find / -name x", "sudo asks on a terminal"),
        ("sudo -u www -n vim x", "vim needs a terminal"),
        ("env TERM=xterm top", "top needs a terminal"),
        ("mysql -u me -p", "mysql asks on a terminal"),
        ("python3.11 -i", "python3.11 talks on a terminal"),
        ("bash", "bash talks on a terminal"),
        ("pwsh -NoProfile", "pwsh talks on a terminal"),
        ("crontab -u me -e", "crontab wants a terminal here"),
        ("git commit --amend", "git wants a terminal here"),
        ("git rebase -i main", "git wants a terminal here"),
        ("podman exec -it api sh", "podman wants a terminal here"),
    ],
)
def test_a_program_that_wants_a_terminal_is_offered_one(line: str, begins: str) -> None:
    hint = hint_for(line, SSH, "Ctrl+] x")
    assert (hint.said, hint.line) == (f"{begins}: Ctrl+] x runs it in one", line)


def test_what_needs_no_terminal_is_not_told() -> None:
    none = [
        "sudo -n true",
        "'top'",
        "Get-Process top",
        "topology",
        "ls",
        "",
        "echo less",
        "&",
        "sudo -n",
        "nice -n 5 make",
    ]
    none += ["python x.py", "python3 -c 'x'", "bash -c top", "git commit -am x", "git add .", "podman ps", "crontab -l"]
    none += ["ssh -o BatchMode=yes db ls", "ssh -n db ls"]
    for line in none:
        assert hint_for(line, SSH, "Ctrl+] x") == Hint(""), line


def test_where_there_is_no_terminal_none_is_offered() -> None:
    winrm = ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": "web1"})
    said = "top needs a terminal, which a session lacks: run it in one there"
    assert hint_for("top", winrm, "Ctrl+] x") == Hint(said)
    container = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "api"})
    assert hint_for("top", container, "Ctrl+] x").line == "top"


def test_a_container_named_in_another_way_is_the_same_place() -> None:
    engine = {"Engine": ("/usr/bin/podman",)}
    found = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "api", **engine})
    entry = SidebarEntry("container", "api", info=found, id="0123456789abcdef")
    places = Places()
    places.among([], [entry])
    for name in ("api", "0123456789abcdef", "01234567"):
        info = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": name})
        assert places.of(info) == identity(found) == entry.identity, name
    for values in ({"ContainerId": "api2"}, {"ContainerId": "01"}, {"ContainerId": "api", "Engine": ("docker",)}):
        assert places.of(ConnectionInfo(ParameterSet.CONTAINER_ID, values)) != entry.identity


def test_a_process_is_called_by_its_number() -> None:
    assert ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": 4711}).label == "pid 4711"


def test_a_session_that_is_entered_by_its_name_goes_where_it_went() -> None:
    session = SessionManager().create(SSH, NobodyConsole(), name="x", temporary=False)
    info = ConnectionInfo(ParameterSet.SESSION, {"Session": session}, "x")
    assert info.computer_name == "db"
    assert identity(info) == identity(SSH), "it is the same entry of the sidebar"


async def test_what_a_name_was_taken_for_is_said_first() -> None:
    said = "demo is the profile demo."
    async with screen(ConnectionInfo(ParameterSet.DEMO, settings={ORIGIN: said})) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        assert s.text()[0] == said


async def test_a_session_that_was_closed_from_here_did_not_end_by_itself() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("Start-Sleep 60")
        await s.until(lambda: s.pane.state is PaneState.BUSY, "the command")
        (session,) = s.app.sessions.sessions
        await s.app.sessions.remove(session)
        await s.until(lambda: s.pane.state is PaneState.BROKEN, "the end")
        said = "\n".join(s.text())
    assert "the session was closed" in said and "It was closed from here." in said
    assert "by itself" not in said and "far end closed" not in said
