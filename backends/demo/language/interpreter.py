"""Runs scripts: statements, expressions and pipelines. Each command is an async generator over the one before it.

All waiting is asyncio's, so a stop is a cancellation and reaches loops, sleeps, questions and child processes alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from pstui.backends.demo.commands import registry
from pstui.backends.demo.commands.native import find_program, run_program
from pstui.backends.demo.commands.registry import Call
from pstui.backends.demo.language import nodes, operators
from pstui.backends.demo.language.errors import (
    ErrorInfo,
    ExitRequested,
    LoopControl,
    Returned,
    ScriptError,
    StatementError,
    command_not_found,
    not_supported,
)
from pstui.backends.demo.language.values import (
    MAX_ITEMS,
    MAX_TEXT,
    ScriptBlock,
    TooLarge,
    collapse,
    get_property,
    is_true,
    to_items,
    to_text,
)
from pstui.backends.demo.server.session import Scope, Session
from pstui.backends.demo.server.streams import Streams


async def nothing() -> AsyncGenerator[Any, None]:
    """An empty input."""
    empty: tuple[Any, ...] = ()
    for item in empty:
        yield item


#: steps after which other tasks get their turn, and functions inside functions before it is called endless
TURN, MAX_CALLS = 64, 25


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a pipeline, its arguments evaluated: (name without dash or None, value or MISSING)."""

    name: Any
    pairs: tuple[tuple[str | None, Any], ...]
    errors: str = ""


class Interpreter:
    """Evaluates for one pipeline."""

    def __init__(self, session: Session, streams: Streams) -> None:
        self.session, self.streams = session, streams
        self._steps = 0
        self._tries = 0

    async def tick(self) -> None:
        """Let other tasks run now and then; a loop that never waits is stopped here."""
        self._steps += 1
        if self._steps % TURN == 0:
            await asyncio.sleep(0)

    # --- statements

    async def execute(self, script: nodes.Script, scope: Scope) -> AsyncGenerator[Any, None]:
        """Run statements and yield what they put out. An error that ends only its statement is written, not raised."""
        for statement in script.statements:
            await self.tick()
            try:
                async with aclosing(self.statement(statement, scope)) as values:
                    async for value in values:
                        yield value
            except (StatementError, TooLarge, ScriptError, ArithmeticError, ValueError) as error:
                found = as_statement_error(error)
                if found.ends_pipeline or self._tries:
                    raise found from None
                await self.streams.error(found.info)

    async def statement(self, node: Any, scope: Scope) -> AsyncGenerator[Any, None]:
        """Run one statement."""
        match node:
            case nodes.Pipeline():
                inner = self.pipeline(node, scope)
            case nodes.Assign():
                await self._assign(node, scope)
                return
            case nodes.Function():
                self.session.functions[node.name.lower()] = node
                return
            case nodes.Parameters():
                for name, default in node.parameters:
                    if name not in scope.local:
                        scope.set(name, None if default is None else await self.collect(self.execute(default, scope)))
                return
            case nodes.If():
                inner = self._if(node, scope)
            case nodes.While():
                inner = self._while(node, scope)
            case nodes.ForEach():
                inner = self._foreach(node, scope)
            case nodes.Try():
                inner = self._try(node, scope)
            case nodes.Flow():
                inner = self._flow(node, scope)
            case _:
                raise not_supported("This statement")
        async with aclosing(inner) as values:
            async for value in values:
                yield value

    async def _assign(self, node: nodes.Assign, scope: Scope) -> None:
        if node.name.startswith("env:"):
            raise not_supported("Setting an environment variable")
        if node.operator in ("++", "--"):
            scope.set(node.name, operators.arithmetic(node.operator[0], operators.number(scope.get(node.name)), 1))
            return
        value = await self.collect(self.statement(node.value, scope))
        if node.operator != "=":
            value = operators.arithmetic(node.operator[0], scope.get(node.name), value)
        scope.set(node.name, value)

    async def _if(self, node: nodes.If, scope: Scope) -> AsyncGenerator[Any, None]:
        for condition, body in node.clauses:
            if is_true(await self.evaluate(condition, scope)):
                async for value in self.execute(body, scope):
                    yield value
                return
        if node.otherwise is not None:
            async for value in self.execute(node.otherwise, scope):
                yield value

    async def _while(self, node: nodes.While, scope: Scope) -> AsyncGenerator[Any, None]:
        while is_true(await self.evaluate(node.condition, scope)):
            await self.tick()
            try:
                async for value in self.execute(node.body, scope):
                    yield value
            except LoopControl as control:
                if control.word == "break":
                    return

    async def _foreach(self, node: nodes.ForEach, scope: Scope) -> AsyncGenerator[Any, None]:
        for item in to_items(await self.evaluate(node.values, scope)):
            scope.set(node.name, item)
            await self.tick()
            try:
                async for value in self.execute(node.body, scope):
                    yield value
            except LoopControl as control:
                if control.word == "break":
                    return

    async def _try(self, node: nodes.Try, scope: Scope) -> AsyncGenerator[Any, None]:
        try:
            self._tries += 1
            try:
                async for value in self.execute(node.body, scope):
                    yield value
            finally:
                self._tries -= 1
        except StatementError as error:
            if node.handler is None:
                raise
            self.session.remember_error(error.info)
            async for value in self.execute(node.handler, scope.with_item(error.info)):
                yield value
        finally:
            if node.final is not None:
                async for value in self.execute(node.final, scope):
                    await self.streams.emit(value)

    async def _flow(self, node: nodes.Flow, scope: Scope) -> AsyncGenerator[Any, None]:
        value = None if node.value is None else await self.collect(self.pipeline(node.value, scope))
        match node.word:
            case "exit":
                raise ExitRequested(int(operators.number(value)))
            case "return":
                for item in to_items(value):
                    yield item
                raise Returned
            case "throw":
                if isinstance(value, ErrorInfo):
                    raise StatementError(value, ends_pipeline=not self._tries)
                text = to_text(value) or "ScriptHalted"
                raise StatementError(ErrorInfo(text, text[:200], "OperationStopped", target=value), ends_pipeline=True)
        raise LoopControl(node.word)

    # --- expressions

    async def collect(self, values: AsyncGenerator[Any, None]) -> Any:
        """Return what an expression makes of a statement's output."""
        items: list[Any] = []
        async for value in values:
            items.append(value)
            if len(items) > MAX_ITEMS:
                raise TooLarge
        return collapse(items)

    async def evaluate(self, node: Any, scope: Scope) -> Any:
        """Return the value of an expression."""
        match node:
            case nodes.Literal():
                return node.value
            case nodes.Variable():
                return scope.get(node.name)
            case nodes.Text():
                return await self._text(node, scope)
            case nodes.Binary():
                return await self._binary(node, scope)
            case nodes.Unary():
                return operators.unary(node.operator, await self.evaluate(node.operand, scope))
            case nodes.Member():
                return await self._member(node, scope)
            case nodes.Index():
                target = await self.evaluate(node.target, scope)
                return operators.index(target, await self.evaluate(node.index, scope))
            case nodes.Group():
                value = await self._group(node, scope)
                return list(to_items(value)) if node.always_list else value
            case nodes.Listing():
                return [await self.evaluate(item, scope) for item in node.items]
            case nodes.Table():
                return {
                    to_text(await self.evaluate(key, scope)): await self.collect(self.statement(value, scope))
                    for key, value in node.pairs
                }
            case nodes.Cast():
                return operators.cast(node.type_name, await self.evaluate(node.operand, scope))
            case nodes.Block():
                return ScriptBlock(node.body, node.text)
        raise not_supported("This expression")

    async def _group(self, node: nodes.Group, scope: Scope) -> Any:
        statements = node.body.statements
        if len(statements) == 1 and isinstance(statements[0], nodes.Pipeline):
            elements = statements[0].elements
            if len(elements) == 1 and not isinstance(elements[0], nodes.Command):
                return await self.evaluate(elements[0], scope)
        return await self.collect(self.execute(node.body, scope))

    async def _text(self, node: nodes.Text, scope: Scope) -> str:
        parts = [part if isinstance(part, str) else to_text(await self.evaluate(part, scope)) for part in node.parts]
        text = "".join(parts)
        if len(text) > MAX_TEXT:
            raise TooLarge
        return text

    async def _binary(self, node: nodes.Binary, scope: Scope) -> Any:
        left = await self.evaluate(node.left, scope)
        if node.operator == "and":
            return is_true(left) and is_true(await self.evaluate(node.right, scope))
        if node.operator == "or":
            return is_true(left) or is_true(await self.evaluate(node.right, scope))
        return operators.binary(node.operator, left, await self.evaluate(node.right, scope))

    async def _member(self, node: nodes.Member, scope: Scope) -> Any:
        target = await self.evaluate(node.target, scope)
        if node.arguments is not None:
            arguments = [await self.evaluate(argument, scope) for argument in node.arguments]
            return operators.method(target, node.name, arguments)
        return get_property(target, node.name)

    # --- pipelines

    async def pipeline(self, node: nodes.Pipeline, scope: Scope) -> AsyncGenerator[Any, None]:
        """Run a pipeline of the syntax tree."""
        first, rest = node.elements[0], node.elements[1:]
        if isinstance(first, nodes.Command):
            source: AsyncGenerator[Any, None] = nothing()
            rest = node.elements
        else:
            source = self._enumerate(first, scope)
        to_null = bool(rest) and rest[-1].to_null
        for command in rest:
            step = Step(
                await self.evaluate(command.name, scope), tuple(await self._arguments(command, scope)), command.errors
            )
            source = self.run_step(step, source, scope)
        async with aclosing(source) as values:
            async for value in values:
                if not to_null:
                    yield value

    async def _enumerate(self, node: Any, scope: Scope) -> AsyncGenerator[Any, None]:
        value = await self.evaluate(node, scope)
        if isinstance(node, nodes.Group) and value is None:
            return
        self.session.succeeded = True
        for item in to_items(value):
            await self.tick()
            yield item

    async def _arguments(self, command: nodes.Command, scope: Scope) -> list[tuple[str | None, Any]]:
        pairs: list[tuple[str | None, Any]] = []
        for argument in command.arguments:
            value = await self.evaluate(argument.value, scope) if argument.has_value else registry.MISSING
            pairs.append((argument.name, value))
        return pairs

    async def run_step(self, step: Step, source: AsyncGenerator[Any, None], scope: Scope) -> AsyncGenerator[Any, None]:
        """Run one command over its input: a function, a command of the endpoint, a script block or a program."""
        self.session.succeeded = True
        inner = self._resolve(step, source, scope)
        async with aclosing(inner) as values:
            async for value in values:
                yield value

    def _resolve(self, step: Step, source: AsyncGenerator[Any, None], scope: Scope) -> AsyncGenerator[Any, None]:
        if isinstance(step.name, ScriptBlock):
            return self._call_body(step.name.body, step, source, scope)
        name = to_text(step.name)
        function = self.session.functions.get(name.lower())
        if function is not None:
            return self._call_body(function.body, step, source, scope)
        spec = registry.find(name)
        if spec is not None:
            arguments = registry.bind(spec, step.pairs)
            if step.errors == "null":
                arguments["ErrorAction"] = "SilentlyContinue"
            values = spec.body(Call(spec, arguments, source, scope, self))
            return self._kept(values, to_text(arguments["OutVariable"])) if "OutVariable" in arguments else values
        program = find_program(name, self.session)
        if program is None:
            raise StatementError(command_not_found(name))
        return run_program(program, native_arguments(step.pairs), source, self.session, self.streams, step.errors)

    async def _kept(self, values: AsyncGenerator[Any, None], name: str) -> AsyncGenerator[Any, None]:
        """Pass values on and keep them in a variable, as -OutVariable does: one by one, so that a stop loses none."""
        kept = self.session.variables[name.lower().removeprefix("global:")] = list[Any]()
        async with aclosing(values):
            async for value in values:
                kept.append(value)
                if len(kept) > MAX_ITEMS:
                    raise TooLarge
                yield value

    async def _call_body(
        self, body: nodes.Script, step: Step, source: AsyncGenerator[Any, None], scope: Scope
    ) -> AsyncGenerator[Any, None]:
        if scope.depth >= MAX_CALLS:
            raise StatementError(
                ErrorInfo(
                    "Functions call each other more deeply than this endpoint takes.",
                    "CallDepthOverflow",
                    "InvalidOperation",
                    "ScriptCallDepthException",
                ),
                ends_pipeline=True,
            )
        items = [item async for item in source]
        arguments = [value for name, value in step.pairs if name is None]
        try:
            async for value in self.execute(body, scope.function(arguments, items)):
                yield value
        except Returned:
            return


def native_arguments(pairs: Sequence[tuple[str | None, Any]]) -> list[str]:
    """Return a program's arguments as typed: names with their dash, values as text, lists one by one."""
    words: list[str] = []
    for name, value in pairs:
        dashed = "" if name is None else f"-{name}"
        if value is registry.MISSING:
            words.append(dashed)
        elif name is not None:
            words.append(f"{dashed}:{to_text(value)}")
        else:
            words.extend(to_text(item) for item in to_items(value))
    return words


def as_statement_error(error: Exception) -> StatementError:
    """Return any error of a script as one with a record."""
    if isinstance(error, StatementError):
        return error
    if isinstance(error, ScriptError):
        return StatementError(error.info)
    if isinstance(error, (ArithmeticError, ValueError)):
        return StatementError(ErrorInfo("A number or a date is out of range.", "OutOfRange", "InvalidArgument"))
    # A loop that goes on after this would only meet it again.
    info = ErrorInfo("The result is larger than this endpoint takes.", "LimitsExceeded", "LimitsExceeded")
    return StatementError(info, ends_pipeline=True)
