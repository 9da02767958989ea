"""Where the keys of a profile lead, without binding them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from pstui.backends.addresses import parse_ssh_host
from pstui.backends.binding.parameters import option, set_of_keys
from pstui.backends.connection import ParameterSet
from pstui.tui.sidebar.model import port_text


def target_of_keys(keys: Mapping[str, Any]) -> str:
    """Return ``target_text`` of a profile without binding it."""
    sets = set_of_keys(keys)
    if not sets:
        return ""
    value = str(keys[option(sets[0].target).key])
    if sets[0] is ParameterSet.SSH_HOST:
        with contextlib.suppress(ValueError):
            value = parse_ssh_host(value).host
    return f"{sets[0].value}|{value.casefold()}"


def place_of_keys(keys: Mapping[str, Any]) -> str:
    """Return ``place_text`` of a profile without binding it, empty where it leads nowhere."""
    target, port = target_of_keys(keys), keys.get("port")
    if target and port is None:
        with contextlib.suppress(ValueError):
            port = parse_ssh_host(str(keys.get("host_name", ""))).port
    return f"{target}|{port_text(port)}" if target else ""
