"""``pstui cp``: files to a far end, from one, or between two, without the screen."""

from __future__ import annotations

import asyncio
import time

from pstui.backends.connection import ORIGIN, ConnectionInfo
from pstui.backends.console import Choice, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.files.base import FileError, FileSystem
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.opening import open_files
from pstui.backends.files.options import Existing, Options
from pstui.backends.files.plan import Outcome, State
from pstui.backends.files.transfer import Answer, Conflict, Progress, Transfer
from pstui.backends.records import ProgressRecord, Stream, Write
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import registry
from pstui.tui.cli.args import Options as CallOptions
from pstui.tui.cli.calls import resolve
from pstui.tui.cli.console import Look, TerminalConsole
from pstui.tui.cli.copy_call import HELP, CopyCall, parse
from pstui.tui.cli.exit_codes import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK
from pstui.tui.cli.interrupts import signals_taken
from pstui.tui.cli.streams import Output
from pstui.tui.cli.targets import is_choice, targets
from pstui.tui.plain import plain
from pstui.tui.profiles.reading import Profiles, load
from pstui.tui.profiles.vault import Vault
from pstui.tui.sizes import local_time, size_text, time_text

#: seconds between two looks at the progress
_LOOK = 0.2
_CHOICES = (
    Choice("Yes", "Y", "Overwrite this one."),
    Choice("Yes to All", "A", "Overwrite this one and all that follow."),
    Choice("No", "N", "Leave this one as it is."),
    Choice("No to All", "L", "Leave this one and all that follow as they are."),
    Choice("Newer", "W", "Overwrite this one and all that follow, where what comes is newer."),
)
_ANSWERS = {
    "Y": Answer(Existing.OVERWRITE),
    "A": Answer(Existing.OVERWRITE, for_all=True),
    "N": Answer(Existing.SKIP),
    "L": Answer(Existing.SKIP, for_all=True),
    "W": Answer(Existing.NEWER, for_all=True),
}


def main(options: CallOptions) -> int:
    """Copy what the words after ``cp`` name; return the exit code. Raises PstuiError."""
    call = parse(options.rest[1:])
    if call is None:
        print(HELP, end="")
        return EXIT_OK
    profiles = load(options.config)
    infos = dict[str, ConnectionInfo]()
    for host in dict.fromkeys(each.host for each in call.sources if each.host):
        if is_choice(host):
            raise CallError(f"cp: {host} may be several hosts", "", "Copy from one: pstui cp HOST:PATH DST.")
        infos[host] = resolve(host, profiles)
    to = call.destination.host
    found = targets([to], profiles, lambda name: infos.get(name) or resolve(name, profiles)) if to else ()
    goals = [to] if len(found) < 2 else [f"{to} {number}" for number in range(len(found))]
    infos.update(zip(goals, found, strict=False))
    return asyncio.run(_Copy(call, goals, infos, profiles).run())


class _Copy:
    """One call. ``goals`` are the keys of its destinations in ``infos``; a choice may mean several hosts."""

    def __init__(self, call: CopyCall, goals: list[str], infos: dict[str, ConnectionInfo], profiles: Profiles) -> None:
        self._call, self._goals, self._infos = call, goals, infos
        #: stands before what is said of each file, where there are several destinations
        self._to = ""
        self._vault = Vault(lambda: profiles.configuration.credentials, hosts=profiles.gate)
        self._vault.check = registry.check
        self._manager = SessionManager()
        self._files: dict[str, FileSystem] = {}
        self._failed = False
        self._is_quiet = "quiet" in call.given
        self._count = self._size = 0
        self._began = time.monotonic()

    async def run(self) -> int:
        output = Output(on_closed=lambda: None)
        look = Look.of_process()
        self._shows_progress = look.progress and not self._is_quiet
        self._console = TerminalConsole(output, look)
        work = asyncio.ensure_future(self._work())
        try:
            with signals_taken(lambda code: work.cancel()):
                return await work
        except asyncio.CancelledError:
            self._error("pstui: stopped. Run the same call again to go on.")
            return EXIT_INTERRUPTED
        finally:
            self._console.finish()
            for files in self._files.values():
                await files.close()
            await self._manager.close_all()
            await output.close()

    async def _work(self) -> int:
        for goal in self._goals:
            self._to = f"{self._infos[goal].label}: " if len(self._goals) > 1 else ""
            try:
                await self._to_one(await self._opened(goal))
            except PstuiError as error:
                if len(self._goals) == 1 and not isinstance(error, FileError):
                    raise
                self._failed = True
                self._error(f"pstui: {self._to}{error.text()}")
            if len(self._goals) > 1 and goal in self._files:
                await self._files.pop(goal).close()
        if self._shows_progress and not self._failed:
            self._say(self._summary())
        return EXIT_FAILED if self._failed else EXIT_OK

    async def _to_one(self, to: FileSystem) -> None:
        for host in dict.fromkeys(place.host for place in self._call.sources):
            paths = [place.path or "." for place in self._call.sources if place.host == host]
            source = await self._opened(host)
            transfer = Transfer(source, to, self._options(), ask=self._ask, on_outcome=self._outcome)
            showing = asyncio.ensure_future(self._show(transfer.progress))
            try:
                await transfer.run(paths, self._call.destination.path or ".")
            finally:
                showing.cancel()

    def _options(self) -> Options:
        given = self._call.given
        existing = {"force": Existing.OVERWRITE, "skip": Existing.SKIP, "newer": Existing.NEWER}
        return Options(
            recurse="recurse" in given,
            existing=next((how for name, how in existing.items() if name in given), Existing.ASK),
            keeps="no-preserve" not in given,
            checks="no-check" not in given,
            forces="force" in given,
        )

    async def _opened(self, host: str) -> FileSystem:
        if host not in self._files:
            if not host:
                self._files[""] = LocalFiles()
            else:
                info = self._infos[host]
                if (origin := info.settings.get(ORIGIN)) and not self._is_quiet:
                    self._say(f"pstui: {origin}")
                info = await self._vault.ready(info, self._console)
                self._files[host] = await open_files(info, self._console, self._manager)
        return self._files[host]

    async def _ask(self, conflict: Conflict) -> Answer:
        there, comes = (_described(each.size, each.modified) for each in (conflict.there, conflict.source))
        before: tuple[str, ...] = (
            f"{conflict.to} is there and differs: {there}. What comes: {comes}.",
            "Overwrite it?",
        )
        label = "  ".join(f"[{each.hotkey}] {each.label}" for each in _CHOICES) + ' (default is "N"): '
        while True:
            lines = tuple(Write(plain(text)) for text in before)
            question = Question(QuestionKind.CHOICE, label, lines, _CHOICES, (2,), remote=False, source="cp")
            try:
                said = (await self._console.ask(question)).reveal().strip().casefold() or "n"
            except QuestionCancelled as error:
                if not error.nobody:
                    raise asyncio.CancelledError from None
                self._failed = True
                self._say("pstui: --force overwrites what is there and differs, --skip leaves it.")
                return Answer(Existing.SKIP, for_all=True)
            for choice in _CHOICES:
                if said in (choice.hotkey.casefold(), choice.label.casefold()):
                    return _ANSWERS[choice.hotkey]
            before = tuple(f"{each.hotkey} - {each.help}" for each in _CHOICES)

    def _outcome(self, outcome: Outcome) -> None:
        if outcome.state is State.FAILED:
            self._failed = True
            self._error(f"pstui: {self._to}{outcome.text}")
            return
        if outcome.state is State.COPIED:
            self._count += 1
            self._size += outcome.size
        if self._is_quiet:
            return
        if outcome.state is State.SKIPPED or outcome.text:
            self._say(f"{self._to}{outcome.path}: {outcome.text}")
        elif not self._shows_progress:
            self._say(f"{self._to}{outcome.path}: {outcome.state.value}")

    async def _show(self, progress: Progress) -> None:
        """Show the progress on a terminal until it is cancelled."""
        while self._shows_progress:
            percent = round(100 * progress.done / progress.total) if progress.total else -1
            left = progress.seconds_left
            status = f"{size_text(progress.done)} of {size_text(progress.total)}  {size_text(progress.rate)}/s"
            if not progress.is_planned:
                status = f"{progress.files} found"
            elif left is not None:
                status += f"  ~{time_text(left)}"
            current = plain(progress.current.rpartition("/")[2])
            self._console.progress(ProgressRecord(0, 0, -1, "Copying", status, current, min(percent, 100), -1, False))
            await asyncio.sleep(_LOOK)

    def _summary(self) -> str:
        seconds = max(time.monotonic() - self._began, 0.001)
        what = "1 file" if self._count == 1 else f"{self._count} files"
        return f"{what}, {size_text(self._size)} in {seconds:.1f} s ({size_text(self._size / seconds)}/s)"

    def _say(self, text: str) -> None:
        self._console.write(Write(plain(text), stream=Stream.NOTICE))

    def _error(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            self._console.write(Write(plain(line if not number else f"  {line}"), stream=Stream.ERROR))


def _described(size: int, modified: float | None) -> str:
    there = local_time(modified)
    return size_text(size) + ("" if there is None else time.strftime(", %Y-%m-%d %H:%M:%S", there))
