"""Sessions that a computer keeps, worked on with the cmdlets as they are typed."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.cmdlets.common_parameters import CmdletOutput
from pstui.tui.cmdlets.run import CmdletRunner
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.workspace.context import AppContext
from pypsrp.powershell import RunspacePool
from pypsrp.wsman import WSMan

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, winrm_endpoint
from tests.support.winrm_runs import a_new_run
from tests.support.wsman_calls import call

__all__ = ["a_new_run", "winrm_endpoint"]


class Face:
    """The screen's part: what is done to the sessions themselves."""

    def __init__(self) -> None:
        self.received: list[PSSession] = []

    async def enter(self, info: ConnectionInfo) -> None:
        raise AssertionError

    async def exit(self) -> str:
        raise AssertionError

    async def let_go(self, session: PSSession, why: str = "") -> None:
        pass

    def tabs_of_sessions(self) -> dict[int, int]:
        return {}

    async def disconnect(self, session: PSSession, idle_timeout: float | None, buffering: str) -> None:
        await session.link.disconnect(idle_timeout, buffering)

    async def connect(self, session: PSSession) -> None:
        await session.link.connect()

    async def receive(self, session: PSSession) -> None:
        self.received.append(session)


class Desk:
    """A command bar of a second window, and a session of the first that the computer keeps."""

    def __init__(self, endpoint: WinRMEndpoint, theirs: PSSession) -> None:
        self.endpoint, self.theirs = endpoint, theirs
        self.sessions, self.face = SessionManager(), Face()
        file = endpoint.folder / "profiles.toml"
        file.write_text('[defaults]\ntrusted_hosts = ["<local>"]\n')
        self.context = AppContext(self.sessions, book=ProfileBook(read(file)))
        self.context.variables["c"] = PSCredential(USER, Secret(PASSWORD))
        self.commands = CmdletRunner(self.context, self.face, ScriptedConsole(), lambda: 100)

    async def run(self, line: str) -> list[CmdletOutput]:
        there = f"-ComputerName localhost -Port {self.endpoint.port} -Credential $c"
        return await self.commands.run(line.replace("THERE", there))


@pytest.fixture
async def desk(winrm_endpoint: WinRMEndpoint) -> AsyncIterator[Desk]:
    theirs = SessionManager()
    session = theirs.create(call(winrm_endpoint), ScriptedConsole(), name="left", temporary=False)
    await session.open()
    await session.invoke_script("$x = 7", session.console)
    made = Desk(winrm_endpoint, session)
    yield made
    for each in list(made.sessions.sessions):
        await made.sessions.remove(each)
    await theirs.remove(session)


async def test_the_list_shows_who_holds_what(desk: Desk) -> None:
    (said,) = await desk.run("Get-PSSession THERE")
    assert "WSMan" in said.text
    assert "Disconnected" in said.text
    assert "Busy" in said.text, "another client holds it"
    await desk.theirs.link.disconnect()
    (said,) = await desk.run("Get-PSSession THERE -State Disconnected")
    assert "Busy" not in said.text
    assert not desk.sessions.sessions
    assert await desk.run("Get-PSSession THERE -State Opened") == [], "as in PowerShell, nothing found is nothing said"


async def test_one_is_connected_used_and_let_go_of(desk: Desk) -> None:
    await desk.theirs.link.disconnect()
    assert await desk.run("$s = Get-PSSession THERE") == []
    await desk.run("Connect-PSSession $s")
    (mine,) = desk.sessions.sessions
    assert mine.state is RunspaceState.OPENED
    console = ScriptedConsole()
    await mine.invoke_script("$x", console)
    assert console.shown() == ["7"]
    (said,) = await desk.run("Disconnect-PSSession $s")
    assert "Disconnected" in said.text
    (said,) = await desk.run(f"Connect-PSSession THERE -InstanceId {mine.instance_id}")
    assert "Opened" in said.text
    assert list(desk.sessions.sessions) == [mine], "the session of this window stands for the one over there"
    await desk.run("Remove-PSSession $s")
    assert not desk.endpoint.shells()


async def test_names_that_are_not_there_are_told(desk: Desk) -> None:
    await desk.theirs.link.disconnect()
    said = await desk.run("Connect-PSSession THERE -Name nobody")
    assert [one.error_id for one in said] == ["PSSessionNameMatchFail"]
    assert await desk.run("Connect-PSSession THERE -Name nobody*") == []
    said = await desk.run("Receive-PSSession THERE -InstanceId 00000000-0000-0000-0000-000000000001")
    assert [one.error_id for one in said] == ["PSSessionIdMatchFail"]


async def test_a_session_is_received_by_its_computer(desk: Desk) -> None:
    await desk.theirs.link.disconnect()
    await desk.run(f"Receive-PSSession THERE -InstanceId {desk.theirs.instance_id}")
    assert [session.instance_id for session in desk.face.received] == [desk.theirs.instance_id]


async def test_a_session_without_a_name_is_listed_by_the_same_one_each_time(desk: Desk) -> None:
    wsman = WSMan("localhost", port=desk.endpoint.port, ssl=False, username=USER, password=PASSWORD, auth="ntlm")
    with wsman, RunspacePool(wsman) as theirs:
        there, own = call(desk.endpoint), uuid.UUID(theirs.id)
        first, second = [
            {one.instance_id: one.name for one in await SessionManager().list_remote(there, ScriptedConsole())}
            for _ in range(2)
        ]
        assert first == second
        assert first[own].startswith("Runspace-")
        assert first[desk.theirs.instance_id] == "left"
        await desk.run(f"$s = Get-PSSession THERE -Name {first[own]}")
        assert desk.context.variables["s"].instance_id == own


async def test_a_computer_that_cannot_be_asked_says_why(desk: Desk) -> None:
    desk.context.variables["c"] = PSCredential(USER, Secret("wrong"))
    (said,) = await desk.run("Get-PSSession THERE")
    assert said.is_error
    assert said.error_id.endswith("RemotePSSessionQueryFailed")
    assert "password is wrong" in said.text or "access is denied" in said.text
