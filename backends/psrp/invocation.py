"""What is sent to run something: the pipelines of a session, as messages in the real client's shape.

The first part writes the messages that start a command or open a pool (protocol-notes 3.3–3.7). Writing a
CREATE_PIPELINE message takes psrpcore some 2 ms, a good part of a round trip, and a prompt follows every line. So
``PipelineTemplates`` writes each shape once for all pools and puts the texts of a command into it.

The second part says which pipelines an entered session sends: a typed line, the prompt, an error's report, the profile
(protocol-notes 3).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from psrpcore import ClientRunspacePool, StreamType
from psrpcore import types as ps
from psrpcore._payload import PSRPMessage, create_message
from psrpcore.types import PSObject, PSRPMessageType, serialize
from pstui.backends.language.number_types import Number
from pstui.backends.psrp.clixml import note_object, outgoing, sent_number
from pstui.backends.records import DEFAULT_COLOR

if TYPE_CHECKING:  # a run without a screen sends no line
    from pstui.backends.language.simple_lines import Argument, Command, Statement

_NONE = ps.PipelineResultTypes.none
_OUTPUT = ps.PipelineResultTypes.Output
_ERROR = ps.PipelineResultTypes.Error
#: Out-Default takes the output and the errors of everything before it (protocol-notes 3.4).
_UNCLAIMED = ps.PipelineResultTypes.Output | ps.PipelineResultTypes.Error

#: Command types of the required-command check (protocol-notes 2.5): Alias, Function, Filter, Cmdlet, Configuration.
_COMMAND_TYPES = ps.CommandTypes(271)


#: The merge field of each stream and the protocol that brought it (protocol-notes 3.4).
_STREAM_FIELDS = {
    2: ("MergeError", (2, 2)),
    3: ("MergeWarning", (2, 2)),
    4: ("MergeVerbose", (2, 2)),
    5: ("MergeDebug", (2, 2)),
    6: ("MergeInformation", (2, 3)),
}
ERRORS = frozenset({2})
EVERY_STREAM = frozenset(_STREAM_FIELDS)


@dataclass(frozen=True, slots=True)
class Call:
    """One command of a pipeline. ``arguments`` are (name or None, value) pairs of sendable values.

    ``merged`` are the streams that go into its output, by their PipelineResultTypes numbers: 2 error, 3 warning,
    4 verbose, 5 debug, 6 information. The console merges 2 for a line of one command. ``claims_previous`` takes what
    the commands before it leave unclaimed. ``by_stream`` names errors in the field of their own alone, as the
    debugger does, not in the two that version 2 servers know.
    """

    text: str
    arguments: tuple[tuple[str | None, Any], ...] = ()
    is_script: bool = False
    local_scope: bool | None = None
    merged: frozenset[int] = frozenset()
    claims_previous: bool = False
    by_stream: bool = False

    def wire(self, protocol: tuple[int, int]) -> PSObject:
        """Return the command object; merge fields only as far as the server's protocol knows them."""
        claimed = 2 in self.merged and not self.by_stream
        notes: dict[str, Any] = {
            "Cmd": self.text,
            "IsScript": self.is_script,
            "UseLocalScope": self.local_scope,
            "MergeMyResult": _ERROR if claimed else _NONE,
            "MergeToResult": _OUTPUT if claimed else _NONE,
            "MergePreviousResults": _UNCLAIMED if self.claims_previous else _NONE,
        }
        for number, (name, since) in _STREAM_FIELDS.items():
            if protocol >= since:
                notes[name] = _OUTPUT if number in self.merged else _NONE
        notes["Args"] = [note_object(N=name, V=value) for name, value in self.arguments]
        return note_object(**notes)


@dataclass(frozen=True, slots=True)
class Script:
    """A script that is run in place of a typed line. ``line`` is what is shown for it, ``parameters`` go by name."""

    line: str
    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)


OUT_DEFAULT = Call("Out-Default", local_scope=True, claims_previous=True)
#: formats the output alone: the errors before it stay records of their own (protocol-notes 3.12)
OUT_DEFAULT_OUTPUT = Call("Out-Default", local_scope=True)


@dataclass(frozen=True, slots=True)
class HostState:
    """What a HostInfo tells of the console: cells, the place of the next character, the colours that text has."""

    width: int
    height: int
    column: int = 0
    row: int = 0
    title: str = ""
    foreground: int = DEFAULT_COLOR
    background: int = DEFAULT_COLOR
    cursor_size: int = 100


@dataclass(frozen=True, slots=True)
class Invocation:
    """Everything of one CREATE_PIPELINE but the ids. Several ``statements`` make a batch (protocol 2.2 and later)."""

    statements: tuple[tuple[Call, ...], ...]
    history: str | None = None
    add_to_history: bool = False
    no_input: bool = True
    redirect_errors: bool = False
    invocation_info: bool = False
    is_nested: bool = False
    #: what to tell the far end of the console for this command alone; None keeps what the pool was told at opening
    host: HostState | None = None

    def wire(self, protocol: tuple[int, int]) -> PSObject:
        """Return the message object."""
        first, *_ = groups = [[call.wire(protocol) for call in statement] for statement in self.statements]
        inner: dict[str, Any] = {"Cmds": first}
        if len(groups) > 1:
            inner["ExtraCmds"] = [note_object(Cmds=group) for group in groups]
        inner |= {
            "IsNested": self.is_nested,
            "History": self.history,
            "RedirectShellErrorOutputPipe": self.redirect_errors,
        }
        options = ps.RemoteStreamOptions.AddInvocationInfo if self.invocation_info else ps.RemoteStreamOptions.none
        return note_object(
            PowerShell=note_object(**inner),
            NoInput=self.no_input,
            ApartmentState=ps.ApartmentState.Unknown,
            RemoteStreamOptions=options,
            AddToHistory=self.add_to_history,
            HostInfo=host_info(self.host) if self.host else runspace_host(),
            IsNested=self.is_nested,
        )


def metadata_request(names: Sequence[str]) -> PSObject:
    """Return the GET_COMMAND_METADATA object for ``names``."""
    return note_object(
        Name=list(names), CommandType=_COMMAND_TYPES, Namespace=None, FullyQualifiedModule=None, ArgumentList=None
    )


def opening(host: HostState, application_arguments: dict[str, Any]) -> PSObject:
    """Return the INIT_RUNSPACEPOOL object (protocol-notes 3.7)."""
    return note_object(
        MinRunspaces=1,
        MaxRunspaces=1,
        PSThreadOptions=ps.PSThreadOptions.Default,
        ApartmentState=ps.ApartmentState.Unknown,
        ApplicationArguments=ps.PSPrimitiveDictionary(application_arguments),
        HostInfo=host_info(host),
    )


def runspace_host() -> PSObject:
    """Return the HostInfo of a pipeline that uses the pool's host."""
    return note_object(_isHostUINull=True, _isHostRawUINull=True, _isHostNull=True, _useRunspaceHost=True)


def host_info(host: HostState) -> PSObject:
    """Return a full HostInfo (protocol-notes 3.7)."""

    def value(type_name: str, inner: Any) -> PSObject:
        return note_object(T=type_name, V=inner)

    def cells() -> PSObject:
        return value("System.Management.Automation.Host.Size", note_object(width=host.width, height=host.height))

    def place(x: int, y: int) -> PSObject:
        return value("System.Management.Automation.Host.Coordinates", note_object(x=x, y=y))

    data = {
        9: value("System.String", host.title),
        8: cells(),
        7: cells(),
        6: cells(),
        5: cells(),
        4: value("System.Int32", host.cursor_size),
        3: place(0, 0),
        2: place(host.column, host.row),
        1: value("System.ConsoleColor", host.background),
        0: value("System.ConsoleColor", host.foreground),
    }
    return note_object(
        _isHostUINull=False,
        _isHostRawUINull=False,
        _isHostNull=False,
        _hostDefaultData=note_object(data=data),
        _useRunspaceHost=False,
    )


def version_table(protocol: str) -> dict[str, Any]:
    """Return the application arguments: a PSVersionTable, or a server offers no debugger (protocol-notes 3.7)."""
    versions = ("1.0", "2.0", "3.0", "4.0", "5.0", "5.1", "6.0", "7.0")
    table = {
        "PSVersion": ps.PSVersion("7.6"),
        "PSEdition": "Core",
        "GitCommitId": "pstui",
        "OS": "pstui",
        "Platform": "Unix",
        "PSCompatibleVersions": [ps.PSVersion(version) for version in versions],
        "PSRemotingProtocolVersion": ps.PSVersion(protocol),
        "SerializationVersion": ps.PSVersion("1.1.0.1"),
        "WSManStackVersion": ps.PSVersion("3.0"),
    }
    return {"PSVersionTable": ps.PSPrimitiveDictionary(table)}


#: stands for a text in a template; numbered, and never part of one: a text's own marks would be in its own place
_MARK = "pstui:text:%d:"

Prepare = Callable[[uuid.UUID], None]


#: messages that are the same in every session, as they are written; writing one takes longer than sending it
_ONCE: dict[Hashable, bytes] = {}
MAX_ONCE = 48


def written_once(key: Hashable, write: Callable[[], bytes]) -> bytes:
    """Return a message that depends on nothing but ``key``, written by ``write`` the first time."""
    if key not in _ONCE:
        if len(_ONCE) >= MAX_ONCE:
            del _ONCE[next(iter(_ONCE))]
        _ONCE[key] = write()
    return _ONCE[key]


class PipelineTemplates:
    """Writes the pipelines of one pool; of those that differ in their texts alone the rest is written once."""

    def __init__(self, core: ClientRunspacePool) -> None:
        self._core = core

    def prepare(self, invocation: Invocation, protocol: tuple[int, int]) -> Prepare:
        """Return what queues the message of an invocation for a pipeline's id."""
        if invocation is ENTERING:
            whole = written_once(("entering", protocol), lambda: self._written(invocation.wire(protocol)))
            return lambda pipeline_id: queue_written(self._core, PSRPMessageType.CreatePipeline, whole, pipeline_id)
        calls = invocation.statements[0]
        texts = [call.text for call in calls]
        if invocation.history is not None:
            texts.append(invocation.history)
        if len(invocation.statements) > 1 or any(call.arguments for call in calls) or not all(texts):
            message = invocation.wire(protocol)
            return lambda pipeline_id: self._core.prepare_message(
                message, message_type=PSRPMessageType.CreatePipeline, pipeline_id=pipeline_id
            )
        between = self._template(invocation, protocol, len(texts))
        data = between[0] + b"".join(self._text(text) + after for text, after in zip(texts, between[1:], strict=True))
        return lambda pipeline_id: queue_written(self._core, PSRPMessageType.CreatePipeline, data, pipeline_id)

    def _template(self, invocation: Invocation, protocol: tuple[int, int], count: int) -> list[bytes]:
        """Return what comes before, between and after the texts of such an invocation."""
        marks = iter(range(count))

        def marked(call: Call) -> Call:
            return replace(call, text=_MARK % next(marks))

        statements = (tuple(map(marked, invocation.statements[0])),)
        history = None if invocation.history is None else _MARK % next(marks)
        shape = replace(invocation, statements=statements, history=history)
        rest, between = written_once((shape, protocol), lambda: self._written(shape.wire(protocol))), []
        for number in range(count):
            before, _, rest = rest.partition((_MARK % number).encode())
            between.append(before)
        return [*between, rest]

    def _text(self, text: str) -> bytes:
        """Return a text as it is written between the tags."""
        return self._written(text)[len(b"<S>") : -len(b"</S>")]

    def _written(self, value: object) -> bytes:
        return written(self._core, value)


def written(core: ClientRunspacePool, value: object) -> bytes:
    """Return an object as psrpcore's ``prepare_message`` writes it."""
    element = serialize(value, core._cipher, our_capability=core.our_capability, their_capability=core.their_capability)
    found: bytes = ElementTree.tostring(element, encoding="utf-8", method="xml")
    return found


def queue_written(core: ClientRunspacePool, kind: PSRPMessageType, data: bytes, pipeline_id: uuid.UUID | None) -> None:
    """Do what psrpcore's ``prepare_message`` does once the message is written."""
    message = bytearray(create_message(True, kind, data, core.runspace_pool_id, pipeline_id))
    core._send_buffer.append(
        PSRPMessage(kind, message, core.runspace_pool_id, pipeline_id, core._fragment_counter, StreamType.default)
    )


PROMPT = Invocation(((Call("prompt"),),), history="prompt")

#: The commands that entering needs; Get-Command is needed to ask for them (protocol-notes 2.5).
REQUIRED = ("Out-Default", "Exit-PSSession")
#: Writes the names of those of the required commands that there are, and then the prompt.
ENTERING = Invocation(
    (
        (
            Call("Get-Command", (("Name", list(REQUIRED)), ("CommandType", _COMMAND_TYPES))),
            Call("Select-Object", (("ExpandProperty", "Name"),)),
        ),
        (Call("prompt"),),
    ),
    history="prompt",
)

#: How what ran before it went.
STATUS = Invocation(((Call("$?, $global:LASTEXITCODE", is_script=True),),))

#: The four profile files in PowerShell's order, each run in the caller's scope if it is there.
LOAD_PROFILE = Invocation(
    (
        (
            Call(
                "foreach ($pstui_file in $PROFILE.AllUsersAllHosts, $PROFILE.AllUsersCurrentHost, "
                "$PROFILE.CurrentUserAllHosts, $PROFILE.CurrentUserCurrentHost) "
                "{ if ($pstui_file -and (Test-Path -LiteralPath $pstui_file)) { . $pstui_file } }; "
                "Remove-Variable pstui_file -ErrorAction Ignore",
                is_script=True,
                merged=ERRORS,
            ),
            OUT_DEFAULT,
        ),
    )
)


def line_invocation(
    text: str,
    protocol: tuple[int, int],
    host: HostState | None,
    *,
    no_language: bool = False,
    as_objects: bool = False,
) -> Invocation:
    """Return what a typed line is sent as: commands where it is simple, else text of a script (protocol-notes 3.3).

    ``as_objects`` leaves out what makes text of its output, and keeps its errors apart.
    """
    from pstui.backends.language.constant_lines import parse_constant_line
    from pstui.backends.language.simple_lines import is_exit, parse_line

    if is_exit(text):
        text = "Exit-PSSession"
    line = parse_constant_line(text) if no_language else parse_line(text)
    if line is None or (len(line.statements) > 1 and protocol < (2, 2)):
        script = Call(text, is_script=True, merged=frozenset() if as_objects else ERRORS)
        statements: tuple[tuple[Call, ...], ...] = ((script,) if as_objects else (script, OUT_DEFAULT),)
    else:
        alone = len(line.statements) == 1 and len(line.statements[0].commands) == 1 and not as_objects
        statements = tuple(_statement(statement, alone, as_objects) for statement in line.statements)
    return Invocation(statements, history=text, add_to_history=True, redirect_errors=as_objects, host=host)


#: the parameter that holds the values of ``$using:`` (protocol-notes 3.12)
_USING = "--%"


def script_invocation(
    script: str,
    arguments: Sequence[Any] | Mapping[str, Any],
    using: Mapping[str, Any],
    host: HostState | None,
    *,
    out_default: bool,
    no_input: bool,
) -> Invocation:
    """Return a script as Invoke-Command sends it; ``out_default`` has the far end format its output as text.

    A table of arguments goes by name to its ``param()`` block. Errors come as records of their own either way.
    """
    values: list[tuple[str | None, Any]] = []
    if isinstance(arguments, Mapping):
        values += [(name, _value(value)) for name, value in arguments.items()]
    else:
        values += [(None, outgoing(value)) for value in arguments]
    if using:
        values.append((_USING, outgoing(using)))
    call = Call(script, tuple(values), is_script=True)
    statement = (call, OUT_DEFAULT_OUTPUT) if out_default else (call,)
    return Invocation((statement,), add_to_history=True, no_input=no_input, redirect_errors=True, host=host)


def typed_script(script: Script, host: HostState | None) -> Invocation:
    """Return a script with its parameters as a typed line is sent: its errors go with its output."""
    values = tuple((name, _value(value)) for name, value in script.parameters.items())
    return Invocation(((Call(script.text, values, is_script=True, merged=ERRORS), OUT_DEFAULT),), host=host)


def error_report(host: HostState | None) -> tuple[Invocation]:
    """Return the pipeline that prints one ErrorRecord given as input (protocol-notes 3.6)."""
    return (Invocation(((OUT_DEFAULT,),), no_input=False, host=host),)


def _statement(statement: Statement, alone: bool, as_objects: bool) -> tuple[Call, ...]:
    calls = tuple(_call(command, ERRORS if alone else frozenset()) for command in statement.commands)
    if as_objects or calls[-1].text.casefold() == OUT_DEFAULT.text.casefold():
        return calls
    return (*calls, OUT_DEFAULT)


def _call(command: Command, merged: frozenset[int]) -> Call:
    from pstui.backends.language.simple_lines import MergedStream

    arguments = tuple(_argument(argument) for argument in command.arguments)
    if command.merge is MergedStream.ALL:
        merged = EVERY_STREAM
    elif command.merge is not None:
        merged |= {command.merge.value}
    return Call(command.name, arguments, merged=merged)


def _argument(argument: Argument) -> tuple[str | None, Any]:
    from pstui.backends.language.simple_lines import ABSENT

    return argument.name, None if argument.value is ABSENT else _value(argument.value)


def _value(value: Any) -> Any:
    if isinstance(value, Number):
        return sent_number(value.value, value.clr_type)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _value(item) for key, item in value.items()}
    return outgoing(value)
