"""The tokens of a PowerShell line, read from left to right, and the variables known in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pstui.backends.binding.context import BindContext, PendingSession, is_session
from pstui.backends.binding.place import refuse_at
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError
from pstui.backends.language.token_kinds import Token, TokenKind

_PROPERTIES = {"id": "id", "name": "name", "instanceid": "instance_id"}
_SCOPE = re.compile(r"(?:global|script|local|private|variable):", re.IGNORECASE)
_IN_TEXT = re.compile(r"\$(?:\{(?P<braced>[^}]*)\}|(?P<name>(?:env:)?\w+))", re.IGNORECASE)


def without_scope(name: str) -> str:
    """Return a variable's name without its scope: there is one for all here."""
    return name[found.end() :] if (found := _SCOPE.match(name)) else name


class Cursor:
    """A place among tokens; ``variables`` holds what earlier statements of the same text assigned."""

    def __init__(self, text: str, tokens: Sequence[Token], context: BindContext) -> None:
        skipped = (TokenKind.CONTINUATION, TokenKind.COMMENT)
        self.text = text
        self.tokens = [token for token in tokens if token.kind not in skipped]
        self.index = 0
        self.depth = 0
        self.context = context
        self.variables: dict[str, Any] = {}

    def peek(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def next_is(self, kind: TokenKind, text: str = "") -> bool:
        token = self.peek()
        return token is not None and token.kind is kind and (not text or token.text == text)

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            hint = "A value, a closing quote or a bracket is missing at its end."
            raise refuse_at(self.text, len(self.text), len(self.text), "The line ends too early", hint)
        self.index += 1
        return token

    def refuse(self, token: Token, what: str, hint: str = "", *, error_id: str = "") -> CallError:
        return refuse_at(self.text, token.start, token.end, what, hint, error_id=error_id)

    def close(self) -> None:
        token = self.take()
        if token.kind is not TokenKind.RIGHT:
            raise self.refuse(token, "Here the bracket should close", "Give one call or one value in parentheses.")

    def variable(self, token: Token) -> Any:
        return self.lookup(token.text[1:].strip("{}"), token)

    def lookup(self, spelled: str, token: Token) -> Any:
        """Return what a variable holds. Raises CallError for one that is not known here."""
        name = without_scope(spelled).casefold()
        constants = {"true": True, "false": False, "null": None, "home": self.context.home, "pwd": self.context.cwd}
        constants |= {"env:user": self.context.user, "env:username": self.context.user, "env:home": self.context.home}
        for known in (self.variables, self.context.variables, constants):
            if name in known:
                return known[name]
        if name.startswith("env:") and spelled[4:] in self.context.environment:
            return self.context.environment[spelled[4:]]
        hint = "Known are the variables that were set here, $true, $false, $null, $HOME, $PWD and $env:NAME."
        raise self.refuse(token, "This variable is not known here", hint)

    def known(self, name: str) -> Any:
        """Return what a variable that was set holds, None if it was not; the name in lower case."""
        return self.variables.get(name, self.context.variables.get(name))

    def expand(self, token: Token) -> str:
        """Return a double-quoted text with its variables put in; anything that would be computed is refused."""
        if re.search(r"(?<!`)\$\(", token.text) or "`$" in token.text:
            raise self.refuse(token, "Nothing is computed inside a text here", "Use single quotes, or write it out.")

        def put_in(match: re.Match[str]) -> str:
            value = self.lookup(match["braced"] or match["name"] or "", token)
            if isinstance(value, str | int):
                return str(value)
            raise self.refuse(token, "Only a text or a number can be put into a text", "Write it out.")

        return _IN_TEXT.sub(put_in, token.value())

    def member(self, value: Any, member: Token) -> Any:
        name = member.text.casefold()
        if isinstance(value, PendingSession):
            hint = "Give the session itself: -Session $s."
            raise self.refuse(member, "The session is not open yet, so it has no properties", hint)
        if is_session(value) and name in _PROPERTIES:
            return getattr(value, _PROPERTIES[name])
        if is_session(value) and name == "computername":
            return value.info.computer_name
        if isinstance(value, PSCredential) and name == "username":
            return value.user_name
        raise self.refuse(
            member, "This property is not known here", "A session has Id, Name, InstanceId, ComputerName."
        )
