"""A session without a far end, for tests of the command line: it does what a tiny script of words says.

Run as a program it is one Invoke-Command against such a session: ``python -m tests.support.cli_far_end 'lines 3'``.
The words of a script, separated by a bar: ``lines N``, ``say TEXT``, ``part TEXT`` (no line end), ``err TEXT``,
``warn TEXT``, ``error TEXT`` (a record), ``exit N``, ``status true|false N`` (what is told of the last command),
``object JSON``, ``echo`` (the input), ``first`` (of it), ``args``, ``ask LABEL``, ``secret LABEL``,
``key``, ``sleep`` (until stopped), ``throw TEXT``, ``die``, ``large`` (an object beyond the limit), and
``progress PERCENT``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

from psrpcore.types import serialize
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import LimitExceeded, OpenError, SessionBroken
from pstui.backends.psrp.clixml import PlainCipher, note_object
from pstui.backends.psrp.limits import Limits
from pstui.backends.records import Batch, ErrorInfo, PipelineState, ProgressRecord, SentObject, Stream, Write
from pstui.tui.cli.run import Form, Invocation, run
from pstui.tui.cli.target import Script


def sent(value: object) -> SentObject:
    """Return a value as a far end would send it."""
    if isinstance(value, dict):
        value = note_object(**value)
    element = serialize(value, PlainCipher())
    return SentObject(ElementTree.tostring(element), PlainCipher().decrypt)


@dataclass
class Result:
    state: PipelineState
    error: ErrorInfo | None = None
    had_errors: bool = False


class Session:
    def __init__(self, console: Console, *, opens: str = "yes") -> None:
        self.console, self.opens = console, opens
        self.stopped = asyncio.Event()
        self.calls: list[str] = []
        self.arguments: Sequence[object] = ()
        self.input: AsyncIterator[object] | None = None
        self.instance_id = uuid.UUID(int=7)
        self.status = SimpleNamespace(leave_code=None)
        self.last: list[object] = [True, None]
        self.on_error: Callable[[ErrorInfo], None] = lambda error: None
        self.on_information: Callable[[bytes], None] = lambda body: None
        self.on_object: Callable[[SentObject], None] | None = None

    async def open(self) -> None:
        self.calls.append("open")
        if self.opens == "never":
            print("opening", flush=True)
            await asyncio.Event().wait()
        if self.opens == "no":
            raise OpenError("db: port 22 refuses", "Nothing listens there.", "Start sshd on db.")
        if self.opens == "ask":
            answer = await self.console.ask(Question(QuestionKind.SECRET, "Password: ", remote=False))
            self.console.write(Write(f"got {len(answer)}"))

    async def close(self) -> None:
        self.calls.append("close")

    async def stop(self) -> None:
        self.calls.append("stop")
        self.stopped.set()

    async def invoke_script(
        self,
        script: str,
        console: Console,
        *,
        arguments: Sequence[object] = (),
        using: Mapping[str, object],
        input: AsyncIterator[object] | None = None,
        out_default: bool = True,
        on_object: Callable[[SentObject], None] | None = None,
        limits: Limits | None = None,
    ) -> Result:
        self.arguments, self.input, self.on_object = arguments, input, on_object
        assert out_default is (on_object is None)
        for step in script.split(" | "):
            verb, _, rest = step.partition(" ")
            result: Result | None = await getattr(self, f"do_{verb}")(rest)
            if result is not None:
                return result
        return Result(PipelineState.COMPLETED)

    async def run(self, invocation: object, *, on_output: Callable[[object], None]) -> Result:
        """Answer the question how the last command went, the only one that is asked."""
        for value in self.last:
            on_output(value)
        return Result(PipelineState.COMPLETED)

    async def do_error(self, text: str) -> None:
        self.on_error(ErrorInfo(text, activity="Write-Error"))

    async def do_exit(self, code: str) -> None:
        self.status.leave_code = int(code)

    async def do_status(self, text: str) -> None:
        succeeded, code = text.split()
        self.last = [succeeded == "true", int(code)]

    async def do_say(self, text: str) -> None:
        self.console.write(Write(text))

    async def do_part(self, text: str) -> None:
        self.console.write(Write(text, newline=False))

    async def do_err(self, text: str) -> None:
        self.console.write(Write(text, stream=Stream.ERROR))

    async def do_warn(self, text: str) -> None:
        self.console.write(Write(text, stream=Stream.WARNING))

    async def do_args(self, _: str) -> None:
        self.console.write(Write(repr(list(self.arguments))))

    async def do_lines(self, count: str) -> Result | None:
        for number in range(int(count)):
            while self.console.backlog > 1_000:
                await self.console.drained()
            self.console.write(Write(str(number + 1)))
            if self.stopped.is_set():
                return Result(PipelineState.STOPPED)
            if number % 100 == 0:
                await asyncio.sleep(0)
        return None

    async def do_echo(self, _: str) -> None:
        assert self.input is not None
        count = 0
        async for values in self.input:
            for value in values if isinstance(values, Batch) else (values,):
                self.console.write(Write(f"in {value}"))
                count += 1
        self.console.write(Write(f"{count} in all"))

    async def do_first(self, _: str) -> None:
        assert self.input is not None
        values = await anext(self.input)
        self.console.write(Write(f"first {values[0] if isinstance(values, Batch) else values}"))

    async def do_object(self, text: str) -> None:
        assert self.on_object is not None
        self.on_object(sent(json.loads(text)))

    async def do_sleep(self, _: str) -> Result:
        self.console.write(Write("sleeping"))
        await self.stopped.wait()
        return Result(PipelineState.STOPPED, ErrorInfo("The pipeline has been stopped."))

    async def do_throw(self, text: str) -> Result:
        return Result(PipelineState.FAILED, ErrorInfo(text), True)

    async def do_die(self, _: str) -> None:
        raise SessionBroken("db: the connection was lost", "The server ended it.")

    async def do_large(self, _: str) -> None:
        raise LimitExceeded(
            "the far end sent an object that is too large", "It has more than 200 MiB.", "Ask for less."
        )

    async def do_progress(self, percent: str) -> None:
        record = ProgressRecord(0, 1, -1, "Copying", "file \x1b[2J", "", int(percent), -1, percent == "100")
        self.console.progress(record)

    async def do_ask(self, label: str, kind: QuestionKind = QuestionKind.LINE) -> Result | None:
        question = Question(kind, f"{label}: ", preamble=(Write("\x1b]0;forged\x07Far end asks"),))
        try:
            answer = await self.console.ask(question)
        except QuestionCancelled as error:
            return Result(PipelineState.FAILED, ErrorInfo(str(error) or "cancelled"))
        self.console.write(Write(f"answer of {len(answer)}"))
        return None

    async def do_secret(self, label: str) -> Result | None:
        return await self.do_ask(label, QuestionKind.SECRET)

    async def do_key(self, _: str) -> None:
        key = await self.console.read_key(echo=True)
        self.console.write(Write(f"key {key.virtual_key_code} {key.character!r}"))


class Manager:
    """Stands where the SessionManager does. ``opens`` says how sessions open, for all or by the host's name."""

    def __init__(self, opens: str | Mapping[str, str] = "yes") -> None:
        self.opens = opens
        self.sessions: list[Session] = []
        self.infos: list[ConnectionInfo] = []

    def create(self, info: ConnectionInfo, console: Console) -> Session:
        opens = self.opens if isinstance(self.opens, str) else self.opens.get(info.computer_name, "yes")
        self.sessions.append(Session(console, opens=opens))
        self.infos.append(info)
        return self.sessions[-1]


def invoke(script: str, *, opens: str = "yes", form: Form = "text", **more: Any) -> tuple[int, Session]:
    """Run a script and return the exit code with the session it ran in. ``more`` goes to the Script, or to ``run``."""
    manager = Manager(opens)
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db"}, settings=more.pop("settings", {}))
    transcript = more.pop("transcript", None)
    code = run(Invocation([info], Script(script, **more), form=form), manager=manager, transcript=transcript)
    return code, manager.sessions[0]


def invoke_on(hosts: Sequence[str], script: str, manager: Manager, **more: Any) -> int:
    """Run a script on several hosts and return the exit code. ``more`` goes to the Invocation, but for ``script``'s."""
    infos = [ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": host}) for host in hosts]
    of_script = {key: more.pop(key) for key in ("named", "shown", "preferences", "exit_code") if key in more}
    return run(Invocation(infos, Script(script, **of_script), **more), manager=manager)


if __name__ == "__main__":
    sys.exit(invoke(sys.argv[1], opens=sys.argv[2] if len(sys.argv) > 2 else "yes")[0])
