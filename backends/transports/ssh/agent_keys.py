"""AddKeysToAgent: a key file that has signed for a login is put into the agent, as ssh does (ssh_config(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable

import asyncssh
from pstui.backends.console import Choice, Question, QuestionCancelled, QuestionKind
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.keys import KeyFile
from pstui.backends.transports.ssh.keywords import seconds_of
from pstui.backends.transports.streams import printable

_CHOICES = (Choice("yes", "Y"), Choice("no", "N"))


def wish(value: str) -> tuple[str, int | None] | None:
    """Return what AddKeysToAgent asks for: ``yes``, ``ask`` or ``confirm``, and for how many seconds; None for no.

    The values are those of a file and those that ``ssh -G`` prints.
    """
    first, _, rest = value.strip().lower().partition(" ")
    if first in ("", "no", "false"):
        return None
    word = {"yes": "yes", "true": "yes", "ask": "ask", "confirm": "confirm"}.get(first)
    time = rest if word else first
    if word is None and not re.match(r"\d", first):
        return None
    return word or "yes", seconds_of(time) if time else None


async def add_to_agent(files: Iterable[KeyFile], agent_path: str, value: str, context: ConnectContext) -> None:
    """Put the files that have signed into the agent, each once; what goes wrong is told and stops nothing."""
    wanted = wish(value)
    if wanted is None or agent_path == "none":
        return
    how, seconds = wanted
    for file in files:
        if not file.has_signed or file.private is None or file.is_in_agent:
            continue
        file.is_in_agent = True
        if how == "ask" and not await _is_allowed(file, context):
            continue
        try:
            # Connecting is the library's business, and its failures are these.
            async with asyncssh.SSHAgentClient(agent_path) as agent:
                await agent.add_keys([file.private], lifetime=seconds, confirm=how == "confirm")
        except (OSError, ValueError, asyncssh.Error) as error:
            told = f"The key {file.path} could not be put into the agent: {error}."
            context.console.write(Write(printable(told), stream=Stream.NOTICE))


async def _is_allowed(file: KeyFile, context: ConnectContext) -> bool:
    name = printable(str(file.path))
    asks = Write(f"Put the key {name} into the agent, for this and further logins?", stream=Stream.NOTICE)
    label = '[Y] yes  [N] no  (default is "N"): '
    try:
        answer = await context.console.ask(
            Question(QuestionKind.CHOICE, label, (asks,), _CHOICES, (1,), remote=False, source=name)
        )
    except QuestionCancelled:
        return False
    return answer.reveal().strip().lower() in ("y", "yes")
