"""The ways of calling a cmdlet, as ``-?`` and ``Get-Command -Syntax`` write them."""

from __future__ import annotations

import textwrap

from pstui.backends.binding.tables import ALIASES, Cmdlet, Parameter, Use, cmdlet

#: columns of a terminal that the text must fit into
_WIDTH = 78


def syntax(name: str) -> str:
    """Return one paragraph for each parameter set of a cmdlet, given by its full name, and its aliases."""
    table = cmdlet(name)
    parts = [_set(table, parameter_set) for parameter_set in table.sets]
    aliases = ", ".join(alias for alias, full in ALIASES.items() if full == name)
    if aliases:
        parts.append(f"Alias: {aliases}")
    return "\n\n".join(parts)


def _set(table: Cmdlet, parameter_set: str) -> str:
    used = [(p, p.use(parameter_set)) for p in table.parameters.values() if not p.common]
    words = [_one(p, use) for p, use in sorted(_present(used), key=_order)]
    if table.should_process:
        words += ["[-WhatIf]", "[-Confirm]"]
    words.append("[<CommonParameters>]")
    # a parameter and its type stay on one line
    glued = " ".join([table.name, *(word.replace(" ", "\u00a0") for word in words)])
    lines = textwrap.wrap(glued, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\u00a0", " ")


def _present(used: list[tuple[Parameter, Use | None]]) -> list[tuple[Parameter, Use]]:
    return [(p, use) for p, use in used if use is not None]


def _order(item: tuple[Parameter, Use]) -> tuple[bool, int, bool]:
    _, use = item
    return use.position is None, use.position or 0, not use.mandatory


def _one(parameter: Parameter, use: Use) -> str:
    name = f"-{parameter.name}" if use.position is None else f"[-{parameter.name}]"
    text = name if parameter.is_switch else f"{name} <{parameter.type}>"
    return text if use.mandatory else f"[{text}]"
