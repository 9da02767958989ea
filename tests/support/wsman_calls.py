"""Sessions of pstui on the WinRM test endpoint: calls made as a user would, for the tests of the WSMan transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint

#: seconds that anything may take
DEADLINE = 20.0


def credential(user: str = USER, password: str | None = PASSWORD) -> PSCredential:
    """Return a credential; a password of None is asked for."""
    return PSCredential(user, None if password is None else Secret(password))


def call(endpoint: WinRMEndpoint, *, ssl: bool = False, **values: Any) -> ConnectionInfo:
    """Return a call of the set ComputerName; ``settings`` are the profile's, a value of None leaves one out."""
    settings = {"trusted_hosts": ["<local>"], **values.pop("settings", {})}
    base: dict[str, Any] = {
        "ComputerName": "localhost",
        "Port": endpoint.https_port if ssl else endpoint.port,
        "Credential": credential(),
        **({"UseSSL": True} if ssl else {}),
    }
    given = {key: value for key, value in {**base, **values}.items() if value is not None}
    return ConnectionInfo(ParameterSet.COMPUTER_NAME, given, settings=settings)


@asynccontextmanager
async def session(
    info: ConnectionInfo, console: ScriptedConsole | None = None, manager: SessionManager | None = None
) -> AsyncIterator[PSSession]:
    """Open a session for the block; those of one ``manager`` know whose password was refused."""
    made = (manager or SessionManager()).create(info, console or ScriptedConsole())
    async with asyncio.timeout(DEADLINE):
        try:
            await made.open()
            yield made
        finally:
            await made.close()


async def refusal(
    info: ConnectionInfo, console: ScriptedConsole | None = None, manager: SessionManager | None = None
) -> str:
    """Return the text of the error that opening a session fails with."""
    from pstui.backends.errors import OpenError

    try:
        async with session(info, console, manager):
            pass
    except OpenError as error:
        return f"{error.text()}\n{error.error_id}"
    raise AssertionError("the session was opened")


async def answering(console: ScriptedConsole, *answers: str) -> None:
    """Answer the questions that come, one after the other."""
    for answer in answers:
        while console.asked is None or console.asked.done():
            console.changed.clear()
            await console.changed.wait()
        console.asked.set_result(answer)
