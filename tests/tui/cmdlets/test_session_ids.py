"""The ids of the session cmdlets' errors, line by line as PowerShell 7.6.9 gives them (tests/data/session_ids.tsv).

``tests/live/test_session_ids.py`` asks a real PowerShell for them again, and opens what needs a server.
"""

from __future__ import annotations

import pytest
from pstui.backends.connection import ParameterSet

from tests.support.command_bar import Bar
from tests.support.session_ids import DELIBERATE, ENTERING, IDS, OPENING

ELSEWHERE = {*DELIBERATE, *ENTERING, *OPENING}


@pytest.mark.parametrize(("line", "error_id"), [each for each in IDS if each[0] not in ELSEWHERE])
async def test_a_line_ends_in_the_same_id(line: str, error_id: str) -> None:
    errors = [each.error_id for each in await Bar().run(line) if each.is_error]
    assert errors[:1] == ([error_id] if error_id else []), (line, errors)


@pytest.mark.parametrize(
    ("line", "cmdlet"),
    [
        ("999 | Get-PSSession", "Get-PSSession"),
        ("5 | Remove-PSSession", "Remove-PSSession"),
        ("Get-PSSession -Bogus", "Get-PSSession"),
        ("Remove-PSSession -Session 5", "Remove-PSSession"),
        ("'nosuch' | Get-PSSession", "Get-PSSession"),
        ("[pscustomobject]@{Foo = 1} | Remove-PSSession", "Remove-PSSession"),
    ],
)
async def test_a_refusal_names_its_own_cmdlet_alone(line: str, cmdlet: str) -> None:
    (said,) = await Bar().run(line)
    assert said.text.startswith(f"{cmdlet}: ")
    assert "Enter-PSSession" not in said.text


@pytest.mark.parametrize("line", ENTERING)
async def test_a_line_that_only_lacks_a_server_is_bound(line: str) -> None:
    bar = Bar()
    assert await bar.run(line) == []
    assert bar.ui.infos[0].parameter_set is ParameterSet.SSH_HOST


def test_the_table_is_whole() -> None:
    assert len(IDS) == 83
    assert len(ELSEWHERE) == 17
