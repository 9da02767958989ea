"""Commands as text: the line that would be read as exactly these commands again.

Used to show and to record what is sent, and by the tests to prove that reading a line loses nothing.
"""

from __future__ import annotations

import re

from pstui.backends.language import characters as c
from pstui.backends.language.numbers import literal, parse_number, to_string
from pstui.backends.language.values import ABSENT, Argument, Command, CommandLine, MergedStream, Number, Value
from pstui.backends.language.words import STATEMENT_KEYWORDS

_VERBATIM = "--%"
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\\/:-]*|[%?]")
_PLAIN_WORD = re.compile(r"[A-Za-z_/~\\*][A-Za-z0-9_./\\:*?=~+-]*|\.{1,2}(?:[/\\][A-Za-z0-9_./\\-]*)?")
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SINGLE_QUOTE = re.compile(f"[{c.SINGLE_QUOTES}]")


def render(line: CommandLine) -> str:
    """The text of a line; :func:`.lines.parse_line` reads it back as an equal :class:`.values.CommandLine`."""
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
        return text if text[0].isdigit() and parse_number(text) == value else f"({literal(value)})"
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
