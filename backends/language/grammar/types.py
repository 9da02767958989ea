"""The names of types, between the brackets of ``[…]`` and in the head of a class."""

from __future__ import annotations

from pstui.backends.language.grammar.reader import Reader
from pstui.backends.language.grammar.tokens import Mode, Token


def type_name(reader: Reader, *, assembly: bool) -> int | None:
    """Take the name of a type, arrays and generic arguments included; returns where it ends."""
    before = reader.enter(Mode.TYPE)
    name = reader.take("name")
    end = None if name is None else _rest(reader, name.end, assembly=assembly)
    reader.enter(before)
    return end


def method_types(reader: Reader) -> None:
    """Take the types that a method is called with: ``.Method[type]( … )``; without a bracket for arguments, nothing."""
    start = reader.position
    if reader.left_bracket() is None:
        return
    before = reader.enter(Mode.TYPE)
    reader.skip_lines()
    first = reader.take("name")
    if first is None:
        reader.go_back(start)
    else:
        _arguments(reader, first)
        closing = reader.next()
        if closing.kind != "]":
            reader.held = closing
            reader.report(closing.start - 1)
        elif not reader.text.startswith(("(", "{"), reader.position):
            reader.go_back(start)
    reader.enter(before)


def _arguments(reader: Reader, first: Token) -> int:
    """Take generic arguments, parted by commas."""
    end = _argument(reader, first)
    while True:
        reader.skip_lines()
        comma = reader.take(",")
        if comma is None:
            return end
        reader.skip_lines()
        following = reader.take("name", "[")
        if following is not None:
            end = _argument(reader, following)
        else:
            reader.report(comma.end)
            end = comma.end


def _rest(reader: Reader, end: int, *, assembly: bool) -> int:
    if reader.at("["):
        bracket = reader.next()
        reader.skip_lines()
        token = reader.next()
        if token.kind in ("]", ","):
            return _array(reader, end, token)
        if token.kind in ("[", "name"):
            return _generic(reader, token, assembly=assembly)
        if token.kind == "eof":
            reader.held = token
            reader.report(bracket.end)
        else:
            reader.error()
            reader.sync("]", take=True)
        return end
    return _assembly(reader, end) if assembly else end


def _assembly(reader: Reader, end: int) -> int:
    """Take the name of an assembly, if a comma says that one follows; without the name the comma counts for nothing."""
    if not reader.take(","):
        return end
    return reader.assembly_name() or end


def _argument(reader: Reader, first: Token) -> int:
    if first.kind == "name":
        return _rest(reader, first.end, assembly=False)
    name = reader.next()
    if name.kind != "name":
        reader.held = name
        reader.report(name.end)
        return first.end
    end = _rest(reader, name.end, assembly=True)
    closing = reader.next()
    if closing.kind != "]":
        reader.held = closing
        reader.report(closing.start - 1)
    return end


def _generic(reader: Reader, first: Token, *, assembly: bool) -> int:
    reader.effort.deeper()
    end = _arguments(reader, first)
    token = reader.next()
    if token.kind != "]":
        reader.held = token
        reader.report(token.start - 1)
    else:
        end = token.end
    reader.effort.depth -= 1
    if reader.take("["):
        return _array(reader, end, reader.next())
    return _assembly(reader, end) if assembly else end


def _array(reader: Reader, end: int, first: Token) -> int:
    while True:
        if first.kind == ",":
            token = first
            while token.kind == ",":
                token = reader.next()
            if token.kind != "]":
                reader.held = token
                reader.error()
            end = token.end
        elif first.kind == "]":
            end = first.end
        elif first.kind == "eof":
            reader.held = first
            reader.error()
        else:
            reader.error()
            reader.sync("]", take=True)
        if reader.at(","):
            return _assembly(reader, end)
        if not reader.take("["):
            return end
        first = reader.next()
