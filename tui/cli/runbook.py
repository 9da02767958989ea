"""``pstui run NAME TARGET… -Name value``: a runbook without the screen, its parameters bound by its own form.

Without targets it tells what the runbook takes, without a name which runbooks there are.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.errors import CallError
from pstui.backends.language.param_blocks import ALL_SETS
from pstui.tui.cli.args import Options, is_what_if
from pstui.tui.cli.exit_codes import EXIT_OK
from pstui.tui.cli.target import Script as Running
from pstui.tui.plain import plain, plain_lines
from pstui.tui.profiles.reading import Profiles, load
from pstui.tui.runbooks.call import RunbookCall, filled, from_words, unknown_credential, values_of
from pstui.tui.runbooks.folder import Script, folders, named, read, runbooks


def main(options: Options) -> int:
    """Run a runbook, or tell of it; return the exit code. Raises PstuiError."""
    profiles = load(options.config)
    places = folders(profiles.path, profiles.settings)
    words = list(options.rest[1:])
    if not words:
        found, problems = runbooks(places)
        for problem in problems:
            print(f"pstui: {plain(problem)}", file=sys.stderr)
        none = f"There are no runbooks yet. Put .ps1 files into {plain(str(places[0]))}"
        print("\n".join(plain(one.name) for one in found) or none)
        return EXIT_OK
    script = read(named(words.pop(0), places))
    targets: list[str] = []
    while words and not words[0].startswith("-"):
        targets += words.pop(0).split(",")
    if not targets and not words:
        print(plain_lines(described(script)))
        return EXIT_OK
    if not targets:
        raise CallError("run needs a target", "", f"Write: pstui run {script.runbook.name} TARGET[,TARGET…] …")
    preview = not script.block.should_process and any(is_what_if(word) for word in words)
    call = bound(script, [word for word in words if not (preview and is_what_if(word))])
    names = profiles.configuration.credentials
    if wrong := unknown_credential(call.given, lambda name: name in names):
        raise CallError(f"-{wrong} names no saved credential", "", "Leave it out, or write ? to be asked for it.")
    infos = _targets(targets, profiles)
    if preview:
        print(plain_lines(f"{call.preview.rstrip()}\n\nto {', '.join(info.label for info in infos)}", limit=1 << 24))
        return EXIT_OK
    return _run(call, infos, options, profiles)


def bound(script: Script, words: Sequence[str]) -> RunbookCall:
    """Return a runbook with what words give to its parameters. Raises CallError."""
    texts = from_words(script.block, script.fields, words)
    set_name = _set_of(script, texts)
    given, _, wrong = values_of(script.block, script.fields, texts, set_name)
    if wrong:
        hint = f"pstui run {script.runbook.name} tells what it takes."
        raise CallError(f"{script.runbook.name}: {wrong}", "", hint, error_id="ParameterBindingException")
    return RunbookCall(script.runbook.name, script.text, given)


def _set_of(script: Script, texts: Mapping[str, str]) -> str:
    """Return the parameter set to which what is given belongs, the default one where several fit. Raises CallError."""
    sets = script.block.sets
    if not sets:
        return ""
    fitting = [name for name in sets if all(one.parameter.is_in(name) for one in script.fields if one.name in texts)]
    if not fitting:
        why = "They belong to different parameter sets."
        raise CallError(f"{script.runbook.name}: -{', -'.join(texts)} do not go together", why)

    def lacks(name: str) -> bool:
        inside = (one for one in script.fields if one.parameter.is_in(name) and one.parameter.is_mandatory(name))
        return any(one.name not in texts and not one.is_secret for one in inside)

    return next((name for name in fitting if not lacks(name)), fitting[0])


def _targets(items: Sequence[str], profiles: Profiles) -> tuple[ConnectionInfo, ...]:
    from pstui.tui.cli.calls import resolve
    from pstui.tui.cli.targets import targets

    return targets(items, profiles, lambda name: resolve(name, profiles, ask=False))


def _run(call: RunbookCall, infos: Sequence[ConnectionInfo], options: Options, profiles: Profiles) -> int:
    from pstui.backends.binding.context import BoundCall
    from pstui.tui.cli.invoke import invocation_of, invoke_prepared
    from pstui.tui.profiles.vault import Vault

    vault = Vault(lambda: profiles.configuration.credentials, hosts=profiles.gate)
    # $using: in a runbook is that of a call inside it, and means variables over there
    invocation = invocation_of(infos, BoundCall("Invoke-Command", "", {"ScriptBlock": ""}), options)
    script = replace(invocation.script, text=call.text)

    async def prepare(console: Console) -> Running:
        ready = await filled(call, vault, console)
        return replace(script, arguments=ready.parameters)

    return invoke_prepared(replace(invocation, script=script, prepare=prepare), options, profiles, vault)


def described(script: Script) -> str:
    """Return what a runbook says of itself and of each parameter."""
    block = script.block
    rows = [script.runbook.name, *(text for text in (block.synopsis, block.description) if text), ""]
    if block.sets:
        rows += [f"Parameter sets: {', '.join(block.sets)}", ""]
    for one in script.fields:
        must = one.parameter.is_mandatory(ALL_SETS) or any(one.parameter.sets.values())
        choices = f" One of {', '.join(one.choices)}." if one.choices else ""
        default = f" Default: {one.empty}." if one.parameter.default is not None and not one.is_secret else ""
        rows.append(f"  -{one.name}{'  (mandatory)' if must else ''}")
        rows.append(f"      {one.help}{choices}{default}")
    return "\n".join(rows if script.fields else [*rows, "  It takes no parameters."])
