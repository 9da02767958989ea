"""Conversations of a real WinRM service, answered again: a connection for the WSMan transport without a network.

The answers are those that the real service gave, only that the ids of shell, commands and messages are those of the
client at hand. An answer to Receive is held back until the client has sent as much as the recorded one had by then.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.transports.wsman import faults

from tests.support.paths import DATA

CONVERSATIONS = DATA / "winrm"
_STREAM = re.compile(r"(<\w+:Stream [^>]*>|<connectResponseXml[^>]*>)([^<]*)(<)")
_TIMEOUT = 15.0


def names() -> list[str]:
    """Return the names of the recorded conversations."""
    return sorted(path.name.removesuffix(".json.gz") for path in CONVERSATIONS.glob("*.json.gz"))


def entries(name: str) -> list[dict[str, Any]]:
    """Return one conversation: request, response, and status or lost where it was no success."""
    found: list[dict[str, Any]] = json.loads(gzip.decompress((CONVERSATIONS / f"{name}.json.gz").read_bytes()))
    return found


def action(envelope: str) -> str:
    """Return the verb of an envelope."""
    found = re.search(r"Action[^>]*>([^<]*)<", envelope)
    assert found
    return found[1].rpartition("/")[2]


def _first(pattern: str, envelope: str) -> str:
    found = re.search(pattern, envelope)
    return found[1].upper() if found else ""


def shell_of(envelope: str) -> str:
    """Return the shell that an envelope is about, upper-case, or nothing."""
    return _first(r'ShellId="([^"]+)"', envelope) or _first(r'Name="ShellId">([^<]+)<', envelope)


def command_of(envelope: str) -> str:
    """Return the command that an envelope is about, upper-case, or nothing."""
    body = envelope.partition("Body")[2]
    return _first(r'CommandId="([^"]+)"', body)


def _is_answer(envelope: str) -> bool:
    """Whether a client sent what a service waits for: an answer to a host call, or something for the pool."""
    return action(envelope) == "Send" and ('Name="pr"' in envelope or not command_of(envelope))


@dataclass
class Entry:
    """One recorded exchange."""

    verb: str
    shell: str
    command: str
    request: str
    response: str | None
    status: int
    #: how much that the service waits for was sent before it
    answers_before: int
    #: how often its shell was created or connected to before it
    epoch: int
    used: bool = False


@dataclass
class Replay:
    """A service that answers as recorded. ``asked`` lists what the client sent, envelope by envelope."""

    name: str
    asked: list[str] = field(default_factory=list)
    shells: dict[str, str] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    #: how many Sends come before a command's output does: it was recorded, and would end the command too early
    sends_first: int = 0

    #: what is granted although it was not recorded: the recorded client sent less of these
    granted: tuple[str, ...] = ("Signal", "Send", "Delete")

    def __post_init__(self) -> None:
        self.entries: list[Entry] = []
        self._changed = threading.Condition()
        self._answers = 0
        self._epochs: dict[str, int] = {}
        answers, epochs = 0, dict[str, int]()
        for one in entries(self.name):
            request, response = one["request"], one["response"]
            verb = action(request)
            status = one.get("status", 200 if response else 0)
            shell, command = shell_of(request) or shell_of(response or ""), command_of(request)
            if verb == "Create" or (verb == "Connect" and not command):
                epochs[shell] = epochs.get(shell, 0) + 1
            self.entries.append(Entry(verb, shell, command, request, response, status, answers, epochs.get(shell, 0)))
            answers += _is_answer(request)

    def connection(self, way: object) -> Connection:
        """Return a connection, for ``Client``."""
        return Connection(self)

    def verbs(self) -> list[str]:
        """Return what was asked for, in order, Receives left out."""
        return [verb for verb in map(action, self.asked) if verb != "Receive"]

    def take(self, envelope: str, cut: threading.Event) -> bytes:
        """Answer one envelope. Raises NetworkFailure when it is cut, or lost as it was in the recording."""
        verb, shell, command = action(envelope), shell_of(envelope), command_of(envelope)
        with self._changed:
            self.asked.append(envelope)
            self._answers += _is_answer(envelope)
            self._pair(self.shells, shell, [one.shell for one in self.entries if one.verb in ("Create", "Connect")])
            if verb == "Command":
                self._pair(self.commands, command, [one.command for one in self.entries if one.verb == "Command"])
            self._changed.notify_all()
        end = time.monotonic() + _TIMEOUT
        while True:
            with self._changed:
                found = self._find(verb, self.shells.get(shell, shell), self.commands.get(command, command))
                if found is not None:
                    found.used = True
                    self._epochs[found.shell] = max(found.epoch, self._epochs.get(found.shell, 0))
                    break
                if verb in self.granted:
                    return self._plain(envelope, verb)
                if cut.is_set() or time.monotonic() > end:
                    raise faults.NetworkFailure(faults.NetworkKind.CLOSED, "nothing more was recorded")
                self._changed.wait(0.02)
        if found.response is None:
            raise faults.NetworkFailure(faults.NetworkKind.READ_TIMEOUT, "lost in the recording")
        return self._renamed(envelope, found.response)

    @staticmethod
    def _pair(known: dict[str, str], ours: str, recorded: list[str]) -> None:
        free = [one for one in recorded if one and one not in known.values()]
        if ours and ours not in known and ours not in recorded and free:
            known[ours] = free[0]

    def _find(self, verb: str, shell: str, command: str) -> Entry | None:
        if verb == "Receive" and command and self.verbs().count("Send") < self.sends_first:
            return None
        for one in self.entries:
            if one.used or (one.verb, one.command) != (verb, command):
                continue
            if one.shell and shell and one.shell != shell:
                continue
            if verb != "Receive":
                return one
            if one.epoch == self._epochs.get(one.shell, 0):
                return one if one.answers_before <= self._answers else None
        return None

    def _renamed(self, envelope: str, response: str) -> bytes:
        swaps = {one: one for entry in self.entries for one in (entry.shell, entry.command) if one}
        swaps |= {recorded: ours for known in (self.shells, self.commands) for ours, recorded in known.items()}

        def inner(found: re.Match[str]) -> str:
            data = base64.b64decode(found[2])
            for recorded, ours in swaps.items():
                # Older recorded clients wrote their ids in the other order of bytes, and the service gave them back.
                for written in (uuid.UUID(recorded).bytes, uuid.UUID(recorded).bytes_le):
                    data = data.replace(written, uuid.UUID(ours).bytes_le)
            return found[1] + base64.b64encode(data).decode() + found[3]

        response = _STREAM.sub(inner, response)
        for recorded, ours in swaps.items():
            response = response.replace(recorded, ours)
        message_id = re.search(r"MessageID>([^<]+)<", envelope)
        assert message_id
        return re.sub(r"(RelatesTo>)[^<]*", lambda found: found[1] + message_id[1], response).encode()

    def _plain(self, envelope: str, verb: str) -> bytes:
        template = next(one.response for one in self.entries if one.verb == "Create" and one.response)
        answer = f'<r:{verb}Response xmlns:r="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"/>'
        bare = re.sub(r"(<[\w-]+:Body>).*(</[\w-]+:Body>)", rf"\1{answer}\2", template, flags=re.DOTALL)
        return self._renamed(envelope, bare)


class Connection:
    """One connection to a Replay."""

    def __init__(self, replay: Replay) -> None:
        self._replay, self._cut = replay, threading.Event()

    def exchange(self, message: bytes, silence: float | None) -> bytes:
        """Answer a message."""
        return self._replay.take(message.decode(), self._cut)

    def cut(self) -> None:
        """End it."""
        self._cut.set()

    def close(self) -> None:
        """Close it."""
