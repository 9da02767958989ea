"""What records say, for the lists of a session: errors and information records."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from psrpcore import types as ps
from psrpcore.types import PSCryptoProvider
from pstui.backends.psrp.clixml import parse
from pstui.backends.psrp.limits import MAX_TEXT
from pstui.backends.psrp.values import value_of
from pstui.backends.records import ErrorInfo, InformationInfo


def error_info(element: ElementTree.Element, found: Any, max_text: int | None = MAX_TEXT) -> ErrorInfo:
    """Describe an ErrorRecord: its element, and what ``values`` reads of it.

    A text of more than ``max_text`` characters is cut; what should be a text and is a list or an object is none.
    """

    def text(value: Any) -> str:
        said = "" if value is None or isinstance(value, dict | list) else str(value)
        return said if max_text is None or len(said) <= max_text else said[:max_text] + "…"

    record = found if isinstance(found, dict) else {}
    exception = record.get("Exception")
    invocation = record.get("InvocationInfo")
    details = record.get("ErrorDetails_Message")
    type_name = element.findtext("MS/Obj[@N='Exception']/TN/T") or ""
    message = text(details) or text(exception.get("Message") if isinstance(exception, dict) else exception)
    if not message:
        message = text(element.findtext("ToString"))
    if not message.strip():  # protocol-notes 3.6
        message = text(record.get("ErrorCategory_Message"))
    position = record.get("InvocationInfo_PositionMessage")
    if not position and isinstance(invocation, dict):
        position = invocation.get("PositionMessage")
    target = record.get("TargetObject")
    return ErrorInfo(
        message=message,
        exception_type=text(type_name.removeprefix("Deserialized.")),
        fully_qualified_error_id=text(record.get("FullyQualifiedErrorId")),
        category=_category(record.get("ErrorCategory_Category")),
        category_reason=text(record.get("ErrorCategory_Reason")),
        target=text(record.get("ErrorCategory_TargetName") if isinstance(target, dict | list) else target),
        position=text(position),
        stack_trace=text(record.get("ErrorDetails_ScriptStackTrace")),
        activity=text(record.get("ErrorCategory_Activity")),
        recommendation=text(record.get("ErrorDetails_RecommendedAction")),
    )


def _category(number: Any) -> str:
    if not isinstance(number, int):
        return ""
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
