"""The scanner behind :func:`.tokens.tokenize`: one pass over the text, with a stack of the brackets that are open.

PowerShell's own scanner is driven by its parser, because the same characters mean different things in an expression
and in a command line. Here the parser's part is played by one mode for each open bracket. This module holds what is
the same in every mode; :mod:`.scanner_modes` the rest.
"""

from __future__ import annotations

from pstui.backends.language import characters as c
from pstui.backends.language import scanner_modes, scanning
from pstui.backends.language.frames import Frame, Mode
from pstui.backends.language.token_kinds import Token, TokenKind

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
            elif not (scanner_modes.scan_member(self) or self._common() or scanner_modes.scan(self)):
                self.emit(TokenKind.UNKNOWN, self.position + 1)
        return self.tokens

    @property
    def frame(self) -> Frame:
        """The innermost open bracket."""
        return self.frames[-1]

    def emit(self, kind: TokenKind, end: int, *, complete: bool = True, expands: bool = False) -> bool:
        """Add the token that ends here and go on behind it; always True, so that callers can return it."""
        self._emit(kind, end, complete=complete, expands=expands)
        return True

    def emit_piece(self, kind: TokenKind, piece: scanning.Piece) -> bool:
        """Add a scanned value or argument."""
        self._emit(kind, piece.end, complete=piece.closed, expands=piece.expands)
        self.frame.took_operand()
        return True

    def _emit(self, kind: TokenKind, end: int, *, complete: bool = True, expands: bool = False, depth: int = 0) -> None:
        start = self.position
        self.tokens.append(Token(kind, start, end, self.text[start:end], complete, expands, depth))
        self.position = end

    def adjacent(self) -> Token | None:
        """The last token, if nothing stands between it and the next one."""
        return self.tokens[-1] if self.tokens and self.tokens[-1].end == self.position else None

    def open(self, end: int, mode: Mode, rest: Mode) -> bool:
        """Emit an opening bracket that ends here; inside it a statement begins in ``mode``, later ones in ``rest``."""
        opener = self.text[end - 1]
        self._emit(TokenKind.LEFT, end, depth=len(self.frames) - 1)
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
        self._emit(kind, self.position + 1, depth=len(self.frames) - 1)
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
            scan = scanning.literal_string if single else scanning.expandable_string
            return self.emit_piece(_STRING_KINDS[single], scan(self.text, self.position))
        if character in "#<`" and self._comment_or_continuation(character):
            return True
        if character in "({":
            return scanner_modes.open_bracket(self, self.position + 1)
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
            piece = scanning.block_comment(text, position)
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
            return scanner_modes.open_bracket(self, position + 2)
        if character == "@" and (c.is_single_quote(follower) or c.is_double_quote(follower)):
            return self.emit_piece(TokenKind.HERE_STRING, scanning.here_string(text, position))
        in_command = self.frame.mode in (Mode.COMMAND, Mode.NAME)
        piece = scanning.variable(text, position, in_command=in_command)
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
