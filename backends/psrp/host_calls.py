"""The far end's calls of the host, decoded, checked, done and answered (protocol-notes 4.1).

How this works. A host call has a call id ``ci``, a method ``mi`` and parameters ``mp``. ``take`` runs on the reader's
task. A void method (call id -100) is done at once and never answered; what fails in it is shown here, because the far
end never learns of it. A method with an answer is put into a task of its own: the person may take a day, and the
reader must not wait. Such a task belongs to its pipeline and to the session; when either ends it is cancelled, and the
question leaves the screen. The answer, or the exception in its place, goes back on the PromptResponse stream.

Parameters are checked against the method's table (``host_methods.py``) before ``Host`` sees them. An answer that holds
a secret waits for the session key. At most ``MAX_OPEN`` questions are open at once; a far end that asks more breaks
the protocol.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from psrpcore import types as ps
from psrpcore.types import HostMethodIdentifier, PSRPMessageType
from pstui.backends.console import Console, QuestionCancelled
from pstui.backends.errors import LimitExceeded, ProtocolError, PstuiError, SessionBroken, Unreadable
from pstui.backends.psrp.clixml import note_object, parse
from pstui.backends.psrp.error_records import stopped_record
from pstui.backends.psrp.fragments import Message
from pstui.backends.psrp.host import Host, HostError, is_secret_answer
from pstui.backends.psrp.host_methods import HOST_METHODS, ArgumentsError, HostMethod, checked
from pstui.backends.psrp.limits import SCREEN
from pstui.backends.psrp.pipeline import Pipeline
from pstui.backends.psrp.session_key import SessionKey
from pstui.backends.psrp.values import value_of
from pstui.backends.records import Stream, Write

log = logging.getLogger(__name__)

#: Call id of a method that is never answered (protocol-notes 4.1).
VOID = -100
#: Most questions of one session open at once; a real server asks one at a time.
MAX_OPEN = 32
#: Most failures of void calls that are shown for one session; the others go to the log alone.
MAX_SHOWN_FAILURES = 200
_INT64, _INT32 = range(-(2**63), 2**63), range(-(2**31), 2**31)
_LEAVING = frozenset({HostMethodIdentifier.SetShouldExit, HostMethodIdentifier.PopRunspace})


@dataclass(frozen=True, slots=True)
class HostCall:
    """One decoded call. ``values`` are the arguments as plain values, or the reason why they cannot be read."""

    ci: int
    mi: int
    values: list[Any] | str


class CalledPool(Protocol):
    """What answering host calls needs of their pool."""

    console: Console
    host: Host
    key: SessionKey

    @property
    def cipher(self) -> Any: ...
    async def send_message(
        self, message: Any, message_type: PSRPMessageType, pipeline_id: uuid.UUID | None, *, prompt: bool = False
    ) -> None: ...
    async def fail(self, failure: SessionBroken) -> None: ...


class HostCalls:
    """Takes the host calls of one pool and its pipelines."""

    def __init__(self, pool: CalledPool) -> None:
        self._pool = pool
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures = 0

    def take(self, message: Message, pipeline: Pipeline | None) -> None:
        """Do one host call, or start answering it. Raises Unreadable only when it is not a host call at all."""
        call = decode(message.body, self._pool.cipher, message)
        method = HOST_METHODS.get(call.mi)
        if pipeline is not None and pipeline.ignore_exit and call.mi in _LEAVING:
            return
        if method is None or not method.answered:
            self._do(call, method, (pipeline.limits if pipeline is not None else SCREEN).max_text)
            if call.ci != VOID:
                failure = None if method else "there is no such host method"
                self.spawn(self._respond(call, pipeline, None, failure), pipeline)
            return
        if call.ci == VOID:
            return  # an answer is impossible, and asking would be for nothing
        self.spawn(self._answer(call, method, pipeline), pipeline)

    def _do(self, call: HostCall, method: HostMethod | None, max_text: int | None) -> None:
        """Do a void method; what fails is shown, the far end never knows (protocol-notes 4.3)."""
        try:
            if method is None:
                raise HostError(f"host method {call.mi} does not exist")
            self._pool.host.run(method.id, arguments_of(call, method), max_text)
        except (HostError, ArgumentsError) as error:
            name = method.name if method else "HostCall"
            log.info("host call %s refused: %s", name, error)
            self._failures += 1
            if self._failures <= MAX_SHOWN_FAILURES:
                self._pool.console.write(Write(f"{name}: {error}", stream=Stream.ERROR))

    async def _answer(self, call: HostCall, method: HostMethod, pipeline: Pipeline | None) -> None:
        """Ask, then respond with the answer or with the exception in its place."""
        try:
            answer = await self._pool.host.ask(method.id, arguments_of(call, method))
            if is_secret_answer(answer):
                await self._pool.key.ensure()
        except QuestionCancelled:
            await self._respond(call, pipeline, None, "The pipeline has been stopped.", stopped=True)
        except (HostError, ArgumentsError, PstuiError) as error:
            if isinstance(error, SessionBroken):
                await self._pool.fail(error)
                return
            await self._respond(call, pipeline, None, str(error))
        except Exception as error:  # a console's own fault: the script there must not wait for ever
            log.warning("answering host call %s failed: %s", method.name, type(error).__name__)
            await self._respond(call, pipeline, None, "pstui could not do this")
        else:
            await self._respond(call, pipeline, answer, None)

    async def _respond(
        self, call: HostCall, pipeline: Pipeline | None, answer: Any, failure: str | None, *, stopped: bool = False
    ) -> None:
        if pipeline is not None and pipeline.is_done:
            return
        notes: dict[str, Any] = {}
        if answer is not None:
            notes["mr"] = answer
        if failure is not None:
            error_id = "PipelineStopped" if stopped else "RemoteHostExecutionException"
            reason = "PipelineStoppedException" if stopped else "RuntimeException"
            notes["me"] = stopped_record(failure, error_id, reason)
        notes["ci"] = ps.PSInt64(call.ci)
        notes["mi"] = HostMethodIdentifier(call.mi) if call.mi in HOST_METHODS else call.mi
        kind = PSRPMessageType.PipelineHostResponse if pipeline else PSRPMessageType.RunspacePoolHostResponse
        try:
            await self._pool.send_message(note_object(**notes), kind, pipeline.id if pipeline else None, prompt=True)
        except PstuiError as refused:
            # A session that breaks ends its pipelines itself; one that only refuses the answer would wait for it.
            if pipeline is not None and not isinstance(refused, SessionBroken):
                pipeline.fail(refused)

    def spawn(self, work: Coroutine[Any, Any, None], pipeline: Pipeline | None) -> None:
        """Run ``work`` in a task that ends with the pipeline or the session. Raises ProtocolError at too many."""
        if len(self._tasks) >= MAX_OPEN:
            work.close()
            raise ProtocolError("the far end asks too much at once", f"More than {MAX_OPEN} questions are open.")
        task = asyncio.create_task(work)
        owners = [self._tasks] if pipeline is None else [self._tasks, pipeline.host_call_tasks]
        for owner in owners:
            owner.add(task)
        task.add_done_callback(lambda done: self._ended(done, owners))

    def _ended(self, task: asyncio.Task[None], owners: list[set[asyncio.Task[None]]]) -> None:
        for owner in owners:
            owner.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("answering a host call failed: %s", type(error).__name__)

    def cancel(self) -> None:
        """Withdraw every open question, except that of the caller."""
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()


def decode(body: bytes, cipher: Any, read: Message | None = None) -> HostCall:
    """Decode a host call whatever its method and arguments; ``read`` may have what was read ahead.

    Raises Unreadable when ``ci`` or ``mi`` is missing, or no number of its kind.
    """
    root = read.root if read is not None and read.root is not None else parse(body)
    members = root.find("MS")
    found = {child.get("N"): child for child in members} if members is not None else {}
    try:
        ci = int(found["ci"].text or "")
        identifier = found["mi"]
        number = identifier.find("I32") if identifier.tag == "Obj" else identifier
        mi = int(number.text or "") if number is not None else 0
        parameters = found["mp"]
        if ci not in _INT64 or mi not in _INT32:  # an answer says both again
            raise ValueError
    except (KeyError, ValueError) as error:
        raise Unreadable("the far end sent a host call that cannot be read") from error
    try:
        known = read.value[0] if read is not None and read.value is not None else None
        if isinstance(known, str):
            return HostCall(ci, mi, known)
        values = known["mp"] if isinstance(known, dict) else value_of(parameters, cipher)
    except (Unreadable, LimitExceeded) as error:
        return HostCall(ci, mi, error.what)
    except Exception:  # a secret that does not decrypt, a number out of its range
        return HostCall(ci, mi, "the far end sent a value that cannot be read")
    if values is None:
        values = []
    return HostCall(ci, mi, values if isinstance(values, list) else "the arguments are not a list")


def arguments_of(call: HostCall, method: HostMethod) -> list[Any]:
    """Return the checked arguments of a call. Raises ArgumentsError."""
    if isinstance(call.values, str):
        raise ArgumentsError(f"{method.name}: {call.values}")
    return checked(method, call.values)
