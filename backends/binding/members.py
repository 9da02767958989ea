"""What is inside a value of a typed line: its properties, its items, and the text that PowerShell makes of it.

A ``Record`` is a custom object; a session, a credential, session options and an error have the properties that
PowerShell gives them (protocol-notes 5.1). A list without the property that is asked for gives that of its items.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.context import BoundCall, PendingSession, ScriptBlock, is_session
from pstui.backends.binding.conversion import SessionOption
from pstui.backends.binding.session_options import SESSION_OPTIONS, from_table
from pstui.backends.binding.values import ConversionError
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.language.number_types import Number
from pstui.backends.language.numbers import to_string
from pstui.backends.records import Record


@dataclass(frozen=True, slots=True)
class Formatted:
    """Objects that a Format- cmdlet has made ready to be shown: as a table or a list, of these properties."""

    objects: Sequence[Any]
    as_list: bool
    #: empty for what is shown of such an object by itself, or ``*`` for all
    properties: tuple[str, ...] = ()
    headers: bool = True


def spelled(value: enum.Enum) -> str:
    """Return a state or availability as PowerShell spells it: BEFORE_OPEN is BeforeOpen."""
    return "".join(word.title() for word in value.name.split("_"))


def _enum(name: str) -> Callable[[Any], Any]:
    def value_of(session: Any) -> Any:
        value = getattr(session, name, None)
        return spelled(value) if isinstance(value, enum.Enum) else value

    return value_of


def _of_info(name: str) -> Callable[[Any], Any]:
    return lambda session: session.info.values.get(name)


#: the properties of a PSSession in the order of ``Format-List *`` (measured)
SESSION: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "State": _enum("state"),
        "IdleTimeout": lambda session: -1,
        "OutputBufferingMode": lambda session: None,
        "DisconnectedOn": lambda session: None,
        "ExpiresOn": lambda session: None,
        "ComputerType": _enum("computer_type"),
        "ComputerName": lambda session: session.info.computer_name,
        "ContainerId": _of_info("ContainerId"),
        "VMName": _of_info("VMName"),
        "VMId": _of_info("VMId"),
        "ConfigurationName": _enum("configuration_name"),
        "InstanceId": _enum("instance_id"),
        "Id": _enum("id"),
        "Name": _enum("name"),
        "Availability": _enum("availability"),
        "ApplicationPrivateData": lambda session: getattr(session, "application_private_data", None),
        "Transport": _enum("transport"),
    }
)
#: what New-PSSessionOption gives a property that nobody has set (protocol-notes 1.9); those not named are off
_OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "MaximumConnectionRedirectionCount": 5,
        "ProxyAccessType": "None",
        "ProxyAuthentication": "Negotiate",
        "ProxyCredential": None,
        "OutputBufferingMode": "None",
        "MaxConnectionRetryCount": 5,
        "Culture": None,
        "UICulture": None,
        "MaximumReceivedDataSizePerCommand": None,
        "MaximumReceivedObjectSize": 209715200,
        "ApplicationArguments": None,
        "OpenTimeout": 180_000,
        "CancelTimeout": 60_000,
        "OperationTimeout": 180_000,
        "IdleTimeout": -1,
    }
)


def properties(value: Any) -> Mapping[str, Any]:
    """Return the properties of one object by name, in PowerShell's order; empty for a plain value."""
    if isinstance(value, Record):
        return value.values
    if isinstance(value, SessionOption):
        return {item.name: _option(item.name, item.unit, value) for item in SESSION_OPTIONS}
    if isinstance(value, PSCredential):
        return {"UserName": value.user_name, "Password": None if value.password is None else value.password}
    if isinstance(value, PstuiError):
        return {"FullyQualifiedErrorId": value.error_id, "Exception": Record({"Message": value.what})}
    if isinstance(value, PendingSession):
        return {"Name": value.name, "ComputerName": value.targets[max(value.index, 0)]}
    if is_session(value):
        return {name: value_of(value) for name, value_of in SESSION.items()}
    return value if isinstance(value, Mapping) else {}


def time_span(milliseconds: int) -> str:
    """Return a TimeSpan as PowerShell shows it: ``00:03:00``, ``-00:00:00.0010000``."""
    span, sign = timedelta(milliseconds=abs(milliseconds)), "-" if milliseconds < 0 else ""
    hours, rest = divmod(span.seconds, 3600)
    days = f"{span.days}." if span.days else ""
    fraction = f".{span.microseconds * 10:07}" if span.microseconds else ""
    return f"{sign}{days}{hours:02}:{rest // 60:02}:{rest % 60:02}{fraction}"


def _option(name: str, unit: str, options: Mapping[str, Any]) -> Any:
    value = options.get(name, _OPTIONS.get(name, False))
    return time_span(value) if unit == "ms" else value


def member(value: Any, name: str) -> Any:
    """Return a property by its name in any case, None where there is none, as PowerShell does."""
    folded = name.casefold()
    for known, found in properties(value).items():
        if str(known).casefold() == folded:
            return found
    if folded in ("count", "length") and not (folded == "length" and isinstance(value, Mapping)):
        if isinstance(value, str) and folded == "length":
            return len(value)
        return len(value) if isinstance(value, list | tuple | Mapping) else int(value is not None)
    if isinstance(value, list | tuple):
        found = [inner for item in value if (inner := member(item, name)) is not None]
        return found[0] if len(found) == 1 else found or None
    if isinstance(value, Mapping) and folded in ("keys", "values"):
        return list(value.keys() if folded == "keys" else value.values())
    return None


def item(value: Any, index: Any) -> Any:
    """Return an item of a list, a table or a text; several for a list of indexes, None for one that is not there.

    A single object is a list of one. Raises CallError (NullArray), ConversionError.
    """
    if value is None:
        raise CallError("Nothing has no items", "The value before the bracket is empty.", error_id="NullArray")
    if isinstance(index, list | tuple):
        return [inner for each in index if (inner := item(value, each)) is not None]
    if isinstance(value, Mapping):
        return next((inner for key, inner in value.items() if str(key).casefold() == str(index).casefold()), None)
    if isinstance(index, str) and index.strip().lstrip("-").isdigit():
        index = int(index)
    if isinstance(index, bool) or not isinstance(index, int):
        raise ConversionError("An item is named by its number, the first by 0 and the last by -1.")
    items: Sequence[Any] = value if isinstance(value, list | tuple | str) else _items(value)
    return items[index] if -len(items) <= index < len(items) else None


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, PendingSession) and value.index < 0:
        return value.each()
    return [value]


def objects_of(value: Any) -> list[Any]:
    """Return what a value sends through a pipe: the items of a list one by one, anything else by itself."""
    if isinstance(value, list | tuple):
        return list(value)
    return list(_items(value))


def only(objects: Sequence[Any]) -> Any:
    """Return what a variable holds of objects: the only one, or a list of them, empty where there are none."""
    return objects[0] if len(objects) == 1 else list(objects)


def with_member(value: Any, name: str, new: Any) -> Any:
    """Return a value with one of its properties changed. Raises CallError with PowerShell's id."""
    known = properties(value)
    spelling = next((key for key in known if str(key).casefold() == name.casefold()), None)
    if value is None or (spelling is None and not (isinstance(value, dict) and not isinstance(value, SessionOption))):
        error_id = "PropertyNotFound" if value is None else "PropertyAssignmentException"
        names = ", ".join(list(known)[:8])
        raise CallError(
            f"There is no property {name} to be set", "", f"There are: {names}." if names else "", error_id=error_id
        )
    if isinstance(value, SessionOption):
        try:
            return SessionOption({**value, **from_table({name: new})})
        except ConversionError as error:
            raise CallError(f"{name} cannot be set", error.why, error.hint, error_id="ExceptionWhenSetting") from None
    if isinstance(value, Record):
        return Record({**value.values, str(spelling): new})
    if isinstance(value, dict):
        return {**value, spelling or name: new}
    raise CallError(f"{name} can only be read", error_id="PropertyAssignmentException")


def text_of(value: Any) -> str:
    """Return what PowerShell makes of a value inside a text; no secret is in it."""
    match value:
        case None:
            return ""
        case bool() | uuid.UUID():
            return str(value)
        case ScriptBlock() | str():
            return str(value)
        case int():
            return int.__repr__(value)
        case float() | Decimal():
            return to_string(Number(value, "Double"))
        case list() | tuple():
            return " ".join(map(text_of, value))
        case PSCredential():
            return "System.Management.Automation.PSCredential"
        case PstuiError():
            return value.what
        case SessionOption():
            return "System.Management.Automation.Remoting.PSSessionOption"
        case Mapping():
            return "System.Collections.Hashtable"
        case Record():
            return "@{" + "; ".join(f"{key}={text_of(inner)}" for key, inner in value.values.items()) + "}"
        case BoundCall() | PendingSession():
            return "[PSSession]"
    if is_session(value):
        return f"[PSSession]{value.name}"
    return "System.Security.SecureString" if type(value).__name__ == "Secret" else str(value)
