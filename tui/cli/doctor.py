"""``pstui doctor``: this computer looked at, and each target tried out step by step, with one next thing to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pstui.backends.connection import ORIGIN, ConnectionInfo
from pstui.backends.credentials import PSCredential
from pstui.backends.doctor.checks import Check, Sign, absent, bad, good
from pstui.backends.doctor.examination import examine
from pstui.backends.doctor.machine import look_at_machine
from pstui.backends.doctor.report import redactor_for, told
from pstui.backends.errors import CallError
from pstui.backends.records import Write
from pstui.backends.redaction import without_password
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.version import VERSION
from pstui.config.sources import keyring_problem
from pstui.tui.cli.args import Options
from pstui.tui.cli.calls import bound
from pstui.tui.cli.console import Look, TerminalConsole
from pstui.tui.cli.exit_codes import EXIT_FAILED, EXIT_NO_SESSION, EXIT_OK
from pstui.tui.cli.streams import Output
from pstui.tui.cli.trace import traced_sessions
from pstui.tui.profiles.reading import Profiles, load
from pstui.tui.profiles.vault import Vault

#: the word that has secrets and names taken out, for a report to paste
REPORT = "--report"


def main(options: Options) -> int:
    """Examine what the words after ``doctor`` name; return the exit code. Raises PstuiError."""
    words = list(options.rest[1:])
    hides = REPORT in words
    words = [word for word in words if word != REPORT]
    profiles = load(options.config)
    infos = _targets(words, options, profiles)
    with traced_sessions(options.trace) as sessions:
        return asyncio.run(_Doctor(profiles, infos, hides, sessions or SessionManager()).run())


def _targets(words: Sequence[str], options: Options, profiles: Profiles) -> tuple[ConnectionInfo, ...]:
    if not words and options.line is None:
        return ()
    wanted = bound(replace(options, rest=tuple(words)), profiles)
    if not wanted.infos or any(info.parameter_set.is_lookup for info in wanted.infos):
        raise CallError("doctor needs a target that can be connected to", "", "Write: pstui doctor NAME")
    return wanted.infos


class _Doctor:
    def __init__(
        self, profiles: Profiles, infos: tuple[ConnectionInfo, ...], hides: bool, sessions: SessionManager
    ) -> None:
        self._profiles, self._infos, self._hides, self._sessions = profiles, infos, hides, sessions
        self._vault = Vault(lambda: profiles.configuration.credentials)
        self._redactor = redactor_for(infos)
        self._is_bad = False

    async def run(self) -> int:
        """Look, write, and return the exit code."""
        output = Output(on_closed=lambda: None)
        self._console = TerminalConsole(output, Look.of_process())
        try:
            self._write([f"pstui {VERSION}", "", "This computer"])
            checks = [check async for check in look_at_machine()]
            checks += [await asyncio.to_thread(_keyring), *_surroundings(self._profiles)]
            self._checks(checks)
            failed = [info for info in self._infos if not await self._examined(info)]
        finally:
            self._console.finish()
            await output.close()
        if failed:
            return EXIT_NO_SESSION
        # Who asks about a target asks whether it can be entered; an engine that does not run is told, no more.
        return EXIT_FAILED if self._is_bad and not self._infos else EXIT_OK

    async def _examined(self, info: ConnectionInfo) -> bool:
        found = await examine(self._sessions, info, self._console, prepare=self._prepared)
        origin = info.settings.get(ORIGIN, "")
        self._write(["", f"{info.label} ({info.parameter_set.value})", *([origin] if origin else [])])
        self._checks(found.checks)
        return found.passed

    async def _prepared(self, info: ConnectionInfo, console: object) -> ConnectionInfo:
        ready = await self._vault.ready(info, self._console)
        credential = ready.values.get("Credential")
        if isinstance(credential, PSCredential) and credential.password is not None:
            self._redactor = redactor_for((*self._infos, ready))
        return ready

    def _checks(self, checks: Sequence[Check]) -> None:
        self._is_bad = self._is_bad or any(check.sign is Sign.BAD for check in checks)
        self._write(list(told(checks)))

    def _write(self, lines: Sequence[str]) -> None:
        for line in lines:
            clean = self._redactor.all_out(line) if self._hides else self._redactor.secrets_out(line)
            self._console.write(Write(without_password(clean)))


def _keyring() -> Check:
    """Say whether passwords can be kept here. Blocks."""
    problem = keyring_problem()
    if problem:
        return absent("keyring", problem.rstrip("."), "Passwords come from the prompt, a command or a variable.")
    return good("keyring", "can be used")


def _surroundings(profiles: Profiles) -> Iterator[Check]:
    """Yield what the profile file and the terminal are like."""
    problems = profiles.configuration.problems
    if problems:
        many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        yield bad("profiles", many, str(problems[0]), "Run: pstui --check")
    else:
        yield good("profiles", str(len(profiles.configuration.profiles)))
    yield good("terminal", os.environ.get("TERM", "none"))
