"""``pstui NAME``: a saved profile, ``user@host``, or a computer's name."""

from __future__ import annotations

import difflib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, OpenCancelled
from pstui.backends.options import set_of_keys
from pstui.backends.options_profile import by_name_only, profile_values
from pstui.backends.powershell.binder import BindContext, BoundCall, bind, bind_line, cmdlet_name
from pstui.backends.powershell.binding_values import ConversionError
from pstui.backends.powershell.calls import connection_info, line_of
from pstui.tui.cli_profiles import TABLES, Profiles

if TYPE_CHECKING:
    from pstui.tui.widgets.sidebar import SidebarEntry


def is_cmdlet(word: str) -> bool:
    """Tell whether a word is a session cmdlet's name or alias."""
    return cmdlet_name(word) is not None


def resolve(name: str, profiles: Profiles, context: BindContext) -> tuple[ConnectionInfo, BoundCall | None]:
    """Return where a name leads, with the call it stands for if it is no profile's.

    Raises CallError for a name that stands twice or is no profile where one is demanded, OpenCancelled when the user
    says no to a name that is close to a profile's.
    """
    kind, colon, rest = name.partition(":")
    demanded = colon and kind.lower() in TABLES
    found = profiles.find(rest, kind.lower()) if demanded else profiles.find(name)
    if len(found) > 1:
        ways = ", ".join(f"{kind}:{profile}" for kind, profile in found)
        raise CallError(f"{name!r} is the name of {len(found)} profiles", hint=f"Say which: {ways}.")
    if found:
        return from_profile(*found[0], profiles), None
    if demanded:
        near = difflib.get_close_matches(rest, profiles.names(kind.lower()), n=1)
        hint = f"The nearest is {near[0]!r}." if near else f"{profiles.path} holds none like it."
        raise CallError(f"there is no profile {rest!r} in [{TABLES[kind.lower()]}]", hint=hint)
    if "@" in name:
        call = bind("Enter-PSSession", ["-HostName", name], context=context)
    else:
        near = difflib.get_close_matches(name, profiles.names(), n=1, cutoff=0.75)
        if near:
            _confirm(name, near[0])
        call = bind("Enter-PSSession", ["-ComputerName", name], context=context)
    return connection_info(call), call


def from_text(text: str, profiles: Profiles) -> ConnectionInfo:
    """Bind what was typed or pasted in the app: a name, parameters, or a whole Enter-PSSession line.

    Raises PstuiError.
    """
    text = text.strip()
    first = text.split(None, 1)[0] if text else ""
    if not text:
        raise CallError("nothing was typed", hint="Type user@host, a name, or an Enter-PSSession line.")
    if is_cmdlet(first):
        call = bind_line(text)
    elif first.startswith("-") or first != text:
        call = bind_line(f"Enter-PSSession {text}")
    else:
        found = profiles.find(text)
        if len(found) == 1:
            return from_profile(*found[0], profiles)
        parameter = "-HostName" if "@" in text else "-ComputerName"
        call = bind("Enter-PSSession", [parameter, text])
    if call.cmdlet != "Enter-PSSession":
        raise CallError(f"{call.cmdlet} opens no tab", hint="Type an Enter-PSSession line.")
    return connection_info(call)


def from_profile(kind: str, name: str, profiles: Profiles) -> ConnectionInfo:
    """Return the connection that a profile describes. Raises CallError naming the file, the table and the key."""
    table = profiles.tables[kind][name]
    where = f"{profiles.path}: [{TABLES[kind]}.{name}]"
    sets = set_of_keys(table)
    if len(sets) != 1:
        what = "names no target" if not sets else "names several targets"
        raise CallError(f"{where} {what}", hint="One of computer_name, host_name, vm_name, container_id and the like.")
    try:
        values, settings = profile_values(sets[0], table, by_name_only)
    except ConversionError as error:
        raise CallError(f"{where} does not fit", error.why, error.hint) from error
    info = ConnectionInfo(sets[0], values, name, settings)
    if info.parameter_set is ParameterSet.SSH_HOST:
        # the binder knows what the values mean together: user and port inside the host name, the key file's path
        info = replace(info, values=connection_info(bind_line(line_of(info))).values)
    return info


def sidebar(profiles: Profiles) -> list[SidebarEntry]:
    """Return an entry for each profile that can be opened."""
    from pstui.tui.widgets.sidebar import SidebarEntry

    entries = []
    for kind, table in profiles.tables.items():
        for name, keys in table.items():
            group = str(keys.get("group", ""))
            try:
                info = from_profile(kind, name, profiles)
            except CallError as error:
                entries.append(SidebarEntry(kind, name, group, error.what, "note"))
            else:
                entries.append(SidebarEntry(kind, name, group, _way(info), "saved", info))
    return entries


def _way(info: ConnectionInfo) -> str:
    from pstui.backends.transports import registry

    return next((kind.name for kind in registry.kinds() if info.parameter_set in kind.parameter_sets), "")


def _confirm(name: str, near: str) -> None:
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return  # nobody to ask; the screen will refuse to open anyway
    print(f"{name!r} is no profile; the nearest is {near!r}.", file=sys.stderr)
    print(f"Connect to a computer called {name!r}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise OpenCancelled(f"{name}: not opened")
