"""A ConnectingTimeout of 0 is over at once, for PowerShell's own client and for pstui."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import OpenError

from tests.support.powershell import enter_call, entered, invoke, real_info, real_server
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]


async def test_no_time_is_no_session(real_server: Sshd, real_info: ConnectionInfo) -> None:
    call = enter_call(real_server).replace("Enter-PSSession", "New-PSSession") + " -ConnectingTimeout 0"
    said = invoke(f"try {{ {call} -ErrorAction Stop }} catch {{ $_.FullyQualifiedErrorId; $_.Exception.Message }}")
    assert b"PSSessionOpenFailed" in said.stdout and b"time out: 0 seconds" in said.stdout
    values = MappingProxyType({**real_info.values, "ConnectingTimeout": 0})
    with pytest.raises(OpenError, match="ConnectingTimeout of 0 ms"):
        async with entered(replace(real_info, values=values), ScriptedConsole()):
            pass
