"""A typed line as commands, where it is simple enough to travel without being script; and such commands as text.

The real client reads each line with its own parser and sends simple lines as command objects, everything else as one
script text (protocol-notes 3.3). Command objects are what endpoints without a language accept: the line between both
decides what works on a JEA endpoint. Simple is: commands by name, with constants, arrays and hashtables of constants
as arguments, in pipelines and statements, with at most one stream merged into the output. What the real client
computes itself (``(1+2)``, ``[Environment]::ProcessId``, ``$using:x``) travels as script and is computed there.

How this works. ``parse_line`` takes the tokens of the line and gives up at once where one of them can never be simple
(a keyword, a type, something that would be expanded). ``Reader`` then reads statement, pipeline, command and
argument by descent, one token ahead at most; the first thing that is not simple raises ``NotSimpleError``, and the
line is script. It never guesses: a line that is wrongly taken for script still works wherever script does, a line
that is wrongly taken for commands would do something else. ``render`` is the way back, to show and to record what is
sent; the tests prove with it that reading a line loses nothing.

A value is a ``str``, a :class:`Number`, a ``bool``, ``None`` (``$null``), a ``list`` of values (an array) or a ``dict``
(a hashtable, in the order written). protocol-notes 3.3 has the table of what the real client sends for each.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from pstui.backends.language import lexemes as c
from pstui.backends.language.lexemes import STATEMENT_KEYWORDS
from pstui.backends.language.number_types import Number
from pstui.backends.language.numbers import literal, parse_number, to_string
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind, has_bad_escape

Value: TypeAlias = "str | Number | bool | list[Value] | dict[str, Value] | None"


class Absent(enum.Enum):
    """Stands where an argument has no value: a parameter alone, whose value, if any, is the next argument."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


class MergedStream(enum.Enum):
    """A stream that a command merges into its output; the value is the PipelineResultTypes number on the wire."""

    ERROR = 2
    WARNING = 3
    VERBOSE = 4
    DEBUG = 5
    INFORMATION = 6
    ALL = 7


@dataclass(frozen=True, slots=True)
class Argument:
    """One entry of a command's Args, as N and V on the wire.

    A parameter keeps its dash: ``-Format`` with ABSENT, ``-Filter:`` with a value, ``-Filter: `` where a blank stood
    between them. A positional argument, also the value that follows ``-Format``, has the name None.
    """

    name: str | None
    value: Value | Absent


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a pipeline. ``merge`` is the one stream it merges into its output (``2>&1``, ``*>&1``)."""

    name: str
    arguments: tuple[Argument, ...] = ()
    merge: MergedStream | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One pipeline."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A whole line of simple commands; several statements travel as a batch (ExtraCmds)."""

    statements: tuple[Statement, ...]


_VERBATIM = "--%"
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\\/:-]*|[%?]")
_PLAIN_WORD = re.compile(r"[A-Za-z_/~\\*][A-Za-z0-9_./\\:*?=~+-]*|\.{1,2}(?:[/\\][A-Za-z0-9_./\\-]*)?")
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SINGLE_QUOTE = re.compile(f"[{c.SINGLE_QUOTES}]")


def render(line: CommandLine) -> str:
    """The text of a line; :func:`parse_line` reads it back as an equal :class:`CommandLine`."""
    text = ""
    verbatim = False
    for statement in line.statements:
        if text:
            # After --% a semicolon would belong to the verbatim text; only a line end ends it.
            text += "\n" if verbatim else "; "
        rendered, verbatim = "", False
        for command in statement.commands:
            if rendered:
                rendered += "| " if verbatim else " | "
            rendered += _command(command)
            verbatim = _is_verbatim(command)
        text += rendered
    return text


def _is_verbatim(command: Command) -> bool:
    return len(command.arguments) > 1 and command.arguments[-2] == Argument(None, _VERBATIM)


def quote(text: str) -> str:
    """A single-quoted string of the text."""
    return "'" + _SINGLE_QUOTE.sub(lambda match: match[0] * 2, text) + "'"


def _command(command: Command) -> str:
    plain = _PLAIN_NAME.fullmatch(command.name) and command.name.lower() not in STATEMENT_KEYWORDS
    words = [command.name if plain else f"& {quote(command.name)}"]
    if command.merge is not None:
        words.append(f"{'*' if command.merge is MergedStream.ALL else command.merge.value}>&1")
    arguments = command.arguments
    if _is_verbatim(command):
        words += [_argument(argument) for argument in arguments[:-2]]
        return " ".join(words) + f" {_VERBATIM} {arguments[-1].value}"
    return " ".join(words + [_argument(argument) for argument in arguments])


def _argument(argument: Argument) -> str:
    if argument.value is ABSENT:
        return argument.name or ""
    value = argument_text(argument.value)
    return value if argument.name is None else argument.name + value


def argument_text(value: Value) -> str:
    """A value as an argument of a command line."""
    if isinstance(value, str):
        return value if _PLAIN_WORD.fullmatch(value) else quote(value)
    if isinstance(value, Number):
        text = value.text or to_string(value)
        # A sign makes a bare word of a number in a command line, and a type may need its suffix: in parentheses then.
        unsigned = text[0].isdigit() or text[0] == "."
        return text if unsigned and parse_number(text) == value else f"({literal(value)})"
    return expression_text(value)


def expression_text(value: Value) -> str:
    """A value as an expression."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Number):
        return literal(value)
    if value is None or isinstance(value, bool):
        return "$null" if value is None else f"${str(value).lower()}"
    if isinstance(value, dict):
        entries = [f"{_key(key)} = {expression_text(entry)}" for key, entry in value.items()]
        return "@{" + "; ".join(entries) + "}"
    if len(value) == 1 and isinstance(value[0], list):
        return f"@(,{expression_text(value[0])})"
    return f"@({', '.join(expression_text(entry) for entry in value)})"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else quote(key)


_MAX_LINE = 1 << 20
"""A longer line travels as script: the far end judges it (code points)."""
_MAX_NESTING = 32
_NEVER = frozenset(
    [
        TokenKind.UNKNOWN,
        TokenKind.KEYWORD,
        TokenKind.CHAIN,
        TokenKind.BACKGROUND,
        TokenKind.SPLAT,
        TokenKind.TYPE,
    ]
)
_ESCAPING = frozenset([TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING, TokenKind.ARGUMENT, TokenKind.COMMAND])
_FILLING = frozenset([TokenKind.COMMENT, TokenKind.CONTINUATION])
_STRINGS = frozenset([TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING])
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_SIMPLE_KEY = re.compile(r"[^\W\d]\w*")
_NEWLINES = frozenset([TokenKind.NEWLINE])
_ENDS_STATEMENT = frozenset([TokenKind.SEMICOLON, TokenKind.NEWLINE])


class NotSimpleError(Exception):
    """The line must travel as script."""


_EXIT = re.compile(r"\s*exit(?:\s+([+-]?\d{1,9}))?\s*;?\s*", re.IGNORECASE)


def is_exit(text: str) -> bool:
    """Whether the line leaves the session: ``exit`` alone, in any case (protocol-notes 2.8); ``exit 3`` is script."""
    return text.strip().lower() == "exit"


def exit_code(text: str) -> int | None:
    """Return the code of a line that does nothing but exit, 0 where it names none; None for any other line."""
    found = _EXIT.fullmatch(text)
    return None if found is None else int(found[1] or 0)


def parse_line(text: str, *, no_language: bool = False) -> CommandLine | None:
    """The line as commands, or None when it must travel as script (also when it is empty or wrong).

    A number whose spelling is more than its value (``0x10``, ``10kb``, ``007``) makes the line script, because a native
    command there would see only the value. ``no_language``, for endpoints that take no script at all, keeps the line as
    commands and the spelling in :attr:`Number.text`.
    """
    return read_line(text, lambda tokens: Reader(tokens, keep_spelling=no_language))


def read_line(text: str, reader: Callable[[list[Token]], Reader], *, expands: bool = False) -> CommandLine | None:
    """The line as a reader reads it; with ``expands`` it gets types, and strings with something put in."""
    if len(text) > _MAX_LINE:
        return None
    tokens = tokenize(text)
    if any(_is_never_simple(token, expands=expands) or _hides_member(token, text) for token in tokens):
        return None
    try:
        return reader([token for token in tokens if token.kind not in _FILLING]).line()
    except NotSimpleError:
        return None


def _is_never_simple(token: Token, *, expands: bool) -> bool:
    if not token.complete or (token.expands and not expands):
        return True
    if token.kind in _NEVER and not (expands and token.kind is TokenKind.TYPE):
        return True
    if token.kind is TokenKind.HERE_STRING and c.HERE_HEADER.match(token.text) is None:
        return True
    return token.kind in _ESCAPING and "`u" in token.text and has_bad_escape(token.text)


def _hides_member(token: Token, text: str) -> bool:
    """Whether a comment may come between a value and its member operator, which PowerShell allows."""
    return token.kind is TokenKind.COMMENT and text[token.end : token.end + 1] in (".", "[", ":", "?")


class Reader:
    """Reads tokens into commands; raises NotSimpleError at the first thing that is not simple."""

    def __init__(self, tokens: list[Token], *, keep_spelling: bool) -> None:
        self._tokens = tokens
        self._position = 0
        self._keep_spelling = keep_spelling

    @property
    def _kind(self) -> TokenKind | None:
        return self._tokens[self._position].kind if self._position < len(self._tokens) else None

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        if self._position == len(self._tokens):
            raise NotSimpleError
        self._position += 1
        return self._tokens[self._position - 1]

    def _skip(self, kinds: frozenset[TokenKind]) -> None:
        while self._kind in kinds:
            self._position += 1

    def line(self) -> CommandLine:
        statements: list[Statement] = []
        self._skip(_ENDS_STATEMENT)
        while self._kind is not None:
            statements.append(self._statement())
            if self._kind is not None and self._take().kind not in _ENDS_STATEMENT:
                raise NotSimpleError
            self._skip(_ENDS_STATEMENT)
        if not statements:
            raise NotSimpleError
        return CommandLine(tuple(statements))

    def _statement(self) -> Statement:
        commands = [self._command()]
        while self._kind is TokenKind.PIPE:
            self._take()
            self._skip(_NEWLINES)
            commands.append(self._command())
        return Statement(tuple(commands))

    def _command(self) -> Command:
        name = self._command_name()
        arguments: list[Argument] = []
        merge: MergedStream | None = None
        while self._kind is not None and self._kind is not TokenKind.PIPE and self._kind not in _ENDS_STATEMENT:
            if self._kind is TokenKind.REDIRECTION:
                if merge is not None:
                    raise NotSimpleError
                merge = _merged_stream(self._take().text)
            elif self._kind is TokenKind.PARAMETER:
                arguments.append(self._parameter())
            elif self._kind is TokenKind.ARGUMENT and self._tokens[self._position].text == _VERBATIM:
                arguments += self._verbatim()
            else:
                arguments.append(Argument(None, self._argument_value()))
        return Command(name, tuple(arguments), merge)

    def _verbatim(self) -> list[Argument]:
        mark = self._take()
        rest = self._take().text if self._kind is TokenKind.VERBATIM else ""
        return [Argument(None, mark.text), Argument(None, rest)]

    def _command_name(self) -> str:
        token = self._take()
        invoked = token.kind is TokenKind.INVOKE
        if invoked:
            if token.text == ".":
                raise NotSimpleError
            token = self._take()
        if token.expands or (token.kind is not TokenKind.COMMAND and not (invoked and token.kind in _STRINGS)):
            raise NotSimpleError
        name = token.value()
        if not name.strip() or name == _VERBATIM:
            raise NotSimpleError
        return name

    def _parameter(self) -> Argument:
        token = self._take()
        name = "-" + token.text[1:]
        if not name.endswith(":"):
            return Argument("--" if len(name) == 2 and c.is_dash(name[1]) else name, ABSENT)
        if self._position < len(self._tokens) and self._tokens[self._position].start > token.end:
            name += " "
        return Argument(name, self._argument_value())

    def _argument_value(self) -> Value:
        """One argument of a command: a constant, or several with commas between them, which are an array."""
        return self._expression(0, top=True)

    def _element(self, depth: int, *, top: bool = False) -> Value:
        token = self._take()
        if token.kind is TokenKind.ARGUMENT or token.kind in _STRINGS:
            value = token.value()
            # A quoted --% ends the arguments too, in a way that is best left to the far end's own parser.
            if value == _VERBATIM or (token.kind is TokenKind.ARGUMENT and depth):
                raise NotSimpleError
            return value
        if token.kind is TokenKind.NUMBER:
            return self._number(token, direct=top)
        if token.kind is TokenKind.VARIABLE:
            name = token.text[1:]
            return self._variable(name[1:-1] if name.startswith("{") else name)
        if token.kind is TokenKind.COMMA and depth:
            return [self._element(self._deeper(depth))]
        if token.kind is not TokenKind.LEFT:
            raise NotSimpleError
        return self._bracket(token.text, self._deeper(depth))

    def _variable(self, name: str) -> Value:
        if name.lower() not in _CONSTANTS:
            raise NotSimpleError
        return _CONSTANTS[name.lower()]

    def _deeper(self, depth: int) -> int:
        if depth > _MAX_NESTING:
            raise NotSimpleError
        return depth + 1

    def _number(self, token: Token, *, direct: bool) -> Value:
        number = parse_number(token.text)
        if number is None or number.clr_type == "BigInteger":  # which would arrive as an object of its text
            raise NotSimpleError
        # Only a number that is an argument by itself keeps its spelling; the real client computes all others.
        if not direct or self._kind is TokenKind.COMMA:
            return Number(number.value, number.clr_type)
        if number.text is not None and not self._keep_spelling:
            raise NotSimpleError
        return number

    def _bracket(self, opener: str, depth: int) -> Value:
        self._skip(_NEWLINES)
        if opener == "@{":
            return self._table(depth)
        if opener == "(":
            value = self._expression(depth)
            self._skip(_NEWLINES)
            if self._take().kind is not TokenKind.RIGHT:
                raise NotSimpleError
            return value
        if opener != "@(":
            raise NotSimpleError
        values: list[Value] = []
        while self._kind is not TokenKind.RIGHT:
            value = self._expression(depth)
            # What a statement inside @(…) gives is enumerated, one level deep.
            values += value if isinstance(value, list) else [value]
            self._end_entry()
        self._take()
        return values

    def _end_entry(self) -> None:
        """After one statement inside ``@(…)``, or one entry inside ``@{…}``."""
        if self._kind is not TokenKind.RIGHT and self._take().kind not in _ENDS_STATEMENT:
            raise NotSimpleError
        self._skip(_ENDS_STATEMENT)

    def _expression(self, depth: int, *, top: bool = False) -> Value:
        first = self._element(depth, top=top)
        if self._kind is not TokenKind.COMMA:
            return first
        values = [first]
        while self._kind is TokenKind.COMMA:
            self._take()
            self._skip(_NEWLINES)
            values.append(self._element(depth))
        return values

    def _table(self, depth: int) -> Value:
        table: dict[str, Value] = {}
        seen: set[str] = set()
        while self._kind is not TokenKind.RIGHT:
            token = self._take()
            plain = token.kind is TokenKind.MEMBER and _SIMPLE_KEY.fullmatch(token.text)
            if token.expands or (not plain and token.kind not in _STRINGS):
                raise NotSimpleError
            key = token.value()
            # Two keys that differ in case only are one key to PowerShell, and an error.
            if key.lower() in seen or self._take().text != "=":
                raise NotSimpleError
            seen.add(key.lower())
            self._skip(_NEWLINES)
            table[key] = self._expression(depth)
            self._end_entry()
        self._take()
        return table


def _merged_stream(text: str) -> MergedStream:
    if not text.endswith(">&1") or text[0] not in "*23456":
        raise NotSimpleError
    return MergedStream.ALL if text[0] == "*" else MergedStream(int(text[0]))
