"""Lines typed to the demo endpoint: its small language, its commands, and how their results are shown."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pstui.backends.demo.server.memory import MemoryChannel

from tests.support.oop_client import OopClient


@pytest_asyncio.fixture
async def client() -> AsyncIterator[OopClient]:
    async with OopClient(MemoryChannel(), width=100) as entered:
        yield entered


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("'it''s' ; \"a`tb\"", ["it's", "a\tb"]),
        ("1+2*3; (1+2)*3; 7/2; 6/2; 7%3; -2", ["7", "9", "3.5", "3", "1", "-2"]),
        ("10kb; 0x10; 1.5e3; 2.50", ["10240", "16", "1500", "2.5"]),
        ("$x = 41; $x + 1; $x += 9; $x; $x++; $x", ["42", "50", "51"]),
        ("'a' + 1; 'z' * 3; 1 + '2'", ["a1", "zzz", "3"]),
        ("1..3; 3..1", ["1", "2", "3", "3", "2", "1"]),
        ("1,2,3 | ForEach-Object { $_ * 2 }", ["2", "4", "6"]),
        ("1..5 | Where-Object { $_ -gt 3 }", ["4", "5"]),
        ('1..2 | % { "n=$_ $($_ + 1) ${_}" }', ["n=1 2 1", "n=2 3 2"]),
        ("$true; $false; $null; -not $true", ["True", "False", "False"]),
        ("'Ab' -eq 'aB'; 2 -lt 10; '10' -lt '2'; 'abc' -like 'A*'; 'abc' -match 'b'", ["True"] * 5),
        ("@(1,2,3) -contains 2; 2 -in 1..3; (1..5) -gt 3", ["True", "True", "4", "5"]),
        ("if (1 -gt 2) { 'a' } elseif (2 -gt 1) { 'b' } else { 'c' }", ["b"]),
        ("$i = 0; while ($true) { $i++; if ($i -gt 3) { break }; if ($i -eq 2) { continue }; $i }", ["1", "3"]),
        ("param([ValidateRange(1, 9)] [int]$n = 2, $m = @(1, 2), $s) $n; $m.Count; -not $s", ["2", "2", "True"]),
        ("foreach ($n in 1..3) { $n * $n }", ["1", "4", "9"]),
        ("function Add { $args[0] + $args[1] }; Add 2 3", ["5"]),
        ("function early { 'a'; return 'b'; 'c' }; early", ["a", "b"]),
        ("try { throw 'oh' } catch { \"caught $_\" } finally { 'end' }", ["caught oh", "end"]),
        ("try { 1/0 } catch { $_.Exception.Message }", ["Attempted to divide by zero."]),
        ("$t = @{ a = 1; 'b c' = 2 }; $t.a; $t['b c']; $t.Count", ["1", "2", "2"]),
        ('$a = 1,2,3; $a[0]; $a[-1]; $a.Count; "$a"', ["1", "3", "3", "1 2 3"]),
        ("'a-b'.Split('-'); 'abc'.ToUpper(); 'x'.PadLeft(3, '.')", ["a", "b", "ABC", "..x"]),
        ("'{0:N2}|{1,4}|{2:D3}|{3:x}' -f 1234.5, 7, 5, 255", ["1,234.50|   7|005|ff"]),
        ("[int]'12' + 1; [string]5 + 'x'; [char]65", ["13", "5x", "A"]),
        ("'b','a','c' | Sort-Object; 3,1,2 | sort -Descending", ["a", "b", "c", "3", "2", "1"]),
        ("1..10 | Select-Object -First 2; 1..10 | select -Last 1; 1..5 | select -Skip 4", ["1", "2", "10", "5"]),
        ('1..3 | Write-Output -NoEnumerate -OutVariable global:kept | select -Last 1; "$kept"', ["3", "1 2 3"]),
        ("& { 'in block' }; & 'Write-Output' x", ["in block", "x"]),
        ("Write-Output one two, three", ["one", "two", "three"]),
        ("echo 'a' | Out-Null; 'shown' # a comment", ["shown"]),
        ("1 `\n + 1; <# not\n this #> 'that'", ["2", "that"]),
        ("1,'b',$true | ConvertTo-Json -Compress", ['[1,"b",true]']),
        ("'a b' -split ' ' -join '+'", ["a+b"]),
        ('$_; $nothing; $nothing.Name; "[$nothing]"', ["[]"]),
        ("Write-Output \"a$(1 + 1)b\" -5 x$(2)y/$true 'a'\"$('b')\"", ["a2b", "-5", "x2y/True", "a", "b"]),
        ("\u201ctypographic\u201d \u2013ceq 'typographic' # as pasted from a document", ["True"]),
        ("Get-Nope 2>$null; 'on'", None),
    ],
)
async def test_the_language(client: OopClient, line: str, shown: list[str] | None) -> None:
    result = await client.line(line)
    assert result.state == 4
    if shown is None:
        assert result.lines[-1] == "on"
    else:
        assert result.lines == shown


@pytest.mark.parametrize(
    "line",
    [
        "[Environment]::Exit(7)",
        "[System.IO.File]::ReadAllText('/etc/hostname')",
        "switch (1) { 1 { 'a' } }",
        "for ($i=0; $i -lt 3; $i++) { $i }",
        "class A { }",
        "Get-Date > file.txt",
        "sleep 1 &",
        "function f { param($a) $a }",
        "'a' && 'b'",
        "@'\ntext\n'@",
        "$x.GetType()",
        "'a' -band 1",
        "$env:X = 1",
        "Get-ChildItem -Nope",
        "Get-Nope",
    ],
)
async def test_what_is_not_known_is_refused_in_the_endpoints_own_name(client: OopClient, line: str) -> None:
    result = await client.line(line)
    text = "\n".join([*result.error_lines, str(result.reason or "")])
    assert "pstui demo endpoint" in text or "no parameter" in text or "-band" in text or "Something follows" in text
    assert not [made for made in ("file.txt",) if Path(made).exists()]
    assert (await client.line("'alive'")).lines == ["alive"]


@pytest.mark.parametrize(
    "line",
    [
        "'x' * 100000000",
        "$a = 'x' * 1000000; 1..100 | % { $a += $a }",
        "@(1) * 100000000",
        "1..3000000000",
        "function f { f }; f",
        "(" * 300 + "1" + ")" * 300,
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' -match '^(a+)+$'",
        "[int]1e300 * 1e300; 1..1e300",
        "(Get-Date).AddDays(1e9)",
        "$a = @(); while ($true) { $a += 1..100000 }",
        "1..2000000 | Sort-Object",
    ],
)
async def test_what_would_grow_without_end_is_cut_off(client: OopClient, line: str) -> None:
    result = await client.line(line)
    assert result.error_lines or result.state == 5
    assert (await client.line("'alive'")).lines == ["alive"]


async def test_errors_end_the_statement_or_the_pipeline(client: OopClient) -> None:
    going_on = await client.line("1/0; Get-Item /nope-here; 'on'")
    assert going_on.lines == [
        "RuntimeException: Attempted to divide by zero.",
        "Get-Item: Cannot find path '/nope-here' because it does not exist.",
        "on",
    ]
    assert going_on.error_lines == going_on.lines[:2]
    assert going_on.state == 4
    for line, error_id in (
        ("throw 'x'; 'no'", "x"),
        ("Get-Item /nope-here -ErrorAction Stop; 'no'", "PathNotFound,Get-Item"),
        ("$ErrorActionPreference = 'Stop'; Get-Item /nope-here; 'no'", "PathNotFound,Get-Item"),
    ):
        ended = await client.line(line)
        assert (ended.state, ended.reason.FullyQualifiedErrorId) == (5, error_id)
        assert ended.lines == []
    await client.line("$ErrorActionPreference = 'Continue'")
    assert (await client.line("Get-Item /nope-here -ea SilentlyContinue; $?; $Error.Count -gt 3")).lines[-1] == "True"


async def test_write_error_and_its_recommendation(client: OopClient) -> None:
    result = await client.line("Write-Error -Message m -ErrorId MyId -Category ResourceBusy -RecommendedAction 'do it'")
    assert result.error_lines == ["Write-Error: m", "  Recommendation: do it"]


async def test_custom_objects_as_table_and_list(client: OopClient) -> None:
    table = await client.line("1..3 | ForEach-Object { [pscustomobject]@{N=$_;Sq=$_*$_} }")
    assert table.lines == ["", "N Sq", "- --", "1  1", "2  4", "3  9", ""]
    assert table.calls[1][1] == ["\x1b[32;1mN\x1b[0m\x1b[32;1m Sq\x1b[0m"]
    assert table.calls[2][1] == ["\x1b[32;1m-\x1b[0m \x1b[32;1m--\x1b[0m"]
    listed = await client.line("[pscustomobject]@{A=1;B='x';C=$true;D=1.5;E=@(1,2)}")
    assert listed.lines == ["", "A : 1", "B : x", "C : True", "D : 1.5", "E : {1, 2}", ""]
    assert (await client.line("[pscustomobject]@{A=1} | Format-List")).lines == ["", "A : 1", ""]
    wide = await client.line("[pscustomobject]@{A='日本';B=1}, [pscustomobject]@{A='x';B=22}")
    assert wide.lines == ["", "A     B", "-     -", "日本  1", "x    22", ""]


async def test_tables_shown_before_a_later_message(client: OopClient) -> None:
    result = await client.line("[pscustomobject]@{A=1}; Write-Host now; 'text'; [pscustomobject]@{A=2}")
    texts = [str(arguments[-1]) for _, arguments in result.calls]
    assert texts.index("1") < texts.index("now") < texts.index("text") < texts.index("2")


async def test_files_are_real(client: OopClient, tmp_path: Path) -> None:
    (tmp_path / "sub dir").mkdir()
    (tmp_path / "b.txt").write_text("one\ntwo\nthree\n")
    (tmp_path / "a.log").write_text("x" * 1500)
    (tmp_path / ".hidden").write_text("")
    assert (await client.line(f"cd '{tmp_path}'; (Get-Location).Path")).lines == [str(tmp_path)]
    assert (await client.line("Get-ChildItem -Name")).lines == ["sub dir", "a.log", "b.txt"]
    assert (await client.line("ls -Force | % Name")).lines == ["sub dir", ".hidden", "a.log", "b.txt"]
    assert (await client.line("gci *.txt | Select-Object -ExpandProperty Name")).lines == ["b.txt"]
    assert (await client.line("Get-Content b.txt -Tail 2; gc b.txt | Measure-Object | % Count")).lines == [
        "two",
        "three",
        "3",
    ]
    assert (await client.line("Test-Path b.txt, nope, 'sub dir'")).lines == ["True", "False", "True"]
    assert (await client.line("(Get-Item a.log).Length; (gi a.log).FullName")).lines == [
        "1500",
        str(tmp_path / "a.log"),
    ]
    shown = (await client.line("Get-ChildItem")).lines
    assert shown[1:3] == [f"    Directory: {tmp_path}", ""]
    assert shown[3].split() == ["UnixMode", "User", "Group", "LastWriteTime", "Size", "Name"]
    assert shown[5].startswith("drwx")
    assert shown[5].endswith(" sub dir")
    assert (await client.line("cd 'sub dir'; cd ..; pwd | % Path; cd -; cd nope")).lines[0] == str(tmp_path)
    prompt = await client.script("prompt")
    assert str(prompt.output[0]) == f"PS(demo) {tmp_path / 'sub dir'}> "
    refused = await client.line("Remove-Item ..")
    assert refused.error_lines
    assert tmp_path.exists()


async def test_processes_are_real(client: OopClient) -> None:
    result = await client.script(f"Get-Process -Id {os.getpid()}")
    (process,) = result.output
    assert process.Id == os.getpid()
    assert process.WS > 1_000_000
    shown = (await client.line("Get-Process | Select-Object -First 3")).lines
    assert shown[1].split() == ["NPM(K)", "PM(M)", "WS(M)", "CPU(s)", "Id", "SI", "ProcessName"]
    assert len(shown) == 7
    missing = await client.line("Get-Process nope-nope")
    assert missing.error_lines == ["Get-Process: There is no process named 'nope-nope' on this computer."]


@pytest.mark.skipif(os.name != "posix", reason="the programs are POSIX's")
async def test_programs_of_the_machine(client: OopClient) -> None:
    result = await client.line("sh -c 'echo out; echo err >&2; printf end; exit 3'; $LASTEXITCODE; $?")
    assert result.lines[:4] == ["out", "err", "end", "3"]
    assert (await client.line("printf '%s|' 'a b' $HOME -x --long=1 2")).lines == [f"a b|{Path.home()}|-x|--long=1|2|"]
    assert (await client.line("'b','a' | sh -c 'sort'")).lines == ["a", "b"]
    assert (await client.line("sh -c 'cat'; 'not hanging'")).lines == ["not hanging"]
    assert (await client.line("1..3 | sh -c cat | select -First 1")).lines == ["1"]
    apart = await client.script("sh -c 'echo err >&2; echo out'")
    assert apart.output == ["out"]
    assert apart.errors[0].FullyQualifiedErrorId == "NativeCommandError"


async def test_the_process_id_is_not_given_away_inside_pstui(client: OopClient) -> None:
    assert (await client.line('"[$PID]"')).lines == ["[]"]


async def test_it_says_what_it_is(client: OopClient) -> None:
    assert (await client.line("$PSVersionTable.PSEdition; $Host.Name; (Get-Host).Name")).lines == [
        "pstui-demo",
        "pstui demo endpoint",
        "pstui demo endpoint",
    ]
    text = "\n".join((await client.line("Get-Help")).lines)
    assert "not PowerShell" in text
    assert "Get-ChildItem" in text
    one = "\n".join((await client.line("Get-Help ls")).lines)
    assert "-Recurse" in one
    listed = (await client.script("Get-Command")).output
    assert len(listed) > 40
    assert all(" " not in value.Name for value in listed)
    assert (await client.script("Get-Command no-such-thing")).errors


async def test_dates_variables_and_history(client: OopClient) -> None:
    assert (await client.line("Get-Date 2026-01-02T03:04:05 -Format 'yyyy/MM/dd HH:mm dddd'")).lines == [
        "2026/01/02 03:04 Friday"
    ]
    assert (await client.line("(Get-Date 2026-01-02).AddDays(30).Month")).lines == ["2"]
    await client.line("$mine = 5")
    assert (await client.line("Get-Variable mine -ValueOnly")).lines == ["5"]
    history = (await client.script("Get-History")).output
    assert [entry.CommandLine for entry in history][-1] == "Get-Variable mine -ValueOnly"


async def test_measuring_and_formatting(client: OopClient) -> None:
    measured = (await client.script("1..10 | Measure-Object -Sum -Average -Maximum")).output[0]
    assert (measured.Count, measured.Sum, measured.Average, measured.Maximum) == (10, 55, 5.5, 10)
    text = (await client.script("[pscustomobject]@{A=1;B=2} | Format-Table | Out-String")).output[0]
    assert str(text).split() == ["A", "B", "-", "-", "1", "2"]
    made = await client.line("1..2 | select @{ n = 'Twice'; e = { $_ * 2 } }")
    assert made.lines == ["", "Twice", "-----", "    2", "    4", ""]


async def test_show_progress_nests_its_bars(client: OopClient) -> None:
    result = await client.line("Show-Progress 0")
    bars = [arguments[1] for method, arguments in result.calls if method == 20]
    assert {bar.ActivityId for bar in bars} == {1, 2}
    assert {bar.ParentActivityId for bar in bars if bar.ActivityId == 2} >= {1}
    assert [int(bar.Type) for bar in bars[-2:]] == [1, 1]
    assert result.lines == ["40 items shown."]


async def test_clear_host_is_the_fill_of_the_whole_buffer(client: OopClient) -> None:
    result = await client.line("cls")
    assert [method for method, _ in result.calls] == [32, 48]
    assert result.calls[1][1][0].left == -1


@pytest.mark.parametrize(
    ("text", "index", "length", "first"),
    [
        ("Get-Chi", 0, 7, "Get-ChildItem"),
        ("Get-Process -Na", 12, 3, "-Name"),
        ("1 | sele", 4, 4, "Select-Object"),
        ("$PSVersionT", 0, 11, "$psversiontable"),
        ("Get-Item no/such/fold", 9, 12, None),
        ("'😀'; Get-Loc", 6, 7, "Get-Location"),
    ],
)
async def test_completion(client: OopClient, text: str, index: int, length: int, first: str | None) -> None:
    units = len(text.encode("utf-16-le")) // 2
    quoted = text.replace("'", "''")
    (result,) = (await client.script(f"TabExpansion2 '{quoted}' {units}")).output
    assert (result.ReplacementIndex, result.ReplacementLength) == (index, length)
    matches = [str(match.CompletionText) for match in result.CompletionMatches]
    assert matches[:1] == ([] if first is None else [first])


async def test_completion_of_paths(client: OopClient, tmp_path: Path) -> None:
    (tmp_path / "one file").write_text("")
    (tmp_path / "other").mkdir()
    text = f"Get-Item {tmp_path}/o"
    (result,) = (await client.script(f"TabExpansion2 '{text}' {len(text)}")).output
    matches = [(str(match.CompletionText), str(match.ResultType)) for match in result.CompletionMatches]
    assert matches == [(f"'{tmp_path}/one file'", "ProviderItem"), (f"{tmp_path}/other", "ProviderContainer")]
