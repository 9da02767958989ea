"""Finds the transports: every module of this folder, or module ``kind`` of a package of it, with a ``TRANSPORT``.

A new transport is one new module or package. The other modules of a package are not looked at: they may import heavy
libraries at their top, because only connecting loads them.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.errors import OpenError
from pstui.backends.transports import __path__ as _folder
from pstui.backends.transports.base import (
    ConnectContext,
    RemoteSession,
    TerminalChannel,
    TerminalWish,
    Transport,
    TransportKind,
)


def kinds() -> tuple[TransportKind, ...]:
    """Return every transport there is, usable here or not, by rank and then by name."""
    return _find(tuple(_folder))


def for_set(parameter_set: ParameterSet) -> TransportKind:
    """Return the transport that serves a parameter set on this computer.

    Raises OpenError, naming the set, why nothing serves it and what would help.
    """
    name = parameter_set.value
    if parameter_set.is_lookup:
        raise OpenError(
            f"the parameter set {name} opens nothing by itself",
            "It names a session that already exists.",
            "Open the session first, or name a host, a virtual machine or a container.",
        )
    serving = [kind for kind in kinds() if parameter_set in kind.parameter_sets]
    reasons: list[str] = []
    for kind in serving:
        reason = kind.unavailable()
        if not reason:
            return kind
        reasons.append(f"{kind.name}: {reason}")
    if not serving:
        known = sorted({one.value for kind in kinds() for one in kind.parameter_sets})
        raise OpenError(
            f"no transport can open the parameter set {name}",
            "No transport of this installation serves it.",
            f"It can open: {', '.join(known)}.",
            error_id="CreateRemoteRunspaceFailed",
        )
    raise OpenError(
        f"the parameter set {name} cannot be opened on this computer",
        "\n".join(reasons),
        error_id="CreateRemoteRunspaceFailed",
    )


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Open the way to the far end that ``info`` names. Raises OpenError; cancelling it leaves nothing behind."""
    return await for_set(info.parameter_set).connect(info, context)


async def check(info: ConnectionInfo, console: Console) -> None:
    """Raise OpenError for what can be known to keep a session from being opened, whatever the password is."""
    if info.parameter_set.is_lookup or info.parameter_set is ParameterSet.DEMO:
        return
    if (look := for_set(info.parameter_set).check) is not None:
        await look(info, ConnectContext(console))


async def list_sessions(info: ConnectionInfo, context: ConnectContext) -> Sequence[RemoteSession]:
    """Return the sessions that the computer which ``info`` names keeps. Raises OpenError, also where none is kept."""
    kind = for_set(info.parameter_set)
    if kind.list_sessions is None:
        keeping = " and ".join(one.name for one in kinds() if one.list_sessions is not None)
        raise OpenError(
            f"{info.label}: there are no sessions to list",
            f"A session over {kind.name} ends with its connection; {keeping or 'no transport here'} keeps it.",
        )
    return await kind.list_sessions(info, context)


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> TerminalChannel:
    """Open a terminal on the far end that ``info`` names. Raises OpenError, also where it has none."""
    kind = for_set(info.parameter_set)
    if kind.open_terminal is None:
        raise OpenError(
            f"{info.label}: a terminal cannot be opened",
            kind.no_terminal or f"{kind.name} carries sessions of PowerShell alone.",
            "Where the computer runs an SSH server, too, enter it with -HostName.",
        )
    return await kind.open_terminal(info, context, wish)


async def loaded(name: str) -> Any:
    """Return a module that takes long to load: at once where it is there already, else while the loop goes on."""
    module = sys.modules.get(name)
    if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
        return module
    return await asyncio.to_thread(importlib.import_module, name)


@functools.cache
def _find(folder: tuple[str, ...]) -> tuple[TransportKind, ...]:
    found: list[TransportKind] = []
    for module in pkgutil.iter_modules(folder):
        name = f"pstui.backends.transports.{module.name}" + (".kind" if module.ispkg else "")
        kind = getattr(importlib.import_module(name), "TRANSPORT", None)
        if isinstance(kind, TransportKind):
            found.append(kind)
    return tuple(sorted(found, key=lambda kind: (kind.rank, kind.name)))
