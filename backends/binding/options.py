"""Every option of a connection, declared once.

From here come the connection dialog's fields, the keys of a profile, the parameters of the command line and the help
texts. The names, sets and positions of PowerShell's own options are those measured (semantics 1.1, 1.2), with the two
additions of the newer documentation: -Credential by position, -ConfigurationName with -HostName.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pstui.backends.binding.options_local import LOCAL_OPTIONS
from pstui.backends.binding.options_model import Option, OptionKind, OptionUse
from pstui.backends.binding.options_session import SESSION_OPTIONS
from pstui.backends.binding.options_targets import TARGET_OPTIONS
from pstui.backends.binding.options_wsman import WSMAN_OPTIONS
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
_SESSION_BY_NAME = {item.name.casefold(): item for item in SESSION_OPTIONS} | {
    item.key: item for item in SESSION_OPTIONS
}

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


def session_option(name: str) -> Option:
    """Return a session option by its property (any case) or its TOML key. Raises KeyError."""
    return _SESSION_BY_NAME[name if name in _SESSION_BY_NAME else name.casefold()]


def options_of(parameter_set: ParameterSet) -> tuple[Option, ...]:
    """Return the options of one set: those that must be given first, then in the order of the declaration."""
    found = [item for item in OPTIONS if parameter_set in item.sets]
    return tuple(sorted(found, key=lambda item: not item.sets[parameter_set].mandatory))


def set_of_keys(keys: Mapping[str, object]) -> list[ParameterSet]:
    """Return the parameter sets that a profile's keys name a target of: one in a right profile."""
    return [parameter_set for key, parameter_set in _TARGET_KEYS if key in keys]
