"""What the client sent against what the real one sent: the shape of the messages, not their bytes."""

from __future__ import annotations

import re
from typing import Any

from tests.support.replay_clixml import differences, read

#: Where pstui means to differ from the console: (path in the message, reason).
INTENDED = (
    (r"HostInfo\b.*", "the width is told with every command, so that a resize is followed (protocol-notes 3.11)"),
    (r"PowerShell\.History", "compared as text when the pipelines are matched"),
)
#: Of the opening only these are compared: the rest tells who and how large the client is.
OPENING = ("MinRunspaces", "MaxRunspaces", "PSThreadOptions", "ApartmentState")


def identity(name: str, clixml: str) -> tuple[Any, ...]:
    """Return what names a pipeline: kind, command names, typed text."""
    fields = read(clixml)
    if name == "GET_COMMAND_METADATA":
        return (name, tuple(fields["Name"]), None)
    shell = _unformatted(fields)["PowerShell"]
    return (name, tuple(command["Cmd"] for command in shell["Cmds"]), shell.get("History"))


def _unformatted(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out that the far end is to format a value at a breakpoint: the real client formats it itself."""
    shell = fields.get("PowerShell")
    if shell and shell["IsNested"] and len(shell["Cmds"]) > 1 and shell["Cmds"][-1]["Cmd"] == "Out-Default":
        shell["Cmds"].pop()
    return fields


def likeness(recorded: tuple[Any, ...], sent: tuple[Any, ...]) -> int:
    """Return how alike two identities are: 2 the same, 1 the same typed text sent as other commands, 0 others."""
    if recorded == sent:
        return 2
    typed = recorded[2]
    return int(bool(typed) and recorded[0] == sent[0] and typed == sent[2])


def unlike(name: str, recorded: str, sent: str) -> list[str]:
    """Return the differences between two messages of one kind, the intended ones left out."""
    pairs = differences(read(recorded), _unformatted(read(sent)))
    if name == "INIT_RUNSPACEPOOL":
        pairs = [pair for pair in pairs if pair[0] in OPENING]
    if name == "PIPELINE_INPUT":
        pairs = [pair for pair in pairs if pair[0] == "FullyQualifiedErrorId"]
    return [
        f"{name} {path}: {text}"
        for path, text in pairs
        if not any(re.fullmatch(pattern, path) for pattern, _ in INTENDED)
    ]


def answer_unlike(recorded: str, sent: str) -> list[str]:
    """Compare two host answers: the result itself, of an exception only that there is one."""
    one, other = read(recorded), read(sent)
    if ("me" in one) != ("me" in other):
        return [f"answer: recorded {'an exception' if 'me' in one else 'a result'}, sent the other"]
    pairs = differences(one.get("mr"), other.get("mr"), "mr") + differences(one["mi"], other.get("mi"), "mi")
    return [f"answer {path}: {text}" for path, text in pairs]
