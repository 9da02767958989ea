"""PowerShell text as tokens, for highlighting, for matching brackets and as the first step of reading a line.

:func:`tokenize` takes any text: it never raises, its tokens are in order without overlap and cover every
character that is not a blank, and its time grows with the length of the text. What PowerShell would refuse comes as
``TokenKind.UNKNOWN`` or as a token that is not ``complete``.

How this works. The same characters mean different things in an expression and in a command line, so PowerShell's own
scanner is driven by its parser. Here a stack of ``Frame`` plays the parser's part, one frame for each open bracket.
Its ``mode`` says what is expected next, and what is read moves it on: the first token of a statement decides between
a keyword, an expression and a command, ``|`` begins the next command, a closing bracket goes back to the frame below.

For each token ``Scanner.run`` asks three in turn. ``_member`` takes what touches the value before it (``.Name``,
``[0]``). ``Scanner._common`` takes what is the same in every mode: quotes, brackets, comments, variables, separators.
The function of the mode takes the rest. Each says whether it has taken a token; where none has, one character is
UNKNOWN. The patterns of the single tokens are in ``lexemes``, tried at the position only, never searched for.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from pstui.backends.language import lexemes as c
from pstui.backends.language.tokens import Token, TokenKind


class Mode(enum.Enum):
    """What is expected next inside the innermost bracket."""

    START = enum.auto()
    """A statement, or what follows a pipe."""
    NAME = enum.auto()
    """A command name after ``&`` or ``.``, or the name after ``function``."""
    COMMAND = enum.auto()
    """Arguments of a command."""
    EXPRESSION = enum.auto()
    """Operands and operators."""
    KEY = enum.auto()
    """A key of a hashtable, or the name of an attribute's argument."""
    TYPE = enum.auto()
    """The inside of ``[…]`` where a type is named."""


@dataclass(slots=True)
class Frame:
    """One open bracket and the statement inside it.

    ``rest`` is the mode in which a new statement begins. ``keyword`` is the keyword the statement began with, whose
    block ends it. ``wanting`` says that an operand, or the argument after a comma or colon, is still to come, so a line
    end does not end the statement. ``piped`` forbids keywords, ``plain`` parameters (after ``--``); ``member`` awaits
    the name after a member operator, ``typed`` says that a ``[type]`` has just been closed.
    """

    opener: str
    mode: Mode
    rest: Mode
    keyword: str = ""
    wanting: bool = True
    piped: bool = False
    plain: bool = False
    member: bool = False
    typed: bool = False

    def begin(self, mode: Mode, *, piped: bool = False) -> None:
        """Begin a statement, a pipeline element or a value in this mode."""
        self.mode = mode
        self.wanting = True
        self.piped = piped
        self.plain = False
        self.member = self.typed = False

    def took_operand(self) -> None:
        """A value, an argument or a closed bracket has been read."""
        if self.mode is Mode.START:
            self.mode = Mode.EXPRESSION
        elif self.mode is Mode.NAME:
            self.mode = Mode.EXPRESSION if self.keyword else Mode.COMMAND
        self.wanting = False
        self.member = self.typed = False


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


def _open_bracket(scanner: Scanner, end: int) -> bool:
    """Open ``(``, ``{``, ``$(``, ``@(`` or ``@{``; ``end`` is the place after it."""
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


def _member(scanner: Scanner) -> bool:
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
    return scanner.emit_piece(kind, c.bare_word(scanner.text, scanner.position))


def _number(scanner: Scanner, *, signed: bool) -> bool:
    match = c.NUMBER_IN_EXPRESSION.match(scanner.text, scanner.position)
    if match is None or (match["sign"] and not signed):
        return False
    return scanner.emit_piece(TokenKind.NUMBER, c.Piece(match.end()))


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
    if word not in c.STATEMENT_KEYWORDS or frame.piped:
        return False
    if word in c.VALUE_KEYWORDS:
        frame.begin(Mode.START)
        frame.keyword = ""
    else:
        named = Mode.NAME if word in c.NAMING_KEYWORDS else Mode.COMMAND if word == "using" else Mode.EXPRESSION
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
        if operator is not None and operator[1].lower() in c.UNARY_DASH_OPERATORS:
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


def _parameter(scanner: Scanner, kind: TokenKind) -> bool:
    """Take ``-Name`` or ``-Name:``; a quote right after it makes it a bare word instead."""
    text = scanner.text
    match = c.PARAMETER.match(text, scanner.position)
    if match is None:
        return False
    follower = text[match.end() : match.end() + 1]
    if not match["colon"] and (c.is_single_quote(follower) or c.is_double_quote(follower)):
        return False
    scanner.emit_piece(kind, c.Piece(match.end()))
    scanner.frame.wanting = kind is TokenKind.PARAMETER and match["colon"] is not None
    return True


def _argument(scanner: Scanner) -> bool:
    frame, text, position = scanner.frame, scanner.text, scanner.position
    character = text[position]
    if c.is_dash(character):
        if c.is_dash(text[position + 1 : position + 2]) and c.ends_word(text, position + 2):
            kind = TokenKind.ARGUMENT if frame.plain or frame.wanting else TokenKind.PARAMETER
            frame.plain = True
            return scanner.emit_piece(kind, c.Piece(position + 2))
        if _parameter(scanner, TokenKind.ARGUMENT if frame.plain or frame.wanting else TokenKind.PARAMETER):
            return True
    number = c.NUMBER_IN_COMMAND.match(text, position)
    if number is not None:
        return scanner.emit_piece(TokenKind.NUMBER, c.Piece(number.end()))
    if character == "]" or (character == "." and text[position + 1 : position + 2] in ("$", '"', "'")):
        return scanner.emit_piece(TokenKind.ARGUMENT, c.Piece(position + 1))
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
        known = dashed[1].lower() in c.DASH_OPERATORS
        frame.wanting = known or frame.wanting
        return scanner.emit(TokenKind.OPERATOR if known else TokenKind.PARAMETER, dashed.end())
    operator = c.EXPRESSION_OPERATOR.match(text, position)
    if operator is not None:
        if operator[0] in c.ASSIGNMENTS:
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
    return scanner.emit_piece(TokenKind.ARGUMENT, c.Piece(word.end()))


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
    Mode.NAME: lambda scanner: _word(scanner, TokenKind.COMMAND),
    Mode.COMMAND: _argument,
    Mode.EXPRESSION: _expression,
    Mode.KEY: _key,
    Mode.TYPE: _type,
}


_OPENER = {")": "(", "}": "{", "]": "["}
_STRING_KINDS = {True: TokenKind.STRING, False: TokenKind.EXPANDABLE_STRING}


class Scanner:
    """Turns one text into tokens; use it once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.tokens: list[Token] = []
        self.frames = [Frame("", Mode.START, Mode.START)]
        self._open = {"(": 0, "{": 0, "[": 0}

    def run(self) -> list[Token]:
        """All tokens of the text."""
        while self.position < len(self.text):
            blank = c.BLANK_RUN.match(self.text, self.position)
            if blank is not None:
                self.position = blank.end()
            elif not (_member(self) or self._common() or _BY_MODE[self.frame.mode](self)):
                self.emit(TokenKind.UNKNOWN, self.position + 1)
        return self.tokens

    @property
    def frame(self) -> Frame:
        """The innermost open bracket."""
        return self.frames[-1]

    def emit(self, kind: TokenKind, end: int, *, complete: bool = True, expands: bool = False, depth: int = 0) -> bool:
        """Add the token that ends here and continue after it; always True, so that callers can return it."""
        start, self.position = self.position, end
        self.tokens.append(Token(kind, start, end, self.text[start:end], complete, expands, depth))
        return True

    def emit_piece(self, kind: TokenKind, piece: c.Piece) -> bool:
        """Add a scanned value or argument."""
        self.emit(kind, piece.end, complete=piece.closed, expands=piece.expands)
        self.frame.took_operand()
        return True

    def adjacent(self) -> Token | None:
        """The last token, if nothing is between it and the next one."""
        return self.tokens[-1] if self.tokens and self.tokens[-1].end == self.position else None

    def open(self, end: int, mode: Mode, rest: Mode) -> bool:
        """Emit an opening bracket that ends here; inside it a statement begins in ``mode``, later ones in ``rest``."""
        opener = self.text[end - 1]
        self.emit(TokenKind.LEFT, end, depth=len(self.frames) - 1)
        self._open[opener] += 1
        self.frames.append(Frame(opener, mode, rest))
        return True

    def close(self) -> bool:
        """Emit a closing bracket and leave the frames up to its opening one; a stray one changes nothing."""
        opener = _OPENER[self.text[self.position]]
        matched = self._open[opener] > 0
        typed = self.frame.mode is Mode.TYPE
        while matched:
            left = self.frames.pop()
            self._open[left.opener] -= 1
            if left.opener == opener:
                break
        kind = TokenKind.RIGHT if matched else TokenKind.UNKNOWN
        self.emit(kind, self.position + 1, depth=len(self.frames) - 1)
        frame = self.frame
        if frame.keyword and (opener == "{" or (opener == "(" and frame.keyword == "param")):
            frame.keyword = ""
            frame.begin(frame.rest)
        elif frame.mode is not Mode.KEY and frame.mode is not Mode.TYPE:
            frame.took_operand()
            frame.typed = typed and opener == "["
        return True

    def _common(self) -> bool:
        """Try the tokens that are the same in every mode."""
        character = self.text[self.position]
        if character in "\r\n":
            return self._newline()
        if character in c.SINGLE_QUOTES or character in c.DOUBLE_QUOTES:
            single = character in c.SINGLE_QUOTES
            scan = c.literal_string if single else c.expandable_string
            return self.emit_piece(_STRING_KINDS[single], scan(self.text, self.position))
        if character in "#<`" and self._comment_or_continuation(character):
            return True
        if character in "({":
            return _open_bracket(self, self.position + 1)
        if character in ")}":
            return self.close()
        if character in "$@":
            return self._dollar_or_at(character)
        if character in ";,|&":
            return self._separator(character)
        if character in "*<>123456" and self.frame.mode not in (Mode.KEY, Mode.TYPE):
            redirection = c.REDIRECTION.match(self.text, self.position)
            if redirection is not None:
                self.frame.wanting = False
                return self.emit(TokenKind.REDIRECTION, redirection.end())
        return False

    def _newline(self) -> bool:
        match = c.NEWLINE.match(self.text, self.position)
        self.emit(TokenKind.NEWLINE, match.end() if match else self.position + 1)
        frame = self.frame
        if frame.opener != "[" and not (frame.wanting and frame.mode in (Mode.EXPRESSION, Mode.COMMAND)):
            # A pipe or a keyword at the end of the line still rules the next one.
            frame.begin(frame.rest, piped=frame.piped and frame.mode is Mode.START)
        return True

    def _comment_or_continuation(self, character: str) -> bool:
        text, position = self.text, self.position
        if character == "#":
            comment = c.LINE_COMMENT.match(text, position)
            return self.emit(TokenKind.COMMENT, comment.end() if comment else position + 1)
        if character == "<":
            if not text.startswith("#", position + 1):
                return False
            piece = c.block_comment(text, position)
            return self.emit(TokenKind.COMMENT, piece.end, complete=piece.closed)
        line_end = c.NEWLINE.match(text, position + 1)
        if line_end is not None:
            return self.emit(TokenKind.CONTINUATION, line_end.end())
        if position + 1 == len(text) or c.BLANK_RUN.match(text, position + 1):
            return self.emit(TokenKind.CONTINUATION, position + 1, complete=position + 1 < len(text))
        return False

    def _dollar_or_at(self, character: str) -> bool:
        text, position = self.text, self.position
        follower = text[position + 1 : position + 2]
        if follower == "(" or (character == "@" and follower == "{"):
            return _open_bracket(self, position + 2)
        if character == "@" and (c.is_single_quote(follower) or c.is_double_quote(follower)):
            return self.emit_piece(TokenKind.HERE_STRING, c.here_string(text, position))
        in_command = self.frame.mode in (Mode.COMMAND, Mode.NAME)
        piece = c.variable(text, position, in_command=in_command)
        if piece is not None:
            return self.emit_piece(TokenKind.VARIABLE if character == "$" else TokenKind.SPLAT, piece)
        return character == "@" and self.emit(TokenKind.UNKNOWN, position + 1)

    def _separator(self, character: str) -> bool:
        text, position, frame = self.text, self.position, self.frame
        if character == ",":
            if frame.opener == "(" and frame.rest is Mode.KEY:
                frame.begin(Mode.KEY)
            elif frame.mode is Mode.START:
                frame.mode = Mode.EXPRESSION
            frame.wanting = True
            return self.emit(TokenKind.COMMA, position + 1)
        if character == ";":
            if frame.opener != "[":
                frame.keyword = ""
                frame.begin(frame.rest)
            return self.emit(TokenKind.SEMICOLON, position + 1)
        doubled = text.startswith(character, position + 1)
        starting = frame.mode is Mode.START and character == "&" and not doubled
        frame.begin(Mode.NAME if starting else Mode.START, piped=character == "|" and not doubled)
        if doubled:
            return self.emit(TokenKind.CHAIN, position + 2)
        single = TokenKind.INVOKE if starting else TokenKind.BACKGROUND
        return self.emit(TokenKind.PIPE if character == "|" else single, position + 1)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text of any length, line ends (NEWLINE) and comments included, blanks left out.

    The kind follows from the place: a word at the start of a statement is a COMMAND or a KEYWORD, further on an
    ARGUMENT or a PARAMETER; after a value or an opening bracket the rules of expressions hold.
    """
    return Scanner(text).run()
