"""Calls as text: the line that stands for a connection, and the ways of calling a cmdlet.

A dialog shows the line, it can be copied, and bound again it gives the same connection. The ways of calling are
written as ``-?`` and ``Get-Command -Syntax`` write them.
"""

from __future__ import annotations

import re
import textwrap
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pstui.backends.addresses import join_host
from pstui.backends.binding.declaration import OptionKind, Use
from pstui.backends.binding.parameters import ALIASES, SETTINGS, Cmdlet, Parameter, cmdlet, options_of
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential

#: words that need no quotes as an argument; digits at the front would make a number, a dash a parameter
_PLAIN = re.compile(r"[A-Za-z_~/\\][A-Za-z0-9_~/\\:.+=@-]*\Z")
_SINGLE_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_SAFE_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_LOOKUP = {ParameterSet.SESSION: "Session"}


def line_of(info: ConnectionInfo) -> str:
    """Return the ``Enter-PSSession …`` line of a connection. Bound again, it gives the same connection.

    A password is never in it: a credential is written by its name, or that of its user. A session that is meant
    itself is written as a look-up by its InstanceId.
    """
    values = dict(info.values)
    parts = ["Enter-PSSession"]
    if "Credential" in values and not info.profile and (name := info.settings.get("credential")):
        values["Credential"] = name
    if info.parameter_set is ParameterSet.SSH_HOST and "HostName" in values:
        _join_host(values)
    if info.parameter_set is ParameterSet.DEMO:
        values["Demo"] = True
    for option in options_of(info.parameter_set):
        if option.name in values:
            parts.append(_parameter(option.name, values[option.name]))
    if info.parameter_set is ParameterSet.PROCESS and values.get("EnableNetworkAccess"):
        parts.append("-EnableNetworkAccess")
    for name, option in SETTINGS.items():
        if option.key in info.settings:
            parts.append(_parameter(name, info.settings[option.key]))
    return " ".join(parts)


def _join_host(values: dict[str, Any]) -> None:
    """Write user and port into HostName where that reads back the same."""
    user, port = values.get("UserName"), values.get("Port")
    if user is None or _SAFE_USER.match(user):
        values["HostName"] = join_host(values.get("HostName", ""), user or "", port)
        values.pop("UserName", None)
        values.pop("Port", None)


def _parameter(name: str, value: Any) -> str:
    if value is True:
        return f"-{name}"
    if value is False:
        return f"-{name}:$false"
    if name == "SessionOption":
        return f"-{name} {_session_option(value)}"
    return f"-{name} {literal(value, bare=True)}"


def literal(value: Any, *, bare: bool = False) -> str:
    """Return a value as PowerShell writes it; ``bare`` leaves the quotes out where an argument needs none."""
    match value:
        case None:
            return "$null"
        case bool():
            return "$true" if value else "$false"
        case int() | float():
            return repr(value)
        case str():
            return value if bare and _PLAIN.match(value) else quote(value)
        case uuid.UUID():
            return quote(str(value))
        case PSCredential():
            return literal(value.user_name, bare=bare)
        case Mapping():
            items = "; ".join(f"{_key(str(key))} = {_item(item)}" for key, item in value.items())
            return f"@{{{items}}}"
        case list() | tuple():
            return ", ".join(_item(item) for item in value) if bare and value else _array(value)
    instance = getattr(value, "instance_id", None)
    return f"(Get-PSSession -InstanceId {quote(str(instance))})" if instance else quote(str(value))


def quote(text: str) -> str:
    """Return text in single quotes. PowerShell takes the curly ones for the same, so they are doubled too."""
    return "'" + _SINGLE_QUOTES.sub(r"\1\1", text) + "'"


def _item(value: Any) -> str:
    if isinstance(value, PSCredential):
        return f"(Get-Credential {quote(value.user_name)})"
    return literal(value)


def _array(value: Sequence[Any]) -> str:
    # an array of one array needs the comma, or PowerShell makes one of the two
    comma = ", " if len(value) == 1 and isinstance(value[0], list | tuple) else ""
    return f"@({comma}{', '.join(_item(item) for item in value)})"


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) else quote(text)


def _session_option(options: Mapping[str, Any]) -> str:
    if any(value is None for value in options.values()):
        return literal({name: _spelled(name, value) for name, value in options.items()})
    by_name = {item.name: item for item in SESSION_OPTIONS}
    parts = [_parameter(by_name[name].parameter, value) for name, value in options.items()]
    return f"({' '.join(['New-PSSessionOption', *parts])})"


def _spelled(name: str, value: Any) -> Any:
    """Return a session option as a hashtable takes it: times as text."""
    option = next(item for item in SESSION_OPTIONS if item.name == name)
    if option.kind is not OptionKind.INTEGER or option.unit != "ms" or value is None:
        return value
    sign, span = ("-" if value < 0 else ""), timedelta(milliseconds=abs(value))
    hours, rest = divmod(span.seconds, 3600)
    return f"{sign}{span.days}.{hours:02}:{rest // 60:02}:{rest % 60:02}.{span.microseconds // 1000:03}"


#: columns of a terminal that the text must fit into
_WIDTH = 78


def syntax(name: str) -> str:
    """Return one paragraph for each parameter set of a cmdlet, given by its full name, and its aliases."""
    table = cmdlet(name)
    parts = [_set(table, parameter_set) for parameter_set in table.sets]
    aliases = ", ".join(alias for alias, full in ALIASES.items() if full == name)
    if aliases:
        parts.append(f"Alias: {aliases}")
    return "\n\n".join(parts)


def _set(table: Cmdlet, parameter_set: str) -> str:
    used = [(p, p.use(parameter_set)) for p in table.parameters.values() if not p.common]
    words = [_one(p, use) for p, use in sorted(_present(used), key=_order)]
    if table.should_process:
        words += ["[-WhatIf]", "[-Confirm]"]
    words.append("[<CommonParameters>]")
    # a parameter and its type stay on one line
    glued = " ".join([table.name, *(word.replace(" ", "\u00a0") for word in words)])
    lines = textwrap.wrap(glued, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\u00a0", " ")


def _present(used: list[tuple[Parameter, Use | None]]) -> list[tuple[Parameter, Use]]:
    return [(p, use) for p, use in used if use is not None]


def _order(item: tuple[Parameter, Use]) -> tuple[bool, int, bool]:
    _, use = item
    return use.position is None, use.position or 0, not use.mandatory


def _one(parameter: Parameter, use: Use) -> str:
    name = f"-{parameter.name}" if use.position is None else f"[-{parameter.name}]"
    text = name if parameter.is_switch else f"{name} <{parameter.type}>"
    return text if use.mandatory else f"[{text}]"
