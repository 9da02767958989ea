"""Expressions of a script to values."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from pstui.backends.demo.language import nodes, operators
from pstui.backends.demo.language.methods import method
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
from pstui.backends.demo.server.errors import not_supported
from pstui.backends.demo.server.session import Scope


class Evaluator:
    """The part of the interpreter that evaluates; statements inside expressions come from the part built on it."""

    def execute(self, script: nodes.Script, scope: Scope) -> AsyncGenerator[Any, None]:
        """Run statements."""
        raise TypeError("the interpreter runs statements")

    def statement(self, node: Any, scope: Scope) -> AsyncGenerator[Any, None]:
        """Run one statement."""
        raise TypeError("the interpreter runs statements")

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
            return method(target, node.name, arguments)
        return get_property(target, node.name)
