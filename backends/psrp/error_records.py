"""ErrorRecords as they go back to a far end: an error to be printed there, an exception that answers a host call.

psrpcore's ErrorRecord loses what the far end's formatting looks at, so these are made of the XML itself, in the shape
that the real client sends (protocol-notes 3.6, 4.1).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from xml.etree import ElementTree

from psrpcore import types as ps
from psrpcore.types import PSObject
from pstui.backends.psrp.clixml import note_object

_EXCEPTIONS = (
    "System.Management.Automation.RuntimeException",
    "System.SystemException",
    "System.Exception",
    "System.Object",
)
_AUTOMATION = "System.Management.Automation."
#: HResult of an exception without one of its own, COR_E_EXCEPTION.
_HRESULT = -2146233087
#: ErrorCategory.OperationStopped (MS-PSRP 2.2.3.9)
_STOPPED = 14


def record_to_print(message: ElementTree.Element) -> ElementTree.Element | None:
    """Return the ErrorRecord of a PIPELINE_STATE message as the input that has the far end print it.

    The exception becomes a RemoteException which holds it. That one was not thrown by a ``throw`` here, which is what
    labels the error. None where the message has no record of the usual shape.
    """
    root = copy.deepcopy(message)
    record = root.find("MS/Obj[@N='ExceptionAsErrorRecord']")
    members = record.find("MS") if record is not None else None
    exception = members.find("*[@N='Exception']") if members is not None else None
    if record is None or members is None or exception is None:
        return None
    _spell_out_types(root)
    text = _text(record.find("ToString"))
    if not text.strip():  # protocol-notes 3.6
        text = _text(members.find("*[@N='ErrorCategory_Message']"))
    place = list(members).index(exception)
    members.remove(exception)
    invocation = members.find("*[@N='InvocationInfo']")
    if invocation is not None:
        members[list(members).index(invocation)] = _named(ElementTree.Element("Nil"), "InvocationInfo")
    free = _free_ids(root)
    remote = _object(next(free), ("RemoteException", *_EXCEPTIONS), f"{_AUTOMATION}RemoteException: {text}")
    _named(remote, "Exception")
    inner = _object(next(free), (), text)
    ElementTree.SubElement(inner, "MS").extend(copy.deepcopy(list(members)))
    ElementTree.SubElement(remote, "Props").extend(
        (
            _named(_deserialized(exception), "SerializedRemoteException"),
            _named(
                ElementTree.Element("Nil") if invocation is None else _deserialized(invocation),
                "SerializedRemoteInvocationInfo",
            ),
            _named(inner, "ErrorRecord"),
            _leaf("B", "WasThrownFromThrowStatement", "false"),
            _leaf("S", "Message", text),
            _leaf("I32", "HResult", str(_HRESULT)),
        )
    )
    members.insert(place, remote)
    record.attrib.pop("N")
    _number(record)
    return record


def _text(element: ElementTree.Element | None) -> str:
    return (element.text or "") if element is not None else ""


def _named(element: ElementTree.Element, name: str) -> ElementTree.Element:
    element.set("N", name)
    return element


def _leaf(tag: str, name: str, text: str) -> ElementTree.Element:
    made = ElementTree.Element(tag, N=name)
    made.text = text
    return made


def _object(number: str, types: tuple[str, ...], text: str) -> ElementTree.Element:
    """Return an object with these types and this text."""
    made = ElementTree.Element("Obj", RefId=number)
    if types:
        names = ElementTree.SubElement(made, "TN")
        for index, name in enumerate(types):
            ElementTree.SubElement(names, "T").text = name if index else _AUTOMATION + name
    ElementTree.SubElement(made, "ToString").text = text
    return made


def _free_ids(root: ElementTree.Element) -> Iterator[str]:
    """Yield RefIds that no object of a message has."""
    taken = {element.get("RefId") for element in root.iter("Obj")}
    number = 0
    while True:
        if str(number) not in taken:
            yield str(number)
        number += 1


def _spell_out_types(root: ElementTree.Element) -> None:
    """Put the type names in the place of each reference to them: what is moved may stand before what it refers to."""
    known = {element.get("RefId"): element for element in root.iter("TN")}
    for parent in list(root.iter()):
        for index, child in enumerate(parent):
            if child.tag == "TNRef" and (found := known.get(child.get("RefId"))) is not None:
                parent[index] = copy.deepcopy(found)


def _deserialized(element: ElementTree.Element) -> ElementTree.Element:
    """Mark what came from the far end as such, as a client does that has read it."""
    for name in element.iter("T"):
        if name.text and not name.text.startswith("Deserialized."):
            name.text = f"Deserialized.{name.text}"
    return element


def _number(root: ElementTree.Element) -> None:
    """Give each list of type names a number of its own."""
    for number, element in enumerate(root.iter("TN")):
        element.set("RefId", str(number))


def stopped_record(message: str, error_id: str, reason: str) -> PSObject:
    """Build the ErrorRecord that answers a host call with an exception (protocol-notes 4.1): OperationStopped."""
    exception = ps.NETException(Message=message, HResult=_HRESULT)
    exception.PSObject.type_names = list(dict.fromkeys((_AUTOMATION + reason, *_EXCEPTIONS)))
    return note_object(
        Exception=exception,
        TargetObject=None,
        FullyQualifiedErrorId=error_id,
        InvocationInfo=None,
        ErrorCategory_Category=_STOPPED,
        ErrorCategory_Activity="",
        ErrorCategory_Reason=reason,
        ErrorCategory_TargetName="",
        ErrorCategory_TargetType="",
        ErrorCategory_Message=f"OperationStopped: (:) [], {reason}",
        SerializeExtendedInfo=False,
    )
