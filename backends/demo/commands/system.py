"""Commands about the machine, the session and the endpoint itself.

TabExpansion2: commands, parameters, paths and variables (protocol-notes 3.10).
"""

from __future__ import annotations

import asyncio
import datetime
import os
import re
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pstui.backends.demo.commands import help as helptext
from pstui.backends.demo.commands import registry
from pstui.backends.demo.commands.files import names_in
from pstui.backends.demo.commands.formatting import COMMAND, HISTORY, PROCESS, VARIABLE
from pstui.backends.demo.commands.registry import Call, Param, command
from pstui.backends.demo.language import operators
from pstui.backends.demo.language.values import Thing, format_date
from pstui.backends.demo.server.session import Session, automatic_names, host_object
from pstui.backends.demo.server.streams import now

Output = AsyncGenerator[Any, None]


@command("prompt", "Make the text of the prompt.", kind="Function")
async def prompt(call: Call) -> Output:
    """Say at every line what the client is connected to."""
    yield f"PS(demo) {call.session.location}> "


@command(
    "Get-Date",
    "Show the date and time, or format it.",
    Param("Date", position=0),
    Param("Format"),
    Param("AsUTC", "switch"),
)
async def get_date(call: Call) -> Output:
    """Yield the time, as a date or as a text."""
    when = operators.cast("datetime", call.get("Date")) if call.get("Date") else datetime.datetime.now()
    if call.switch("AsUTC"):
        when = when.astimezone(datetime.UTC)
    spec = call.get("Format")
    yield format_date(when, spec) if spec else when


@command("Get-Host", "Show what this endpoint is.")
async def get_host(call: Call) -> Output:
    """Yield the endpoint's description."""
    yield host_object(call.session)


def _command_thing(spec: registry.CommandSpec) -> Thing:
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
    from pstui.backends.demo.commands.native import find_program

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
                f"'{name}' is not a command of this endpoint nor a program on PATH.", "CommandNotFoundException",
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
        raise call.fail(f"There is no help for '{name}'. Get-Command lists what this endpoint knows.", "HelpNotFound",
                        "ObjectNotFound")  # fmt: skip
    for line in helptext.about_command(spec) if spec else helptext.about(call.session.own_process):
        yield line


@command(
    "Get-Variable", "List the variables.", Param("Name", position=0), Param("ValueOnly", "switch"), aliases=("gv",)
)
async def get_variable(call: Call) -> Output:
    """Yield variables, automatic ones included."""
    pattern = operators.wildcard(call.text("Name", "*"))
    names = sorted({*automatic_names(), *call.scope.local, *call.session.variables})
    for name in names:
        if pattern.match(name):
            value = call.scope.get(name)
            yield value if call.switch("ValueOnly") else Thing((VARIABLE,), {"Name": name, "Value": value}, name)


@command("Get-History", "List the lines of this session.", Param("Count", "number"), aliases=("history", "h", "ghy"))
async def get_history(call: Call) -> Output:
    """Yield the history, oldest first."""
    for entry in call.session.history[-max(0, int(call.number("Count", 1000))) :]:
        yield Thing(
            (HISTORY, "System.Object"),
            {
                "Id": entry.number,
                "CommandLine": entry.line,
                "StartExecutionTime": entry.start,
                "Duration": entry.duration,
            },
            entry.line,
        )


@command("Exit-PSSession", "Leave the session.", aliases=("exsn",))
async def exit_session(call: Call) -> None:
    """Make the host call PopRunspace (protocol-notes 2.8)."""
    await call.streams.settle()
    await call.streams.link.tell(53)


@command(
    "Get-Process",
    "List the processes of this machine.",
    Param("Name", position=0, many=True),
    Param("Id", "number", many=True),
    aliases=("ps", "gps"),
)
async def get_process(call: Call) -> Output:
    """Yield processes from /proc, or from ``ps`` where there is none."""
    found = _from_proc() or await _from_ps()
    names, numbers = call.get("Name"), call.get("Id")
    wanted = [(name, operators.wildcard(name)) for name in names or []]
    for name, pattern in wanted:
        if not re.search(r"[*?\[]", name) and not any(pattern.match(item.properties["ProcessName"]) for item in found):
            await _no_process(call, f"named '{name}'", "NoProcessFoundForGivenName", name)
    known = {item.properties["Id"] for item in found}
    for number in numbers or []:
        if int(number) not in known:
            await _no_process(call, f"with the id {int(number)}", "NoProcessFoundForGivenId", int(number))
    for item in sorted(found, key=lambda item: item.properties["ProcessName"].lower()):
        by_name = not wanted or any(pattern.match(item.properties["ProcessName"]) for _, pattern in wanted)
        if by_name and (not numbers or item.properties["Id"] in [int(number) for number in numbers]):
            yield item


async def _no_process(call: Call, which: str, error_id: str, target: Any) -> None:
    message, kind = f"There is no process {which} on this machine.", "ProcessCommandException"
    full = f"Microsoft.PowerShell.Commands.{kind}"
    await call.error(message, error_id, "ObjectNotFound", kind, target, full)


def _process(number: int, name: str, resident: int, private: int, seconds: float, session: int, start: Any) -> Thing:
    shown = {"ProcessName": name, "Id": number, "CPU": round(seconds, 2), "WS": resident, "PM": private, "NPM": 0,
             "SI": session, "StartTime": start, "Name": name}  # fmt: skip
    return Thing((PROCESS, "System.Object"), shown, f"{PROCESS} ({name})")


def _from_proc() -> list[Thing]:
    if not Path("/proc/self/stat").exists():
        return []
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    boot = time.time() - _seconds_up()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, ValueError, IndexError):  # a process may end while it is read
            name, _, rest = (folder / "stat").read_text(errors="replace").partition("(")[2].rpartition(")")
            fields = rest.split()
            sizes = (folder / "statm").read_text().split()
            seconds = (int(fields[11]) + int(fields[12])) / tick
            start = datetime.datetime.fromtimestamp(boot + int(fields[19]) / tick)
            resident, private = int(sizes[1]) * page, int(sizes[5]) * page
            found.append(_process(int(folder.name), name, resident, private, seconds, int(fields[3]), start))
    return found


async def _from_ps() -> list[Thing]:
    process = await asyncio.create_subprocess_exec(
        "ps", "-axo", "pid=,sess=,rss=,vsz=,time=,comm=", stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    text, _ = await process.communicate()
    found = []
    for line in text.decode(errors="replace").splitlines():
        with suppress(ValueError):
            number, _, resident, size, used, name = line.split(None, 5)
            seconds = 0.0
            for part in used.replace("-", ":").split(":"):
                seconds = seconds * 60 + float(part)
            found.append(
                _process(int(number), Path(name).name, int(resident) * 1024, int(size) * 1024, seconds, 0, None)
            )
    return found


@command("Get-Uptime", "Say how long this machine has been up.", Param("Since", "switch"))
async def get_uptime(call: Call) -> Output:
    """Yield a time span, or with -Since a date."""
    span = datetime.timedelta(seconds=int(_seconds_up()))
    yield now().replace(tzinfo=None, microsecond=0) - span if call.switch("Since") else span


def _seconds_up() -> float:
    with suppress(OSError, ValueError):
        return float(Path("/proc/uptime").read_text().split()[0])
    return time.monotonic()


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
