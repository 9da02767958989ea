"""Blocks, and the statements with clauses: ``switch``, ``try``, ``trap``, ``data``."""

from __future__ import annotations

from pstui.backends.language.grammar.commands import single_argument
from pstui.backends.language.grammar.expressions import attribute
from pstui.backends.language.grammar.reader import Part, Reader
from pstui.backends.language.grammar.tokens import Token


def block(reader: Reader) -> int | None:
    """Take ``{ … }`` with statements in it; returns where it ends."""
    reader.skip_lines()
    bracket = reader.take("{")
    if bracket is None:
        return None
    reader.rules.statements(reader)
    closing = reader.next()
    if closing.kind != "}":
        reader.held = closing
        reader.report(closing.end)
        return bracket.end
    return closing.end


def is_flag(token: Token, flag: str) -> bool:
    """Whether a parameter is this one, written out or not."""
    return flag.startswith(token.text[1:].rstrip(":").lower())


def switch(reader: Reader, word: Token) -> Part:
    reader.skip_lines()
    end, of_file, has_condition = word.end, False, False
    while (flag := reader.take("parameter")) is not None:
        end = flag.end
        if is_flag(flag, "file") and not is_flag(flag, "regex"):
            of_file = True
            reader.skip_lines()
            name = single_argument(reader)
            if name is None:
                reader.report(flag.end)
            else:
                end, has_condition = name.end, True
        elif not any(is_flag(flag, known) for known in ("regex", "wildcard", "exact", "casesensitive", "parallel")):
            reader.error()
    opening = reader.take("(")
    if opening is not None:
        if of_file:
            reader.error()
        end = _switch_condition(reader, opening)
    elif not has_condition and not of_file:
        reader.report(end)
    reader.skip_lines()
    bracket = reader.take("{")
    if bracket is None:
        reader.report(end)
        return Part(end)
    return Part(_switch_clauses(reader, bracket))


def _switch_condition(reader: Reader, opening: Token) -> int:
    reader.skip_lines()
    condition = reader.rules.pipeline(reader)
    if condition is None:
        reader.report(opening.end)
    end = condition.end if condition else opening.end
    reader.skip_lines()
    closing = reader.take(")")
    if closing is None:
        reader.report(end)
    return closing.end if closing else end


def _switch_clauses(reader: Reader, bracket: Token) -> int:
    reader.skip_lines()
    end = bracket.end
    while True:
        condition = single_argument(reader)
        if condition is None:
            reader.report(end)
            closing = reader.take("}")
            return closing.end if closing else end
        end = condition.end
        body = block(reader)
        if body is None:
            reader.report(end)
        else:
            end = body
        reader.skip_ends()
        last = reader.peek()
        if last.kind == "}":
            return reader.next().end
        if last.kind == "eof":
            reader.report(last.end)
            return end


def trap(reader: Reader, word: Token) -> Part:
    start = reader.here()
    reader.skip_lines()
    kind = attribute(reader)
    if kind is not None and kind.arguments:
        reader.go_back(start)
        kind = None
    end = block(reader)
    if end is None:
        end = kind.end if kind else word.end
        reader.report(end)
    return Part(end)


def try_catch(reader: Reader, word: Token) -> Part:
    reader.skip_lines()
    end = block(reader)
    if end is None:
        reader.report(word.end)
        return Part(word.end)
    followed = False
    while (handler := _catch(reader)) is not None:
        followed = True
        if handler < 0:
            break
        end = handler
    reader.skip_lines()
    last = reader.take("finally")
    if last is not None:
        body = block(reader)
        if body is None:
            reader.report(last.end)
        return Part(body or last.end)
    if not followed:
        reader.report(end)
    return Part(end)


def _catch(reader: Reader) -> int | None:
    """Take a ``catch`` block; None when there is none, -1 when it has mistakes."""
    reader.skip_lines()
    word = reader.take("catch")
    if word is None:
        return None
    end, comma, reported = word.end, None, False
    while True:
        start = reader.here()
        reader.skip_lines()
        kind = attribute(reader)
        if kind is None:
            if comma is not None:
                reader.report(comma.end)
                reported = True
            break
        if kind.arguments:
            reader.go_back(start)
            break
        end = kind.end
        reader.skip_lines()
        comma = reader.take(",")
        if comma is None:
            break
    body = block(reader)
    if body is None and not reported:
        reader.report(end)
    return -1 if body is None else body


def data(reader: Reader, word: Token) -> Part:
    reader.skip_lines()
    name = reader.name()
    end = name.end if name else word.end
    reader.skip_lines()
    wrong = False
    flag = reader.take("parameter")
    if flag is not None:
        wrong = not is_flag(flag, "supportedcommand")
        if wrong:
            reader.error()
        comma: Token | None = None
        while True:
            reader.skip_lines()
            command = single_argument(reader, command_name=True)
            if command is None:
                if not wrong:
                    reader.report((comma or flag).end)
                wrong = True
                break
            end = command.end
            comma = reader.take(",")
            if comma is None:
                break
    if wrong:
        return Part(end)
    body = block(reader)
    if body is None:
        reader.report(end)
    return Part(body or end)
