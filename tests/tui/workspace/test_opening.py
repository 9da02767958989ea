"""What opening a session over WinRM costs in the screen: no more requests than the command line needs."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.tui.pane.state import PaneState

from tests.support.pilot import screen
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, winrm_endpoint

__all__ = ["winrm_endpoint"]


async def test_a_session_opens_with_few_requests(winrm_endpoint: WinRMEndpoint) -> None:
    """The answer to the proof of who asks, Create, Receive, Command, Receive; then the end of the prompt's command."""
    values = {
        "ComputerName": "localhost",
        "Port": winrm_endpoint.port,
        "Authentication": "Negotiate",
        "Credential": PSCredential(USER, Secret(PASSWORD)),
    }
    info = ConnectionInfo(ParameterSet.COMPUTER_NAME, values, settings={"trusted_hosts": ["localhost"]})
    async with screen(info) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt", 60)
        asked = winrm_endpoint.requests()
        await s.run("'a line' + ' more'")
        verbs = [str(one.get("verb", one["status"])) for one in asked]
        assert len(asked) <= 8 and len({one["connection"] for one in asked}) <= 2, verbs
        assert [verbs.count(verb) for verb in ("Create", "Command")] == [1, 1]
