"""From a bound call to the connections it asks for, and to the description that -WhatIf prints."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.binder import BoundCall
from pstui.backends.binding.checks import check_session_option
from pstui.backends.binding.hosts import parse_ssh_host
from pstui.backends.binding.options import options_of
from pstui.backends.binding.options_profile import CredentialLookup, by_name_only, fill, session_options
from pstui.backends.binding.ssh import read_connection_table
from pstui.backends.binding.tables import OPENING, cmdlet
from pstui.backends.binding.values import ConversionError
from pstui.backends.binding.writer import line_of
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import CallError

_NO_DEFAULTS: Mapping[str, Any] = MappingProxyType({})
#: PowerShell's sets that are pstui's local process
_LOCAL = ("InProcess", "UseWindowsPowerShellParameterSet", "Process")
#: New-PSSession and Invoke-Command without any of these mean this computer, as Enter-PSSession without a target does
_REMOTE = ("ComputerName", "Credential", "Port", "UseSSL", "ApplicationName", "SessionOption", "Authentication")
_WINDOWS_POWERSHELL = ("powershell.exe", "-s", "-NoLogo", "-NoProfile")
_ASKING = ("Get-PSSession", "Connect-PSSession", "Receive-PSSession")
#: the sets of these three that ask a computer for its sessions
_ASKED = {
    "ComputerName": ParameterSet.COMPUTER_NAME,
    "ComputerInstanceId": ParameterSet.COMPUTER_NAME,
    "ComputerNameGuid": ParameterSet.COMPUTER_NAME,
    "ComputerSessionName": ParameterSet.COMPUTER_NAME,
    "ConnectionUri": ParameterSet.URI,
    "ConnectionUriInstanceId": ParameterSet.URI,
    "ConnectionUriGuid": ParameterSet.URI,
    "ConnectionUriSessionName": ParameterSet.URI,
}
#: the parameter that may name several targets, by set
_TARGETS = {
    ParameterSet.COMPUTER_NAME: "ComputerName",
    ParameterSet.SSH_HOST: "HostName",
    ParameterSet.URI: "ConnectionUri",
    ParameterSet.VM_ID: "VMId",
    ParameterSet.VM_NAME: "VMName",
    ParameterSet.CONTAINER_ID: "ContainerId",
    ParameterSet.SESSION: "Session",
}


def opens(call: BoundCall) -> bool:
    """Tell whether a call leads to connections at all."""
    return call.cmdlet in OPENING


def connection_info(
    call: BoundCall,
    *,
    profile: str = "",
    defaults: Mapping[str, Any] = _NO_DEFAULTS,
    credentials: CredentialLookup = by_name_only,
) -> ConnectionInfo:
    """Return the one connection that Enter-PSSession, New-PSSession or Invoke-Command asks for.

    ``defaults`` is the profiles' ``[defaults]`` table by TOML key; ``credentials`` finds a credential that it names.
    Raises CallError for a call that names several targets, or defaults that do not fit.
    """
    found = connections(call, profile=profile, defaults=defaults, credentials=credentials)
    if len(found) != 1:
        what = f"{call.cmdlet}: {len(found)} targets where one is wanted"
        names = ", ".join(info.computer_name for info in found[:8])
        raise CallError(what, names, "Name one target, or make one call for each.")
    return found[0]


def connections(
    call: BoundCall,
    *,
    profile: str = "",
    defaults: Mapping[str, Any] = _NO_DEFAULTS,
    credentials: CredentialLookup = by_name_only,
) -> tuple[ConnectionInfo, ...]:
    """Return every connection that a call asks for, in the order of its list. Raises CallError.

    For a session that another call in the same line opens (``call.source``) it is the connection of that call; the
    session is then to be kept.
    """
    if call.source is not None and call.source.cmdlet == "New-PSSession":
        return connections(call.source, profile=profile, defaults=defaults, credentials=credentials)
    if call.cmdlet == "New-PSSession" and call.parameter_set == "Session":
        return tuple(session.info for session in call.sessions) or (_loopback(call),)
    parameter_set = parameter_set_of(call)
    result = []
    for values in _split(call, parameter_set):
        settings = dict(call.settings)
        if call.verbose:
            settings["verbose"] = True
        if not parameter_set.is_lookup:
            _fill(call, parameter_set, values, settings, defaults, credentials)
        result.append(ConnectionInfo(parameter_set, MappingProxyType(values), profile, MappingProxyType(settings)))
    return tuple(result)


def asked_computers(
    call: BoundCall,
    *,
    defaults: Mapping[str, Any] = _NO_DEFAULTS,
    credentials: CredentialLookup = by_name_only,
) -> tuple[ConnectionInfo, ...]:
    """Return the computers that Get-, Connect- or Receive-PSSession asks for the sessions they keep; mostly none.

    Raises CallError.
    """
    parameter_set = _ASKED.get(call.parameter_set)
    if parameter_set is None or call.cmdlet not in _ASKING:
        return ()
    result = []
    table = {key: value for key, value in defaults.items() if key != "configuration_name"}
    for values in _split(call, parameter_set):
        settings = dict(call.settings)
        _fill(call, parameter_set, values, settings, table, credentials)
        result.append(ConnectionInfo(parameter_set, MappingProxyType(values), "", MappingProxyType(settings)))
    return tuple(result)


def parameter_set_of(call: BoundCall) -> ParameterSet:
    """Return the connection's parameter set; every call without a target is the local process. Raises CallError."""
    name = call.parameter_set.removeprefix("FilePath")
    if name in _LOCAL:
        return ParameterSet.PROCESS
    if name in ("SSHHostHashParam", "SSHHostHash"):
        return ParameterSet.SSH_HOST
    if name == "Runspace":
        return ParameterSet.SESSION
    if name == "ComputerName" and not any(item in call.values for item in (*_REMOTE, "CertificateThumbprint")):
        return ParameterSet.PROCESS
    if not opens(call):
        raise CallError(f"{call.cmdlet} opens no connection")
    return ParameterSet(name)


def what_if(info: ConnectionInfo | None, call: BoundCall | None = None) -> dict[str, Any]:
    """Return what would be opened, ready for JSON. A credential is its user name; no secret is in it.

    ``info`` is None for a call that opens nothing (Get-PSSession and the like): its own values are described then.
    """
    result: dict[str, Any] = {}
    if call is not None:
        result["Cmdlet"] = call.cmdlet
    if info is not None:
        result |= {
            "ParameterSet": info.parameter_set.value,
            "ComputerName": info.computer_name,
            "Values": _plain(info.values),
            "Settings": _plain(info.settings),
            "Profile": info.profile,
            "Line": line_of(info),
        }
    elif call is not None:
        result |= {"ParameterSet": call.parameter_set, "Values": _plain(call.values)}
    if call is not None:
        for name in ("ScriptBlock", "FilePath", "ArgumentList", "Name"):
            if name in call.values and name not in result.get("Values", {}):
                result[name] = _plain(call.values[name])
        result["Notices"] = list(call.notices)
    return result


def _split(call: BoundCall, parameter_set: ParameterSet) -> list[dict[str, Any]]:
    """Return the values of each target, only those that belong to a connection, switches that are off left out."""
    if "SSHConnection" in call.values:
        return [read_connection_table(cmdlet(call.cmdlet), table) for table in call.values["SSHConnection"]]
    known = {item.name for item in options_of(parameter_set) if not item.setting} - {"SSHTransport", "Demo"}
    if parameter_set is ParameterSet.PROCESS:
        known |= {"EnableNetworkAccess"}
    base = {name: value for name, value in call.values.items() if name in known and is_given(value)}
    if call.parameter_set == "UseWindowsPowerShellParameterSet":
        base["Command"] = _WINDOWS_POWERSHELL
    target = _TARGETS.get(parameter_set)
    if parameter_set is ParameterSet.COMPUTER_NAME:
        base.setdefault("ComputerName", "localhost")
    several = base.get(target) if target else None
    if not isinstance(several, tuple):
        return [base]
    return [_one(base, str(target), item) for item in several]


def is_given(value: object) -> bool:
    """False for a switch that is off and for nothing: a connection leaves them out. 0 is a value."""
    return value is not None and value is not False


def _one(base: Mapping[str, Any], target: str, item: Any) -> dict[str, Any]:
    values = {**base, target: item}
    if target == "HostName":
        host = parse_ssh_host(item)
        values["HostName"] = host.host
        if host.user:
            values["UserName"] = host.user
        if host.port is not None:
            values["Port"] = host.port
        if not values.get("Port", 1):
            del values["Port"]
    return values


def _fill(
    call: BoundCall,
    parameter_set: ParameterSet,
    values: dict[str, Any],
    settings: dict[str, Any],
    defaults: Mapping[str, Any],
    credentials: CredentialLookup,
) -> None:
    defaults = {**defaults, **call.preferences}
    try:
        if "SessionOption" not in values and isinstance(defaults.get("session_option"), Mapping):
            # the idle time is checked for every set, as PowerShell checks that of $PSSessionOption
            check_session_option(cmdlet(call.cmdlet), session_options(defaults["session_option"], credentials))
        fill(parameter_set, values, settings, defaults, credentials)
    except ConversionError as error:
        raise CallError("The defaults of the profiles do not fit", error.why, error.hint) from None


def _loopback(call: BoundCall) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.PROCESS, settings=call.settings)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Secret():
            return None
        case PSCredential():
            return value.user_name
        case uuid.UUID():
            return str(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    if hasattr(value, "instance_id"):
        return {"Id": value.id, "Name": value.name, "InstanceId": str(value.instance_id)}
    return str(value)
