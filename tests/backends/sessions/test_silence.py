"""A far end that was started and says nothing: what is waited for is told, until it is over."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenCancelled
from pstui.backends.records import ProgressRecord
from pstui.backends.sessions import silence
from pstui.backends.sessions.manager import SessionManager

from tests.support.nobody import NobodyConsole


class Watching(NobodyConsole):
    """Keeps the progress it is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[ProgressRecord] = []
        self.heard = asyncio.Event()

    def progress(self, record: ProgressRecord) -> None:
        self.told.append(record)
        self.heard.set()


async def test_a_silent_far_end_is_told_of_until_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "USUAL", 0.05)
    console = Watching()
    info = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("sleep", "600")})
    session = SessionManager().create(info, console)
    opening = asyncio.create_task(session.open())
    await asyncio.wait_for(console.heard.wait(), 20)
    assert not opening.done()
    (record,) = console.told
    assert "says nothing yet" in record.status and info.label in record.activity and not record.completed
    await session.close()
    with pytest.raises(OpenCancelled):
        await opening
    assert [each.completed for each in console.told] == [False, True]


async def test_the_subsystem_of_ssh_is_named() -> None:
    console = Watching()
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db", "Subsystem": "mine"})
    with silence.told(info, console, 0):
        await asyncio.wait_for(console.heard.wait(), 20)
    assert "subsystem mine was started" in console.told[0].status
    with silence.told(info, console, 100):
        pass
    assert len(console.told) == 2
