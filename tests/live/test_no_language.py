"""An endpoint without a language: constants are computed here, as the real client does."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.language.constant_lines import parse_constant_line
from pstui.backends.language.number_types import Number

from tests.support.powershell import entered, invoke, process_info, pwsh
from tests.support.scripted_console import ScriptedConsole

MAKE = """New-PSSessionConfigurationFile -Path {path} -SessionType Default -LanguageMode NoLanguage `
  -FunctionDefinitions @{{ Name = 'hi'; ScriptBlock = {{ param($n) "hi <$n>" }} }}"""


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jea") / "nolang.pssc"
    subprocess.run([pwsh(), "-NoProfile", "-Command", MAKE.format(path=path)], check=True, timeout=60)
    return path


#: what is put together into expressions, each with a value of every kind
VALUES = "5;-3;2.5;1.5d;3000000000;'a,B c';'5';'';$true;$null;(1,2,3);('a','B');@{a=1}"
OPERATORS = """+ - * / % .. -eq -ne -gt -le -ceq -like -cnotlike -match -contains -in -join -split -csplit -replace
-f -band -bxor -shl -shr -and -xor ??"""
AROUND = """-{}|!{}|-bnot {}|-split {}|-join {}|[int]{}|[string]{}|[bool]{}|[double]{}|[int[]]{}|[long]{}|[array]{}
@({})|({}).Length|({}).Count|({})[0]|({})[-1]|({})['a']|({}).a|({}).ToUpper()|({}).Trim()|({}).ToString()
({}).Substring(1)|({}).IndexOf('B')|({}).Split(',')|({}).PadLeft(6)|{} ? 1 : 2|{}, 1|"<$({})>"
'{{0}}, {{0,5}}' -f {}|'{{0:D3}}' -f {}|'{{0:X}}' -f {}|'{{0:N2}}' -f {}|'{{0:F1}}' -f {}
[math]::Abs({})|[math]::Max({}, 4)|[string]::Join('-', {})"""
#: what the real client makes of the arguments of such a line: the value as JSON, or an error
EVALUATE = """
foreach ($text in (Get-Content -Raw $args[0] | ConvertFrom-Json)) {
    try {
        $value = [scriptblock]::Create("hi ($text)").GetPowerShell($true).Commands.Commands[0].Parameters[0].Value
        $kind = if ($null -eq $value) { '' } else { $value.GetType().Name }
        [Console]::Out.WriteLine((ConvertTo-Json -Compress -Depth 4 -InputObject @($kind, $value)))
    } catch { [Console]::Out.WriteLine('null') }
}
"""


def sent(text: str) -> Any:
    """What we send for such an argument, as the far end's JSON has it; False where we leave it to the far end."""
    line = parse_constant_line(f"hi ({text})")
    if line is None:
        return False
    (argument,) = line.statements[0].commands[0].arguments
    kind = argument.value.clr_type if isinstance(argument.value, Number) else ""
    return [kind, plain(argument.value)]


def plain(value: Any) -> Any:
    if isinstance(value, Number):
        return float(value.value) if isinstance(value.value, float | Decimal) else value.value
    if isinstance(value, list):
        return [plain(one) for one in value]
    return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def test_what_is_computed_is_what_the_real_client_sends(tmp_path: Path) -> None:
    values = VALUES.split(";")
    texts = [f"{a} {sign} {b}" for a in values for sign in OPERATORS.split() for b in values]
    texts += [form.format(value) for form in AROUND.replace("\n", "|").split("|") for value in values]
    file = tmp_path / "texts.json"
    file.write_text(json.dumps(texts))
    answers = invoke(EVALUATE, str(file), timeout=100).stdout.decode().splitlines()
    unlike, equal = [], 0
    for text, answer in zip(texts, answers, strict=True):
        ours, theirs = sent(text), json.loads(answer)
        if ours is False:
            continue
        same = theirs is not None and ours[1] == theirs[1] and ours[0] in ("", theirs[0])
        equal += same
        if not same:
            unlike.append((text, ours, theirs))
    assert not unlike, "\n".join(map(repr, unlike))
    assert equal > 1500


async def test_constants_are_computed_here(configuration: Path) -> None:
    console = ScriptedConsole()
    answers = {
        "hi (1+1)": "hi <2>",
        "hi $(1)": "hi <1>",
        'hi ("a"+"b")': "hi <ab>",
        'hi "x$(1)"': "hi <x1>",
        "hi (7/2)": "hi <3.5>",
        "hi (1..3)": "hi <1 2 3>",
        "hi @{a=1+1}": "hi <System.Collections.Hashtable>",
        "hi ('{0:D3}' -f [int]'7')": "hi <007>",
        "hi ('a b'.Split(' ')[1] -replace 'B','x')": "hi <x>",
        "hi ($true ? 'y' : 'n')": "hi <y>",
    }
    async with entered(process_info("-ConfigurationFile", str(configuration)), console) as interactive:
        for line, answer in answers.items():
            await interactive.run(line)
            assert console.shown()[-1] == answer
        await interactive.run("hi $x")
        assert "ScriptsNotAllowed" in str(console.shown()) or "not supported" in str(console.shown()[-3:])
