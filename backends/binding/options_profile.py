"""Values of options as TOML holds them, made ready for a connection; and the defaults that fill what was not given."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pstui.backends.binding import binding_options, values
from pstui.backends.binding.checks import check_uri
from pstui.backends.binding.convert import exclusion
from pstui.backends.binding.options import options_of
from pstui.backends.binding.options_model import Option, OptionKind
from pstui.backends.binding.values import ConversionError
from pstui.backends.connection import ParameterSet
from pstui.backends.credentials import PSCredential

#: finds a credential by the name of its table; raises CallError for a name that is not there
CredentialLookup = Callable[[str], PSCredential]

#: the sets whose configuration name and session options come from the defaults (semantics 1.6)
WSMAN_SETS = (ParameterSet.COMPUTER_NAME, ParameterSet.URI)


def by_name_only(name: str) -> PSCredential:
    """Take a credential's name for the user name itself, where no profiles are at hand."""
    return PSCredential(name)


def profile_values(
    parameter_set: ParameterSet, table: Mapping[str, Any], credentials: CredentialLookup
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (values by PowerShell's names, settings by TOML key) of a profile's table for one set.

    Keys that are no option of the set are left alone. Raises ConversionError with the key in its reason.
    """
    found: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    for option in options_of(parameter_set):
        if option.key not in table:
            continue
        value = profile_value(option, table[option.key], credentials)
        if option.kind is OptionKind.CREDENTIAL:
            settings[option.key] = str(table[option.key])
        if option.setting:
            settings[option.key] = value
        elif option.name != "Demo":
            found[option.name] = value
    return found, settings


def profile_value(option: Option, value: Any, credentials: CredentialLookup = by_name_only) -> Any:
    """Return one value of a profile in its final type. Raises ConversionError."""
    text = isinstance(value, str)
    match option.kind:
        case OptionKind.TEXT | OptionKind.PATH if text and value:
            return value
        case OptionKind.URI if text:
            check_uri(value)
            return value
        case OptionKind.GUID if isinstance(value, str | uuid.UUID):
            return values.guid(value)
        case OptionKind.SWITCH if isinstance(value, bool):
            return value
        case OptionKind.INTEGER if isinstance(value, int) and not isinstance(value, bool):
            return binding_options.within(option, value)
        case OptionKind.CHOICE if text:
            return binding_options.choice(option, value) if option.name != "Authentication" else _mechanism(value)
        case OptionKind.CREDENTIAL if text:
            return credentials(value)
        case OptionKind.TABLE if isinstance(value, Mapping):
            return dict(value)
        case OptionKind.LIST if isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
            return tuple(value)
        case OptionKind.LIST if text and value and option.setting:
            return (value,)
        case OptionKind.SESSION_OPTION if isinstance(value, Mapping):
            return session_options(value, credentials)
    raise ConversionError(f"{option.key} must be {_WANTED.get(option.kind, 'a text that is not empty')}.")


def session_options(table: Mapping[str, Any], credentials: CredentialLookup = by_name_only) -> dict[str, Any]:
    """Return the session options of a profile's table, the proxy's credential looked up."""
    result = binding_options.from_profile(table)
    proxy = result.get("ProxyCredential")
    if isinstance(proxy, str):
        result["ProxyCredential"] = credentials(proxy)
    return result


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
    table = {key: value for key, value in defaults.items() if key not in _TARGETS}
    if parameter_set not in WSMAN_SETS:
        table.pop("configuration_name", None)
    extra, extra_settings = profile_values(parameter_set, table, credentials)
    for name, value in extra.items():
        if name not in found and not _excluded(found, name, value):
            found[name] = value
            if name == "Credential":
                settings["credential"] = extra_settings["credential"]
    for key, value in extra_settings.items():
        if key != "credential":
            settings.setdefault(key, value)


def _excluded(found: Mapping[str, Any], name: str, value: Any) -> str:
    if name not in ("Credential", "Authentication", "CertificateThumbprint"):
        return ""
    trial = {**found, name: value}
    return exclusion(
        trial.get("CertificateThumbprint"), trial.get("Credential"), trial.get("Authentication", "Default")
    )


def _mechanism(value: str) -> str:
    return values.enumeration(value, "AuthenticationMechanism")


_WANTED = {
    OptionKind.SWITCH: "true or false",
    OptionKind.INTEGER: "a whole number",
    OptionKind.TABLE: "a table",
    OptionKind.SESSION_OPTION: "a table of session options",
    OptionKind.LIST: "a list of texts",
    OptionKind.GUID: "a GUID",
    OptionKind.CREDENTIAL: "the name of a credential",
}

_TARGETS = (
    "computer_name",
    "host_name",
    "connection_uri",
    "vm_id",
    "vm_name",
    "container_id",
    "command",
    "process_id",
    "demo",
)
