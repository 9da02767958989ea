"""The hashtables of -SSHConnection (protocol-notes 5.5), and the options for ssh_config of -Options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pstui.backends.addresses import take_apart
from pstui.backends.binding import errors
from pstui.backends.binding.parameters import Cmdlet
from pstui.backends.binding.values import ConversionError, integer
from pstui.backends.errors import CallError

_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z", re.ASCII)
_KEYS = {
    "computername": "HostName",
    "hostname": "HostName",
    "username": "UserName",
    "keyfilepath": "KeyFilePath",
    "identityfilepath": "KeyFilePath",
    "port": "Port",
    "subsystem": "Subsystem",
    "connectingtimeout": "ConnectingTimeout",
    "options": "Options",
}


def check_connection_tables(cmdlet: Cmdlet, tables: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a table that PowerShell refuses. Raises CallError (Argument, PSSessionInvalidComputerName)."""
    for table in tables:
        read_connection_table(cmdlet, table)


def check_ssh_options(cmdlet: Cmdlet, options: Mapping[str, Any] | None) -> None:
    """Refuse what is no ssh_config keyword, or a value that would begin another line (protocol-notes 7.7)."""
    for key, value in (options or {}).items():
        if not _KEYWORD.match(key):
            why = f"{errors.quoted(key)} is not a keyword of ssh_config."
            raise errors.invalid_argument(cmdlet, "Options", why, "Keywords are letters and digits, such as ProxyJump.")
        if not isinstance(value, str | int | float) or not str(value).isprintable():
            raise errors.invalid_argument(cmdlet, "Options", f"The value of {key} must be one line of text.")


def read_connection_table(cmdlet: Cmdlet, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that one table means; user and port of the host string go before those of the table.

    A table without ConnectingTimeout has no limit here, where PowerShell gives up at once by mistake.
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        name = _KEYS.get(str(key).casefold())
        if name is None:
            raise _refused(cmdlet, f"{errors.quoted(str(key))} is not one of its keys.")
        if name in result:
            raise _refused(cmdlet, f"{name} is given twice, by two of its names.")
        if value is None or value == "":
            raise _refused(cmdlet, f"{key} is empty.")
        result[name] = _typed(cmdlet, name, value)
    if "HostName" not in result:
        raise _refused(cmdlet, "It names no host.")
    for name in ("UserName", "Subsystem"):
        if str(result.get(name, "")).startswith("-"):
            raise _refused(cmdlet, f"{name} begins with a dash and would be read as an option of ssh.")
    try:
        host = take_apart(result)
    except ValueError as error:
        what = f"{errors.quoted(result['HostName'])} is not a host"
        raise errors.refusal(cmdlet, "PSSessionInvalidComputerName", what, errors.sentence(error)) from None
    if host.user.startswith("-"):
        raise _refused(cmdlet, "The user name begins with a dash and would be read as an option of ssh.")
    return result


def _typed(cmdlet: Cmdlet, name: str, value: Any) -> Any:
    if name in ("Port", "ConnectingTimeout"):
        try:
            number = integer(value)
        except ConversionError as error:
            raise _refused(cmdlet, f"{name}: {error.why}") from None
        if name == "Port" and not 0 <= number <= 65535:
            raise _refused(cmdlet, "Port must lie between 0 and 65535.")
        return number
    if name == "Options":
        if not isinstance(value, dict):
            raise _refused(cmdlet, "Options must be a hashtable.")
        check_ssh_options(cmdlet, value)
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | float):
        return str(value)
    raise _refused(cmdlet, f"{name} must be a text.")


def _refused(cmdlet: Cmdlet, why: str) -> CallError:
    hint = "Keys: HostName, UserName, KeyFilePath, Port, Subsystem, ConnectingTimeout, Options."
    return errors.refusal(cmdlet, "Argument", "a table of -SSHConnection is not right", why, hint)
