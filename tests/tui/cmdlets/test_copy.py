"""Copy-Item typed in pstui: how it binds, and what is refused before anything is copied."""

from __future__ import annotations

import pytest

from tests.support.command_bar import Bar

ID = "Microsoft.PowerShell.Commands.CopyItemCommand"


@pytest.mark.parametrize(
    "line, error_id",
    [
        ("Copy-Item a b", ""),
        ("Copy-Item a b -ToSession $s -FromSession $s", f"InvalidInput,{ID}"),
        ("cpi a -To $s", f"CopyItemRemoteDestinationIsNullOrEmpty,{ID}"),
        ("Copy-Item a b -ToSession nobody", f"CannotConvertArgumentNoMessage,{ID}"),
        ("Copy-Item -Path a -LiteralPath b -ToSession $s", f"AmbiguousParameterSet,{ID}"),
        ("Copy-Item a b -ToSession $s -Nonsense", f"NamedParameterNotFound,{ID}"),
        ("Copy-Item a /b -ToSession $s -Credential x", f"NotSupported,{ID}"),
    ],
)
async def test_what_is_refused(line: str, error_id: str) -> None:
    bar = Bar("one")
    assert await bar.refused("$s = Get-PSSession -Name one", line) == error_id


async def test_a_session_that_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    from pstui.backends.records import RunspaceAvailability, RunspaceState

    bar = Bar("one")
    await bar.run("$s = Get-PSSession -Name one")
    bar.session("one").status.set(RunspaceState.OPENED, RunspaceAvailability.BUSY)
    assert await bar.refused("Copy-Item a /b -ToSession $s") == f"SessionIsNotAvailable,{ID}"
