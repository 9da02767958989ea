"""SOAP envelopes of WS-Management: requests written, replies read and checked (MS-WSMV, protocol-notes 6.7)."""

from __future__ import annotations

import math
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.target import ENVELOPE, WSManOptions
from pypsrp.wsman import NAMESPACES, OptionSet, SelectorSet, WSMan

#: bytes of an envelope around its payload, and a margin for long names
_AROUND = 4096
_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
SHELL_RESOURCE = _SHELL
COMMAND_RESOURCE = f"{_SHELL}/Command"
PWSH = NAMESPACES["pwsh"]

for _prefix, _uri in NAMESPACES.items():
    ET.register_namespace(_prefix, _uri)


def rsp(name: str) -> str:
    """Return the tag of an element of the shell's namespace."""
    return f"{{{NAMESPACES['rsp']}}}{name}"


def _wsmv(name: str) -> str:
    return f"{{{NAMESPACES['wsmv']}}}{name}"


_MUST_UNDERSTAND = f"{{{NAMESPACES['s']}}}mustUnderstand"


@dataclass(frozen=True, slots=True)
class Request:
    """A request written once.

    ``data`` is sent first and ``again`` after it got lost: the same bytes, with the mark that tells the service to
    look for the operation it may have begun already, and to answer as it would have (MS-WSMV 3.1.4.1.39).
    """

    message_id: str
    data: bytes
    #: seconds the service may take before it answers with a time-out fault
    patience: float | None

    @property
    def again(self) -> bytes:
        """The bytes to send after the first ones got lost."""
        head, mark, rest = self.data.partition(_ONCE)
        return head + _AGAIN + rest if mark else self.data

    @property
    def modest(self) -> bytes:
        """The bytes to send to a service that does not know a header it was told to understand: it may pass it over."""
        header, mark, rest = self.data.partition(b":Header>")
        inside, end, body = rest.partition(b":Header>")
        return header + mark + inside.replace(b'mustUnderstand="true"', b'mustUnderstand="false"') + end + body


#: kinds of requests whose frame is kept, of all sessions
MAX_TEMPLATES = 128
#: the marks in a frame for what differs between requests; no name and no address contains a bar
_MESSAGE, _OPERATION, _BODY = b"|message|", b"|operation|", b"|body|"
_SESSION, _SHELL_ID = b"|SESSION|", b"|shell|"
_ONCE = b'OperationID s:mustUnderstand="false"'
_AGAIN = b'OperationID s:mustUnderstand="true"'


class _Endpoint:
    """What pypsrp's headers ask of a transport: the address."""

    def __init__(self, url: str) -> None:
        self.endpoint = url


class _Headers(WSMan):
    """pypsrp's headers, for one address and one way of telling language and size."""

    def __init__(self, url: str, locale: str, data_locale: str, size: int) -> None:
        self.session_id = _SESSION.decode()
        self.locale, self.data_locale, self.max_envelope_size = locale, data_locale, size
        self.operation_timeout = 180
        self.transport = _Endpoint(url)  # type: ignore[assignment]  # its address is all the headers are made of


@lru_cache(MAX_TEMPLATES)
def _frame(
    told: tuple[str, str, str, int],
    action: str,
    resource: str,
    has_shell: bool,
    options: tuple[tuple[str, str, bool], ...],
    seconds: str,
) -> tuple[bytes, bytes]:
    """Return what comes before and after the body of such a request, with marks for its ids.

    It is the same for each session to an address, and writing it costs more than a request.
    """
    selectors = SelectorSet() if has_shell else None
    if selectors is not None:
        selectors.add_option("ShellId", _SHELL_ID.decode())
    chosen = OptionSet() if options else None
    for name, value, must in options:
        assert chosen is not None
        chosen.add_option(name, value, {"MustComply": "true"} if must else None)
    _, header = _Headers(*told)._create_header(
        action,
        resource,
        chosen,
        selectors,
        seconds,  # type: ignore[arg-type]  # written as it is, so that parts of a second pass
    )
    message = header.find("wsa:MessageID", NAMESPACES)
    assert message is not None
    message.text = _MESSAGE.decode()
    operation = ET.SubElement(header, _wsmv("OperationID"), {_MUST_UNDERSTAND: "false"})
    operation.text = _OPERATION.decode()
    ET.SubElement(header, _wsmv("SequenceId"), {_MUST_UNDERSTAND: "false"}).text = "1"
    envelope = ET.Element(f"{{{NAMESPACES['s']}}}Envelope")
    envelope.append(header)
    ET.SubElement(envelope, f"{{{NAMESPACES['s']}}}Body").text = _BODY.decode()
    head, _, tail = ET.tostring(envelope, encoding="utf-8", xml_declaration=False).partition(_BODY)
    return head, tail


class Envelopes:
    """Writes and reads the envelopes of one session: they all have the same session id, which Reconnect needs."""

    def __init__(self, url: str, options: WSManOptions) -> None:
        self._session = str(uuid.uuid4()).upper().encode()
        self._told = (url, options.ui_culture, options.culture, max(ENVELOPE, options.envelope or 0))

    def request(
        self,
        action: str,
        resource: str,
        body: ET.Element | None = None,
        *,
        shell_id: str = "",
        options: Sequence[tuple[str, str, bool]] = (),
        patience: float | None = 180.0,
    ) -> Request:
        """Write a request. ``options`` are (name, value, must comply); ``patience`` as in Request."""
        head, tail = _frame(self._told, action, resource, bool(shell_id), tuple(options), _whole(patience))
        message_id = f"uuid:{str(uuid.uuid4()).upper()}"
        operation_id = f"uuid:{str(uuid.uuid4()).upper()}"
        content = b"" if body is None else ET.tostring(body, encoding="utf-8", xml_declaration=False)
        for mark, text in (
            (_MESSAGE, message_id.encode()),
            (_SESSION, self._session),
            (_SHELL_ID, shell_id.encode()),
            (_OPERATION, operation_id.encode()),
        ):
            head = head.replace(mark, text, 1)
        return Request(message_id, head + content + tail, patience)

    def read(self, request: Request, reply: bytes) -> ET.Element:
        """Return the body of a reply. Raises Fault, or BadReply for what is not an answer to this request."""
        # base64 and escaped text hold neither, so that nothing honest is refused.
        if b"<!" in reply or reply[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in reply[:64]:
            raise faults.BadReply("the service sent XML with declarations, which are not allowed here")
        try:
            root = ET.fromstring(reply)  # noqa: S314  declarations are refused above
        except (ET.ParseError, ValueError, LookupError) as error:  # the latter for an unknown encoding
            raise faults.BadReply(f"the service sent XML that cannot be read: {error}") from error
        fault = root.find("s:Body/s:Fault", NAMESPACES)
        if fault is not None:
            raise _fault(fault)
        relates = root.findtext("s:Header/wsa:RelatesTo", "", NAMESPACES)
        if relates.casefold() != request.message_id.casefold():
            raise faults.BadReply("the service answered another request than the one that was sent")
        body = root.find("s:Body", NAMESPACES)
        if body is None:
            raise faults.BadReply("the service sent an envelope without a body")
        return body


def payload_size(envelope: int) -> int:
    """Return how many bytes of fragments one envelope of this size takes, written in base64."""
    return max(1024, (envelope - _AROUND) // 4 * 3)


def _whole(seconds: float | None) -> str:
    if seconds is None:
        return "2147483.647"
    return str(int(seconds)) if seconds == int(seconds) else f"{math.ceil(seconds * 1000) / 1000:.3f}"


def _fault(fault: ET.Element) -> faults.Fault:
    subcode = fault.findtext("s:Code/s:Subcode/s:Value", "", NAMESPACES)
    general = fault.findtext("s:Code/s:Value", "", NAMESPACES)
    if not subcode or general.rpartition(":")[2].strip() == "MustUnderstand":  # a code of SOAP's own, whatever follows
        subcode = general
    reason = fault.findtext("s:Reason/s:Text", "", NAMESPACES)
    provider = ""
    code = 0
    detail = fault.find("s:Detail/wsmanfault:WSManFault", NAMESPACES)
    if detail is not None:
        code = _number(detail.get("Code"))
        message = detail.find("wsmanfault:Message", NAMESPACES)
        if message is not None:
            reason = (message.text or "").strip() or reason
            inner = message.find("wsmanfault:ProviderFault", NAMESPACES)
            if inner is not None:
                provider = " ".join("".join(inner.itertext()).split())
                nested = inner.find("wsmanfault:WSManFault", NAMESPACES)
                code = code or (_number(nested.get("Code")) if nested is not None else 0)
    return faults.Fault(faults.signed(code), " ".join(reason.split()), provider, subcode.rpartition(":")[2].strip())


def _number(text: str | None) -> int:
    try:
        number = int((text or "0")[:11])
    except ValueError:
        return 0
    return number if abs(number) < 2**32 else 0


def texts(element: ET.Element) -> Mapping[str, str]:
    """Return the texts of an element's children by their names without namespace."""
    return {child.tag.rpartition("}")[2]: (child.text or "").strip()[:4096] for child in element}
