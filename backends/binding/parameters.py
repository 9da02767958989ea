"""The parameters of a connection and the cmdlets that take them.

How this works. ``parameters.json`` holds what was measured of PowerShell's cmdlets: their sets, and of each parameter
its type, aliases, positions and validations (protocol-notes 1.1, 1.2). ``cmdlet`` reads it, adds where the newer
documentation goes further, and adds pstui's own parameters (``own_parameters``) to the cmdlets that open
sessions. ``OPTIONS`` is the other side of the same declaration: each parameter of Enter-PSSession with its help, as
the connection dialog, the profiles and the help show it. PowerShell's take from the table what the table knows;
pstui's own are declared whole.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.declaration import KINDS, Option, OptionKind, Use
from pstui.backends.binding.own_parameters import OWN_PARAMETERS
from pstui.backends.binding.values import ENUMS
from pstui.backends.connection import ParameterSet

_INT_MAX = 2147483647

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
        "copy": "Copy-Item",
        "cpi": "Copy-Item",
    }
)

#: all of them by their full names
CMDLETS = (*dict.fromkeys(ALIASES.values()), "New-PSSessionOption")

#: the cmdlets that lead to connections
OPENING = ("Enter-PSSession", "New-PSSession", "Invoke-Command")


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
    plain = plain.removeprefix("microsoft.powershell.management\\")
    return ALIASES.get(plain) or _names().get(plain)


def object_cmdlet_name(word: str) -> str | None:
    """Return the full name of a cmdlet that passes objects on, or asks for a credential, by name or alias."""
    plain = word.casefold().removeprefix("microsoft.powershell.utility\\").removeprefix("microsoft.powershell.core\\")
    plain = plain.removeprefix("microsoft.powershell.security\\")
    for name, raw in _raw()["object_cmdlets"].items():
        if plain == name.casefold() or plain in raw["names"]:
            return str(name)
    return None


@functools.cache
def cmdlet(name: str, *, what_if: bool = False) -> Cmdlet:
    """Return the table of one cmdlet by its full name. ``what_if`` adds -WhatIf where PowerShell has none.

    Raises KeyError for a name that is not in the tables.
    """
    raw = _raw()["object_cmdlets"].get(name) or _raw()["cmdlets"][name]
    parameters = {key: _parameter(key, entry) for key, entry in raw["parameters"].items()}
    if name in OPENING:
        parameters = _follow_documentation(name, parameters)
    sets = tuple(raw["sets"])
    if name == "Enter-PSSession":
        sets += tuple(one.value for one in ParameterSet.all() if one.own)
    if name in OPENING:
        parameters |= _own_parameters(sets, parameters)
    for key, entry in _raw()["common"].items():
        parameters[key] = _parameter(key, entry, common=True)
    asks = name in _raw()["should_process_cmdlets"]
    for key, entry in _raw()["should_process"].items():
        if asks or (what_if and key == "WhatIf"):
            parameters[key] = _parameter(key, entry, common=True)
    return Cmdlet(name, raw["default"] or sets[0], sets, MappingProxyType(parameters), asks)


def _parameter(name: str, entry: dict[str, Any], *, common: bool = False) -> Parameter:
    # the third is 1 for pipeline input by value, 2 by property name, 3 for both
    sets = {
        key: Use(bool(must), position, bool(pipe & 1), bool(pipe & 2))
        for key, (must, position, pipe) in entry.get("sets", {}).items()
    }
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


def _own_parameters(sets: tuple[str, ...], measured: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return pstui's own parameters for a cmdlet with these sets, those for every set first."""
    found: list[Parameter] = []
    for item in OWN_PARAMETERS:
        uses: dict[str, Use] = {}
        if len(item.sets) < len(ParameterSet.opening()):
            for one, use in item.sets.items():
                # a cmdlet may reach one kind of target by several sets, such as FilePathUri beside Uri
                theirs = (one.value,) if one.own else measured[one.target].sets
                uses |= {name: use for name in theirs if name in sets}
            if not uses:
                continue
        found.append(Parameter(item.name, item.type, (), _validation(item), MappingProxyType(uses), own=True))
    return {parameter.name: parameter for parameter in sorted(found, key=lambda one: bool(one.sets))}


def _validation(item: Option) -> tuple[str, ...]:
    """Return the rules that a value of an own parameter must keep, as the measured tables write them."""
    if item.minimum is not None:
        return (f"Range {item.minimum}..{item.maximum}",)
    if item.choices:
        return (f"Set {','.join(item.choices)}",)
    if item.fixed:
        return ("Set true",)
    return ("ValidateNotNullOrEmpty",) if item.kind in (OptionKind.TEXT, OptionKind.LIST) else ()


@functools.cache
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in _raw()["cmdlets"]}


@functools.cache
def _raw() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("parameters.json").read_text(encoding="utf-8"))
    return table


def measured(
    cmdlet_name: str,
    name: str,
    help: str,
    caution: str = "",
    *,
    parameter: str = "",
    kind: OptionKind | None = None,
    choices: tuple[str, ...] = (),
    default: str = "",
    set_defaults: Mapping[ParameterSet, str] = MappingProxyType({}),
    unit: str = "",
) -> Option:
    """Return a parameter of PowerShell's with what its cmdlet's table knows of it.

    ``kind`` and ``choices`` are given where they are narrower than the type; every switch is off by default.
    """
    table = cmdlet(cmdlet_name).parameters[parameter or name]
    ranges = [rule.removeprefix("Range ").split("..") for rule in table.validation if rule.startswith("Range ")]
    low, high = map(int, ranges[0]) if ranges else (-_INT_MAX - 1, _INT_MAX)
    is_number = table.type == "Int32"
    fixed = "Set true" in table.validation
    return Option(
        name,
        kind or KINDS.get(table.type, OptionKind.CHOICE),
        help,
        caution,
        table.type,
        MappingProxyType({ParameterSet.named(one): use for one, use in table.sets.items()} if not parameter else {}),
        table.aliases,
        choices or tuple(ENUMS.get(table.type, ())),
        low if is_number else None,
        high if is_number else None,
        default or (("on" if fixed else "off") if table.is_switch else ""),
        set_defaults,
        unit,
        parameter,
        fixed=fixed,
    )


_option = functools.partial(measured, "Enter-PSSession")

OPTIONS: tuple[Option, ...] = (
    _option(
        "ComputerName",
        "The Windows computer to enter over WinRM: a NetBIOS name, a full DNS name or an IP address.",
        "An IP address needs HTTPS or a credential that is not proved by Kerberos.",
    ),
    _option("HostName", "The computer to enter over SSH, as host, user@host or user@host:port."),
    _option("Session", "A session that is open already."),
    _option(
        "ConnectionUri",
        "The whole address of a WinRM endpoint, such as https://server:5986/wsman.",
        "Without a port it means 80 or 443, not WinRM's 5985 or 5986.",
        default="http://localhost:5985/WSMAN",
    ),
    _option("InstanceId", "The instance id of a session that is open already."),
    _option("Id", "The number of a session that is open already."),
    _option("Name", "The exact name of a session that is open already."),
    _option("VMId", "The id of a virtual machine on this computer."),
    _option("VMName", "The name of a virtual machine on this computer."),
    _option("ContainerId", "The id or the name of a running container on this computer."),
    _option(
        "Credential",
        "The account to use on the remote computer, such as CONTOSO\\admin; its password is asked when it is needed.",
        default="the current user",
    ),
    _option("UserName", "The account to sign in with; one written in HostName wins."),
    _option(
        "Port",
        "The port on the remote computer; over SSH one written in HostName wins, over WinRM it must have a listener.",
        default="5985, 5986 with UseSSL, 22 over SSH",
        set_defaults={
            ParameterSet.COMPUTER_NAME: "5985, 5986 with UseSSL",
            ParameterSet.SSH_HOST: "of ssh_config, else 22",
        },
    ),
    _option("UseSSL", "Connects by HTTPS instead of HTTP."),
    _option(
        "Authentication",
        "How to prove who you are.",
        "CredSSP hands your password to the other computer: if that one is taken over, so is your account. Basic "
        "protects nothing without HTTPS.",
        default="Default",
    ),
    _option(
        "CertificateThumbprint",
        "The client certificate to sign in with, instead of a credential.",
        "Certificates can be mapped to local accounts only, not to those of a domain.",
    ),
    _option(
        "KeyFilePath",
        "The private key file to sign in with.",
        kind=OptionKind.PATH,
        default="agent and the usual keys",
    ),
    _option("Subsystem", "The subsystem of the SSH server that starts PowerShell.", default="powershell"),
    _option(
        "ConfigurationName",
        "The session configuration to use, by name or full address; over SSH it names the subsystem.",
        default="Microsoft.PowerShell",
        set_defaults={ParameterSet.SSH_HOST: "powershell", ParameterSet.CONTAINER_ID: ""},
    ),
    _option(
        "ApplicationName",
        "The path of the WinRM service in its address; it must match the listener's URLPrefix.",
        default="WSMan",
    ),
    _option(
        "AllowRedirection",
        "Lets the endpoint send the connection on to another address.",
        "The other address then gets your credential.",
    ),
    _option(
        "EnableNetworkAccess",
        "Lets a session on this same computer reach others in turn.",
        "Without effect when the session goes to another computer.",
    ),
    _option("RunAsAdministrator", "Runs the session in the container as its administrator (root)."),
    _option(
        "ConnectingTimeout",
        "How long connecting may take; negative or empty is no limit, 0 is over at once.",
        default="no limit",
        unit="ms",
    ),
    _option("Options", "More settings for SSH by the names of ssh_config, such as ProxyJump."),
    _option("SSHTransport", "Says that SSH is meant; HostName says so already."),
    _option("SessionOption", "The finer settings of a WinRM session: timeouts, limits, proxy, checks."),
    *OWN_PARAMETERS,
)

#: the options that a connection holds among its settings, by their names
SETTINGS = {item.name: item for item in OPTIONS if item.setting}

_BY_NAME = {item.name.casefold(): item for item in OPTIONS} | {item.key: item for item in OPTIONS}

#: the keys that decide a profile's parameter set, with the set
TARGET_KEYS: Mapping[str, ParameterSet] = MappingProxyType(
    {_BY_NAME[one.target.casefold()].key: one for one in ParameterSet.opening()}
)


def option(name: str) -> Option:
    """Return an option by PowerShell's name (any case) or its TOML key. Raises KeyError."""
    return _BY_NAME[name if name in _BY_NAME else name.casefold()]


def options_of(parameter_set: ParameterSet) -> tuple[Option, ...]:
    """Return the options of one set: those that must be given first, then in the order of the declaration."""
    found = [item for item in OPTIONS if parameter_set in item.sets]
    return tuple(sorted(found, key=lambda item: not item.sets[parameter_set].mandatory))


#: what a profile of a set may hold though no call of that set takes it, as PowerShell has it: over SSH a credential
#: is the account to log in with and the source of its password
_OF_PROFILES = {ParameterSet.SSH_HOST: ("Credential",)}


def profile_options_of(parameter_set: ParameterSet) -> tuple[Option, ...]:
    """Return the options that a profile of one set may hold: those of the set, then what profiles alone have."""
    return (*options_of(parameter_set), *map(option, _OF_PROFILES.get(parameter_set, ())))


def is_of_profiles(name: str, parameter_set: ParameterSet) -> bool:
    """Whether an option belongs to profiles of a set, but to no call of it."""
    return name in _OF_PROFILES.get(parameter_set, ())


def set_of_keys(keys: Mapping[str, object]) -> list[ParameterSet]:
    """Return the parameter sets that a profile's keys name a target of: one in a right profile."""
    return [parameter_set for key, parameter_set in TARGET_KEYS.items() if key in keys]
