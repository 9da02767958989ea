"""The host methods of the far end and their arguments, checked before anything uses them (protocol-notes 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from psrpcore.types import HostMethodIdentifier

#: Most fields of a prompt and choices of a question that are shown (protocol-notes 7.4).
MAX_ITEMS = 1000
#: Longest text of one question, all its labels and helps together, in characters (protocol-notes 7.4).
MAX_QUESTION = 1024 * 1024


class ArgumentsError(ValueError):
    """A host call's arguments do not fit its method."""


@dataclass(frozen=True, slots=True)
class HostMethod:
    """One method: its RemoteHostMethodId and name, the kinds of its arguments and whether it is answered."""

    id: HostMethodIdentifier
    name: str
    kinds: tuple[str, ...] = ()
    answered: bool = False


#: Methods with an answer, and the kinds of their arguments.
_ANSWERED = {
    HostMethodIdentifier.GetName: "",
    HostMethodIdentifier.GetVersion: "",
    HostMethodIdentifier.GetInstanceId: "",
    HostMethodIdentifier.GetCurrentCulture: "",
    HostMethodIdentifier.GetCurrentUICulture: "",
    HostMethodIdentifier.ReadLine: "",
    HostMethodIdentifier.ReadLineAsSecureString: "",
    HostMethodIdentifier.Prompt: "text text fields",
    HostMethodIdentifier.PromptForCredential1: "text text text text",
    HostMethodIdentifier.PromptForCredential2: "text text text text int int",
    HostMethodIdentifier.PromptForChoice: "text text choices int",
    HostMethodIdentifier.GetForegroundColor: "",
    HostMethodIdentifier.GetBackgroundColor: "",
    HostMethodIdentifier.GetCursorPosition: "",
    HostMethodIdentifier.GetWindowPosition: "",
    HostMethodIdentifier.GetCursorSize: "",
    HostMethodIdentifier.GetBufferSize: "",
    HostMethodIdentifier.GetWindowSize: "",
    HostMethodIdentifier.GetWindowTitle: "",
    HostMethodIdentifier.GetMaxWindowSize: "",
    HostMethodIdentifier.GetMaxPhysicalWindowSize: "",
    HostMethodIdentifier.GetKeyAvailable: "",
    HostMethodIdentifier.ReadKey: "int",
    HostMethodIdentifier.GetBufferContents: "rectangle",
    HostMethodIdentifier.GetIsRunspacePushed: "",
    HostMethodIdentifier.GetRunspace: "",
    HostMethodIdentifier.PromptForChoiceMultipleSelection: "text text choices ints",
}
#: Methods without one.
_VOID = {
    HostMethodIdentifier.SetShouldExit: "int",
    HostMethodIdentifier.EnterNestedPrompt: "",
    HostMethodIdentifier.ExitNestedPrompt: "",
    HostMethodIdentifier.NotifyBeginApplication: "",
    HostMethodIdentifier.NotifyEndApplication: "",
    HostMethodIdentifier.Write1: "text",
    HostMethodIdentifier.Write2: "colour colour text",
    HostMethodIdentifier.WriteLine1: "",
    HostMethodIdentifier.WriteLine2: "text",
    HostMethodIdentifier.WriteLine3: "colour colour text",
    HostMethodIdentifier.WriteErrorLine: "text",
    HostMethodIdentifier.WriteDebugLine: "text",
    HostMethodIdentifier.WriteProgress: "long progress",
    HostMethodIdentifier.WriteVerboseLine: "text",
    HostMethodIdentifier.WriteWarningLine: "text",
    HostMethodIdentifier.SetForegroundColor: "colour",
    HostMethodIdentifier.SetBackgroundColor: "colour",
    HostMethodIdentifier.SetCursorPosition: "coordinates",
    HostMethodIdentifier.SetWindowPosition: "coordinates",
    HostMethodIdentifier.SetCursorSize: "int",
    HostMethodIdentifier.SetBufferSize: "size",
    HostMethodIdentifier.SetWindowSize: "size",
    HostMethodIdentifier.SetWindowTitle: "text",
    HostMethodIdentifier.FlushInputBuffer: "",
    HostMethodIdentifier.SetBufferContents1: "rectangle cell",
    HostMethodIdentifier.SetBufferContents2: "coordinates cells",
    HostMethodIdentifier.ScrollBufferContents: "rectangle coordinates rectangle cell",
    HostMethodIdentifier.PushRunspace: "any",
    HostMethodIdentifier.PopRunspace: "",
}


#: All 56 methods by the number of their RemoteHostMethodId.
HOST_METHODS: dict[int, HostMethod] = {
    int(method): HostMethod(method, method.name, tuple(kinds.split()), is_answered)
    for is_answered, group in ((True, _ANSWERED), (False, _VOID))
    for method, kinds in group.items()
}


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
    raise ArgumentsError(f"{name}: {number} is not a console colour")


def _shape(*fields: str) -> Callable[[Any, str], dict[str, Any]]:
    def check(value: Any, name: str) -> dict[str, Any]:
        if isinstance(value, dict) and all(_is_number(value.get(field)) for field in fields):
            return {field: value[field] for field in fields}
        raise ArgumentsError(f"{name}: a structure with {', '.join(fields)} was expected")

    return check


def _objects(value: Any, name: str, *texts: str) -> list[dict[str, Any]]:
    """Check a list of objects whose ``texts`` are texts or absent; it may come as an array (protocol-notes 4.2)."""
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
    """Check a list of numbers: plain, or with ``mae``/``mal`` as a server encodes int[] (protocol-notes 4.2, 4.7)."""
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
