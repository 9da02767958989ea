"""The shape that a profile file may have. ``tui`` makes it from the backends' option declarations and hands it in."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pstui.config.sources import source_problem


class Kind(enum.Enum):
    """What a value must be."""

    TEXT = "text"
    INTEGER = "whole number"
    SWITCH = "true or false"
    GUID = "GUID"
    LIST = "list of texts"
    TABLE = "table"
    CREDENTIAL = "name of a [credentials] table"
    SOURCE = "password source"
    CHOICE = "one of a list"


@dataclass(frozen=True, slots=True)
class Field:
    """One key: its kind and limits. ``fields`` describes the inside of a TABLE; empty means anything."""

    kind: Kind
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    fields: Mapping[str, Field] = field(default_factory=lambda: MappingProxyType({}))
    #: whether a single text counts as a list of one
    one_or_many: bool = False
    #: returns what is wrong with one text of a list, empty where it can be used
    check: Callable[[str], str] | None = None
    #: whether a text may have several lines, and tabs
    is_prose: bool = False
    #: whether a text names an account, as DOMAIN\name, with one backslash
    is_account: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a profile file.

    ``named`` are the tables of tables (hosts, vms, containers, credentials) with the keys of their entries; ``single``
    are tables that exist only once (defaults, settings, keys). ``targets`` names, for a named table, the keys of which
    exactly one must be there: they decide the parameter set.
    """

    named: Mapping[str, Mapping[str, Field]]
    single: Mapping[str, Mapping[str, Field]] = field(default_factory=lambda: MappingProxyType({}))
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


#: What every profile may carry beside its connection.
COMMON_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "group": Field(Kind.TEXT),
        "tags": Field(Kind.LIST),
        "color": Field(Kind.TEXT),
        "note": Field(Kind.TEXT, is_prose=True),
        "pinned": Field(Kind.SWITCH),
        "guard": Field(Kind.CHOICE, choices=("off", "confirm", "read")),
    }
)

#: a list of hosts that another program keeps
INVENTORY_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "ansible": Field(Kind.LIST, one_or_many=True),
        "csv": Field(Kind.TEXT),
        "command": Field(Kind.LIST),
        "ssh_config": Field(Kind.TEXT),
        "credential": Field(Kind.CREDENTIAL),
        "refresh": Field(Kind.INTEGER, minimum=5, maximum=86_400),
    }
)
INVENTORY_SOURCES = ("ansible", "csv", "command", "ssh_config")

#: what a tag may say of everything that has it
TAG_FIELDS: Mapping[str, Field] = MappingProxyType({key: COMMON_FIELDS[key] for key in ("guard", "color")})

CREDENTIAL_FIELDS: Mapping[str, Field] = MappingProxyType(
    {"user_name": Field(Kind.TEXT, is_account=True), "password": Field(Kind.SOURCE)}
)


#: what "CORP\tom" in a TOML file means: an account's name with a tab
_CONTROL = "holds a control character: between double quotes \\ begins one. Write 'CONTOSO\\admin', in single quotes"
#: what 'CORP\\tom' in a TOML file means: single quotes take each sign as it is
_TWO = "has two backslashes where an account has one: single quotes take each as it is. Write 'CONTOSO\\admin'"


def value_problem(value: Any, spec: Field) -> str:
    """Return what is wrong with a value, or ``""``. The inside of tables is checked by the caller."""
    wanted = f"must be a {spec.kind.value}"
    match spec.kind:
        case Kind.TEXT | Kind.CREDENTIAL:
            if not isinstance(value, str):
                return wanted
            if not spec.is_prose and any(ord(sign) < 32 for sign in value):
                return _CONTROL
            return _TWO if (spec.is_account or spec.kind is Kind.CREDENTIAL) and "\\\\" in value else ""
        case Kind.SWITCH:
            return "" if isinstance(value, bool) else f"must be {spec.kind.value}"
        case Kind.INTEGER:
            return _integer_problem(value, spec)
        case Kind.GUID:
            return "" if _is_guid(value) else wanted
        case Kind.LIST:
            fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
            if not fits and not (spec.one_or_many and isinstance(value, str)):
                return wanted
            texts = [value] if isinstance(value, str) else value
            return next((wrong for text in texts if spec.check is not None and (wrong := spec.check(text))), "")
        case Kind.CHOICE:
            known = {choice.casefold() for choice in spec.choices}
            fits = isinstance(value, str) and value.casefold() in known
            return "" if fits else f"must be one of {', '.join(spec.choices)}"
        case Kind.SOURCE:
            return source_problem(value)
        case Kind.TABLE:
            return "" if isinstance(value, dict) else wanted


def _integer_problem(value: Any, spec: Field) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return "must be a whole number"
    low, high = spec.minimum, spec.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        return f"must be {_range(low, high)}"
    return ""


def _range(low: int | None, high: int | None) -> str:
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


def _is_guid(value: Any) -> bool:
    try:
        uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return True
