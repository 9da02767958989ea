"""The options of pstui's own for WinRM: what a client on Windows keeps in its WSMan: drive, and limits of patience.

The options of pstui's own for what runs on or beside this computer: containers, virtual machines, any command.

The options that say where a connection goes: one or two for each parameter set (protocol-notes 1.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pstui.backends.binding.declaration import Option, OptionKind, OptionUse
from pstui.backends.connection import ParameterSet

_SETS = MappingProxyType(dict.fromkeys((ParameterSet.COMPUTER_NAME, ParameterSet.URI), OptionUse()))

WSMAN_OPTIONS: tuple[Option, ...] = (
    Option(
        "TrustedHosts",
        "trusted_hosts",
        OptionKind.LIST,
        "Computers that may be entered over http without Kerberos: names with wildcards, or <local>.",
        "Nothing proves who answers there: whoever takes over the name or address gets an attempt at your password.",
        _SETS,
        default_text="none; on Windows the machine's",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "AllowUnencrypted",
        "allow_unencrypted",
        OptionKind.SWITCH,
        "Allows Basic and Digest, and sessions without encryption, over http.",
        "Everyone on the way can read the session, and with Basic your password, too.",
        _SETS,
        default_text="off",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "Realms",
        "realms",
        OptionKind.TABLE,
        "The Kerberos realm of each domain's short name, such as CONTOSO=CONTOSO.EXAMPLE.",
        sets=_SETS,
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "CertificateFiles",
        "certificate_files",
        OptionKind.LIST,
        "The PEM files, or folders of them, among which CertificateThumbprint is looked for.",
        sets=_SETS,
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "MaxEnvelopeSizeKB",
        "max_envelope_size_kb",
        OptionKind.INTEGER,
        "The largest message to send, for a computer that takes smaller ones than usual.",
        sets=_SETS,
        minimum=32,
        maximum=1039440,
        default_text="500, 150 for old ones",
        unit="KiB",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "MaxRetryTime",
        "max_retry_time",
        OptionKind.INTEGER,
        "How long a lost connection is tried again until the session counts as disconnected.",
        sets=_SETS,
        minimum=0,
        maximum=2147483647,
        default_text="4 minutes",
        unit="ms",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "ReceiveTimeout",
        "receive_timeout",
        OptionKind.INTEGER,
        "How long the computer keeps a request for output that it has none for.",
        "A firewall or proxy that cuts silent connections needs a time below its own.",
        _SETS,
        minimum=1000,
        maximum=2147483647,
        default_text="20 seconds",
        unit="ms",
        own=True,
        wsman=True,
        setting=True,
    ),
)


def _in(*sets: ParameterSet) -> Mapping[ParameterSet, OptionUse]:
    return MappingProxyType(dict.fromkeys(sets, OptionUse()))


_CONTAINER = _in(ParameterSet.CONTAINER_ID)
_VM = _in(ParameterSet.VM_NAME, ParameterSet.VM_ID)

LOCAL_OPTIONS: tuple[Option, ...] = (
    Option(
        "Engine",
        "engine",
        OptionKind.LIST,
        "The container engine's command, with the arguments that stand before each of its own.",
        sets=_CONTAINER,
        default_text="podman, then docker",
        own=True,
    ),
    Option(
        "EngineContext",
        "engine_context",
        OptionKind.TEXT,
        "The Docker context or the Podman connection whose containers are meant.",
        sets=_CONTAINER,
        default_text="the engine's own",
        own=True,
    ),
    Option(
        "EngineUrl",
        "engine_url",
        OptionKind.TEXT,
        "The address of a container engine elsewhere, such as ssh://user@host.",
        "An engine reached by tcp:// without TLS lets everyone on the way read and change the session.",
        _CONTAINER,
        default_text="this computer",
        own=True,
    ),
    Option(
        "Shell",
        "shell",
        OptionKind.LIST,
        "The PowerShell inside the container: a program, or a program with all its arguments.",
        sets=_CONTAINER,
        default_text="pwsh, then powershell.exe",
        own=True,
    ),
    Option(
        "LibvirtUri",
        "libvirt_uri",
        OptionKind.TEXT,
        "The libvirt connection that knows the virtual machine, such as qemu+ssh://root@host/system.",
        sets=_VM,
        default_text="qemu:///system, then …/session",
        own=True,
    ),
    Option(
        "GuestTransport",
        "guest_transport",
        OptionKind.CHOICE,
        "How the guest of a libvirt machine is entered: SSH, or WSMan for WinRM.",
        "WSMan without HTTPS takes the hypervisor's word for the guest's address; nothing else proves who answers.",
        _VM,
        choices=("SSH", "WSMan"),
        default_text="what the guest has, SSH first",
        own=True,
    ),
    Option(
        "GuestPort",
        "guest_port",
        OptionKind.INTEGER,
        "The port in the guest.",
        sets=_VM,
        minimum=1,
        maximum=65535,
        default_text="22, 5986, 5985",
        own=True,
    ),
    Option(
        "Discover",
        "discover",
        OptionKind.LIST,
        "A command that prints what can be entered, a name a line; {} in the profile's command stands for the name.",
        sets=_in(ParameterSet.PROCESS),
        own=True,
    ),
)


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
