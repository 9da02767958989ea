"""psrpcore's server pool, mended where real clients need it, and a client's requests as plain records.

Versions are negotiated truthfully up to 2.4 (protocol-notes 3.7), where a SecureString travels plain in the transport
(protocol-notes 4.8). The facts of a client's console are read here, because a real Unix client sends console colours
of -1, which psrpcore refuses. Each pipeline numbers its host calls."""

from __future__ import annotations

import base64
import re
import struct
import uuid
from dataclasses import dataclass, field
from typing import Any, cast

from psrpcore import PSRPPayload, ServerPipeline, ServerRunspacePool, StreamType
from psrpcore.types import (
    ApplicationPrivateData,
    PSCryptoProvider,
    PSRPMessageType,
    PSVersion,
    RunspacePoolState,
    SessionCapability,
)
from pstui.backends.errors import ProtocolError
from pstui.backends.psrp.fragments import Message, refragmented
from pstui.backends.transports.outofproc import MAX_PAYLOAD

#: the width that a client without a console gets
DEFAULT_WIDTH = 120


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a client tells of its console: ``width`` and ``height`` in cells, -1 colours being the terminal's own."""

    width: int = DEFAULT_WIDTH
    height: int = 50
    foreground: int = -1
    background: int = -1
    title: str = ""
    is_null: bool = False


@dataclass(frozen=True, slots=True)
class CommandCall:
    """One command of a CREATE_PIPELINE: a name or script text, arguments as (name, value) pairs, merge rules."""

    text: str
    is_script: bool
    arguments: tuple[tuple[str | None, Any], ...] = ()
    merges_error: bool = False
    claims_errors: bool = False


@dataclass(frozen=True, slots=True)
class PipelineRequest:
    """A CREATE_PIPELINE as the endpoint needs it: statements of commands (protocol-notes 3.4)."""

    statements: tuple[tuple[CommandCall, ...], ...]
    no_input: bool = True
    history: str = ""
    add_to_history: bool = False
    #: None means the pool's own host
    host: HostFacts | None = None


def read_host(info: Any) -> HostFacts | None:
    """Read a HostInfo; None when the client wants the pool's host used or has none to describe."""
    data = getattr(getattr(info, "_hostDefaultData", None), "data", None)
    if info is None or getattr(info, "_useRunspaceHost", False):
        return None
    if not isinstance(data, dict):
        return HostFacts(is_null=bool(getattr(info, "_isHostNull", True)))

    def value(key: int) -> Any:
        return getattr(data.get(key), "V", None)

    size = value(5) or value(6)
    window = value(6) or size
    return HostFacts(
        width=_clamp(getattr(size, "width", DEFAULT_WIDTH), 20, 1000, DEFAULT_WIDTH),
        height=_clamp(getattr(window, "height", 50), 5, 1000, 50),
        foreground=_clamp(value(0), -1, 15, -1),
        background=_clamp(value(1), -1, 15, -1),
        title=str(value(9) or "")[:200],
    )


def _clamp(value: Any, low: int, high: int, default: int) -> int:
    if not isinstance(value, int) or (value == 0 and low > 0):
        return default
    return max(low, min(high, int(value)))


def read_request(raw: Any) -> PipelineRequest:
    """Read a CREATE_PIPELINE. Attributes that are missing raise AttributeError, which ``accept`` turns into refusal."""
    shell = raw.PowerShell
    extra = getattr(shell, "ExtraCmds", None)
    batches = [item.Cmds for item in extra] if extra else [shell.Cmds]
    return PipelineRequest(
        statements=tuple(tuple(_command(command) for command in batch) for batch in batches),
        no_input=bool(raw.NoInput),
        history=str(getattr(shell, "History", None) or ""),
        add_to_history=bool(getattr(raw, "AddToHistory", False)),
        host=read_host(getattr(raw, "HostInfo", None)),
    )


def _command(raw: Any) -> CommandCall:
    pairs = tuple((None if item.N is None else str(item.N), item.V) for item in raw.Args)
    claims = int(getattr(raw, "MergePreviousResults", 0) or 0)
    mine = int(getattr(raw, "MergeError", 0) or 0) or int(getattr(raw, "MergeMyResult", 0) or 0) & 2
    return CommandCall(
        text=str(raw.Cmd),
        is_script=bool(raw.IsScript),
        arguments=pairs,
        merges_error=bool(mine),
        claims_errors=bool(claims),
    )


#: PowerShell itself stops near 50 levels of objects, each of which is up to four elements deep here
MAX_DEPTH = 200
#: elements of one message
MAX_ELEMENTS = 200_000

_TAG = re.compile(rb"<(/?)[A-Za-z][^<>]*?(/?)>")
_FRAGMENT = struct.Struct(">QQBI")
_MESSAGE = struct.Struct("<II16s16s")
_PROTOCOLS = ("2.0", "2.1", "2.2", "2.3", "2.4")

#: what a client may send to a pool or a pipeline (protocol-notes 3.8)
FROM_CLIENT = frozenset(
    {
        PSRPMessageType.SessionCapability,
        PSRPMessageType.InitRunspacePool,
        PSRPMessageType.PublicKey,
        PSRPMessageType.SetMaxRunspaces,
        PSRPMessageType.SetMinRunspaces,
        PSRPMessageType.GetAvailableRunspaces,
        PSRPMessageType.ResetRunspaceState,
        PSRPMessageType.RunspacePoolHostResponse,
        PSRPMessageType.CreatePipeline,
        PSRPMessageType.GetCommandMetadata,
        PSRPMessageType.PipelineInput,
        PSRPMessageType.EndOfPipelineInput,
        PSRPMessageType.PipelineHostResponse,
    }
)


class PlainCipher(PSCryptoProvider):
    """Protocol 2.4: a SecureString is base64 of its UTF-16 text, protected by the transport alone."""

    def decrypt(self, value: str) -> str:
        """Return the text of a SecureString as received."""
        return base64.b64decode(value).decode("utf-16-le", errors="surrogatepass")

    def encrypt(self, value: str) -> str:
        """Return a text as a SecureString to send."""
        return base64.b64encode(value.encode("utf-16-le", errors="surrogatepass")).decode()

    def register_key(self, key: bytes) -> None:
        """There is no key at 2.4; psrpcore's base class asks for the method."""


@dataclass(slots=True)
class PoolState:
    """What was agreed at opening."""

    host: HostFacts = field(default_factory=HostFacts)
    application_arguments: dict[str, Any] = field(default_factory=dict)


class DemoPool(ServerRunspacePool):
    """A server pool that reads hosts leniently; ``facts`` holds what the client said at opening."""

    def __init__(self, private_data: dict[str, Any]) -> None:
        super().__init__(private_data)
        self.facts = PoolState()
        self._received = 0
        self.requests: dict[uuid.UUID, PipelineRequest] = {}

    @property
    def protocol(self) -> str:
        """The version agreed on, as ``"2.3"``."""
        return str(self.our_capability.protocolversion)

    def accept(self, message: Message) -> Any:
        """Let psrpcore process one whole message and return its event. Raises ProtocolError for what it cannot take."""
        try:
            kind = PSRPMessageType(message.type)
        except ValueError:
            raise ProtocolError("a message of an unknown kind") from None
        if kind not in FROM_CLIENT:
            raise ProtocolError(f"a client may not send {kind.name}")
        if kind != PSRPMessageType.SessionCapability and message.pool_id != self.runspace_pool_id:
            raise ProtocolError("a message for another runspace pool")
        check_size(message.body)
        self._received += 1
        self.receive_data(PSRPPayload(refragmented(message, self._received, for_server=True), StreamType.default, None))
        try:
            return self.next_event()
        except ProtocolError:
            raise
        except Exception as error:
            # Whatever psrpcore raises over hostile content (KeyError, AttributeError, ParseError, RecursionError),
            # the content is at fault; its text may hold secrets and is left out.
            raise ProtocolError(f"{kind.name} cannot be read ({type(error).__name__})") from None

    def drain(self) -> list[tuple[uuid.UUID | None, bytes]]:
        """Return what psrpcore wants to send, as (pipeline, fragments of at most MAX_PAYLOAD bytes)."""
        payloads = []
        while (payload := self.data_to_send(MAX_PAYLOAD)) is not None:
            payloads.append((payload.pipeline_id, payload.data))
        return payloads

    def raw_fragments(self, kind: PSRPMessageType, pipeline_id: uuid.UUID, body: bytes) -> list[bytes]:
        """Frame a ready CLIXML body without psrpcore's serializer: the way of the messages that come in thousands."""
        message = _MESSAGE.pack(1, kind.value, self.runspace_pool_id.bytes_le, pipeline_id.bytes_le) + body
        object_id = self._fragment_counter
        room = MAX_PAYLOAD - _FRAGMENT.size
        if len(message) <= room:
            return [_FRAGMENT.pack(object_id, 0, 3, len(message)) + message]
        pieces = [message[at : at + room] for at in range(0, len(message), room)]
        last = len(pieces) - 1
        return [
            _FRAGMENT.pack(object_id, number, (number == 0) | (number == last) << 1, len(piece)) + piece
            for number, piece in enumerate(pieces)
        ]

    @property
    def has_key(self) -> bool:
        """True when the client can read a SecureString: at 2.4, or after the key exchange."""
        return self.protocol == "2.4" or self._key_requested

    def _process_SessionCapability(self, event: Any) -> None:
        theirs = str(event.protocol_version)
        known = theirs in _PROTOCOLS
        if not known and not theirs.startswith("2."):
            raise ProtocolError(f"protocol {theirs} is not supported")
        if str(event.serialization_version) != "1.1.0.1":
            raise ProtocolError("that serialization version is not supported")
        ours = theirs if known else _PROTOCOLS[-1]
        self.our_capability = SessionCapability(
            PSVersion=PSVersion("2.0"),
            protocolversion=PSVersion(ours),
            SerializationVersion=PSVersion("1.1.0.1"),
        )
        if ours == "2.4":
            self._cipher = cast(Any, PlainCipher())
        table = self.application_private_data.get("PSVersionTable")
        if isinstance(table, dict):
            table["PSRemotingProtocolVersion"] = PSVersion(ours)
        super()._process_SessionCapability(event)

    def _process_InitRunspacePool(self, event: Any) -> None:
        if self.their_capability is None:
            raise ProtocolError("a pool cannot be opened before the versions are agreed")
        raw = event._ps_object
        self.facts.host = read_host(getattr(raw, "HostInfo", None)) or HostFacts()
        arguments = getattr(raw, "ApplicationArguments", None)
        if isinstance(arguments, dict):
            self.facts.application_arguments = arguments
        self._max_runspaces = int(raw.MaxRunspaces)
        self._min_runspaces = int(raw.MinRunspaces)
        self.prepare_private_data()

    def prepare_private_data(self) -> None:
        """Queue APPLICATION_PRIVATE_DATA and the Opened state, the end of the opening."""
        self.prepare_message(ApplicationPrivateData(ApplicationPrivateData=self.application_private_data))
        self._change_state(RunspacePoolState.Opened)

    def finish(self) -> None:
        """Queue the Closing and Closed states, the end of an orderly session (protocol-notes 2.8)."""
        self._change_state(RunspacePoolState.Closing)
        self._change_state(RunspacePoolState.Closed)

    def _process_GetCommandMetadata(self, event: Any) -> None:
        """Nothing to keep: the endpoint reads the event itself."""

    def _process_CreatePipeline(self, event: Any) -> None:
        if event.pipeline_id not in self.pipeline_table:
            raise ProtocolError("a pipeline without a command channel")
        self.requests[event.pipeline_id] = read_request(event._ps_object)


def new_pipeline(pool: DemoPool, pipeline_id: uuid.UUID) -> ServerPipeline:
    """Make the pipeline object that must exist before its first message."""
    return ServerPipeline(pool, pipeline_id)


def check_size(body: bytes) -> None:
    """Refuse declarations, deep nesting and floods of elements before a parser sees them. Raises ProtocolError."""
    if b"<!" in body or b"<?" in body:
        raise ProtocolError("a message holds more than plain elements")
    depth = 0
    for count, tag in enumerate(_TAG.finditer(body)):
        if tag[1]:
            depth -= 1
        elif not tag[2]:
            depth += 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise ProtocolError("a message is nested too deeply or holds too much")
