"""A bound Invoke-Command as a run without a screen: what it asks for, and what is refused before anything is opened."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pstui.backends.binding.binder import shell_value
from pstui.backends.binding.context import BindContext, BoundCall
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError, OpenCancelled
from pstui.tui.cli.args import Options
from pstui.tui.cli.preferences import Preferences
from pstui.tui.cli.run import THROTTLE_LIMIT, Form, Invocation, run
from pstui.tui.cli.script_file import read_script
from pstui.tui.cli.target import Script
from pstui.tui.output.writer import DEPTH
from pstui.tui.profiles.reading import Profiles

if TYPE_CHECKING:
    from pstui.tui.profiles.vault import Vault

_ID = "System.InvalidOperationException,Microsoft.PowerShell.Commands.InvokeCommandCommand"
_JOBS = ("A call from a shell has no jobs.", "Leave it out, and let the shell run pstui in the background: … &")
#: parameters that need what a call without a screen does not have: why, and what to do
_NOT_HERE = {
    "AsJob": _JOBS,
    "JobName": _JOBS,
    "InDisconnectedSession": (
        "A call from a shell waits for its script.",
        "Open the session in the screen, start the script there and disconnect: pstui -ComputerName NAME",
    ),
    "RemoteDebug": (
        "A call from a shell has no debugger.",
        "Set the breakpoint in a session of the screen: pstui Enter-PSSession …",
    ),
}
#: common parameters that put records into a variable: where the records go here
_VARIABLES = {
    "ErrorVariable": "Errors go to standard error: 2>FILE keeps them.",
    "WarningVariable": "Warnings go to standard error: 2>FILE keeps them.",
    "InformationVariable": "--json-streams gives every record of every stream.",
    "OutVariable": "Output goes to standard output: >FILE keeps it, and tee shows it as well.",
    "PipelineVariable": "Nothing comes after the call that could read it.",
}
_ACTIONS = ("ErrorAction", "WarningAction", "InformationAction", "ProgressAction")
_FORMS: tuple[Form, ...] = ("json", "json-streams", "csv", "clixml")


def invoke(infos: Sequence[ConnectionInfo], call: BoundCall, options: Options, profiles: Profiles) -> int:
    """Run Invoke-Command, which ``check`` has let pass, on its targets; return the exit code. Raises PstuiError."""
    from pstui.tui.profiles.vault import Vault

    vault = Vault(lambda: profiles.configuration.credentials, hosts=profiles.gate)
    return invoke_prepared(invocation_of(infos, call, options), options, profiles, vault)


def invoke_prepared(invocation: Invocation, options: Options, profiles: Profiles, vault: Vault) -> int:
    """Run what a call asks for, with the passwords of a vault, if the guard of no target minds. Raises PstuiError."""
    from pstui.backends.transports import registry
    from pstui.tui.cli.trace import traced_sessions

    vault.check = registry.check
    invocation = replace(invocation, ready=vault.ready)
    refuse_guarded(invocation, profiles, yes=options.yes)
    with traced_sessions(options.trace) as manager:
        if options.transcript is None:
            return run(invocation, manager=manager)
        from pstui.tui.cli.transcript_file import TranscriptFile

        sink = TranscriptFile(options.transcript)
        try:
            return run(invocation, transcript=sink, manager=manager)
        finally:
            sink.close()
            if sink.problem:
                print(f"pstui: {sink.problem}", file=sys.stderr)


def refuse_guarded(invocation: Invocation, profiles: Profiles, *, yes: bool = False) -> None:
    """Ask before a script runs of which the guard of a target holds something. Raises CallError where it must not."""
    if not profiles.has_guards:
        return
    from pstui.tui.guard.guards import Guards, strictest

    guard = strictest(map(Guards(profiles).of, invocation.infos))
    if guard is None:
        return
    from pstui.tui.guard.texts import answer_to, question, quotation

    held = guard.judge(invocation.script.text)
    if not held:
        return
    rows = quotation(guard, held, invocation.script.text)
    if guard.reads_only:
        hint = "Only reading lines are let through. The key guard of the profile, group or tag says so."
        raise CallError("The script was not run", "\n".join(rows), hint)
    if yes:
        return
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise CallError("The script was not run", "\n".join(rows), "Nobody can be asked here; --yes runs it.")
    hosts = len(invocation.infos)
    print("\n".join(rows), file=sys.stderr)
    print(question(hosts), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() != answer_to(hosts):
        raise OpenCancelled("The script was not run")


def invocation_of(infos: Sequence[ConnectionInfo], call: BoundCall, options: Options) -> Invocation:
    """Return what a call asks for. Raises PstuiError."""
    given = _input(call)
    nothing = call.piped and given == []  # no object comes through the pipe: the real client opens no session then
    return Invocation(
        () if nothing else infos,
        script_of(call, options, named=len(infos) > 1),
        given,
        _throttle(call.values, options),
        form=_form(options),
        depth=_number("--depth", options.depth, 0, DEPTH, DEPTH),
        input_form=options.input,  # type: ignore[arg-type]  # its declaration has the choices
        heads=not call.values.get("HideComputerName"),
        timeout=_seconds(options.timeout),
        gather=_gather(options),
    )


def check(call: BoundCall) -> None:
    """Refuse what cannot be done without a screen, and what Invoke-Command refuses itself. Raises CallError."""
    values = call.values
    if "SessionName" in values and not values.get("InDisconnectedSession"):
        what = "Invoke-Command: -SessionName goes with -InDisconnectedSession only"
        raise CallError(what, "", "Leave it out.", error_id=_ID)
    for name, (why, hint) in _NOT_HERE.items():
        if values.get(name):
            raise CallError(f"Invoke-Command: -{name} cannot be used here", why, hint)


def check_common(call: BoundCall) -> None:
    """Refuse the common parameters that nothing can be made of in a call from a shell. Raises CallError."""
    for name, hint in _VARIABLES.items():
        if call.common.get(name):
            why = "A call from a shell has no variables that could be read after it."
            raise CallError(f"Invoke-Command: -{name} cannot be used here", why, hint)
    for name in _ACTIONS:
        if call.common.get(name) == "Break":
            why, hint = _NOT_HERE["RemoteDebug"]
            raise CallError(f"Invoke-Command: -{name} Break cannot be used here", why, hint)


def script_of(call: BoundCall, options: Options, *, named: bool) -> Script:
    """Return the script of a call with its arguments and the values of its ``$using:`` variables. Raises PstuiError."""
    values = call.values
    path = values.get("FilePath")
    text = str(values["ScriptBlock"]) if path is None else read_script(str(path), options.encoding)
    known = {name.casefold(): value for name, value in call.variables.items()} | _given(options.var)
    using: Mapping[str, Any] = {}
    if "using:" in text.casefold():
        from pstui.backends.language.using import resolve_using

        text, using = resolve_using(text, known)
    return Script(
        text,
        tuple(values.get("ArgumentList") or ()),
        using,
        named=named,
        shown=not values.get("HideComputerName"),
        exit_code=options.exit_code,
        preferences=Preferences.of_call(call.common, quiet=options.quiet),
    )


def _given(texts: Sequence[str]) -> dict[str, Any]:
    """Return the values of ``--var NAME=VALUE`` by names in lower case, read as arguments of a shell are."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().removeprefix("$")
        if not (equals and name.replace("_", "a").isalnum()):
            raise CallError(f"--var does not take {text!r}", "", "Write --var NAME=VALUE, such as --var count=5.")
        if value.lstrip().startswith(("@{", "@(", "(", "$")):
            from pstui.backends.binding.line import evaluate  # PowerShell's language

            found[name.casefold()] = evaluate(value, BindContext())
        else:
            found[name.casefold()] = shell_value(value).value
    return found


def _input(call: BoundCall) -> Sequence[object] | None:
    """Return what the call itself gives as input: what is piped in is one object each, -InputObject is one."""
    if "InputObject" not in call.values:
        return None
    given = call.values["InputObject"]
    if not call.piped:
        return [given]
    return list(given) if isinstance(given, list | tuple) else [given]


def _form(options: Options) -> Form:
    chosen = [form for form in _FORMS if getattr(options, form.replace("-", "_"))]
    if len(chosen) > 1:
        raise CallError(f"--{chosen[0]} and --{chosen[1]} exclude each other", "", "Give one of them.")
    if options.depth is not None and not (options.json or options.json_streams):
        raise CallError("--depth goes with --json", "", "Text, CSV and CLIXML have no depth that could be chosen.")
    return chosen[0] if chosen else "text"


def _gather(options: Options) -> Literal["", "group", "diff"]:
    gather: Literal["", "group", "diff"] = "diff" if options.diff else "group" if options.group else ""
    if gather and _form(options) != "text":
        raise CallError(f"--{gather} goes with text", "", "Each object of JSON, CSV and CLIXML names its computer.")
    return gather


def _throttle(values: Mapping[str, Any], options: Options) -> int:
    if options.throttle is not None:
        return _number("--throttle", options.throttle, 1, 10_000, THROTTLE_LIMIT)
    limit = int(values.get("ThrottleLimit") or 0)
    return limit if limit > 0 else THROTTLE_LIMIT


def _number(name: str, text: str | None, least: int, most: int, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise CallError(f"{name} does not take {text!r}", "", f"It is a whole number from {least} to {most}.")
    return int(text)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise CallError(f"--timeout does not take {text!r}", "", "It is a time in seconds, such as 30 or 0.5.")
    return seconds
