"""What ends a session between its opening and its first command is told as the reason."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pstui.backends.errors import OpenError, SessionBroken
from pstui.backends.records import RunspaceState

from tests.support.scripted_peer import ScriptedPeer, meeting


@dataclass
class Talkative(ScriptedPeer):
    """A far end whose start-up writes a line beside the stream as soon as the session is open."""

    async def read(self) -> bytes:
        if self.pool_id.int and self._out.empty():
            raise SessionBroken("the far end reported an error", "cannot load profile.ps1")
        return await super().read()


async def test_the_reason_is_told_instead_of_a_session_that_is_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Talkative()) as met:
        with pytest.raises(OpenError) as caught:
            await met.interactive.enter()
        assert "cannot load profile.ps1" in caught.value.text()
        assert "is not open" not in caught.value.text()
        assert met.session.state in (RunspaceState.BROKEN, RunspaceState.CLOSED)
