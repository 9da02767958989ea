"""The syntax tree of the endpoint's small language: expressions, commands and statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: text, number, or a bare word."""

    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """An expandable string: pieces of text and expressions."""

    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name``, lower-cased; ``env:name`` keeps its case after the colon."""

    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """``a, b, c``."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``!x``, ``-not x``, ``-join x``."""

    operator: str
    operand: Any


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two expressions, its name lower-case and without the dash."""

    operator: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Member:
    """``target.name`` or, with ``arguments``, a method call."""

    target: Any
    name: str
    arguments: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """``target[index]``."""

    target: Any
    index: Any


@dataclass(frozen=True, slots=True)
class Group:
    """``( … )``, ``$( … )`` or ``@( … )``: the last always makes a list."""

    body: Script
    always_list: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``@{ key = value }``."""

    pairs: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """``{ … }`` as a value."""

    body: Script
    text: str


@dataclass(frozen=True, slots=True)
class Cast:
    """``[type] value``."""

    type_name: str
    operand: Any


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command: a named parameter (without its dash), a value, or both (``-Name:value``)."""

    name: str | None
    value: Any = None
    has_value: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its arguments; ``errors`` says where its error stream goes: "", "output" or "null"."""

    name: Any
    arguments: tuple[Argument, ...]
    errors: str = ""
    to_null: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Elements joined by ``|``; only the first may be an expression."""

    elements: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Assign:
    """``$name = statement`` with its operator: ``=``, ``+=``, ``-=``, ``*=``, ``/=``, ``++``, ``--``."""

    name: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class If:
    """``if``, ``elseif`` … and ``else``."""

    clauses: tuple[tuple[Any, Script], ...]
    otherwise: Script | None


@dataclass(frozen=True, slots=True)
class While:
    """``while (condition) { body }``."""

    condition: Any
    body: Script


@dataclass(frozen=True, slots=True)
class ForEach:
    """``foreach ($name in values) { body }``."""

    name: str
    values: Any
    body: Script


@dataclass(frozen=True, slots=True)
class Function:
    """``function name { body }``, without a parameter block."""

    name: str
    body: Script
    text: str


@dataclass(frozen=True, slots=True)
class Parameters:
    """``param()``: names in small letters with their defaults, None where there is none."""

    parameters: tuple[tuple[str, Script | None], ...]


@dataclass(frozen=True, slots=True)
class Try:
    """``try { } catch { } finally { }``."""

    body: Script
    handler: Script | None
    final: Script | None


@dataclass(frozen=True, slots=True)
class Flow:
    """``throw``, ``exit``, ``return``, ``break`` or ``continue``, with its value if any."""

    word: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Script:
    """Statements in order."""

    statements: tuple[Any, ...]
