"""Completion from the metadata of commands, for endpoints without TabExpansion2 (semantics 3.9, 3.10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pstui.backends.language.token_kinds import Token, TokenKind
from pstui.backends.language.tokens import tokenize

#: Most parameters of one command that are offered.
MAX_PARAMETERS = 500
#: What a new command stands after.
_BREAKS = frozenset(
    {TokenKind.PIPE, TokenKind.SEMICOLON, TokenKind.NEWLINE, TokenKind.CHAIN, TokenKind.LEFT, TokenKind.BACKGROUND}
)


class CommandNames:
    """The commands of an endpoint and their parameters, asked for once."""

    def __init__(self) -> None:
        self.loaded = False
        self._parameters: dict[str, dict[str, str]] = {}
        self._spelling: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def load(self, described: Iterable[Any]) -> None:
        """Take the answer to GET_COMMAND_METADATA; what is no command is passed over."""
        self.loaded = True
        for item in described:
            name = item.get("Name") if isinstance(item, Mapping) else None
            if not isinstance(name, str) or not name.isprintable() or not name:
                continue
            key = name.casefold()
            self._spelling[key] = name
            found = item.get("Parameters")
            self._parameters[key] = _parameters(found) if isinstance(found, Mapping) else {}
            if isinstance(target := item.get("ResolvedCommandName"), str):
                self._aliases[key] = target.casefold()

    def complete(self, before: str) -> tuple[int, list[tuple[str, str, str]]]:
        """Return where the word before the cursor begins, and (text, kind, tooltip) of what could stand there."""
        tokens = tokenize(before)
        word = tokens.pop() if tokens and tokens[-1].end == len(before) and tokens[-1].kind not in _BREAKS else None
        start = word.start if word else len(before)
        typed = word.text.casefold() if word else ""
        command = _command(tokens)
        if command is None:
            return start, self._commands(typed)
        if not typed.startswith("-"):
            return start, []
        return start, self._parameters_of(command.value().casefold(), typed[1:])

    def _commands(self, typed: str) -> list[tuple[str, str, str]]:
        names = sorted(name for key, name in self._spelling.items() if key.startswith(typed))
        return [(name, "Command", name) for name in names]

    def _parameters_of(self, command: str, typed: str) -> list[tuple[str, str, str]]:
        known = self._parameters.get(command) or self._parameters.get(self._aliases.get(command, ""), {})
        names = sorted(name for name in known if name.casefold().startswith(typed))
        return [(f"-{name}", "ParameterName", f"[{known[name]}] {name}" if known[name] else name) for name in names]


def _parameters(found: Mapping[Any, Any]) -> dict[str, str]:
    """Return the types of parameters by name."""
    kept: dict[str, str] = {}
    for name, described in list(found.items())[:MAX_PARAMETERS]:
        if isinstance(name, str) and name.isprintable():
            kind = described.get("ParameterType") if isinstance(described, Mapping) else ""
            kept[name] = kind.partition(",")[0].rpartition(".")[2][:80] if isinstance(kind, str) else ""
    return kept


def _command(tokens: list[Token]) -> Token | None:
    """Return the command whose arguments stand at the end of these tokens."""
    for token in reversed(tokens):
        if token.kind in _BREAKS:
            return None
        if token.kind is TokenKind.COMMAND:
            return token
    return None
