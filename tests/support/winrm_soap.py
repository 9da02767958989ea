"""The envelopes of WS-Management as the test endpoint reads and writes them, and its faults with their codes."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "pwsh": "http://schemas.microsoft.com/powershell",
    "cfg": "http://schemas.microsoft.com/wbem/wsman/1/config",
}
SHELL = NS["rsp"]
ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_PREFIXES = " ".join(f'xmlns:{name}="{NS[name]}"' for name in ("s", "a", "x", "n", "w", "p", "rsp"))
_MUST_UNDERSTAND = f"{{{NS['s']}}}mustUnderstand"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z")

# The names are those of wsmerror.h and winerror.h, without their prefix.
ACCESS_DENIED = 5
INVALID_DATA = 13
OPERATION_ABORTED = 995
INTERNAL_ERROR = 1359
INVALID_HEADER = 2150858767
ACTION_NOT_SUPPORTED = 2150858771
OPERATION_TIMEDOUT = 2150858793
INVALID_RESOURCE_URI = 2150858811
SERVER_ENVELOPE_LIMIT = 2150858825
UNEXPECTED_SELECTORS = 2150858843
RECEIVE_IN_PROGRESS = 2150859047
QUOTA_MAX_SHELLS = 2150859173
SHELL_DISCONNECTED = 2150859204
CLIENTSESSIONID_MISMATCH = 2150859206
CONNECTED_TO_DIFFERENT_CLIENT = 2150859213
DISCONNECT_NOT_VALID = 2150859215
RECONNECT_NOT_VALID = 2150859216
COMMAND_ID_CONFLICT = 2150859222
SHELL_ID_CONFLICT = 2150859223
STREAM_DISCONNECTED = 2150859230
IDLETIMEOUT_OUTOFBOUNDS = 2150859250


class Fault(Exception):
    """A request ends in a SOAP fault with a code of WinRM. ``sender`` blames the client."""

    def __init__(self, code: int, message: str, subcode: str = "w:InternalError", *, sender: bool = True) -> None:
        super().__init__(message)
        self.code, self.message, self.subcode, self.sender = code, message, subcode, sender


@dataclass(frozen=True, slots=True)
class Request:
    """One request envelope. ``timeout`` is the OperationTimeout in seconds, ``max_envelope`` is in bytes."""

    action: str
    message_id: str
    resource_uri: str = ""
    session_id: str = ""
    operation_id: str = ""
    repeats: bool = False
    sequence_id: str = ""
    timeout: float = 60.0
    max_envelope: int = 153600
    locale: str = "en-US"
    data_locale: str = "en-US"
    selectors: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    body: ElementTree.Element | None = None

    @property
    def verb(self) -> str:
        """The last part of the action: Create, Receive, …"""
        return self.action.rpartition("/")[2]


def seconds(text: str, what: str = "OperationTimeout") -> float:
    """Return an XML duration in seconds. Raises Fault."""
    found = _DURATION.match(text)
    if found is None:
        raise Fault(INVALID_HEADER, f"The {what} {text} cannot be read.", "a:InvalidMessageInformationHeader")
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def duration(value: float) -> str:
    """Return seconds as the shell's descriptions write them."""
    return f"PT{value:.3f}S"


def read_request(data: bytes) -> Request:
    """Read an envelope. Raises Fault, ElementTree.ParseError."""
    root = ElementTree.fromstring(data)
    header, body = root.find("s:Header", NS), root.find("s:Body", NS)
    if header is None or body is None:
        raise Fault(INVALID_HEADER, "The envelope has no header or no body.", "a:InvalidMessageInformationHeader")

    def text(name: str) -> str:
        return (header.findtext(name, "", NS) or "").strip()

    def language(name: str) -> str:
        found = header.find(name, NS)
        return "en-US" if found is None else found.get("{http://www.w3.org/XML/1998/namespace}lang", "en-US")

    operation = header.find("p:OperationID", NS)
    timeout = text("w:OperationTimeout")
    return Request(
        action=text("a:Action"),
        message_id=text("a:MessageID"),
        resource_uri=text("w:ResourceURI"),
        session_id=text("p:SessionId").upper(),
        operation_id="" if operation is None else (operation.text or "").strip(),
        repeats=operation is not None and operation.get(_MUST_UNDERSTAND, "") in ("true", "1"),
        sequence_id=text("p:SequenceId"),
        timeout=seconds(timeout) if timeout else 60.0,
        max_envelope=int(text("w:MaxEnvelopeSize") or 153600),
        locale=language("w:Locale"),
        data_locale=language("p:DataLocale"),
        selectors={one.get("Name", ""): one.text or "" for one in header.findall("w:SelectorSet/w:Selector", NS)},
        options={one.get("Name", ""): one.text or "" for one in header.findall("w:OptionSet/w:Option", NS)},
        body=next(iter(body), None),
    )


def envelope(request: Request | None, action: str, body: str) -> bytes:
    """Write a response to ``request``; ``body`` is ready XML."""
    extra = ""
    if request is not None and request.operation_id:
        extra = (
            f'<p:OperationID s:mustUnderstand="false">{escape(request.operation_id)}</p:OperationID>'
            f"<p:SequenceId>{escape(request.sequence_id or '1')}</p:SequenceId>"
        )
    relates = "" if request is None else f"<a:RelatesTo>{escape(request.message_id)}</a:RelatesTo>"
    return (
        f'<s:Envelope xml:lang="en-US" {_PREFIXES}><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>{extra}<a:To>{ANONYMOUS}</a:To>{relates}"
        f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault_envelope(request: Request | None, fault: Fault) -> bytes:
    """Write a fault in answer to ``request``, which is None when it could not be read."""
    message = escape(fault.message)
    detail = (
        f'<f:WSManFault xmlns:f="{NS["f"]}" Code="{fault.code}" Machine="127.0.0.1">'
        f"<f:Message>{message}</f:Message></f:WSManFault>"
    )
    body = (
        f"<s:Fault><s:Code><s:Value>s:{'Sender' if fault.sender else 'Receiver'}</s:Value>"
        f"<s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{message}</s:Text></s:Reason><s:Detail>{detail}</s:Detail></s:Fault>'
    )
    home = NS["a"] if fault.subcode.startswith("a:") else "http://schemas.dmtf.org/wbem/wsman/1/wsman"
    return envelope(request, f"{home}/fault", body)


def element(name: str, content: str = "", **attributes: str) -> str:
    """Write one element; ``content`` is ready XML."""
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value)
    return f"<{name}{written}>{content}</{name}>"


def decoded(text: str | None) -> bytes:
    """Return base64 as bytes. Raises Fault."""
    try:
        return base64.b64decode(text or "", validate=True)
    except binascii.Error:
        raise Fault(INVALID_DATA, "The data is invalid.") from None


def content(body: ElementTree.Element, name: str) -> bytes:
    """Return the decoded content of an element within ``body``, ``b""`` without one. Raises Fault."""
    found = body.find(name, NS)
    return decoded(None if found is None else found.text)
