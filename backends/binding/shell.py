"""Calls as a shell gives them: its arguments, bound to a cmdlet. What reads PowerShell's language is seldom needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pstui.backends.binding.binder import Element, Name, bind_elements, shell_elements
from pstui.backends.binding.context import BindContext, BoundCall
from pstui.backends.binding.parameters import cmdlet, cmdlet_name
from pstui.backends.binding.values import Value


def bind(name: str, arguments: Sequence[str], *, context: BindContext | None = None) -> BoundCall:
    """Bind the arguments of a shell to a cmdlet, given by name or alias.

    Quotes are gone by then: digits alone are a number (so ``99`` names a session's Id, as in PowerShell), everything
    else is text until its parameter's type says otherwise. What follows the program of -Command is its own, up to a
    parameter of the cmdlet written in full; after ``--`` all is. Raises CallError with the id of the real cmdlet.
    """
    return bind_elements(name, _elements(name, arguments), replace(context or BindContext(), evaluate=_evaluate))


def _elements(name: str, arguments: Sequence[str]) -> list[Element]:
    words = [word.casefold() for word in arguments]
    if cmdlet_name(name) != "Enter-PSSession" or "-command" not in words[:-2]:
        return shell_elements(arguments)
    start = words.index("-command") + 1
    known = {f"-{each.name}".casefold() for each in cmdlet("Enter-PSSession", what_if=True).parameters.values()}
    end = next((place for place in range(start + 1, len(words)) if words[place].partition(":")[0] in known), len(words))
    program, rest = [*arguments[start:end]], arguments[end:]
    if "--" in program[1:]:
        place = program.index("--", 1)
        program, rest = [*program[:place], *arguments[start + place + 1 :]], ()
    if len(program) == 1:
        return shell_elements(arguments)
    command: list[Element] = [
        Name("Command", "-Command", False, True, start),
        Value(program, " ".join(program), True, start),
    ]
    return [*shell_elements(arguments[: start - 1]), *command, *shell_elements(rest)]


def _evaluate(text: str, context: BindContext) -> Any:
    from pstui.backends.binding.line import evaluate  # PowerShell's language

    return evaluate(text, context)
