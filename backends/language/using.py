"""``$using:NAME`` in a script that runs elsewhere: found, and its values laid beside the script.

How this works. The real client sends the values in a table whose keys are the texts of the expressions, as base64
(protocol-notes 3.12). A text with a property behind the variable, as in ``$using:x.Length``, would need the value of
the property; so the variable gets parentheses of its own there, and the far end takes the property. What PowerShell
allows behind the variable are properties by constant names and constant indexes: everything else is refused.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pstui.backends.errors import PstuiError
from pstui.backends.language import lexemes
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import TokenKind

_USING = re.compile(r"[$@](?:\{using:(?P<braced>[^}]+)\}|using:(?P<name>[\w?]+(?::[\w?]+)*))", re.IGNORECASE)
_MEMBER = re.compile(r"\??(?:\[|::|\.(?!\.))")
_CONSTANT = r"""'(?:[^']|'')*+'|"(?:[^"$`]|`.|"")*+"|"""
#: what PowerShell allows behind the variable, one part: a property, and an index (InvalidUsingExpression)
_PROPERTY = re.compile(rf"\??(?:\.|::)\s*+(?:{_CONSTANT}[^\W\d]\w*+)(?![({{])", re.DOTALL)
_INDEX = re.compile(
    rf"\??\[(?:{_CONSTANT}\$(?:true|false|null)\b|\[[\w.]++\]|[\s,()+\-*/%!]|\d++(?:\.\d++)?+\w*+)++\]",
    re.DOTALL | re.IGNORECASE,
)
_ESCAPED = re.compile("`.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Using:
    """One ``$using:`` expression: its place, the variable's name, and whether a member of it is taken.

    ``illegal`` says that PowerShell does not allow what follows.
    """

    start: int
    end: int
    name: str
    member: bool = False
    illegal: bool = False


class UsingError(PstuiError):
    """A ``$using:`` expression that is not allowed, or a variable whose value nobody has given."""


def resolve_using(text: str, known: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the script to send and the table of values to send with it.

    ``known`` holds the values by names in lower case. Raises UsingError for a variable that is not among them, and for
    what PowerShell does not allow.
    """
    values: dict[str, Any] = {}
    parts: list[str] = []
    done = 0
    for found in using_expressions(text):
        if found.illegal:
            raise UsingError(
                f"what follows $using:{found.name} is not allowed in a Using expression",
                "It can have properties by constant names and constant indexes, but no method or variable.",
                f"Write ($using:{found.name}) in parentheses: the far end works it out then.",
                error_id="InvalidUsingExpression",
            )
        if found.name.casefold() not in known:
            raise UsingError(
                f"the value of $using:{found.name} is not known here",
                "The variable has not been set where the script is sent from.",
                f"Give it with --var {found.name}=VALUE, or with $using: in a --line that sets ${found.name} before.",
                error_id="UsingVariableIsUndefined,Microsoft.PowerShell.Commands.InvokeCommandCommand",
            )
        expression = text[found.start : found.end]
        key = base64.b64encode(expression.lower().encode("utf-16-le")).decode("ascii")
        values[key] = known[found.name.casefold()]
        if found.member:
            parts += (text[done : found.start], "(", expression, ")")
            done = found.end
    return "".join((*parts, text[done:])), values


def using_expressions(text: str) -> Iterator[Using]:
    """Yield each ``$using:`` of a script in order, those inside texts too."""
    yield from _in_code(text, 0)


def _in_code(text: str, offset: int) -> Iterator[Using]:
    for token in tokenize(text):
        if token.kind in (TokenKind.VARIABLE, TokenKind.SPLAT):
            if (match := _USING.fullmatch(token.text)) is not None:
                member = _MEMBER.match(text, token.end) is not None
                found = _using(match, offset + token.start)
                yield replace(found, member=member, illegal=member and _is_illegal(text, token.end))
        elif token.expands:
            yield from _in_text(token.text, offset + token.start)


def _in_text(text: str, offset: int) -> Iterator[Using]:
    position = 0
    while position < len(text):
        if (escaped := _ESCAPED.match(text, position)) is not None:
            position = escaped.end()
        elif text.startswith("$(", position):
            end = lexemes.sub_expression(text, position).end
            yield from _in_code(text[position + 2 : end - 1], offset + position + 2)
            position = max(end, position + 2)
        elif (match := _USING.match(text, position)) is not None and text[position] == "$":
            yield _using(match, offset + position)
            position = match.end()
        else:
            position += 1


def _is_illegal(text: str, position: int) -> bool:
    while _MEMBER.match(text, position) is not None:
        part = _PROPERTY.match(text, position) or _INDEX.match(text, position)
        if part is None:
            return True
        position = part.end()
    return False


def _using(match: re.Match[str], start: int) -> Using:
    return Using(start, start + match.end() - match.start(), match["braced"] or match["name"])
