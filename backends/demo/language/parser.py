"""The endpoint's parser: the client's tokens become the tree of ``nodes.py``. Enter by :func:`parse`.

How this works: ``pstui.backends.language`` has already decided what each token is in its place (a command, an
argument, an operator, a keyword …), so one look at a token's kind tells what begins there. Expressions are read by
climbing the levels of the operators. Only double-quoted strings and bare words are looked into once more: the text of
a ``$( … )`` in them is parsed by itself. What PowerShell has and this endpoint has not is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from pstui.backends.demo.language import nodes
from pstui.backends.demo.language.errors import ScriptError, ScriptIncomplete, not_supported
from pstui.backends.language import lexemes
from pstui.backends.language.numbers import parse_number
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind, literal_value, unescape

#: longest script, in characters, and how deeply brackets and signs may be nested
MAX_SCRIPT, MAX_DEPTH = 256 * 1024, 40

_COMPARING = (
    "eq", "ne", "gt", "ge", "lt", "le", "like", "notlike", "match", "notmatch",
    "contains", "notcontains", "in", "notin", "join", "split", "replace", "is", "isnot",
)  # fmt: skip
#: the levels of the operators, the loosest first; a comma binds more tightly than all of them
_LEVELS = {
    **dict.fromkeys(("and", "or", "xor"), 0),
    **dict.fromkeys(_COMPARING, 1),
    **{"+": 2, "-": 2, "*": 3, "/": 3, "%": 3, "f": 4, "..": 5},
}
_UNARY = frozenset(("not", "bnot", "join", "split", "+", "-"))
_ASSIGNMENTS = frozenset(("=", "+=", "-=", "*=", "/=", "%="))
_FLOW = frozenset(("throw", "exit", "return", "break", "continue"))
_SCOPES = ("global:", "script:", "local:", "private:", "variable:")
_TYPE = re.compile(r"[A-Za-z][\w.]*(?:\[\])?")
_SPACE = frozenset((TokenKind.COMMENT, TokenKind.CONTINUATION))
_SEPARATORS = frozenset((TokenKind.NEWLINE, TokenKind.SEMICOLON))
_ENDS_COMMAND = _SEPARATORS | {TokenKind.PIPE, TokenKind.RIGHT, TokenKind.CHAIN, TokenKind.BACKGROUND}


def parse(text: str) -> nodes.Script:
    """Read a whole script. Raises ScriptIncomplete when more must follow, ScriptError when it is not understood."""
    return Parser(text).script("")


class Parser:
    """Reads one text; ``depth`` is that of its place in another text."""

    def __init__(self, text: str, depth: int = 0) -> None:
        if len(text) > MAX_SCRIPT:
            raise ScriptError("The script is longer than this endpoint takes.")
        self._text, self._depth, self._at = text, depth, 0
        self._tokens = [token for token in tokenize(text) if token.kind not in _SPACE or not token.complete]

    # --- tokens

    @property
    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, kind: TokenKind, text: str = "") -> bool:
        """Whether the next token has this kind, and this text in any case."""
        token = self._next
        return token is not None and token.kind is kind and text in ("", token.text.lower())

    def _touches(self) -> bool:
        """Whether the next token follows the one before without a blank."""
        token = self._next
        return token is not None and self._at > 0 and self._tokens[self._at - 1].end == token.start

    def _take(self, missing: str = "Something is missing.") -> Token:
        """Take the next token. Raises ScriptIncomplete when there is none or its closing mark is missing."""
        token = self._next
        if token is None:
            raise self._wrong(missing)
        if not token.complete:
            raise ScriptIncomplete(f"The closing mark is missing after '{token.text[:20]}'.")
        self._at += 1
        return token

    def _skip(self, kinds: frozenset[TokenKind] = frozenset((TokenKind.NEWLINE,))) -> None:
        while (token := self._next) is not None and token.kind in kinds:
            self._at += 1

    def _expect(self, kind: TokenKind, text: str, after: str) -> Token:
        """Take a token that must follow, line ends skipped. Raises ScriptIncomplete or ScriptError."""
        self._skip()
        if not self._is(kind, text):
            raise self._wrong(f"'{text}' is missing after {after}.")
        return self._take()

    def _follows(self, word: str) -> bool:
        """Take a keyword if it comes next, line ends skipped."""
        start = self._at
        self._skip()
        if self._is(TokenKind.KEYWORD, word):
            self._at += 1
            return True
        self._at = start
        return False

    def _wrong(self, message: str) -> ScriptError | ScriptIncomplete:
        """Return the fitting error: at the end of the text more may follow, elsewhere it is wrong."""
        token = self._next
        if token is None or not token.complete:
            return ScriptIncomplete(message)
        return ScriptError(f"{message} At character {token.start + 1}: '{self._text[token.start : token.start + 20]}'.")

    @contextmanager
    def _nested(self) -> Iterator[None]:
        """Count a level of nesting. Raises ScriptError when there are too many."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ScriptError("The script is nested more deeply than this endpoint takes.")
        try:
            yield
        finally:
            self._depth -= 1

    # --- statements

    def script(self, closing: str) -> nodes.Script:
        """Read statements up to a closing bracket, which is taken; "" is the end of the text."""
        statements: list[Any] = []
        with self._nested():
            while True:
                self._skip(_SEPARATORS)
                if closing and self._is(TokenKind.RIGHT, closing):
                    self._at += 1
                    return nodes.Script(tuple(statements))
                if self._next is None:
                    if closing:
                        raise self._wrong(f"'{closing}' is missing.")
                    return nodes.Script(tuple(statements))
                statements.append(self._statement())
                token = self._next
                if token and token.kind not in _SEPARATORS and not (closing and self._is(TokenKind.RIGHT, closing)):
                    raise self._wrong("Something follows where a statement should have ended.")

    def _statement(self) -> Any:
        if self._is(TokenKind.KEYWORD):
            return self._keyword(self._take().text.lower())
        if self._is(TokenKind.VARIABLE) and self._at + 1 < len(self._tokens):
            operator = self._tokens[self._at + 1].text
            if operator in ("++", "--"):
                name = self._variable(self._take().text).name
                self._at += 1
                return nodes.Assign(name, operator, None)
            if operator in _ASSIGNMENTS:
                name = self._variable(self._take().text).name
                self._at += 1
                self._skip()
                with self._nested():
                    return nodes.Assign(name, operator, self._statement())
        return self._pipeline()

    def _keyword(self, word: str) -> Any:
        match word:
            case "if":
                return self._if()
            case "while":
                return nodes.While(self._condition("while"), self._body("a condition"))
            case "foreach":
                return self._foreach()
            case "function":
                return self._function()
            case "try":
                return self._try()
        if word not in _FLOW:
            raise not_supported(f"The statement '{word}'")
        token = self._next
        return nodes.Flow(word, None if token is None or token.kind in _ENDS_COMMAND else self._pipeline())

    def _condition(self, word: str) -> nodes.Group:
        self._expect(TokenKind.LEFT, "(", word)
        body = self.script(")")
        if not body.statements:
            raise self._wrong(f"A condition is missing after {word}.")
        return nodes.Group(body)

    def _body(self, after: str) -> nodes.Script:
        self._expect(TokenKind.LEFT, "{", after)
        return self.script("}")

    def _if(self) -> nodes.If:
        clauses = [(self._condition("if"), self._body("a condition"))]
        while self._follows("elseif"):
            clauses.append((self._condition("elseif"), self._body("a condition")))
        return nodes.If(tuple(clauses), self._body("else") if self._follows("else") else None)

    def _foreach(self) -> nodes.ForEach:
        self._expect(TokenKind.LEFT, "(", "foreach")
        self._skip()
        if not self._is(TokenKind.VARIABLE):
            raise self._wrong("A variable is missing after foreach (.")
        name = self._variable(self._take().text).name
        if not self._follows("in"):
            raise self._wrong("'in' is missing in foreach.")
        values = nodes.Group(self.script(")"))
        return nodes.ForEach(name, values, self._body("foreach"))

    def _function(self) -> nodes.Function:
        if not self._is(TokenKind.COMMAND):
            raise self._wrong("A name is missing after function.")
        name = self._take().text.rpartition(":")[2]
        if self._is(TokenKind.LEFT, "("):
            raise not_supported("A function with parameters")
        self._expect(TokenKind.LEFT, "{", "a function's name")
        block = self._block()
        return nodes.Function(name, block.body, block.text)

    def _try(self) -> nodes.Try:
        body = self._body("try")
        handler = self._body("catch") if self._follows("catch") else None
        final = self._body("finally") if self._follows("finally") else None
        if handler is None and final is None:
            raise self._wrong("catch or finally is missing after try.")
        return nodes.Try(body, handler, final)

    # --- pipelines and commands

    def _pipeline(self) -> nodes.Pipeline:
        elements: list[Any] = []
        while True:
            if self._is(TokenKind.COMMAND) or self._is(TokenKind.INVOKE):
                elements.append(self._command())
            elif elements:
                raise self._wrong("A command is missing after '|'.")
            else:
                elements.append(self.expression())
            if self._is(TokenKind.CHAIN):
                raise not_supported(f"'{self._take().text}'")
            if self._is(TokenKind.BACKGROUND):
                raise not_supported("A background job")
            if not self._is(TokenKind.PIPE):
                return nodes.Pipeline(tuple(elements))
            self._at += 1
            self._skip()

    def _command(self) -> nodes.Command:
        if self._is(TokenKind.INVOKE):
            self._at += 1
        name = self._argument()
        arguments: list[nodes.Argument] = []
        errors, to_null = "", False
        while (token := self._next) is not None and token.kind not in _ENDS_COMMAND:
            if token.kind is TokenKind.REDIRECTION:
                stream, is_merge = self._redirection()
                if stream in "2*":
                    errors = "output" if is_merge else "null"
                to_null = to_null or (not is_merge and stream in "1*")
            elif token.kind is TokenKind.PARAMETER and token.text != "--":
                arguments.append(self._parameter())
            elif token.kind is TokenKind.ARGUMENT and token.text == "--%":
                self._at += 1
                rest = self._take().text if self._is(TokenKind.VERBATIM) else ""
                arguments.append(nodes.Argument(None, nodes.Literal(rest.strip())))
            else:
                arguments.append(nodes.Argument(None, self._list(self._argument)))
        return nodes.Command(name, tuple(arguments), errors, to_null)

    def _redirection(self) -> tuple[str, bool]:
        """Take a redirection: its stream, and whether it goes into the output; otherwise it goes to ``$null``."""
        text = self._take().text
        stream = text[0] if text[0] != ">" else "1"
        if text.endswith("&1"):
            return stream, True
        if text.endswith(">") and self._is(TokenKind.VARIABLE, "$null"):
            self._at += 1
            return stream, False
        raise not_supported("Redirection into a file")

    def _parameter(self) -> nodes.Argument:
        name = self._take().text[1:]
        if not name.endswith(":"):
            return nodes.Argument(name, has_value=False)
        return nodes.Argument(name[:-1], self._list(self._argument))

    def _list(self, item: Any) -> Any:
        """Read items with commas between them: the one, or a listing."""
        items = [item()]
        while self._is(TokenKind.COMMA):
            self._at += 1
            self._skip()
            items.append(item())
        return items[0] if len(items) == 1 else nodes.Listing(tuple(items))

    def _argument(self) -> Any:
        """Read a command's name or one argument: a value, or a bare word with quoted and expanded pieces in it."""
        token = self._next
        if token is None or token.kind not in (TokenKind.COMMAND, TokenKind.ARGUMENT, TokenKind.PARAMETER):
            return self._members(self._primary())
        if lexemes.is_dash(token.text[0]) and (number := parse_number(token.text)) is not None:
            self._at += 1
            return nodes.Literal(_plain(number.value))
        return self._expanded(self._take().text)

    # --- expressions

    def expression(self, lowest: int = 0) -> Any:
        """Read an expression whose operators are of this level or a tighter one."""
        if self._is(TokenKind.COMMA):
            self._at += 1
            left: Any = nodes.Listing((self._unary(),))
        else:
            left = self._list(self._unary)
        while _LEVELS.get(operator := self._operator(), -1) >= lowest:
            self._at += 1
            self._skip()
            left = nodes.Binary(operator, left, self.expression(_LEVELS[operator] + 1))
        return left

    def _operator(self) -> str:
        """Return the operator that comes next, without its dash and its letter for the case; "" if none does."""
        if not self._is(TokenKind.OPERATOR):
            return ""
        text = self._tokens[self._at].text.lower()
        if not text[-1].isalpha():
            return "-" if lexemes.is_dash(text) else text
        word = text[1:]
        if word not in _LEVELS and word not in _UNARY and word[0] in "ci":
            word = word[1:]
        if word not in _LEVELS and word not in _UNARY:
            raise not_supported(f"The operator {text}")
        return word

    def _unary(self) -> Any:
        """Read one operand with the signs and casts before it."""
        with self._nested():
            operator = self._operator().replace("!", "not")
            if operator in _UNARY:
                self._at += 1
                return nodes.Unary(operator, self._unary())
            if self._is(TokenKind.LEFT, "["):
                return self._cast()
            return self._members(self._primary())

    def _cast(self) -> nodes.Cast:
        left = self._take()
        while not self._is(TokenKind.RIGHT, "]") or self._tokens[self._at].depth > left.depth:
            self._take("']' is missing after a type name.")
        name = self._text[left.end : self._take().start]
        if not _TYPE.fullmatch(name):
            raise not_supported("This type name")
        if self._is(TokenKind.OPERATOR, "::"):
            raise not_supported(f"A static member of [{name}]")
        return nodes.Cast(name.lower(), self._unary())

    def _primary(self) -> Any:
        """Read a literal, a variable or something in brackets."""
        token = self._take("A value is missing.")
        match token.kind:
            case TokenKind.STRING:
                return nodes.Literal(token.value())
            case TokenKind.EXPANDABLE_STRING:
                return self._expanded(token.text)
            case TokenKind.NUMBER:
                number = parse_number(token.text)
                if number is None:
                    raise not_supported(f"The number {token.text[:40]}")
                return nodes.Literal(_plain(number.value))
            case TokenKind.VARIABLE:
                return self._variable(token.text)
            case TokenKind.LEFT:
                return self._bracket(token)
            case TokenKind.HERE_STRING:
                raise not_supported("A here-string")
            case TokenKind.SPLAT:
                raise not_supported(f"'{token.text[:40]}'")
        self._at -= 1
        raise self._wrong("A value is missing.")

    def _bracket(self, left: Token) -> Any:
        match left.text:
            case "(" | "$(":
                return nodes.Group(self.script(")"))
            case "@(":
                return nodes.Group(self.script(")"), always_list=True)
            case "@{":
                return self._table()
            case "{":
                return self._block()
        self._at -= 1
        raise self._wrong("A value is missing.")

    def _block(self) -> nodes.Block:
        """Read the rest of ``{ … }``."""
        start = self._tokens[self._at - 1].end
        body = self.script("}")
        return nodes.Block(body, self._text[start : self._tokens[self._at - 1].start])

    def _table(self) -> nodes.Table:
        """Read the rest of ``@{ … }``."""
        pairs: list[tuple[Any, Any]] = []
        with self._nested():
            while True:
                self._skip(_SEPARATORS)
                if self._is(TokenKind.RIGHT, "}"):
                    self._at += 1
                    return nodes.Table(tuple(pairs))
                if self._next is None:
                    raise self._wrong("'}' is missing after a table.")
                key = nodes.Literal(self._take().text) if self._is(TokenKind.MEMBER) else self._primary()
                self._expect(TokenKind.OPERATOR, "=", "a key")
                self._skip()
                pairs.append((key, self._statement()))

    def _members(self, target: Any) -> Any:
        """Read what follows a value without a blank: ``.name``, ``.name(…)``, ``[index]``."""
        while self._touches():
            if self._is(TokenKind.LEFT, "["):
                self._at += 1
                self._skip()
                target = nodes.Index(target, self.expression())
                self._expect(TokenKind.RIGHT, "]", "an index")
            elif self._is(TokenKind.OPERATOR, "."):
                self._at += 1
                if not self._is(TokenKind.MEMBER):
                    raise self._wrong("A name is missing after '.'.")
                target = nodes.Member(target, self._take().text, self._call_arguments())
            elif self._is(TokenKind.OPERATOR, "::"):
                raise not_supported("A static member")
            else:
                break
        return target

    def _call_arguments(self) -> tuple[Any, ...] | None:
        if not (self._touches() and self._is(TokenKind.LEFT, "(")):
            return None
        self._at += 1
        self._skip()
        if self._is(TokenKind.RIGHT, ")"):
            self._at += 1
            return ()
        value = self.expression()
        self._expect(TokenKind.RIGHT, ")", "arguments")
        return value.items if isinstance(value, nodes.Listing) else (value,)

    # --- what is expanded inside strings and words

    def _expanded(self, text: str) -> Any:
        """Return a double-quoted string or a bare word: a Literal when nothing in it is to be expanded."""
        parts: list[Any] = []
        for piece, expands in pieces(text):
            if not expands:
                parts.append(piece)
            elif piece.startswith("$("):
                parts.append(nodes.Group(self._embedded(piece[2:-1])))
            else:
                parts.append(self._variable(piece))
        if all(isinstance(part, str) for part in parts):
            return nodes.Literal("".join(parts))
        return nodes.Text(tuple(parts))

    def _embedded(self, text: str) -> nodes.Script:
        try:
            return Parser(text, self._depth).script("")
        except ScriptIncomplete as error:
            # Its closing bracket is there already: more lines would not help.
            raise ScriptError(error.info.message) from None

    @staticmethod
    def _variable(text: str) -> nodes.Variable:
        """Return the variable of ``$name`` or ``${name}``, without scopes that make no difference here."""
        name = text[2:-1] if text.startswith("${") else text[1:]
        if name.endswith(":"):
            raise ScriptError(
                f"No name follows the colon in '{text}'. Write ${{{name[:-1]}}} to end the name before it."
            )
        lower = name.lower()
        if lower.startswith("env:"):
            return nodes.Variable("env:" + name[4:])
        for scope in _SCOPES:
            lower = lower.removeprefix(scope)
        return nodes.Variable(lower)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a double-quoted string or a bare word, each with whether it is to be expanded.

    Quotes are removed and escapes resolved; what is to be expanded (``$name``, ``${name}``, ``$( … )``) stays as it is.
    """
    position, quoted = 0, False
    while position < len(text):
        sign, end = text[position], position + 1
        if sign == "$":
            piece = lexemes.dollar(text, position)
            end = piece.end
            yield text[position:end], piece.expands
        elif sign == "`":
            escape = lexemes.ESCAPE.match(text, position)
            end = escape.end() if escape else end
            yield unescape(text[position:end]), False
        elif quoted and lexemes.is_double_quote(sign) and lexemes.is_double_quote(text[end : end + 1]):
            yield text[end], False
            end += 1
        elif lexemes.is_double_quote(sign):
            quoted = not quoted
        elif lexemes.is_single_quote(sign) and not quoted:
            end, closed, _ = lexemes.literal_string(text, position)
            yield literal_value(text[position + 1 : end - closed]), False
        else:
            plain = (lexemes.PLAIN_IN_EXPANDABLE if quoted else lexemes.PLAIN_IN_WORD).match(text, position)
            end = plain.end() if plain else end
            yield text[position:end], False
        position = end


def _plain(value: int | float | Decimal) -> int | float:
    """Return a number as the endpoint counts: whole numbers and doubles; there is no Decimal here."""
    return float(value) if isinstance(value, Decimal) else value
