"""The shape of a profile file, made from the declarations: a parameter declared once is also a key here.

Besides it turns a connection into the keys of a profile that lead back to it, and the texts of a form into values of
TOML.
"""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.parameters import SETTINGS, TARGET_KEYS, option, options_of
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.connection import KINDS, ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.config.schema import (
    COMMON_FIELDS,
    CREDENTIAL_FIELDS,
    INVENTORY_FIELDS,
    INVENTORY_SOURCES,
    TAG_FIELDS,
    Field,
    Kind,
    Schema,
    value_problem,
)
from pstui.tui.profiles.settings import own_tables

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
#: parameters that hold the name of an account, or may
_ACCOUNTS = ("UserName", "HostName")


def schema() -> Schema:
    """Return the tables and keys that a profile file may hold."""
    kinds = {kind: [one for one in ParameterSet.opening() if one.kind == kind] for kind in KINDS}
    every = {key: spec for key, spec in _fields(ParameterSet.opening()).items() if key not in TARGET_KEYS}
    shared = {key: spec for key, spec in COMMON_FIELDS.items() if key != "group"}
    return Schema(
        named={
            **{f"{kind}s": {**COMMON_FIELDS, **_fields(sets)} for kind, sets in kinds.items()},
            "groups": {**shared, **every},
            "tags": TAG_FIELDS,
            "inventory": INVENTORY_FIELDS,
            "credentials": CREDENTIAL_FIELDS,
        },
        single={"defaults": every, **own_tables()},
        targets={
            **{f"{kind}s": tuple(option(one.target).key for one in sets) for kind, sets in kinds.items()},
            "inventory": INVENTORY_SOURCES,
        },
    )


def _fields(sets: Iterable[ParameterSet]) -> Mapping[str, Field]:
    return {
        item.key: _field(item) for parameter_set in sets for item in options_of(parameter_set) if item.kind in _KINDS
    }


def _field(declared: Option) -> Field:
    inside: Mapping[str, Field] = {}
    if declared.kind is OptionKind.SESSION_OPTION:
        inside = {item.key: _field(item) for item in SESSION_OPTIONS}
    return Field(
        _KINDS[declared.kind],
        choices=declared.choices,
        minimum=declared.minimum,
        maximum=declared.maximum,
        fields=inside,
        one_or_many=declared.kind is OptionKind.LIST,
        check=declared.check,
        is_account=declared.name in _ACCOUNTS,
    )


def profile_table(info: ConnectionInfo) -> dict[str, Any]:
    """Return the keys of a profile that leads where ``info`` does. A credential is left out: it needs a table."""
    table: dict[str, Any] = {}
    values = dict(info.values)
    if info.parameter_set is ParameterSet.DEMO:
        home = info.settings.get("demo_home")
        return {"demo": True, "demo_home": home} if home else {"demo": True}
    for item in options_of(info.parameter_set):
        value = values.get(item.name)
        if (
            value in (None, False)
            or isinstance(value, PSCredential)
            or item.kind is OptionKind.SESSION_OPTION
            or item.fixed
        ):
            continue
        table[item.key] = _plain(value)
    kept = {"credential", *(item.key for item in SETTINGS.values())}
    table.update({key: _plain(value) for key, value in info.settings.items() if key in kept})
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def shown(value: Any, spec: Field) -> str:
    """Return the text of a value in a form; ``value_of`` makes the same value of it."""
    match spec.kind:
        case Kind.SWITCH:
            return "yes" if value else "no"
        case Kind.TABLE:
            return _inline(value)[1:-1].strip() if isinstance(value, Mapping) else str(value)
        case Kind.LIST if isinstance(value, list | tuple):
            return ", ".join(str(item) for item in value)
    return str(value)


def value_of(text: str, spec: Field) -> tuple[Any, str]:
    """Return the value that a text means and what is wrong with it, one of them empty. An empty text is None."""
    text = text.strip()
    if not text:
        return None, ""
    value: Any = text
    match spec.kind:
        case Kind.SWITCH:
            if text.casefold() not in _WORDS:
                return None, "must be yes or no"
            value = _WORDS[text.casefold()]
        case Kind.INTEGER:
            try:
                value = int(text)
            except ValueError:
                return None, "must be a whole number"
        case Kind.LIST:
            value = [part for item in text.split(",") if (part := item.strip())]
        case Kind.TABLE:
            try:
                value = tomllib.loads(f"x = {{ {text} }}")["x"]
            except (ValueError, RecursionError):
                return None, 'must be written as name = "value", other = 1'
    wrong = value_problem(value, spec)
    if not wrong and spec.kind is Kind.TABLE and spec.fields:
        wrong = next((f"{key} {said}" for key, one in value.items() if (said := _inside(key, one, spec))), "")
    return (None, wrong) if wrong else (value, "")


def _inside(key: str, value: Any, spec: Field) -> str:
    inner = spec.fields.get(key)
    return "is not known" if inner is None else value_problem(value, inner)


_WORDS = {"yes": True, "true": True, "on": True, "y": True, "no": False, "false": False, "off": False, "n": False}


def _inline(value: Any) -> str:
    import tomlkit

    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{tomlkit.key(str(k)).as_string()} = {_inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return str(tomlkit.item(value).as_string())
