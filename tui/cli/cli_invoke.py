"""Invoke-Command as it was bound, made ready to run without a screen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pstui.backends.binding.binder import BoundCall
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError
from pstui.tui.profiles.cli_profiles import Profiles

_ID = "System.InvalidOperationException,Microsoft.PowerShell.Commands.InvokeCommandCommand"
#: parameters that need what a call without a screen does not have: why, and what to do
_NOT_HERE = {
    "AsJob": ("A call from a shell has no jobs.", "Leave it out, and let the shell run pstui in the background: … &"),
    "JobName": ("A call from a shell has no jobs.", "Leave it out, and let the shell run pstui in the background: … &"),
    "InDisconnectedSession": (
        "A call from a shell waits for its script.",
        "Open the session in the screen, start the script there and disconnect: pstui -ComputerName NAME",
    ),
    "RemoteDebug": (
        "A call from a shell has no debugger.",
        "Set the breakpoint in a session of the screen: pstui Enter-PSSession …",
    ),
}


def invoke(
    infos: Sequence[ConnectionInfo], call: BoundCall, as_json: bool, transcript: str | None, profiles: Profiles
) -> int:
    """Run Invoke-Command, which ``check`` has let pass, on its targets; return the exit code. Raises CallError."""
    from pstui.tui.cli.invoke import THROTTLE_LIMIT, Invocation, run
    from pstui.tui.cli.invoke_target import Script
    from pstui.tui.cli.transcript_file import TranscriptFile
    from pstui.tui.profiles.vault import Vault

    values = call.values
    script = Script(
        _text(call),
        tuple(values.get("ArgumentList") or ()),
        as_json,
        named=len(infos) > 1 and not values.get("HideComputerName"),
        verbose=call.verbose,
    )
    limit = int(values.get("ThrottleLimit") or 0)
    limit = limit if limit > 0 else THROTTLE_LIMIT
    vault = Vault(lambda: profiles.configuration.credentials)
    invocation = Invocation(infos, script, _input(values), limit, vault.ready)
    if transcript is None:
        return run(invocation)
    sink = TranscriptFile(transcript)
    try:
        return run(invocation, transcript=sink)
    finally:
        sink.close()
        if sink.problem:
            print(f"pstui: {sink.problem}", file=sys.stderr)


def check(call: BoundCall) -> None:
    """Refuse what cannot be done without a screen, and what Invoke-Command refuses itself. Raises CallError."""
    values = call.values
    if "SessionName" in values and not values.get("InDisconnectedSession"):
        what = "Invoke-Command: -SessionName goes with -InDisconnectedSession only"
        raise CallError(what, "", "Leave it out.", error_id=_ID)
    for name, (why, hint) in _NOT_HERE.items():
        if values.get(name):
            raise CallError(f"Invoke-Command: -{name} cannot be used here", why, hint)


def _input(values: Any) -> Sequence[object] | None:
    given = values.get("InputObject")
    if given is None:
        return None
    return list(given) if isinstance(given, list | tuple) else [given]


def _text(call: BoundCall) -> str:
    path = call.values.get("FilePath")
    if path is None:
        return str(call.values["ScriptBlock"])
    try:
        return Path(str(path)).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is not UTF-8."
        raise CallError(f"-FilePath: {path} cannot be read", str(why)) from error
