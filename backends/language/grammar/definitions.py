"""What is declared: parameters, functions, classes, enums, and ``using``."""

from __future__ import annotations

from typing import NamedTuple

from pstui.backends.language import lexemes as c
from pstui.backends.language.grammar.commands import argument
from pstui.backends.language.grammar.expressions import (
    Attribute,
    attribute,
    attribute_list,
    call_arguments,
    expression,
)
from pstui.backends.language.grammar.reader import Part, Reader
from pstui.backends.language.grammar.tokens import KEYWORDS, Mode, Token
from pstui.backends.language.grammar.types import type_name

_NO_FUNCTION_NAME = c.words("| ( { @( @{ } ) eof ; > < merging && || & variable splat here-string string expandable")
_ENDS_MEMBER = ("newline", ";", "}")


class Declared(NamedTuple):
    """One parameter of a ``param()`` block; its default value, if any, is from ``start`` to ``end`` of ``value``."""

    attributes: tuple[Attribute, ...]
    variable: Token
    value: tuple[int, int] | None = None


class Block(NamedTuple):
    """A ``param()`` block: the attributes before it, and its parameters."""

    attributes: tuple[Attribute, ...]
    parameters: tuple[Declared, ...]


def parameter_block(reader: Reader) -> Block | None:
    """Take ``param( … )`` with the attributes before it; None when there is none."""
    reader.skip_lines()
    attributes = attribute_list(reader)
    reader.skip_lines()
    if reader.take("param") is None:
        return None
    reader.skip_lines()
    opening = reader.take("(")
    if opening is None:
        return None
    found: list[Declared] = []
    end = _parameters(reader, opening, found)
    reader.skip_lines()
    if reader.take(")") is None:
        reader.report(end)
    if any(not one.arguments for one in attributes):
        reader.error()
    return Block(tuple(attributes), tuple(found))


def _parameters(reader: Reader, opening: Token, declared: list[Declared]) -> int:
    end, comma = opening.end, None
    while True:
        found = _parameter(reader, declared)
        if found is None:
            if comma is not None:
                reader.report(comma.end)
            return end
        end = found
        reader.skip_lines()
        comma = reader.take(",")
        if comma is None:
            return end


def _parameter(reader: Reader, declared: list[Declared]) -> int | None:
    outer, reader.commas_part = reader.commas_part, True
    before = reader.enter(Mode.EXPRESSION)
    reader.skip_lines()
    attributes = attribute_list(reader)
    reader.skip_lines()
    variable = reader.take("variable", "splat")
    end: int | None = None
    if variable is not None:
        end = variable.end
        reader.skip_lines()
        sign = reader.take("=")
        place: tuple[int, int] | None = None
        if sign is not None:
            reader.skip_lines()
            start = reader.after_blanks()
            value = expression(reader)
            if value is None:
                reader.report(sign.end)
            else:
                end, place = value.end, (start, value.end)
        declared.append(Declared(tuple(attributes), variable, place))
    elif attributes:
        end = attributes[-1].end
        reader.report(end)
        reader.sync(")", take=True)
    reader.commas_part = outer
    reader.enter(before)
    return end


def function(reader: Reader, word: Token) -> Part:
    """Take a function, a filter or a workflow."""
    reader.skip_lines()
    name = reader.peek()
    if name.kind in _NO_FUNCTION_NAME:
        reader.report(word.end)
        return Part(word.end)
    reader.next()
    reader.skip_lines()
    end, closed = name.end, True
    opening = reader.take("(")
    if opening is not None:
        end, closed = _function_parameters(reader, opening)
    bracket = reader.take("{")
    if bracket is None and closed:
        reader.report(end)
    if bracket is None or not closed:
        return Part(end)
    return Part(reader.rules.script_block(reader, bracket))


def _function_parameters(reader: Reader, opening: Token) -> tuple[int, bool]:
    """Take parameters in parentheses; returns where they end, and whether the parenthesis was closed."""
    end = _parameters(reader, opening, [])
    reader.skip_lines()
    closing = reader.take(")")
    if closing is None:
        reader.report(end)
    reader.skip_lines()
    return (closing.end, True) if closing else (end, False)


# -- classes and enums --------------------------------------------------------------------------------------------


def _name(reader: Reader, word: Token) -> Token | None:
    """Take the name behind the keyword of a class or an enum, None where it lacks."""
    reader.skip_lines()
    name = reader.name()
    if name is None:
        reader.report(word.end)
    else:
        reader.skip_lines()
    return name


def class_definition(reader: Reader, word: Token) -> Part:
    """Take a class."""
    name = _name(reader, word)
    if name is None:
        return Part(word.end)
    before = reader.enter(Mode.SIGNATURE)
    end = _base_types(reader, name.end)
    bracket = reader.take("{")
    if bracket is None:
        reader.report(end)
        reader.enter(before)
        return Part(end)
    while _member(reader, name.text):
        pass
    found = _close(reader)
    reader.enter(before)
    return Part(found)


def _close(reader: Reader) -> int:
    closing = reader.next()
    if closing.kind != "}":
        reader.held = closing
        reader.report(closing.end)
        return closing.start
    return closing.end


def _base_types(reader: Reader, end: int) -> int:
    separator = reader.take(":")
    while separator is not None:
        reader.skip_lines()
        found = type_name(reader, assembly=False)
        if found is None:
            reader.report(separator.end)
            return end
        end = found
        reader.skip_lines()
        separator = reader.take(",")
    return end


def _member(reader: Reader, class_name: str) -> bool:
    """Take a property or a method; False at the end of the class."""
    last: int | None = None
    static = attributes = False
    while True:
        reader.skip_lines()
        found = attribute(reader)
        modifier = None if found is not None else reader.take("static", "hidden")
        if found is None and modifier is None:
            break
        attributes = attributes or found is not None
        last = found.end if found is not None else reader.position
        static = static or (modifier is not None and modifier.kind == "static")
    variable = reader.take("variable")
    if variable is not None:
        _property(reader, variable)
        return True
    name = reader.take("name", *KEYWORDS)
    if name is not None:
        if not _method(reader, name, constructor=not static and name.text.lower() == class_name.lower()):
            reader.sync("}", take=False)
            return attributes
        return True
    if last is not None:
        reader.report(last)
    return attributes


def _property(reader: Reader, variable: Token) -> None:
    end = variable.end
    if reader.take("=") is not None:
        reader.skip_lines()
        value = expression(reader)
        end = value.end if value else end
    if not reader.at(*_ENDS_MEMBER):
        reader.report(end)
    reader.skip_ends()


def _method(reader: Reader, name: Token, *, constructor: bool) -> bool:
    end, closed = name.end, True
    if reader.at("("):
        end, closed = _function_parameters(reader, reader.next())
    else:
        reader.report(name.end)
    if constructor:
        closed = _base_call(reader) and closed
    bracket = reader.take("{")
    if bracket is None and closed:
        reader.report(end)
    if bracket is None or not closed:
        return False
    before = reader.enter(Mode.COMMAND)
    reader.rules.script_block(reader, bracket)
    reader.enter(before)
    return True


def _base_call(reader: Reader) -> bool:
    """Take ``: base( … )`` before a constructor's body; False when it has mistakes."""
    reader.skip_lines()
    before = reader.enter(Mode.SIGNATURE)
    colon = reader.take(":")
    missing: Token | None = None
    if colon is not None:
        reader.skip_lines()
        base = reader.take("base")
        if base is None:
            missing = colon
        else:
            reader.skip_lines()
            opening = reader.take("(")
            if opening is None:
                missing = base
            else:
                call_arguments(reader, opening)
                reader.skip_lines()
    if missing is not None:
        reader.report(missing.end)
    reader.enter(before)
    return missing is None


def enum_definition(reader: Reader, word: Token) -> Part:
    """Take an enum."""
    name = _name(reader, word)
    if name is None:
        return Part(word.end)
    before = reader.enter(Mode.SIGNATURE)
    colon = reader.take(":")
    if colon is not None:
        reader.skip_lines()
        if type_name(reader, assembly=False) is None:
            reader.report(colon.end)
    reader.skip_lines()
    bracket = reader.take("{")
    if bracket is None:
        reader.report(name.end)
        reader.enter(before)
        return Part(name.end)
    while _enum_member(reader):
        pass
    end = _close(reader)
    reader.enter(before)
    return Part(end)


def _enum_member(reader: Reader) -> bool:
    reader.skip_lines()
    name = reader.name()
    if name is None:
        return False
    end, missing = name.end, False
    before = reader.enter(Mode.EXPRESSION)
    sign = reader.take("=")
    if sign is not None:
        value = expression(reader)
        if value is None:
            reader.error()
        end, missing = (sign.end, True) if value is None else (value.end, False)
    reader.enter(before)
    if not reader.at(*_ENDS_MEMBER) and not missing:
        reader.report(end)
    reader.skip_ends()
    return True


# -- using --------------------------------------------------------------------------------------------------------


def using(reader: Reader, word: Token) -> Part:
    """Take ``using`` and what is used."""
    kind = reader.take("namespace", "type", "module", "command", "assembly")
    if kind is None:
        reader.report(word.end)
        return Part(word.end)
    item = reader.next()
    if item.kind in ("eof", "newline", ",", ";"):
        reader.report(kind.end)
        return Part(kind.end)
    found = argument(reader, item)
    if found is None:
        reader.error()
        reader.sync(";", "newline", take=True)
        return Part(item.end)
    plain = item.kind in ("string", "name", "generic", "number") or item.kind not in ("variable", "expandable", "(")
    if not plain and not (kind.kind == "module" and item.kind == "@{"):
        reader.error()
        return Part(found.end)
    if kind.kind != "assembly" and item.kind != "@{":
        sign = reader.take("=")
        if sign is not None:
            return _alias(reader, sign)
        if kind.kind in ("type", "command"):
            reader.report(item.end)
            return Part(found.end)
    _require_end(reader)
    return Part(found.end)


def _alias(reader: Reader, sign: Token) -> Part:
    alias = reader.next()
    if alias.kind == "eof":
        reader.held = alias
        reader.report(sign.end)
        return Part(sign.end)
    found = argument(reader, alias)
    _require_end(reader)
    return Part(found.end if found else alias.end)


def _require_end(reader: Reader) -> None:
    token = reader.peek()
    if token.kind in ("newline", ";"):
        reader.next()
    elif token.kind != "eof":
        reader.report(token.end)
