"""``param()`` at the head of a script: names and defaults. Types and attributes are passed over.

A runbook's form checks what is typed; what it sends has its type already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pstui.backends.demo.language import nodes
from pstui.backends.demo.language.errors import ErrorInfo, StatementError
from pstui.backends.demo.language.parser import Parser
from pstui.backends.demo.server.session import Scope
from pstui.backends.language.tokens import TokenKind


class _ScriptParser(Parser):
    """Reads a whole script, which may begin with ``param()``."""

    def _keyword(self, word: str) -> Any:
        return self._parameters() if word == "param" else super()._keyword(word)

    def _parameters(self) -> nodes.Parameters:
        self._expect(TokenKind.LEFT, "(", "param")
        found: list[tuple[str, Any]] = []
        while True:
            self._skip()
            while self._is(TokenKind.LEFT, "["):
                self._attribute()
                self._skip()
            if self._is(TokenKind.RIGHT, ")"):
                self._at += 1
                return nodes.Parameters(tuple(found))
            if not self._is(TokenKind.VARIABLE):
                raise self._wrong("A parameter is missing in param().")
            name = self._variable(self._take().text).name.lower()
            default = None
            self._skip()
            if self._is(TokenKind.OPERATOR, "="):
                self._at += 1
                self._skip()
                default = self._members(self._primary())
                self._skip()
            found.append((name, default))
            if self._is(TokenKind.COMMA):
                self._at += 1

    def _attribute(self) -> None:
        """Pass over a type or an attribute, whatever stands in it."""
        open_brackets = 0
        while True:
            kind = self._take("']' is missing in param().").kind
            open_brackets += (kind is TokenKind.LEFT) - (kind is TokenKind.RIGHT)
            if not open_brackets:
                return


def parse_script(text: str) -> nodes.Script:
    """Read a script that may begin with ``param()``. Raises ScriptIncomplete and ScriptError."""
    return _ScriptParser(text).script("")


def bound(script: nodes.Script, given: Mapping[str, Any], scope: Scope) -> Scope:
    """Return the scope of a script with what its parameters are given. Raises StatementError for one it has not."""
    block = next((one for one in script.statements if isinstance(one, nodes.Parameters)), None)
    names = [name for name, _ in block.parameters] if block is not None else []
    for name in given:
        if name.lower() not in names:
            message = f"The script has no parameter -{name}."
            raise StatementError(
                ErrorInfo(message, "NamedParameterNotFound", "InvalidArgument", "ParameterBindingException", name)
            )
    if block is None:
        return scope
    return Scope(scope.session, {name.lower(): value for name, value in given.items()}, input=scope.input)
