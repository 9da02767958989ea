"""The session options of a WinRM connection (PSSessionOption), one declaration each (protocol-notes 1.9).

Session options as the binder makes them: a dict by property name, times in ms (protocol-notes 1.9).
"""

from __future__ import annotations

import locale
import re
from collections.abc import Mapping
from typing import Any

from pstui.backends.binding import values
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.values import ConversionError
from pstui.backends.credentials import PSCredential

_INT_MAX = 2147483647
_NO_CHECK = "Whoever can stand between the two computers can then read and change everything."


def _switch(name: str, key: str, text: str, caution: str = "") -> Option:
    return Option(name, key, OptionKind.SWITCH, text, caution, default_text="off", parameter=name, wsman=True)


def _number(
    name: str,
    key: str,
    text: str,
    *,
    parameter: str = "",
    low: int | None = None,
    unit: str = "",
    default: str = "",
    aliases: tuple[str, ...] = (),
) -> Option:
    return Option(
        name,
        key,
        OptionKind.INTEGER,
        text,
        aliases=aliases,
        minimum=low,
        maximum=_INT_MAX,
        default_text=default,
        unit=unit,
        parameter=parameter or name,
        wsman=True,
    )


def _time_option(name: str, key: str, text: str, *, low: int = 0, default: str) -> Option:
    return _number(name, key, text, low=low, unit="ms", default=default, aliases=(f"{name}MSec",))


def _other(
    name: str,
    key: str,
    kind: OptionKind,
    text: str,
    *,
    choices: tuple[str, ...] = (),
    default: str = "",
    caution: str = "",
) -> Option:
    return Option(name, key, kind, text, caution, choices=choices, default_text=default, parameter=name, wsman=True)


#: in the order of New-PSSessionOption
SESSION_OPTIONS: tuple[Option, ...] = (
    _number(
        "MaximumConnectionRedirectionCount",
        "maximum_connection_redirection_count",
        "How many redirections in a row are followed where redirection is allowed at all.",
        parameter="MaximumRedirection",
        low=-_INT_MAX - 1,
        default="5",
    ),
    _switch("NoCompression", "no_compression", "Sends the packets without compressing them."),
    _switch("NoMachineProfile", "no_machine_profile", "Opens the session without loading the user's Windows profile."),
    _other("Culture", "culture", OptionKind.TEXT, "The culture for numbers and dates over there, such as de-DE."),
    _other("UICulture", "ui_culture", OptionKind.TEXT, "The language of messages over there, such as en-US."),
    _number(
        "MaximumReceivedDataSizePerCommand",
        "maximum_received_data_size_per_command",
        "The most that one command may send back before the session is broken off.",
        low=-_INT_MAX - 1,
        unit="bytes",
        default="no limit",
    ),
    _number(
        "MaximumReceivedObjectSize",
        "maximum_received_object_size",
        "The largest single object that is accepted.",
        low=-_INT_MAX - 1,
        unit="bytes",
        default="209715200",
    ),
    _other(
        "OutputBufferingMode",
        "output_buffering_mode",
        OptionKind.CHOICE,
        "What a disconnected session does with output once its buffer is full.",
        choices=("None", "Drop", "Block"),
        default="None",
        caution="Drop loses the oldest output; Block halts the command until somebody connects again.",
    ),
    _number(
        "MaxConnectionRetryCount",
        "max_connection_retry_count",
        "How often opening is tried again when the network fails.",
        low=-_INT_MAX - 1,
        default="5",
    ),
    _other(
        "ApplicationArguments",
        "application_arguments",
        OptionKind.TABLE,
        "Values that the far end finds in $PSSenderInfo.ApplicationArguments.",
    ),
    _time_option(
        "OpenTimeout", "open_timeout", "How long opening a session may take; 0 is no limit.", default="180000"
    ),
    _time_option("CancelTimeout", "cancel_timeout", "How long stopping a command may take.", default="60000"),
    _time_option(
        "IdleTimeout",
        "idle_timeout",
        "How long the far end keeps a session that says nothing; -1 leaves it to the server, otherwise 60000 and more.",
        low=-1,
        default="-1",
    ),
    _other(
        "ProxyAccessType",
        "proxy_access_type",
        OptionKind.CHOICE,
        "How the proxy is found.",
        choices=("None", "IEConfig", "WinHttpConfig", "AutoDetect", "NoProxyServer"),
        default="None",
    ),
    _other(
        "ProxyAuthentication",
        "proxy_authentication",
        OptionKind.CHOICE,
        "How to prove to the proxy who you are.",
        choices=("Basic", "Negotiate", "Digest"),
        default="Negotiate",
        caution="Basic sends the password readable to everyone on the way to the proxy.",
    ),
    _other(
        "ProxyCredential",
        "proxy_credential",
        OptionKind.CREDENTIAL,
        "The account for the proxy; it needs a ProxyAccessType other than None.",
    ),
    _switch("SkipCACheck", "skip_ca_check", "Does not ask who issued the server's certificate.", _NO_CHECK),
    _switch("SkipCNCheck", "skip_cn_check", "Does not compare the name in the server's certificate.", _NO_CHECK),
    _switch(
        "SkipRevocationCheck",
        "skip_revocation_check",
        "Does not ask whether the server's certificate was revoked.",
        "A certificate that was stolen and revoked is then trusted.",
    ),
    _time_option("OperationTimeout", "operation_timeout", "How long any other WinRM call may take.", default="180000"),
    _switch(
        "NoEncryption",
        "no_encryption",
        "Sends messages over http without encrypting them; the server must allow it.",
        "Everything, output and input alike, can be read on the way.",
    ),
    _switch("UseUTF16", "use_utf16", "Sends requests in UTF-16 instead of UTF-8."),
    _switch(
        "IncludePortInSPN",
        "include_port_in_spn",
        "Puts the port into the name that Kerberos is asked for, for services that share a host.",
    ),
)

_SESSION_BY_NAME = {item.name.casefold(): item for item in SESSION_OPTIONS} | {
    item.key: item for item in SESSION_OPTIONS
}


def session_option(name: str) -> Option:
    """Return a session option by its property (any case) or its TOML key. Raises KeyError."""
    return _SESSION_BY_NAME[name if name in _SESSION_BY_NAME else name.casefold()]


#: properties that may be nothing, which is no limit
_NULLABLE = ("MaximumReceivedDataSizePerCommand", "MaximumReceivedObjectSize")
_CULTURE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*\Z")
_TIME_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d{1,8})|(?:(?P<d>\d{1,8})\.)?(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:\.(?P<f>\d{1,7}))?)?)\Z",
    re.ASCII,
)
_BY_PARAMETER = {item.parameter: item for item in SESSION_OPTIONS}


def from_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the session options that a hashtable of property names means. Raises ConversionError."""
    result: dict[str, Any] = {}
    for key, value in table.items():
        declared = next((item for item in SESSION_OPTIONS if item.name.casefold() == str(key).casefold()), None)
        if declared is None:
            raise ConversionError(f"“{key}” is no session option.", _nearest(str(key)))
        result[declared.name] = _property(declared, value)
    return result


def from_call(bound: Mapping[str, Any]) -> dict[str, Any]:
    """Return the session options that the bound parameters of New-PSSessionOption mean."""
    return {_BY_PARAMETER[name].name: value for name, value in bound.items()}


def from_profile(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the session options of a profile's table: TOML keys, times in ms. Raises ConversionError.

    A proxy credential stays the name that the profile gives; the caller replaces it by the credential.
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        try:
            declared = session_option(key)
        except KeyError:
            raise ConversionError(f"“{key}” is no session option.", _nearest(key)) from None
        result[declared.name] = profile_value(declared, value)
    return result


def profile_value(declared: Option, value: Any) -> Any:
    """Return one value of a profile in its final type. Raises ConversionError."""
    if declared.kind is OptionKind.SWITCH:
        if not isinstance(value, bool):
            raise ConversionError(f"{declared.key} must be true or false.")
        return value
    if declared.kind is OptionKind.INTEGER:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConversionError(f"{declared.key} must be a whole number.")
        return within(declared, value)
    if declared.kind is OptionKind.CREDENTIAL:
        if not isinstance(value, str | PSCredential):
            raise ConversionError(f"{declared.key} must be the name of a credential.")
        return value
    return _property(declared, value)


def within(declared: Option, value: int) -> int:
    """Return a number if it lies within the option's limits. Raises ConversionError."""
    low, high = declared.minimum, declared.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise ConversionError(f"{declared.key} must lie between {low} and {high}.")
    return value


def time_span(text: str) -> int:
    """Return the whole milliseconds of a TimeSpan's text, ``[-][d.]hh:mm[:ss[.fffffff]]`` or days."""
    match = _TIME_SPAN.match(text.strip())
    if match is None:
        raise ConversionError("It is not a time span.", "Write hours:minutes:seconds, such as '00:00:30'.")
    if match["days"]:
        ms = int(match["days"]) * 86_400_000
    else:
        hours, minutes, seconds = int(match["h"]), int(match["m"]), int(match["s"] or 0)
        if hours > 23 or minutes > 59 or seconds > 59:
            raise ConversionError("A part of the time span is too large.", "Write days before a dot: '1.06:00:00'.")
        whole = ((int(match["d"] or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
        ms = whole * 1000 + int((match["f"] or "0").ljust(7, "0")) // 10_000
    return -ms if match["sign"] else ms


def _property(declared: Option, value: Any) -> Any:
    if declared.unit == "ms":
        return _time(declared, value)
    if declared.kind is OptionKind.INTEGER:
        return None if value is None and declared.name in _NULLABLE else values.integer(value)
    if declared.kind is OptionKind.SWITCH:
        return bool(value)
    if declared.kind is OptionKind.CHOICE:
        return choice(declared, value)
    if declared.kind is OptionKind.TABLE:
        return values.primitives(values.table(value))
    if declared.kind is OptionKind.CREDENTIAL:
        if isinstance(value, PSCredential):
            return value
        raise ConversionError("ProxyCredential takes a credential, not a name.", "Use (Get-Credential NAME).")
    return culture(value)


def _time(declared: Option, value: Any) -> int:
    if isinstance(value, int | float):
        raise ConversionError(
            f"{declared.name}: a bare number would be counted in ticks of 100 ns, so {value} would be no time at all.",
            f"Write a time span, such as '00:00:30', or (New-PSSessionOption -{declared.parameter} MILLISECONDS).",
        )
    if not isinstance(value, str):
        raise ConversionError(f"{declared.name} takes a time span.", "Such as '00:00:30'.")
    ms = time_span(value)
    low = -1 if declared.name == "IdleTimeout" else 0
    return ms if low <= ms <= values.INT_MAX else values.INT_MAX


def choice(declared: Option, value: Any) -> str:
    """Return the name of an enumeration's value, if the option takes it."""
    known = {"ProxyAuthentication": "AuthenticationMechanism"}.get(declared.name, declared.name)
    if known in values.ENUMS:
        name = values.enumeration(value, known)
    else:  # an option of pstui's own: its choices are all there is
        name = next((item for item in declared.choices if item.casefold() == str(value).casefold()), str(value))
    if name not in declared.choices:
        raise ConversionError(f"{declared.name} cannot be {name}.", "One of: " + ", ".join(declared.choices) + ".")
    return name


def culture(value: Any) -> str | None:
    """Return a culture's name, from a name or the number Windows gives it."""
    if isinstance(value, int) and not isinstance(value, bool) and value in locale.windows_locale:
        return locale.windows_locale[value].replace("_", "-")
    if value is None or (isinstance(value, str) and (not value or _CULTURE.match(value))):
        return value
    raise ConversionError("It is not the name of a culture.", "A culture is written as en-US.")


def _nearest(key: str) -> str:
    import difflib

    names = {item.name.casefold(): item.name for item in SESSION_OPTIONS}
    names |= {item.parameter.casefold(): item.name for item in SESSION_OPTIONS}
    close = difflib.get_close_matches(key.casefold(), names, n=1, cutoff=0.4)
    return f"Its name may be {names[close[0]]}." if close else ""
