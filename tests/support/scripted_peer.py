"""A server of the remoting protocol for dialogues: "when the client runs X, do Y", every fault on demand.

It is a ``Channel`` in memory, so that the whole engine above it is real. It reads the client as strictly as the
stand-in for recordings does and writes its own CLIXML, so that engine and peer share no code that could be wrong twice.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.sessions.interactive import InteractiveSession
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import registry
from pstui.backends.transports.outofproc import OutOfProcTransport

from tests.support.replay_clixml import read
from tests.support.replay_wire import (
    MAX_PAYLOAD,
    ZERO,
    Assembler,
    Element,
    Message,
    data_element,
    empty_element,
    encode_message,
    parse_element,
    parse_message,
)
from tests.support.scripted_console import ScriptedConsole

Action = Callable[["ScriptedPeer", uuid.UUID], None]
COMPLETED, STOPPED, FAILED = 4, 3, 5


def members(**values: str) -> str:
    """Return an object with these properties; each value is CLIXML whose first tag gets the name."""
    named = [re.sub(r"^<(\w+)", rf'<\1 N="{name}"', value) for name, value in values.items()]
    return f'<Obj RefId="0"><MS>{"".join(named)}</MS></Obj>'


def error_record(message: str, error_id: str = "Oops", reason: str = "RuntimeException") -> str:
    """Return an ErrorRecord to stand in a state message."""
    return (
        '<Obj RefId="90"><TN RefId="90"><T>System.Management.Automation.ErrorRecord</T><T>System.Object</T></TN>'
        f'<ToString>{escape(message)}</ToString><MS><Obj N="Exception" RefId="91"><TN RefId="91">'
        "<T>System.Management.Automation.RemoteException</T><T>System.Exception</T><T>System.Object</T></TN>"
        f'<ToString>{escape(message)}</ToString><Props><S N="Message">{escape(message)}</S></Props></Obj>'
        f'<Nil N="TargetObject" /><S N="FullyQualifiedErrorId">{error_id}</S><Nil N="InvocationInfo" />'
        f'<I32 N="ErrorCategory_Category">0</I32><S N="ErrorCategory_Activity"></S>'
        f'<S N="ErrorCategory_Reason">{reason}</S><S N="ErrorCategory_TargetName"></S>'
        '<S N="ErrorCategory_TargetType"></S><S N="ErrorCategory_Message"></S>'
        '<B N="SerializeExtendedInfo">false</B></MS></Obj>'
    )


def stop_event(message: str = "", breakpoints: tuple[str, ...] = ()) -> Action:
    """Return the action that reports a stop in the debugger, at breakpoints on these commands."""
    hit = "".join(
        f'<Obj RefId="{30 + index}"><MS><I32 N="Id">{index}</I32><S N="Command">{name}</S></MS></Obj>'
        for index, name in enumerate(breakpoints)
    )
    arguments = (
        '<Obj RefId="20"><LST><Obj RefId="21"><MS>'
        f'<Obj N="Breakpoints" RefId="22"><LST>{hit}</LST></Obj>'
        '<Obj N="SerializedInvocationInfo" RefId="23"><MS>'
        f'<S N="InvocationInfo_PositionMessage">{escape(message)}</S></MS></Obj></MS></Obj></LST></Obj>'
    )
    return event("PSInternalRemoteDebuggerStopEvent", arguments)


def event(source: str, arguments: str) -> Action:
    """Return the action that sends an event of the far end's own."""
    body = members(**{"PSEventArgs.SourceIdentifier": f"<S>{source}</S>", "PSEventArgs.SourceArgs": arguments})
    return lambda peer, guid: peer.say("USER_EVENT", body)


def resumes(action: str) -> list[Action]:
    """Return what a debugger's command does that lets the script run again."""
    command = members(ResumeAction=f"<S>{action}</S>", RepeatOnEnter="<B>true</B>", ExecutedByDebugger="<B>true</B>")
    return [output(command), state(COMPLETED)]


def state(number: int, error: str = "") -> Action:
    """Return the action that ends the pipeline in a state."""
    return lambda peer, guid: peer.state(guid, number, error)


def output(clixml: str) -> Action:
    """Return the action that sends one output object."""
    return lambda peer, guid: peer.say("PIPELINE_OUTPUT", clixml, guid)


def call(number: int, *arguments: str, ci: int = -100) -> Action:
    """Return the action that makes a host call; ``arguments`` are CLIXML."""
    return lambda peer, guid: peer.host_call(number, arguments, ci, guid)


def line(text: str) -> Action:
    """Return the action that writes a line on the host."""
    return call(16, f"<S>{escape(text)}</S>")


def raw(data: bytes) -> Action:
    """Return the action that sends bytes as they are."""
    return lambda peer, guid: peer.raw(data)


def end(peer: ScriptedPeer, guid: uuid.UUID) -> None:
    """The far end is gone."""
    peer.raw(b"")


@dataclass
class ScriptedPeer:
    """The far end. ``heard`` lists what the client did, in order; ``quiet`` names acknowledgements never sent.

    ``commands`` maps a command's name, or a script's text, to what is done when it is run; anything else completes.
    """

    version: str = "2.4"
    ps_version: str = "2.0"
    serialization: str = "1.1.0.1"
    opens: bool = True
    commands: dict[str, list[Action]] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    #: the INIT_RUNSPACEPOOL and the CREATE_PIPELINE messages, as read
    opened: dict[str, Any] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    on_answer: Action | None = None
    on_signal: list[Action] = field(default_factory=lambda: [state(STOPPED)])
    pool_id: uuid.UUID = ZERO
    stopped: bool = False
    _out: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    _object_id: int = 0
    _rest: bytes = b""
    _assemblers: dict[tuple[uuid.UUID, str], Assembler] = field(default_factory=dict)
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.commands.setdefault("prompt", [output("<S>PS&gt; </S>"), state(COMPLETED)])

    # the Channel

    async def read(self) -> bytes:
        return await self._out.get()

    async def write(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for text in lines:
            self._element(parse_element(text.decode()))
        self._told.set()

    async def stop(self) -> None:
        self.stopped = True
        self.raw(b"")

    def ending(self) -> str:
        return ""

    async def until(self, text: str) -> None:
        """Wait until the client has done something."""
        async with asyncio.timeout(10):
            while not any(text in entry for entry in self.heard):
                self._told.clear()
                await self._told.wait()

    # what it says

    def raw(self, data: bytes) -> None:
        """Send bytes; none means the end."""
        self._out.put_nowait(data)

    def say(
        self,
        name: str,
        clixml: str,
        guid: uuid.UUID = ZERO,
        *,
        pool: uuid.UUID | None = None,
        pipeline: uuid.UUID | None = None,
        size: int = MAX_PAYLOAD,
    ) -> None:
        """Send one message, with other ids in its header if given."""
        self._object_id += 1
        message = Message(name, pool or self.pool_id, guid if pipeline is None else pipeline, clixml)
        for fragment in encode_message(message, self._object_id, size):
            self.raw(data_element(guid, fragment))

    def fragment(self, guid: uuid.UUID, payload: bytes) -> None:
        """Send fragments made elsewhere."""
        self.raw(data_element(guid, payload))

    def state(self, guid: uuid.UUID, number: int, error: str = "") -> None:
        """Send the state of a pipeline, or of the pool."""
        which = "RunspaceState" if guid == ZERO else "PipelineState"
        record = error.replace("<Obj ", '<Obj N="ExceptionAsErrorRecord" ', 1)
        body = f'<Obj RefId="0"><MS><I32 N="{which}">{number}</I32>{record}</MS></Obj>'
        self.say("RUNSPACEPOOL_STATE" if guid == ZERO else "PIPELINE_STATE", body, guid)

    def host_call(self, number: int, arguments: tuple[str, ...], ci: int, guid: uuid.UUID) -> None:
        """Send a host call to the pipeline, or to the pool."""
        body = (
            f'<Obj RefId="0"><MS><I64 N="ci">{ci}</I64><Obj N="mi" RefId="1"><TN RefId="0">'
            "<T>System.Management.Automation.Remoting.RemoteHostMethodId</T><T>System.Enum</T></TN>"
            f'<I32>{number}</I32></Obj><Obj N="mp" RefId="2"><TN RefId="1"><T>System.Collections.ArrayList</T>'
            f"<T>System.Object</T></TN><LST>{''.join(arguments)}</LST></Obj></MS></Obj>"
        )
        self.say("RUNSPACEPOOL_HOST_CALL" if guid == ZERO else "PIPELINE_HOST_CALL", body, guid)

    def acknowledge(self, name: str, guid: uuid.UUID) -> None:
        """Send an acknowledgement unless it is to be kept back."""
        if name not in self.quiet:
            self.raw(empty_element(name, guid))

    # what it hears

    def _element(self, element: Element) -> None:
        guid = element.guid
        match element.name:
            case "Command":
                self.heard.append("Command")
                self.acknowledge("CommandAck", guid)
            case "Signal":
                self.heard.append("Signal")
                self._do(self.on_signal, guid)
                self.acknowledge("SignalAck", guid)
            case "Close" if guid == ZERO:
                self.heard.append("Close pool")
                self.state(ZERO, 4)
                self.state(ZERO, 3)
                self.acknowledge("CloseAck", guid)
                self.raw(b"")
            case "Close":
                self.heard.append("Close")
                self._assemblers = {key: value for key, value in self._assemblers.items() if key[0] != guid}
                self.acknowledge("CloseAck", guid)
            case _:
                assembler = self._assemblers.setdefault((guid, element.stream), Assembler())
                messages = [parse_message(blob) for blob in assembler.feed(element.data)]
                self.acknowledge("DataAck", guid)
                for message in messages:
                    self._message(message, guid, element.stream)

    def _message(self, message: Message, guid: uuid.UUID, stream: str) -> None:
        body = read(message.clixml)
        match message.name:
            case "INIT_RUNSPACEPOOL":
                self.heard.append(message.name)
                self.pool_id, self.opened = message.pool_id, body
                self._open()
            case "GET_COMMAND_METADATA":
                self.heard.append(message.name)
                self._do(self.commands.get(message.name, METADATA), guid)
            case "CREATE_PIPELINE":
                self.created.append(body)
                name = body["PowerShell"]["Cmds"][0]["Cmd"]
                self.heard.append(f"run {name}")
                self._do(self.commands.get(name, [state(COMPLETED)]), guid)
            case "PIPELINE_HOST_RESPONSE" | "RUNSPACEPOOL_HOST_RESPONSE":
                self.heard.append(f"answer {body['ci'][1]} on {stream}")
                self.answers.append(body)
                if self.on_answer is not None:
                    self.on_answer(self, guid)
            case name:
                self.heard.append(name)
                self._hear(name, body)

    def _hear(self, name: str, body: Any) -> None:
        """Do what a special kind of server does on other messages."""

    def _do(self, actions: list[Action], guid: uuid.UUID) -> None:
        for action in actions:
            action(self, guid)

    def _open(self) -> None:
        if not self.opens:
            return
        self.say(
            "SESSION_CAPABILITY",
            f'<Obj RefId="0"><MS><Version N="protocolversion">{self.version}</Version>'
            f'<Version N="PSVersion">{self.ps_version}</Version>'
            f'<Version N="SerializationVersion">{self.serialization}</Version></MS></Obj>',
            pool=ZERO,
        )
        self.say(
            "APPLICATION_PRIVATE_DATA",
            '<Obj RefId="0"><MS><Obj N="ApplicationPrivateData" RefId="1"><TN RefId="0">'
            "<T>System.Management.Automation.PSPrimitiveDictionary</T><T>System.Collections.Hashtable</T>"
            '<T>System.Object</T></TN><DCT><En><S N="Key">Where</S><S N="Value">there</S></En></DCT></Obj></MS></Obj>',
        )
        self.state(ZERO, 2)


def metadata(*names: str) -> list[Action]:
    """Return the answer to the required-command check that offers these commands."""
    described = [
        f'<Obj RefId="0"><TN RefId="0"><T>Selected.CmdletInfo</T><T>System.Object</T></TN><MS><S N="Name">{name}</S>'
        '<I32 N="CommandType">8</I32></MS></Obj>'
        for name in names
    ]
    count = members(Count=f"<I32>{len(names)}</I32>")
    return [*(output(item) for item in (count, *described)), state(COMPLETED)]


METADATA = metadata("Out-Default", "Exit-PSSession")


@dataclass(slots=True)
class Meeting:
    """A session and the peer it talks to."""

    peer: ScriptedPeer
    console: ScriptedConsole
    manager: SessionManager
    interactive: InteractiveSession
    transport: list[OutOfProcTransport]

    @property
    def session(self) -> Any:
        """The session itself."""
        return self.interactive.session


@contextmanager
def meeting(monkeypatch: pytest.MonkeyPatch, peer: ScriptedPeer, *, is_private: bool = True) -> Iterator[Meeting]:
    """Give a session whose transport leads to ``peer``; it is not yet open."""
    transports: list[OutOfProcTransport] = []

    async def connect(info: ConnectionInfo, context: object) -> OutOfProcTransport:
        transports.append(OutOfProcTransport(peer, is_private))
        return transports[-1]

    monkeypatch.setattr(registry, "connect", connect)
    console, manager = ScriptedConsole(), SessionManager()
    session = manager.create(ConnectionInfo(ParameterSet.PROCESS), console)
    yield Meeting(peer, console, manager, manager.interact(session, console), transports)
