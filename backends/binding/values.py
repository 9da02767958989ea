"""Conversion of a given value to a parameter's type, as PowerShell's binder converts (protocol-notes 1.2, 1.3)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.context import ScriptBlock, is_session
from pstui.backends.credentials import PSCredential

NO_MESSAGE = "CannotConvertArgumentNoMessage"

#: values of the enumerations that parameters take, by name in PowerShell's spelling
ENUMS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "AuthenticationMechanism": {
            "Default": 0,
            "Basic": 1,
            "Negotiate": 2,
            "NegotiateWithImplicitCredential": 3,
            "Credssp": 4,
            "Digest": 5,
            "Kerberos": 6,
        },
        "ProxyAccessType": {"None": 0, "IEConfig": 1, "WinHttpConfig": 2, "AutoDetect": 4, "NoProxyServer": 8},
        "OutputBufferingMode": {"None": 0, "Drop": 1, "Block": 2},
        "SessionFilterState": {"All": 0, "Opened": 1, "Disconnected": 2, "Closed": 3, "Broken": 4},
        "OutTarget": {"Default": 0, "Host": 1, "Job": 2},
        "ActionPreference": {
            "SilentlyContinue": 0,
            "Stop": 1,
            "Continue": 2,
            "Inquire": 3,
            "Ignore": 4,
            "Suspend": 5,
            "Break": 6,
        },
    }
)

#: the types that a cast to a number may name, as .NET calls them
NUMBER_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "sbyte": "SByte",
        "byte": "Byte",
        "short": "Int16",
        "int16": "Int16",
        "ushort": "UInt16",
        "uint16": "UInt16",
        "int": "Int32",
        "int32": "Int32",
        "uint": "UInt32",
        "uint32": "UInt32",
        "long": "Int64",
        "int64": "Int64",
        "ulong": "UInt64",
        "uint64": "UInt64",
        "double": "Double",
        "decimal": "Decimal",
        "bigint": "BigInteger",
    }
)
#: what the id of a failed cast calls the types that are no integers
_NO_NUMBER = {"Single": "DoubleOrSingle", "Double": "DoubleOrSingle", "Decimal": "Decimal"}
INT_MAX = 2147483647
_HEX = r"[0-9a-fA-F]"
_GUID = re.compile(
    rf"\s*(?:{_HEX}{{32}}|(?P<open>[{{(])?{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}(?P<close>[)}}])?)\s*\Z"
)
_NUMBER = re.compile(
    r"\s*(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]{1,16})|(?P<real>(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?))"
    r"(?P<unit>[kKmMgGtTpP][bB])?\s*\Z",
    re.ASCII,
)
_LIKE_NUMBER = re.compile(r"[+-]?\.?[0-9]")
_UNITS = {"": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40, "pb": 1 << 50}


@dataclass(frozen=True, slots=True)
class Value:
    """One argument: what it is, how it was written, and whether a shell took its quotes away."""

    value: Any
    text: str
    shell: bool = False
    place: int = -1


class ConversionError(ValueError):
    """A value that does not become the wanted type: the reason, what to do, and PowerShell's id without suffix."""

    def __init__(self, why: str, hint: str = "", error_id: str = NO_MESSAGE) -> None:
        super().__init__(why)
        self.why, self.hint, self.error_id = why, hint, error_id

    @property
    def cast_id(self) -> str:
        """The id of a failed cast, none where the error has that of a parameter's value only."""
        return self.error_id if self.error_id.startswith("InvalidCast") else ""


def fits(value: Any, type_name: str) -> bool:
    """True if a value has the type already, so that it binds by position before any conversion is tried."""
    if value is None:
        return True
    if type_name.endswith("[]") and type_name != "Object[]":
        items = value if isinstance(value, list | tuple) else [value]
        return bool(items) and all(fits(item, type_name[:-2]) for item in items)
    match type_name:
        case "String":
            return isinstance(value, str) and not isinstance(value, ScriptBlock)
        case "Int32":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Guid":
            return isinstance(value, uuid.UUID)
        case "ScriptBlock":
            return isinstance(value, ScriptBlock)
        case "PSCredential":
            return isinstance(value, PSCredential)
        case "PSSession":
            return is_session(value)
        case "Hashtable" | "PSPrimitiveDictionary":
            return isinstance(value, dict)
        case "PSObject" | "Object[]":
            return True
    return False


def integer(value: Any, *, bits: int = 32) -> int:
    """Return a value as Int32: numbers, text with a number (also 0x10, 1KB), $true; a fraction rounds half to even."""
    if value is None or value is False or value == "":
        return 0
    if isinstance(value, str):
        value = number_of(value)
    if value is None or not isinstance(value, int | float | Decimal) or not -(2**62) <= value <= 2**62:
        raise ConversionError("It must be a whole number.")
    result = round(value)
    limit = 1 << (bits - 1)
    if not -limit <= result < limit:
        raise ConversionError(f"It must be a whole number up to {limit - 1}.")
    return result


def no_number_id(clr_type: str) -> str:
    """Return PowerShell's id of a text that is to be a number of a type and is none."""
    return f"InvalidCastFromStringTo{_NO_NUMBER.get(clr_type, 'Integer')}"


def number_as(value: Any, clr_type: str) -> int | float | Decimal:
    """Return a value as a number of one .NET type, as a cast does: fractions are rounded half to even."""
    from pstui.backends.language.numbers import in_type  # PowerShell's language is seldom needed

    if isinstance(value, str):
        spelled = value.strip()
        value = shell_number(spelled) if spelled else 0
        if value is None:
            raise ConversionError("It must be a number.", error_id=no_number_id(clr_type))
    if value is not None and not isinstance(value, int | float | Decimal):
        raise ConversionError("It must be a number.")
    result = in_type(value or 0, clr_type)
    if result is None:
        raise ConversionError("The number is too large or too small for this type.")
    return result


def shell_number(text: str) -> int | float | Decimal | None:
    """Return the number that an argument of a shell would be in a line of PowerShell, None if it is none."""
    if len(text) < 10 and text.isascii() and text.isdigit():
        return int(text)
    if _LIKE_NUMBER.match(text) is None:
        return None
    from pstui.backends.language.numbers import literal_value  # PowerShell's language is seldom needed

    return literal_value(text)


def number_of(text: str) -> int | float | None:
    """Return the number that a text spells in PowerShell, None if it spells none."""
    match = _NUMBER.match(text)
    if match is None:
        return None
    unit = _UNITS[(match["unit"] or "").lower()]
    sign = -1 if match["sign"] == "-" else 1
    if match["hex"]:
        return sign * int(match["hex"], 16) * unit
    real = match["real"]
    if real.isdigit():
        return sign * int(real) * unit
    return sign * float(real) * unit


def enumeration(value: Any, type_name: str) -> str:
    """Return the name of an enumeration's value: from a name, a unique beginning of one, or a defined number."""
    names = ENUMS[type_name]
    listed = "One of: " + ", ".join(names) + "."
    if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?\d{1,9}\s*", value, re.ASCII):
        wanted = value.strip().casefold()
        exact = [name for name in names if name.casefold() == wanted]
        close = exact or [name for name in names if wanted and name.casefold().startswith(wanted)]
        if len(close) == 1:
            return close[0]
        raise ConversionError("It is the beginning of several values." if close else "There is no such value.", listed)
    if isinstance(value, int | str) and not isinstance(value, bool):
        wanted_number = int(value)
        for name, number in names.items():
            if number == wanted_number:
                return name
    raise ConversionError("There is no such value.", listed)


def guid(value: Any) -> uuid.UUID:
    """Return a Guid: 32 digits, or groups with hyphens, in braces or parentheses or bare."""
    if isinstance(value, uuid.UUID):
        return value
    match = _GUID.match(value) if isinstance(value, str) else None
    pairs = {(None, None), ("{", "}"), ("(", ")")}
    if match is None or (match["open"], match["close"]) not in pairs:
        raise ConversionError("It is not a GUID.", "A GUID looks like 12345678-1234-1234-1234-123456789abc.")
    return uuid.UUID(re.sub(rf"[^{_HEX[1:-1]}]", "", value))


def switch(value: Any) -> bool:
    """Return a switch's value: true, false, or a number. Text is refused, as PowerShell refuses it."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return bool(value)
    hint = "Write -Name alone, or -Name:$false."
    raise ConversionError("A switch takes $true or $false only.", hint, "CannotConvertArgument")


def text_of(value: Value) -> str:
    """Return a value as a String. Numbers keep their spelling; a list or an object is refused."""
    match value.value:
        case None:
            return ""
        case bool() as flag:
            return str(flag)
        case str() as text:
            return str(text)
        case int() | float() | Decimal():
            return value.text
        case uuid.UUID() as ident:
            return str(ident)
    hint = "Give one of them, without a comma."
    raise ConversionError("It takes one text, not a list or an object.", hint, "CannotConvertArgument")


def credential(value: Any) -> PSCredential | None:
    """Return a credential; a text is a user name whose password is asked later, when it is needed."""
    if value is None or isinstance(value, PSCredential):
        return value
    if isinstance(value, str):
        return PSCredential(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return PSCredential(str(value))
    raise ConversionError("It takes a user name or a credential.", "Example: -Credential 'CONTOSO\\admin'")


def session(value: Any) -> Any:
    """Return a session object as it is; anything else is refused."""
    if is_session(value) or value is None:
        return value
    raise ConversionError(
        "It takes a session itself, not a name or a number.", "Use -Name, -Id or -InstanceId for a name or number."
    )


def table(value: Any) -> dict[str, Any] | None:
    """Return a hashtable with text keys."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    raise ConversionError("It takes a hashtable.", "A hashtable looks like @{Name = 'value'}.")


def primitives(table: Any) -> Any:
    """Return a table that may travel to a server: texts, numbers, truth values, GUIDs, lists and tables of these."""
    for item in table.values() if isinstance(table, dict) else table if isinstance(table, list | tuple) else ():
        if isinstance(item, ScriptBlock | PSCredential) or is_session(item):
            raise ConversionError(
                "Only texts, numbers, $true, $false, $null, lists and hashtables of these can be sent."
            )
        primitives(item)
    return table


def script_block(value: Value) -> str:
    """Return a script block's text. From a shell any text counts; in a PowerShell line it needs its braces."""
    if isinstance(value.value, ScriptBlock):
        return str(value.value)
    if value.shell:
        return unbraced(value.text)
    raise ConversionError("It takes a script block.", "Put it in braces: { Get-Date }.")


def unbraced(text: str) -> str:
    """Return the inside of a text that is one pair of braces, otherwise the text itself."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        return text
    depth = 0
    for index, char in enumerate(inner):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return inner[1:-1].strip() if index == len(inner) - 1 else text
    return text


def items_of(value: Value) -> Sequence[Value]:
    """Return the items of a value where a list is allowed; a shell's ``a,b`` counts as two."""
    if isinstance(value.value, list | tuple):
        return [Value(item, str(item), value.shell, value.place) for item in value.value]
    if value.shell and isinstance(value.value, str) and "," in value.value:
        parts = [part.strip() for part in value.value.split(",")]
        numbers = [shell_number(part) for part in parts]
        return [
            Value(part if number is None else number, part, True, value.place)
            for part, number in zip(parts, numbers, strict=True)
        ]
    return [value]
