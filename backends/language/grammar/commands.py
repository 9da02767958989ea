"""Commands, pipelines, and pipelines joined by ``&&`` and ``||``."""

from __future__ import annotations

from typing import Final

from pstui.backends.language.grammar.expressions import ASSIGNMENTS, expand, expression, primary
from pstui.backends.language.grammar.reader import Part, Reader
from pstui.backends.language.grammar.tokens import Mode, Token

_REDIRECTIONS: Final = (">", "<", "merging")
_NO_ARGUMENT = frozenset(["|", "}", ")", "eof", "newline", ";", *_REDIRECTIONS, "&&", "||", "&", "--", ","])
_ENDS_COMMAND = frozenset(["|", "}", ")", "eof", "newline", ";", "&&", "||", "&"])
_EXPRESSIONS = frozenset(
    ["splat", "variable", "number", "expandable", "here-string", "string", "(", "$(", "@(", "@{", "{"]
)


def pipelines(reader: Reader) -> Part | None:
    """Take an assignment, or pipelines joined by ``&&`` and ``||``."""
    reader.effort.deeper()
    found = _pipelines(reader)
    reader.effort.depth -= 1
    return found


def _pipelines(reader: Reader) -> Part | None:
    before = reader.enter(Mode.EXPRESSION)
    first = expression(reader)
    # Looked at in the mode of expressions: "=0" would be one word in a command.
    sign = reader.take(*ASSIGNMENTS) if first is not None else None
    reader.enter(before)
    if sign is not None:
        reader.skip_lines()
        value = reader.rules.statement(reader)
        if value is None:
            reader.report(sign.end)
            return Part(sign.end)
        return Part(value.end)
    found: Part | None = None
    joined: Token | None = None
    while True:
        following = _pipeline(reader, first)
        first = None
        if following is None:
            if joined is not None:
                reader.report(joined.end)
                return Part(joined.end, wrong=True)
            return found
        found = following
        joined = reader.take("&&", "||")
        if joined is not None:
            reader.skip_lines()
            continue
        if reader.take("&") is not None and reader.take("&&", "||") is not None:
            reader.error()
        return found


def _pipeline(reader: Reader, first: Part | None) -> Part | None:
    last: Part | None = None
    pipe: Token | None = None
    while True:
        element, is_command = _element(reader, first)
        first = None
        if element is not None:
            if last is not None and not is_command:
                reader.error()
            last = element
        elif last is not None or reader.at("|"):
            reader.report(pipe.end if pipe else reader.peek().end)
        following = reader.peek()
        if following.kind == "newline" and reader.pipe_goes_on(following.end):
            reader.skip_lines()
            following = reader.peek()
        if following.kind == "|":
            pipe = reader.next()
            reader.skip_lines()
            if reader.at("eof"):
                reader.report(pipe.end)
                break
        else:
            if following.kind not in _ENDS_COMMAND:
                reader.error()
            break
    return last


def _element(reader: Reader, found: Part | None) -> tuple[Part | None, bool]:
    """Take an expression or a command; returns where it ends, and whether it is a command."""
    if found is None:
        before = reader.enter(Mode.EXPRESSION)
        found = expression(reader)
        reader.enter(before)
    if found is None:
        return command(reader), True
    last = found
    while (sign := reader.take(*_REDIRECTIONS)) is not None:
        redirected = _redirection(reader, sign)
        last = found if sign.kind == "<" else Part(redirected)
    return last, False


def _redirection(reader: Reader, sign: Token) -> int:
    if sign.kind == "merging":
        return sign.end
    name = single_argument(reader)
    if name is None or sign.kind == "<":
        reader.error()
    return name.end if name else sign.end


def single_argument(reader: Reader, *, command_name: bool = False) -> Part | None:
    """Take one argument as in a command: a file's name, a condition of a switch."""
    if reader.at(",", "eof"):
        return None
    before = reader.enter(Mode.COMMAND)
    found = _one_argument(reader, reader.next(), expands=not command_name)
    reader.enter(before)
    return found


def argument(reader: Reader, token: Token) -> Part | None:
    """Take an argument that begins with a token, and those joined to it by commas."""
    found = _one_argument(reader, token, expands=True)
    while found is not None and (comma := reader.take(",")) is not None:
        reader.skip_lines()
        following = _one_argument(reader, reader.next(), expands=True)
        if following is None:
            reader.report(comma.end)
            return Part(comma.end, wrong=True)
        found = Part(following.end)
    return found


def _one_argument(reader: Reader, token: Token, *, expands: bool) -> Part | None:
    if token.kind in _NO_ARGUMENT:
        reader.held = token
        return None
    if token.kind in _EXPRESSIONS:
        reader.held = token
        return primary(reader)
    if expands and token.kind == "generic":
        expand(reader, token)
    return Part(token.end)


def command(reader: Reader) -> Part | None:
    """Take a command with its arguments; None when there is none."""
    before = reader.enter(Mode.COMMAND)
    first = reader.next()
    invoked = first.kind in (".", "&")
    token = reader.next() if invoked else first
    end = first.end
    read = elements = False  # whether anything was read, and anything that makes it a command
    plain = False  # whether "--" came: no parameters after it
    while token.kind not in _ENDS_COMMAND:
        end = token.end
        redirects = token.kind in _REDIRECTIONS and read
        elements = elements or not (redirects or token.kind == ",")
        if token.kind == "--":
            plain = True
        elif token.kind == ",":
            reader.error()
            reader.skip_lines()
        elif redirects:
            end = _redirection(reader, token)
        elif token.kind == "parameter" and read and not plain:
            end = _parameter(reader, token)
        elif token.kind != "parameter" and token.kind not in _REDIRECTIONS:
            end = _word(reader, token, named=read, invoked=invoked)
            if token.text == "--%" and (rest := reader.verbatim()) is not None:
                end = rest
                break
        read = True
        token = reader.next()
    else:
        reader.held = token
    reader.enter(before)
    if not elements and invoked:
        reader.error()
    return Part(end) if elements else None


def _word(reader: Reader, token: Token, *, named: bool, invoked: bool) -> int:
    if not named:
        found = _one_argument(reader, token, expands=invoked)
    elif token.text == "--%":
        return token.end
    else:
        found = argument(reader, token)
    return found.end if found else token.end


def _parameter(reader: Reader, token: Token) -> int:
    if not token.text.endswith(":") or reader.at(","):
        return token.end
    found = argument(reader, reader.next())
    if found is None:
        reader.error()
    return found.end if found else token.end
