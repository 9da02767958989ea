"""A command at work: its bound arguments, its input, and what it may do to the streams and the session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pstui.backends.demo.commands.registry import CommandSpec
from pstui.backends.demo.language.values import MAX_ITEMS, TooLarge, is_true
from pstui.backends.demo.server.errors import ErrorInfo, StatementError
from pstui.backends.demo.server.session import Scope, Session
from pstui.backends.demo.server.streams import Streams

if TYPE_CHECKING:
    from pstui.backends.demo.language.interpreter import Interpreter


@dataclass(slots=True)
class Call:
    """What the body of a command gets. ``input`` yields the pipeline's values; ``arguments`` is keyed by name."""

    spec: CommandSpec
    arguments: dict[str, Any]
    input: AsyncGenerator[Any, None]
    scope: Scope
    interpreter: Interpreter

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


async def nothing() -> AsyncGenerator[Any, None]:
    """An empty input."""
    empty: tuple[Any, ...] = ()
    for item in empty:
        yield item
