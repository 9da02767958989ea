"""Every option of a connection, declared once.

From here come the connection dialog's fields, the keys of a profile, the parameters of the command line and the help
texts. The names, sets and positions of PowerShell's options are those measured (protocol-notes 1.1, 1.2), with the two
additions of the newer documentation: -Credential by position, -ConfigurationName with -HostName.

The cmdlets that pstui binds: their parameters and sets, read from the measured tables beside this file.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.declaration import Option, OptionKind, OptionUse
from pstui.backends.binding.own_parameters import LOCAL_OPTIONS, TARGET_OPTIONS, WSMAN_OPTIONS
from pstui.backends.connection import ParameterSet

_CN, _SSH, _URI = ParameterSet.COMPUTER_NAME, ParameterSet.SSH_HOST, ParameterSet.URI
_VM_ID, _VM_NAME, _CONTAINER = ParameterSet.VM_ID, ParameterSet.VM_NAME, ParameterSet.CONTAINER_ID
_WSMAN = (_CN, _URI)
_OPENING = (
    _CN,
    _SSH,
    _URI,
    _VM_ID,
    _VM_NAME,
    _CONTAINER,
    ParameterSet.PROCESS,
    ParameterSet.HOST_PROCESS,
    ParameterSet.DEMO,
)

_MAY = OptionUse()


def _in(*sets: ParameterSet) -> Mapping[ParameterSet, OptionUse]:
    return MappingProxyType(dict.fromkeys(sets, _MAY))


_CREDENTIAL_SETS = MappingProxyType(
    {
        _CN: OptionUse(position=1),
        _URI: OptionUse(position=2),
        _VM_ID: OptionUse(mandatory=True, position=1),
        _VM_NAME: OptionUse(mandatory=True, position=1),
    }
)

OPTIONS: tuple[Option, ...] = (
    *TARGET_OPTIONS,
    Option(
        "Credential",
        "credential",
        OptionKind.CREDENTIAL,
        "The account to use over there, such as CONTOSO\\admin; its password is asked when it is needed.",
        sets=_CREDENTIAL_SETS,
        default_text="the current user",
    ),
    Option(
        "UserName",
        "user_name",
        OptionKind.TEXT,
        "The account to log on with; one written in HostName wins.",
        sets=_in(_SSH),
    ),
    Option(
        "Port",
        "port",
        OptionKind.INTEGER,
        "The port over there; one written in HostName wins.",
        "For WinRM the other computer needs a listener on that port, and every call to it then names the port.",
        _in(_CN, _SSH),
        minimum=1,
        maximum=65535,
        default_text="5985, 5986 with UseSSL, 22 over SSH",
        set_defaults={_CN: "5985, 5986 with UseSSL", _SSH: "22"},
    ),
    Option(
        "UseSSL",
        "use_ssl",
        OptionKind.SWITCH,
        "Connects by HTTPS instead of HTTP.",
        sets=_in(_CN),
        default_text="off",
        wsman=True,
    ),
    Option(
        "Authentication",
        "authentication",
        OptionKind.CHOICE,
        "How to prove who you are.",
        "CredSSP hands your password to the other computer: if that one is taken over, so is your account. Basic "
        "protects nothing without HTTPS.",
        _in(*_WSMAN),
        choices=("Default", "Basic", "Negotiate", "NegotiateWithImplicitCredential", "Credssp", "Digest", "Kerberos"),
        default_text="Default",
        wsman=True,
    ),
    Option(
        "CertificateThumbprint",
        "certificate_thumbprint",
        OptionKind.TEXT,
        "The client certificate to log on with, instead of a credential.",
        "Certificates can be mapped to local accounts only, not to those of a domain.",
        _in(*_WSMAN),
        wsman=True,
    ),
    Option(
        "KeyFilePath",
        "key_file_path",
        OptionKind.PATH,
        "The private key file to log on with.",
        sets=_in(_SSH),
        aliases=("IdentityFilePath",),
        default_text="agent and the usual keys",
    ),
    Option(
        "Subsystem",
        "subsystem",
        OptionKind.TEXT,
        "The subsystem of the SSH server that starts PowerShell.",
        sets=_in(_SSH),
        default_text="powershell",
    ),
    Option(
        "ConfigurationName",
        "configuration_name",
        OptionKind.TEXT,
        "The session configuration over there, by name or full address; over SSH it names the subsystem.",
        sets=_in(_CN, _SSH, _URI, _VM_ID, _VM_NAME, _CONTAINER),
        default_text="Microsoft.PowerShell",
        set_defaults={_SSH: "powershell", _CONTAINER: ""},
    ),
    Option(
        "ApplicationName",
        "application_name",
        OptionKind.TEXT,
        "The path of the WinRM service in its address; it must match the listener's URLPrefix.",
        sets=_in(_CN),
        default_text="WSMan",
        wsman=True,
    ),
    Option(
        "AllowRedirection",
        "allow_redirection",
        OptionKind.SWITCH,
        "Lets the endpoint send the connection on to another address.",
        "The other address then gets your credential.",
        _in(_URI),
        default_text="off",
        wsman=True,
    ),
    Option(
        "EnableNetworkAccess",
        "enable_network_access",
        OptionKind.SWITCH,
        "Lets a session on this same computer reach others in turn.",
        "Without effect when the session goes to another computer.",
        _in(*_WSMAN),
        default_text="off",
        wsman=True,
    ),
    Option(
        "RunAsAdministrator",
        "run_as_administrator",
        OptionKind.SWITCH,
        "Runs the session in the container as its administrator (root).",
        sets=_in(_CONTAINER),
        default_text="off",
    ),
    Option(
        "ConnectingTimeout",
        "connecting_timeout",
        OptionKind.INTEGER,
        "How long connecting may take; negative or empty is no limit.",
        sets=_in(_SSH),
        minimum=-2147483648,
        maximum=2147483647,
        default_text="no limit",
        unit="ms",
    ),
    Option(
        "Options",
        "options",
        OptionKind.TABLE,
        "More settings for SSH by the names of ssh_config, such as ProxyJump.",
        sets=_in(_SSH),
    ),
    Option(
        "SSHTransport",
        "ssh_transport",
        OptionKind.SWITCH,
        "Says that SSH is meant; HostName says so already.",
        sets=_in(_SSH),
        default_text="on",
    ),
    Option(
        "SessionOption",
        "session_option",
        OptionKind.SESSION_OPTION,
        "The finer settings of a WinRM session: timeouts, limits, proxy, checks.",
        sets=_in(*_WSMAN),
        wsman=True,
    ),
    *LOCAL_OPTIONS,
    *WSMAN_OPTIONS,
    Option(
        "Width",
        "width",
        OptionKind.INTEGER,
        "A fixed width that the far end formats for, instead of the pane's.",
        sets=_in(*_OPENING),
        minimum=20,
        maximum=1000,
        default_text="the pane's",
        unit="columns",
        own=True,
        setting=True,
    ),
    Option(
        "LoadProfile",
        "load_profile",
        OptionKind.SWITCH,
        "Runs the far $PROFILE files before the first prompt.",
        sets=_in(*_OPENING),
        default_text="off",
        own=True,
        setting=True,
    ),
)

#: the options that a connection holds among its settings, by their names
SETTINGS = {item.name: item for item in OPTIONS if item.setting}

_BY_NAME = {item.name.casefold(): item for item in OPTIONS} | {item.key: item for item in OPTIONS}

#: the key that decides a profile's parameter set, in the order in which a dialog offers the sets
_TARGET_KEYS: tuple[tuple[str, ParameterSet], ...] = (
    ("computer_name", _CN),
    ("host_name", _SSH),
    ("connection_uri", _URI),
    ("vm_id", _VM_ID),
    ("vm_name", _VM_NAME),
    ("container_id", _CONTAINER),
    ("command", ParameterSet.PROCESS),
    ("process_id", ParameterSet.HOST_PROCESS),
    ("demo", ParameterSet.DEMO),
)


def option(name: str) -> Option:
    """Return an option by PowerShell's name (any case) or its TOML key. Raises KeyError."""
    return _BY_NAME[name if name in _BY_NAME else name.casefold()]


def options_of(parameter_set: ParameterSet) -> tuple[Option, ...]:
    """Return the options of one set: those that must be given first, then in the order of the declaration."""
    found = [item for item in OPTIONS if parameter_set in item.sets]
    return tuple(sorted(found, key=lambda item: not item.sets[parameter_set].mandatory))


def set_of_keys(keys: Mapping[str, object]) -> list[ParameterSet]:
    """Return the parameter sets that a profile's keys name a target of: one in a right profile."""
    return [parameter_set for key, parameter_set in _TARGET_KEYS if key in keys]


#: aliases of the session cmdlets (protocol-notes 1, 5.4), lower case
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "etsn": "Enter-PSSession",
        "exsn": "Exit-PSSession",
        "nsn": "New-PSSession",
        "gsn": "Get-PSSession",
        "rsn": "Remove-PSSession",
        "rcsn": "Receive-PSSession",
        "cnsn": "Connect-PSSession",
        "dnsn": "Disconnect-PSSession",
        "icm": "Invoke-Command",
    }
)

#: all of them by their full names
CMDLETS = (*ALIASES.values(), "New-PSSessionOption")

#: sets of pstui's own, beside PowerShell's ten; reached by the exact name of an own parameter only
OWN_SETS = ("Process", "HostProcess", "Demo")

#: the cmdlets that lead to connections
OPENING = ("Enter-PSSession", "New-PSSession", "Invoke-Command")


@dataclass(frozen=True, slots=True)
class Use:
    """How one set uses a parameter: must it be given, at which position, does it take pipeline input by value."""

    mandatory: bool = False
    position: int | None = None
    pipeline: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a cmdlet. ``sets`` is empty for one that belongs to every set (the common parameters)."""

    name: str
    type: str
    aliases: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    sets: Mapping[str, Use] = field(default_factory=lambda: MappingProxyType({}))
    common: bool = False
    #: pstui's own, not PowerShell's: matches by its exact name only, so that prefixes mean what they mean there
    own: bool = False

    @property
    def is_switch(self) -> bool:
        return self.type == "SwitchParameter"

    def use(self, parameter_set: str) -> Use | None:
        """Return how that set uses the parameter, None if it does not have it."""
        return self.sets.get(parameter_set) if self.sets else Use()


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet with its sets in PowerShell's order; parameters by name, the common ones last."""

    name: str
    default_set: str
    sets: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    should_process: bool

    @property
    def id_suffix(self) -> str:
        """What its FullyQualifiedErrorIds end with, after the comma."""
        return f"Microsoft.PowerShell.Commands.{self.name.replace('-', '')}Command"


def cmdlet_name(word: str) -> str | None:
    """Return the full name of a cmdlet given by name or alias, in any case, with or without its module; else None."""
    plain = word.casefold().removeprefix("microsoft.powershell.core\\")
    return ALIASES.get(plain) or _names().get(plain)


@functools.cache
def cmdlet(name: str, *, what_if: bool = False) -> Cmdlet:
    """Return the table of one cmdlet by its full name. ``what_if`` adds -WhatIf where PowerShell has none.

    Raises KeyError for a name that is not in the tables.
    """
    raw = _raw()["cmdlets"][name]
    parameters = {key: _parameter(key, entry) for key, entry in raw["parameters"].items()}
    if name in OPENING:
        parameters = _follow_documentation(name, parameters)
    sets = tuple(raw["sets"])
    if name == "Enter-PSSession":
        sets += OWN_SETS
    if name in OPENING:
        parameters |= _own_parameters(name, parameters)
    for key, entry in _raw()["common"].items():
        parameters[key] = _parameter(key, entry, common=True)
    asks = name in _raw()["should_process_cmdlets"]
    for key, entry in _raw()["should_process"].items():
        if asks or (what_if and key == "WhatIf"):
            parameters[key] = _parameter(key, entry, common=True)
    return Cmdlet(name, raw["default"] or sets[0], sets, MappingProxyType(parameters), asks)


def _parameter(name: str, entry: dict[str, Any], *, common: bool = False) -> Parameter:
    sets = {key: Use(bool(must), position, bool(pipe)) for key, (must, position, pipe) in entry.get("sets", {}).items()}
    if "__AllParameterSets" in sets:
        sets = {}
    return Parameter(
        name, entry["type"], tuple(entry["aliases"]), tuple(entry["validation"]), MappingProxyType(sets), common
    )


def _follow_documentation(name: str, parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    """Apply where the newer documentation goes beyond the measured cmdlets.

    -Credential is also taken by position, and -ConfigurationName is also taken with -HostName.
    """

    def add(parameter: str, uses: dict[str, Use]) -> None:
        old = parameters[parameter]
        parameters[parameter] = Parameter(old.name, old.type, old.aliases, old.validation, {**old.sets, **uses})

    add("ConfigurationName", {key: Use() for key in parameters["HostName"].sets})
    if name == "Enter-PSSession":
        add("Credential", {"ComputerName": Use(position=1), "Uri": Use(position=2)})
    return parameters


def _own_parameters(name: str, measured: Mapping[str, Parameter]) -> dict[str, Parameter]:
    own = [Parameter("Width", "Int32", validation=("Range 20..1000",), own=True)]
    own.append(Parameter("LoadProfile", "SwitchParameter", own=True))
    not_empty = ("ValidateNotNullOrEmpty",)
    container = dict.fromkeys(measured["ContainerId"].sets, Use())
    machine = dict.fromkeys([*measured["VMName"].sets, *measured["VMId"].sets], Use())
    wsman = dict.fromkeys(measured["SessionOption"].sets, Use())
    own += [
        Parameter("Engine", "String[]", (), not_empty, container, own=True),
        Parameter("EngineContext", "String", (), not_empty, container, own=True),
        Parameter("EngineUrl", "String", (), not_empty, container, own=True),
        Parameter("Shell", "String[]", (), not_empty, container, own=True),
        Parameter("LibvirtUri", "String", (), not_empty, machine, own=True),
        Parameter("GuestTransport", "String", (), ("Set SSH,WSMan",), machine, own=True),
        Parameter("GuestPort", "Int32", (), ("Range 1..65535",), machine, own=True),
        Parameter("TrustedHosts", "String[]", (), not_empty, wsman, own=True),
        Parameter("AllowUnencrypted", "SwitchParameter", (), (), wsman, own=True),
        Parameter("Realms", "Hashtable", (), (), wsman, own=True),
        Parameter("CertificateFiles", "String[]", (), not_empty, wsman, own=True),
        Parameter("MaxEnvelopeSizeKB", "Int32", (), ("Range 32..1039440",), wsman, own=True),
        Parameter("MaxRetryTime", "Int32", (), ("Range 0..2147483647",), wsman, own=True),
        Parameter("ReceiveTimeout", "Int32", (), ("Range 1000..2147483647",), wsman, own=True),
    ]
    if name == "Enter-PSSession":
        first = Use(mandatory=True)
        own += [
            Parameter("Command", "String[]", (), not_empty, {"Process": Use()}, own=True),
            Parameter("Discover", "String[]", (), not_empty, {"Process": Use()}, own=True),
            Parameter("ProcessId", "Int32", (), ("Range 1..2147483647",), {"HostProcess": first}, own=True),
            Parameter("Demo", "SwitchParameter", (), ("Set true",), {"Demo": first}, own=True),
        ]
    return {parameter.name: parameter for parameter in own}


@functools.cache
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in _raw()["cmdlets"]}


@functools.cache
def _raw() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("parameters.json").read_text(encoding="utf-8"))
    return table
