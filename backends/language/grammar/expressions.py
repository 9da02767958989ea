"""Expressions: operators, operands, what follows an operand, and the attributes that may come before one."""

from __future__ import annotations

from typing import Final, NamedTuple

from pstui.backends.language import lexemes as c
from pstui.backends.language.grammar.reader import Part, Reader
from pstui.backends.language.grammar.tokens import Mode, Token
from pstui.backends.language.grammar.types import method_types, type_name

ASSIGNMENTS: Final = frozenset(["=", "+=", "-=", "*=", "/=", "%=", "??="])
_UNARY = frozenset(["+", "-", "++", "--", ",", "!", "-not", "-bnot", "-split", "-csplit", "-isplit", "-join"])
_BINARY = frozenset(["+", "-", "*", "/", "%", "..", "??"]) | {
    f"-{word}" for word in c.DASH_OPERATORS if word not in ("not", "bnot")
}
_VALUES = frozenset(["variable", "splat", "number", "string", "expandable", "here-string", "(", "$(", "@(", "@{", "{"])


class Given(NamedTuple):
    """One argument of an attribute: where its value stands; ``name`` is empty for one by its place.

    A name alone, which means true, has a value without characters.
    """

    name: str
    start: int
    end: int


class Attribute(NamedTuple):
    """``[type]`` or, with arguments, ``[Name(…)]``; the name of the type is from ``name_start`` to ``name_end``."""

    end: int
    arguments: bool
    name_start: int = 0
    name_end: int = 0
    given: tuple[Given, ...] = ()


def expression(reader: Reader, *, ternary: bool = False) -> Part | None:
    """Take an expression: a condition with its two values, or one with binary operators only."""
    reader.effort.deeper()
    before = reader.enter(Mode.EXPRESSION)
    found = _binary(reader, ternary=ternary)
    if found is not None and (sign := reader.take("?")) is not None:
        found = _ternary(reader, sign)
    reader.enter(before)
    reader.effort.depth -= 1
    return found


def _ternary(reader: Reader, sign: Token) -> Part:
    reader.skip_lines()
    first = expression(reader, ternary=True)
    if first is None:
        reader.report(sign.end)
        first = Part(sign.end, wrong=True)
    reader.skip_lines()
    colon = reader.next()
    if colon.kind != ":":
        reader.held = colon
        if not first.wrong:
            reader.report(colon.end)
        return Part(first.end, wrong=True)
    reader.skip_lines()
    second = expression(reader)
    if second is None:
        reader.report(colon.end)
        second = Part(colon.end)
    return Part(second.end)


def _binary(reader: Reader, *, ternary: bool) -> Part | None:
    found = _values(reader, ternary=ternary)
    if found is not None:
        while (operator := reader.peek()).kind in _BINARY:
            reader.next()
            reader.skip_lines()
            # No command's name any more: "3??" is a number and an operator.
            following = _values(reader, ternary=True)
            if following is None:
                reader.report(operator.end)
                following = Part(operator.end)
            found = Part(following.end)
        if operator.kind == "parameter":
            # PowerShell takes it for an operator that is not written out yet.
            reader.error()
            reader.next()
            found = Part(operator.end, wrong=True)
    return found


def _values(reader: Reader, *, ternary: bool) -> Part | None:
    """Values joined by commas."""
    last = unary(reader, ternary=ternary)
    if reader.commas_part or not reader.at(","):
        return last
    while (comma := reader.take(",")) is not None:
        reader.skip_lines()
        last = unary(reader, ternary=True)
        if last is None:
            reader.report(comma.end)
            return Part(comma.end)
    return Part(last.end) if last is not None else None


def unary(reader: Reader, *, ternary: bool = False) -> Part | None:
    """Take an operand with the operators and types before it; a number in it ends before ``?`` and ``:``."""
    token = reader.peek_operand(ternary=ternary)
    if token.kind in _UNARY:
        if reader.commas_part and token.kind == ",":
            return None
        reader.next()
        reader.skip_lines()
        reader.effort.deeper()
        found = unary(reader, ternary=True)
        reader.effort.depth -= 1
        if found is None:
            reader.report(token.end)
            return Part(token.end, wrong=True)
        found = Part(found.end)
    elif token.kind == "[":
        found = _typed(reader, token)
        if found is None or found.wrong:
            return found
    else:
        found = primary(reader)
    if found is not None and (operator := reader.take("++", "--")) is not None:
        found = Part(operator.end)
    return found


def _typed(reader: Reader, bracket: Token) -> Part | None:
    attributes = attribute_list(reader, in_expression=True)
    if not attributes:
        return None
    last = attributes[-1]
    found: Part | None = None
    if last.arguments:
        reader.skip_lines()
        reader.effort.deeper()
        found = unary(reader, ternary=True)
        reader.effort.depth -= 1
        if found is None:
            reader.report(last.end)
            return Part(last.end, wrong=True)
        return Part(found.end)
    if reader.held is None and (operator := reader.member_operator(brackets=False)) is not None:
        found = _after_operand(reader, operator, Part(last.end))
    elif not reader.at("newline", ","):
        reader.effort.deeper()
        found = unary(reader, ternary=True)
        reader.effort.depth -= 1
    return Part(found.end) if found is not None else Part(last.end)


def primary(reader: Reader, *, members: bool = True) -> Part | None:
    """Take one value, with its members, indexes and calls."""
    if reader.peek().kind not in _VALUES:
        return None
    token = reader.next()
    end = token.end
    if token.inner:
        _sub_expressions(reader, token)
    elif token.kind == "(":
        end = _parenthesis(reader, token)
    elif token.kind in ("@(", "$("):
        end = _statements(reader)
    elif token.kind == "@{":
        end = _hashtable(reader, token)
    elif token.kind == "{":
        end = script_block(reader, token)
    if not members:
        return Part(end)
    return _after_operand(reader, reader.member_operator(brackets=True), Part(end))


def _sub_expressions(reader: Reader, token: Token) -> None:
    reader.effort.deeper()
    for inside in reader.inside(token):
        primary(inside)
    reader.effort.depth -= 1


def expand(reader: Reader, token: Token) -> None:
    """Read the sub-expressions in a word that is an argument."""
    if token.inner:
        _sub_expressions(reader, token)


def _after_operand(reader: Reader, operator: Token | None, found: Part) -> Part:
    while operator is not None:
        reader.skip_lines()
        found = _index(reader, operator) if operator.kind in ("[", "?[") else _member(reader, operator)
        operator = reader.member_operator(brackets=True)
    return found


def _member(reader: Reader, operator: Token) -> Part:
    name = reader.name()
    if name is not None:
        found: Part | None = Part(name.end)
    elif reader.peek().kind in _UNARY or reader.at("["):
        found = unary(reader)
    else:
        found = primary(reader, members=False)
    if found is None:
        reader.report(operator.end)
        return Part(_stray_argument(reader) or operator.end)
    bracket = reader.call_bracket()
    if bracket is None and reader.held is None:
        method_types(reader)
        bracket = reader.call_bracket()
    if bracket is None:
        return found
    if bracket.kind == "(":
        return Part(call_arguments(reader, bracket))
    reader.skip_lines()
    return Part(script_block(reader, bracket))


def _stray_argument(reader: Reader) -> int | None:
    """What stands where a member's name belongs is taken as a command's argument would be."""
    if reader.at(",", "eof"):
        return None
    before = reader.enter(Mode.COMMAND)
    end = None
    if reader.peek().kind in _VALUES:
        found = primary(reader)
        end = found.end if found else None
    elif not reader.at("|", "}", ")", "newline", ";", ">", "<", "merging", "&&", "||", "&", "--"):
        end = reader.next().end
    reader.enter(before)
    return end


def call_arguments(reader: Reader, bracket: Token) -> int:
    """Take the arguments of a call, after their opening bracket."""
    outer, reader.commas_part = reader.commas_part, True
    end, comma = bracket.end, None
    reported = False
    while True:
        reader.skip_lines()
        argument = expression(reader)
        if argument is None:
            if comma is not None:
                reader.report(comma.end)
                reported = True
            break
        end = argument.end
        reader.skip_lines()
        comma = reader.take(",")
        if comma is None:
            break
    reader.skip_lines()
    closing = reader.take(")")
    if closing is None and not reported:
        reader.report(end)
    reader.commas_part = outer
    return closing.end if closing else end


def _index(reader: Reader, bracket: Token) -> Part:
    reader.skip_lines()
    index = expression(reader)
    if index is None:
        reader.report(bracket.end)
        index = Part(bracket.end, wrong=True)
    reader.skip_lines()
    closing = reader.take("]")
    if closing is not None:
        return Part(closing.end)
    if not index.wrong:
        reader.report(index.end)
    return Part(index.end)


def _nested(reader: Reader) -> tuple[bool, Mode]:
    before = reader.commas_part, reader.enter(Mode.COMMAND)
    reader.commas_part = False
    reader.effort.deeper()
    return before


def _leave(reader: Reader, before: tuple[bool, Mode]) -> None:
    reader.effort.depth -= 1
    reader.commas_part = before[0]
    reader.enter(before[1])


def _parenthesis(reader: Reader, bracket: Token) -> int:
    before = _nested(reader)
    reader.skip_lines()
    found = reader.rules.pipeline(reader)
    if found is None:
        reader.report(bracket.end)
        found = Part(bracket.end)
    reader.skip_lines()
    closing = reader.take(")")
    if closing is None:
        reader.report(found.end)
    _leave(reader, before)
    return closing.end if closing else found.end


def _statements(reader: Reader) -> int:
    before = _nested(reader)
    reader.skip_lines()
    reader.rules.statements(reader)
    reader.skip_lines()
    closing = reader.next()
    if closing.kind != ")":
        reader.held = closing
        reader.report(closing.end)
    _leave(reader, before)
    return closing.end if closing.kind == ")" else closing.start


def script_block(reader: Reader, bracket: Token) -> int:
    """Take a script block, after its opening bracket."""
    before = _nested(reader)
    reader.skip_lines()
    end = reader.rules.script_block(reader, bracket)
    _leave(reader, before)
    return end


def _hashtable(reader: Reader, bracket: Token) -> int:
    reader.effort.deeper()
    reader.skip_lines()
    while _entry(reader) and reader.at("newline", ";"):
        reader.skip_ends()
    closing = reader.next()
    if closing.kind != "}":
        reader.held = closing
        reader.report(closing.end)
    reader.effort.depth -= 1
    return closing.end if closing.kind == "}" else closing.start - 1


def key(reader: Reader) -> Part | None:
    """Take a key of a hashtable, or the label after ``break`` and ``continue``."""
    name = reader.name()
    if name is not None:
        return Part(name.end)
    if reader.at("newline", ";"):
        return None
    outer, reader.commas_part = reader.commas_part, True
    found = unary(reader)
    reader.commas_part = outer
    return found


def _entry(reader: Reader) -> bool:
    before = reader.enter(Mode.EXPRESSION)
    found = key(reader)
    if found is None:
        reader.enter(before)
        return False
    sign = reader.next()
    reader.enter(before)
    if sign.kind != "=":
        reader.held = sign
        reader.error()
        reader.sync("}", ";", "newline", take=False)
        return True
    reader.enter(Mode.COMMAND)
    reader.skip_lines()
    if reader.rules.statement(reader) is None:
        reader.report(sign.end)
    reader.enter(before)
    return True


# -- attributes ---------------------------------------------------------------------------------------------------


def attribute_list(reader: Reader, *, in_expression: bool = False) -> list[Attribute]:
    """Take attributes and types, in any number."""
    found: list[Attribute] = []
    while (one := attribute(reader)) is not None:
        found.append(one)
        if not in_expression or one.arguments:
            reader.skip_lines()
    return found


def attribute(reader: Reader) -> Attribute | None:
    """Take one attribute or type."""
    bracket = reader.left_bracket()
    if bracket is None:
        return None
    reader.skip_lines()
    name_start = reader.here()
    name_end = type_name(reader, assembly=True)
    if name_end is None:
        reader.go_back(bracket.start)
        reader.report(bracket.end)
        return None
    opening = reader.next()
    if opening.kind == "(":
        given: list[Given] = []
        end = _attribute_rest(reader, opening, given)
        return Attribute(end, True, name_start, name_end, tuple(given))
    if opening.kind != "]":
        reader.held = opening
        reader.error()
        return Attribute(name_end, False, name_start, name_end)
    return Attribute(opening.end, False, name_start, name_end)


def _attribute_rest(reader: Reader, opening: Token, given: list[Given]) -> int:
    reader.skip_lines()
    before = reader.enter(Mode.EXPRESSION)
    end = _attribute_arguments(reader, opening.end, given)
    reader.enter(before)
    reader.skip_lines()
    parenthesis = reader.take(")")
    if parenthesis is None:
        reader.report(end)
    reader.skip_lines()
    closing = reader.take("]")
    if closing is None and parenthesis is not None:
        reader.report(parenthesis.end)
    last = closing or parenthesis
    return last.end if last else end


def _attribute_arguments(reader: Reader, end: int, given: list[Given]) -> int:
    outer, reader.commas_part = reader.commas_part, True
    comma: Token | None = None
    while True:
        reader.skip_lines()
        name = reader.name()
        if name is None:
            start = reader.after_blanks()
            found = expression(reader)
            if found is None and comma is not None:
                reader.report(comma.end)
                found = Part(comma.end)
            if found is not None:
                given.append(Given("", start, found.end))
            end = found.end if found else end
        elif (sign := reader.take("=")) is not None:
            reader.skip_lines()
            start = reader.after_blanks()
            found = expression(reader)
            if found is None:
                reader.report(sign.end)
                reader.sync(",", ")", "]", "newline", take=True)
            end = found.end if found else sign.end
            given.append(Given(name.text, start, end))
        else:
            given.append(Given(name.text, name.end, name.end))
        reader.skip_lines()
        comma = reader.take(",")
        if comma is None:
            break
        end = comma.end
    reader.commas_part = outer
    return end
