"""Profiles as tables: a connection as the keys that lead back to it, and texts of a form as values of TOML."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

from pstui.backends.binding.options import SETTINGS, options_of
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.config.schema import Field, Kind, value_problem


def profile_table(info: ConnectionInfo) -> dict[str, Any]:
    """Return the keys of a profile that leads where ``info`` does. A credential is left out: it needs a table."""
    table: dict[str, Any] = {}
    values = dict(info.values)
    if info.parameter_set is ParameterSet.DEMO:
        return {"demo": True}
    for option in options_of(info.parameter_set):
        value = values.get(option.name)
        if (
            value in (None, False)
            or isinstance(value, PSCredential)
            or option.name in ("SessionOption", "SSHTransport")
        ):
            continue
        table[option.key] = _plain(value)
    kept = {"credential", *(item.key for item in SETTINGS.values())}
    table.update({key: _plain(value) for key, value in info.settings.items() if key in kept})
    return table


@cache
def is_color(text: str) -> bool:
    """Whether a profile's colour is one: a name such as red, or #rrggbb."""
    from textual.color import Color, ColorParseError

    try:
        return bool(text) and Color.parse(text) is not None
    except ColorParseError:
        return False


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
            except (tomllib.TOMLDecodeError, RecursionError):
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
