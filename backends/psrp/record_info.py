"""What records say, for the lists of a session: errors and information records."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from psrpcore import types as ps
from psrpcore.types import PSCryptoProvider
from pstui.backends.psrp.clixml import parse
from pstui.backends.psrp.values import value_of
from pstui.backends.records import ErrorInfo, InformationInfo


def error_info(element: ElementTree.Element, found: Any) -> ErrorInfo:
    """Describe an ErrorRecord: its element, and what ``values`` reads of it."""
    record = found if isinstance(found, dict) else {}
    exception = record.get("Exception")
    invocation = record.get("InvocationInfo")
    details = record.get("ErrorDetails_Message")
    type_name = element.findtext("MS/Obj[@N='Exception']/TN/T") or ""
    message = details or (exception.get("Message") if isinstance(exception, dict) else exception)
    if not message:
        message = element.findtext("ToString") or ""
    if not str(message).strip():  # protocol-notes 3.6
        message = record.get("ErrorCategory_Message") or ""
    position = record.get("InvocationInfo_PositionMessage")
    if not position and isinstance(invocation, dict):
        position = invocation.get("PositionMessage")
    target = record.get("TargetObject")
    return ErrorInfo(
        message=str(message),
        exception_type=type_name.removeprefix("Deserialized."),
        fully_qualified_error_id=str(record.get("FullyQualifiedErrorId") or ""),
        category=_category(record.get("ErrorCategory_Category")),
        category_reason=str(record.get("ErrorCategory_Reason") or ""),
        target=str(record.get("ErrorCategory_TargetName") if isinstance(target, dict | list) else target or ""),
        position=str(position or ""),
        stack_trace=str(record.get("ErrorDetails_ScriptStackTrace") or ""),
        activity=str(record.get("ErrorCategory_Activity") or ""),
        recommendation=str(record.get("ErrorDetails_RecommendedAction") or ""),
    )


def _category(number: Any) -> str:
    try:
        return str(ps.ErrorCategory(number).name)
    except ValueError:
        return ""


def information_info(body: bytes) -> InformationInfo | None:
    """Describe an INFORMATION record as it came, or return None when it cannot be read."""
    try:
        found = value_of(parse(body), PSCryptoProvider())
    except Exception:  # a record that is never shown again unless someone asks for it may be as wrong as it likes
        return None
    if not isinstance(found, dict):
        return None
    data, tags = found.get("MessageData"), found.get("Tags")
    message = data.get("Message") if isinstance(data, dict) and "Message" in data else data
    return InformationInfo(
        message=str(message if message is not None else ""),
        source=str(found.get("Source") or ""),
        time=str(found.get("TimeGenerated") or ""),
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        user=str(found.get("User") or ""),
        computer=str(found.get("Computer") or ""),
    )
