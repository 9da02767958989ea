"""Statements, from the whole text down to ``if`` and loops."""

from __future__ import annotations

from pstui.backends.language import lexemes as c
from pstui.backends.language.grammar import definitions
from pstui.backends.language.grammar.clauses import block, data, is_flag, switch, trap, try_catch
from pstui.backends.language.grammar.commands import argument, command, pipelines, single_argument
from pstui.backends.language.grammar.expressions import Attribute, attribute_list, key
from pstui.backends.language.grammar.reader import MOST_AGAIN, Effort, Part, Reader, Rules
from pstui.backends.language.grammar.tokens import KEYWORDS, Token

_BLOCK_NAMES = frozenset(["begin", "process", "end", "clean", "dynamicparam"])
_TAKE_ATTRIBUTES = c.words(
    "class enum configuration static hidden public private interface namespace module type assembly command base"
    " default"
)
_LOOPS = frozenset(["switch", "foreach", "for", "while", "do"])


def read_script(text: str) -> None:
    """Read a whole text. Raises UnfinishedError if it is not finished, TooMuchError if it cannot be judged."""
    reader = _reader(text)
    reader.skip_lines()
    script_block(reader, None)
    for inside in reader.required():
        command(inside)  # a ``#requires`` is read as the command that its text would be


def read_head(text: str) -> tuple[definitions.Block | None, bool]:
    """Return the ``param()`` block that a script begins with, None for none, and whether a mistake stands in it.

    Raises UnfinishedError if it is not finished, TooMuchError if it cannot be judged."""
    reader = _reader(text)
    return _head(reader, None), reader.effort.errors


def _reader(text: str) -> Reader:
    rules = Rules(pipelines, statement, statements, script_block)
    return Reader(text, rules, Effort(MOST_AGAIN * len(text) + 1000))


def _head(reader: Reader, bracket: Token | None) -> definitions.Block | None:
    """Take what a script block begins with: ``using`` of a whole text, and its parameters."""
    reader.skip_lines()
    if bracket is None:
        while reader.at("using"):
            definitions.using(reader, reader.next())
            reader.skip_ends()
        reader.go_back(reader.peek().start)
    start = reader.here()
    block = definitions.parameter_block(reader)
    if block is None:
        reader.go_back(start)
    return block


def script_block(reader: Reader, bracket: Token | None) -> int:
    """Take the inside of a script block and its closing bracket, or without ``bracket`` the whole text."""
    _head(reader, bracket)
    reader.skip_ends()
    if reader.peek().kind in _BLOCK_NAMES:
        return _named_blocks(reader, bracket)
    while True:
        statements(reader)
        end = _close_block(reader, bracket)
        if end is not None:
            return end


def _close_block(reader: Reader, bracket: Token | None) -> int | None:
    token = reader.next()
    if bracket is None:
        if token.kind == "eof":
            return token.end
        reader.error()
        return None
    if token.kind != "}":
        reader.held = token
        reader.report(token.end)
        return bracket.end
    return token.end


def _named_blocks(reader: Reader, bracket: Token | None) -> int:
    while (name := reader.take(*_BLOCK_NAMES)) is not None:
        if block(reader) is None:
            reader.report(name.end)
        reader.skip_ends()
    if not reader.at("}", "eof"):
        reader.error()
        return reader.peek().start
    return _close_block(reader, bracket) or reader.position


def statements(reader: Reader) -> None:
    """Take statements up to a closing bracket or the end."""
    reader.skip_ends()
    while statement(reader) is not None:
        reader.skip_ends()
        if reader.at(")", "}"):
            break


def statement(reader: Reader) -> Part | None:
    """Take one statement."""
    reader.effort.deeper()
    found = _statement(reader)
    reader.effort.depth -= 1
    return found


def _statement(reader: Reader) -> Part | None:
    token = reader.peek()
    attributes: list[Attribute] = []
    start = token.start
    if token.kind == "generic" and token.text.startswith("["):
        reader.go_back(start)
        attributes = attribute_list(reader)
        token = reader.peek()
        if attributes and not _may_follow(reader, attributes, token):
            reader.go_back(start)
            token = reader.peek()
    kind = token.kind
    if kind == "eof":
        if not attributes:
            return None
        reader.go_back(start)
        return pipelines(reader)
    if kind == "label":
        return _labelled(reader, reader.next())
    if kind in ("else", "elseif", "catch", "until") and reader.effort.errors:
        reader.next()
        reader.skip_lines()
        return statement(reader)
    rule = _RULES.get(kind)
    if rule is not None:
        return rule(reader, reader.next())
    if attributes:
        reader.go_back(start)
    return pipelines(reader)


def _may_follow(reader: Reader, attributes: list[Attribute], token: Token) -> bool:
    """Whether the keyword after attributes is one of a statement; otherwise they begin an expression."""
    if token.kind not in KEYWORDS:
        return token.kind == "eof"
    if token.kind not in _TAKE_ATTRIBUTES:
        if any(not one.arguments for one in attributes):
            return False
        reader.error()
    elif any(not one.arguments for one in attributes):
        reader.error()
    return True


def _labelled(reader: Reader, label: Token) -> Part | None:
    reader.skip_lines()
    loop = reader.take(*_LOOPS)
    if loop is not None and loop.kind == "switch":
        return switch(reader, label)
    if loop is not None:
        return _RULES[loop.kind](reader, loop)
    # PowerShell reads from the label again, and it is the name of a command then.
    reader.go_back(label.start)
    return pipelines(reader)


def _reserved(reader: Reader, word: Token) -> Part:
    reader.error()
    return Part(word.end)


def _value(reader: Reader, word: Token) -> Part:
    found = pipelines(reader)
    return Part(found.end if found else word.end)


def _jump(reader: Reader, word: Token) -> Part:
    label = key(reader)
    return Part(label.end if label else word.end)


def _plain_block(reader: Reader, word: Token) -> Part:
    end = block(reader)
    if end is None:
        reader.report(word.end)
    return Part(end or word.end)


def _if(reader: Reader, word: Token) -> Part:
    while True:
        condition = _condition(reader, word)
        if condition is None:
            return Part(word.end)
        reader.skip_lines()
        end = block(reader)
        if end is None:
            reader.report(condition)
            return Part(condition)
        reader.skip_lines()
        following = reader.take("elseif", "else")
        if following is None:
            return Part(end)
        if following.kind == "else":
            reader.skip_lines()
            last = block(reader)
            if last is None:
                reader.report(following.end)
            return Part(last or following.end)
        word = following


def _condition(reader: Reader, word: Token) -> int | None:
    """Take ``( pipeline )`` after ``if`` or ``while``; None when the statement ends here."""
    reader.skip_lines()
    opening = reader.take("(")
    if opening is None:
        reader.report(word.end)
        return None
    reader.skip_lines()
    found = pipelines(reader)
    if found is None:
        reader.report(opening.end)
    reader.skip_lines()
    closing = reader.next()
    if closing.kind == ")":
        return closing.end
    reader.held = closing
    if found is not None:
        reader.report(closing.end if word.kind != "while" else found.end)
    return None


def _while(reader: Reader, word: Token) -> Part:
    condition = _condition(reader, word)
    if condition is None:
        return Part(word.end)
    reader.skip_lines()
    end = block(reader)
    if end is None:
        reader.report(condition)
    return Part(end or condition)


def _do(reader: Reader, word: Token) -> Part:
    end = block(reader)
    if end is None:
        reader.report(word.end)
        return Part(word.end)
    reader.skip_lines()
    last = reader.take("while", "until")
    if last is None:
        reader.report(end)
        return Part(end)
    reader.skip_lines()
    opening = reader.take("(")
    if opening is None:
        reader.report(last.end)
        return Part(last.end)
    reader.skip_lines()
    condition = pipelines(reader)
    if condition is None:
        reader.report(opening.end)
    reader.skip_lines()
    closing = reader.take(")")
    if closing is None and condition is not None:
        reader.report(condition.end)
    return Part(closing.end if closing else opening.end)


def _for(reader: Reader, word: Token) -> Part:
    reader.skip_lines()
    opening = reader.take("(")
    if opening is None:
        reader.report(word.end)
        return Part(word.end)
    end = opening.end
    for index in range(3):
        reader.skip_lines()
        found = pipelines(reader)
        end = found.end if found else end
        if index < 2 and (semicolon := reader.take(";")) is not None:
            end = semicolon.end
    reader.skip_lines()
    return _loop_rest(reader, end)


def _loop_rest(reader: Reader, end: int) -> Part:
    closing = reader.take(")")
    if closing is None:
        reader.report(end)
        return Part(end)
    body = block(reader)
    if body is None:
        reader.report(closing.end)
    return Part(body or closing.end)


def _foreach(reader: Reader, word: Token) -> Part:
    reader.skip_lines()
    while (flag := reader.take("parameter")) is not None:
        if is_flag(flag, "throttlelimit"):
            reader.skip_lines()
            if single_argument(reader) is None:
                reader.report(flag.end)
        elif not is_flag(flag, "parallel"):
            reader.error()
        reader.skip_lines()
    opening = reader.take("(")
    if opening is None:
        reader.report(word.end)
        return Part(word.end)
    reader.skip_lines()
    variable = reader.take("variable", "splat")
    if variable is None:
        reader.report(opening.end)
        return Part(opening.end)
    reader.skip_lines()
    word_in = reader.take("in")
    if word_in is None:
        reader.report(variable.end)
        return Part(variable.end)
    reader.skip_lines()
    found = pipelines(reader)
    if found is None:
        reader.report(word_in.end)
        return Part(word_in.end)
    reader.skip_lines()
    return _loop_rest(reader, found.end)


def _using_too_late(reader: Reader, word: Token) -> Part:
    found = definitions.using(reader, word)
    reader.error()
    return found


def _configuration(reader: Reader, word: Token) -> Part | None:
    """``configuration`` needs a module that PowerShell itself no longer has: it gives up after the name."""
    reader.skip_lines()
    name = reader.next()
    if name.kind == "{":
        reader.error()
        reader.rules.script_block(reader, name)
        return None
    if name.kind in ("eof", ","):
        reader.held = name
        reader.report(name.end)
        return None
    if argument(reader, name) is None:
        reader.report(name.end)
    reader.error()
    reader.skip_lines()
    if not reader.at("eof"):
        reader.next()
    return None


_RULES = {
    "if": _if,
    "switch": switch,
    "foreach": _foreach,
    "for": _for,
    "while": _while,
    "do": _do,
    **dict.fromkeys(("function", "filter", "workflow"), definitions.function),
    **dict.fromkeys(("return", "throw", "exit"), _value),
    **dict.fromkeys(("break", "continue"), _jump),
    "trap": trap,
    "try": try_catch,
    "data": data,
    **dict.fromkeys(("parallel", "sequence"), _plain_block),
    "configuration": _configuration,
    **dict.fromkeys(("from", "define", "var"), _reserved),
    "class": definitions.class_definition,
    "enum": definitions.enum_definition,
    "using": _using_too_late,
}
