"""Container engines as their command lines speak: which there are, their containers, and what became of one.

Podman, Docker and whatever takes the same arguments. Everything goes as argument lists; a container is named to the
engine by its full id alone, so that no name is ever read as an option.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError, Offer, OpenError
from pstui.backends.transports.command import ToolError, run_tool
from pstui.backends.transports.streams import exit_text, printable

#: PowerShell's id for every failure with a container (protocol-notes 1.10)
ERROR_ID = "CreateRemoteRunspaceForContainerFailed"

#: engines looked for on the PATH, in this order
KNOWN = ("podman", "docker")
#: most containers taken from one engine, and the longest text kept of each field
MAX_CONTAINERS, MAX_TEXT = 5000, 300

_ID = re.compile(r"[0-9a-f]{12,64}")
_HEALTH = re.compile(r"\((?:health: )?(healthy|unhealthy|starting)\)")
_STATE_OF_STATUS = (("up", "running"), ("exited", "exited"), ("created", "created"), ("paused", "paused"))
#: what Docker and Podman say when their command reaches no engine
_DOWN = ("cannot connect to", "unable to connect to", "is the docker daemon running")
#: ways to the engine that anyone in between can read
_OPEN_WAYS = ("tcp://", "http://")


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine: ``command`` is its program with the arguments that come before every one of its commands."""

    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """The program's name without folder and ending: ``podman``."""
        return printable(Path(self.command[0]).name.lower().removesuffix(".exe"))

    @property
    def is_private(self) -> bool:
        """Whether the way to the engine is local or encrypted, as far as its command and environment tell."""
        said = [*self.command[1:], os.environ.get("CONTAINER_HOST" if self.name == "podman" else "DOCKER_HOST", "")]
        contexts = ("--context", "-c", "--connection")
        named = any(part.partition("=")[0] in contexts for part in said)
        return not named and not any(way in part for part in said for way in _OPEN_WAYS)

    def argv(self, *arguments: str) -> tuple[str, ...]:
        """Return the argument list of one of its commands."""
        return (*self.command, *arguments)

    def written(self, *arguments: str) -> str:
        """Return one of its commands as a person types it."""
        return printable(shlex.join(self.argv(*arguments)))

    async def ask(self, *arguments: str, seconds: float = 30.0) -> str:
        """Run one of its commands and return the output. Raises OpenError with the engine's own words."""
        answer = await run_tool(self.argv(*arguments), seconds=seconds)
        if answer.code != 0:
            if any(words in answer.reason.casefold() for words in _DOWN):
                hint = f"Start its service, or let this user reach it; {self.written('ps')} then lists containers."
                raise OpenError(f"{self.name} is not running", answer.reason, hint, error_id=ERROR_ID)
            raise OpenError(f"{self.name} refused the command {arguments[0]}", answer.reason, error_id=ERROR_ID)
        return answer.output

    async def containers(self) -> list[Container]:
        """Return all its containers, running or not. Raises OpenError."""
        return read_containers(await self.ask("ps", "--all", "--no-trunc", "--format", "{{json .}}"), self)


@dataclass(frozen=True, slots=True)
class Container:
    """One container. ``state`` is the engine's word (running, paused, exited, created …), ``health`` empty if unknown.

    ``created`` is in seconds since the epoch, 0 if unknown; ``windows`` says that it runs Windows.
    """

    engine: Engine
    id: str
    name: str
    image: str = ""
    state: str = ""
    status: str = ""
    health: str = ""
    created: float = 0.0
    names: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    def command_to_run(self, state: str) -> tuple[str, ...]:
        """Return the engine's command that would bring it to run from a state, which may be another one by now."""
        return self.engine.argv("unpause" if state == "paused" else "start", self.id[:12])

    @property
    def terminal_command(self) -> tuple[str, ...]:
        """The command of a plain terminal in it, for a container without a PowerShell."""
        return self.engine.argv("exec", "-it", self.id[:12], "sh")


def engines(info: ConnectionInfo | None = None) -> list[Engine]:
    """Return the engines to ask: the one that ``info`` configures, else those on the PATH.

    ``Engine`` is its command, ``EngineContext`` a Docker context or a Podman connection, ``EngineUrl`` its address.
    Raises CallError for a configuration that contradicts itself.
    """
    given: tuple[str, ...] = ()
    context = url = ""
    if info is not None:
        given = tuple(str(part) for part in info.values.get("Engine") or ())
        context, url = info.text("EngineContext"), info.text("EngineUrl")
    if context and url:
        raise CallError(
            "a container's engine has both a context and an address", "Each says where it is.", "Keep one of the two."
        )
    commands = [given] if given else [(path,) for name in KNOWN if (path := shutil.which(name))]
    return [Engine(command + _location_arguments(Engine(command).name, context, url)) for command in commands]


def _location_arguments(name: str, context: str, url: str) -> tuple[str, ...]:
    """Return the engine's arguments for another place; joined by ``=`` so that no value is read as an option."""
    is_podman = name.startswith("podman")
    if context:
        return (f"--connection={context}",) if is_podman else (f"--context={context}",)
    if url:
        return (f"--url={url}",) if is_podman else (f"--host={url}",)
    return ()


def read_containers(text: str, engine: Engine) -> list[Container]:
    """Read a list as engines print it: one JSON array, or one JSON object a line; what cannot be read is left out."""
    found: dict[str, Container] = {}
    for row in _rows(text):
        container = _container({str(key).lower(): value for key, value in row.items()}, engine)
        if container is not None:
            found.setdefault(container.id, container)
        if len(found) >= MAX_CONTAINERS:
            break
    return list(found.values())


def _rows(text: str) -> Iterable[Mapping[str, Any]]:
    pieces = [text] if text.lstrip().startswith("[") else text.splitlines()
    for piece in pieces:
        if not piece.strip():
            continue
        try:
            value = json.loads(piece)
        except (ValueError, RecursionError):
            continue
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, dict):
                yield row


def _container(row: Mapping[str, Any], engine: Engine) -> Container | None:
    identity = str(row.get("id", ""))
    if not _ID.fullmatch(identity):
        return None
    raw = row.get("names") or ()
    names = raw.split(",") if isinstance(raw, str) else raw if isinstance(raw, list) else ()
    cleaned = tuple(name for one in names if (name := _text(one).lstrip("/")))
    status = _text(row.get("status"))
    state = _text(row.get("state")).lower()
    if not state.isalpha():
        state = next((word for start, word in _STATE_OF_STATUS if status.lower().startswith(start)), "")
    health = _HEALTH.search(status)
    return Container(
        engine,
        identity,
        cleaned[0] if cleaned else identity[:12],
        _text(row.get("image")),
        state,
        status,
        health[1] if health else "",
        _moment(row.get("created"), row.get("createdat")),
        cleaned,
    )


def _text(value: Any) -> str:
    return printable(value[:MAX_TEXT]) if isinstance(value, str) else ""


def _moment(*values: Any) -> float:
    """Return the first value that tells a time: seconds, ISO, or Docker's ``2026-01-31 12:00:00 +0100 CET``."""
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str):
            for text in (value, " ".join(value.split()[:3])):
                try:
                    return datetime.fromisoformat(text).timestamp()
                except (ValueError, OverflowError, OSError):
                    try:
                        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").timestamp()
                    except (ValueError, OverflowError, OSError):
                        continue
    return 0.0


def matching(containers: Sequence[Container], wanted: str) -> list[Container]:
    """Return what a name means, as the engines do: a whole id, else a name, else every id that begins so."""
    folded = wanted.lower()
    for test in (
        lambda one: one.id == folded,
        lambda one: wanted in one.names,
        lambda one: bool(folded) and one.id.startswith(folded),
    ):
        found = [one for one in containers if test(one)]
        if found:
            return found
    return []


async def is_windows(container: Container) -> bool:
    """Ask whether a container runs Windows; only Docker knows any that do."""
    if container.engine.name != "docker":
        return False
    try:
        answer = await container.engine.ask("inspect", "--type=container", "--format={{.Platform}}", container.id)
    except ToolError:
        raise
    except OpenError:
        return False
    return answer.strip().lower() == "windows"


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
        return f"the container {name} was stopped or killed ({exit_text(state.exit_code)})"
    return f"the container {name} has stopped (exit code {state.exit_code})"


def ways_out(container: Container, state: str) -> tuple[str, Sequence[Offer]]:
    """Return the hint and the offers for a container in a state that allows no session."""
    if state in ("running", "unknown", "removed", "removing"):
        return "", ()
    verb = "Resume it" if state == "paused" else "Start it"
    hint = f"{verb}: {printable(shlex.join(container.command_to_run(state)))}"
    return hint, [Offer(f"{verb} and enter it", run=partial(start, container))]


async def start(container: Container) -> None:
    """Start a stopped container, or resume a paused one, as it is now. Raises OpenError with the engine's words."""
    now = (await state_of(container)).state
    if now == "running":
        return
    verb = "unpause" if now == "paused" else "start"
    try:
        await container.engine.ask(verb, container.id, seconds=60.0)
    except OpenError as error:
        raise OpenError(
            f"the container {container.name} could not be started", error.why or error.what, error_id=ERROR_ID
        ) from error
