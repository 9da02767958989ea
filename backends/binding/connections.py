"""From a bound call, or a name, to the connections it asks for.

How this works. ``connections`` makes one ``ConnectionInfo`` of each target that a call names, and lets the
``[defaults]`` of the profiles fill what was not given; a profile's table is read in ``profile_connections``.
``parse_target`` is for ``pstui NAME``: a saved profile, ``user@host[:port]`` over SSH, a host that is known otherwise,
or the name of a Windows computer. ``what_if`` is the description that -WhatIf prints.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from pstui.backends.addresses import shown_user, take_apart
from pstui.backends.binding.checks import (
    check_session_option,
    read_connection_table,
)
from pstui.backends.binding.codec import CredentialLookup, by_name_only, session_options
from pstui.backends.binding.context import BindContext, BoundCall
from pstui.backends.binding.declaration import OptionKind
from pstui.backends.binding.parameters import (
    OPENING,
    cmdlet,
    option,
    options_of,
)
from pstui.backends.binding.profile_connections import fill, is_given
from pstui.backends.binding.shell import bind
from pstui.backends.binding.values import ConversionError
from pstui.backends.connection import FOUND_AS, FOUND_FROM, KINDS, ORIGIN, ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import CallError

_NO_DEFAULTS: Mapping[str, Any] = MappingProxyType({})
#: PowerShell's sets that are pstui's local process
_LOCAL = ("InProcess", "UseWindowsPowerShellParameterSet", "Process")
#: New-PSSession and Invoke-Command without any of these mean this computer, as Enter-PSSession without a target does
_REMOTE = ("ComputerName", "Credential", "Port", "UseSSL", "ApplicationName", "SessionOption", "Authentication")
_WINDOWS_POWERSHELL = ("powershell.exe", "-s", "-NoLogo", "-NoProfile")
#: settings that say of a connection where it comes from, not what it is
_HIDDEN = (ORIGIN, FOUND_AS, FOUND_FROM)
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
        found = connections(call.source, profile=profile, defaults=defaults, credentials=credentials)
        return found if call.picked < 0 else found[call.picked : call.picked + 1]
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
    return ParameterSet.named(name)


def what_if(info: ConnectionInfo | None, call: BoundCall | None = None) -> dict[str, Any]:
    """Return what would be opened, ready for JSON. A credential is its user name; no secret is in it.

    ``info`` is None for a call that opens nothing (Get-PSSession and the like): its own values are described then.
    """
    result: dict[str, Any] = {}
    if call is not None:
        result["Cmdlet"] = call.cmdlet
    if info is not None:
        from pstui.backends.binding.writer import line_of

        if user := info.text("UserName"):
            info = replace(info, values={**info.values, "UserName": shown_user(user)})
        result |= {
            "ParameterSet": info.parameter_set.value,
            "ComputerName": info.computer_name,
            "Values": _plain(info.values),
            "Settings": _plain({key: value for key, value in info.settings.items() if key not in _HIDDEN}),
            "Profile": info.profile,
            "Line": line_of(info),
        }
        if ORIGIN in info.settings:
            result["Notices"] = [info.settings[ORIGIN]]
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
    known = {item.name for item in options_of(parameter_set) if not (item.setting or item.fixed)}
    if parameter_set is ParameterSet.PROCESS:
        known |= {"EnableNetworkAccess"}
    base = {name: value for name, value in call.values.items() if name in known and is_given(value)}
    if call.parameter_set == "UseWindowsPowerShellParameterSet":
        base["Command"] = _WINDOWS_POWERSHELL
    if parameter_set is ParameterSet.COMPUTER_NAME:
        base.setdefault("ComputerName", "localhost")
    several = base.get(parameter_set.target)
    # the list of a local process is its one command
    if not isinstance(several, tuple) or option(parameter_set.target).kind is OptionKind.LIST:
        return [base]
    return [_one(base, parameter_set.target, item) for item in several]


def _one(base: Mapping[str, Any], target: str, item: Any) -> dict[str, Any]:
    values = {**base, target: item}
    if target == "HostName":
        take_apart(values)
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
    given = values.get("Credential")
    if isinstance(given, PSCredential) and given.password is None:
        # a name may be that of a saved credential, whose account it means then
        values["Credential"] = found = credentials(given.user_name)
        if found.user_name != given.user_name:
            settings["credential"] = given.user_name
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


#: saved profiles as plain tables: {kind: {name: table}}
Profiles = Mapping[str, Mapping[str, Mapping[str, Any]]]

_CLOSE = 0.75
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Target:
    """What a name on the command line means.

    A saved profile has ``kind``, ``name`` and its ``table``; everything else is a ``connection``. ``close`` lists the
    profiles whose names look like a name that is taken for a computer: ask before opening it. ``origin`` says in one
    line what the name was taken for, empty where it says so itself.
    """

    text: str
    kind: str = ""
    name: str = ""
    table: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    connection: ConnectionInfo | None = None
    close: tuple[str, ...] = ()
    origin: str = ""


#: finds a host that is known besides the profiles: where it leads, defaults included, and who knows it
KnownHost = Callable[[str], tuple[ConnectionInfo, str] | None]


def parse_target(
    text: str,
    profiles: Profiles,
    *,
    hosts: KnownHost = lambda name: None,
    defaults: Mapping[str, Any] = _NOTHING,
    credentials: CredentialLookup = by_name_only,
    context: BindContext | None = None,
) -> Target:
    """Return what a name means: a profile, else one of ``hosts``, else a computer over WinRM.

    ``defaults`` fill the connection of a computer's name. Raises CallError for a name that is ambiguous, not
    there, or no name at all.
    """
    by_kind = {kind: profiles.get(kind) or profiles.get(f"{kind}s") or {} for kind in KINDS}
    kind, colon, rest = text.partition(":")
    if colon and kind in KINDS and rest:
        name = _find(by_kind[kind], rest)
        if name is None:
            near = close_names(rest, by_kind[kind])
            hint = f"Close to it: {', '.join(near)}." if near else "pstui without arguments shows them all."
            raise CallError(f"There is no saved {kind} named {rest!r}", "", hint)
        return Target(text, kind, name, by_kind[kind][name])
    found = [(kind, name) for kind in KINDS if (name := _find(by_kind[kind], text)) is not None]
    exact = [(kind, name) for kind, name in found if name == text] or found
    if len(exact) > 1:
        choices = ", ".join(f"{kind}:{name}" for kind, name in exact)
        raise CallError(f"{text!r} is the name of several profiles", "", f"Say which one: {choices}.")
    if exact:
        kind, name = exact[0]
        return Target(text, kind, name, by_kind[kind][name], origin=f"{text} is the profile {name}.")
    if "@" not in text and (known := hosts(text)) is not None:
        info, whose = known
        way = f", over {info.parameter_set.way}" if info.parameter_set.way else ""
        return Target(text, connection=info, origin=f"{text} is the host {info.computer_name} of {whose}{way}.")
    parameter = "-HostName" if "@" in text else "-ComputerName"
    # a colon binds even a text with a dash to its parameter
    call = bind("Enter-PSSession", [f"{parameter}:{text}"] if text else [f"{parameter}:", ""], context=context)
    every = [name for kind in KINDS for name in by_kind[kind]]
    info = connection_info(call, defaults=defaults, credentials=credentials)
    if "@" in text:
        return Target(text, connection=info)
    close = tuple(close_names(text, every))
    origin = f"{text} is neither a profile nor a host of ssh_config: it is taken for a computer name, over WinRM."
    if close:
        origin += f" Profiles close to it: {', '.join(close)}."
    return Target(text, connection=info, close=close, origin=origin)


def close_names(text: str, names: Any) -> list[str]:
    """Return up to three names that look like ``text``, the nearest first."""
    import difflib

    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(str(name).casefold(), str(name))
    return [folded[found] for found in difflib.get_close_matches(text.casefold(), folded, n=3, cutoff=_CLOSE)]


def _find(names: Mapping[str, Any], wanted: str) -> str | None:
    """Return the name as it is saved: spelled exactly so, otherwise the only one that differs in case."""
    if wanted in names:
        return wanted
    same = [name for name in names if name.casefold() == wanted.casefold()]
    return same[0] if len(same) == 1 else None
