"""The cmdlets that pstui binds: their parameters and sets, read from the measured tables beside this file."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

#: aliases of the session cmdlets (semantics 1, 5.4), lower case
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
