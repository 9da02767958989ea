"""One pipeline from CREATE_PIPELINE to its last state: statements, pipeline input, errors, stop."""

from __future__ import annotations

import asyncio
import base64
import datetime
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from psrpcore.types import HostMethodIdentifier
from pstui.backends.demo.commands import registry
from pstui.backends.demo.language import nodes, operators
from pstui.backends.demo.language.errors import (
    ErrorInfo,
    ExitRequested,
    LoopControl,
    Returned,
    ScriptError,
    ScriptIncomplete,
    StatementError,
)
from pstui.backends.demo.language.interpreter import Interpreter, Step, as_statement_error, nothing
from pstui.backends.demo.language.parameters import bound, parse_script
from pstui.backends.demo.language.values import Thing, TooLarge
from pstui.backends.demo.server.encode import decode
from pstui.backends.demo.server.link import PipelineLink
from pstui.backends.demo.server.pool import CommandCall, PipelineRequest
from pstui.backends.demo.server.session import Scope, Session
from pstui.backends.demo.server.streams import Streams

#: values of pipeline input kept while the pipeline does not take them
MAX_WAITING = 200_000
STOPPED, COMPLETED, FAILED = 3, 4, 5
_END = object()
_STOPPED = ErrorInfo(
    "The pipeline has been stopped.", "PipelineStopped", "OperationStopped", "PipelineStoppedException"
)


class PipelineRun:
    """Runs one request in a task of its own; ``task`` ends after the last state was sent."""

    def __init__(self, link: PipelineLink, session: Session) -> None:
        self.link, self.session = link, session
        self._input: asyncio.Queue[Any] = asyncio.Queue()
        self._ended = False
        self.task: asyncio.Task[None] | None = None

    def start(self, request: PipelineRequest) -> None:
        """Begin."""
        self.task = asyncio.create_task(self._run(request))

    def start_metadata(self, names: list[str]) -> None:
        """Begin an answer to GET_COMMAND_METADATA."""
        self.task = asyncio.create_task(self._guarded(lambda: self._metadata(names)))

    def put(self, value: Any) -> bool:
        """Take one value of pipeline input; False when too many wait."""
        if self._input.qsize() >= MAX_WAITING:
            return False
        self._input.put_nowait(value)
        return True

    def end_input(self) -> None:
        """Take the end of the pipeline's input."""
        self._input.put_nowait(_END)

    async def stop(self) -> None:
        """Stop what runs and wait until its state is sent. Safe at any time."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.wait([self.task])
        if self.task is not None:
            self._end(STOPPED, _STOPPED)

    def _end(self, state: int, error: ErrorInfo | None = None) -> None:
        """Send the last state, once. A task cancelled before its first step has not sent any."""
        if not self._ended:
            self._ended = True
            self.link.state(state, error)

    async def _values(self) -> AsyncGenerator[Any, None]:
        while (value := await self._input.get()) is not _END:
            yield value

    async def _run(self, request: PipelineRequest) -> None:
        began = datetime.datetime.now()
        await self._guarded(lambda: self._statements(request))
        if request.add_to_history and request.history.strip():
            self.session.remember(request.history, began)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Await the work and send the state it ends in. Nothing gets past: a pipeline always has an end."""
        try:
            await work()
        except asyncio.CancelledError:
            self._end(STOPPED, _STOPPED)
        except (StatementError, ScriptError, ScriptIncomplete, TooLarge) as error:
            info = error.info if isinstance(error, ScriptIncomplete) else as_statement_error(error).info
            self.session.remember_error(info)
            self._end(FAILED, info)
        except RecursionError:
            self._end(FAILED, ErrorInfo("This is nested too deeply for this endpoint.", "CallDepthOverflow"))
        except Exception as error:  # a fault of the endpoint is told to its user, not to stdout
            text = f"The demo endpoint failed over this ({type(error).__name__}: {error})."
            self._end(FAILED, ErrorInfo(text, "DemoEndpointFault", reason=type(error).__name__))
        else:
            self._end(COMPLETED)

    async def _statements(self, request: PipelineRequest) -> None:
        command = request.statements[0][0]
        if not command.is_script and command.text.lower() in _DEBUGGING:
            await self._debugging(command)
            return
        streams = Streams(self.link, self.session)
        interpreter = Interpreter(self.session, streams)
        try:
            for commands in request.statements:
                await self._statement(interpreter, commands, request.no_input)
        except (LoopControl, Returned):
            pass
        except ExitRequested as leave:
            await streams.renderer.finish()
            await self.link.tell(HostMethodIdentifier.SetShouldExit, leave.code)
            return
        except (StatementError, ScriptError, ScriptIncomplete, TooLarge):
            await streams.renderer.finish()
            raise
        await streams.renderer.finish()

    async def _debugging(self, command: CommandCall) -> None:
        """Take what a client tells the debugger, which this endpoint does not have, and refuse what no server takes."""
        name, enum = _DEBUGGING[command.text.lower()]
        given = dict(command.arguments)
        types = getattr(getattr(given.get(name), "PSObject", None), "type_names", ())
        if not any(str(found).removeprefix("Deserialized.") == enum for found in types):
            names = ("System.Management.Automation.PSArgumentException", "System.ArgumentException", "System.Object")
            refused = {"ErrorRecord": name, "Message": name, "HResult": -2147024809, "StackTrace": ""}
            await self.link.output(Thing(names, refused))

    async def _statement(self, interpreter: Interpreter, commands: tuple[CommandCall, ...], no_input: bool) -> None:
        streams = interpreter.streams
        last = commands[-1]
        streams.rendering = not last.is_script and last.text.lower() == "out-default"
        streams.claiming = streams.rendering and (last.claims_errors or any(one.merges_error for one in commands))
        if streams.rendering and (spec := registry.find(last.text)) is not None:
            registry.bind(spec, [(name.lstrip("-"), value) for name, value in last.arguments if name])
        chain = commands[:-1] if streams.rendering else commands
        scope = Scope.top(self.session)
        source = nothing() if no_input else self._values()
        for place, command in enumerate(chain):
            source = self._step(interpreter, command, source, scope, first=place == 0 and no_input)
        async with aclosing(source) as values:
            async for value in values:
                await streams.emit(value)

    def _step(
        self,
        interpreter: Interpreter,
        command: CommandCall,
        source: AsyncGenerator[Any, None],
        scope: Scope,
        first: bool,
    ) -> AsyncGenerator[Any, None]:
        if command.is_script:
            script = parse_script(command.text)
            self.session.using = _using(command.arguments)
            given = dict(_pair(name, value) for name, value in command.arguments if name and name != "--%")
            scope = bound(script, {name: value for name, value in given.items() if name}, scope)
            if first:
                return interpreter.execute(script, scope)
            return _fed_script(interpreter, script, source, scope)
        pairs = tuple(_pair(name, value) for name, value in command.arguments)
        return interpreter.run_step(Step(command.text, pairs), source, scope)

    async def _metadata(self, names: list[str]) -> None:
        specs = []
        for name in names[:100] or ["*"]:
            pattern = operators.wildcard(name)
            specs += [spec for spec in registry.commands() if pattern.match(spec.name)]
        count_names = ("Selected.Microsoft.PowerShell.Commands.GenericMeasureInfo", "System.Object")
        await self.link.output(Thing(count_names, {"Count": len(specs)}))
        for spec in specs:
            await self.link.output(command_metadata(spec))


#: What tells the debugger something: its parameter, and the enum that it takes (protocol-notes 3.7).
_DEBUGGING = {
    "__set-psdebugmode": ("Mode", "System.Management.Automation.DebugModes"),
    "__set-psdebuggeraction": ("ResumeAction", "System.Management.Automation.DebuggerResumeAction"),
}


async def _fed_script(
    interpreter: Interpreter, script: nodes.Script, source: AsyncGenerator[Any, None], scope: Scope
) -> AsyncGenerator[Any, None]:
    """Run a script with pipeline input, which it finds in ``$input``."""
    items = [item async for item in source]
    fed = Scope(scope.session, scope.local, input=items)
    async for value in interpreter.execute(script, fed):
        yield value


def _using(arguments: tuple[tuple[str | None, Any], ...]) -> dict[str, Any]:
    """Return the values of ``$using:`` by the texts of their expressions (protocol-notes 3.12)."""
    table = next((decode(value) for name, value in arguments if name == "--%"), None)
    if not isinstance(table, dict):
        return {}
    return {base64.b64decode(str(key)).decode("utf-16-le", "replace"): value for key, value in table.items()}


def _pair(name: str | None, value: Any) -> tuple[str | None, Any]:
    if name is None:
        return None, decode(value)
    plain = name.strip().removeprefix("-").rstrip(": ")
    return plain, registry.MISSING if value is None and ":" not in name else decode(value)


def command_metadata(spec: registry.CommandSpec) -> Thing:
    """Return a command as GET_COMMAND_METADATA describes it (protocol-notes 3.9)."""
    kinds = {"Function": 2, "Cmdlet": 8}
    parameters = {
        param.name: Thing(
            ("System.Management.Automation.ParameterMetadata", "System.Object"),
            {
                "Name": param.name,
                "ParameterType": _NET_TYPES[param.kind] + ("[]" if param.many else ""),
                "Aliases": list(param.aliases),
                "IsDynamic": False,
                "SwitchParameter": param.kind == "switch",
            },
            "System.Management.Automation.ParameterMetadata",
        )
        for param in (*spec.params, *registry.COMMON)
    }
    return Thing(
        ("Selected.System.Management.Automation.CmdletInfo", "System.Object"),
        {
            "Name": spec.name,
            "Namespace": "pstui.demo",
            "HelpUri": "",
            "CommandType": kinds.get(spec.kind, 8),
            "ResolvedCommandName": None,
            "OutputType": [],
            "Parameters": parameters,
        },
    )


_NET_TYPES = {
    "text": "System.String",
    "number": "System.Int32",
    "switch": "System.Management.Automation.SwitchParameter",
    "any": "System.Object",
    "block": "System.Management.Automation.ScriptBlock",
}
