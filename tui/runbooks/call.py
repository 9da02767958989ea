"""A runbook with the values of its parameters: what is sent, and the words that show it.

What is sent is the text of the file as it stands, as a script, and beside it the parameters by name, each in its type:
PowerShell's binder at the far end does the rest. Nothing is put into the text, so no value can become a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any, Protocol

from pstui.backends.console import Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import CallError, OpenCancelled
from pstui.backends.language.number_types import Number
from pstui.backends.language.param_blocks import ALL_SETS, ParamBlock
from pstui.backends.language.simple_lines import argument_text, quote
from pstui.backends.psrp.invocation import Script
from pstui.tui.plain import plain
from pstui.tui.runbooks.fields import Field, Takes, WrongError, fields_in, text_of

#: texts of a secret that have it asked for
ASKED = ("", "?")


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a parameter. That of a secret is the name of a credential, empty or ``?`` to be asked for."""

    field: Field
    value: Any = dataclass_field(repr=False)

    @property
    def shown(self) -> str:
        """How it is written in a line; a secret by where it comes from."""
        name, value = self.field.name, self.value
        if self.field.is_masked:
            return f"-{name} <not shown>"
        match self.field.takes:
            case Takes.SWITCH:
                return f"-{name}" if value else f"-{name}:$false"
            case Takes.SECURE | Takes.CREDENTIAL:
                of = "is asked for" if value in ASKED else f"of {plain(str(value), limit=60)}"
                return f"-{name} <{'password' if self.field.takes is Takes.SECURE else 'credential'} {of}>"
            case Takes.DATE if isinstance(value, datetime):
                return f"-{name} {quote(value.isoformat())}"
        if isinstance(value, list):
            return f"-{name} {', '.join(_argument(one) for one in value)}"
        return f"-{name} {_argument(value)}"


def _argument(value: Any) -> str:
    if isinstance(value, datetime):
        return quote(value.isoformat())
    return argument_text(value) if isinstance(value, str | bool | Number | dict) else quote(str(value))


@dataclass(frozen=True, slots=True)
class RunbookCall:
    """A script and what it is given. ``parameters`` are the values as they are sent, once secrets have been fetched."""

    name: str
    text: str
    given: tuple[Given, ...] = ()
    parameters: Mapping[str, Any] = dataclass_field(default_factory=dict, repr=False)

    @property
    def line(self) -> str:
        """The line that stands for it: shown, logged, and never run itself."""
        return plain(" ".join([f"{self.name}.ps1", *(one.shown for one in self.given)]))

    @property
    def script(self) -> Script:
        """What runs in place of a typed line."""
        return Script(self.line, self.text, self.parameters)

    def with_values(self) -> RunbookCall:
        """Return it with the values that are no secrets, which is all of them where it asks for none."""
        values = {one.field.name: one.value for one in self.given if not one.field.is_secret}
        return replace(self, parameters=values)

    @property
    def preview(self) -> str:
        """Everything that is sent: the line, and the whole text of the script."""
        return f"{self.line}\n\n{self.text}"


class PasswordSource(Protocol):
    """Where the passwords of named credentials come from."""

    async def named_password(self, name: str, console: Console, source: str) -> PSCredential:
        """Return a saved credential with its password. Raises OpenError, OpenCancelled."""


def values_of(
    block: ParamBlock, fields: Sequence[Field], texts: Mapping[str, str], set_name: str = ""
) -> tuple[tuple[Given, ...], str, str]:
    """Return the values that texts stand for, by the names of their parameters; and of the first that is wrong its name
    and why. An empty text gives no value.
    """
    found: list[Given] = []
    for one in fields_in(fields, set_name) if set_name or not block.sets else fields:
        text, must = texts.get(one.name, ""), one.parameter.is_mandatory(set_name or ALL_SETS)
        if not text.strip() and not (one.takes is Takes.TEXT and text and not one.is_list):
            if must and (one.is_secret or (one.parameter.one("allowemptystring") and not one.is_list)):
                found.append(Given(one, ""))
            elif must:
                return (), one.name, f"{one.name} is mandatory"
            continue
        try:
            found.append(Given(one, one.value(text)))
        except WrongError as wrong:
            return (), one.name, f"{one.name} {wrong}"
    return tuple(found), "", ""


async def filled(call: RunbookCall, passwords: PasswordSource | None, console: Console) -> RunbookCall:
    """Return a call with its values as they are sent: secrets fetched or asked for. Raises OpenError, OpenCancelled."""
    values: dict[str, Any] = {}
    for given in call.given:
        value: Any = given.value
        if given.field.is_secret:
            value = await _secret(given, passwords, console, call.name)
        values[given.field.name] = value
    return RunbookCall(call.name, call.text, call.given, values)


async def _secret(given: Given, passwords: PasswordSource | None, console: Console, source: str) -> Any:
    name, is_login = str(given.value), given.field.takes is Takes.CREDENTIAL

    async def ask(kind: QuestionKind, label: str) -> Secret:
        try:
            return await console.ask(Question(kind, label, remote=False, source=source))
        except QuestionCancelled as cancelled:
            raise OpenCancelled(f"{source} was not run") from cancelled

    if name not in ASKED and passwords is not None:
        credential = await passwords.named_password(name, console, source)
        return credential if is_login else credential.password
    if not is_login:
        return await ask(QuestionKind.SECRET, f"{given.field.name}: ")
    user = await ask(QuestionKind.LINE, f"User for {given.field.name}: ")
    password = await ask(QuestionKind.SECRET, f"Password for {plain(user.reveal(), limit=200)}: ")
    return PSCredential(user.reveal(), password)


def unknown_credential(given: Sequence[Given], known: Callable[[str], bool]) -> str:
    """Return the parameter that names a credential which is not saved, empty where there is none."""
    names = [(one.field.name, one.value) for one in given if one.field.is_secret and one.value not in ASKED]
    return next((name for name, value in names if not known(value)), "")


def defaults_of(fields: Sequence[Field]) -> dict[str, str]:
    """Return the texts of the defaults that are constants, as they are typed."""
    return {
        one.name: text_of(one.parameter.default.value)
        for one in fields
        if one.parameter.default is not None and one.parameter.default.is_constant and not one.is_secret
    }


def from_words(block: ParamBlock, fields: Sequence[Field], words: Sequence[str]) -> dict[str, str]:
    """Return the texts of ``-Name value`` words, by the names of the parameters. Raises CallError.

    Names bind as in PowerShell: in any case, by an alias, by a prefix that only one has.
    """
    texts: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or len(word) < 2:
            hint = "Write -Name value for each; the targets stand before them, with commas between."
            raise CallError(f"{plain(word, limit=60)!r} belongs to no parameter", "", hint)
        name, colon, text = word[1:].partition(":")
        one = _named(fields, name)
        if one.name in texts:
            raise CallError(f"-{one.name} is given twice")
        if not colon:
            is_alone = one.takes is Takes.SWITCH or not rest
            if is_alone and one.takes is not Takes.SWITCH:
                raise CallError(f"-{one.name} needs a value", one.help)
            text = "yes" if is_alone else rest.pop(0)
        texts[one.name] = text
    return texts


def _named(fields: Sequence[Field], name: str) -> Field:
    wanted = name.casefold()
    names = [(one, [each.casefold() for each in (one.name, *one.parameter.aliases)]) for one in fields]
    exact = [one for one, known in names if wanted in known]
    found = exact or [one for one, known in names if any(each.startswith(wanted) for each in known)]
    if len(found) == 1:
        return found[0]
    said = ", ".join(f"-{one.name}" for one in (found or fields)[:20])
    what = f"-{plain(name, limit=60)} {'may be several parameters' if found else 'is not a parameter of it'}"
    raise CallError(what, "", f"It has {said}." if said else "It has no parameters.")
