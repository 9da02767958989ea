"""The host methods by number and the arguments each takes, checked before anything acts on them (semantics 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: Most fields of a prompt and choices of a question that are shown (semantics 8.3 no. 3).
MAX_ITEMS = 1000
#: Longest text of one question, all its labels and helps together, in characters (semantics 8.3 no. 3).
MAX_QUESTION = 1024 * 1024


class ArgumentsError(ValueError):
    """A host call's arguments do not fit its method."""


@dataclass(frozen=True, slots=True)
class HostMethod:
    """One method: its RemoteHostMethodId, name, the kinds of its arguments and whether it is answered."""

    number: int
    name: str
    kinds: tuple[str, ...] = ()
    answered: bool = False


#: Methods with an answer: name and kinds of arguments by RemoteHostMethodId.
_ANSWERED = {
    1: "GetName",
    2: "GetVersion",
    3: "GetInstanceId",
    4: "GetCurrentCulture",
    5: "GetCurrentUICulture",
    11: "ReadLine",
    12: "ReadLineAsSecureString",
    23: "Prompt text text fields",
    24: "PromptForCredential1 text text text text",
    25: "PromptForCredential2 text text text text int int",
    26: "PromptForChoice text text choices int",
    27: "GetForegroundColor",
    29: "GetBackgroundColor",
    31: "GetCursorPosition",
    33: "GetWindowPosition",
    35: "GetCursorSize",
    37: "GetBufferSize",
    39: "GetWindowSize",
    41: "GetWindowTitle",
    43: "GetMaxWindowSize",
    44: "GetMaxPhysicalWindowSize",
    45: "GetKeyAvailable",
    46: "ReadKey int",
    50: "GetBufferContents rectangle",
    54: "GetIsRunspacePushed",
    55: "GetRunspace",
    56: "PromptForChoiceMultipleSelection text text choices ints",
}
#: Methods without one.
_VOID = {
    6: "SetShouldExit int",
    7: "EnterNestedPrompt",
    8: "ExitNestedPrompt",
    9: "NotifyBeginApplication",
    10: "NotifyEndApplication",
    13: "Write1 text",
    14: "Write2 colour colour text",
    15: "WriteLine1",
    16: "WriteLine2 text",
    17: "WriteLine3 colour colour text",
    18: "WriteErrorLine text",
    19: "WriteDebugLine text",
    20: "WriteProgress long progress",
    21: "WriteVerboseLine text",
    22: "WriteWarningLine text",
    28: "SetForegroundColor colour",
    30: "SetBackgroundColor colour",
    32: "SetCursorPosition coordinates",
    34: "SetWindowPosition coordinates",
    36: "SetCursorSize int",
    38: "SetBufferSize size",
    40: "SetWindowSize size",
    42: "SetWindowTitle text",
    47: "FlushInputBuffer",
    48: "SetBufferContents1 rectangle cell",
    49: "SetBufferContents2 coordinates cells",
    51: "ScrollBufferContents rectangle coordinates rectangle cell",
    52: "PushRunspace any",
    53: "PopRunspace",
}


def _methods() -> dict[int, HostMethod]:
    table = {}
    for is_answered, group in ((True, _ANSWERED), (False, _VOID)):
        for number, text in group.items():
            name, *kinds = text.split()
            table[number] = HostMethod(number, name, tuple(kinds), is_answered)
    return table


#: All 56 methods by RemoteHostMethodId.
HOST_METHODS = _methods()


def checked(method: HostMethod, values: Sequence[Any]) -> list[Any]:
    """Return the arguments in the form the host uses. Raises ArgumentsError."""
    if len(values) != len(method.kinds):
        raise ArgumentsError(f"{method.name} takes {len(method.kinds)} arguments, not {len(values)}")
    return [_CHECKS[kind](value, method.name) for kind, value in zip(method.kinds, values, strict=True)]


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise ArgumentsError(f"{name}: a text was expected")


def _is_number(value: Any, bits: int = 32) -> bool:
    """Return whether a value is a whole number of so many bits, as .NET's Int32 and Int64."""
    limit = 1 << (bits - 1)
    return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit


def _int(value: Any, name: str) -> int:
    if _is_number(value):
        return int(value)
    raise ArgumentsError(f"{name}: a number was expected")


def _long(value: Any, name: str) -> int:
    if _is_number(value, 64):
        return int(value)
    raise ArgumentsError(f"{name}: a number was expected")


def _colour(value: Any, name: str) -> int:
    number = _int(value, name)
    if -1 <= number <= 15:
        return number
    raise ArgumentsError(f"{name}: {number} is no console colour")


def _shape(*fields: str) -> Callable[[Any, str], dict[str, Any]]:
    def check(value: Any, name: str) -> dict[str, Any]:
        if isinstance(value, dict) and all(_is_number(value.get(field)) for field in fields):
            return {field: value[field] for field in fields}
        raise ArgumentsError(f"{name}: a structure with {', '.join(fields)} was expected")

    return check


def _objects(value: Any, name: str, *texts: str) -> list[dict[str, Any]]:
    """Check a list of objects whose ``texts`` are texts or absent; it may come as an array (semantics 4.2)."""
    if isinstance(value, dict):
        value = value.get("mae")
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ArgumentsError(f"{name}: a list of descriptions was expected")
    if len(value) > MAX_ITEMS:
        raise ArgumentsError(f"{name}: {len(value)} entries are too many")
    if sum(len(_text(item.get(text), name)) for item in value for text in texts) > MAX_QUESTION:
        raise ArgumentsError(f"{name}: the texts are too long")
    return value


def _fields(value: Any, name: str) -> list[dict[str, Any]]:
    found = _objects(value, name, "name", "label", "helpMessage", "parameterTypeFullName")
    if not found:
        raise ArgumentsError(f"{name}: there is no field to ask for")
    return found


def _choices(value: Any, name: str) -> list[dict[str, Any]]:
    found = _objects(value, name, "label", "helpMessage")
    if not found:
        raise ArgumentsError(f"{name}: there is no choice to make")
    return found


def _ints(value: Any, name: str) -> list[int]:
    """Check a list of numbers: plain, or with ``mae``/``mal`` as a server encodes int[] (semantics 4.2, 4.7)."""
    if isinstance(value, dict):
        value = value.get("mae")
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise ArgumentsError(f"{name}: a list of numbers was expected")
    return [_int(item, name) for item in value]


def _cells(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, dict) and isinstance(value.get("mae"), list) and isinstance(value.get("mal"), list):
        return value
    raise ArgumentsError(f"{name}: a block of cells was expected")


def _record(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ArgumentsError(f"{name}: a structure was expected")


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "int": _int,
    "long": _long,
    "colour": _colour,
    "coordinates": _shape("x", "y"),
    "size": _shape("width", "height"),
    "rectangle": _shape("left", "top", "right", "bottom"),
    "cell": _record,
    "cells": _cells,
    "progress": _record,
    "fields": _fields,
    "choices": _choices,
    "ints": _ints,
    "any": lambda value, name: value,
}
