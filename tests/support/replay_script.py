"""A recording as a script: what the server said, and what it waited for before it went on.

The recorder noted both directions with a millisecond or so of jitter, so an answer may stand before its question. The
script therefore orders by cause where there is one: a pipeline's opening before its output, a host answer right behind
its call, the end of input before the output, a Signal before the final state, the pool's Close before its last states.
"""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.replay_clixml import read
from tests.support.replay_wire import ZERO

#: Kinds of events that wait for the client.
GATES = frozenset({"opening", "open", "answer", "input end", "signal", "close pool", "message"})
_OPENERS = frozenset({"CREATE_PIPELINE", "GET_COMMAND_METADATA"})
_LAST_POOL_STATE = re.compile(r'N="RunspaceState">[34]<')
_CALL = re.compile(r'<I64 N="ci">(-?\d+)</I64><Obj N="mi".*?<I32>(\d+)</I32>', re.DOTALL)


@dataclass(slots=True)
class Event:
    """One step: a message of the server (``kind`` "server") or something that the client must do first.

    ``guid`` is the recorded pipeline's id, ZERO for the pool; ``call_id`` and ``method`` belong to host calls and
    their answers. An answer that the real client did not give has an empty ``clixml``.
    """

    kind: str
    guid: uuid.UUID
    name: str = ""
    clixml: str = ""
    call_id: int = 0
    method: int = 0
    #: the message carries no pool id, as the server's first one
    nameless: bool = False
    inputs: list[str] = field(default_factory=list)


def read_recording(path: Path) -> list[dict[str, Any]]:
    """Return the elements of a ``.jsonl`` or ``.jsonl.gz`` recording; lines of plain text are left out."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.strip()]
    return _outer([record for record in records if "element" in record])


def _outer(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the conversation of the first pool: a session entered from within another is recorded in the same file."""
    pools = {message["runspace_pool_id"] for record in records for message in record.get("messages", ())}
    pools -= {str(ZERO)}
    first = next(message["runspace_pool_id"] for record in records for message in record.get("messages", ()))
    inner = {
        record["ps_guid"]
        for record in records
        for message in record.get("messages", ())
        if message["runspace_pool_id"] in pools - {first}
    } - {str(ZERO)}
    kept, greetings = [], 0
    for record in records:
        messages = record.get("messages", ())
        greetings += any(message["type"] == "SESSION_CAPABILITY" for message in messages)
        foreign = any(message["runspace_pool_id"] not in (first, str(ZERO)) for message in messages)
        again = greetings > 2 and any(message["type"] == "SESSION_CAPABILITY" for message in messages)
        if record["ps_guid"] not in inner and not foreign and not again:
            kept.append(record)
    return kept


def host_call(clixml: str) -> tuple[int, int]:
    """Return (call id, method id) of a host call or of its answer."""
    match = _CALL.search(clixml)
    if match is None:
        fields = read(clixml)
        return int(fields["ci"][1]), int(fields["mi"][1])
    return int(match[1]), int(match[2])


def make_script(records: Iterable[dict[str, Any]]) -> list[Event]:
    """Return the events of a recording in the order of their causes."""
    events: list[Event] = []
    for record in records:
        guid = uuid.UUID(record["ps_guid"])
        if record["from"] == "server":
            events += [_server(guid, message) for message in record.get("messages", ())]
        elif record["element"] == "Data":
            _client_data(events, guid, record.get("messages", []))
        elif record["element"] == "Signal":
            events.append(Event("signal", guid))
        elif record["element"] == "Close" and guid == ZERO:
            events = [event for event in events if event.kind != "close pool"]
            events.append(Event("close pool", ZERO))
    return _ordered(events)


def with_opening(events: list[Event], opening: Iterable[Event]) -> list[Event]:
    """Put the opening of another recording before a script that was noted from an open pool on."""
    head = []
    for event in opening:
        head.append(event)
        if event.name == "PIPELINE_OUTPUT" and event.clixml.startswith("<S>"):
            break
    prompt = head[-1].guid
    head += [event for event in opening if event.guid == prompt and event.name == "PIPELINE_STATE"]
    return [*head, *events[1:], Event("close pool", ZERO)]


def dies(events: Iterable[Event]) -> bool:
    """Whether the recorded server died: nobody closed the pool."""
    return not any(event.kind == "close pool" for event in events)


def _server(guid: uuid.UUID, message: dict[str, Any]) -> Event:
    event = Event("server", guid, message["type"], message["clixml"])
    event.nameless = uuid.UUID(message["runspace_pool_id"]) == ZERO
    if message["type"].endswith("HOST_CALL"):
        event.call_id, event.method = host_call(message["clixml"])
    return event


def _client_data(events: list[Event], guid: uuid.UUID, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        name, clixml = message["type"], message["clixml"]
        if name == "INIT_RUNSPACEPOOL":
            events.append(Event("opening", ZERO, name, clixml))
        elif name in _OPENERS:
            events.append(Event("open", guid, name, clixml))
        elif name == "PIPELINE_INPUT":
            opening = next(event for event in events if event.kind == "open" and event.guid == guid)
            opening.inputs.append(clixml)
        elif name == "END_OF_PIPELINE_INPUT":
            events.append(Event("input end", guid, name))
        elif name.endswith("HOST_RESPONSE"):
            call_id, method = host_call(clixml)
            events.append(Event("answer", guid, name, clixml, call_id, method))
        elif name != "SESSION_CAPABILITY":
            events.append(Event("message", guid, name, clixml))


def _ordered(events: list[Event]) -> list[Event]:
    """Move each gate to where its cause puts it."""
    events = [event for event in events if event.kind != "opening"]
    for event in [event for event in events if event.kind in ("open", "signal", "input end", "close pool")]:
        at = events.index(event)
        first = next((index for index in range(at) if _belongs_behind(events[index], event)), at)
        events.insert(first, events.pop(at))
    for call in [event for event in events if event.kind == "server" and event.call_id > 0]:
        answer = next((event for event in events if _answers(event, call)), None)
        if answer is None:
            answer = Event("answer", call.guid, "", "", call.call_id, call.method)
        else:
            events.remove(answer)
        events.insert(events.index(call) + 1, answer)
    return [Event("opening", ZERO), *events]


def _belongs_behind(event: Event, gate: Event) -> bool:
    """Whether a server's message, noted before ``gate``, can only be its consequence."""
    if event.kind != "server" or event.guid != gate.guid:
        return False
    match gate.kind:
        case "signal":
            return event.name == "PIPELINE_STATE"
        case "close pool":
            return event.name == "RUNSPACEPOOL_STATE" and bool(_LAST_POOL_STATE.search(event.clixml))
        case _:
            return True


def _answers(event: Event, call: Event) -> bool:
    return event.kind == "answer" and (event.guid, event.call_id) == (call.guid, call.call_id)
