"""Expressions of the endpoint's small language: operators by precedence, literals, variables, members.

Statements and commands of the endpoint's small language; ``parse`` is the door.
"""

from __future__ import annotations

import re
from typing import Any

from pstui.backends.demo.language import nodes
from pstui.backends.demo.language.cursor import Cursor
from pstui.backends.demo.language.strings import VARIABLE, StringReader, text_node
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


_EXPRESSION = re.compile(r"['\"$(\[!]|@[({'\"]|[+-]?\.?\d|,|-(?:not|join|bnot)\b|\{", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+(?![\w\-./\\:])")
_ASSIGN = re.compile(r"(\+\+|--|[+\-*/%]?=(?!=))")
_PARAMETER = re.compile(r"-([A-Za-z?_][^\s:|;,(){}'\"$&]*)(:?)")
_REDIRECT = re.compile(r"(\d|\*)?>>?\s*(&1|\$null)?")
_FUNCTION = re.compile(r"[A-Za-z_][\w:-]*")
_BARE = re.compile(r"[^\s'\"`$|;,(){}&<>]+|<(?!#)|(?<=\S)>(?=&)")
_END = frozenset("|;)}\n&")
_REFUSED = frozenset(
    (
        "for",
        "do",
        "switch",
        "until",
        "begin",
        "process",
        "end",
        "param",
        "class",
        "filter",
        "trap",
        "data",
        "using",
        "enum",
        "workflow",
    )
)
_FLOW = frozenset({"throw", "exit", "return", "break", "continue"})


def parse(text: str) -> nodes.Script:
    """Read a whole script. Raises ScriptIncomplete when more must follow, ScriptError when it is not understood."""
    return Parser(text).script("")


class Parser(ExpressionParser):
    """Reads statements on top of the expressions."""

    def script(self, closing: str) -> nodes.Script:
        """Read statements up to ``closing``, which is taken; "" is the end of the text."""
        cursor = self.cursor
        statements: list[Any] = []
        with cursor.nested():
            while True:
                cursor.separators()
                if closing and cursor.eat(closing):
                    return nodes.Script(tuple(statements))
                if cursor.ended:
                    if closing:
                        cursor.fail(f"'{closing}' is missing.")
                    return nodes.Script(tuple(statements))
                statements.append(self.statement())
                cursor.blank()
                if not cursor.ended and cursor.peek() not in (";", "\n", closing or ";"):
                    cursor.fail("Something stands where a statement should have ended.")

    def statement(self) -> Any:
        """Read one statement."""
        cursor = self.cursor
        found = _WORD.match(cursor.text, cursor.at)
        word = found[0].lower() if found else ""
        reader = getattr(self, f"_read_{word}", None) if word else None
        if found and (reader or word in _FLOW):
            cursor.at = found.end()
            return reader() if reader else self._flow(word)
        if word in _REFUSED and re.match(r"\s*[({$]", cursor.text[cursor.at + len(word) :]):
            raise not_supported(f"The statement '{word}'")
        return self._assignment() or self._pipeline()

    def _flow(self, word: str) -> nodes.Flow:
        self.cursor.blank()
        if self.cursor.ended or self.cursor.peek() in _END:
            return nodes.Flow(word)
        return nodes.Flow(word, self._pipeline())

    def _assignment(self) -> nodes.Assign | None:
        cursor = self.cursor
        start = cursor.at
        if found := cursor.take(VARIABLE):
            cursor.blank()
            if operator := cursor.take(_ASSIGN):
                name = self.variable(found).name
                if operator[1] in ("++", "--"):
                    return nodes.Assign(name, operator[1], None)
                cursor.blank(lines=True)
                return nodes.Assign(name, operator[1], self.statement())
        cursor.at = start
        return None

    def _condition(self, word: str) -> Any:
        self.cursor.expect("(", word)
        self.cursor.blank(lines=True)
        body = self.script(")")
        if not body.statements:
            self.cursor.fail(f"A condition is missing after {word}.")
        return nodes.Group(body)

    def _body(self, after: str) -> nodes.Script:
        self.cursor.expect("{", after)
        return self.script("}")

    def _read_if(self) -> nodes.If:
        clauses = [(self._condition("if"), self._body("a condition"))]
        while self._follows("elseif"):
            clauses.append((self._condition("elseif"), self._body("a condition")))
        otherwise = self._body("else") if self._follows("else") else None
        return nodes.If(tuple(clauses), otherwise)

    def _follows(self, word: str) -> bool:
        cursor = self.cursor
        start = cursor.at
        cursor.blank(lines=True)
        found = _WORD.match(cursor.text, cursor.at)
        if found and found[0].lower() == word:
            cursor.at = found.end()
            return True
        cursor.at = start
        return False

    def _read_while(self) -> nodes.While:
        return nodes.While(self._condition("while"), self._body("a condition"))

    def _read_foreach(self) -> nodes.ForEach:
        cursor = self.cursor
        cursor.expect("(", "foreach")
        cursor.blank(lines=True)
        found = cursor.take(VARIABLE)
        if found is None:
            cursor.fail("A variable is missing after foreach (.")
            raise AssertionError
        if not self._follows("in"):
            cursor.fail("'in' is missing in foreach.")
        cursor.blank(lines=True)
        values = nodes.Group(self.script(")"))
        return nodes.ForEach(self.variable(found).name, values, self._body("foreach"))

    def _read_function(self) -> nodes.Function:
        cursor = self.cursor
        cursor.blank()
        found = cursor.take(_FUNCTION)
        if found is None:
            cursor.fail("A name is missing after function.")
            raise AssertionError
        cursor.blank(lines=True)
        if cursor.peek() == "(" or re.match(r"\{\s*param\b", cursor.text[cursor.at :], re.IGNORECASE):
            raise not_supported("A function with parameters")
        cursor.expect("{", "a function's name")
        start = cursor.at
        body = self.script("}")
        name = found[0].rpartition(":")[2]
        return nodes.Function(name, body, cursor.text[start : cursor.at - 1])

    def _read_try(self) -> nodes.Try:
        body = self._body("try")
        handler = self._body("catch") if self._follows("catch") else None
        final = self._body("finally") if self._follows("finally") else None
        if handler is None and final is None:
            self.cursor.fail("catch or finally is missing after try.")
        return nodes.Try(body, handler, final)

    def _pipeline(self) -> nodes.Pipeline:
        cursor = self.cursor
        elements: list[Any] = []
        while True:
            is_command = bool(elements) or not _EXPRESSION.match(cursor.text, cursor.at)
            elements.append(self._command() if is_command else self.expression())
            cursor.blank()
            if cursor.peek(2) in ("&&", "||"):
                raise not_supported(f"'{cursor.peek(2)}'")
            if not cursor.eat("|"):
                if cursor.peek() == "&":
                    raise not_supported("A background job")
                return nodes.Pipeline(tuple(elements))
            cursor.blank(lines=True)
            if cursor.ended:
                cursor.fail("A command is missing after '|'.")

    def _command(self) -> nodes.Command:
        cursor = self.cursor
        if cursor.peek() in (".", "&") and cursor.peek(2)[1:] in (" ", "\t", "'", '"', "$", "{"):
            cursor.at += 1
            cursor.blank()
            if cursor.peek() == "{":
                name: Any = self.block()
                return self._with_arguments(name)
        name = self._word()
        return self._with_arguments(name)

    def _with_arguments(self, name: Any) -> nodes.Command:
        cursor = self.cursor
        arguments: list[nodes.Argument] = []
        errors, to_null = "", False
        while True:
            cursor.blank()
            if cursor.ended or cursor.peek() in _END:
                return nodes.Command(name, tuple(arguments), errors, to_null)
            if redirect := cursor.take(_REDIRECT):
                if redirect[2] is None:
                    raise not_supported("Redirection into a file")
                if redirect[1] in ("2", "*"):
                    errors = "output" if redirect[2] == "&1" else "null"
                to_null = to_null or (redirect[2] == "$null" and redirect[1] in (None, "1", "*"))
            elif cursor.eat("--%"):
                rest = cursor.take(re.compile(r"[^\n|]*"))
                arguments.append(nodes.Argument(None, nodes.Literal((rest[0] if rest else "").strip())))
            elif parameter := cursor.take(_PARAMETER):
                arguments.append(self._parameter(parameter[1], bool(parameter[2])))
            else:
                arguments.append(nodes.Argument(None, self._argument_value()))

    def _parameter(self, name: str, has_colon: bool) -> nodes.Argument:
        if not has_colon:
            return nodes.Argument(name, has_value=False)
        self.cursor.blank()
        return nodes.Argument(name, self._argument_value())

    def _argument_value(self) -> Any:
        cursor = self.cursor
        items = [self._word()]
        while True:
            start = cursor.at
            cursor.blank()
            if not cursor.eat(","):
                cursor.at = start
                return items[0] if len(items) == 1 else nodes.Listing(tuple(items))
            cursor.blank(lines=True)
            items.append(self._word())

    def _word(self) -> Any:
        """Read one argument: a value of its own, or a bare word with quoted and expanded pieces in it."""
        cursor = self.cursor
        if cursor.peek() in "('\"{$@" and cursor.peek() and cursor.peek(2) != "@":
            value = self.members(self.primary())
            if cursor.ended or cursor.peek() in " \t\r,|;(){}\n":
                return value
            return text_node([self._flat(value), *self._pieces()])
        start = cursor.at
        negative = cursor.eat("-")
        number = self.number()
        if number is not None and (cursor.ended or cursor.peek() in " \t\r,|;)}\n"):
            return nodes.Literal(-number.value) if negative else number
        cursor.at = start
        parts = self._pieces()
        if not parts:
            cursor.fail("A command or an argument is missing.")
        return text_node(parts)

    @staticmethod
    def _flat(value: Any) -> Any:
        return value.value if isinstance(value, nodes.Literal) and isinstance(value.value, str) else value

    def _pieces(self) -> list[Any]:
        cursor = self.cursor
        parts: list[Any] = []
        while not cursor.ended:
            sign = cursor.peek()
            if sign == "'":
                parts.append(self.single_quoted())
            elif sign == '"':
                parts.append(self._flat(self.double_quoted()))
            elif cursor.eat("`"):
                parts.append(self.escaped())
            elif cursor.eat("$("):
                parts.append(nodes.Group(self.script(")")))
            elif found := cursor.take(VARIABLE):
                parts.append(self.members(self.variable(found)))
            elif found := cursor.take(_BARE):
                parts.append(found[0])
            elif sign == "$":
                cursor.at += 1
                parts.append("$")
            else:
                break
        return parts
