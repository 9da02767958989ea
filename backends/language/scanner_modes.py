"""The tokens whose meaning depends on the mode: words, numbers, operators, parameters, brackets of types.

Each function gets the scanner and says whether it has taken a token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pstui.backends.language import characters as c
from pstui.backends.language import scanning
from pstui.backends.language.frames import Mode
from pstui.backends.language.token_kinds import Token, TokenKind
from pstui.backends.language.words import (
    ASSIGNMENTS,
    DASH_OPERATORS,
    NAMING_KEYWORDS,
    STATEMENT_KEYWORDS,
    UNARY_DASH_OPERATORS,
    VALUE_KEYWORDS,
)

if TYPE_CHECKING:
    from pstui.backends.language.scanner import Scanner

_VALUES = frozenset(
    [
        TokenKind.STRING,
        TokenKind.EXPANDABLE_STRING,
        TokenKind.HERE_STRING,
        TokenKind.VARIABLE,
        TokenKind.RIGHT,
        TokenKind.MEMBER,
    ]
)
_MEMBER_OPERATORS = ("::", "?.", ".")


def scan(scanner: Scanner) -> bool:
    """Take the next token by the mode of the innermost bracket."""
    return _BY_MODE[scanner.frame.mode](scanner)


def open_bracket(scanner: Scanner, end: int) -> bool:
    """Open ``(``, ``{``, ``$(``, ``@(`` or ``@{``; ``end`` is behind it."""
    frame = scanner.frame
    before = scanner.adjacent()
    if scanner.text[end - 1] == "{":
        mode = Mode.KEY if scanner.text[scanner.position] == "@" else Mode.START
    elif frame.mode is Mode.TYPE:
        mode = Mode.KEY
    else:
        arguments = before is not None and before.kind is TokenKind.MEMBER
        mode = Mode.EXPRESSION if arguments else Mode.START
    return scanner.open(end, mode, mode)


def _ends_value(token: Token | None) -> bool:
    return token is not None and token.kind in _VALUES


def scan_member(scanner: Scanner) -> bool:
    """Take a member operator, an index or a member name that touches the value before it."""
    frame, text, position = scanner.frame, scanner.text, scanner.position
    if frame.member:
        frame.member = False
        name = c.IDENTIFIER.match(text, position)
        if name is not None:
            frame.wanting = False
            return scanner.emit(TokenKind.MEMBER, name.end())
        return False
    character = text[position]
    if character not in ".:[?" or frame.mode not in (Mode.EXPRESSION, Mode.COMMAND):
        return False
    if not _ends_value(scanner.adjacent()) or frame.wanting:
        return False
    if character == "[" and frame.typed:
        return _open_type(scanner)
    if character == "[" or text.startswith("?[", position):
        return scanner.open(position + (1 if character == "[" else 2), Mode.EXPRESSION, Mode.EXPRESSION)
    for operator in _MEMBER_OPERATORS:
        end = position + len(operator)
        if not text.startswith(operator, position):
            continue
        nothing_follows = c.BLANK_RUN.match(text, end) or text[end : end + 1] in ("", "\r", "\n", ".")
        if (frame.mode is Mode.COMMAND and nothing_follows) or text.startswith("..", position):
            return False
        frame.member = frame.wanting = True
        return scanner.emit(TokenKind.OPERATOR, end)
    return False


def _word(scanner: Scanner, kind: TokenKind) -> bool:
    return scanner.emit_piece(kind, scanning.bare_word(scanner.text, scanner.position))


def _number(scanner: Scanner, *, signed: bool) -> bool:
    match = c.NUMBER_IN_EXPRESSION.match(scanner.text, scanner.position)
    if match is None or (match["sign"] and not signed):
        return False
    return scanner.emit_piece(TokenKind.NUMBER, scanning.Piece(match.end()))


def _command_word(scanner: Scanner) -> bool:
    frame = scanner.frame
    frame.mode, frame.keyword = Mode.NAME, ""
    return _word(scanner, TokenKind.COMMAND)


def _keyword(scanner: Scanner) -> bool:
    frame, text, position = scanner.frame, scanner.text, scanner.position
    match = c.IDENTIFIER.match(text, position)
    if match is None or not c.ends_word(text, match.end()):
        return False
    word = match[0].lower()
    if word not in STATEMENT_KEYWORDS or frame.piped:
        return False
    if word in VALUE_KEYWORDS:
        frame.begin(Mode.START)
        frame.keyword = ""
    else:
        named = Mode.NAME if word in NAMING_KEYWORDS else Mode.COMMAND if word == "using" else Mode.EXPRESSION
        frame.begin(named)
        frame.keyword = word
    return scanner.emit(TokenKind.KEYWORD, match.end())


def _start(scanner: Scanner) -> bool:
    """The first token of a statement decides between a keyword, an expression and a command."""
    frame, text, position = scanner.frame, scanner.text, scanner.position
    character = text[position]
    follower = text[position + 1 : position + 2]
    if (character.isdigit() or character in "+." or c.is_dash(character)) and _number(scanner, signed=True):
        return True
    if character == "[":
        return _open_type(scanner)
    if character == "." and (c.ends_word(text, position + 1) or follower in ("$", '"', "'")):
        frame.begin(Mode.NAME)
        frame.keyword = ""
        return scanner.emit(TokenKind.INVOKE, position + 1)
    if character == ":":
        label = c.IDENTIFIER.match(text, position + 1)
        if label is not None and c.ends_word(text, label.end()):
            return scanner.emit(TokenKind.KEYWORD, label.end())
    if c.is_dash(character) or character in "+!":
        return _start_with_sign(scanner, character, follower)
    return _keyword(scanner) or _command_word(scanner)


def _start_with_sign(scanner: Scanner, character: str, follower: str) -> bool:
    frame, text, position = scanner.frame, scanner.text, scanner.position
    if c.is_dash(character) and (follower.isalpha() or follower in ("_", "?")) and follower:
        operator = c.DASH_OPERATOR.match(text, position)
        if operator is not None and operator[1].lower() in UNARY_DASH_OPERATORS:
            frame.begin(Mode.EXPRESSION)
            return scanner.emit(TokenKind.OPERATOR, operator.end())
        frame.mode, frame.keyword = Mode.NAME, ""
        return _parameter(scanner, TokenKind.COMMAND) or _word(scanner, TokenKind.COMMAND)
    if character == "!" and (follower.isalpha() or follower == "_"):
        return _command_word(scanner)
    frame.begin(Mode.EXPRESSION)
    doubled = follower == character or (c.is_dash(character) and c.is_dash(follower))
    return scanner.emit(TokenKind.OPERATOR, position + (2 if doubled and character != "!" else 1))


def _open_type(scanner: Scanner) -> bool:
    return scanner.open(scanner.position + 1, Mode.TYPE, Mode.TYPE)


def _name(scanner: Scanner) -> bool:
    return _word(scanner, TokenKind.COMMAND)


def _parameter(scanner: Scanner, kind: TokenKind) -> bool:
    """Take ``-Name`` or ``-Name:``; a quote right behind makes it a bare word instead."""
    text = scanner.text
    match = c.PARAMETER.match(text, scanner.position)
    if match is None:
        return False
    follower = text[match.end() : match.end() + 1]
    if not match["colon"] and (c.is_single_quote(follower) or c.is_double_quote(follower)):
        return False
    scanner.emit_piece(kind, scanning.Piece(match.end()))
    scanner.frame.wanting = kind is TokenKind.PARAMETER and match["colon"] is not None
    return True


def _argument(scanner: Scanner) -> bool:
    frame, text, position = scanner.frame, scanner.text, scanner.position
    character = text[position]
    if c.is_dash(character):
        if c.is_dash(text[position + 1 : position + 2]) and c.ends_word(text, position + 2):
            kind = TokenKind.ARGUMENT if frame.plain or frame.wanting else TokenKind.PARAMETER
            frame.plain = True
            return scanner.emit_piece(kind, scanning.Piece(position + 2))
        if _parameter(scanner, TokenKind.ARGUMENT if frame.plain or frame.wanting else TokenKind.PARAMETER):
            return True
    number = c.NUMBER_IN_COMMAND.match(text, position)
    if number is not None:
        return scanner.emit_piece(TokenKind.NUMBER, scanning.Piece(number.end()))
    if character == "]" or (character == "." and text[position + 1 : position + 2] in ("$", '"', "'")):
        return scanner.emit_piece(TokenKind.ARGUMENT, scanning.Piece(position + 1))
    _word(scanner, TokenKind.ARGUMENT)
    return scanner.tokens[-1].text != "--%" or _verbatim(scanner)


def _verbatim(scanner: Scanner) -> bool:
    """Everything after ``--%`` up to the end of the line, or to a pipe or ``&&`` outside double quotes."""
    text = scanner.text
    blank = c.BLANK_RUN.match(text, scanner.position)
    start = end = blank.end() if blank else scanner.position
    quoted = False
    while end < len(text) and text[end] not in "\r\n":
        if text[end] in c.DOUBLE_QUOTES:
            quoted = not quoted
        elif not quoted and (text[end] == "|" or text.startswith("&&", end)):
            break
        end += 1
    if end > start:
        scanner.position = start
        scanner.emit(TokenKind.VERBATIM, end)
    return True


def _expression(scanner: Scanner) -> bool:
    frame, text, position = scanner.frame, scanner.text, scanner.position
    character = text[position]
    if _number(scanner, signed=frame.wanting):
        return True
    if character == "[":
        return _open_type(scanner) if frame.wanting else scanner.open(position + 1, Mode.EXPRESSION, Mode.EXPRESSION)
    if character == "]":
        return scanner.close()
    dashed = c.DASH_OPERATOR.match(text, position)
    if dashed is not None:
        known = dashed[1].lower() in DASH_OPERATORS
        frame.wanting = known or frame.wanting
        return scanner.emit(TokenKind.OPERATOR if known else TokenKind.PARAMETER, dashed.end())
    operator = c.EXPRESSION_OPERATOR.match(text, position)
    if operator is not None:
        if operator[0] in ASSIGNMENTS:
            frame.begin(Mode.START)
        elif operator[0] not in ("++", "--"):
            frame.wanting = True
        return scanner.emit(TokenKind.OPERATOR, operator.end())
    word = c.IDENTIFIER.match(text, position)
    if word is None:
        return _word(scanner, TokenKind.UNKNOWN)
    if word[0].lower() == "in" and frame.opener == "(":
        frame.begin(Mode.START)
        return scanner.emit(TokenKind.KEYWORD, word.end())
    return scanner.emit_piece(TokenKind.ARGUMENT, scanning.Piece(word.end()))


def _key(scanner: Scanner) -> bool:
    frame, text, position = scanner.frame, scanner.text, scanner.position
    if text[position] == "=":
        frame.begin(Mode.START)
        return scanner.emit(TokenKind.OPERATOR, position + 1)
    if text[position] == "[":
        return _open_type(scanner)
    if text[position] == "]":
        return scanner.close()
    number = c.NUMBER_IN_EXPRESSION.match(text, position)
    if number is not None:
        return scanner.emit(TokenKind.NUMBER, number.end())
    word = c.IDENTIFIER.match(text, position)
    return scanner.emit(TokenKind.MEMBER, word.end()) if word is not None else False


def _type(scanner: Scanner) -> bool:
    text, position = scanner.text, scanner.position
    if text[position] == "[":
        return _open_type(scanner)
    if text[position] == "]":
        return scanner.close()
    name = c.TYPE_NAME.match(text, position)
    if name is not None:
        return scanner.emit(TokenKind.TYPE, name.end())
    return text[position] == "=" and scanner.emit(TokenKind.OPERATOR, position + 1)


_BY_MODE: dict[Mode, Callable[[Scanner], bool]] = {
    Mode.START: _start,
    Mode.NAME: _name,
    Mode.COMMAND: _argument,
    Mode.EXPRESSION: _expression,
    Mode.KEY: _key,
    Mode.TYPE: _type,
}
