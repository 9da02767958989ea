"""The commands of the endpoint: how they are declared and found, how arguments are bound, and what a body gets.

A command is declared by :func:`command` over its body; the body gets a :class:`Call`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pstui.backends.demo.language.errors import ErrorInfo, StatementError
from pstui.backends.demo.language.nodes import Script
from pstui.backends.demo.language.values import MAX_ITEMS, TooLarge, is_list, is_true, to_number, to_text
from pstui.backends.demo.server.session import Scope, Session
from pstui.backends.demo.server.streams import Streams

#: a parameter that was named without a value
MISSING = object()


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: ``kind`` is text, number, switch, any or block; ``many`` takes a list."""

    name: str
    kind: str = "text"
    position: int = -1
    many: bool = False
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    #: positional values that are left over are gathered here
    rest: bool = False


COMMON = (
    Param("Verbose", "switch", aliases=("vb",)),
    Param("Debug", "switch", aliases=("db",)),
    Param("ErrorAction", aliases=("ea",)),
    Param("WarningAction", aliases=("wa",)),
    Param("InformationAction", aliases=("infa",)),
    Param("ProgressAction", aliases=("proga",)),
    Param("ErrorVariable", aliases=("ev",)),
    Param("OutVariable", aliases=("ov",)),
)

Body = Callable[["Call"], AsyncGenerator[Any, None]]
#: a command that puts nothing out
Quiet = Callable[["Call"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: its name, parameters, one line of help, and what runs it."""

    name: str
    summary: str
    params: tuple[Param, ...]
    body: Body
    aliases: tuple[str, ...] = ()
    kind: str = "Cmdlet"

    @property
    def syntax(self) -> str:
        """The command's call on one line."""
        parts = [self.name]
        for param in self.params:
            text = f"-{param.name}" if param.kind == "switch" else f"-{param.name} <{type_name(param)}>"
            if param.position >= 0 or param.rest:
                text = f"[-{param.name}] <{type_name(param)}>"
            parts.append(f"[{text}]")
        return " ".join(parts)


class Runner(Protocol):
    """What a command may ask of the interpreter that runs it."""

    streams: Streams

    async def tick(self) -> None:
        """Let other tasks run now and then; every loop over input calls it."""

    def execute(self, script: Script, scope: Scope) -> AsyncGenerator[Any, None]:
        """Run statements and yield what they put out."""

    async def collect(self, values: AsyncGenerator[Any, None]) -> Any:
        """Return what an expression makes of a statement's output."""


@dataclass(slots=True)
class Call:
    """What the body of a command gets. ``input`` yields the pipeline's values; ``arguments`` is keyed by name."""

    spec: CommandSpec
    arguments: dict[str, Any]
    input: AsyncGenerator[Any, None]
    scope: Scope
    interpreter: Runner

    @property
    def session(self) -> Session:
        """The session."""
        return self.scope.session

    @property
    def streams(self) -> Streams:
        """The pipeline's streams."""
        return self.interpreter.streams

    def get(self, name: str, default: Any = None) -> Any:
        """Return an argument."""
        return self.arguments.get(name, default)

    def text(self, name: str, default: str = "") -> str:
        """Return a text argument."""
        return str(self.arguments.get(name, default))

    def number(self, name: str, default: float = 0) -> float:
        """Return a number argument."""
        return float(self.arguments.get(name, default))

    def switch(self, name: str) -> bool:
        """Return a switch."""
        return is_true(self.arguments.get(name, False))

    async def everything(self) -> list[Any]:
        """Return the whole input. Raises TooLarge."""
        items: list[Any] = []
        async for item in self.input:
            items.append(item)
            if len(items) > MAX_ITEMS:
                raise TooLarge
        return items

    async def error(
        self, message: str, error_id: str, category: str, reason: str, target: Any = None, exception_type: str = ""
    ) -> None:
        """Write a non-terminating error under the command's -ErrorAction. Raises StatementError when that is Stop."""
        info = ErrorInfo(
            message,
            f"{error_id},{self.spec.name}",
            category,
            reason,
            target,
            self.spec.name,
            exception_type=exception_type,
        )
        await self.error_info(info)

    async def error_info(self, info: ErrorInfo) -> None:
        """Write a ready error under the command's -ErrorAction."""
        default = self.session.variables.get("erroractionpreference") or "Continue"
        action = str(self.get("ErrorAction", default)).lower()
        if action == "stop":
            raise StatementError(info, ends_pipeline=True)
        if action == "silentlycontinue":
            self.session.remember_error(info)
        elif action != "ignore":
            await self.streams.error(info)

    def fail(self, message: str, error_id: str, category: str = "InvalidOperation") -> StatementError:
        """Return an error that ends the statement."""
        return StatementError(
            ErrorInfo(
                message, f"{error_id},{self.spec.name}", category, "InvalidOperationException", None, self.spec.name
            )
        )

    async def sleep(self, seconds: float) -> None:
        """Wait, with everything gathered so far shown first."""
        await self.streams.settle()
        await asyncio.sleep(seconds)


def type_name(param: Param) -> str:
    """Return how a parameter's type is written in help."""
    name = {"text": "string", "number": "int", "switch": "switch", "any": "Object", "block": "ScriptBlock"}[param.kind]
    return name + "[]" if param.many or param.rest else name


_COMMANDS: dict[str, CommandSpec] = {}
_ALIASES: dict[str, str] = {}


def command(
    name: str, summary: str, *params: Param, aliases: Sequence[str] = (), kind: str = "Cmdlet"
) -> Callable[[Body | Quiet], None]:
    """Declare a command over the async generator that runs it, or over a coroutine when it puts nothing out."""

    def register(body: Body | Quiet) -> None:
        run = body if inspect.isasyncgenfunction(body) else _quietly(body)
        _COMMANDS[name.lower()] = CommandSpec(name, summary, params, run, tuple(aliases), kind)
        _ALIASES.update({alias.lower(): name for alias in aliases})

    return register


def _quietly(body: Any) -> Body:
    async def run(call: Call) -> AsyncGenerator[Any, None]:
        await body(call)
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item

    return run


def find(name: str) -> CommandSpec | None:
    """Return the command of a name or an alias, in any case."""
    lower = name.lower()
    return _COMMANDS.get(_ALIASES.get(lower, lower).lower())


def commands() -> list[CommandSpec]:
    """Return the commands that are listed, by name."""
    return sorted(_COMMANDS.values(), key=lambda spec: spec.name)


def aliases() -> dict[str, str]:
    """Return the aliases and what they stand for."""
    return dict(sorted(_ALIASES.items()))


def bind(spec: CommandSpec, pairs: Sequence[tuple[str | None, Any]]) -> dict[str, Any]:
    """Bind arguments to parameters as PowerShell does: any case, unique prefixes, aliases, positions.

    ``pairs`` are (name without dash or None, value or MISSING). Raises StatementError with PowerShell's ids.
    """
    bound: dict[str, Any] = {}
    free: list[Any] = []
    waiting: Param | None = None
    for name, value in pairs:
        if name is None:
            if waiting is not None:
                bound[waiting.name] = convert(spec, waiting, value)
                waiting = None
            else:
                free.append(value)
            continue
        if waiting is not None:
            raise _error(spec, f"No value follows -{waiting.name}.", "MissingArgument", waiting.name)
        param = _parameter(spec, name)
        if param.name in bound:
            raise _error(spec, f"-{param.name} is given twice.", "ParameterAlreadyBound", param.name)
        if value is not MISSING:
            bound[param.name] = convert(spec, param, value)
        elif param.kind == "switch":
            bound[param.name] = True
        else:
            waiting = param
    if waiting is not None:
        raise _error(spec, f"No value follows -{waiting.name}.", "MissingArgument", waiting.name)
    _bind_positions(spec, bound, free)
    return bound


def _bind_positions(spec: CommandSpec, bound: dict[str, Any], free: list[Any]) -> None:
    open_places = sorted((p for p in spec.params if p.position >= 0 and p.name not in bound), key=lambda p: p.position)
    for param in open_places:
        if free:
            bound[param.name] = convert(spec, param, free.pop(0))
    rest = next((p for p in spec.params if p.rest and p.name not in bound), None)
    if rest is not None and free:
        bound[rest.name] = free[0] if len(free) == 1 else list(free)
    elif free:
        raise _error(
            spec, f"No parameter takes the value '{to_text(free[0])[:80]}'.", "PositionalParameterNotFound", ""
        )


def _parameter(spec: CommandSpec, name: str) -> Param:
    wanted = name.rstrip(": ").lower()
    known = [*spec.params, *COMMON]
    for param in known:
        if wanted == param.name.lower() or wanted in param.aliases:
            return param
    found = [param for param in known if param.name.lower().startswith(wanted)]
    own = [param for param in found if param in spec.params]
    if len(found) == 1 or len(own) == 1:
        return own[0] if own else found[0]
    if found:
        names = ", ".join(f"-{param.name}" for param in found)
        raise _error(spec, f"-{name} may be {names}.", "AmbiguousParameter", name)
    raise _error(spec, f"{spec.name} has no parameter -{name}. It takes: {spec.syntax}", "NamedParameterNotFound", name)


def convert(spec: CommandSpec, param: Param, value: Any) -> Any:
    """Convert a value to a parameter's kind. Raises StatementError."""
    if param.kind == "switch":
        return is_true(value)
    if param.many:
        one = Param(param.name, param.kind, choices=param.choices)
        return [convert(spec, one, item) for item in (value if is_list(value) else [value])]
    if param.kind == "number":
        try:
            return to_number(value)
        except (ValueError, OverflowError):
            raise _error(
                spec,
                f"-{param.name} takes a number, not '{to_text(value)[:80]}'.",
                "ParameterArgumentTransformationError",
                param.name,
            ) from None
    if param.kind != "text":
        return value
    text = to_text(value)
    if param.choices:
        fits = [choice for choice in param.choices if choice.lower().startswith(text.lower())]
        exact = [choice for choice in fits if choice.lower() == text.lower()]
        if len(exact or fits) != 1:
            choices = ", ".join(param.choices)
            raise _error(spec, f"-{param.name} takes one of {choices}.", "CannotConvertArgumentNoMessage", param.name)
        return (exact or fits)[0]
    return text


def _error(spec: CommandSpec, message: str, error_id: str, target: str) -> StatementError:
    return StatementError(
        ErrorInfo(
            message,
            f"{error_id},{spec.name}",
            "InvalidArgument",
            "ParameterBindingException",
            target or None,
            spec.name,
        )
    )
