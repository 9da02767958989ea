"""The values of parameters and the forms they have: the final value, the value in TOML, and the text of a field.

``from_toml`` makes a profile's value final; ``read`` and ``shown`` turn the text of a dialog's field into the final
value and back. All three go by the declaration of the parameter, and convert by the rules of ``values``, which are
those of a typed line.
"""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pstui.backends.binding import values
from pstui.backends.binding.checks import check_uri
from pstui.backends.binding.context import BindContext
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.session_options import choice, declared_session_option, property_value, within
from pstui.backends.binding.values import ConversionError
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError

#: finds a credential by the name of its table; raises CallError for a name that is not there
CredentialLookup = Callable[[str], PSCredential]

#: what a switch's field says
ON, OFF = "on", "off"
#: what a limit's field says where there is to be none
NO_LIMIT = "no limit"
#: what a value in TOML must be, where it is not simply a text
_WANTED = {
    OptionKind.SWITCH: "true or false",
    OptionKind.INTEGER: "a whole number",
    OptionKind.TABLE: "a table",
    OptionKind.SESSION_OPTION: "a table of session options",
    OptionKind.LIST: "a list of texts",
    OptionKind.GUID: "a GUID",
    OptionKind.CREDENTIAL: "the name of a credential",
}


def by_name_only(name: str) -> PSCredential:
    """Take a credential's name for the user name itself, where no profiles are at hand."""
    return PSCredential(name)


def from_toml(option: Option, value: Any, credentials: CredentialLookup = by_name_only) -> Any:
    """Return one value of a profile in its final type. Raises ConversionError with the key in its reason."""
    text = isinstance(value, str)
    match option.kind:
        case OptionKind.TEXT | OptionKind.CHOICE | OptionKind.TABLE if option.parameter:
            return property_value(option, value)
        case OptionKind.TEXT | OptionKind.PATH if text and value:
            return value
        case OptionKind.URI if text:
            check_uri(value)
            return value
        case OptionKind.GUID if isinstance(value, str | uuid.UUID):
            return values.guid(value)
        case OptionKind.SWITCH if isinstance(value, bool):
            return value
        case OptionKind.INTEGER if isinstance(value, int) and not isinstance(value, bool):
            return within(option, value)
        case OptionKind.CHOICE if text:
            return choice(option, value)
        case OptionKind.CREDENTIAL if isinstance(value, PSCredential) and option.parameter:
            return value
        case OptionKind.CREDENTIAL if text:
            return credentials(value)
        case OptionKind.TABLE if isinstance(value, Mapping):
            return dict(value)
        case OptionKind.LIST if isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
            return tuple(value)
        case OptionKind.LIST if text and value and option.setting:
            return (value,)
        case OptionKind.SESSION_OPTION if isinstance(value, Mapping):
            return session_options(value, credentials)
    raise ConversionError(f"{option.key} must be {_WANTED.get(option.kind, 'a text that is not empty')}.")


def session_options(table: Mapping[str, Any], credentials: CredentialLookup = by_name_only) -> dict[str, Any]:
    """Return the session options of a profile's table: TOML keys, times in ms. Raises ConversionError."""
    found = {}
    for key, value in table.items():
        option = declared_session_option(key)
        found[option.name] = from_toml(option, value, credentials)
    return found


def shown(option: Option, value: Any) -> str:
    """Return the text that a field shows for a value; ``read`` makes the same value of it."""
    match value:
        case None:
            return NO_LIMIT if option.parameter else ""
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
    """Return the value that a field's text means, in its final type. An empty text is not a value: check before.

    Raises ConversionError with the reason.
    """
    text = text.strip()
    raw: Any = text
    match option.kind:
        case OptionKind.SWITCH:
            return text == ON
        case OptionKind.INTEGER if text.casefold() == NO_LIMIT and option.parameter:
            return None
        case OptionKind.INTEGER:
            raw = _whole(text)
        case OptionKind.LIST:
            raw = _words(text)
        case OptionKind.TABLE:
            return _table(text)
    try:
        return from_toml(option, raw, credentials)
    except ConversionError as error:
        # the reason names the key of a profile; here the parameter is what the user sees
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
        raise ConversionError("A closing quote is missing.", "Put words with blanks in quotes.") from None


def _table(text: str) -> dict[str, Any]:
    """Read ``Name=value; Other=value``, or a whole hashtable."""
    if text.startswith("@{"):
        try:
            from pstui.backends.binding.line import evaluate  # PowerShell's language

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
            raise ConversionError("Write NAME=VALUE; separate several by semicolons.", "Such as ProxyJump=bastion.")
        if name.strip().casefold() in (key.casefold() for key in table):
            raise ConversionError(f"{name.strip()} is given twice.")
        table[name.strip()] = value.strip()
    return table


def _table_text(table: Mapping[str, Any]) -> str:
    simple = "; ".join(f"{key}={value}" for key, value in table.items())
    try:
        if table and _table(simple) == dict(table) and not simple.startswith("@{"):
            return simple
    except ConversionError:
        pass
    from pstui.backends.binding.writer import literal

    return literal(table)
