"""Quoted strings and variables of the endpoint's small language."""

from __future__ import annotations

import re
from re import Match
from typing import Any

from pstui.backends.demo.language import nodes
from pstui.backends.demo.language.cursor import Cursor
from pstui.backends.demo.server.errors import ScriptIncomplete

VARIABLE = re.compile(r"\$(?:\{([^}\n]{1,200})\}|((?:[A-Za-z]+:)?(?:[A-Za-z_]\w*|\d+))|([?$^_]))")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_PLAIN = re.compile(r"[^\"`$\u201c\u201d]+")
_SCOPES = ("global:", "script:", "local:", "private:", "variable:")


class StringReader:
    """The part of the parser that reads strings; ``script`` reads what stands in ``$( … )``."""

    cursor: Cursor

    def script(self, closing: str) -> nodes.Script:
        """Read statements up to a closing bracket, which is taken."""
        raise TypeError("the statement parser reads scripts")

    def single_quoted(self) -> str:
        """Read ``'…'``; two quotes are one."""
        cursor = self.cursor
        cursor.at += 1
        parts: list[str] = []
        while True:
            end = cursor.text.find("'", cursor.at)
            if end < 0:
                cursor.at = len(cursor.text)
                raise ScriptIncomplete("The closing ' of a string is missing.")
            parts.append(cursor.text[cursor.at : end])
            cursor.at = end + 1
            if not cursor.eat("'"):
                return "".join(parts)
            parts.append("'")

    def double_quoted(self) -> Any:
        """Read ``"…"`` with backticks, variables and ``$( … )``; a Literal when nothing is to be expanded."""
        cursor = self.cursor
        cursor.at += 1
        parts: list[Any] = []
        while not (cursor.peek() == '"' and cursor.peek(2) != '""'):
            if cursor.ended:
                raise ScriptIncomplete('The closing " of a string is missing.')
            parts.append(self._piece())
        cursor.at += 1
        return text_node(parts)

    def _piece(self) -> Any:
        cursor = self.cursor
        if cursor.eat('""'):
            return '"'
        if cursor.eat("`"):
            return self.escaped()
        if cursor.eat("$("):
            return nodes.Group(self.script(")"))
        if found := cursor.take(VARIABLE):
            return self.variable(found)
        if found := cursor.take(_PLAIN):
            return found[0]
        cursor.at += 1
        return cursor.text[cursor.at - 1]

    def escaped(self) -> str:
        """Read the character after a backtick."""
        cursor = self.cursor
        if cursor.ended:
            raise ScriptIncomplete("Nothing follows the backtick.")
        sign = cursor.peek()
        cursor.at += 1
        return _ESCAPES.get(sign, sign)

    @staticmethod
    def variable(found: Match[str]) -> nodes.Variable:
        """Return the variable of a match, scopes that make no difference here taken away."""
        name = found[1] or found[2] or found[3]
        lower = name.lower()
        if lower.startswith("env:"):
            return nodes.Variable("env:" + name[4:])
        for scope in _SCOPES:
            lower = lower.removeprefix(scope)
        return nodes.Variable(lower)


def text_node(parts: list[Any]) -> Any:
    """Return a Literal for plain text, else a Text of its parts."""
    if all(isinstance(part, str) for part in parts):
        return nodes.Literal("".join(parts))
    return nodes.Text(tuple(parts))
