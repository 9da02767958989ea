"""A typed line as commands for an endpoint that takes no script: the constants in it are computed here.

The real client computes all of a line's expressions that have no commands and no variables in them, and sends their
values (protocol-notes 3.3). Where the far end takes script, pstui leaves that to it, which gives the same. Where it
takes none, this computes what constants need: ``(1+1)``, ``$(1;2)``, ``"x$(1)"``, ``('{0:D3}' -f 7)``, ``([int]'5')``,
``('a,b'.Split(',')[0])``, ``($true ? 1 : 2)``. What has a value of another type (``[datetime]``), or more members than
``constant_members`` knows, stays refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pstui.backends.language import constant_math, constant_members
from pstui.backends.language import lexemes as c
from pstui.backends.language.constant_values import text_of, truth
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.simple_lines import CommandLine, NotSimpleError, Reader, Value, read_line
from pstui.backends.language.tokens import Token, TokenKind, has_bad_escape, unescape

_ENDS = frozenset([TokenKind.SEMICOLON, TokenKind.NEWLINE])
_LINES = frozenset([TokenKind.NEWLINE])
_DOUBLE = re.compile(f"[{c.DOUBLE_QUOTES}]")
_QUOTE = re.compile(f"[{c.SINGLE_QUOTES}{c.DOUBLE_QUOTES}]")
_MOST_INSIDE = 8
"""Strings inside sub-expressions of strings."""


def parse_constant_line(text: str) -> CommandLine | None:
    """The line as commands, its constants computed, or None when that is not possible."""
    return read_line(text, ConstantReader, expands=True)


class ConstantReader(Reader):
    """Reads commands whose arguments may be computed; ``variables`` knows what others than the constants hold."""

    def __init__(
        self, tokens: list[Token], *, inside: int = 0, variables: Callable[[str], Value] | None = None
    ) -> None:
        super().__init__(tokens, keep_spelling=True)
        self._inside, self._variables = inside, variables

    def _variable(self, name: str) -> Value:
        return super()._variable(name) if self._variables is None else self._variables(name)

    def value(self) -> Value:
        """The value of the one expression that the tokens are. Raises NotSimpleError."""
        value = self._operation(1, 0)
        if self._kind is not None:
            raise NotSimpleError
        return value

    def values(self) -> list[Value]:
        """All values of statements that are expressions."""
        values: list[Value] = []
        self._skip(_ENDS)
        while self._kind not in (None, TokenKind.RIGHT):
            value = self._operation(1, 0)
            values += value if isinstance(value, list) else [value]
            if self._kind not in (None, TokenKind.RIGHT) and self._take().kind not in _ENDS:
                raise NotSimpleError
            self._skip(_ENDS)
        return values

    def _expression(self, depth: int, *, top: bool = False) -> Value:
        return super()._expression(depth, top=True) if top else self._operation(depth, 0)

    def _element(self, depth: int, *, top: bool = False) -> Value:
        is_number = self._kind is TokenKind.NUMBER
        if self._kind is not None and self._token.expands:
            value = self._expanded(self._take())
        else:
            value = super()._element(depth, top=top)
        while self._is_next(".", "[", "("):
            if is_number:
                raise NotSimpleError
            value = self._member(value, self._deeper(depth))
        return value

    def _is_next(self, *texts: str) -> bool:
        """Whether one of these follows with nothing between."""
        if self._position in (0, len(self._tokens)):
            return False
        return self._token.text in texts and self._token.start == self._tokens[self._position - 1].end

    def _member(self, value: Value, depth: int) -> Value:
        """A value's member or item, whose dot or bracket is the next token."""
        if self._take().text == "[":
            place = self._operation(depth, 0)
            self._close()
            return constant_members.item(value, place)
        name = self._take()
        if name.kind is not TokenKind.MEMBER or name.expands:
            raise NotSimpleError
        if not self._is_next("("):
            return constant_members.of(value, name.text)
        return constant_members.call(value, name.text, self._arguments(depth))

    def _arguments(self, depth: int) -> list[Value]:
        """The arguments of a method."""
        self._take()
        values: list[Value] = []
        while self._kind is not TokenKind.RIGHT:
            if values and self._take().kind is not TokenKind.COMMA:
                raise NotSimpleError
            values.append(self._operation(depth, 0, commas=False))
        self._close()
        return values

    def _close(self) -> None:
        if self._take().kind is not TokenKind.RIGHT:
            raise NotSimpleError

    def _cast(self, depth: int) -> Value:
        """A cast, or a member of a type, whose bracket is the next token."""
        self._take()
        name = self._take()
        if name.kind is not TokenKind.TYPE:
            raise NotSimpleError
        is_array = self._kind is TokenKind.LEFT
        if is_array:
            self._take()
            self._close()
        self._close()
        if not self._is_next("::"):
            return constant_members.cast(name.text, self._operand(self._deeper(depth)), is_array=is_array)
        self._take()
        member = self._take()
        if is_array or member.kind is not TokenKind.MEMBER or member.expands:
            raise NotSimpleError
        arguments = self._arguments(self._deeper(depth)) if self._is_next("(") else None
        return constant_members.static(name.text, member.text, arguments)

    def _bracket(self, opener: str, depth: int) -> Value:
        if opener != "$(":
            return super()._bracket(opener, depth)
        values = self.values()
        if self._take().kind is not TokenKind.RIGHT:
            raise NotSimpleError
        return values if len(values) > 1 else values[0] if values else None

    def _operation(self, depth: int, least: int, *, commas: bool = True) -> Value:
        """An expression of operators that bind more than ``least``; with 0 a ternary too."""
        left = self._binary(depth, least, commas=commas)
        if least or self._kind is not TokenKind.OPERATOR or self._token.text != "?":
            return left
        self._take()
        self._skip(_LINES)
        chosen = self._operation(self._deeper(depth), 0, commas=commas)
        self._skip(_LINES)
        if self._take().text != ":":
            raise NotSimpleError
        self._skip(_LINES)
        other = self._operation(self._deeper(depth), 0, commas=commas)
        return chosen if truth(left) else other

    def _binary(self, depth: int, least: int, *, commas: bool) -> Value:
        left = self._joined(depth) if commas else self._operand(depth)
        while self._kind is TokenKind.OPERATOR:
            sign = self._token.text.lower()
            if sign in ("?", ":"):
                break
            precedence = constant_math.PRECEDENCE.get(sign, 0)
            if precedence == 0:
                raise NotSimpleError
            if precedence <= least:
                break
            self._take()
            self._skip(_LINES)
            left = constant_math.binary(sign, left, self._binary(self._deeper(depth), precedence, commas=commas))
        return left

    def _joined(self, depth: int) -> Value:
        values = [self._operand(depth)]
        if self._kind is not TokenKind.COMMA:
            return values[0]
        while self._kind is TokenKind.COMMA:
            self._take()
            self._skip(_LINES)
            values.append(self._operand(depth))
        return values

    def _operand(self, depth: int) -> Value:
        if self._kind is TokenKind.OPERATOR:
            sign = self._take().text.lower()
            self._skip(_LINES)
            return constant_math.unary(sign, self._operand(self._deeper(depth)))
        if self._kind is TokenKind.LEFT and self._token.text == "[":
            return self._cast(depth)
        return self._element(self._deeper(depth))

    def _expanded(self, token: Token) -> Value:
        """The text of a string or a word with values in it."""
        text = token.text
        if token.kind is TokenKind.EXPANDABLE_STRING:
            text = text[1:-1]
        elif token.kind is not TokenKind.ARGUMENT or _QUOTE.search(text):
            raise NotSimpleError
        parts: list[str] = []
        place = 0
        while place < len(text):
            plain = c.PLAIN_IN_EXPANDABLE.match(text, place)
            if plain is not None:
                parts.append(plain[0])
                place = plain.end()
            elif text[place] == "`":
                escape = c.ESCAPE.match(text, place)
                written = escape[0] if escape else "`"
                if has_bad_escape(written):
                    raise NotSimpleError
                parts.append(unescape(written))
                place += len(written)
            elif text[place] == "$":
                end = c.dollar(text, place).end
                parts.append(self._inserted(text[place:end]))
                place = end
            else:
                parts.append(text[place])
                place += 2  # of two double quotes in a row one is left
        return "".join(parts)

    def _inserted(self, written: str) -> str:
        if len(written) == 1:
            return written
        if written[1] != "(":
            return text_of(self._variable(written[1:].strip("{}")))
        if self._inside == _MOST_INSIDE or _DOUBLE.search(written):
            raise NotSimpleError
        tokens = [token for token in tokenize(written[2:-1]) if token.kind is not TokenKind.COMMENT]
        if not all(token.complete for token in tokens):
            raise NotSimpleError
        reader = ConstantReader(tokens, inside=self._inside + 1, variables=self._variables)
        values = reader.values()
        if reader._kind is not None:
            raise NotSimpleError
        return text_of(values)
