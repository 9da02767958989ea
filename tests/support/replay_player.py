"""The speaking half of the stand-in server: where the script is, and what is sent next."""

from __future__ import annotations

import os
import sys
import uuid
from collections import deque
from dataclasses import dataclass, field

from tests.support import replay_compare as compare
from tests.support.replay_clixml import read
from tests.support.replay_script import GATES, Event
from tests.support.replay_wire import MAX_PAYLOAD, ZERO, Message, data_element, encode_message

_STATE = '<Obj RefId="0"><MS><I32 N="PipelineState">{}</I32></MS></Obj>'
_WRITE_LINE = (
    '<Obj RefId="0"><MS><I64 N="ci">-100</I64><Obj N="mi" RefId="1"><I32>16</I32></Obj>'
    '<Obj N="mp" RefId="2"><TN RefId="0"><T>System.Collections.ArrayList</T><T>System.Object</T></TN>'
    "<LST><S>{}</S></LST></Obj></MS></Obj>"
)
COMPLETED, STOPPED = 4, 3


@dataclass(slots=True)
class Pipe:
    """A live command channel: which recorded pipeline it plays, and what the client has done to it."""

    recorded: uuid.UUID | None = None
    opened: bool = False
    finished: bool = False
    signalled: bool = False
    closed: bool = False
    input_ended: bool = False
    inputs: int = 0
    answers: dict[int, str] = field(default_factory=dict)


class Player:
    """Plays a script to a live client; whoever listens to the client moves it on."""

    def __init__(self, events: list[Event]) -> None:
        self.events = deque(events)
        self.pipes: dict[uuid.UUID, Pipe] = {}
        self.live: dict[uuid.UUID, uuid.UUID] = {ZERO: ZERO}
        self.pool_id = ZERO
        self.object_id = 0
        self.prompt = "<S>PS&gt;</S>"
        self.awaited: Event | None = None
        self.opened = self.detour = False
        self.fragment = int(os.environ.get("PSTUI_REPLAY_FRAGMENT", MAX_PAYLOAD))

    def log(self, kind: str, text: str) -> None:
        """Note something; the listening half knows where."""

    def find(self, sent: tuple[object, ...]) -> Event | None:
        """Return the next recorded opening that is ``sent``, or typed like it."""
        openings = [event for event in self.events if event.kind == "open"]
        if sent[2] in (None, "prompt") and not self.detour:
            openings = self.reachable(openings)
        if openings and self.alike(openings[0], sent):
            return openings[0]
        exact = (event for event in openings if self.alike(event, sent) == 2)
        return next(exact, next((event for event in openings if self.alike(event, sent)), None))

    @staticmethod
    def reachable(openings: list[Event]) -> list[Event]:
        """Return the openings up to the next that is not a mere report of an error: nothing typed is passed over."""
        for index, event in enumerate(openings):
            if compare.identity(event.name, event.clixml)[1] != ("Out-Default",):
                return openings[: index + 1]
        return openings

    @staticmethod
    def alike(event: Event, sent: tuple[object, ...]) -> int:
        """Compare a recorded opening with a live one."""
        return compare.likeness(compare.identity(event.name, event.clixml), sent)

    def skip_to(self, found: Event, sent: tuple[object, ...]) -> None:
        """Drop what was recorded before ``found`` for pipelines that the client never made."""
        before = []
        while (event := self.events.popleft()) is not found:
            if event.guid in self.live:
                before.append(event)
            elif event.kind == "open" and not self.detour:
                self.log("skipped", f"{compare.identity(event.name, event.clixml)}")
        self.events.extendleft(reversed(before))
        if sent[2] not in (None, "prompt"):
            self.detour = False

    def advance(self) -> None:
        """Send the recorded messages up to the next thing that the client has to do."""
        while self.events:
            event = self.events[0]
            if event.kind in GATES:
                if not self.passed(event):
                    return
                if self.events and self.events[0] is event:
                    self.events.popleft()
                continue
            self.events.popleft()
            live = self.live.get(event.guid)
            if live is not None:
                pool = ZERO if event.nameless else self.pool_id
                self.send(Message(event.name, pool, live, event.clixml))

    def passed(self, event: Event) -> bool:
        """Whether the client has done what ``event`` waits for."""
        if event.kind == "opening":
            self.opened = self.pool_id != ZERO
            return self.opened
        if event.kind in ("open", "close pool", "message"):
            return False
        live = self.live.get(event.guid)
        if live is None:
            return True
        pipe = self.pipes[live]
        if event.kind == "answer":
            return self.answered(event, pipe)
        done = pipe.input_ended if event.kind == "input end" else pipe.signalled
        return done or self.wait(event)

    def wait(self, event: Event) -> bool:
        """Tell those who watch the log that the next move is the client's."""
        if self.awaited is not event:
            self.awaited = event
            self.log("waiting", f"{event.kind} {event.method}".removesuffix(" 0"))
        return False

    def answered(self, event: Event, pipe: Pipe) -> bool:
        """Compare a host answer; go a way of our own where the real client gave none."""
        clixml = pipe.answers.pop(event.call_id, None)
        if clixml is None:
            return self.wait(event)
        if event.clixml:
            for text in compare.answer_unlike(event.clixml, clixml):
                self.log("difference", f"host call {event.method}: {text}")
            return True
        self.detour = True
        guid = self.live[event.guid]
        self.drop(guid)
        result = read(clixml).get("mr")
        self.log("note", f"answer {event.method}: {result!r}")
        for item in result if isinstance(result, list) else ():
            text = item[1] if isinstance(item, tuple) else item
            self.send(Message("PIPELINE_HOST_CALL", self.pool_id, guid, _WRITE_LINE.format(text)))
        self.finish(guid, COMPLETED)
        return True

    def drop(self, guid: uuid.UUID) -> None:
        """Forget what was still to be said on a live pipeline."""
        recorded = self.pipes[guid].recorded
        self.events = deque(event for event in self.events if recorded is None or event.guid != recorded)

    def finish(self, guid: uuid.UUID, state: int) -> None:
        """End a pipeline with a state of our own."""
        self.send(Message("PIPELINE_STATE", self.pool_id, guid, _STATE.format(state)))

    def send(self, message: Message) -> None:
        """Write one message."""
        if message.name == "PIPELINE_STATE" and message.pipeline_id in self.pipes:
            self.pipes[message.pipeline_id].finished = True
        if message.name == "PIPELINE_OUTPUT" and message.clixml.startswith("<S>"):
            self.prompt = message.clixml
        self.object_id += 1
        for fragment in encode_message(message, self.object_id, self.fragment):
            self.write(data_element(message.pipeline_id, fragment))

    @staticmethod
    def write(data: bytes) -> None:
        """Write to the client; one that has gone ends the conversation."""
        try:
            while data:
                data = data[os.write(1, data) :]
        except BrokenPipeError:
            sys.exit(1)
