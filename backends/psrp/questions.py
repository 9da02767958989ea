"""The host methods by number and the arguments each takes, checked before anything uses them (protocol-notes 4.3).

Questions of the far end in the console's own shape: fields, credentials, choices (protocol-notes 4.4–4.7).

Each flow is a sequence of ``Question`` put to a Console; wrong answers are asked again. QuestionCancelled passes
through to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pstui.backends.console import Choice, Console, Question, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.records import Stream, Write

#: Most fields of a prompt and choices of a question that are shown (protocol-notes 7.4).
MAX_ITEMS = 1000
#: Longest text of one question, all its labels and helps together, in characters (protocol-notes 7.4).
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


#: Console colour of captions, as the recorded console shows them (bright white).
_CAPTION = 15
_SECURE = "System.Security.SecureString"
_CREDENTIAL = "System.Management.Automation.PSCredential"
_LISTS = (
    "System.Collections.Generic.List`1",
    "System.Collections.ObjectModel.Collection`1",
    "System.Collections.IList",
)


class Questions:
    """Asks on one console for one far end. ``source`` is the session's display name, ``computer`` its computer."""

    def __init__(self, console: Console, source: str, computer: str) -> None:
        self.console, self.source, self.computer = console, source, computer.upper()

    async def _ask(self, kind: QuestionKind, label: str, preamble: Sequence[Write], **more: Any) -> Secret:
        question = Question(kind, label, tuple(preamble), source=self.source, **more)
        return await self.console.ask(question)

    def secret_warning(self) -> Write:
        """Return the line shown before a secret is read for a remote caller (protocol-notes 4.4)."""
        text = f"WARNING: what you type next goes to {self.computer}. Enter it only if you trust that computer."
        return Write(text, stream=Stream.WARNING)

    async def line(self) -> str:
        """Read one line, as ReadLine does."""
        return (await self._ask(QuestionKind.LINE, "", ())).reveal()

    async def secret_line(self) -> Secret:
        """Read one masked line, as ReadLineAsSecureString does."""
        return await self._ask(QuestionKind.SECRET, "", (self.secret_warning(),))

    async def fields(self, caption: str, message: str, fields: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Ask for each field and return the answers by field name: str, Secret, a list of one, or PSCredential."""
        if any(field.get("parameterTypeFullName") == _CREDENTIAL for field in fields):
            caption, message = self._tagged(caption, message)
        before = heading(caption, message)
        if any(field.get("helpMessage") and field.get("label") for field in fields):
            before.append(Write("(Type !? for Help.)"))
        answers: dict[str, Any] = {}
        for field in fields:
            answers[str(field.get("name") or "")] = await self._field(field, before)
            before = []
        return answers

    async def _field(self, field: dict[str, Any], before: list[Write]) -> Any:
        type_name = str(field.get("parameterTypeFullName") or "")
        label = plain_label(str(field.get("label") or "")) or str(field.get("name") or "")
        if type_name == _CREDENTIAL:
            return await self._user_and_password("", "", [*before, Write(""), Write(label)])
        if type_name == _SECURE:
            return await self._ask(QuestionKind.SECRET, f"{label}: ", [self.secret_warning(), *before])
        if type_name.endswith("[]") or type_name.startswith(_LISTS):
            if _CREDENTIAL in type_name:
                raise ArgumentsError("Prompt: several credentials are not asked for in one field")
            if _SECURE in type_name:
                return await self._secret_list(label, [self.secret_warning(), *before])
            return await self._list(field, label, before)
        return await self._commanded(field, f"{label}: ", before)

    async def _list(self, field: dict[str, Any], label: str, before: list[Write]) -> list[str | None]:
        answers: list[str | None] = []
        while True:
            answer = await self._commanded(field, f"{label}[{len(answers)}]: ", before)
            before = []
            if answer == "":
                return answers
            answers.append(answer)

    async def _secret_list(self, label: str, before: list[Write]) -> list[Secret]:
        answers: list[Secret] = []
        while answer := await self._ask(QuestionKind.SECRET, f"{label}[{len(answers)}]: ", before):
            answers.append(answer)
            before = []
        return answers

    async def _commanded(self, field: dict[str, Any], label: str, before: list[Write]) -> str | None:
        """Ask one line; fields with a label take the ``!`` commands of protocol-notes 4.5."""
        while True:
            text = (
                await self._ask(QuestionKind.LINE, label, before, help=str(field.get("helpMessage") or ""))
            ).reveal()
            if not (text.startswith("!") and field.get("label")):
                return text
            match text[1:]:
                case "?":
                    before = [Write(str(field.get("helpMessage") or "There is no help for this field."))]
                case '""':
                    return ""
                case "$null":
                    return None
                case rest if rest.startswith("!"):
                    return rest
                case rest:
                    before = [
                        Write(f'"!{rest}" is no command here: !? is help, !! is a literal !, !"" empty, !$null null.')
                    ]

    def _tagged(self, caption: str, message: str) -> tuple[str, str]:
        """Return caption and message of a request for credentials, marked as the far end's (protocol-notes 4.4)."""
        warning = (
            f"A script on {self.computer} asks for credentials. "
            "Give them only if you trust that computer and the script."
        )
        return f"PowerShell Credential Request: {caption}", f"{warning}\n\n{message}" if message else warning

    async def credential(self, caption: str, message: str, user_name: str, target_name: str) -> PSCredential:
        """Ask for a user name, if none is given, and a password; both marked as going to the far end."""
        return await self._user_and_password(user_name, target_name, heading(*self._tagged(caption, message)))

    async def _user_and_password(self, user_name: str, target_name: str, before: Sequence[Write]) -> PSCredential:
        shown = list(before)
        while not user_name:
            user_name = (await self._ask(QuestionKind.LINE, "User: ", shown)).reveal().strip()
            shown = []
        password = await self._ask(QuestionKind.SECRET, f"Password for user {user_name}: ", shown)
        self.console.write(Write(""))
        if target_name and "\\" not in user_name and "@" not in user_name:
            user_name = f"{target_name}\\{user_name}"
        return PSCredential(user_name, password)

    async def choice(self, caption: str, message: str, items: Sequence[dict[str, Any]], default: int) -> int:
        """Ask for one of ``items`` and return its index."""
        choices = read_choices(items)
        if not -1 <= default < len(choices):
            raise ArgumentsError(f"PromptForChoice: there is no choice {default}")
        label = "  ".join(f"[{c.hotkey}] {c.label}" for c in choices) + "  [?] Help"
        label += f' (default is "{choices[default].hotkey or choices[default].label}"): ' if default >= 0 else ": "
        before = heading(caption, message)
        while True:
            defaults = (default,) if default >= 0 else ()
            answer = await self._ask(QuestionKind.CHOICE, label, before, choices=choices, defaults=defaults)
            text = answer.reveal().strip()
            before = []
            if not text and default >= 0:
                return default
            if text == "?":
                before = help_lines(choices)
            elif (found := find_choice(choices, text)) is not None:
                return found

    async def choices(
        self, caption: str, message: str, items: Sequence[dict[str, Any]], defaults: Sequence[int]
    ) -> list[int]:
        """Ask for any number of ``items``, one an answer, until an empty one; nothing at all is the defaults."""
        choices = read_choices(items)
        if not all(0 <= index < len(choices) for index in defaults):
            raise ArgumentsError("PromptForChoice: a default is no choice")
        before = heading(caption, message)
        before += [Write(f"[{c.hotkey}] {c.label}") for c in choices]
        named = ",".join(choices[index].hotkey or choices[index].label for index in defaults)
        before.append(Write(f'[?] Help (default is "{named}")' if named else "[?] Help"))
        picked: list[int] = []
        while True:
            answer = await self._ask(
                QuestionKind.CHOICES, f"Choice[{len(picked)}]: ", before, choices=choices, defaults=tuple(defaults)
            )
            text = answer.reveal().strip()
            before = []
            if not text:
                return picked or list(defaults)
            if text == "?":
                before = help_lines(choices)
            elif (found := find_choice(choices, text)) is not None:
                picked.append(found)


def heading(caption: str, message: str) -> list[Write]:
    """Return the lines above a question: a blank one and the caption, then the message."""
    lines = [Write(""), Write(caption, foreground=_CAPTION)] if caption else []
    return [*lines, Write(message)] if message else lines


def plain_label(label: str) -> str:
    """Return a label without the ampersand that marks its hotkey."""
    return label.replace("&", "", 1)


def read_choices(items: Sequence[dict[str, Any]]) -> tuple[Choice, ...]:
    """Read choice descriptions; a lone ``&`` at the end or ``?`` as hotkey is refused (protocol-notes 4.7)."""
    choices = []
    for item in items:
        label = str(item.get("label") or "")
        mark = label.find("&")
        hotkey = label[mark + 1 : mark + 2].upper() if mark >= 0 else ""
        if mark >= 0 and hotkey in ("", "?"):
            raise ArgumentsError(f"PromptForChoice: {label!r} marks no letter")
        choices.append(Choice(plain_label(label), hotkey.strip(), str(item.get("helpMessage") or "")))
    return tuple(choices)


def find_choice(choices: Sequence[Choice], text: str) -> int | None:
    """Match an answer against the labels, then the hotkeys, ignoring case."""
    wanted = text.casefold()
    for index, choice in enumerate(choices):
        if choice.label.casefold() == wanted:
            return index
    for index, choice in enumerate(choices):
        if choice.hotkey and choice.hotkey.casefold() == wanted:
            return index
    return None


def help_lines(choices: Sequence[Choice]) -> list[Write]:
    """Return the help of each choice, a line each, as ``?`` shows it."""
    return [Write(f"{c.hotkey or c.label} - {c.help or c.label}") for c in choices]
