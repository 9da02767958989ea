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

from pstui.backends.console import Console, ConsoleSize, KeyInfo, Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import Secret
from pstui.backends.records import ErrorInfo, InformationInfo, ProgressRecord, Stream, Write
from pstui.tui.cli.error_text import error_text

_SILENT = ("SilentlyContinue", "Ignore")


@dataclass(frozen=True, slots=True)
class Preferences:
    """PowerShell's action for each stream, by its name; ``verbose`` and ``debug`` are None where nothing was said.

    ``quiet`` leaves errors alone on standard error.
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
        if stream is Stream.WARNING:
            return self.warning
        said = self.verbose if stream is Stream.VERBOSE else self.debug if stream is Stream.DEBUG else None
        return "Ignore" if said is False else "Continue"


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
    was reported that counts, or a question had nobody to answer it.
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
        self._asking: set[asyncio.Task[None]] = set()
        self._yes_to_all: set[str] = set()

    # -- records -----------------------------------------------------------------------------------------------

    def error(self, error: ErrorInfo) -> None:
        """Take an error record."""
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
        return self._sink is not None or not (
            self._preferences.quiet or self._preferences.information in _SILENT or self.stopped
        )

    def information(self, record: InformationInfo) -> None:
        """Take an information record; that of Write-Host is a text of the host already."""
        if self._sink is not None:
            self._sink.information(record)
        elif "PSHOST" not in record.tags:
            self._console.write(Write(record.message, stream=Stream.NOTICE))
        if "PSHOST" not in record.tags:
            self._act(self._preferences.information, "information record")

    def write(self, record: Write) -> None:
        if self.stopped:
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
        action = self._preferences.action(record.stream)
        if self._sink is not None:
            self._sink.text(record)
        elif action not in _SILENT:
            self._console.write(record)
        self._act(action, "warning" if record.stream is Stream.WARNING else "message")

    def progress(self, record: ProgressRecord) -> None:
        if self._sink is not None:
            self._sink.progress(record)
        elif not (self._preferences.quiet or self._preferences.progress in _SILENT):
            self._console.progress(record)

    # -- what a preference does --------------------------------------------------------------------------------

    def _act(self, action: str, what: str) -> None:
        if action == "Stop":
            if what != "error":
                self._say(f"The run was stopped, because a preference is set to Stop: {what}.")
            self.end()
        elif action == "Inquire" and what not in self._yes_to_all:
            task = asyncio.ensure_future(self._inquire(what))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

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
        for task in self._asking:
            task.cancel()

    # -- the rest of a console ---------------------------------------------------------------------------------

    @property
    def size(self) -> ConsoleSize:
        return self._console.size

    @property
    def backlog(self) -> int:
        return self._console.backlog

    @property
    def rest(self) -> float:
        return 0.0

    async def drained(self) -> None:
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
