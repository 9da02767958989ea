"""The options of pstui's own for what runs on or beside this computer: containers, virtual machines, any command."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pstui.backends.binding.options_model import Option, OptionKind, OptionUse
from pstui.backends.connection import ParameterSet


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
