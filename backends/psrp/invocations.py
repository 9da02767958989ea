"""The pipelines of an entered session: a typed line, the prompt, an error's report, the profile (protocol-notes 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psrpcore import types as ps
from psrpcore.types import PSObject
from pstui.backends.console import ConsoleSize
from pstui.backends.language.numbers import Number
from pstui.backends.language.simple_lines import ABSENT, Argument, Command, MergedStream, Statement, is_exit, parse_line
from pstui.backends.psrp.clixml import outgoing
from pstui.backends.psrp.invocation import ERRORS, EVERY_STREAM, OUT_DEFAULT, Call, Invocation

PROMPT = Invocation(((Call("prompt"),),), history="prompt")

#: The prompt while the far end's debugger stands at a stop.
DEBUG_PROMPT = Invocation(
    ((Call("prompt", merged=EVERY_STREAM, by_stream=True),),),
    redirect_errors=True,
    invocation_info=True,
    is_nested=True,
)

#: LocalScript and RemoteScript, what a console host always offers (protocol-notes 3.7).
DEBUG_MODE = Invocation(
    ((Call("__Set-PSDebugMode", (("Mode", ps.PSInt(6)),)),),), redirect_errors=True, invocation_info=True
)

#: The four profile files in PowerShell's order, each run in the caller's scope if it is there.
LOAD_PROFILE = Invocation(
    (
        (
            Call(
                "foreach ($pstui_file in $PROFILE.AllUsersAllHosts, $PROFILE.AllUsersCurrentHost, "
                "$PROFILE.CurrentUserAllHosts, $PROFILE.CurrentUserCurrentHost) "
                "{ if ($pstui_file -and (Test-Path -LiteralPath $pstui_file)) { . $pstui_file } }; "
                "Remove-Variable pstui_file -ErrorAction Ignore",
                is_script=True,
                merged=ERRORS,
            ),
            OUT_DEFAULT,
        ),
    )
)


def line_invocation(
    text: str, protocol: tuple[int, int], size: ConsoleSize | None, *, no_language: bool = False
) -> Invocation:
    """Return what a typed line is sent as: commands where it is simple, else text of a script (protocol-notes 3.3)."""
    if is_exit(text):
        text = "Exit-PSSession"
    line = parse_line(text, no_language=no_language)
    if line is None or (len(line.statements) > 1 and protocol < (2, 2)):
        statements: tuple[tuple[Call, ...], ...] = ((Call(text, is_script=True, merged=ERRORS), OUT_DEFAULT),)
    else:
        alone = len(line.statements) == 1 and len(line.statements[0].commands) == 1
        statements = tuple(_statement(statement, alone) for statement in line.statements)
    return Invocation(statements, history=text, add_to_history=True, size=size)


def script_invocation(
    script: str, arguments: Sequence[Any], size: ConsoleSize | None, *, out_default: bool, no_input: bool
) -> Invocation:
    """Return a script as Invoke-Command sends it; ``out_default`` has the far end format its output as text."""
    values = tuple((None, outgoing(value)) for value in arguments)
    call = Call(script, values, is_script=True, merged=ERRORS if out_default else frozenset())
    statement = (call, OUT_DEFAULT) if out_default else (call,)
    return Invocation((statement,), add_to_history=True, no_input=no_input, redirect_errors=True, size=size)


def debugger_call(text: str) -> Invocation:
    """Return a line for the far end's debugger: always a script, nested, every stream merged, no Out-Default."""
    return _nested(Call(text, is_script=True, merged=EVERY_STREAM, by_stream=True))


def debugger_action(number: int) -> Invocation:
    """Return the command that resumes a stopped script with a DebuggerResumeAction."""
    return _nested(Call("__Set-PSDebuggerAction", (("ResumeAction", ps.PSInt(number)),)))


def _nested(call: Call) -> Invocation:
    return Invocation(((call,),), redirect_errors=True, invocation_info=True, is_nested=True)


def error_report(size: ConsoleSize | None) -> tuple[Invocation]:
    """Return the pipeline that prints one ErrorRecord given as input (protocol-notes 3.6)."""
    return (Invocation(((OUT_DEFAULT,),), no_input=False, size=size),)


def _statement(statement: Statement, alone: bool) -> tuple[Call, ...]:
    calls = tuple(_call(command, ERRORS if alone else frozenset()) for command in statement.commands)
    if calls[-1].text.casefold() == OUT_DEFAULT.text.casefold():
        return calls
    return (*calls, OUT_DEFAULT)


def _call(command: Command, merged: frozenset[int]) -> Call:
    arguments = tuple(_argument(argument) for argument in command.arguments)
    if command.merge is MergedStream.ALL:
        merged = EVERY_STREAM
    elif command.merge is not None:
        merged |= {command.merge.value}
    return Call(command.name, arguments, merged=merged)


def _argument(argument: Argument) -> tuple[str | None, Any]:
    return argument.name, None if argument.value is ABSENT else _value(argument.value)


def _value(value: Any) -> Any:
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _value(item) for key, item in value.items()}
    return outgoing(value)


def _number(number: Number) -> PSObject:
    """Return a number in its CLR type."""
    made: PSObject = _NUMBERS[number.clr_type](number.value)
    return made


_NUMBERS: dict[str, Any] = {
    "Int32": ps.PSInt,
    "Int64": ps.PSInt64,
    "UInt32": ps.PSUInt,
    "UInt64": ps.PSUInt64,
    "Int16": ps.PSInt16,
    "UInt16": ps.PSUInt16,
    "Byte": ps.PSByte,
    "SByte": ps.PSSByte,
    "Double": ps.PSDouble,
    "Single": ps.PSSingle,
    "Decimal": ps.PSDecimal,
}
