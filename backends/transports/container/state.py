"""What became of a container: its present state, in words, and the way on from there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pstui.backends.errors import Offer, OpenError
from pstui.backends.transports.command import ToolError, run_tool
from pstui.backends.transports.container.engine import ERROR_ID, Container
from pstui.backends.transports.texts import printable

#: an engine's word that it does not know a container
_UNKNOWN = re.compile(r"no such (container|object)|no container with", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ContainerState:
    """What became of a container: ``state`` as in Container, or ``removed``; ``unknown`` with the engine's words."""

    state: str
    exit_code: int = 0
    out_of_memory: bool = False
    reason: str = ""


async def state_of(container: Container, *, seconds: float = 5.0) -> ContainerState:
    """Ask for a container's present state; never raises."""
    engine = container.engine
    try:
        asked = engine.argv("inspect", "--type=container", "--format={{json .State}}", container.id)
        answer = await run_tool(asked, seconds=seconds)
    except ToolError as error:
        return ContainerState("unknown", reason=error.what)
    if answer.code != 0:
        gone = _UNKNOWN.search(answer.errors + answer.output)
        return ContainerState("removed") if gone else ContainerState("unknown", reason=answer.reason)
    try:
        value = json.loads(answer.output)
        status, code = str(value["Status"]).lower(), int(value.get("ExitCode") or 0)
        return ContainerState(printable(status)[:40], code, value.get("OOMKilled") is True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ContainerState("unknown", reason="The engine's answer could not be read.")


def how_it_ended(container: Container, state: ContainerState) -> str:
    """Return what became of a container in one line."""
    name = container.name
    match state.state:
        case "removed" | "removing":
            return f"the container {name} was removed"
        case "paused":
            return f"the container {name} is paused"
        case "running":
            return f"the PowerShell in the container {name} has ended"
        case "unknown":
            return f"the connection to the container {name} has ended"
    if state.out_of_memory:
        return f"the container {name} was ended because it ran out of memory"
    if state.exit_code > 128:
        return f"the container {name} was stopped or killed (exit code {state.exit_code})"
    return f"the container {name} has stopped (exit code {state.exit_code})"


def way_on(container: Container, state: str) -> tuple[str, Sequence[Offer]]:
    """Return the hint and the offers for a container in a state that allows no session."""
    if state in ("running", "unknown", "removed", "removing"):
        return "", ()
    verb = "Let it go on" if state == "paused" else "Start it"
    hint = f"{verb}: {printable(' '.join(container.command_to_start))}"
    return hint, [Offer(f"{verb} and enter it", run=partial(start, container))]


async def start(container: Container) -> None:
    """Start a stopped container, or let a paused one go on. Raises OpenError with the engine's words."""
    verb = "unpause" if container.state == "paused" else "start"
    try:
        await container.engine.ask(verb, container.id, seconds=60.0)
    except OpenError as error:
        raise OpenError(
            f"the container {container.name} could not be started", error.why or error.what, error_id=ERROR_ID
        ) from error
