"""Questions of the far end in the console's own shape: fields, credentials, choices (protocol-notes 4.4–4.7).

Each flow is a sequence of ``Question`` put to a Console; wrong answers are asked again. QuestionCancelled passes
through to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pstui.backends.console import Choice, Console, Question, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.psrp.host_methods import ArgumentsError
from pstui.backends.records import Stream, Write

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
        if any(_SECURE in str(field.get("parameterTypeFullName")) for field in fields):
            before.insert(0, self.secret_warning())
        if any(field.get("helpMessage") for field in fields):
            before.append(Write("(Type !? for Help.)"))
        answers: dict[str, Any] = {}
        for field in fields:
            answers[str(field.get("name") or "")] = await self._field(field, before)
            before = []
        return answers

    async def _field(self, field: dict[str, Any], before: list[Write]) -> Any:
        type_name = str(field.get("parameterTypeFullName") or "")
        label = str(field.get("name") or "")
        if type_name == _CREDENTIAL:
            return await self._user_and_password("", "", [*before, Write(""), Write(label)])
        if type_name == _SECURE:
            return await self._ask(QuestionKind.SECRET, f"{label}: ", before)
        if type_name.endswith("[]") or type_name.startswith(_LISTS):
            if _CREDENTIAL in type_name:
                raise ArgumentsError("Prompt: several credentials are not asked for in one field")
            if _SECURE in type_name:
                return await self._secret_list(label, before)
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
                        Write(
                            f'"!{rest}" is not a command here: !? is help, !! is a literal !, !"" empty, !$null null.'
                        )
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
            user_name = (await self._ask(QuestionKind.LINE, "User: ", shown, followed=True)).reveal().strip()
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
        label += f' (default is "{choices[default].hotkey or choices[default].label}"): ' if default >= 0 else " "
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
            raise ArgumentsError("PromptForChoice: a default is not one of the choices")
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
    return [Write(f"{c.hotkey or c.label} - {c.help}") for c in choices]
