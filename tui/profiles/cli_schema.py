"""The shape of a profile file, made from the option declarations: an option declared once is a key here, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pstui.backends.binding.options import options_of
from pstui.backends.binding.options_model import Option, OptionKind
from pstui.backends.binding.options_session import SESSION_OPTIONS
from pstui.backends.connection import ParameterSet
from pstui.config.schema import COMMON_FIELDS, CREDENTIAL_FIELDS, Field, Kind, Schema
from pstui.tui.keys.keymap import action_names
from pstui.tui.pane.settings import LEAST_LINES, MOST_LINES

_HOSTS = (
    ParameterSet.COMPUTER_NAME,
    ParameterSet.SSH_HOST,
    ParameterSet.URI,
    ParameterSet.PROCESS,
    ParameterSet.HOST_PROCESS,
    ParameterSet.DEMO,
)
_VMS = (ParameterSet.VM_NAME, ParameterSet.VM_ID)
_CONTAINERS = (ParameterSet.CONTAINER_ID,)

_TARGETS = {
    "hosts": ("computer_name", "host_name", "connection_uri", "command", "process_id", "demo"),
    "vms": ("vm_name", "vm_id"),
    "containers": ("container_id",),
}

_KINDS = {
    OptionKind.TEXT: Kind.TEXT,
    OptionKind.URI: Kind.TEXT,
    OptionKind.PATH: Kind.TEXT,
    OptionKind.INTEGER: Kind.INTEGER,
    OptionKind.SWITCH: Kind.SWITCH,
    OptionKind.GUID: Kind.GUID,
    OptionKind.CREDENTIAL: Kind.CREDENTIAL,
    OptionKind.TABLE: Kind.TABLE,
    OptionKind.CHOICE: Kind.CHOICE,
    OptionKind.SESSION_OPTION: Kind.TABLE,
    OptionKind.LIST: Kind.LIST,
}

_SETTINGS = {
    "theme": Field(Kind.CHOICE, choices=("dark", "light", "auto")),
    "restore": Field(Kind.SWITCH),
    "history": Field(Kind.SWITCH),
    "predictions": Field(Kind.SWITCH),
    "scrollback": Field(Kind.INTEGER, minimum=LEAST_LINES, maximum=MOST_LINES),
}


def schema() -> Schema:
    """Return the tables and keys that a profile file may hold."""
    every = _fields((*_HOSTS, *_VMS, *_CONTAINERS))
    targets = {key for keys in _TARGETS.values() for key in keys}
    return Schema(
        named={
            "hosts": {**COMMON_FIELDS, **_fields(_HOSTS)},
            "vms": {**COMMON_FIELDS, **_fields(_VMS)},
            "containers": {**COMMON_FIELDS, **_fields(_CONTAINERS)},
            "credentials": CREDENTIAL_FIELDS,
        },
        single={
            "defaults": {key: spec for key, spec in every.items() if key not in targets},
            "settings": _SETTINGS,
            "keys": {name: Field(Kind.LIST, one_or_many=True) for name in action_names()},
        },
        targets=_TARGETS,
    )


def _fields(sets: Iterable[ParameterSet]) -> Mapping[str, Field]:
    return {
        option.key: _field(option)
        for parameter_set in sets
        for option in options_of(parameter_set)
        if option.kind in _KINDS
    }


def _field(option: Option) -> Field:
    inside: Mapping[str, Field] = {}
    if option.kind is OptionKind.SESSION_OPTION:
        inside = {item.key: _field(item) for item in SESSION_OPTIONS}
    return Field(
        _KINDS[option.kind],
        choices=option.choices,
        minimum=option.minimum,
        maximum=option.maximum,
        fields=inside,
        one_or_many=option.kind is OptionKind.LIST,
    )
