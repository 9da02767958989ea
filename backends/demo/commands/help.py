"""What there is to call: Get-Command, Get-Alias, Get-Help, and completion (TabExpansion2, protocol-notes 3.10)."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from pstui.backends.demo.commands import registry
from pstui.backends.demo.commands.files import names_in
from pstui.backends.demo.commands.formatting import COMMAND, GREEN, RESET
from pstui.backends.demo.commands.native import find_program
from pstui.backends.demo.commands.registry import Call, CommandSpec, Param, command
from pstui.backends.demo.language import operators
from pstui.backends.demo.language.values import Thing
from pstui.backends.demo.server.session import Session, automatic_names

Output = AsyncGenerator[Any, None]


def _command_thing(spec: CommandSpec) -> Thing:
    shown = {"CommandType": spec.kind, "Name": spec.name, "Summary": spec.summary, "Syntax": spec.syntax,
             "Source": "pstui.demo", "Version": ""}  # fmt: skip
    return Thing((COMMAND, "System.Object"), shown, spec.name)


def _alias_thing(alias: str, name: str) -> Thing:
    shown = {"CommandType": "Alias", "Name": f"{alias} -> {name}", "Summary": "", "Definition": name}
    return Thing((COMMAND, "System.Object"), shown, alias)


@command(
    "Get-Command",
    "List what this endpoint knows.",
    Param("Name", position=0, many=True),
    Param("CommandType", many=True),
    Param("ArgumentList", "any"),
    Param("ListImported", "switch"),
    Param("Syntax", "switch"),
    aliases=("gcm",),
)
async def get_command(call: Call) -> Output:
    """Yield the commands whose names fit; a name without wildcards must exist, here or on PATH."""
    names = call.get("Name") or ["*"]
    for name in names:
        pattern = operators.wildcard(name)
        found = [spec for spec in registry.commands() if pattern.match(spec.name)]
        for spec in found:
            yield spec.syntax if call.switch("Syntax") else _command_thing(spec)
        aliases = {alias: full for alias, full in registry.aliases().items() if pattern.match(alias)}
        for alias, full in aliases.items() if names != ["*"] else ():
            yield _alias_thing(alias, full)
        if not found and not aliases and not re.search(r"[*?\[]", name):
            program = find_program(name, call.session)
            if program:
                shown = {"CommandType": "Application", "Name": name, "Summary": program, "Source": program}
                yield Thing((COMMAND, "System.Object"), shown, name)
                continue
            await call.error(
                f"'{name}' is neither a command of this endpoint nor a program on PATH.", "CommandNotFoundException",
                "ObjectNotFound", "CommandNotFoundException", name,
            )  # fmt: skip


@command("Get-Alias", "List the aliases.", Param("Name", position=0), aliases=("gal",))
async def get_alias(call: Call) -> Output:
    """Yield the aliases."""
    pattern = operators.wildcard(call.text("Name", "*"))
    for alias, name in registry.aliases().items():
        if pattern.match(alias):
            yield _alias_thing(alias, name)


@command("Get-Help", "Say what this endpoint is and how its commands are called.", Param("Name", position=0),
         aliases=("help", "man"))  # fmt: skip
async def get_help(call: Call) -> Output:
    """Yield help text, about everything or one command."""
    name = call.get("Name")
    spec = registry.find(name) if name else None
    if name and spec is None:
        raise call.fail(f"There is no help about '{name}'. Get-Command lists what this endpoint knows.", "HelpNotFound",
                        "ObjectNotFound")  # fmt: skip
    for line in about_command(spec) if spec else about(call.session.own_process):
        yield line


def about(own_process: bool) -> list[str]:
    """Return what the endpoint is and every command with its one line."""
    where = "a process of its own on this computer" if own_process else "inside pstui itself, on this computer"
    lines = [
        f"{GREEN}The pstui demo endpoint{RESET}",
        "",
        "This is not PowerShell. It is a small server that speaks PowerShell's remoting protocol, so that pstui can be",
        "tried where no PowerShell is installed.",
        f"It runs {where}, with your own rights: what it lists and reads is real.",
        "Of its own commands only Remove-Item changes anything, after asking; programs you run do what they do, and so",
        "do the file screen, cp and psedit.",
        "",
        "Besides the commands below it understands pipelines, variables, strings, numbers, ranges, if, while, foreach,",
        "try and script blocks, and it runs the programs of this computer. What it does not know, it refuses.",
        "",
        f"{GREEN}Commands{RESET}",
    ]
    lines += [f"  {spec.name:<26} {spec.summary}" for spec in registry.commands()]
    pairs = [f"{alias} = {name}" for alias, name in registry.aliases().items()]
    lines += ["", f"{GREEN}Aliases{RESET}", "  " + ", ".join(pairs), ""]
    lines += [
        "Get-Help NAME tells how a command is called.",
        "Test-Prompt, Show-Progress and Show-Colors show what a client can do.",
    ]
    return lines


def about_command(spec: CommandSpec) -> list[str]:
    """Return one command's help."""
    lines = [f"{GREEN}{spec.name}{RESET} (pstui demo endpoint)", f"  {spec.summary}", "", f"  {spec.syntax}", ""]
    for param in spec.params:
        others = f" (also {', '.join('-' + alias for alias in param.aliases)})" if param.aliases else ""
        values = f": {', '.join(param.choices)}" if param.choices else ""
        lines.append(f"  -{param.name} <{registry.type_name(param)}>{others}{values}")
    if spec.aliases:
        lines += ["", f"  Aliases: {', '.join(spec.aliases)}"]
    return lines


@command("TabExpansion2", "Complete what is typed; clients call it.", Param("inputScript", position=0),
         Param("cursorColumn", "number", position=1), Param("options", "any", position=2), kind="Function")  # fmt: skip
async def tab_expansion(call: Call) -> Output:
    """Yield one CommandCompletion."""

    text = call.text("inputScript")
    yield complete(call.session, text, int(call.number("cursorColumn", len(text))))


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
