"""PowerShell's preference variables for remoting, where a line or the command bar sets them (semantics 1.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pstui.backends.binding.binding_options import from_table
from pstui.backends.binding.convert import SessionOption
from pstui.backends.binding.options_session import SESSION_OPTIONS
from pstui.backends.binding.values import ConversionError

_KEYS = {"pssessionconfigurationname": "configuration_name", "pssessionapplicationname": "application_name"}


def preferences(value_of: Callable[[str], Any]) -> dict[str, Any]:
    """Return the variables that are set as profiles' ``[defaults]`` would say them, by TOML key.

    ``value_of`` returns what a variable of a lower-case name holds, None if nothing. A ``$PSSessionOption`` that does
    not convert counts as not set, as in PowerShell (``session-option``).
    """
    found: dict[str, Any] = {
        key: text for name, key in _KEYS.items() if isinstance(text := value_of(name), str) and text
    }
    options = value_of("pssessionoption")
    if isinstance(options, Mapping):
        try:
            by_name = options if isinstance(options, SessionOption) else from_table(options)
        except ConversionError:
            return found
        keys = {item.name: item.key for item in SESSION_OPTIONS}
        found["session_option"] = {keys[name]: value for name, value in by_name.items() if value is not None}
    return found
