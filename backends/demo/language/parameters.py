"""``param()`` at the head of a script: names and defaults. Types and attributes are passed over.

A runbook's form checks what is typed; what it sends has its type already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pstui.backends.demo.language import nodes
from pstui.backends.demo.language.errors import ErrorInfo, ScriptError, ScriptIncomplete, StatementError
from pstui.backends.demo.language.parser import MAX_SCRIPT, parse
from pstui.backends.demo.server.session import Scope
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind

_BLANK = frozenset((TokenKind.COMMENT, TokenKind.NEWLINE, TokenKind.CONTINUATION))


def parse_script(text: str) -> nodes.Script:
    """Read a script that may begin with ``param()``. Raises ScriptIncomplete and ScriptError."""
    tokens = [token for token in tokenize(text[: MAX_SCRIPT + 1]) if token.kind not in _BLANK or not token.complete]
    if not tokens or tokens[0].kind is not TokenKind.KEYWORD or tokens[0].text.lower() != "param":
        return parse(text)
    end = _closing(tokens, 1)
    found, part = [], list[Token]()
    at = 2
    while at < end:
        if tokens[at].kind is TokenKind.LEFT:
            past = _closing(tokens, at) + 1
            # A type or an attribute stands before the variable; behind it a bracket is a part of the default.
            part += tokens[at:past] if part else []
            at = past
            continue
        if tokens[at].kind is TokenKind.COMMA:
            found.append(_parameter(text, part))
            part = []
        else:
            part.append(tokens[at])
        at += 1
    if part:
        found.append(_parameter(text, part))
    return nodes.Script((nodes.Parameters(tuple(found)), *parse(text[tokens[end].end :]).statements))


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Return the place of the bracket that closes the one at a place."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].kind is TokenKind.LEFT) - (tokens[place].kind is TokenKind.RIGHT)
        if depth <= 0:
            return place
    raise ScriptIncomplete("')' is missing after param.")


def _parameter(text: str, part: Sequence[Token]) -> tuple[str, nodes.Script | None]:
    """Return a parameter of its tokens: the variable, and ``=`` with a default."""
    if not part or part[0].kind is not TokenKind.VARIABLE or (part[1:] and part[1].text != "="):
        raise ScriptError("A parameter is missing in param(), or something follows one.")
    name = part[0].text[1:].strip("{}").lower()
    return name, parse(text[part[1].end : part[-1].end]) if part[1:] else None


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
