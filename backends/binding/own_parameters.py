"""pstui's own parameters, beside PowerShell's: one entry each.

An entry is all there is to write: the dialog, the profiles, the command line and the help read it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pstui.backends import forwards
from pstui.backends.binding.declaration import KINDS, Option, OptionKind, Use
from pstui.backends.connection import ParameterSet

_TYPES = {kind: name for name, kind in reversed(list(KINDS.items()))} | {
    OptionKind.CHOICE: "String",
    OptionKind.PATH: "String",
}


def own(
    name: str,
    kind: OptionKind,
    help: str,
    caution: str = "",
    *,
    sets: tuple[ParameterSet, ...] = (),
    mandatory: bool = False,
    limits: tuple[int | None, int | None] = (None, None),
    choices: tuple[str, ...] = (),
    default: str = "",
    set_defaults: Mapping[ParameterSet, str] = MappingProxyType({}),
    unit: str = "",
    setting: bool = False,
    check: Callable[[str], str] | None = None,
) -> Option:
    """Return one of pstui's own parameters; without ``sets`` it belongs to every set that opens something.

    ``setting`` marks what a connection holds among its settings: what pstui itself does with it, not where it goes.
    """
    return Option(
        name,
        kind,
        help,
        caution,
        _TYPES[kind],
        MappingProxyType(dict.fromkeys(sets or ParameterSet.opening(), Use(mandatory=mandatory))),
        choices=choices,
        minimum=limits[0],
        maximum=limits[1],
        default_text=default,
        set_defaults=set_defaults,
        unit=unit,
        own=True,
        setting=setting,
        fixed=kind is OptionKind.SWITCH and mandatory,
        check=check,
    )


_WINRM = (ParameterSet.COMPUTER_NAME, ParameterSet.URI)
_CONTAINER = (ParameterSet.CONTAINER_ID,)
_VM = (ParameterSet.VM_NAME, ParameterSet.VM_ID)
_INT_MAX = 2147483647

OWN_PARAMETERS: tuple[Option, ...] = (
    # the targets of pstui's own parameter sets
    own(
        "Command",
        OptionKind.LIST,
        "A program on this computer, with its arguments, that speaks the protocol on its standard streams.",
        sets=(ParameterSet.PROCESS,),
        default="pwsh -s -NoLogo -NoProfile",
    ),
    own(
        "ProcessId",
        OptionKind.INTEGER,
        "The process id of a PowerShell that runs on this computer.",
        sets=(ParameterSet.HOST_PROCESS,),
        mandatory=True,
        limits=(1, _INT_MAX),
    ),
    own(
        "Demo",
        OptionKind.SWITCH,
        "Opens the embedded demo endpoint.",
        sets=(ParameterSet.DEMO,),
        mandatory=True,
    ),
    own(
        "DemoHome",
        OptionKind.PATH,
        "A folder that the demo endpoint has for its home; it is called by the folder's name.",
        sets=(ParameterSet.DEMO,),
        default="your home",
        setting=True,
    ),
    # for what runs on or beside this computer
    own(
        "Engine",
        OptionKind.LIST,
        "The container engine's command with its first arguments; over SSH ssh, this computer's program, or asyncssh.",
        sets=(*_CONTAINER, ParameterSet.SSH_HOST),
        default="podman, then docker",
        set_defaults=MappingProxyType({ParameterSet.SSH_HOST: "asyncssh, built in"}),
    ),
    own(
        "EngineContext",
        OptionKind.TEXT,
        "The Docker context or the Podman connection whose containers are meant.",
        sets=_CONTAINER,
        default="the engine's own",
    ),
    own(
        "EngineUrl",
        OptionKind.TEXT,
        "The address of a container engine elsewhere, such as ssh://user@host.",
        "An engine reached by tcp:// without TLS lets everyone on the way read and change the session.",
        sets=_CONTAINER,
        default="this computer",
    ),
    own(
        "Shell",
        OptionKind.LIST,
        "The PowerShell inside the container: a program, or a program with all its arguments.",
        sets=_CONTAINER,
        default="pwsh, then powershell.exe",
    ),
    own(
        "LibvirtUri",
        OptionKind.TEXT,
        "The libvirt connection that knows the virtual machine, such as qemu+ssh://root@host/system.",
        sets=_VM,
        default="qemu:///system, then …/session",
    ),
    own(
        "GuestTransport",
        OptionKind.CHOICE,
        "How the guest of a libvirt machine is entered: SSH, or WSMan for WinRM.",
        "WSMan without HTTPS takes the hypervisor's word for the guest's address; nothing else proves who answers.",
        sets=_VM,
        choices=("SSH", "WSMan"),
        default="what the guest has, SSH first",
    ),
    own(
        "GuestPort",
        OptionKind.INTEGER,
        "The port in the guest.",
        sets=_VM,
        limits=(1, 65535),
        default="22, 5986, 5985",
    ),
    own(
        "Discover",
        OptionKind.LIST,
        "A command that prints what can be entered, a name a line; {} in the profile's command stands for the name.",
        sets=(ParameterSet.PROCESS,),
    ),
    # for SSH
    own(
        "Share",
        OptionKind.SWITCH,
        "Uses one login for every session, terminal and file that goes to the same host; -Share:$false signs in anew.",
        sets=(ParameterSet.SSH_HOST,),
        default="on",
        setting=True,
    ),
    own(
        "Forwards",
        OptionKind.LIST,
        "Port forwards: local 8080 db:5432, remote 9000 localhost:80 or socks 1080, also as ssh's -L, -R and -D.",
        "They end with the last session to the host. What listens here serves every program of this computer.",
        sets=(ParameterSet.SSH_HOST,),
        setting=True,
        check=forwards.problem,
    ),
    own(
        "SshConfig",
        OptionKind.PATH,
        "An ssh_config file that is read in the place of your own, as with ssh -F; none reads no file.",
        sets=(ParameterSet.SSH_HOST,),
        setting=True,
    ),
    # for WinRM: what a client on Windows keeps in its WSMan: drive, and limits of patience
    own(
        "TrustedHosts",
        OptionKind.LIST,
        "Computers that may be entered over http without Kerberos: names with wildcards, or <local>.",
        "Nothing proves who answers there: whoever takes over the name or address gets an attempt at your password.",
        sets=_WINRM,
        default="none; on Windows the machine's",
        setting=True,
    ),
    own(
        "AllowUnencrypted",
        OptionKind.SWITCH,
        "Allows Basic and Digest, and sessions without encryption, over http.",
        "Everyone on the way can read the session, and with Basic also your password.",
        sets=_WINRM,
        default="off",
        setting=True,
    ),
    own(
        "Realms",
        OptionKind.TABLE,
        "The Kerberos realm of each domain's short name, such as CONTOSO=CONTOSO.EXAMPLE.",
        sets=_WINRM,
        setting=True,
    ),
    own(
        "CertificateFiles",
        OptionKind.LIST,
        "The PEM files, or folders of them, among which CertificateThumbprint is looked for.",
        sets=_WINRM,
        setting=True,
    ),
    own(
        "MaxEnvelopeSizeKB",
        OptionKind.INTEGER,
        "The largest message to send, for a computer that takes smaller ones than usual.",
        sets=_WINRM,
        limits=(32, 1039440),
        default="500, 150 for old ones",
        unit="KiB",
        setting=True,
    ),
    own(
        "MaxRetryTime",
        OptionKind.INTEGER,
        "How long a lost connection is tried again until the session counts as disconnected.",
        sets=_WINRM,
        limits=(0, _INT_MAX),
        default="4 minutes",
        unit="ms",
        setting=True,
    ),
    own(
        "ReceiveTimeout",
        OptionKind.INTEGER,
        "How long the computer holds a request for output while there is no output.",
        "A firewall or proxy that cuts silent connections needs a time below its own.",
        sets=_WINRM,
        limits=(1000, _INT_MAX),
        default="20 seconds",
        unit="ms",
        setting=True,
    ),
    own(
        "Via",
        OptionKind.TEXT,
        "The SSH host that the way leads through: a saved host, user@host:port, or several with commas between.",
        sets=_WINRM,
        default="none",
        setting=True,
    ),
    # for every session
    own(
        "Width",
        OptionKind.INTEGER,
        "A fixed width that the far end formats for, instead of the pane's.",
        limits=(20, 1000),
        default="the pane's",
        unit="columns",
        setting=True,
    ),
    own(
        "Log",
        OptionKind.SWITCH,
        "Keeps a log of this session, or none with -Log:$false, whatever the settings say.",
        default="as [settings] log says",
        setting=True,
    ),
    own(
        "LoadProfile",
        OptionKind.SWITCH,
        "Runs the far $PROFILE files before the first prompt.",
        default="off",
        setting=True,
    ),
)
