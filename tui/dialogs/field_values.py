"""The text of an option's field, and the value that such a text means."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from pstui.backends.binding.connections import CredentialLookup, by_name_only, profile_value, session_options
from pstui.backends.binding.context import BindContext
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.line import evaluate
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.binding.values import ConversionError
from pstui.backends.binding.writer import literal
from pstui.backends.credentials import PSCredential

#: what a switch's field says
ON, OFF = "on", "off"
#: what a limit's field says where there is to be none
NO_LIMIT = "no limit"
_SESSION_NAMES = {item.name for item in SESSION_OPTIONS}


def shown(option: Option, value: Any) -> str:
    """Return the text that a field shows for a value; ``read`` makes the same value of it."""
    match value:
        case None:
            return NO_LIMIT if option.name in _SESSION_NAMES else ""
        case bool():
            return ON if value else OFF
        case PSCredential():
            return value.user_name
        case Mapping():
            return _table_text(value)
        case list() | tuple():
            return shlex.join(str(item) for item in value)
    return str(value)


def read(option: Option, text: str, credentials: CredentialLookup = by_name_only) -> Any:
    """Return the value that a field's text means, in its final type. An empty text is no value: ask before.

    Raises ConversionError with the reason.
    """
    text = text.strip()
    raw: Any = text
    match option.kind:
        case OptionKind.SWITCH:
            return text == ON
        case OptionKind.INTEGER if text.casefold() == NO_LIMIT and option.name in _SESSION_NAMES:
            raw = None
        case OptionKind.INTEGER:
            raw = _whole(text)
        case OptionKind.LIST:
            raw = _words(text)
        case OptionKind.TABLE:
            return _table(text)
    if option.name in _SESSION_NAMES:
        return _session_value(option, raw, credentials)
    try:
        return profile_value(option, raw, credentials)
    except ConversionError as error:
        # the reason names the key of a profile; here the parameter is what the user sees
        raise ConversionError(error.why.replace(f"{option.key} ", "It ", 1), error.hint) from None


def _session_value(option: Option, raw: Any, credentials: CredentialLookup) -> Any:
    if raw is None:
        return None
    try:
        return session_options({option.key: raw}, credentials)[option.name]
    except ConversionError as error:
        raise ConversionError(error.why.replace(f"{option.key} ", "It ", 1), error.hint) from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConversionError("It must be a whole number.") from None


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise ConversionError("A closing quote is missing.", "Words with blanks stand in quotes.") from None


def _table(text: str) -> dict[str, Any]:
    """Read ``Name=value; Other=value``, or a whole hashtable."""
    if text.startswith("@{"):
        from pstui.backends.errors import CallError

        try:
            found = evaluate(text, BindContext())
        except CallError as error:
            raise ConversionError(error.what, error.hint) from None
        if not isinstance(found, Mapping):
            raise ConversionError("It must be a hashtable.", "Such as @{ProxyJump = 'bastion'}.")
        return dict(found)
    table: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ConversionError("Write NAME=VALUE, further ones behind a semicolon.", "Such as ProxyJump=bastion.")
        if name.strip().casefold() in (key.casefold() for key in table):
            raise ConversionError(f"{name.strip()} stands twice.")
        table[name.strip()] = value.strip()
    return table


def _table_text(table: Mapping[str, Any]) -> str:
    simple = "; ".join(f"{key}={value}" for key, value in table.items())
    try:
        if table and _table(simple) == dict(table) and not simple.startswith("@{"):
            return simple
    except ConversionError:
        pass
    return literal(table)
