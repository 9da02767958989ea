"""Grids of a real PowerShell: what comes is shown, sorted, filtered, exported, and goes back as the live objects."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.tui.grid.export import write
from pstui.tui.grid.grid import Grid
from pstui.tui.grid.line import grid_call
from pstui.tui.grid.rows import document_of
from pstui.tui.grid.run import run_in_grid
from pstui.tui.grid.tree import branches

from tests.support import values
from tests.support.powershell import entered, invoke, process_info, pwsh
from tests.support.scripted_console import ScriptedConsole

#: what a person does with a grid once all is there: the rows to hand back, None for nothing
Act = Callable[[Grid], Sequence[int] | None]


async def gridded(interactive: InteractiveSession, line: str, act: Act = lambda grid: None) -> Grid:
    """Run a line with Out-GridView and act on its grid."""
    seen: list[Grid] = []

    async def show(grid: Grid) -> None:
        seen.append(grid)
        while not grid.is_closed and not (grid.settled and not grid.rows.unread and grid.view.current):
            await asyncio.sleep(0.01)
        if not grid.is_closed:
            grid.close(act(grid))

    call = grid_call(line)
    assert call is not None
    async with asyncio.timeout(280):
        assert await run_in_grid(interactive, call, show) is Outcome.READY
    return seen[0]


def texts(grid: Grid, name: str) -> list[str]:
    place = [column.name for column in grid.rows.columns].index(name)
    return [grid.rows.cells[row].split("\x1f")[place][1:] for row in grid.view.order]


async def test_what_powershell_shows_is_shown(tmp_path: Path) -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        grid = await gridded(interactive, "Get-Process | ogv")
        assert [column.label for column in grid.rows.columns] == [
            *("NPM(K)", "PM(M)", "WS(M)", "CPU(s)", "Id", "SI", "ProcessName"),
        ]
        assert "pwsh" in texts(grid, "ProcessName")
        grid.view.sort(4, downwards=False)
        grid.view.look_for("ProcessName~pwsh Id>0")
        await grid.view.refresh()
        assert set(texts(grid, "ProcessName")) == {"pwsh"}
        (tmp_path / "a.txt").write_text("x" * 3000)
        (tmp_path / "b").mkdir()
        (tmp_path / "c.txt").write_text("")
        grid = await gridded(interactive, f"Get-ChildItem {tmp_path} | Out-GridView")
        names = [column.name for column in grid.rows.columns]
        assert "Name" in names and ("Length" in names or "Size" in names)
        assert sorted(texts(grid, "Name")) == ["a.txt", "b", "c.txt"]
        grid = await gridded(interactive, "[pscustomobject]@{ A = 1; B = 'x' }, [pscustomobject]@{ A = 10 } | ogv")
        assert [column.name for column in grid.rows.columns] == ["A", "B"]
        assert texts(grid, "A") == ["1", "10"] and texts(grid, "B") == ["x", ""]
        grid = await gridded(interactive, "Get-Item /etc/nothing, /etc | ogv")
        assert grid.rows.came == 1
        assert any("nothing" in line for line in console.shown())


async def test_picked_rows_are_the_live_objects() -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        await interactive.run("$a = [System.Text.StringBuilder]::new('one'), [System.Text.StringBuilder]::new('two')")
        await gridded(interactive, "$a | ogv -PassThru | % { [void]$_.Append('!') }", lambda grid: [1])
        await interactive.run("$a[0].ToString() + $a[1]")
        assert "onetwo!" in console.shown()
        await gridded(interactive, "$p = ,@(1, 2), 3, $null | ogv -OutputMode Multiple", lambda grid: [0, 2])
        await interactive.run('"$($p.Count) $($p[0].GetType().Name) $($null -eq $p[1])"')
        assert "2 Object[] True" in console.shown()
        await gridded(interactive, "$x = 1..3 | ogv -PassThru")
        await interactive.run("(Get-History | Where-Object CommandLine -like '*1..3*').CommandLine")
        assert "$x = 1..3 | ogv -PassThru" in console.shown()
        await gridded(interactive, "1..3 | ogv", lambda grid: [2, 0])
        await interactive.run('"<$($null -eq $x) $pst $($null -eq $pstui_rows)>"')
        assert "<True 3 1 True>" in console.shown()
        await interactive.run("function f { [CmdletBinding()]param([Parameter(ValueFromPipeline)]$i) end { 'ended' } }")
        await gridded(interactive, "1..3 | ogv -PassThru | f")
        assert "ended" in console.shown()


@pytest.mark.timeout(300)  # on a busy machine PowerShell writes a thousand objects a second
async def test_a_hundred_thousand_rows_come_and_go_back(tmp_path: Path) -> None:
    make = 'foreach ($i in 1..100000) { [pscustomobject]@{ Id = $i; Name = "n$($i % 977)"; Half = $i / 2 } }'
    console, file = ScriptedConsole(), tmp_path / "all.csv"

    def act(grid: Grid) -> list[int]:
        assert write([grid.rows.body(row) for row in grid.view.order], file) == ()
        return grid.view.order[::2]

    async with entered(process_info(), console) as interactive:
        await interactive.run(f"function rows {{ {make} }}")
        grid = await gridded(interactive, "$x = rows | ogv -PassThru -Filter Id>1", act)
        assert grid.rows.came == 100_000 and not grid.rows.left_out
        assert len(grid.view.order) == 99_999
        grid.view.sort(2, downwards=True)
        await grid.view.refresh()
        assert texts(grid, "Id")[:2] == ["100000", "99999"]
        await interactive.run('"$($x.Count) $($x[0].Id) $($x[-1].Id)"')
        assert "50000 2 100000" in console.shown()
        await interactive.run(f'$c = Import-Csv {file}; "$($c.Count) $($c[0].Id) $($c[-1].Half)"')
        assert "99999 2 50000" in console.shown()


async def test_a_stop_keeps_what_came_on_both_sides() -> None:
    console = ScriptedConsole()

    async with entered(process_info(), console) as interactive:
        call = grid_call("1..10000 | % { Start-Sleep -Milliseconds 20; $_ } | ogv -PassThru")
        assert call is not None

        async def show(grid: Grid) -> None:
            while grid.rows.came < 3:
                await asyncio.sleep(0.01)
            await interactive.stop()
            while grid.running:
                await asyncio.sleep(0.01)
            grid.close(range(3))

        async with asyncio.timeout(60):
            await run_in_grid(interactive, call, show)
        assert [line for line in console.shown() if line in ("1", "2", "3")] == ["1", "2", "3"]


@pytest.fixture
async def valued(tmp_path: Path) -> AsyncIterator[tuple[InteractiveSession, Grid, ScriptedConsole]]:
    (tmp_path / "values.ps1").write_text(values.script(), encoding="utf-8")
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        yield interactive, await gridded(interactive, f"& {tmp_path}/values.ps1 | ogv"), console


def check_values(grid: Grid) -> None:
    """Every value of the corpus is shown, and so is what it holds."""
    assert grid.rows.came >= 170 and len(grid.rows.cells) == grid.rows.came
    for row, cells in enumerate(grid.rows.cells):
        assert "cannot be read" not in cells
        document = document_of(grid.rows.bodies[row])
        for branch in branches(document.root, document):
            text = branch.text(document)
            assert text.isprintable() or "\u200d" in text, repr(text)
            assert branch.kind(document)
    every = "\n".join(grid.rows.cells)
    assert "\x1b" not in every and "Secret123" not in every


async def test_every_value_is_shown_and_its_files_are_read_over_there(
    valued: tuple[InteractiveSession, Grid, ScriptedConsole], tmp_path: Path
) -> None:
    interactive, grid, console = valued
    check_values(grid)
    objects = [grid.rows.body(row) for row in grid.view.order]
    for ending in ("xml", "json", "csv"):
        write(objects, tmp_path / f"all.{ending}")
    count = grid.rows.came
    await interactive.run(f'"xml $(@(Import-Clixml {tmp_path}/all.xml).Count)"')
    await interactive.run(
        f'"json $((Get-Content -Raw {tmp_path}/all.json | ConvertFrom-Json -AsHashtable -NoEnumerate).Count)"'
    )
    await interactive.run(f'"csv $(@(Import-Csv {tmp_path}/all.csv).Count -gt 100)"')
    shown = "\n".join(console.shown())
    assert "csv True" in shown
    assert f"xml {count}" in shown, shown[-400:]
    assert f"json {count}" in shown, shown[-400:]


SAME = """
$utc = [DateTimeKind]::Utc
$kinds = [pscustomobject]@{ Id = 1; Name = "a `"b`", c`nd"; When = [datetime]::new(2024,2,29,13,14,15,$utc)
  Took = [timespan]::new(1,2,3,4,5); Day = [DayOfWeek]::Friday; Half = 0.5; Big = 18446744073709551615; Yes = $true
  None = $null; Size = 3.5mb; Letter = [char]0xe9; Guid = [guid]::Empty; Uri = [uri]'http://a/b'; V = [version]'1.2' },
  [pscustomobject]@{ Id = 2; Name = "`u{1F600} ,;"; When = [datetime]::MinValue; Took = [timespan]::Zero
  Day = [DayOfWeek]::Monday; Half = 1e20; Big = 0; Yes = $false; None = $null; Size = 0; Letter = [char]'x'
  Guid = [guid]::Empty; Uri = $null; V = [version]'1.0' }
"""


async def test_exports_read_equal_to_powershells_own(tmp_path: Path) -> None:
    console = ScriptedConsole()

    def act(grid: Grid) -> None:
        for ending in ("csv", "json", "xml"):
            assert write([grid.rows.body(row) for row in grid.view.order], tmp_path / f"ours.{ending}") == ()

    async with entered(process_info(), console) as interactive:
        await interactive.run(SAME.strip())
        await gridded(interactive, "$kinds | ogv", act)
        own = f"$kinds | Export-Csv {tmp_path}/real.csv; $kinds | Export-Clixml {tmp_path}/real.xml;"
        await interactive.run(f"{own} $kinds | ConvertTo-Json -EnumsAsStrings > {tmp_path}/real.json")
        await interactive.run("function as($o) { ConvertTo-Json $o -Compress -EnumsAsStrings -Depth 5 }")
        for ending, reading in (
            ("csv", "Import-Csv"),
            ("xml", "Import-Clixml"),
            ("json", "Get-Content -Raw FILE | ConvertFrom-Json"),
        ):
            ours, real = (
                reading.replace("FILE", f"{tmp_path}/{whose}.{ending}")
                if "FILE" in reading
                else f"{reading} {tmp_path}/{whose}.{ending}"
                for whose in ("ours", "real")
            )
            await interactive.run(f"$a = as @({ours}); $b = as @({real}); '{ending} ' + ($a -ceq $b)")
            if f"{ending} True" not in console.shown():
                await interactive.run("$a; $b")
                raise AssertionError("\n".join(console.shown()[-3:]))


@pytest.fixture(scope="module")
def no_language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jea") / "nolang.pssc"
    make = f"New-PSSessionConfigurationFile -Path {path} -SessionType Default -LanguageMode NoLanguage"
    subprocess.run([pwsh(), "-NoProfile", "-Command", make], check=True, timeout=60)
    return path


async def test_without_a_language_what_cannot_be_done_is_said(no_language: Path, tmp_path: Path) -> None:
    console = ScriptedConsole()
    async with entered(process_info("-ConfigurationFile", str(no_language)), console) as interactive:
        call = grid_call("Get-Process | ogv -PassThru | Stop-Process")
        assert call is not None

        async def never(grid: Grid) -> None:
            raise AssertionError("nothing is shown")

        await run_in_grid(interactive, call, never)
        assert any("This endpoint has no variables" in line for line in console.shown())
        file = tmp_path / "all.xml"

        def act(grid: Grid) -> None:
            write([grid.rows.body(0)], file)

        grid = await gridded(interactive, "Get-Process | ogv", act)
        assert not grid.keeps and "ProcessName" in [column.name for column in grid.rows.columns]
        assert [column.label for column in grid.rows.columns][:2] == ["NPM(K)", "PM(M)"]
    read = invoke(f"(Import-Clixml {file}).ProcessName.Length -gt 0")
    assert read.stdout.decode().strip() == "True"
