"""The parameters of a runbook as fields: what each takes, and the value that a typed text stands for.

A text is checked here as far as that can be done without the far end: types, sets, ranges, lengths, patterns of the
simple kind. What needs the far end (``ValidateScript``, types of its own, a pattern of .NET's own) is left to it, and
the field says so. An empty text means that the parameter is not given: its default counts.
"""

from __future__ import annotations

import enum
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from pstui.backends.language import constant_texts
from pstui.backends.language.number_types import Number
from pstui.backends.language.numbers import RANGES, parse_number, to_string
from pstui.backends.language.param_blocks import ALL_SETS, Attribute, Expression, ParamBlock, Parameter
from pstui.backends.language.secrets import looks_secret
from pstui.backends.language.simple_lines import NotSimpleError, argument_text
from pstui.tui.plain import plain

#: characters of one text, and values of a list
MAX_TEXT, MAX_VALUES = 32_000, 1_000


class Takes(enum.Enum):
    """What a field takes; the value is the word for it."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    BOOL = "yes or no"
    DATE = "date"
    GUID = "GUID"
    CHOICE = "one of a list"
    SECURE = "secret"
    CREDENTIAL = "credential"
    TABLE = "table"
    ANY = "text or number"
    THERE = "text, made into its type at the far end"


_WHOLE = {
    "int": "Int32", "int32": "Int32", "long": "Int64", "int64": "Int64", "short": "Int16", "int16": "Int16",
    "byte": "Byte", "sbyte": "SByte", "uint": "UInt32", "uint32": "UInt32", "ulong": "UInt64", "uint64": "UInt64",
    "ushort": "UInt16", "uint16": "UInt16",
}  # fmt: skip
_REAL = {"double": "Double", "float": "Single", "single": "Single", "decimal": "Decimal"}
_TYPES = {
    "string": Takes.TEXT,
    "char": Takes.TEXT,
    "switch": Takes.SWITCH,
    "switchparameter": Takes.SWITCH,
    "bool": Takes.BOOL,
    "boolean": Takes.BOOL,
    "datetime": Takes.DATE,
    "guid": Takes.GUID,
    "securestring": Takes.SECURE,
    "pscredential": Takes.CREDENTIAL,
    "hashtable": Takes.TABLE,
    "object": Takes.ANY,
    "psobject": Takes.ANY,
    "": Takes.ANY,
    **dict.fromkeys((*_WHOLE, *_REAL), Takes.NUMBER),
}
#: names of the namespaces that PowerShell's own types stand in
_NAMESPACES = re.compile(r"(?:system\.)?(?:management\.automation\.|security\.|collections\.)?(\w*)", re.IGNORECASE)
_NULLABLE = re.compile(r"(?:system\.)?nullable\[(.*)\]")
#: enums of .NET and PowerShell that scripts ask for
_ENUMS = {
    "dayofweek": "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
    "consolecolor": "Black DarkBlue DarkGreen DarkCyan DarkRed DarkMagenta DarkYellow Gray DarkGray Blue Green Cyan"
    " Red Magenta Yellow White",
    "actionpreference": "SilentlyContinue Stop Continue Inquire Ignore Suspend Break",
    "servicestartmode": "Boot System Automatic Manual Disabled",
    "servicecontrollerstatus": "Stopped StartPending StopPending Running ContinuePending PausePending Paused",
    "startuptype": "Automatic Manual Disabled",
}
_YES, _NO = ("yes", "true", "$true", "1", "on"), ("no", "false", "$false", "0", "off")
_DATES = ("%Y-%m-%d", *(f"%Y-%m-%d{sign}%H:%M{rest}" for sign in " T" for rest in ("", ":%S", "%z", ":%S%z")))
_ITEM = re.compile(r"""\s*(?:(?:'((?:[^']|'')*)'|"([^"]*)")\s*|([^,'"\s][^,]*|))(,|\Z)""")
_KINDS = {"positive": (1, None), "nonnegative": (0, None), "negative": (None, -1), "nonpositive": (None, 0)}


class WrongError(Exception):
    """A text is no value of its parameter; the text says why, as the end of a sentence."""


@dataclass(frozen=True)
class Field:
    """A parameter as a field."""

    parameter: Parameter
    takes: Takes
    is_list: bool = False
    clr_type: str = ""
    choices: tuple[str, ...] = ()
    #: choices of which several may be given, with commas between
    is_flags: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return self.parameter.name

    @property
    def is_secret(self) -> bool:
        """Whether its value must not be seen or kept."""
        return self.takes in (Takes.SECURE, Takes.CREDENTIAL)

    @cached_property
    def is_masked(self) -> bool:
        """Whether it is a text that must not be seen, going by its name: ``[string]$Password``."""
        return not self.is_secret and looks_secret(f"x -{self.name} 'a'")

    @cached_property
    def empty(self) -> str:
        """What an empty text means."""
        if self.is_secret:
            return "asked for when it runs" if any(self.parameter.sets.values()) else "not given; ? asks for it"
        default = self.parameter.default
        if default is None:
            return "no" if self.takes is Takes.SWITCH else ""
        if not default.is_constant:
            return f"{plain(default.text, limit=60)}, computed there"
        value = default.value
        if isinstance(value, bool):
            return "yes" if value else "no"
        return plain(text_of(value), limit=60)

    @cached_property
    def help(self) -> str:
        """What is told of it: its help, what it takes, and what else is asked of it."""
        parameter = self.parameter
        said = [parameter.message, "" if parameter.help == parameter.message else parameter.help]
        kind = self.parameter.type or "any"
        said.append(f"[{kind}]{', several with commas between' if self.is_list else ''}.")
        if self.takes is Takes.DATE:
            said.append("Such as 2026-11-30 or 2026-11-30 18:00.")
        if self.is_secret:
            said.append("The name of a saved credential, or ? to be asked when it runs. It is never kept.")
        said += [_rule(one) for one in parameter.attributes if not one.is_type]
        if parameter.aliases:
            said.append(f"Also called {', '.join(parameter.aliases)}.")
        whole = " ".join(f"{part.rstrip('.')}." if part[-1:].isalnum() else part for part in said if part)
        return plain(whole, limit=1_000)

    # -- values ---------------------------------------------------------------------------------------------------

    def value(self, text: str) -> Any:
        """Return the value that a text stands for; that of a secret is the name of a credential. Raises WrongError."""
        if len(text) > MAX_TEXT:
            raise WrongError(f"is longer than {MAX_TEXT:,} characters")
        if self.is_secret:
            return text.strip()
        if not self.is_list:
            value = self._one(text if self.takes is Takes.TEXT else text.strip())
            self._check(value)
            return value
        values = [self._one(one) for one in _items(text)]
        if len(values) > MAX_VALUES:
            raise WrongError(f"has more than {MAX_VALUES:,} values")
        for one in values:
            self._check(one)
        for rule in self.parameter.all("validatecount"):
            least, most = (_number(each) for each in (*rule.positional, None, None)[:2])
            if (least is not None and len(values) < least) or (most is not None and len(values) > most):
                raise WrongError(f"must have {least} to {most} values")
        return values

    def _one(self, text: str) -> Any:
        if self.choices:
            return self._choice(text)
        match self.takes:
            case Takes.NUMBER:
                return self._as_number(text)
            case Takes.SWITCH | Takes.BOOL:
                if text.casefold() not in (*_YES, *_NO):
                    raise WrongError("must be yes or no")
                return text.casefold() in _YES
            case Takes.DATE:
                return _date(text)
            case Takes.GUID:
                try:
                    return uuid.UUID(text)
                except ValueError:
                    raise WrongError("must be a GUID") from None
            case Takes.TABLE:
                found = Expression.of(text)
                if not isinstance(found.value, dict):
                    raise WrongError("must be a table of constants, such as @{ Name = 'web1'; Days = 3 }")
                return found.value
            case Takes.ANY:
                return parse_number(text) or text
        return text

    def _choice(self, text: str) -> str:
        exact = self.parameter.one("validateset")
        sensitive = exact is not None and "ignorecase" in exact.named and not exact.is_set("ignorecase")

        def folded(word: str) -> str:
            return word if sensitive else word.casefold()

        known = {folded(choice): choice for choice in self.choices}
        parts = [part.strip() for part in text.split(",")] if self.is_flags else [text]
        if any(folded(part) not in known for part in parts):
            raise WrongError(f"must be one of {', '.join(self.choices)}")
        return ", ".join(known[folded(part)] for part in parts)

    def _as_number(self, text: str) -> Number:
        found = parse_number(text)
        if found is not None and self.clr_type == "Decimal" and isinstance(found.value, float):
            found = parse_number(f"{text}d") or found  # with every digit that was typed
        if found is None:
            raise WrongError("must be a number")
        if self.clr_type not in RANGES:
            return Number(float(found.value), self.clr_type)
        least, most = RANGES[self.clr_type]
        if not least <= found.value <= most:
            raise WrongError(f"must be from {least} to {most}")
        if self.clr_type == "Decimal":
            return Number(Decimal(str(found.value)), self.clr_type)
        if found.value != int(found.value):
            raise WrongError("must be a whole number")
        return Number(int(found.value), self.clr_type)

    def _check(self, value: Any) -> None:
        for attribute in self.parameter.attributes:
            if not attribute.is_type and (why := _refused(attribute, value)):
                raise WrongError(attribute.text("errormessage").replace("{0}", text_of(value)) or why)


def fields_of(block: ParamBlock) -> list[Field]:
    """Return a field for each parameter that a person may give."""
    found = [_field(one, block.enums) for one in block.parameters if not one.is_hidden]
    if block.should_process and not any(one.name.casefold() == "whatif" for one in block.parameters):
        found.append(Field(_WHAT_IF, Takes.SWITCH))
    return found


#: what PowerShell adds where a script says SupportsShouldProcess
_WHAT_IF = Parameter("WhatIf", (Attribute("switch", True),), help="Only tells what it would do.")


def fields_in(fields: Iterable[Field], name: str) -> list[Field]:
    """Return those of one parameter set."""
    return [field for field in fields if field.parameter.is_in(name or ALL_SETS)]


def _field(parameter: Parameter, enums: Mapping[str, Sequence[str]]) -> Field:
    written = parameter.type.partition(",")[0].casefold()
    if optional := _NULLABLE.fullmatch(written):
        written = optional[1]
    is_list = written.endswith("[]")
    inner = written.removesuffix("[]")
    base = _NAMESPACES.fullmatch(inner)
    name = base[1] if base is not None else inner
    if written in ("array", "system.array"):
        is_list, name = True, ""
    if parameter.one("credential") is not None and name in ("pscredential", "", "object"):
        name = "pscredential"
    choices = tuple(enums.get(name, ())) or tuple(_ENUMS.get(inner.rpartition(".")[2], "").split())
    is_enum = bool(choices)
    rule = parameter.one("validateset")
    if rule is not None and all(isinstance(one.value, str | Number) for one in rule.positional) and rule.positional:
        choices = tuple(text_of(one.value) for one in rule.positional)
    takes = _TYPES.get(name, Takes.THERE)
    if choices and (is_enum or takes in (Takes.TEXT, Takes.ANY)):
        takes = Takes.CHOICE
    clr_type = _WHOLE.get(name) or _REAL.get(name, "")
    return Field(parameter, takes, is_list, clr_type, choices if takes is Takes.CHOICE else (), is_enum)


# -- what attributes ask for --------------------------------------------------------------------------------------


def _rule(attribute: Attribute) -> str:
    """Return what an attribute asks for, in words, empty where its field shows it or it asks for nothing."""
    match attribute.short:
        case "validateset" if attribute.positional and all(
            isinstance(one.value, Number) for one in attribute.positional
        ):
            return f"One of {', '.join(text_of(one.value) for one in attribute.positional)}"
        case "validaterange" if len(attribute.positional) == 2:
            return f"From {attribute.positional[0].text} to {attribute.positional[1].text}"
        case "validaterange" if attribute.positional:
            return "It must be " + attribute.positional[0].text.rpartition(":")[2].strip("\"'")
        case "validatelength" if len(attribute.positional) == 2:
            return f"{attribute.positional[0].text} to {attribute.positional[1].text} characters"
        case "validatecount" if len(attribute.positional) == 2:
            return f"{attribute.positional[0].text} to {attribute.positional[1].text} values"
        case "validatepattern" if attribute.positional:
            return f"It must fit {attribute.positional[0].text}"
        case "validatescript" if attribute.positional:
            return f"The far end checks {' '.join(attribute.positional[0].text.split())}"
        case "psdefaultvalue":
            return f"Default: {attribute.text('help')}" if attribute.text("help") else ""
    return ""


def _refused(attribute: Attribute, value: Any) -> str:
    """Return why an attribute refuses a value, empty where it does not or cannot be asked here."""
    given = attribute.positional
    match attribute.short:
        case "validateset" if isinstance(value, Number) and all(one.is_constant for one in given):
            known = [text_of(one.value) for one in given]
            return "" if text_of(value) in known else f"must be one of {', '.join(known)}"
        case "validaterange" if isinstance(value, Number) and given:
            return _range(given, value)
        case "validatelength" if isinstance(value, str) and len(given) == 2:
            least, most = _number(given[0]), _number(given[1])
            length = len(value.encode("utf-16-le")) // 2
            if (least is not None and length < least) or (most is not None and length > most):
                return f"must have {given[0].text} to {given[1].text} characters"
        case "validatepattern" if isinstance(value, str) and given and isinstance(given[0].value, str):
            options = attribute.named.get("options")
            is_default = options is None or options.value in ("IgnoreCase", "None")
            try:
                case = options is not None and options.value == "None"
                if is_default and not constant_texts.matches(value, given[0].value, case=case):
                    return f"must fit {given[0].value}"
            except NotSimpleError:
                pass  # .NET's own pattern: the far end tells
        case "validatenotnullorempty" | "validatenotnullorwhitespace" if isinstance(value, str):
            return "" if value.strip() or (value and attribute.short.endswith("empty")) else "must not be empty"
    return ""


def _range(given: Sequence[Expression], value: Number) -> str:
    if len(given) == 1:
        kind = given[0].text.rpartition(":")[2].strip("'\" ")
        least, most = _KINDS.get(kind.casefold(), (None, None))
        wanted = f"must be {kind}"
        if kind.casefold() == "positive" and 0 < value.value < 1:
            return ""
    else:
        least, most = _number(given[0]), _number(given[1])
        wanted = f"must be from {given[0].text} to {given[1].text}"
    too_low = least is not None and value.value < least
    return wanted if too_low or (most is not None and value.value > most) else ""


def _number(given: Expression | None) -> Any:
    return given.value.value if given is not None and isinstance(given.value, Number) else None


# -- texts --------------------------------------------------------------------------------------------------------


def _items(text: str) -> list[str]:
    """Return the texts of a list: parted by commas, in quotes where one holds a comma."""
    found, place = [], 0
    while True:
        item = _ITEM.match(text, place)
        if item is None:
            raise WrongError("has a quote that is not closed, or something behind one")
        single, double, bare, comma = item.groups()
        quoted = single.replace("''", "'") if single is not None else double
        found.append(bare.strip() if quoted is None else quoted)
        place = item.end()
        if not comma:
            return found


def _date(text: str) -> datetime:
    for form in _DATES:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise WrongError("must be a date such as 2026-11-30 or 2026-11-30 18:00")


def text_of(value: Any) -> str:
    """Return a value as it is typed into a field."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Number():
            return to_string(value)
        case list() | tuple():
            return ", ".join(f"'{one}'" if isinstance(one, str) and "," in one else text_of(one) for one in value)
        case dict():
            return argument_text(value)
        case datetime():
            return value.isoformat(" ")
    return str(value)
