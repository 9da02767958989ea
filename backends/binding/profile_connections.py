"""From the table of a saved profile, or from what was found somewhere, to its connection.

How this works. What the profile, or what found a host, says itself comes first, then what its groups pass down, then
the ``[defaults]`` of the profiles (``fill``). Session options are merged key by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.checks import SSH_ENGINES, check_session_option, finish, resolve_path
from pstui.backends.binding.codec import CredentialLookup, by_name_only, from_toml, session_options
from pstui.backends.binding.context import BindContext
from pstui.backends.binding.conversion import exclusion
from pstui.backends.binding.declaration import OptionKind
from pstui.backends.binding.parameters import TARGET_KEYS, cmdlet, is_of_profiles, profile_options_of, set_of_keys
from pstui.backends.binding.values import ConversionError
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError

#: the sets whose configuration name and session options come from the defaults (protocol-notes 1.6)
WSMAN_SETS = (ParameterSet.COMPUTER_NAME, ParameterSet.URI)

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def profile_values(
    parameter_set: ParameterSet, table: Mapping[str, Any], credentials: CredentialLookup
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (values by PowerShell's names, settings by TOML key) of a profile's table for one set.

    Keys that are not an option of the set are left alone. Raises ConversionError with the key in its reason.
    """
    found: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    for item in profile_options_of(parameter_set):
        if item.key not in table:
            continue
        value = from_toml(item, table[item.key], credentials)
        if item.kind is OptionKind.CREDENTIAL:
            settings[item.key] = str(table[item.key])
        if item.setting:
            settings[item.key] = value
        elif not item.fixed:
            found[item.name] = value
    return found, settings


def fill(
    parameter_set: ParameterSet,
    found: dict[str, Any],
    settings: dict[str, Any],
    defaults: Mapping[str, Any],
    credentials: CredentialLookup = by_name_only,
) -> None:
    """Add what the defaults say and nobody else did. A default gives way to an explicit value that excludes it.

    The configuration name is a default of the WinRM sets only, as PowerShell's preference variable is.
    """
    table = {key: value for key, value in defaults.items() if key not in TARGET_KEYS}
    if parameter_set not in WSMAN_SETS:
        table.pop("configuration_name", None)
    if is_of_profiles("Credential", parameter_set):
        table.pop("credential", None)  # the account of WinRM's hosts: a host of SSH names its own
    extra, extra_settings = profile_values(parameter_set, table, credentials)
    for name, value in extra.items():
        if name not in found and not _excluded(found, name, value) and _is_meant(parameter_set, name, value):
            found[name] = value
            if name == "Credential":
                settings["credential"] = extra_settings["credential"]
    for key, value in extra_settings.items():
        if key != "credential":
            settings.setdefault(key, value)


def _is_meant(parameter_set: ParameterSet, name: str, value: Any) -> bool:
    """Whether a default concerns a set: an engine of SSH is none of containers, and the other way round."""
    return name != "Engine" or (value[0].lower() in SSH_ENGINES) is (parameter_set is ParameterSet.SSH_HOST)


def _excluded(found: Mapping[str, Any], name: str, value: Any) -> str:
    if name not in ("Credential", "Authentication", "CertificateThumbprint"):
        return ""
    trial = {**found, name: value}
    return exclusion(
        trial.get("CertificateThumbprint"), trial.get("Credential"), trial.get("Authentication", "Default")
    )


def found_connection(
    info: ConnectionInfo,
    passed: Mapping[str, Any],
    defaults: Mapping[str, Any],
    credentials: CredentialLookup = by_name_only,
) -> ConnectionInfo:
    """Return a connection that was found somewhere, with what its groups pass down (``passed``), then the defaults.

    What it says itself counts before both, session options key by key. Raises CallError.
    """
    label, parameter_set, enter = f"host {info.computer_name!r}", info.parameter_set, cmdlet("Enter-PSSession")
    values, settings = dict(info.values), dict(info.settings)
    try:
        said = {key: value for key, value in passed.items() if key not in TARGET_KEYS}
        added, added_settings = profile_values(parameter_set, said, credentials)
        options = {**_table(defaults, "session_option"), **_table(passed, "session_option")}
        if options and parameter_set in WSMAN_SETS:
            added["SessionOption"] = {**session_options(options, credentials), **values.pop("SessionOption", {})}
            check_session_option(enter, added["SessionOption"])
        values, settings = {**added, **values}, {**added_settings, **settings}
        fill(parameter_set, values, settings, defaults, credentials)
    except ConversionError as error:
        raise CallError(f"The {label} cannot be opened", error.why, error.hint) from None
    values = {key: value for key, value in values.items() if is_given(value)}
    if "KeyFilePath" in values and "KeyFilePath" not in info.values:
        values["KeyFilePath"] = resolve_path(enter, "KeyFilePath", values["KeyFilePath"], BindContext())
    if is_of_profiles("Credential", parameter_set) and "Credential" in values:
        _log_in_with(label, values, str(settings.get("credential", "")))
    return ConnectionInfo(parameter_set, MappingProxyType(values), "", MappingProxyType(settings))


def profile_connection(
    kind: str,
    name: str,
    mapping: Mapping[str, Any],
    credentials: CredentialLookup = by_name_only,
    defaults: Mapping[str, Any] = _NOTHING,
    *,
    context: BindContext | None = None,
) -> ConnectionInfo:
    """Return the connection of a saved profile: its own values, then the defaults.

    ``mapping`` is its table by TOML key, ``credentials`` finds a credential by name, ``defaults`` is the ``[defaults]``
    table. Session options are merged key by key. Raises CallError naming the profile; ``context`` says where relative
    paths start and which files are there.
    """
    label = f"{kind} {name!r}"
    try:
        parameter_set = _parameter_set(label, mapping)
        found, settings = profile_values(parameter_set, mapping, credentials)
        table = dict(defaults)
        options = {**_table(defaults, "session_option"), **_table(mapping, "session_option")}
        if options:
            found["SessionOption"] = session_options(options, credentials)
        why = exclusion(
            found.get("CertificateThumbprint"), found.get("Credential"), found.get("Authentication", "Default")
        )
        if why:
            raise CallError(f"The {label} cannot be opened", why, "Leave one of the two out of its table.")
        enter = cmdlet("Enter-PSSession")
        check_session_option(enter, found.get("SessionOption"))
        if parameter_set not in (ParameterSet.COMPUTER_NAME, ParameterSet.URI):
            found.pop("SessionOption", None)
        fill(parameter_set, found, settings, table, credentials)
    except ConversionError as error:
        raise CallError(f"The {label} cannot be opened", error.why, error.hint) from None
    try:
        checked = finish(enter, parameter_set.value, found, {}, context or BindContext())
    except CallError as error:
        what = error.what.removeprefix("Enter-PSSession: ")
        raise CallError(f"The {label}: {what}", error.why, error.hint, error_id=error.error_id) from None
    values = {key: value for key, value in checked.values.items() if is_given(value)}
    if is_of_profiles("Credential", parameter_set) and "Credential" in values:
        _log_in_with(label, values, str(settings.get("credential", "")))
    return ConnectionInfo(parameter_set, MappingProxyType(values), name, MappingProxyType(settings))


def _log_in_with(label: str, values: dict[str, Any], name: str) -> None:
    """Let a credential be the account of an SSH login. Raises CallError where the profile names another account.

    A credential that gives no account of its own is the password of the one that the profile names.
    """
    credential, user = values["Credential"], values.setdefault("UserName", values["Credential"].user_name)
    if user == credential.user_name:
        return
    if credential.user_name != name:
        why = f"{user} in the profile, {credential.user_name} in [credentials.{name}]."
        raise CallError(f"The {label} names two accounts", why, "Leave one of them out.")
    values["Credential"] = PSCredential(user, credential.password)


def _parameter_set(label: str, mapping: Mapping[str, Any]) -> ParameterSet:
    sets = set_of_keys(mapping)
    if not sets:
        hint = f"Give it one of {', '.join(TARGET_KEYS)}."
        raise CallError(f"The {label} names no target", "", hint)
    if len(sets) > 1:
        named = ", ".join(item.value for item in sets)
        raise CallError(f"The {label} names several targets", f"{named}.", "Keep one of them.")
    return sets[0]


def _table(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = mapping.get(key, {})
    if not isinstance(value, Mapping):
        raise ConversionError(f"{key} must be a table of session options.")
    return value


def is_given(value: object) -> bool:
    """False for a switch that is off and for nothing: a connection leaves them out. 0 is a value."""
    return value is not None and value is not False
