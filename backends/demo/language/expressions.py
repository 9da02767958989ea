"""Expressions of the endpoint's small language: operators by precedence, literals, variables, members."""

from __future__ import annotations

import re
from typing import Any

from pstui.backends.demo.language import nodes
from pstui.backends.demo.language.cursor import Cursor
from pstui.backends.demo.language.strings import VARIABLE, StringReader
from pstui.backends.demo.server.errors import not_supported

_NUMBER = re.compile(
    r"(0x[0-9a-f]{1,16}|\d{1,18}(?:\.\d{1,18})?(?:e[+-]?\d{1,3})?)(kb|mb|gb|tb)?(?![\w])", re.IGNORECASE
)
_UNITS = {"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}
_WORD_OPERATOR = re.compile(r"-([A-Za-z]+)(?![\w-])")
_TYPE = re.compile(r"\[([A-Za-z][\w.]*(?:\[\])?)\]")
_NAME = re.compile(r"[A-Za-z_]\w*")
_KEY = re.compile(r"[A-Za-z_][\w-]*|\d+")

_LOGICAL = frozenset({"and", "or", "xor"})
_COMPARING = frozenset(
    (
        "eq",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "like",
        "notlike",
        "match",
        "notmatch",
        "contains",
        "notcontains",
        "in",
        "notin",
        "join",
        "split",
        "replace",
        "is",
        "isnot",
    )
)


class ExpressionParser(StringReader):
    """Reads expressions; ``script`` and ``closed_script`` come from the statement parser built on it."""

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)

    def script(self, closing: str) -> nodes.Script:
        """Read statements up to a closing bracket, which is taken."""
        raise TypeError("the statement parser reads scripts")

    def expression(self) -> Any:
        """Read a whole expression."""
        with self.cursor.nested():
            return self._joined(_LOGICAL, self._comparison)

    def _comparison(self) -> Any:
        return self._joined(_COMPARING, self._sum)

    def _joined(self, operators: frozenset[str], operand: Any) -> Any:
        left = operand()
        while (word := self._word_operator(operators)) is not None:
            self.cursor.blank(lines=True)
            left = nodes.Binary(word, left, operand())
        return left

    def _word_operator(self, wanted: frozenset[str]) -> str | None:
        cursor = self.cursor
        start = cursor.at
        cursor.blank()
        if found := cursor.take(_WORD_OPERATOR):
            word = found[1].lower()
            plain = word[1:] if word[0] in "ci" and word not in ("contains", "in", "is", "isnot") else word
            if plain in wanted:
                return plain
        cursor.at = start
        return None

    def _sum(self) -> Any:
        return self._signs("+-", self._product)

    def _product(self) -> Any:
        return self._signs("*/%", self._format)

    def _signs(self, signs: str, operand: Any) -> Any:
        cursor = self.cursor
        left = operand()
        while True:
            start = cursor.at
            cursor.blank()
            sign, following = cursor.peek(), cursor.peek(2)[1:]
            if not sign or sign not in signs or following in ("=", sign) or (sign == "-" and following.isalpha()):
                cursor.at = start
                return left
            cursor.at += 1
            cursor.blank(lines=True)
            left = nodes.Binary(sign, left, operand())

    def _format(self) -> Any:
        return self._joined(frozenset({"f"}), self._range)

    def _range(self) -> Any:
        left = self._comma()
        self.cursor.blank()
        if self.cursor.eat(".."):
            self.cursor.blank()
            return nodes.Binary("..", left, self._comma())
        return left

    def _comma(self) -> Any:
        cursor = self.cursor
        if cursor.eat(","):
            cursor.blank()
            return nodes.Listing((self.unary(),))
        items = [self.unary()]
        while True:
            start = cursor.at
            cursor.blank()
            if not cursor.eat(","):
                cursor.at = start
                return items[0] if len(items) == 1 else nodes.Listing(tuple(items))
            cursor.blank(lines=True)
            items.append(self.unary())

    def unary(self) -> Any:
        """Read one operand with the signs and casts before it."""
        cursor = self.cursor
        with cursor.nested():
            if cursor.eat("!"):
                cursor.blank()
                return nodes.Unary("not", self.unary())
            if (word := self._word_operator(frozenset({"not", "join", "bnot", "split"}))) is not None:
                cursor.blank()
                return nodes.Unary(word, self.unary())
            if cursor.peek() in "+-" and cursor.peek():
                sign = cursor.peek()
                cursor.at += 1
                cursor.blank()
                return nodes.Unary(sign, self.unary())
            if cursor.peek() == "[":
                return self._type()
            return self.members(self.primary())

    def _type(self) -> Any:
        cursor = self.cursor
        if (found := cursor.take(_TYPE)) is None:
            if "]" not in cursor.text[cursor.at :]:
                cursor.at = len(cursor.text)
                cursor.fail("']' is missing after a type name.")
            raise not_supported("This type name")
        if cursor.peek(2) == "::":
            raise not_supported(f"A static member of [{found[1]}]")
        cursor.blank()
        return nodes.Cast(found[1].lower(), self.unary())

    def primary(self) -> Any:
        """Read a literal, a variable or something in brackets."""
        cursor = self.cursor
        sign = cursor.peek()
        if sign == "'":
            return nodes.Literal(self.single_quoted())
        if sign == '"':
            return self.double_quoted()
        if (number := self.number()) is not None:
            return number
        if cursor.eat("$("):
            return nodes.Group(self.script(")"))
        if cursor.eat("@("):
            return nodes.Group(self.script(")"), always_list=True)
        if cursor.eat("@{"):
            return self.table()
        if cursor.eat("("):
            return nodes.Group(self.script(")"))
        if sign == "{":
            return self.block()
        if found := cursor.take(VARIABLE):
            return self.variable(found)
        if cursor.peek(2) in ("@'", '@"'):
            raise not_supported("A here-string")
        cursor.fail("A value is missing.")
        return None

    def number(self) -> nodes.Literal | None:
        """Read a number with its unit, or nothing."""
        if (found := self.cursor.take(_NUMBER)) is None:
            return None
        text, unit = found[1].lower(), (found[2] or "").lower()
        whole = text.startswith("0x") or text.isdigit()
        value: int | float = int(text, 0 if text.startswith("0x") else 10) if whole else float(text)
        return nodes.Literal(value * _UNITS[unit] if unit else value)

    def block(self) -> nodes.Block:
        """Read ``{ … }``."""
        self.cursor.at += 1
        start = self.cursor.at
        body = self.script("}")
        return nodes.Block(body, self.cursor.text[start : self.cursor.at - 1])

    def table(self) -> nodes.Table:
        """Read the rest of ``@{ … }``."""
        cursor = self.cursor
        pairs: list[tuple[Any, Any]] = []
        while True:
            cursor.separators()
            if cursor.eat("}"):
                return nodes.Table(tuple(pairs))
            found = cursor.take(_KEY)
            key = nodes.Literal(found[0]) if found else self.primary()
            cursor.expect("=", "a key")
            cursor.blank(lines=True)
            pairs.append((key, self.statement()))
            cursor.blank()
            if cursor.ended:
                cursor.fail("'}' is missing after a table.")

    def statement(self) -> Any:
        """Read one statement; the statement parser does."""
        raise TypeError("the statement parser reads statements")

    def members(self, target: Any) -> Any:
        """Read what follows a value without a blank: ``.name``, ``.name(…)``, ``[index]``."""
        cursor = self.cursor
        while True:
            if cursor.peek() == "." and cursor.peek(2) != ".." and (_NAME.match(cursor.text, cursor.at + 1)):
                cursor.at += 1
                found = cursor.take(_NAME)
                name = found[0] if found else ""
                arguments = self._arguments() if cursor.eat("(") else None
                target = nodes.Member(target, name, arguments)
            elif cursor.eat("["):
                cursor.blank(lines=True)
                target = nodes.Index(target, self.expression())
                cursor.expect("]", "an index")
            elif cursor.peek(2) == "::":
                raise not_supported("A static member")
            else:
                return target

    def _arguments(self) -> tuple[Any, ...]:
        cursor = self.cursor
        cursor.blank(lines=True)
        if cursor.eat(")"):
            return ()
        value = self.expression()
        cursor.expect(")", "arguments")
        return value.items if isinstance(value, nodes.Listing) else (value,)
