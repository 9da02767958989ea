"""One target of Invoke-Command: a session that is opened for one script, and how it went, as an exit code."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from pstui.backends.connection import ORIGIN, ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.errors import LimitExceeded, OpenCancelled, OpenError, PstuiError
from pstui.backends.psrp.limits import WHOLE
from pstui.backends.records import ErrorInfo, PipelineState, SentObject, Stream, Write
from pstui.backends.sessions.last_status import LastStatus, last_status
from pstui.tui.cli.exit_codes import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_NO_SESSION, EXIT_OK, own_code
from pstui.tui.cli.preferences import Preferences, RecordSink, Reporter
from pstui.tui.output.base import Notes

#: what is told beside the limit that an object has crossed
_LIMIT = "The output is incomplete. The size is limited by MaximumReceivedObjectSize (of -SessionOption over WinRM)."


class Result(Protocol):
    """What the engine says about a pipeline that has ended."""

    @property
    def state(self) -> PipelineState: ...
    @property
    def error(self) -> ErrorInfo | None: ...


class Writer(Protocol):
    """What writes the objects of a run."""

    def write(self, sent: SentObject, notes: Notes | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Script:
    """What runs on a target. ``using`` is the table of ``$using:`` values, as it is sent; a table of ``arguments`` goes
    by name.

    ``named`` notes on each object where it comes from, ``shown`` that this is to be seen.
    ``exit_code`` asks for the far end's own exit code.
    """

    text: str
    arguments: tuple[object, ...] | Mapping[str, object] = ()
    using: Mapping[str, object] = field(default_factory=dict)
    named: bool = False
    shown: bool = True
    exit_code: bool = False
    preferences: Preferences = field(default_factory=Preferences)


def _collect_garbage() -> None:
    """From here on there may be some; what was loaded for the start (``main.py``) is none."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


class Target:
    """A session that is opened for one script. ``name`` is put before its errors.

    ``writer`` takes the objects; without one the far end formats them as text.
    """

    def __init__(
        self,
        session: Any,
        info: ConnectionInfo,
        script: Script,
        console: Console,
        writer: Writer | None = None,
        *,
        name: str = "",
        sink: RecordSink | None = None,
    ) -> None:
        self._session, self._info, self._script, self._writer = session, info, script, writer
        self._name = name
        self.reporter = Reporter(
            console,
            script.preferences,
            label=name,
            output_to_err=writer is not None,
            stop=self._stopped_by_preference,
            sink=sink,
        )
        self._opening: asyncio.Task[None] | None = None
        self._running: asyncio.Task[Result] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._unwanted = False
        #: whether no session could be opened; an exit code of the far end may be the same number
        self.refused = False
        session.console = self.reporter
        session.on_error = self.reporter.error
        session.on_information = self._information
        if script.preferences.verbose:
            session.on_step = self._step

    async def run(self, source: AsyncIterator[object] | None) -> int:
        """Open the session, run the script, close the session; return the exit code."""
        try:
            if self._unwanted:
                return EXIT_INTERRUPTED
            self._opening = asyncio.ensure_future(self._session.open())
            await self._opening
            _collect_garbage()
        except (OpenCancelled, asyncio.CancelledError):
            await self._session.close()
            return EXIT_INTERRUPTED
        except OpenError as error:
            if not self._info.profile:  # what a name was taken for may be what is wrong
                error.hint = f"{error.hint}\n{self._info.settings.get(ORIGIN, '')}".strip()
            self._say(error)
            self.refused = True
            await self._session.close()
            return EXIT_NO_SESSION
        try:
            if self._script.preferences.debug:
                self._describe()
            return await self._run(source)
        finally:
            self.reporter.cancel()
            await self._session.close()

    async def _run(self, source: AsyncIterator[object] | None) -> int:
        script = self._script
        self._running = asyncio.ensure_future(
            self._session.invoke_script(
                script.text,
                self.reporter,
                arguments=script.arguments,
                using=script.using,
                input=source,
                out_default=self._writer is None,
                on_object=self._object if self._writer is not None else None,
                limits=WHOLE,
            )
        )
        if self._unwanted:  # interrupted in the moment between opening and running
            self._running.cancel()
        try:
            result = await self._running
            await self.reporter.answered()
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED
        except LimitExceeded as error:
            error.hint = f"{error.hint} {_LIMIT}".strip()
            self._say(error)
            return EXIT_FAILED
        except PstuiError as error:
            self._say(error)
            return EXIT_FAILED
        completed = result.state is PipelineState.COMPLETED
        if result.error is not None and not (completed or self._unwanted or self.reporter.stopped):
            self.reporter.error(result.error)
        return await self._code(completed and not self.reporter.stopped)

    async def _code(self, completed: bool) -> int:
        """Return how the script went. ``completed`` is whether it ran to its end."""
        reporter, status = self.reporter, LastStatus()
        left: int | None = self._session.status.leave_code
        judged = reporter.failed or reporter.had_silent_errors
        if completed and left is None and not self._unwanted and (self._script.exit_code or not judged):
            status = await last_status(self._session)
        failed = reporter.failed or not completed or (status.succeeded is False and not judged)
        own = status.exit_code if left is None else left
        if self._script.exit_code and own is not None and (own or not failed or completed):
            return own_code(own)
        return EXIT_FAILED if failed else EXIT_OK

    async def stop(self, *, give_up: bool) -> None:
        """Stop the script; ``give_up`` also ends an opening, and what has not begun does not begin."""
        self._unwanted = self._unwanted or give_up
        if give_up:
            self.reporter.cancel()
        if self._running is not None:
            try:
                await self._session.stop()
            except Exception:  # the stop itself failed: do not wait for its effect
                self._running.cancel()
        elif give_up and self._opening is not None:
            self._opening.cancel()

    def _stopped_by_preference(self) -> None:
        self._stopping = asyncio.ensure_future(self.stop(give_up=False))

    def _information(self, body: bytes) -> None:
        if not self.reporter.wants_information:
            return
        from pstui.backends.psrp.record_info import information_info  # loaded by now, with the session

        if (record := information_info(body)) is not None:
            self.reporter.information(record)

    def _object(self, sent: SentObject) -> None:
        assert self._writer is not None
        if not (self.reporter.stopped or self.reporter.holds(lambda: self._object(sent))):
            self._writer.write(sent, self._notes if self._script.named else None)

    @cached_property
    def _notes(self) -> Notes:
        """What the real client notes on each object (protocol-notes 3.12)."""
        return {
            "PSComputerName": self._info.computer_name,
            "RunspaceId": str(self._session.instance_id),
            "PSShowComputerName": self._script.shown,
        }

    def _say(self, error: PstuiError) -> None:
        text = error.text()
        # It names the computer; which of several targets that is does not follow from an address.
        whose = f"[{self._name}] " if self._name and not text.startswith(self._name) else ""
        for line in f"pstui: {whose}{text}".split("\n"):
            self.reporter.tell(Write(line, stream=Stream.ERROR))

    def _step(self, name: str, detail: str) -> None:
        text = f"VERBOSE: {self._info.label}: {name} {detail}".rstrip()
        self.reporter.tell(Write(text, stream=Stream.VERBOSE))

    def _describe(self) -> None:
        session = self._session
        protocol = ".".join(map(str, session.protocol))
        text = f"DEBUG: {self._info.label}: session {session.instance_id} by {session.transport}, protocol {protocol}"
        self.reporter.tell(Write(text, stream=Stream.DEBUG))
