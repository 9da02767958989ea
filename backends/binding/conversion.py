"""One argument made ready for its parameter: converted, validated, or refused with PowerShell's id."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pstui.backends.binding import errors, values
from pstui.backends.binding import session_options as binding_options
from pstui.backends.binding.context import BindContext, ScriptBlock
from pstui.backends.binding.parameters import Cmdlet, Parameter
from pstui.backends.binding.values import ConversionError, Value
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError

#: types that a shell's argument can only be through an expression in its text
_OBJECTS = ("Hashtable", "PSPrimitiveDictionary", "PSSessionOption", "PSSession", "PSCredential", "Object", "PSObject")
#: types that a script block is converted to, or is
_TAKE_SCRIPTS = ("String", "ScriptBlock", "PSObject", "Object[]")
#: types that a list can be
_TAKE_LISTS = ("Object[]", "PSObject", "Hashtable", "PSPrimitiveDictionary", "SwitchParameter")
_VARIABLE = re.compile(r"\+?(?:(?:script|global|local|private|variable):)?[^:+][^:]*\Z", re.IGNORECASE)


def bind_value(cmdlet: Cmdlet, parameter: Parameter, value: Value, context: BindContext, *, mandatory: bool) -> Any:
    """Return the final value of one parameter. Raises CallError."""
    if parameter.common and value.value is None:
        return _common_null(cmdlet, parameter)
    try:
        result = _convert(parameter, value, context)
    except ConversionError as error:
        hint = error.hint
        if isinstance(value.value, str) and error.error_id == values.NO_MESSAGE and not hint:
            hint = f"Given: {errors.quoted(value.text)}."
        raise errors.not_convertible(cmdlet, parameter.name, error.error_id, error.why, hint) from None
    _validate(cmdlet, parameter, result)
    if mandatory and result == ():
        raise errors.empty_mandatory(cmdlet, parameter.name)
    if result is None:
        if mandatory:
            raise errors.null_mandatory(cmdlet, parameter.name)
        if _is_value_type(parameter.type):
            raise errors.excluded(cmdlet, parameter.name, "It must not be nothing.", "Leave it out, or give a value.")
    return result


def _is_value_type(type_name: str) -> bool:
    """True for a type that nothing cannot be put into (measured with the common parameters)."""
    return type_name in ("Int32", "Guid") or type_name in values.ENUMS


def _common_null(cmdlet: Cmdlet, parameter: Parameter) -> Any:
    """Return what $null means to a common parameter, as measured: fine for switches and variables only."""
    if parameter.type == "ActionPreference":
        raise errors.excluded(cmdlet, parameter.name, "It must not be nothing.")
    if parameter.type == "Int32":
        raise errors.invalid_argument(cmdlet, parameter.name, "It must not be nothing.")
    return False if parameter.is_switch else None


def _convert(parameter: Parameter, value: Value, context: BindContext) -> Any:
    value = _evaluated(parameter.type, value, context)
    if value.value == [] and not parameter.type.endswith("[]"):
        value = Value(None, value.text, value.shell, value.place)  # what a call without a result gives
    if value.value is None and (parameter.type == "String" or _is_value_type(parameter.type)):
        return None
    if value.value is None and parameter.type == "PSCredential" and _must_somewhere(parameter):
        return PSCredential("")  # asked for, name and password, as PowerShell does
    if parameter.type.endswith("[]") and parameter.type != "Object[]":
        if value.value is None:
            return None
        return tuple(_scalar(parameter.type[:-2], item) for item in values.items_of(value))
    return _scalar(parameter.type, value)


def _must_somewhere(parameter: Parameter) -> bool:
    return any(use.mandatory for use in parameter.sets.values())


def _evaluated(type_name: str, value: Value, context: BindContext) -> Value:
    """Read a shell's text as an expression where the parameter takes an object and the text is not one by itself."""
    text = value.value
    if not (value.shell and isinstance(text, str) and type_name.removesuffix("[]") in _OBJECTS):
        return value
    if not text.lstrip().startswith(("@{", "(", "$", "@(")):
        return value
    try:
        return Value(context.evaluate(text, context), text, False, value.place)
    except CallError as error:
        error.hint = f"{error.hint} A shell must be given the whole value in one pair of quotes.".strip()
        raise


def _scalar(type_name: str, value: Value) -> Any:
    if isinstance(value.value, ScriptBlock) and type_name not in _TAKE_SCRIPTS:
        raise ConversionError("It takes no script block.", "Put the value in quotes instead of braces.")
    if isinstance(value.value, list | tuple) and type_name not in _TAKE_LISTS:
        why = f"It takes one, and {len(value.value)} are given."
        raise ConversionError(why, "Name one of them, such as $m[0].", "CannotConvertArgument")
    if type_name in values.ENUMS:
        return values.enumeration(value.value, type_name)
    if type_name == "Object[]":
        if value.value is None:
            return None  # no arguments at all, not one that is nothing
        items = [item.value for item in values.items_of(value)]
        return tuple(items)
    return _CONVERSIONS[type_name](value)


def _uri(value: Value) -> str:
    text = values.text_of(value).strip()
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[/?#:]|\Z)", text):
        raise ConversionError("The address has no host.")
    return text


def _session_option(value: Value) -> dict[str, Any] | None:
    if value.value is None:
        return None
    if isinstance(value.value, SessionOption):
        return dict(value.value)
    if not isinstance(value.value, dict):
        raise ConversionError(
            "It takes session options.", "Write (New-PSSessionOption -SkipCACheck) or @{OpenTimeout = '00:00:30'}."
        )
    return binding_options.from_table(value.value)


def _object(value: Value) -> Any:
    """Return what a shell's argument is as an object: with commas a list, as an argument of PowerShell's is."""
    items = values.items_of(value)
    return value.value if len(items) == 1 and items[0] is value else [item.value for item in items]


class SessionOption(dict[str, Any]):
    """Session options that New-PSSessionOption made: by property name, times in ms, nothing left to convert."""


_CONVERSIONS: dict[str, Callable[[Value], Any]] = {
    "String": values.text_of,
    "Int32": lambda value: values.integer(value.value),
    "Guid": lambda value: values.guid(value.text if value.shell else value.value),
    "Uri": _uri,
    "SwitchParameter": lambda value: values.switch(value.value),
    "PSCredential": lambda value: values.credential(value.value if not _is_number(value.value) else value.text),
    "PSSession": lambda value: values.session(value.value),
    "PSSessionOption": _session_option,
    "Hashtable": lambda value: values.table(value.value),
    "PSPrimitiveDictionary": lambda value: values.primitives(values.table(value.value)),
    "CultureInfo": lambda value: binding_options.culture(value.value),
    "ScriptBlock": values.script_block,
    "PSObject": _object,
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _validate(cmdlet: Cmdlet, parameter: Parameter, result: Any) -> None:
    """Apply the validation attributes, and the checks of the properties behind common parameters."""
    for rule in parameter.validation:
        why = _broken(rule, result)
        if why:
            raise errors.invalid_argument(cmdlet, parameter.name, why)
    if parameter.type == "ActionPreference" and result == "Suspend":
        raise errors.excluded(cmdlet, parameter.name, "Suspend is for workflows only.")


def _broken(rule: str, result: Any) -> str:
    name, _, rest = rule.partition(" ")
    match name:
        case "Range":
            low, high = map(int, rest.split(".."))
            each = result if isinstance(result, tuple) else (result,)
            if not all(isinstance(one, int) and low <= one <= high for one in each):
                return f"It must lie between {low} and {high}."
        case "Set":
            if str(result).casefold() not in rest.casefold().split(","):
                return f"It can only be {' or '.join(rest.split(','))}; leave the parameter out otherwise."
        case "ValidateNotNull" if result is None or (isinstance(result, tuple) and None in result):
            return "It must not be nothing."
        case "ValidateNotNullOrEmpty" if _is_empty(result):
            return "It must not be empty."
        case "ValidateVariableName" if not (isinstance(result, str) and _VARIABLE.match(result)):
            return "It must be the name of a variable."
    return ""


def _is_empty(result: Any) -> bool:
    if isinstance(result, tuple):
        # an empty hashtable in a list is for the cmdlet itself to refuse (measured with -SSHConnection)
        return not result or any(_is_empty(item) for item in result if not isinstance(item, dict))
    return result is None or (isinstance(result, str | dict) and len(result) == 0)


def check_authentication(cmdlet: Cmdlet, bound: dict[str, Any], name: str) -> None:
    """Refuse what excludes each other, on the parameter bound last (protocol-notes 1.7). Raises CallError."""
    if name not in ("Credential", "Authentication", "CertificateThumbprint"):
        return
    thumbprint, credential = bound.get("CertificateThumbprint"), bound.get("Credential")
    mechanism = bound.get("Authentication", "Default")
    why = exclusion(thumbprint, credential, mechanism)
    if why:
        raise errors.excluded(cmdlet, name, why, "Leave one of the two out.")


def exclusion(thumbprint: object, credential: object, mechanism: object) -> str:
    """Return why these three cannot be used together, empty if they can."""
    if thumbprint and credential is not None:
        return "A certificate and a credential exclude each other."
    if thumbprint and mechanism != "Default":
        return f"A certificate is a way to sign in by itself; it excludes -Authentication {mechanism}."
    if mechanism == "NegotiateWithImplicitCredential" and credential is not None:
        return "NegotiateWithImplicitCredential uses the account you are signed in with and takes no credential."
    return ""
