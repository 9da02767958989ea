"""The verbs of a remote shell as WinRM takes them, and what its answers say (MS-WSMV 3.1.4, semantics 6.7)."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from pstui.backends.transports import wsman_faults as faults
from pstui.backends.transports.wsman_envelope import (
    COMMAND_RESOURCE,
    PWSH,
    SHELL_RESOURCE,
    Envelopes,
    Request,
    rsp,
    texts,
)
from pstui.backends.transports.wsman_options import Settings
from pypsrp.wsman import NAMESPACES, SelectorSet, WSManAction

#: the misspelling is the protocol's: any other code closes the command (semantics 7 no. 59)
STOP = "powershell/signal/crtl_c"
TERMINATE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate"
#: longest history text that is told as the command line (semantics 6.7)
MAX_LINE = 255
#: shells taken from one answer
MAX_SHELLS = 1000

_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?\Z")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ShellInfo:
    """A shell as the service describes it. Times are in seconds; ``state`` is Connected or Disconnected."""

    shell_id: uuid.UUID
    name: str
    resource_uri: str
    state: str
    owner: str = ""
    idle_timeout: float = 0.0
    max_idle_timeout: float = 0.0
    buffer_mode: str = ""
    locale: str = ""
    inactivity: float = 0.0


@dataclass(frozen=True, slots=True)
class Received:
    """What one Receive brought: fragments in order, and whether the command is over."""

    chunks: tuple[bytes, ...]
    is_done: bool


class Verbs:
    """Writes the requests for one shell. Ids go upper-case, as the real client writes them."""

    def __init__(self, envelopes: Envelopes, settings: Settings, shell_id: uuid.UUID, resource: str) -> None:
        self._envelopes, self._settings, self._resource = envelopes, settings, resource
        self.shell_id = str(shell_id).upper()

    def create(self, opening: bytes, protocol: str, name: str) -> Request:
        """Return the request that makes the shell; ``opening`` are the pool's first fragments."""
        shell = ET.Element(rsp("Shell"), {"ShellId": self.shell_id, **({"Name": _text(name)} if name else {})})
        if self._settings.idle_timeout is not None:
            _add(shell, "IdleTimeOut", f"PT{self._settings.idle_timeout:.3f}S")
        if self._settings.buffering:
            _add(shell, "BufferMode", self._settings.buffering)
        _add(shell, "InputStreams", "stdin pr")
        _add(shell, "OutputStreams", "stdout")
        ET.SubElement(shell, "creationXml", xmlns=PWSH).text = _base64(opening)
        options = [("protocolversion", protocol, True)]
        if self._settings.no_profile:
            options.append(("WINRS_NOPROFILE", "1", True))
        return self._envelopes.request(
            WSManAction.CREATE, self._resource, shell, options=options, patience=self._settings.open_timeout
        )

    def command(self, command_id: uuid.UUID, first: bytes, line: str) -> Request:
        """Return the request that begins a command with its first fragments."""
        body = ET.Element(rsp("CommandLine"), {"CommandId": _id(command_id)})
        _add(body, "Command", _text(line)[:MAX_LINE] or " ")
        _add(body, "Arguments", _base64(first))
        return self._shell(WSManAction.COMMAND, body)

    def send(self, command_id: uuid.UUID | None, data: bytes, stream: str) -> Request:
        """Return the request that sends fragments on ``stdin`` or ``pr`` (answers to host calls)."""
        body = ET.Element(rsp("Send"))
        element = ET.SubElement(body, rsp("Stream"), {"Name": stream})
        if command_id is not None:
            element.set("CommandId", _id(command_id))
        element.text = _base64(data)
        return self._shell(WSManAction.SEND, body)

    def receive(self, command_id: uuid.UUID | None) -> Request:
        """Return the request that waits for output."""
        body = ET.Element(rsp("Receive"))
        stream = _add(body, "DesiredStream", "stdout")
        if command_id is not None:
            stream.set("CommandId", _id(command_id))
        return self._envelopes.request(
            WSManAction.RECEIVE,
            self._resource,
            body,
            shell_id=self.shell_id,
            options=[("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "True", False)],
            patience=self._settings.receive_timeout,
        )

    def signal(self, command_id: uuid.UUID, code: str) -> Request:
        """Return the request that stops or closes a command."""
        body = ET.Element(rsp("Signal"), {"CommandId": _id(command_id)})
        _add(body, "Code", code)
        return self._shell(WSManAction.SIGNAL, body, self._settings.cancel_timeout)

    def delete(self) -> Request:
        """Return the request that ends the shell."""
        return self._shell(WSManAction.DELETE, None, self._settings.cancel_timeout)

    def get(self, patience: float) -> Request:
        """Return the request that asks for the shell's state."""
        return self._envelopes.request(WSManAction.GET, SHELL_RESOURCE, shell_id=self.shell_id, patience=patience)

    def disconnect(self, idle_timeout: float | None = None, buffering: str = "") -> Request:
        """Return the request that lets go of the shell and leaves it running."""
        body = ET.Element(rsp("Disconnect"))
        if idle_timeout is not None:
            _add(body, "IdleTimeOut", f"PT{idle_timeout:.3f}S")
        if buffering:
            _add(body, "BufferMode", buffering)
        return self._shell(WSManAction.DISCONNECT, body)

    def reconnect(self) -> Request:
        """Return the request by which the client that let go of a shell takes it again."""
        return self._shell(WSManAction.RECONNECT, ET.Element(rsp("Reconnect")))

    def connect(self, opening: bytes, protocol: str) -> Request:
        """Return the request by which another client takes a disconnected shell."""
        body = ET.Element(rsp("Connect"))
        ET.SubElement(body, "connectXml", xmlns=PWSH).text = _base64(opening)
        return self._envelopes.request(
            WSManAction.CONNECT,
            self._resource,
            body,
            shell_id=self.shell_id,
            options=[("protocolversion", protocol, True)],
            patience=self._settings.open_timeout,
        )

    def connect_command(self, command_id: uuid.UUID) -> Request:
        """Return the request that takes over a command of a shell that was connected."""
        return self._shell(WSManAction.CONNECT, ET.Element(rsp("Connect"), {"CommandId": _id(command_id)}))

    def _shell(self, action: str, body: ET.Element | None, patience: float | None = 0.0) -> Request:
        wait = self._settings.operation_timeout if patience == 0.0 else patience
        return self._envelopes.request(action, self._resource, body, shell_id=self.shell_id, patience=wait)


def enumerate_shells(envelopes: Envelopes, patience: float | None) -> Request:
    """Return the request for the list of every shell that this user may see."""
    return envelopes.request(WSManAction.ENUMERATE, SHELL_RESOURCE, _enumerate(), patience=patience)


def enumerate_commands(envelopes: Envelopes, shell_id: uuid.UUID, patience: float | None) -> Request:
    """Return the request for the list of a shell's commands."""
    body = _enumerate()
    dialect = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
    chosen = ET.SubElement(body, _wsman("Filter"), {"Dialect": dialect})
    selectors = SelectorSet()
    selectors.add_option("ShellId", _id(shell_id))
    chosen.append(selectors.pack())
    return envelopes.request(WSManAction.ENUMERATE, COMMAND_RESOURCE, body, patience=patience)


def _enumerate() -> ET.Element:
    body = ET.Element(f"{{{NAMESPACES['wsen']}}}Enumerate")
    ET.SubElement(body, _wsman("OptimizeEnumeration"))
    ET.SubElement(body, _wsman("MaxElements")).text = "32000"
    return body


def received(body: ET.Element) -> Received:
    """Read a ReceiveResponse. Raises BadReply."""
    response = body.find("rsp:ReceiveResponse", NAMESPACES)
    if response is None:
        raise faults.BadReply("the service answered a Receive with something else")
    chunks = [decoded(stream.text) for stream in response.findall("rsp:Stream", NAMESPACES) if stream.text]
    state = response.find("rsp:CommandState", NAMESPACES)
    return Received(tuple(chunks), state is not None and state.get("State", "").endswith("/Done"))


def connect_answer(body: ET.Element) -> bytes:
    """Return the fragments of a ConnectResponse. Raises BadReply."""
    return decoded(body.findtext("rsp:ConnectResponse/pwsh:connectResponseXml", "", NAMESPACES))


def shells(body: ET.Element) -> list[ShellInfo]:
    """Read the shells of an EnumerateResponse or a GetResponse; those that cannot be read are left out."""
    items = [
        *body.findall("wsen:EnumerateResponse/wsman:Items/rsp:Shell", NAMESPACES),
        *body.findall("rsp:Shell", NAMESPACES),
    ]
    return [found for item in items[:MAX_SHELLS] if (found := _shell_info(item)) is not None]


def commands(body: ET.Element) -> list[uuid.UUID]:
    """Return the ids of an EnumerateResponse's commands."""
    items = body.findall("wsen:EnumerateResponse/wsman:Items/rsp:Command/rsp:CommandId", NAMESPACES)
    return [found for item in items[:MAX_SHELLS] if (found := _uuid(item.text or "")) is not None]


def _shell_info(element: ET.Element) -> ShellInfo | None:
    told = texts(element)
    shell_id = _uuid(told.get("ShellId", ""))
    if shell_id is None:
        return None
    return ShellInfo(
        shell_id,
        told.get("Name", "") or element.get("Name", ""),
        told.get("ResourceUri", ""),
        told.get("State", ""),
        told.get("Owner", ""),
        seconds(told.get("IdleTimeOut", "")),
        seconds(told.get("MaxIdleTimeOut", "")),
        told.get("BufferMode", ""),
        told.get("Locale", ""),
        seconds(told.get("ShellInactivity", "")),
    )


def seconds(text: str) -> float:
    """Return an XML duration in seconds, 0 for one that cannot be read."""
    found = _DURATION.match(text)
    if found is None:
        return 0.0
    try:
        days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    except ValueError:
        return 0.0
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def decoded(text: str | None) -> bytes:
    """Decode base64 strictly. Raises BadReply."""
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise faults.BadReply("the service sent data that is not base64") from error


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, rsp(name))
    element.text = text
    return element


def _wsman(name: str) -> str:
    return f"{{{NAMESPACES['wsman']}}}{name}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _id(number: uuid.UUID) -> str:
    return str(number).upper()


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _text(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_XML.sub(" ", text)
