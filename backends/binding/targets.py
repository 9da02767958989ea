"""``pstui NAME``: a saved profile, ``user@host[:port]`` over SSH, or the name of a Windows computer."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.binder import bind
from pstui.backends.binding.calls import connection_info, is_given
from pstui.backends.binding.checks import check_session_option, finish
from pstui.backends.binding.context import BindContext
from pstui.backends.binding.convert import exclusion
from pstui.backends.binding.options import set_of_keys
from pstui.backends.binding.options_profile import CredentialLookup, by_name_only, fill, profile_values, session_options
from pstui.backends.binding.tables import cmdlet
from pstui.backends.binding.values import ConversionError
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError

#: the kinds of profile, and the prefix that tells them apart where a name stands twice
KINDS = ("host", "vm", "container")

#: saved profiles as plain tables: {kind: {name: table}}
Profiles = Mapping[str, Mapping[str, Mapping[str, Any]]]

_CLOSE = 0.75
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Target:
    """What a name on the command line means.

    A saved profile has ``kind``, ``name`` and its ``table``; everything else is a ``connection``. ``close`` lists the
    profiles whose names look like a name that is taken for a computer: ask before opening it.
    """

    text: str
    kind: str = ""
    name: str = ""
    table: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    connection: ConnectionInfo | None = None
    close: tuple[str, ...] = ()

    @property
    def is_profile(self) -> bool:
        return bool(self.kind)


def parse_target(
    text: str,
    profiles: Profiles,
    *,
    defaults: Mapping[str, Any] = _NOTHING,
    credentials: CredentialLookup = by_name_only,
    context: BindContext | None = None,
) -> Target:
    """Return what a name means; ``defaults`` fill the connection of one that is no profile.

    Raises CallError for a name that is ambiguous, not there, or no name at all.
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
        return Target(text, kind, name, by_kind[kind][name])
    parameter = "-HostName" if "@" in text else "-ComputerName"
    # a colon binds even a text with a dash to its parameter
    call = bind("Enter-PSSession", [f"{parameter}:{text}"] if text else [f"{parameter}:", ""], context=context)
    every = [name for kind in KINDS for name in by_kind[kind]]
    close = () if "@" in text else tuple(close_names(text, every))
    return Target(text, connection=connection_info(call, defaults=defaults, credentials=credentials), close=close)


def close_names(text: str, names: Any) -> list[str]:
    """Return up to three names that look like ``text``, the nearest first."""
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(str(name).casefold(), str(name))
    return [folded[found] for found in difflib.get_close_matches(text.casefold(), folded, n=3, cutoff=_CLOSE)]


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
    values.pop("SSHTransport", None)
    return ConnectionInfo(parameter_set, MappingProxyType(values), name, MappingProxyType(settings))


def _parameter_set(label: str, mapping: Mapping[str, Any]) -> ParameterSet:
    sets = set_of_keys(mapping)
    if not sets:
        hint = "Give it one of computer_name, host_name, connection_uri, vm_name, vm_id, container_id, command."
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


def _find(names: Mapping[str, Any], wanted: str) -> str | None:
    """Return the name as it is saved: spelled exactly so, otherwise the only one that differs in case."""
    if wanted in names:
        return wanted
    same = [name for name in names if name.casefold() == wanted.casefold()]
    return same[0] if len(same) == 1 else None
