"""CREATE_PIPELINE, GET_COMMAND_METADATA and HostInfo objects in the shape the real client sends (semantics 3.3–3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psrpcore import types as ps
from psrpcore.types import PSObject
from pstui.backends.console import ConsoleSize
from pstui.backends.psrp.wire import note_object
from pstui.backends.records import DEFAULT_COLOR

_NONE = ps.PipelineResultTypes.none
_OUTPUT = ps.PipelineResultTypes.Output
_ERROR = ps.PipelineResultTypes.Error
#: Out-Default takes the output and the errors of everything before it (semantics 3.4).
_UNCLAIMED = ps.PipelineResultTypes.Output | ps.PipelineResultTypes.Error

#: Command types asked for by the required-command check: Alias, Function, Filter, Cmdlet, Configuration (2.5).
_COMMAND_TYPES = ps.CommandTypes(271)


#: The merge field of each stream and the protocol that brought it (semantics 3.4).
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


OUT_DEFAULT = Call("Out-Default", local_scope=True, claims_previous=True)


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
    #: size to tell the far end for this command alone; None keeps what the pool was told at opening
    size: ConsoleSize | None = None
    title: str = ""

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
            HostInfo=host_info(self.size, self.title) if self.size else runspace_host(),
            IsNested=self.is_nested,
        )


def metadata_request(names: Sequence[str]) -> PSObject:
    """Return the GET_COMMAND_METADATA object for ``names``."""
    return note_object(
        Name=list(names), CommandType=_COMMAND_TYPES, Namespace=None, FullyQualifiedModule=None, ArgumentList=None
    )


def opening(size: ConsoleSize, title: str, application_arguments: dict[str, Any]) -> PSObject:
    """Return the INIT_RUNSPACEPOOL object (semantics 3.7)."""
    return note_object(
        MinRunspaces=1,
        MaxRunspaces=1,
        PSThreadOptions=ps.PSThreadOptions.Default,
        ApartmentState=ps.ApartmentState.Unknown,
        ApplicationArguments=ps.PSPrimitiveDictionary(application_arguments),
        HostInfo=host_info(size, title),
    )


def runspace_host() -> PSObject:
    """Return the HostInfo of a pipeline that uses the pool's host."""
    return note_object(_isHostUINull=True, _isHostRawUINull=True, _isHostNull=True, _useRunspaceHost=True)


def host_info(size: ConsoleSize, title: str) -> PSObject:
    """Return a full HostInfo for a console of this size whose colours are the terminal's own (-1)."""

    def value(type_name: str, inner: Any) -> PSObject:
        return note_object(T=type_name, V=inner)

    def cells() -> PSObject:
        return value("System.Management.Automation.Host.Size", note_object(width=size.width, height=size.height))

    def corner() -> PSObject:
        return value("System.Management.Automation.Host.Coordinates", note_object(x=0, y=0))

    data = {
        9: value("System.String", title),
        8: cells(),
        7: cells(),
        6: cells(),
        5: cells(),
        4: value("System.Int32", 100),
        3: corner(),
        2: corner(),
        1: value("System.ConsoleColor", DEFAULT_COLOR),
        0: value("System.ConsoleColor", DEFAULT_COLOR),
    }
    return note_object(
        _isHostUINull=False,
        _isHostRawUINull=False,
        _isHostNull=False,
        _hostDefaultData=note_object(data=data),
        _useRunspaceHost=False,
    )


def version_table(protocol: str) -> dict[str, Any]:
    """Return the application arguments: a PSVersionTable, without which a server offers no debugger (3.7)."""
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
