"""Objects as JSON, beside the real client's; and files that the real PowerShell reads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.records import SentObject
from pstui.backends.sessions.manager import SessionManager

from tests.support import values
from tests.support.powershell import real_info, real_server
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]


@pytest.fixture
def east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", values.C_ZONE)
        time.tzset()
        yield
    time.tzset()


async def fetched(info: ConnectionInfo, script: str) -> list[SentObject]:
    console, found = ScriptedConsole(), list[SentObject]()
    session = SessionManager().create(info, console)
    await session.open()
    await session.invoke_script(script, console, out_default=False, on_object=found.append)
    await session.close()
    return found


@pytest.mark.usefixtures("east")
async def test_values_are_those_of_the_real_client(
    real_server: Sshd, real_info: ConnectionInfo, tmp_path: Path
) -> None:
    real = values.real_client(real_server, tmp_path)
    sent = values.by_name(await fetched(real_info, values.script()))
    assert list(real) == list(sent) and len(real) > 350
    found = [values.Value(name, tuple(one.body for one in sent[name]), tuple(texts)) for name, texts in real.items()]
    differences = values.differences(found)
    assert not differences, "\n".join(differences)
    if os.environ.get("PSTUI_RECORD"):
        values.record(found)
    recorded = {one.name: one for one in values.table()}
    for one in found:
        if one.name not in values.BETTER:
            now, then = (
                [values.unordered(values.parsed(text)) for text in each.real] for each in (one, recorded[one.name])
            )
            assert now == then, one.name
