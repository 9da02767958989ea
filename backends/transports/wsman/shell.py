"""The requests of a remote shell as WinRM takes them, and what its answers say (MS-WSMV 3.1.4, protocol-notes 6.7).

Shells and their commands are listed by Enumerate (protocol-notes 5.4).
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass

from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.envelope import (
    COMMAND_RESOURCE,
    PWSH,
    SHELL_RESOURCE,
    Envelopes,
    Request,
    rsp,
    texts,
)
from pstui.backends.transports.wsman.target import WSManOptions
from pypsrp.wsman import NAMESPACES, SelectorSet, WSManAction

#: the misspelling is the protocol's: any other code closes the command (protocol-notes 6.7)
STOP = "powershell/signal/crtl_c"
TERMINATE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate"
#: longest history text that is told as the command line (protocol-notes 6.7)
MAX_LINE = 255

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ReceiveResponse:
    """What one Receive brought: fragments in order, and whether the command is over."""

    chunks: tuple[bytes, ...]
    is_done: bool


class ShellRequests:
    """Writes the requests for one shell. Ids go upper-case, as the real client writes them.

    Services of Windows 7's age give shells and commands ids of their own; they are learnt from their answers.
    """

    def __init__(self, envelopes: Envelopes, options: WSManOptions, shell_id: uuid.UUID, resource: str) -> None:
        self._envelopes, self._options, self._resource = envelopes, options, resource
        self.shell_id = str(shell_id).upper()
        self._given: dict[uuid.UUID, str] = {}

    def created(self, body: ET.Element) -> None:
        """Learn the shell's id from the answer to Create. Raises BadReply."""
        found = body.find(".//wsman:SelectorSet/wsman:Selector[@Name='ShellId']", NAMESPACES)
        if found is not None and found.text:
            self.shell_id = _checked(found.text)

    def began(self, command_id: uuid.UUID, body: ET.Element) -> None:
        """Learn a command's id from the answer to Command. Raises BadReply."""
        found = body.findtext("rsp:CommandResponse/rsp:CommandId", "", NAMESPACES)
        if found and found.upper() != _id(command_id):
            self._given[command_id] = _checked(found)

    def ended(self, command_id: uuid.UUID) -> None:
        """Forget a command."""
        self._given.pop(command_id, None)

    def _name(self, command_id: uuid.UUID) -> str:
        return self._given.get(command_id) or _id(command_id)

    def create(self, opening: bytes, protocol: str, name: str) -> Request:
        """Return the request that makes the shell; ``opening`` are the pool's first fragments."""
        shell = ET.Element(rsp("Shell"), {"ShellId": self.shell_id, **({"Name": _text(name)} if name else {})})
        if self._options.idle_timeout is not None:
            _add(shell, "IdleTimeOut", f"PT{self._options.idle_timeout:.3f}S")
        if self._options.buffering:
            _add(shell, "BufferMode", self._options.buffering)
        _add(shell, "InputStreams", "stdin pr")
        _add(shell, "OutputStreams", "stdout")
        ET.SubElement(shell, "creationXml", xmlns=PWSH).text = _base64(opening)
        options = [("protocolversion", protocol, True)]
        if self._options.no_profile:
            options.append(("WINRS_NOPROFILE", "1", True))
        return self._envelopes.request(
            WSManAction.CREATE, self._resource, shell, options=options, patience=self._options.open_timeout
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
            element.set("CommandId", self._name(command_id))
        element.text = _base64(data)
        return self._shell(WSManAction.SEND, body)

    def receive(self, command_id: uuid.UUID | None) -> Request:
        """Return the request that waits for output."""
        body = ET.Element(rsp("Receive"))
        stream = _add(body, "DesiredStream", "stdout")
        if command_id is not None:
            stream.set("CommandId", self._name(command_id))
        return self._envelopes.request(
            WSManAction.RECEIVE,
            self._resource,
            body,
            shell_id=self.shell_id,
            options=[("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "True", False)],
            patience=self._options.receive_timeout,
        )

    def signal(self, command_id: uuid.UUID, code: str) -> Request:
        """Return the request that stops or closes a command."""
        body = ET.Element(rsp("Signal"), {"CommandId": self._name(command_id)})
        _add(body, "Code", code)
        return self._shell(WSManAction.SIGNAL, body, self._options.cancel_timeout)

    def delete(self) -> Request:
        """Return the request that ends the shell."""
        return self._shell(WSManAction.DELETE, None, self._options.cancel_timeout)

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
            patience=self._options.open_timeout,
        )

    def connect_command(self, command_id: uuid.UUID) -> Request:
        """Return the request that takes over a command of a shell that was connected."""
        return self._shell(WSManAction.CONNECT, ET.Element(rsp("Connect"), {"CommandId": _id(command_id)}))

    def _shell(self, action: str, body: ET.Element | None, patience: float | None = 0.0) -> Request:
        wait = self._options.operation_timeout if patience == 0.0 else patience
        return self._envelopes.request(action, self._resource, body, shell_id=self.shell_id, patience=wait)


def read_receive_response(body: ET.Element) -> ReceiveResponse:
    """Read a ReceiveResponse. Raises BadReply."""
    response = body.find("rsp:ReceiveResponse", NAMESPACES)
    if response is None:
        raise faults.BadReply("the service answered a Receive with something else")
    chunks = [decoded(stream.text) for stream in response.findall("rsp:Stream", NAMESPACES) if stream.text]
    state = response.find("rsp:CommandState", NAMESPACES)
    return ReceiveResponse(tuple(chunks), state is not None and state.get("State", "").endswith("/Done"))


def connect_answer(body: ET.Element) -> bytes:
    """Return the fragments of a ConnectResponse. Raises BadReply."""
    return decoded(body.findtext("rsp:ConnectResponse/pwsh:connectResponseXml", "", NAMESPACES))


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


def _checked(text: str) -> str:
    """Return an id that the service gave, if it is one. Raises BadReply."""
    text = text.strip()
    if not re.fullmatch(r"[0-9A-Za-z{}-]{1,64}", text):
        raise faults.BadReply("the service gave an invalid id")
    return text


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _id(number: uuid.UUID) -> str:
    return str(number).upper()


def _text(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_XML.sub(" ", text)


#: shells taken from one service, and answers that they may be spread over
MAX_SHELLS, MAX_PAGES = 1000, 100

#: seconds, more than any service keeps a shell: what is beyond is as good as for ever
LONGEST = 1e10

_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?\Z")


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


async def list_shells(client: Client) -> list[ShellInfo]:
    """Return every shell that this user may see. Raises WSManFailure."""
    found = await _enumerate(client, SHELL_RESOURCE, "Shell", None)
    listed = [shell for item in found if (shell := _shell_info(item)) is not None]
    if found and not listed:
        raise _not_understood("shell")
    return listed


async def list_commands(client: Client, shell_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the ids of the commands of a shell that output may still come from. Raises WSManFailure."""
    found = await _enumerate(client, COMMAND_RESOURCE, "Command", shell_id)
    ids = [_uuid(texts(item).get("CommandId", "")) for item in found]
    return [one for one in ids if one is not None]


async def _enumerate(client: Client, resource: str, item: str, shell_id: uuid.UUID | None) -> list[ET.Element]:
    patience = client.endpoint.options.operation_timeout
    body = ET.Element(_wsen("Enumerate"))
    ET.SubElement(body, _wsman("OptimizeEnumeration"))
    ET.SubElement(body, _wsman("MaxElements")).text = "32000"
    if shell_id is not None:
        dialect = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
        chosen = ET.SubElement(body, _wsman("Filter"), {"Dialect": dialect})
        selectors = SelectorSet()
        selectors.add_option("ShellId", str(shell_id).upper())
        chosen.append(selectors.pack())
    action, found = WSManAction.ENUMERATE, list[ET.Element]()
    for _ in range(MAX_PAGES):
        answer = await client.call(client.envelopes.request(action, resource, body, patience=patience))
        page = next(iter(answer), None)
        if page is None:
            raise faults.BadReply("the service answered an Enumerate with nothing")
        found += _items(page, item)
        context = next((one.text for one in _named(page, "EnumerationContext")), "")
        ended = bool(_named(page, "EndOfSequence"))
        if ended or not context or len(found) >= MAX_SHELLS:
            break
        action, body = WSManAction.PULL, ET.Element(_wsen("Pull"))
        ET.SubElement(body, _wsen("EnumerationContext")).text = context
        ET.SubElement(body, _wsen("MaxElements")).text = "32000"
    return found[:MAX_SHELLS]


def shells(body: ET.Element) -> list[ShellInfo]:
    """Read the shells that a CreateResponse or a GetResponse describes."""
    return [found for item in _named(body, "Shell") if (found := _shell_info(item)) is not None]


def _named(parent: Iterable[ET.Element], name: str) -> list[ET.Element]:
    """Return the children of a name: Windows has them in its shell's namespace, other services in CIM's."""
    return [child for child in parent if child.tag.rpartition("}")[2] == name]


def _items(page: ET.Element, name: str) -> list[ET.Element]:
    """Return the items of a page of an enumeration. Raises BadReply where it lists something else."""
    listed = [item for items in _named(page, "Items") for item in items]
    # With their addresses, each stands in an Item of its own (DSP0226, 8.7).
    listed = [inner for item in listed for inner in (item if _named([item], "Item") else (item,))]
    found = _named(listed, name)
    told = any(_named(page, each) for each in ("Items", "EndOfSequence", "EnumerationContext"))
    if (listed and not found) or (len(page) and not told):
        raise _not_understood(name.lower())
    return found


def _not_understood(what: str) -> faults.BadReply:
    return faults.BadReply(f"the service lists its {what}s in a form that pstui does not understand")


def _shell_info(element: ET.Element) -> ShellInfo | None:
    told = texts(element)
    shell_id = _uuid(told.get("ShellId", "") or element.get("ShellId", ""))
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
    return min(LONGEST, ((days * 24 + hours) * 60 + minutes) * 60 + rest)


def _wsen(name: str) -> str:
    return f"{{{NAMESPACES['wsen']}}}{name}"


def _wsman(name: str) -> str:
    return f"{{{NAMESPACES['wsman']}}}{name}"


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
