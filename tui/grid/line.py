"""``… | Out-GridView`` found in a typed line and taken apart: what makes the objects, what takes those picked.

Only a pipeline that stands by itself in the line is taken apart. One inside of brackets is the far end's own.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from pstui.backends.language.completeness import is_complete
from pstui.backends.language.lexemes import ASSIGNMENTS
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind
from pstui.backends.language.uses import Kind, command_name, uses

_NAMES = frozenset({"out-gridview", "out-consolegridview", "ocgv"})
_SILENT = (TokenKind.COMMENT, TokenKind.CONTINUATION)
#: characters of a line that is looked at; a longer one has a script in it
_MAX_LINE = 1 << 16


class OutputMode(enum.Enum):
    """How many rows are picked for what follows; PowerShell's own words."""

    NONE = "None"
    SINGLE = "Single"
    MULTIPLE = "Multiple"


@dataclass(frozen=True, slots=True)
class GridCall:
    """A line with Out-GridView. ``source`` is what makes the objects.

    ``before`` are the statements before it and ``after`` those behind; ``assigned`` is what stands before the source,
    such as ``$x =``, and ``rest`` what comes behind Out-GridView, with its pipe. ``problem`` says why it cannot run.
    """

    source: str
    title: str = ""
    mode: OutputMode = OutputMode.NONE
    filter: str = ""
    before: str = ""
    assigned: str = ""
    rest: str = ""
    after: str = ""
    problem: str = ""
    #: the whole line as it was typed
    typed: str = field(default="", compare=False)

    def following(self, picked: str) -> str:
        """Return what runs once rows were picked; ``picked`` is the expression that stands for them."""
        taken = f"{self.assigned} {picked} {self.rest}".strip() if self.mode is not OutputMode.NONE else ""
        return "; ".join(part for part in (taken, self.after) if part)


def grid_call(line: str) -> GridCall | None:
    """Return the parts of a line with Out-GridView, None of any other."""
    text = line.casefold()
    if not ("ogv" in text or "ocgv" in text or "gridview" in text) or len(line) > _MAX_LINE or not is_complete(line):
        return None
    tokens = [token for token in tokenize(line) if token.kind not in _SILENT]
    outer = _outer(tokens)
    place = next((at for at, token in enumerate(outer) if at and _is_grid(outer[at - 1], token)), None)
    if place is None:
        return None
    first = next((at + 1 for at in range(place - 1, -1, -1) if _ends(outer, at)), 0)
    last = next((at for at in range(place, len(outer)) if _ends(outer, at)), len(outer))
    statement = outer[first:last]
    apart = [outer[at] for at in (first - 1, last) if 0 <= at < len(outer)]
    if any(end.kind in (TokenKind.CHAIN, TokenKind.BACKGROUND) for end in apart):
        return None
    if statement[0].kind is TokenKind.KEYWORD:
        return None
    return _taken_apart(line, tokens, statement, outer[place], [token.start for token in outer[last : last + 1]])


def is_inside(line: str) -> bool:
    """Whether a line has an Out-GridView that is not taken apart: in brackets, a block, behind ``&&``."""
    return any(use.kind is Kind.COMMAND and use.name in _NAMES for use in uses(line))


#: commands that make text of objects, or show them: a grid is there for that
_SHOWING = frozenset({"out-host", "out-default", "out-string"})


def as_grid_line(line: str) -> str:
    """Return a line whose objects a grid shows: itself, or another that ends in Out-GridView."""
    if grid_call(line) is not None:
        return line
    tokens = _outer([token for token in tokenize(line) if token.kind not in _SILENT])
    pipes = [at for at, token in enumerate(tokens) if token.kind is TokenKind.PIPE]
    if pipes and pipes[-1] + 1 < len(tokens):
        last = tokens[pipes[-1] + 1]
        name = command_name(last.value())[0] if last.kind is TokenKind.COMMAND else ""
        if name in _SHOWING or (name.startswith("format-") and name != "format-hex"):
            line, tokens = line[: tokens[pipes[-1]].start].rstrip(), tokens[: pipes[-1]]
    line = line.strip()
    alone = bool(tokens) and tokens[0].kind is not TokenKind.KEYWORD
    for token in tokens:
        ends = token.kind in (TokenKind.SEMICOLON, TokenKind.NEWLINE, TokenKind.CHAIN, TokenKind.BACKGROUND)
        alone = alone and not ends and not (token.kind is TokenKind.OPERATOR and token.text in ASSIGNMENTS)
    return f"{line} | Out-GridView" if alone and "#" not in line else f". {{ {line}\n}} | Out-GridView"


def _outer(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens that stand in no brackets."""
    found, depth = [], 0
    for token in tokens:
        if token.kind is TokenKind.RIGHT:
            depth -= 1
        if depth <= 0:
            found.append(token)
        if token.kind is TokenKind.LEFT:
            depth += 1
    return found


def _is_grid(before: Token, token: Token) -> bool:
    is_command = token.kind is TokenKind.COMMAND and before.kind in (TokenKind.PIPE, TokenKind.NEWLINE)
    return is_command and command_name(token.value())[0] in _NAMES


def _ends(tokens: Sequence[Token], at: int) -> bool:
    """Whether the token ends a statement: a line end does not where a pipe stands before or behind it."""
    token = tokens[at]
    if token.kind is TokenKind.NEWLINE:
        around = [*tokens[max(at - 1, 0) : at], *tokens[at + 1 : at + 2]]
        return all(each.kind not in (TokenKind.PIPE, TokenKind.NEWLINE) for each in around)
    return token.kind in (TokenKind.SEMICOLON, TokenKind.CHAIN, TokenKind.BACKGROUND)


def _taken_apart(
    line: str, tokens: Sequence[Token], statement: Sequence[Token], grid: Token, ends: Sequence[int]
) -> GridCall | None:
    place = statement.index(grid)
    pipe = next((token for token in reversed(statement[:place]) if token.kind is TokenKind.PIPE), None)
    behind = next((token for token in statement[place:] if token.kind is TokenKind.PIPE), None)
    if pipe is None:
        return None
    start, end = statement[0].start, ends[0] if ends else len(line)
    first_pipe = next(token.start for token in statement if token.kind is TokenKind.PIPE)
    signs = [
        token
        for token in statement
        if token.kind is TokenKind.OPERATOR and token.text in ASSIGNMENTS and token.start < first_pipe
    ]
    assigned = line[start : signs[-1].end] if signs else ""
    source = line[start + len(assigned) : pipe.start].strip()
    if not source:
        return None
    stop = behind.start if behind is not None else end
    arguments = [token for token in tokens if grid.end <= token.start < stop and token.kind is not TokenKind.NEWLINE]
    title, mode, wanted, problem = _bound(arguments, line)
    rest = "" if behind is None else line[behind.start : end].strip()
    if mode is OutputMode.NONE and (rest or assigned):
        problem = problem or "Out-GridView hands nothing on without -PassThru or -OutputMode."
    before, after = line[:start].strip().rstrip(";"), line[end:].strip().lstrip(";").strip()
    return GridCall(source, title, mode, wanted, before, assigned, rest, after, problem, line)


#: its parameters, those of Out-ConsoleGridView among them: whether one takes a value, and PowerShell's aliases
_PARAMETERS = {
    "title": True,
    "passthru": False,
    "outputmode": True,
    "wait": False,
    "filter": True,
    "minui": False,
    "allproperties": False,
}


def _bound(arguments: Sequence[Token], line: str) -> tuple[str, OutputMode, str, str]:
    """Return title, mode, filter and what is wrong, from the tokens behind the command."""
    found: dict[str, str] = {}
    waiting = list(arguments)
    while waiting:
        token = waiting.pop(0)
        if token.kind is not TokenKind.PARAMETER:
            return "", OutputMode.NONE, "", f"Out-GridView does not take {token.text!r} here."
        written = token.text.lstrip("-\u2013\u2014\u2015").casefold()
        names = [name for name in _PARAMETERS if name.startswith(written.rstrip(":"))]
        if len(names) != 1:
            known = "-Title, -PassThru, -OutputMode, -Wait and -Filter"
            return "", OutputMode.NONE, "", f"Out-GridView has no parameter -{written.rstrip(':')}: it has {known}."
        if not (_PARAMETERS[names[0]] or written.endswith(":")):
            found[names[0]] = "$true"
        elif waiting:
            value = waiting.pop(0)
            end = value.end
            while waiting and not any(map(str.isspace, line[end : waiting[0].start] or line[end - 1])):
                end = waiting.pop(0).end  # a value of several tokens, such as $x.Name
            found[names[0]] = value.value() if end == value.end else line[value.start : end]
        else:
            return "", OutputMode.NONE, "", f"Out-GridView: no value follows -{names[0]}."
    mode = OutputMode.MULTIPLE if found.get("passthru", "$false").casefold() != "$false" else OutputMode.NONE
    if (word := found.get("outputmode")) is not None:
        fits = [each for each in OutputMode if each.value.casefold().startswith(word.casefold())]
        if len(fits) != 1:
            return "", mode, "", f"Out-GridView: -OutputMode is None, Single or Multiple, not {word!r}."
        mode = fits[0]
    return found.get("title", ""), mode, found.get("filter", ""), ""
