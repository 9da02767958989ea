"""The options that say where a connection goes: one or two for each parameter set (semantics 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pstui.backends.binding.options_model import Option, OptionKind, OptionUse
from pstui.backends.connection import ParameterSet

_MUST = OptionUse(mandatory=True)
_FIRST = OptionUse(mandatory=True, position=0)
_MAY = OptionUse()


def _target(parameter_set: ParameterSet, use: OptionUse = _FIRST) -> Mapping[ParameterSet, OptionUse]:
    return MappingProxyType({parameter_set: use})


TARGET_OPTIONS: tuple[Option, ...] = (
    Option(
        "ComputerName",
        "computer_name",
        OptionKind.TEXT,
        "The Windows computer to enter over WinRM: a NetBIOS name, a full DNS name or an IP address.",
        "An IP address needs HTTPS or a credential that is not proved by Kerberos.",
        _target(ParameterSet.COMPUTER_NAME),
        aliases=("Cn",),
    ),
    Option(
        "HostName",
        "host_name",
        OptionKind.TEXT,
        "The computer to enter over SSH, as host, user@host or user@host:port.",
        sets=_target(ParameterSet.SSH_HOST),
    ),
    Option(
        "Session",
        "session",
        OptionKind.SESSION,
        "A session that is open already.",
        sets=_target(ParameterSet.SESSION, OptionUse(position=0)),
    ),
    Option(
        "ConnectionUri",
        "connection_uri",
        OptionKind.URI,
        "The whole address of a WinRM endpoint, such as https://server:5986/wsman.",
        "Without a port it means 80 or 443, not WinRM's 5985 or 5986.",
        _target(ParameterSet.URI, OptionUse(position=1)),
        aliases=("URI", "CU"),
        default_text="http://localhost:5985/WSMAN",
    ),
    Option(
        "InstanceId",
        "instance_id",
        OptionKind.GUID,
        "The instance id of a session that is open already.",
        sets=_target(ParameterSet.INSTANCE_ID, _MAY),
    ),
    Option(
        "Id",
        "id",
        OptionKind.INTEGER,
        "The number of a session that is open already.",
        sets=_target(ParameterSet.ID, OptionUse(position=0)),
    ),
    Option(
        "Name",
        "name",
        OptionKind.TEXT,
        "The exact name of a session that is open already.",
        sets=_target(ParameterSet.NAME, _MAY),
    ),
    Option(
        "VMId",
        "vm_id",
        OptionKind.GUID,
        "The id of a virtual machine on this computer.",
        sets=_target(ParameterSet.VM_ID),
        aliases=("VMGuid",),
    ),
    Option(
        "VMName",
        "vm_name",
        OptionKind.TEXT,
        "The name of a virtual machine on this computer.",
        sets=_target(ParameterSet.VM_NAME),
    ),
    Option(
        "ContainerId",
        "container_id",
        OptionKind.TEXT,
        "The id or the name of a running container on this computer.",
        sets=_target(ParameterSet.CONTAINER_ID),
    ),
    Option(
        "Command",
        "command",
        OptionKind.LIST,
        "A program on this computer, with its arguments, that speaks the protocol on its standard streams.",
        sets=_target(ParameterSet.PROCESS, _MAY),
        default_text="pwsh -s -NoLogo -NoProfile",
        own=True,
    ),
    Option(
        "ProcessId",
        "process_id",
        OptionKind.INTEGER,
        "The process id of a PowerShell that runs on this computer.",
        sets=_target(ParameterSet.HOST_PROCESS, _MUST),
        minimum=1,
        maximum=2147483647,
        own=True,
    ),
    Option(
        "Demo",
        "demo",
        OptionKind.SWITCH,
        "Opens the embedded demo endpoint.",
        sets=_target(ParameterSet.DEMO, _MUST),
        own=True,
    ),
)
