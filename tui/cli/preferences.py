"""What is done with the records of a run without a screen: shown, kept quiet, asked about, or a reason to stop.

``Preferences`` are the common parameters of the call (-ErrorAction and its like). ``Reporter`` is the console of one
target: everything that its far end writes goes through it, is judged by the preferences, and goes on to the console
that writes. It knows whether an error was reported, which the exit code depends on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pstui.backends.console import (
    BACKLOG_LIMIT,
    Console,
    ConsoleSize,
    KeyInfo,
    Question,
    QuestionCancelled,
    QuestionKind,
)
from pstui.backends.credentials import Secret
from pstui.backends.records import ErrorInfo, InformationInfo, ProgressRecord, Stream, Write
from pstui.tui.cli.error_text import error_text

_SILENT = ("SilentlyContinue", "Ignore")
#: records that are held while a question is open, before the far end is told to wait
_HELD = 1_000


@dataclass(frozen=True, slots=True)
class Preferences:
    """PowerShell's action for each stream, by its name; ``verbose`` and ``debug`` tell of the session itself.

    Warnings and messages are shown by the far end's host, which no action stops or asks about: -WarningAction Stop and
    -Verbose:$false change nothing there. ``quiet`` leaves errors alone on standard error.
    """

    error: str = "Continue"
    warning: str = "Continue"
    information: str = "SilentlyContinue"
    progress: str = "Continue"
    verbose: bool | None = None
    debug: bool | None = None
    quiet: bool = False

    @classmethod
    def of_call(cls, common: Mapping[str, Any], *, quiet: bool = False) -> Preferences:
        """Return the preferences that a call's common parameters set."""
        return cls(
            error=common.get("ErrorAction", "Continue"),
            warning=common.get("WarningAction", "Continue"),
            information=common.get("InformationAction", "SilentlyContinue"),
            progress=common.get("ProgressAction", "Continue"),
            verbose=common.get("Verbose"),
            debug=common.get("Debug"),
            quiet=quiet,
        )

    @property
    def counts_errors(self) -> bool:
        """Whether an error record makes the run a failure."""
        return self.error not in _SILENT

    def action(self, stream: Stream) -> str:
        """Return what is done with a text of a stream that is no output and no error."""
        if self.quiet:
            return "Ignore"
        return self.warning if stream is Stream.WARNING else "Continue"


class RecordSink(Protocol):
    """What takes every record of every stream instead of the standard streams (``--json-streams``)."""

    def text(self, record: Write) -> None: ...
    def error(self, error: ErrorInfo, text: str) -> None: ...
    def information(self, record: InformationInfo) -> None: ...
    def progress(self, record: ProgressRecord) -> None: ...


class Reporter:
    """The console of one target. ``label`` names the target in errors where there are several.

    ``output_to_err`` sends the text that the far end's host writes beside its objects to standard error. ``stop`` is
    called once when a preference ends the run; output that comes after it is dropped. ``failed`` is whether an error
    was reported that counts, or a question had nobody to answer it. What comes while a preference asks whether to go on
    is held until that is answered.
    """

    def __init__(
        self,
        console: Console,
        preferences: Preferences,
        *,
        label: str = "",
        output_to_err: bool = False,
        stop: Callable[[], None] = lambda: None,
        sink: RecordSink | None = None,
    ) -> None:
        self._console, self._preferences, self._label = console, preferences, label
        self._output_to_err, self._stop, self._sink = output_to_err, stop, sink
        self.failed = False
        #: whether error records came that the preference keeps quiet
        self.had_silent_errors = False
        #: whether a preference has ended the run
        self.stopped = False
        self._question: asyncio.Task[None] | None = None
        self._held: list[Callable[[], None]] = []
        self._yes_to_all: set[str] = set()
        self._told_of_stop = False

    # -- records -----------------------------------------------------------------------------------------------

    def error(self, error: ErrorInfo) -> None:
        """Take an error record."""
        if self.holds(lambda: self.error(error)):
            return
        action = self._preferences.error
        if action in _SILENT:
            self.had_silent_errors = True
            return
        if self.stopped:
            return
        self.failed = True
        self.tell_error(error)
        self._act(action, "error")

    def tell_error(self, error: ErrorInfo) -> None:
        """Show an error whatever the preference is."""
        text = error_text(error)
        if self._sink is not None:
            self._sink.error(error, text)
        else:
            label = f"[{self._label}] " if self._label else ""
            self._console.write(Write(label + text, stream=Stream.ERROR))

    @property
    def wants_information(self) -> bool:
        """Whether information records are shown at all."""
        action = self._preferences.information
        return (
            self._sink is not None
            or action in ("Stop", "Inquire")
            or not (self._preferences.quiet or action in _SILENT or self.stopped)
        )

    def information(self, record: InformationInfo) -> None:
        """Take an information record; that of Write-Host is a text of the host already.

        With -InformationAction Stop the first one is an error of its own; the script runs on, as with the real client.
        """
        if self.stopped or self.holds(lambda: self.information(record)):
            return
        action = self._preferences.information
        if self._sink is not None:
            self._sink.information(record)
        elif "PSHOST" not in record.tags and action != "Stop" and not self._preferences.quiet:
            self._console.write(Write(record.message, stream=Stream.NOTICE))
        if action != "Stop":
            self._act(action, "information record")
        elif not self._told_of_stop:
            self._told_of_stop = self.failed = True
            self._say(f"Invoke-Command failed, because -InformationAction is Stop: {record.message}")

    def write(self, record: Write) -> None:
        if self.stopped or self.holds(lambda: self.write(record)):
            return
        if record.stream in (Stream.OUTPUT, Stream.ERROR):
            if self._sink is not None:
                self._sink.text(record)
            elif self._output_to_err and record.stream is Stream.OUTPUT:
                self._console.write(
                    Write(record.text, record.newline, record.foreground, record.background, Stream.NOTICE)
                )
            else:
                self._console.write(record)
            return
        if self._sink is not None:
            self._sink.text(record)
        elif self._preferences.action(record.stream) not in _SILENT:
            self._console.write(record)

    def progress(self, record: ProgressRecord) -> None:
        if self._sink is not None:
            self._sink.progress(record)
        elif not (self._preferences.quiet or self._preferences.progress in _SILENT):
            self._console.progress(record)

    # -- what a preference does --------------------------------------------------------------------------------

    def _act(self, action: str, what: str) -> None:
        if action == "Stop":
            self.end()
        elif action == "Inquire" and what not in self._yes_to_all:
            self._question = asyncio.ensure_future(self._inquired(what))

    def holds(self, act: Callable[[], None]) -> bool:
        """Hold what is to be done with a record until the open question is answered; False where there is none."""
        if self._question is not None:
            self._held.append(act)
        return self._question is not None

    async def answered(self) -> None:
        """Return when no question is open any longer."""
        while self._question is not None:
            await asyncio.wait({self._question})

    async def _inquired(self, what: str) -> None:
        try:
            await self._inquire(what)
        finally:
            self._question = None
            held, self._held = self._held, []
            while held and self._question is None:
                held.pop(0)()
            self._held += held

    async def _inquire(self, what: str) -> None:
        question = Question(
            QuestionKind.LINE,
            "[Y] Yes  [A] Yes to all  [H] Halt (default is Y): ",
            (Write(f"Continue after this {what}?"),),
            remote=False,
        )
        try:
            answer = (await self._console.ask(question)).reveal().strip().casefold()
        except QuestionCancelled:
            self.end()
            return
        if answer in ("h", "halt"):
            self.end()
        elif answer in ("a", "yes to all"):
            self._yes_to_all.add(what)

    def end(self) -> None:
        """End the run as a failure."""
        self.failed = True
        if not self.stopped:
            self.stopped = True
            self._stop()

    def _say(self, text: str) -> None:
        label = f"[{self._label}] " if self._label else ""
        self.tell(Write(f"{label}pstui: {text}", stream=Stream.ERROR))

    def tell(self, record: Write) -> None:
        """Write a word of pstui's own; it is no record of the far end."""
        if record.stream is Stream.ERROR or not self._preferences.quiet:
            self._console.write(record)

    def cancel(self) -> None:
        """Withdraw the questions that are open."""
        self._held.clear()
        if self._question is not None:
            self._question.cancel()

    # -- the rest of a console ---------------------------------------------------------------------------------

    @property
    def size(self) -> ConsoleSize:
        return self._console.size

    @property
    def backlog(self) -> int:
        return self._console.backlog + (BACKLOG_LIMIT + 1 if len(self._held) > _HELD else 0)

    @property
    def rest(self) -> float:
        return 0.0

    async def drained(self) -> None:
        if len(self._held) > _HELD:
            await self.answered()
        await self._console.drained()

    def clear(self) -> None:
        self._console.clear()

    def set_title(self, title: str) -> None:
        self._console.set_title(title)

    def row(self) -> int:
        return self._console.row()

    def column(self) -> int:
        return self._console.column()

    async def ask(self, question: Question) -> Secret:
        try:
            return await self._console.ask(question)
        except QuestionCancelled as cancelled:
            self._unanswered(cancelled)
            raise

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        try:
            return await self._console.read_key(echo=echo, source=source)
        except QuestionCancelled as cancelled:
            self._unanswered(cancelled)
            raise

    def _unanswered(self, cancelled: QuestionCancelled) -> None:
        """A question that nobody can answer fails the pipeline; one that a person refused is for the script."""
        if cancelled.nobody:
            self.end()
