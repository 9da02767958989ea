"""Runbooks beside a real PowerShell: its own parser reads the same param() blocks, its binder takes what is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pstui.backends.console import Question
from pstui.backends.credentials import Secret
from pstui.backends.language.number_types import Number
from pstui.backends.language.param_blocks import ALL_SETS, Expression, ParamBlock, Parameter, read_param_block
from pstui.backends.psrp.invocation import Script
from pstui.tui.dialogs.connect_test import BareConsole
from pstui.tui.runbooks.call import RunbookCall, filled, values_of
from pstui.tui.runbooks.fields import fields_of

from tests.support.param_blocks import FILE, param_blocks
from tests.support.powershell import entered, invoke, process_info
from tests.support.scripted_console import ScriptedConsole

#: says of each script what PowerShell's parser finds, and of those that it can load what Get-Command says
ASKING = r"""
$found = foreach ($part in (Get-Content -Raw -LiteralPath 'FILE') -split '(?m)^==== ' | Select-Object -Skip 1) {
    $title, $text = $part -split "\n", 2
    $tokens = $errors = $null
    $ast = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
    $parameters = foreach ($one in $ast.ParamBlock.Parameters) {
        $attributes = foreach ($attribute in $one.Attributes) {
            $isType = $attribute -is [System.Management.Automation.Language.TypeConstraintAst]
            @{
                name = $attribute.TypeName.Extent.Text -replace '\s'
                isType = $isType
                positional = @(if (-not $isType) { $attribute.PositionalArguments | ForEach-Object { $_.Extent.Text } })
                named = @(if (-not $isType) { $attribute.NamedArguments | ForEach-Object {
                    "$($_.ArgumentName)=$(if (-not $_.ExpressionOmitted) { $_.Argument.Extent.Text })"
                } })
            }
        }
        try { $value = $one.DefaultValue.SafeGetValue() } catch { $value = '?' }
        if ($value -is [scriptblock]) { $value = '?' }
        @{
            name = $one.Name.VariablePath.UserPath
            default = $one.DefaultValue.Extent.Text
            value = ConvertTo-Json -Compress -Depth 5 -InputObject $value
            attributes = @($attributes)
        }
    }
    $file = Join-Path 'FOLDER' "$((++$script:number)).ps1"
    Set-Content -LiteralPath $file -Value $text -NoNewline
    $command = try { Get-Command $file -ErrorAction Stop } catch { }
    $sets = try { @($command.ParameterSets | Where-Object Name | ForEach-Object { @{
        name = $_.Name
        parameters = @($_.Parameters | ForEach-Object { "$($_.Name) $($_.IsMandatory)" })
    } }) } catch { @() }
    @{
        title = $title
        parameters = @($parameters)
        sets = @($sets)
        enums = @($ast.FindAll({ $args[0] -is [System.Management.Automation.Language.TypeDefinitionAst] -and
            $args[0].IsEnum }, $true) | ForEach-Object { "$($_.Name): $($_.Members.Name -join ' ')" })
    }
}
ConvertTo-Json -Depth 8 -InputObject @($found)
"""


def described(parameter: Parameter) -> dict[str, Any]:
    """Return what PowerShell's parser would say of a parameter."""
    return {
        "name": parameter.name,
        "default": None if parameter.default is None else parameter.default.text,
        "attributes": [
            {
                "name": one.name,
                "isType": one.is_type,
                "positional": [each.text for each in one.positional],
                "named": [f"{name}={each.text}" for name, each in one.named.items()],
            }
            for one in parameter.attributes
        ],
    }


def lowered(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return PowerShell's words with the names of arguments as ours are."""
    for one in parameter["attributes"]:
        pairs = [each.partition("=") for each in one["named"]]
        one["named"] = [f"{name.casefold()}={value}" for name, _, value in pairs]
    return {key: parameter[key] for key in ("name", "default", "attributes")}


def plain(expression: Expression) -> Any:
    def value(found: Any) -> Any:
        match found:
            case Number():
                return float(found.value)
            case list():
                return [value(one) for one in found]
            case dict():
                return {key: value(one) for key, one in found.items()}
        return found

    return value(expression.value)


def floats(found: Any) -> Any:
    match found:
        case bool():
            return found
        case int():
            return float(found)
        case list():
            return [floats(one) for one in found]
        case dict():
            return {key: floats(one) for key, one in found.items()}
    return found


def sets_of(block: ParamBlock, name: str) -> list[str]:
    return sorted(f"{one.name} {one.is_mandatory(name)}" for one in block.parameters if one.is_in(name))


def test_forty_blocks_are_read_as_powershells_own_parser_reads_them(tmp_path: Path) -> None:
    asking = ASKING.replace("'FILE'", f"'{FILE}'").replace("FOLDER", str(tmp_path))
    answer = invoke(asking)
    real = {one["title"]: one for one in json.loads(answer.stdout)}
    scripts = param_blocks()
    assert list(real) == list(scripts) and len(scripts) == 40
    checked = computed = 0
    for title, text in scripts.items():
        block, said = read_param_block(text), real[title]
        assert [described(one) for one in block.parameters] == [lowered(one) for one in said["parameters"]], title
        assert [f"{name}: {' '.join(members)}" for name, members in block.enums.items()] == [
            f"{name.casefold()}: {members}" for name, _, members in (one.partition(": ") for one in said["enums"])
        ], title
        for one, theirs in zip(block.parameters, said["parameters"], strict=True):
            if one.default is not None and one.default.is_constant and theirs["value"] != '"?"':
                assert plain(one.default) == floats(json.loads(theirs["value"])), (title, one.name)
                computed += 1
        common = {"Verbose", "Debug", "ErrorAction", "WarningAction", "InformationAction", "ProgressAction", "Confirm"}
        common |= {"ErrorVariable", "WarningVariable", "InformationVariable", "OutVariable", "OutBuffer", "WhatIf"}
        common |= {"PipelineVariable"}
        for each in said["sets"]:
            theirs = sorted(word for word in each["parameters"] if word.rpartition(" ")[0] not in common)
            name = each["name"]
            assert sets_of(block, name) == theirs, (title, name)
            assert name == ALL_SETS or name in block.sets or not block.sets, (title, name)
            checked += 1
    assert checked > 35 and computed > 35


SHOWING = """param(
    [Parameter(Mandatory)] [string] $Name, [int] $Count, [long] $Big, [double] $Half, [decimal] $Money, [bool] $Yes,
    [switch] $Force, [datetime] $Since, [guid] $Id, [string[]] $Names, [int[]] $Ports, [hashtable] $Table,
    [ValidateSet('Fast', 'Slow')] [string] $Pace, [DayOfWeek] $Day, [timespan] $Wait, $Any,
    [pscredential] $Login, [securestring] $Pin
)
foreach ($key in $PSBoundParameters.Keys | Sort-Object) {
    $value = $PSBoundParameters[$key]
    $text = switch ($key) {
        Since { $value.ToString('s') + ' ' + $value.Kind }
        Login { $value.UserName + ' ' + $value.GetNetworkCredential().Password }
        Pin { [pscredential]::new('x', $value).GetNetworkCredential().Password }
        Table { ($value.Keys | Sort-Object | ForEach-Object { "$_=$($value[$_])" }) -join ' ' }
        default { [string]::Format([cultureinfo]::InvariantCulture, '{0}', ($value -join '|')) }
    }
    "$key $($value.GetType().Name) $text"
}
"""
TYPED = {
    "Name": "it's; $(exit) `x",
    "Count": "0x10",
    "Big": "5GB",
    "Half": "0.5",
    "Money": "1.10",
    "Yes": "no",
    "Force": "yes",
    "Since": "2026-11-30 18:00",
    "Id": "7c3b0a52-3b6d-4a9e-8f0c-0f6f3c1d2e4b",
    "Names": "a, 'b, c', d",
    "Ports": "80, 443",
    "Table": "@{ a = 1; b = 'x' }",
    "Pace": "slow",
    "Day": "monday",
    "Wait": "00:05:00",
    "Any": "7",
    "Login": "?",
    "Pin": "?",
}
BOUND = [
    "Any Int32 7",
    "Big Int64 5368709120",
    "Count Int32 16",
    "Day DayOfWeek Monday",
    "Force SwitchParameter True",
    "Half Double 0.5",
    "Id Guid 7c3b0a52-3b6d-4a9e-8f0c-0f6f3c1d2e4b",
    "Login PSCredential eva Kx1!",
    "Money Decimal 1.10",
    "Name String it's; $(exit) `x",
    "Names String[] a|b, c|d",
    "Pace String Slow",
    "Pin SecureString Kx2!",
    "Ports Int32[] 80|443",
    "Since DateTime 2026-11-30T18:00:00 Unspecified",
    "Table Hashtable a=1 b=x",
    "Wait TimeSpan 00:05:00",
    "Yes Boolean False",
]


class Answering(BareConsole):
    """A person who has these answers."""

    def __init__(self, *answers: str) -> None:
        super().__init__(None)
        self.answers = list(answers)

    async def ask(self, question: Question) -> Secret:
        return Secret(self.answers.pop(0))


async def call() -> RunbookCall:
    block = read_param_block(SHOWING)
    given, _, wrong = values_of(block, fields_of(block), TYPED)
    assert not wrong
    return await filled(RunbookCall("show", SHOWING, given), None, Answering("eva", "Kx1!", "Kx2!"))


async def test_values_arrive_in_their_types_by_name_in_place_of_a_typed_line_and_without_a_screen() -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        ready = await call()
        assert "Kx" not in repr(ready) + ready.preview
        await interactive.session.invoke_script(ready.text, console, arguments=ready.parameters)
        assert [line for line in console.lines if line] == BOUND
        await interactive.run(ready.line, script=ready.script)
        assert [line for line in console.lines if line][-len(BOUND) :] == BOUND
        refused = Script("x.ps1", "param([ValidateRange(1, 3)] [int] $N) $N", {"N": Number(7, "Int32")})
        await interactive.run(refused.line, script=refused)
        assert "Cannot validate argument on parameter 'N'" in "\n".join(console.lines)
        await interactive.run("unfinished.ps1", script=Script("unfinished.ps1", "if (1) {"))
        assert interactive.prompt.endswith("> ") and not interactive.above
        await interactive.run("")
        await interactive.run("1 + 1")
        assert console.lines[-1] == "2"
