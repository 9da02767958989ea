"""Arguments as the binder reads them, and the names of parameters among them (``common-parameters``, semantics 1)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pstui.backends.binding import errors
from pstui.backends.binding.tables import Cmdlet, Parameter
from pstui.backends.binding.values import Value, number_of

#: hyphen, en dash, em dash and horizontal bar: PowerShell takes each for the dash of a parameter
DASHES = "-\u2013\u2014\u2015"
_NAME = re.compile(rf"[{DASHES}](?P<name>[A-Za-z_?\u0080-\U0010ffff][^:\s.]*)(?P<colon>:?)(?P<rest>.*)\Z", re.DOTALL)
_CONSTANTS = {"$true": True, "$false": False, "$null": None}


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter's name as written, without dash and colon; ``colon`` says that the next argument belongs to it."""

    name: str
    text: str
    colon: bool = False
    shell: bool = False
    place: int = -1


Element = Name | Value


def shell_elements(arguments: Sequence[str]) -> list[Element]:
    """Read arguments that came from a shell, so without their quotes.

    A text that begins with a dash and a letter is a parameter's name; after ``--`` nothing is. Digits are a number,
    ``$true``, ``$false`` and ``$null`` are what they are in PowerShell. Everything else stays text; what it becomes is
    decided by the parameter that takes it: a list may be written ``a,b``, a hashtable ``@{a='b'}``, an object as an
    expression in parentheses.
    """
    elements: list[Element] = []
    names = True
    for index, text in enumerate(arguments):
        match = _NAME.match(text) if names else None
        if names and text == "--":
            names = False
        elif match is None:
            elements.append(shell_value(text, index))
        else:
            elements.append(Name(match["name"], text, bool(match["colon"]), True, index))
            if match["rest"]:
                elements.append(shell_value(match["rest"], index))
    return elements


def shell_value(text: str, place: int = -1) -> Value:
    """Return one argument of a shell as a value: constants and numbers are told from text."""
    if text.casefold() in _CONSTANTS:
        return Value(_CONSTANTS[text.casefold()], text, True, place)
    number = number_of(text) if text and text == text.strip() else None
    return Value(text if number is None else number, text, True, place)


def find_parameter(cmdlet: Cmdlet, name: str) -> Parameter | None:
    """Return the parameter that a name means: exact name or alias, else a unique beginning, an own one first.

    None if there is none; raises CallError (AmbiguousParameter) for the beginning of several.
    """
    wanted = name.casefold()
    parameters = cmdlet.parameters.values()
    for parameter in parameters:
        if wanted == parameter.name.casefold() or wanted in (alias.casefold() for alias in parameter.aliases):
            return parameter
    if not wanted:
        return None
    for common in (False, True):
        matches = [p for p in parameters if p.common is common and not p.own and _begins(p, wanted)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            shown = [p.name for p in parameters if not p.own and _begins(p, wanted)]
            raise errors.ambiguous_name(cmdlet, name, shown)
    return None


def near_names(cmdlet: Cmdlet, name: str) -> list[str]:
    """Return the names of parameters that look like ``name``."""
    names = {p.name.casefold(): p.name for p in cmdlet.parameters.values()}
    return [names[found] for found in difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.6)]


def pairs(cmdlet: Cmdlet, elements: Sequence[Element]) -> tuple[list[tuple[Parameter, Value]], list[Value], list[Name]]:
    """Give each name its value: (parameters with values, values without a name, names that mean nothing).

    Raises CallError: AmbiguousParameter, MissingArgument.
    """
    named: list[tuple[Parameter, Value]] = []
    loose: list[Value] = []
    unknown: list[Name] = []
    index = 0
    while index < len(elements):
        element = elements[index]
        index += 1
        if isinstance(element, Value):
            loose.append(element)
            continue
        parameter = find_parameter(cmdlet, element.name)
        following = elements[index] if index < len(elements) else None
        if parameter is None:
            unknown.append(element)
            if element.colon and isinstance(following, Value):
                index += 1
        elif parameter.is_switch and not element.colon:
            named.append((parameter, Value(True, "", element.shell, element.place)))
        else:
            named.append((parameter, _following(cmdlet, parameter, following)))
            index += 1
    return named, loose, unknown


def _following(cmdlet: Cmdlet, parameter: Parameter, following: Element | None) -> Value:
    if isinstance(following, Value):
        return following
    # a dash that begins no parameter's name is the value itself, as in -Subsystem -x
    if following is None or following.colon or find_parameter(cmdlet, following.name) is not None:
        raise errors.missing_value(cmdlet, parameter.name)
    return Value(following.text, following.text, following.shell, following.place)


def _begins(parameter: Parameter, wanted: str) -> bool:
    return any(name.casefold().startswith(wanted) for name in (parameter.name, *parameter.aliases))
