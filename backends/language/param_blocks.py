"""The ``param()`` block of a script as data: what a form needs to know of each parameter.

The block is read by the grammar that says what is finished (``grammar/definitions.py``). This module gives names to
what was found there: types, attributes and their arguments, defaults, parameter sets, comment-based help, and the enums
that the script defines. An expression is a constant where ``constant_lines`` can compute it, and stays text otherwise:
it is the far end's to compute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pstui.backends.language import lexemes as c
from pstui.backends.language.constant_lines import parse_constant_line
from pstui.backends.language.grammar.definitions import Declared
from pstui.backends.language.grammar.expressions import Attribute as Found
from pstui.backends.language.grammar.expressions import Given
from pstui.backends.language.grammar.reader import TooMuchError
from pstui.backends.language.grammar.statements import read_head
from pstui.backends.language.grammar.tokens import UnfinishedError
from pstui.backends.language.number_types import Number
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.simple_lines import ABSENT, Value
from pstui.backends.language.tokens import Token, TokenKind

#: the set of a parameter that names none (ParameterAttribute.AllParameterSets)
ALL_SETS = "__AllParameterSets"
#: characters of a script that is read
MAX_SCRIPT = 1 << 20


class NotReadError(Exception):
    """The parameters of a script cannot be read; the text says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as it is written. ``value`` is what it computes to where ``is_constant``."""

    text: str
    value: Value = None
    is_constant: bool = False

    @classmethod
    def of(cls, text: str) -> Expression:
        """Return the expression of a text; one that has no characters is true."""
        if not text:
            return cls(text, True, True)
        line = parse_constant_line(f"x ({text}\n)")
        found = line.statements[0].commands if line is not None and len(line.statements) == 1 else ()
        arguments = found[0].arguments if len(found) == 1 else ()
        if len(arguments) != 1 or arguments[0].name is not None or arguments[0].value is ABSENT:
            return cls(text)
        value = arguments[0].value
        assert not isinstance(value, type(ABSENT))
        return cls(text, value, True)


@dataclass(frozen=True, slots=True)
class Attribute:
    """``[Name(…)]`` or, without arguments, a type: ``[Name]``. ``name`` is as written, but for blanks."""

    name: str
    is_type: bool
    positional: tuple[Expression, ...] = ()
    named: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The name of an attribute in lower case, without its namespace and without ``Attribute`` at its end."""
        name = self.name.rpartition(".")[2].casefold()
        return name.removesuffix("attribute") or name

    def is_set(self, name: str) -> bool:
        """Whether a named argument is true; one that is not constant counts as true."""
        found = self.named.get(name)
        if found is None or not found.is_constant:
            return found is not None
        return found.value.value != 0 if isinstance(found.value, Number) else bool(found.value)

    def text(self, name: str) -> str:
        """Return a named argument that is a constant text, empty without one."""
        found = self.named.get(name)
        return found.value if found is not None and isinstance(found.value, str) else ""


@dataclass(frozen=True)
class Parameter:
    """One parameter. ``type`` is the name of its type as written, empty for any; ``default`` is None without one."""

    name: str
    attributes: tuple[Attribute, ...] = ()
    default: Expression | None = None
    help: str = ""

    @cached_property
    def type(self) -> str:
        """The first type before the variable: it is what PowerShell calls the static type."""
        return next((one.name for one in self.attributes if one.is_type), "")

    def all(self, short: str) -> Iterator[Attribute]:
        """Yield the attributes of a kind, such as ``validateset``."""
        return (one for one in self.attributes if not one.is_type and one.short == short)

    def one(self, short: str) -> Attribute | None:
        """Return the first attribute of a kind."""
        return next(self.all(short), None)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other names."""
        found = [value.value for one in self.all("alias") for value in one.positional]
        flat = [each for one in found for each in (one if isinstance(one, list) else [one])]
        return tuple(each for each in flat if isinstance(each, str))

    @cached_property
    def sets(self) -> Mapping[str, bool]:
        """The parameter sets that it belongs to, and whether it is mandatory there."""
        found = {one.text("parametersetname") or ALL_SETS: one.is_set("mandatory") for one in self.all("parameter")}
        return found or {ALL_SETS: False}

    def is_in(self, name: str) -> bool:
        """Whether it belongs to a set."""
        return ALL_SETS in self.sets or any(one.casefold() == name.casefold() for one in self.sets)

    def is_mandatory(self, name: str) -> bool:
        """Whether it must be given in a set."""
        said = next((must for one, must in self.sets.items() if one.casefold() == name.casefold()), None)
        return self.sets.get(ALL_SETS, False) if said is None else said

    @property
    def message(self) -> str:
        """What its HelpMessage says."""
        return next((text for one in self.all("parameter") if (text := one.text("helpmessage"))), "")

    @property
    def is_hidden(self) -> bool:
        """Whether each way of giving it says DontShow."""
        ways = list(self.all("parameter"))
        return bool(ways) and all(one.is_set("dontshow") for one in ways)


@dataclass(frozen=True)
class ParamBlock:
    """What a script says of itself. ``enums`` are those that it defines, by their names in lower case."""

    parameters: tuple[Parameter, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    synopsis: str = ""
    description: str = ""
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def sets(self) -> tuple[str, ...]:
        """The names of its parameter sets, the default one first; empty where it has one alone."""
        binding = next((one for one in self.attributes if one.short == "cmdletbinding"), None)
        default = "" if binding is None else binding.text("defaultparametersetname")
        names = [default] if default else []
        for name in (name for parameter in self.parameters for name in parameter.sets if name != ALL_SETS):
            if name.casefold() not in [each.casefold() for each in names]:
                names.append(name)
        return tuple(names) if len(names) > 1 else ()

    @property
    def should_process(self) -> bool:
        """Whether it takes -WhatIf and -Confirm."""
        return any(one.short == "cmdletbinding" and one.is_set("supportsshouldprocess") for one in self.attributes)

    @property
    def is_advanced(self) -> bool:
        """Whether it takes the common parameters, such as -Verbose."""
        binds = any(one.short == "cmdletbinding" for one in self.attributes)
        return binds or any(one.one("parameter") is not None for one in self.parameters)


def read_param_block(text: str) -> ParamBlock:
    """Return what a script says of its parameters; one without ``param()`` has none. Raises NotReadError."""
    if len(text) > MAX_SCRIPT:
        raise NotReadError(f"it is longer than {MAX_SCRIPT:,} characters")
    try:
        block, has_errors = read_head(text)
    except UnfinishedError:
        raise NotReadError("its param() block is not finished") from None
    except (TooMuchError, RecursionError):
        raise NotReadError("its param() block is nested too deeply") from None
    if has_errors:
        raise NotReadError("there is a mistake in its param() block")
    tokens = tokenize(text)
    help_ = _help(text, tokens)
    enums = _enums(tokens)
    synopsis, description = help_.get("synopsis", ""), help_.get("description", "")
    if block is None:
        return ParamBlock((), (), synopsis, description, enums)
    comments = _comments_before(text, tokens, [one.variable.start for one in block.parameters])
    parameters = tuple(_parameter(text, one, help_, comments.get(one.variable.start, "")) for one in block.parameters)
    names = [one.name.casefold() for one in parameters]
    if len(set(names)) < len(names):
        raise NotReadError("a parameter stands twice in its param() block")
    attributes = tuple(_attribute(text, one) for one in block.attributes)
    return ParamBlock(parameters, attributes, synopsis, description, enums)


def _parameter(text: str, found: Declared, help_: Mapping[str, str], comment: str) -> Parameter:
    name = found.variable.text[1:].strip("{}")
    default = None if found.value is None else Expression.of(text[slice(*found.value)])
    attributes = tuple(_attribute(text, one) for one in found.attributes)
    return Parameter(name, attributes, default, help_.get(f"parameter {name.casefold()}") or comment)


def _attribute(text: str, found: Found) -> Attribute:
    name = "".join(text[found.name_start : found.name_end].split())

    def value(given: Given) -> Expression:
        return Expression.of(text[given.start : given.end])

    positional = tuple(value(given) for given in found.given if not given.name)
    named = {given.name.casefold(): value(given) for given in found.given if given.name}
    return Attribute(name, not found.arguments, positional, named)


# -- enums ------------------------------------------------------------------------------------------------------------


def _enums(tokens: Sequence[Token]) -> dict[str, tuple[str, ...]]:
    """Return the members of the enums that a script defines: names at the start of their lines, or behind ``;``."""
    found: dict[str, tuple[str, ...]] = {}
    said = [token for token in tokens if token.kind is not TokenKind.COMMENT]
    begins_here = (TokenKind.NEWLINE, TokenKind.SEMICOLON)
    for place, token in enumerate(said[:-2]):
        before = said[place - 1] if place else None
        first = before is None or before.kind in begins_here or before.text in ("]", "}")  # behind an attribute, too
        if not first or token.text.casefold() != "enum":
            continue
        opening = next((at for at in range(place + 2, len(said)) if said[at].kind is TokenKind.LEFT), None)
        if opening is None:
            continue
        closing = next(
            (
                at
                for at in range(opening, len(said))
                if said[at].kind is TokenKind.RIGHT and said[at].depth == said[opening].depth
            ),
            len(said),
        )
        members, begins = [], True
        for one in said[opening + 1 : closing]:
            if begins and (name := c.IDENTIFIER.match(one.text)):
                members.append(name[0])
            begins = one.kind in begins_here
        found[said[place + 1].text.casefold()] = tuple(members)
    return found


# -- help -------------------------------------------------------------------------------------------------------------

_SECTION = re.compile(r"\s*\.([A-Za-z]+)(?:[ \t]+(\S.*?))?\s*")
#: the words of comment-based help (about_Comment_Based_Help)
_WORDS = c.words(
    "synopsis description parameter example inputs outputs notes link component role functionality"
    " forwardhelptargetname forwardhelpcategory remotehelprunspace externalhelp"
)


def _comment_lines(token: Token) -> list[str]:
    text = token.text
    inside = text[2:].removesuffix("#>") if text.startswith("<#") else text.lstrip("#")
    return inside.splitlines()


def _help(text: str, tokens: Sequence[Token]) -> dict[str, str]:
    """Return comment-based help by its words: the one that the script begins with, else the one that it ends with."""
    silent = (TokenKind.NEWLINE, TokenKind.CONTINUATION)
    first = next((at for at, one in enumerate(tokens) if one.kind not in (*silent, TokenKind.COMMENT)), len(tokens))
    last = next((at for at in range(len(tokens), 0, -1) if tokens[at - 1].kind not in (*silent, TokenKind.COMMENT)), 0)
    for part in (tokens[:first], tokens[last:]):
        blocks: list[list[str]] = []
        ends = -1
        for token in (one for one in part if one.kind is TokenKind.COMMENT):
            follows = ends >= 0 and not token.text.startswith("<#") and text.count("\n", ends, token.start) == 1
            if follows:
                blocks[-1] += _comment_lines(token)
            else:
                blocks.append(_comment_lines(token))
            ends = token.end if not token.text.startswith("<#") else -1
        for lines in blocks:
            if found := _sections(lines):
                return found
    return {}


def _sections(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    key = ""
    for line in lines:
        section = _SECTION.fullmatch(line)
        if section is not None and section[1].casefold() in _WORDS:
            word = section[1].casefold()
            key = f"{word} {section[2].split()[0].casefold()}" if word == "parameter" and section[2] else word
            found.setdefault(key, [])
        elif key:
            found[key].append(line.strip())
        elif line.strip():
            return {}  # a text before the first word makes it an ordinary comment
    return {key: " ".join(" ".join(part).split()) for key, part in found.items()}


def _comments_before(text: str, tokens: Sequence[Token], places: Sequence[int]) -> dict[int, str]:
    """Return the comment that stands before each parameter, between it and the comma before.

    One that follows something on its row belongs to that, and one inside an attribute to the attribute.
    """
    found: dict[int, str] = {}
    wanted = iter(places)
    place, said, level = next(wanted, None), "", 0
    for token in tokens:
        if place is None or token.start > place:
            break
        if token.start == place:
            found[place], said = said, ""
            place = next(wanted, None)
        elif token.kind is TokenKind.COMMENT:
            row = text[text.rfind("\n", 0, token.start) + 1 : token.start]
            if level == 1 and not row.strip():
                said = " ".join(f"{said} {' '.join(_comment_lines(token))}".split())
        elif token.kind is TokenKind.LEFT:
            level += 1
            said = said if level > 1 else ""
        elif token.kind is TokenKind.RIGHT:
            level -= 1
        elif token.kind is TokenKind.COMMA and level == 1:
            said = ""
    return found
