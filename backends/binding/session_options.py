"""The session options of a WinRM connection (PSSessionOption), one declaration each (protocol-notes 1.9).

As the binder makes them they are a dict by property name, with times in ms.
"""

from __future__ import annotations

import locale
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pstui.backends.binding import values
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.parameters import measured
from pstui.backends.binding.values import ConversionError
from pstui.backends.credentials import PSCredential

_NO_CHECK = "Whoever can stand between the two computers can then read and change everything."


def _option(name: str, help: str, caution: str = "", *, parameter: str = "", **more: Any) -> Option:
    return measured("New-PSSessionOption", name, help, caution, parameter=parameter or name, **more)


#: in the order of New-PSSessionOption
SESSION_OPTIONS: tuple[Option, ...] = (
    _option(
        "MaximumConnectionRedirectionCount",
        "How many redirections in a row are followed where redirection is allowed at all.",
        parameter="MaximumRedirection",
        default="5",
    ),
    _option("NoCompression", "Sends the packets without compressing them."),
    _option("NoMachineProfile", "Opens the session without loading the user's Windows profile."),
    _option("Culture", "The culture for numbers and dates in the session, such as de-DE."),
    _option("UICulture", "The language of messages in the session, such as en-US."),
    _option(
        "MaximumReceivedDataSizePerCommand",
        "The most that one command may send back before the session is broken off.",
        unit="bytes",
        default="no limit",
    ),
    _option(
        "MaximumReceivedObjectSize",
        "The largest single object that is accepted.",
        unit="bytes",
        default="209715200",
    ),
    _option(
        "OutputBufferingMode",
        "What a disconnected session does with output once its buffer is full.",
        "Drop loses the oldest output; Block halts the command until somebody connects again.",
        default="None",
    ),
    _option("MaxConnectionRetryCount", "How often opening is tried again when the network fails.", default="5"),
    _option("ApplicationArguments", "Values that the far end finds in $PSSenderInfo.ApplicationArguments."),
    _option("OpenTimeout", "How long opening a session may take; 0 is no limit.", unit="ms", default="180000"),
    _option("CancelTimeout", "How long stopping a command may take.", unit="ms", default="60000"),
    _option(
        "IdleTimeout",
        "How long the far end keeps a session that says nothing; -1 leaves it to the server, otherwise 60000 and more.",
        unit="ms",
        default="-1",
    ),
    _option("ProxyAccessType", "How the proxy is found.", default="None"),
    _option(
        "ProxyAuthentication",
        "How to prove to the proxy who you are.",
        "Basic sends the password readable to everyone on the way to the proxy.",
        choices=("Basic", "Negotiate", "Digest"),
        default="Negotiate",
    ),
    _option("ProxyCredential", "The account for the proxy; it needs a ProxyAccessType other than None."),
    _option("SkipCACheck", "Does not ask who issued the server's certificate.", _NO_CHECK),
    _option("SkipCNCheck", "Does not compare the name in the server's certificate.", _NO_CHECK),
    _option(
        "SkipRevocationCheck",
        "Does not ask whether the server's certificate was revoked.",
        "A certificate that was stolen and revoked is then trusted.",
    ),
    _option("OperationTimeout", "How long any other WinRM call may take.", unit="ms", default="180000"),
    _option(
        "NoEncryption",
        "Sends messages over http without encrypting them; the server must allow it.",
        "Everything, output and input alike, can be read on the way.",
    ),
    _option("UseUTF16", "Sends requests in UTF-16 instead of UTF-8."),
    _option(
        "IncludePortInSPN",
        "Puts the port into the name that Kerberos is asked for, for services that share a host.",
    ),
)

_BY_NAME = {item.name.casefold(): item for item in SESSION_OPTIONS} | {item.key: item for item in SESSION_OPTIONS}


def session_option(name: str) -> Option:
    """Return a session option by its property (any case) or its TOML key. Raises KeyError."""
    return _BY_NAME[name if name in _BY_NAME else name.casefold()]


def declared_session_option(key: str) -> Option:
    """Return the session option of a TOML key. Raises ConversionError, naming the nearest one."""
    try:
        return session_option(key)
    except KeyError:
        raise ConversionError(f"“{key}” is not a session option.", _nearest(key)) from None


#: properties that may be empty, which means no limit
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
            raise ConversionError(f"“{key}” is not a session option.", _nearest(str(key)))
        result[declared.name] = property_value(declared, value)
    return result


def from_call(bound: Mapping[str, Any]) -> dict[str, Any]:
    """Return the session options that the bound parameters of New-PSSessionOption mean."""
    return {_BY_PARAMETER[name].name: value for name, value in bound.items()}


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


def property_value(declared: Option, value: Any) -> Any:
    """Return the value of one property of a hashtable in its final type. Raises ConversionError."""
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
    if isinstance(value, int | float | Decimal):
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
    if declared.type in values.ENUMS:
        name = values.enumeration(value, declared.type)
    else:  # one of pstui's own parameters: its choices are all there is
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
