"""Values to what travels, and back: psrpcore objects for everything, ready CLIXML for the lines sent in thousands."""

from __future__ import annotations

import base64
import datetime
import re
from typing import Any

from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorDetails,
    ErrorRecord,
    NETException,
    PSCredential,
    PSDateTime,
    PSDouble,
    PSDuration,
    PSInt64,
    PSObject,
    PSSecureString,
    add_note_property,
)
from pstui.backends.demo.language.errors import ErrorInfo
from pstui.backends.demo.language.values import (
    CUSTOM_OBJECT,
    Credential,
    ScriptBlock,
    SecureText,
    Thing,
    is_list,
    to_text,
)

#: nesting of an object beyond which its text is sent, as PowerShell's serialization depth does
MAX_DEPTH = 6
MAX_LIST = 100_000

_ESCAPED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff&<>]|_(?=x[0-9A-Fa-f]{4}_)", re.IGNORECASE)
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_": "_x005F_"}
_LINE = (
    '<Obj RefId="0"><MS><I64 N="ci">-100</I64><Obj N="mi" RefId="1"><TN RefId="0">'
    "<T>System.Management.Automation.Remoting.RemoteHostMethodId</T><T>System.Enum</T><T>System.ValueType</T>"
    "<T>System.Object</T></TN><ToString>WriteLine2</ToString><I32>16</I32></Obj>"
    '<Obj N="mp" RefId="2"><TN RefId="1"><T>System.Collections.ArrayList</T><T>System.Object</T></TN>'
    "<LST><S>%s</S></LST></Obj></MS></Obj>"
)


def escape(text: str) -> str:
    """Escape a string for CLIXML: XML's own characters, and what XML cannot hold as ``_xHHHH_``."""
    return _ESCAPED.sub(lambda found: _NAMED.get(found[0]) or f"_x{ord(found[0]):04X}_", text)


def line_call(text: str) -> bytes:
    """Return the body of a WriteLine2 host call."""
    return (_LINE % escape(text)).encode()


def primitive(value: Any) -> bytes | None:
    """Return the body of a PIPELINE_OUTPUT for the plainest values, None for all others."""
    if type(value) is str:
        return f"<S>{escape(value)}</S>".encode()
    if type(value) is int and -(2**63) <= value < 2**63:
        tag = "I32" if -(2**31) <= value < 2**31 else "I64"
        return f"<{tag}>{value}</{tag}>".encode()
    if type(value) is bool:
        return b"<B>true</B>" if value else b"<B>false</B>"
    if type(value) is bytes:
        return b"<BA>%b</BA>" % base64.b64encode(value)
    return None


def encode(value: Any, depth: int = 0, *, secrets: bool = False) -> Any:
    """Return a value as psrpcore serializes it; without ``secrets`` the client has no key: a secret goes as a name."""
    match value:
        case None | bool() | str() | bytes():
            return value
        case int():
            return value if -(2**31) <= value < 2**31 else PSInt64(value)
        case float():
            return PSDouble(value)
        case datetime.datetime():
            return PSDateTime(*value.timetuple()[:6], value.microsecond, tzinfo=value.tzinfo)
        case datetime.timedelta():
            return PSDuration(value)
        case SecureText():
            return PSSecureString(value.value) if secrets else to_text(value)
        case Credential():
            return _credential(value, secrets)
        case ErrorInfo():
            return error_record(value)
        case Thing() if depth < MAX_DEPTH:
            return encode_thing(value, depth, secrets=secrets)
        case dict() if depth < MAX_DEPTH:
            return {to_text(key): encode(item, depth + 1, secrets=secrets) for key, item in value.items()}
        case ScriptBlock():
            return value.text
    if is_list(value) and depth < MAX_DEPTH and len(value) <= MAX_LIST:
        return [encode(item, depth + 1, secrets=secrets) for item in value]
    return to_text(value)


def _credential(value: Credential, secrets: bool) -> Any:
    password = encode(value.password, secrets=secrets)
    if secrets:
        return PSCredential(UserName=value.user_name, Password=password)
    return bare(UserName=value.user_name, Password=password)


def bare(**fields: Any) -> PSObject:
    """Return an object without type names, as the protocol's own structures are."""
    made = PSObject()
    made.PSObject.type_names = []
    for name, item in fields.items():
        add_note_property(made, name, item)
    return made


def encode_thing(value: Thing, depth: int, *, secrets: bool = False) -> PSObject:
    """Return an object with its type names and properties."""
    made = PSObject()
    made.PSObject.type_names = list(value.type_names)
    if value.text is not None:
        made.PSObject.to_string = value.text
    for name, item in value.properties.items():
        add_note_property(made, name, encode(item, depth + 1, secrets=secrets))
    return made


def error_record(info: ErrorInfo) -> ErrorRecord:
    """Return an ErrorRecord as a real server sends one."""
    exception = NETException(Message=info.message, HResult=-2146233087)
    names = [info.type_name]
    if not info.exception_type:
        names += ["System.Management.Automation.RuntimeException", "System.SystemException"]
    exception.PSObject.type_names = list(dict.fromkeys([*names, "System.Exception", "System.Object"]))
    exception.PSObject.to_string = f"{info.type_name}: {info.message}"
    target = to_text(info.target)
    kind = type(info.target).__name__
    type_name = "" if info.target is None else {"str": "String", "int": "Int32"}.get(kind, kind)
    category = ErrorCategoryInfo(
        Category=ErrorCategory[info.category],
        Activity=info.command,
        Reason=info.reason,
        TargetName=target,
        TargetType=type_name,
    )
    category.PSObject.to_string = f"{info.category}: ({target}:{type_name}) [{info.command}], {info.reason}"
    record = ErrorRecord(
        Exception=exception,
        CategoryInfo=category,
        TargetObject=encode(info.target),
        FullyQualifiedErrorId=info.error_id,
        ErrorDetails=ErrorDetails(Message=info.message, RecommendedAction=info.recommendation)
        if info.recommendation
        else None,
    )
    record.PSObject.to_string = info.message
    return record


def decode(value: Any, depth: int = 0) -> Any:
    """Return a client's value in the endpoint's own types."""
    match value:
        case None | bool():
            return value
        case PSSecureString():
            return SecureText(str(value.decrypt()))
        case PSCredential():
            return Credential(str(value.UserName), SecureText(str(value.Password.decrypt())))
        case ErrorRecord():
            return _decode_error(value)
        case datetime.datetime():
            return datetime.datetime(*value.timetuple()[:6], value.microsecond, value.tzinfo)
        case datetime.timedelta():
            return datetime.timedelta(seconds=value.total_seconds())
        case str():
            return str(value)
        case bytes():
            return bytes(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case dict() if depth < MAX_DEPTH:
            return {to_text(decode(k, depth + 1)): decode(v, depth + 1) for k, v in value.items()}
        case list() if depth < MAX_DEPTH:
            return [decode(item, depth + 1) for item in value]
        case PSObject() if depth < MAX_DEPTH:
            return _decode_object(value, depth)
    return str(value)


def _decode_error(record: ErrorRecord) -> ErrorInfo:
    message = getattr(record.ErrorDetails, "Message", None) or getattr(record.Exception, "Message", None) or ""
    return ErrorInfo(
        str(message) or str(record.PSObject.to_string or ""),
        str(record.FullyQualifiedErrorId or ""),
        record.CategoryInfo.Category.name,
        str(record.CategoryInfo.Reason or "RuntimeException"),
        came_back=True,
    )


def _decode_object(value: PSObject, depth: int) -> Thing:
    info = value.PSObject
    members = [*info.adapted_properties, *info.extended_properties]
    properties = {str(member.name): decode(member.get_value(value), depth + 1) for member in members}
    text = info.to_string
    return Thing(tuple(map(str, info.type_names)) or CUSTOM_OBJECT, properties, None if text is None else str(text))
