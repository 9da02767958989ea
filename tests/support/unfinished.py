"""Texts, finished or not, and PowerShell's own parser as the judge of them.

``python -m tests.support.unfinished FILE…`` records ``tests/data/unfinished.jsonl.gz`` anew: the texts of the files
(JSON lines with ``line``) and made-up ones, each with what the parser says. It needs ``pwsh``.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.support.paths import DATA

RECORDED = DATA / "unfinished.jsonl.gz"

#: Pieces of the language, mostly ones that change what may follow.
_PIECES = r"""
( ) { } [ ] $( @( @{ ; , | || && & . .. :: : ? ?? ??= ?. ?[ = += ++ -- + - * / % ! -not -eq -join -f -x -Name: --%
1 1.5 2kb 0x1f 0x .5 1..2 ,1 a=1 'a' "b" "c$x" "d$(1)" "e$( @' '@ @" "@ 'it''s' "x`"y" $x @x $_ $? $$ $x:y ${a} ${
foo bar.exe $x.y $x[0] [int]::x [int] [int[]] [a.b [Parameter()] [Flags()] [ValidateSet('a','b')] [CmdletBinding()]
elseif else if switch foreach for while until do try catch finally trap return throw exit break continue begin process
end clean dynamicparam function filter class enum param data using namespace module type assembly command in static
hidden base default configuration parallel workflow :label > >> 2> 2>&1 *> < # <# #> ` -regex -file -SupportedCommand
"""
PIECES = _PIECES.split()

#: Whole statements of every kind; their prefixes are texts that somebody is still typing.
STATEMENTS = r"""
if (1) { 'a' } elseif (2) { 'b' } else { 'c' }
:outer foreach ($x in 1..3) { if ($x) { continue outer } }
foreach -parallel ($x in Get-Item *) { "$x $($x.Name[0])" }
for ($i = 0; $i -lt 3; $i++) { $i }
do { 1 } while ($x -gt 3); do { 2 } until (!$y)
switch -regex -file a.txt { 'a' { 1 } { $_ -eq 2 } { 3 } default { 4 } }
try { 1 } catch [System.IO.IOException], [int] { 2 } catch { 3 } finally { 4 }
trap [System.Exception] { continue }
function f([int]$a = 1, [string[]] $b) { begin { } process { $_ } end { "$a" } clean { } }
[CmdletBinding()] param([Parameter(Mandatory, Position = 0)][string] $x, $y = $(1 + 2))
class A : B, C { [int] $x = 1; static [string] M([int] $a) { return 'x' } hidden A() : base(1, 'b') { } }
[Flags()] enum E : byte { A = 1; B = 2 }
data D -SupportedCommand ConvertFrom-Csv, Get-Date { @{ a = 'b' } }
using namespace System.Text; using module @{ ModuleName = 'x'; ModuleVersion = '1.0' }
$h = [ordered]@{ a = 1; 'b c' = { 2 }; $d = @(3, 4) }
$x = $y ?? ($z ? "a$(if (1) { 'b' })" : @'
c
'@)
$a.b?.c::d.E(1, { 2 })[0].F[int, string]('x') -join ',' | ForEach-Object { $_ } 2>&1 > out.txt && echo a || echo b &
& { param($p) "x`u{41}${y}`"" } -p:1,2 @s -- --% raw | not (
[System.Collections.Generic.Dictionary[string, [int[]]]]::new() -as [a.b, c, Version=1.0]
-not ++$x -and 'a' -notlike "b*" -or 1..5 -contains 3 -split ','
#requires -Modules @{ ModuleName = 'a'; RequiredVersion = "1.0" }, 'b' -Version 7.2 -PSEdition Core
<# c #> Get-Item `
  -Path 'x' # d
@"
$(1 + 2) $x ${y}
"@ -replace 'a', {
  'b' }
""".strip().split("\n")


def made_up(seed: int, number: int) -> list[str]:
    """Texts that are cut, spliced and mixed of pieces and statements; the same for the same seed."""
    pick = random.Random(seed)
    whole = [*STATEMENTS, *("\n".join(STATEMENTS[at : at + 3]) for at in range(len(STATEMENTS) - 3))]
    texts: set[str] = set()
    while len(texts) < number:
        one, other = pick.choice(whole), pick.choice(whole)
        at, to = pick.randint(0, len(one)), pick.randint(0, len(other))
        way = pick.randrange(5)
        if way == 0:
            texts.add(pick.choice(["", " "]).join(pick.choices([*PIECES, "\n", "\n"], k=pick.randint(1, 9))))
        elif way == 1:
            texts.add(one[:at])
        elif way == 2:
            texts.add(one[:at] + pick.choice(PIECES) + pick.choice(["", one[at:]]))
        elif way == 3:
            texts.add(one[:at] + one[at + pick.randint(1, 4) :])
        else:
            texts.add(one[:at] + pick.choice(["\n", "; ", " ", "|", "(", "{"]) + other[:to])
    return sorted(texts)


#: Reads a JSON string a line and answers 1 where any error of the text is one of unfinished input, else 0.
_JUDGE = r"""
$parser = [System.Management.Automation.Language.Parser]
while ($null -ne ($line = [Console]::In.ReadLine())) {
    $errors = $tokens = $null
    [void] $parser::ParseInput((ConvertFrom-Json $line), [ref] $tokens, [ref] $errors)
    [Console]::Out.WriteLine([int] ($errors.IncompleteInput -contains $true))
}
"""


def judged(pwsh: str, texts: Sequence[str]) -> list[bool]:
    """Ask PowerShell's own parser about texts, in one process: True for what is unfinished."""
    answers = subprocess.run(
        [pwsh, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", _JUDGE],
        input="".join(f"{json.dumps(text)}\n" for text in texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    ).stdout.split()
    assert len(answers) == len(texts)
    return [answer == "1" for answer in answers]


def recorded() -> list[tuple[str, bool]]:
    """The texts that were recorded, and whether each is unfinished."""
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        return [(text, bool(unfinished)) for text, unfinished in map(json.loads, lines)]


def record(texts: Iterable[str]) -> None:
    """Judge texts and keep them."""
    known = list(dict.fromkeys(texts))
    lines = [json.dumps([text, int(unfinished)]) for text, unfinished in zip(known, judged("pwsh", known), strict=True)]
    RECORDED.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0))


if __name__ == "__main__":
    given = [json.loads(line)["line"] for name in sys.argv[1:] for line in Path(name).read_text().splitlines()]
    record([*given, *made_up(seed=1, number=1500)])
