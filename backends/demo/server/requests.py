"""What a client asks for, read from psrpcore's objects into plain records: its console and its pipelines.

Read here and not by psrpcore, because a real Unix client sends console colours of -1, which psrpcore refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: the width that a client without a console gets
DEFAULT_WIDTH = 120


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a client tells of its console: ``width`` and ``height`` in cells, -1 colours being the terminal's own."""

    width: int = DEFAULT_WIDTH
    height: int = 50
    foreground: int = -1
    background: int = -1
    title: str = ""
    is_null: bool = False


@dataclass(frozen=True, slots=True)
class CommandCall:
    """One command of a CREATE_PIPELINE: a name or script text, arguments as (name, value) pairs, merge rules."""

    text: str
    is_script: bool
    arguments: tuple[tuple[str | None, Any], ...] = ()
    merges_error: bool = False
    claims_errors: bool = False


@dataclass(frozen=True, slots=True)
class PipelineRequest:
    """A CREATE_PIPELINE as the endpoint needs it: statements of commands (semantics 3.4)."""

    statements: tuple[tuple[CommandCall, ...], ...]
    no_input: bool = True
    history: str = ""
    add_to_history: bool = False
    #: None means the pool's own host
    host: HostFacts | None = None


def read_host(info: Any) -> HostFacts | None:
    """Read a HostInfo; None when the client wants the pool's host used or has none to describe."""
    data = getattr(getattr(info, "_hostDefaultData", None), "data", None)
    if info is None or getattr(info, "_useRunspaceHost", False):
        return None
    if not isinstance(data, dict):
        return HostFacts(is_null=bool(getattr(info, "_isHostNull", True)))

    def value(key: int) -> Any:
        return getattr(data.get(key), "V", None)

    size = value(5) or value(6)
    window = value(6) or size
    return HostFacts(
        width=_clamp(getattr(size, "width", DEFAULT_WIDTH), 20, 1000, DEFAULT_WIDTH),
        height=_clamp(getattr(window, "height", 50), 5, 1000, 50),
        foreground=_clamp(value(0), -1, 15, -1),
        background=_clamp(value(1), -1, 15, -1),
        title=str(value(9) or "")[:200],
    )


def _clamp(value: Any, low: int, high: int, default: int) -> int:
    if not isinstance(value, int) or (value == 0 and low > 0):
        return default
    return max(low, min(high, int(value)))


def read_request(raw: Any) -> PipelineRequest:
    """Read a CREATE_PIPELINE. Attributes that are missing raise AttributeError, which ``accept`` turns into refusal."""
    shell = raw.PowerShell
    extra = getattr(shell, "ExtraCmds", None)
    batches = [item.Cmds for item in extra] if extra else [shell.Cmds]
    return PipelineRequest(
        statements=tuple(tuple(_command(command) for command in batch) for batch in batches),
        no_input=bool(raw.NoInput),
        history=str(getattr(shell, "History", None) or ""),
        add_to_history=bool(getattr(raw, "AddToHistory", False)),
        host=read_host(getattr(raw, "HostInfo", None)),
    )


def _command(raw: Any) -> CommandCall:
    pairs = tuple((None if item.N is None else str(item.N), item.V) for item in raw.Args)
    claims = int(getattr(raw, "MergePreviousResults", 0) or 0)
    mine = int(getattr(raw, "MergeError", 0) or 0) or int(getattr(raw, "MergeMyResult", 0) or 0) & 2
    return CommandCall(
        text=str(raw.Cmd),
        is_script=bool(raw.IsScript),
        arguments=pairs,
        merges_error=bool(mine),
        claims_errors=bool(claims),
    )
