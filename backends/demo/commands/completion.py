"""TabExpansion2: commands, parameters, paths and variables (semantics 3.10)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pstui.backends.demo.commands import registry
from pstui.backends.demo.commands.files import names_in
from pstui.backends.demo.language.values import Thing
from pstui.backends.demo.server.session import Session, automatic_names

MAX_MATCHES = 200
_SEPARATORS = frozenset(" \t\r\n|;(){},")
_HEAD = re.compile(r"(?:^|[|;({]\s*)([\w%?-]+)[^|;({]*\Z")


def complete(session: Session, text: str, cursor: int) -> Thing:
    """Return a CommandCompletion for the text before ``cursor``, which counts UTF-16 units."""
    units = text.encode("utf-16-le", errors="surrogatepass")
    before = units[: max(0, cursor) * 2].decode("utf-16-le", errors="replace")[-10_000:]
    place = word_start(before)
    start, word = before[:place], before[place:]
    matches = _matches(session, start, word)[:MAX_MATCHES]
    shift = max(0, cursor) - len(before.encode("utf-16-le")) // 2
    return Thing(
        ("System.Management.Automation.CommandCompletion", "System.Object"),
        {
            "CurrentMatchIndex": -1,
            "ReplacementIndex": len(start.encode("utf-16-le")) // 2 + shift,
            "ReplacementLength": len(word.encode("utf-16-le")) // 2,
            "CompletionMatches": matches,
        },
        "System.Management.Automation.CommandCompletion",
    )


def word_start(text: str) -> int:
    """Return where the last word begins; separators inside quotes do not count."""
    start, quote = 0, ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in _SEPARATORS:
            start = place + 1
    return start


def _result(text: str, shown: str, kind: str, tip: str) -> Thing:
    fields = {"CompletionText": text, "ListItemText": shown, "ResultType": kind, "ToolTip": tip}
    names = ("System.Management.Automation.CompletionResult", "System.Object")
    return Thing(names, fields, names[0])


def _matches(session: Session, start: str, word: str) -> list[Thing]:
    if word.startswith("$"):
        return _variables(session, word)
    at_command = re.search(r"(?:^|[|;({&])\s*\Z", start) is not None
    if word.startswith("-") and not at_command:
        return _parameters(start, word)
    found = _commands(session, word) if at_command and not re.match(r"['\"./~]", word) else []
    return found or _paths(session, word)


def _variables(session: Session, word: str) -> list[Thing]:
    start = word[1:].lower()
    if start.startswith("env:"):
        names = sorted(name for name in os.environ if name.lower().startswith(start[4:]))
        return [_result(f"$env:{name}", name, "Variable", name) for name in names]
    names = sorted(name for name in {*automatic_names(), *session.variables} if name.startswith(start))
    return [_result(f"${name}", name, "Variable", name) for name in names]


def _parameters(start: str, word: str) -> list[Thing]:
    head = _HEAD.search(start)
    spec = registry.find(head[1]) if head else None
    if spec is None:
        return []
    known = [*spec.params, *registry.COMMON]
    fits = [param for param in known if param.name.lower().startswith(word[1:].lower())]
    return [
        _result(f"-{param.name}", param.name, "ParameterName", f"[{registry.type_name(param)}] {param.name}")
        for param in fits
    ]


def _commands(session: Session, word: str) -> list[Thing]:
    start = word.lower()
    found = [
        _result(spec.name, spec.name, "Command", spec.syntax)
        for spec in registry.commands()
        if spec.name.lower().startswith(start)
    ]
    found += [_result(name, name, "Command", name) for name in sorted(session.functions) if name.startswith(start)]
    if len(start) >= 2:
        found += [_result(name, name, "Command", name) for name in programs(start)]
    return found


def programs(start: str) -> list[str]:
    """Return the programs on PATH that begin with a text."""
    names: set[str] = set()
    for folder in os.get_exec_path():
        names.update(entry.name for entry in names_in(Path(folder), start, MAX_MATCHES))
    return sorted(names)[:MAX_MATCHES]


def _paths(session: Session, word: str) -> list[Thing]:
    typed = word.lstrip("'\"")
    head, slash, tail = typed.rpartition("/")
    folder = session.resolve(head + slash or ".")
    results: list[Thing] = []
    for entry in names_in(folder, tail, MAX_MATCHES):
        text = head + slash + entry.name
        if not slash:
            text = f"./{text}"
        if re.search(r"[\s'\"`$(){};,|&@]", text):
            text = "'" + text.replace("'", "''") + "'"
        kind = "ProviderContainer" if entry.is_dir() else "ProviderItem"
        results.append(_result(text, entry.name, kind, str(entry)))
    return results
