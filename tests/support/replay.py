"""A stand-in ``pwsh -s`` that says what a recorded server said, and minds what the client does meanwhile.

As a program: ``python -m tests.support.replay RECORDING LOG [arguments of pwsh]``. ``install`` writes a ``pwsh`` that
starts it, to be put first on PATH. Each client pipeline is matched with the next recorded one of the same commands and
typed text; the recorded messages are sent with the live ids in their recorded order, which waits where the recording
waited: for host answers, input and Signals. What the client does wrong is a *violation* in the log and makes the
program end with 3; what it does unlike the real client is a *difference*; the rest are notes.

``PSTUI_REPLAY_ACKS=late`` sends every acknowledgement behind the output it may precede, ``PSTUI_REPLAY_FRAGMENT=n``
cuts messages into fragments of n bytes.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import uuid
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tests.support import replay_compare as compare
from tests.support.paths import RECORDINGS
from tests.support.replay_clixml import read
from tests.support.replay_log import ARGUMENTS
from tests.support.replay_player import COMPLETED, STOPPED, Pipe, Player
from tests.support.replay_script import Event, dies, host_call, make_script, read_recording, with_opening
from tests.support.replay_wire import (
    ZERO,
    Assembler,
    Element,
    Message,
    WireError,
    empty_element,
    parse_element,
    parse_message,
)

#: How long an overhasty client is given to show itself before an acknowledgement goes out, in seconds.
HASTE = 0.002


@dataclass(slots=True)
class Lines:
    """The standard input as lines, with a look at what has already arrived."""

    ready: deque[bytes] = field(default_factory=deque)
    rest: bytes = b""
    ended: bool = False

    def next(self) -> bytes | None:
        """Return the next line, waiting for it; None at the end."""
        while not self.ready and not self.ended:
            self._read()
        return self.ready.popleft() if self.ready else None

    def glance(self) -> list[bytes]:
        """Return what a client sent that did not wait for an answer."""
        while not self.ended and select.select([0], [], [], HASTE)[0]:
            self._read()
        return list(self.ready)

    def _read(self) -> None:
        data = os.read(0, 1 << 16)
        self.ended = not data
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.ready.extend(line.rstrip(b"\r") for line in lines if line.strip())


class Replay(Player):
    """The listening half: one conversation with a live client, each of whose moves is minded."""

    def __init__(self, events: list[Event], log: Path) -> None:
        super().__init__(events)
        self.dies = dies(events)
        self.log_file = log.open("a", encoding="utf-8")
        self.lines = Lines()
        self.assemblers: dict[tuple[uuid.UUID, str], Assembler] = {}
        self.violations = 0
        self.closing = False
        self.late = os.environ.get("PSTUI_REPLAY_ACKS") == "late"

    def log(self, kind: str, text: str) -> None:
        """Write one line to the log at once, so that a test can wait for it."""
        self.violations += kind == "violation"
        self.log_file.write(f"{kind}: {' '.join(text.split())[:400]}\n")
        self.log_file.flush()

    def run(self) -> NoReturn:
        """Serve until the pool is closed, the client goes or the recorded server dies."""
        while (line := self.lines.next()) is not None:
            try:
                self.element(parse_element(line.decode("utf-8", "replace")))
            except WireError as error:
                self.log("violation", str(error))
            if self.closing:
                break
            if self.dies and not self.events:
                self.log("note", "died as recorded")
                os.kill(os.getpid(), signal.SIGKILL)
        else:
            self.log("difference", "the client ended without closing the pool")
        left = [event for event in self.events if event.kind == "open"]
        if left:
            self.log("note", f"{len(left)} pipelines were not asked for")
        self.log("end", "closed" if self.closing else "left")
        sys.exit(3 if self.violations else 0)

    def element(self, element: Element) -> None:
        """Take one element of the client."""
        pipe = self.pipes.get(element.guid)
        if element.name != "Command" and element.guid != ZERO and (pipe is None or pipe.closed):
            raise WireError(f"{element.name} for {element.guid}, which is {'closed' if pipe else 'no command'}")
        match element.name:
            case "Command":
                self.command(element.guid)
            case "Data":
                self.data(element)
            case "Signal":
                self.signal(element.guid)
            case "Close":
                self.close(element.guid)

    def command(self, guid: uuid.UUID) -> None:
        """Make a command channel."""
        if guid in self.pipes or guid == ZERO or not self.opened:
            raise WireError(
                f"Command for {guid}, which {'is taken' if self.opened else 'comes before the pool opened'}"
            )
        self.pipes[guid] = Pipe()
        self.acknowledge("CommandAck", guid)

    def data(self, element: Element) -> None:
        """Take a payload: its messages, then the acknowledgement (behind the output if it is to be late)."""
        pipe = self.pipes.get(element.guid)
        if pipe is not None and pipe.signalled:
            self.log("violation", f"Data after Signal for {element.guid}")
        assembler = self.assemblers.setdefault((element.guid, element.stream), Assembler())
        messages = [parse_message(blob) for blob in assembler.feed(element.data)]
        late = self.late or not self.opened
        if not late:
            self.acknowledge("DataAck", element.guid)
        for message in messages:
            self.check_message(message, element)
            self.message(message, element.guid)
        self.advance()
        if late:
            self.acknowledge("DataAck", element.guid)

    def check_message(self, message: Message, element: Element) -> None:
        """Mind stream, pool id and pipeline id of a message."""
        is_answer = message.name.endswith("HOST_RESPONSE")
        if is_answer != (element.stream == "PromptResponse"):
            self.log("violation", f"{message.name} on the stream {element.stream}")
        if message.name != "SESSION_CAPABILITY" and self.pool_id not in (ZERO, message.pool_id):
            self.log("violation", f"{message.name} for the pool {message.pool_id}")
        if message.pipeline_id != element.guid:
            self.log("violation", f"{message.name} for {message.pipeline_id} in Data of {element.guid}")

    def message(self, message: Message, guid: uuid.UUID) -> None:
        """Take one message: an opening, an answer, input."""
        pipe = self.pipes.get(guid)
        match message.name:
            case "SESSION_CAPABILITY":
                self.log("note", f"capability {read(message.clixml)}")
            case "INIT_RUNSPACEPOOL":
                self.pool_id = message.pool_id
            case "CREATE_PIPELINE" | "GET_COMMAND_METADATA" if pipe is not None:
                self.open_pipeline(message, pipe)
            case "PIPELINE_INPUT" | "END_OF_PIPELINE_INPUT" if pipe is not None:
                self.input(message, pipe)
            case "PIPELINE_HOST_RESPONSE" if pipe is not None:
                pipe.answers[host_call(message.clixml)[0]] = message.clixml
            case name if self.events and self.events[0].kind == "message" and self.events[0].name == name:
                self.events.popleft()
            case name:
                self.log("difference", f"{name} was not recorded here")

    def open_pipeline(self, message: Message, pipe: Pipe) -> None:
        """Find the recorded pipeline that the live one is, or answer that it is done."""
        if pipe.opened:
            self.log("violation", f"{message.name} again for {message.pipeline_id}")
        pipe.opened = True
        sent = compare.identity(message.name, message.clixml)
        found = self.find(sent)
        if found is None:
            self.log("unrecorded", f"{sent}")
            if sent[1] == ("prompt",):
                self.send(Message("PIPELINE_OUTPUT", self.pool_id, message.pipeline_id, self.prompt))
            self.finish(message.pipeline_id, COMPLETED)
            return
        self.skip_to(found, sent)
        for text in compare.unlike(message.name, found.clixml, message.clixml):
            self.log("difference", f"{sent[2] or sent[1]}: {text}")
        pipe.recorded = found.guid
        self.live[found.guid] = message.pipeline_id

    def input(self, message: Message, pipe: Pipe) -> None:
        """Note an input object or the end of input."""
        if not pipe.opened or pipe.input_ended:
            self.log("violation", f"{message.name} {'after its end' if pipe.input_ended else 'before the pipeline'}")
        if message.name == "END_OF_PIPELINE_INPUT":
            pipe.input_ended = True
            return
        pipe.inputs += 1

    def signal(self, guid: uuid.UUID) -> None:
        """Stop a command, as recorded if it was."""
        if guid == ZERO:
            raise WireError("Signal for the pool")
        pipe = self.pipes[guid]
        if pipe.signalled:
            self.log("violation", f"a second Signal for {guid}")
        pipe.signalled = True
        expected = any(event.kind == "signal" and event.guid == pipe.recorded for event in self.events)
        self.advance()
        if not pipe.finished:
            self.log("difference", f"Signal where the recording has {'it later' if expected else 'none'}")
            self.drop(guid)
            self.finish(guid, STOPPED)
        self.acknowledge("SignalAck", guid)

    def close(self, guid: uuid.UUID) -> None:
        """Close a command, or the pool: then say the last words and end."""
        if guid != ZERO:
            pipe = self.pipes[guid]
            pipe.closed = True
            if not pipe.finished and pipe.opened:
                self.log("difference", f"Close before the final state of {guid}")
            self.drop(guid)
            self.acknowledge("CloseAck", guid)
            return
        still = [str(other) for other, pipe in self.pipes.items() if not pipe.closed]
        if still:
            self.log("violation", f"the pool is closed before its commands {', '.join(still)}")
        for state in (4, 3):
            clixml = f'<Obj RefId="0"><MS><I32 N="RunspaceState">{state}</I32></MS></Obj>'
            self.send(Message("RUNSPACEPOOL_STATE", self.pool_id, ZERO, clixml))
        self.acknowledge("CloseAck", ZERO)
        self.closing = True

    def acknowledge(self, name: str, guid: uuid.UUID) -> None:
        """Write an acknowledgement, after a look whether the client waited for it."""
        if name in ("CommandAck", "DataAck"):
            early = f"<Data Stream='Default' PSGuid='{guid}'>".encode()
            if any(line.startswith(early) for line in self.lines.glance()):
                self.log("violation", f"Data for {guid} before its {name}")
        self.write(empty_element(name, guid))


def load(recording: Path) -> list[Event]:
    """Return the script of a recording; one noted from an open pool on gets the opening of another."""
    events = make_script(read_recording(recording))
    if any(event.name == "APPLICATION_PRIVATE_DATA" for event in events):
        return events
    opening = RECORDINGS / "basics.jsonl.gz"
    return with_opening(events, make_script(read_recording(opening)))


def main(recording: str, log: str, *arguments: str) -> NoReturn:
    """Run the stand-in."""
    replay = Replay(load(Path(recording)), Path(log))
    if list(arguments) != ARGUMENTS:
        replay.log("difference", f"started with {arguments}")
    replay.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
