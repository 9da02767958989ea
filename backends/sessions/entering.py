"""What is done to a session before the first line can be typed in it (protocol-notes 2.2, 2.5).

How this works. ``EnterAttempt`` runs the steps so that giving up returns at once. ``FirstPrompt`` asks for the required
commands and for the prompt in one pipeline, which saves two requests over WinRM. Where the answer is not the plain one
that nearly every far end gives, nothing is concluded from it, and both are asked for one after the other:
``check_commands`` does as PowerShell does and names what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import Bounded, ErrorInfo, PipelineState, SentObject, Stream, Write
from pstui.backends.sessions.prompt import target_prompt
from pstui.backends.sessions.reported import refusal
from pstui.backends.sessions.session import PSSession

#: Seconds that a cancelled entering may take to clean up before that continues in the background.
CANCEL_GRACE = 0.25


class EnterAttempt:
    """One attempt to enter a session. Giving it up returns at once, whatever the far end does."""

    def __init__(self, session: PSSession) -> None:
        self._session = session
        self._given_up: asyncio.Future[None] | None = None
        self._undoing: set[asyncio.Task[None]] = set()

    @property
    def is_going_on(self) -> bool:
        """Whether an attempt is being made."""
        return self._given_up is not None

    def give_up(self) -> None:
        """End the attempt."""
        if self._given_up is not None and not self._given_up.done():
            self._given_up.set_result(None)

    async def attempt(self, steps: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Take the steps. Raises OpenCancelled when they are given up, else what they raise."""
        given_up = self._given_up = asyncio.get_running_loop().create_future()
        entering = asyncio.create_task(steps(), name="entering")
        try:
            await asyncio.wait({entering, given_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._given_up = None
            if unfinished := not entering.done():
                entering.cancel()
                undoing = asyncio.create_task(self._undo(entering))
                self._undoing.add(undoing)
                undoing.add_done_callback(self._undoing.discard)
                await asyncio.wait({undoing}, timeout=CANCEL_GRACE)
        if unfinished or entering.cancelled():
            raise OpenCancelled(f"{self._session.info.label}: entering was cancelled")
        entering.result()

    async def _undo(self, entering: asyncio.Task[None]) -> None:
        """Let go of what the steps have begun, and delete a session that opens late."""
        await asyncio.wait({entering})
        if not entering.cancelled():
            entering.exception()  # mark as seen: nobody waits for it any more
        if self._session.temporary:
            await self._session.close()


async def install_prompt(session: PSSession) -> None:
    """Give a virtual machine, a container or a local process its prompt (protocol-notes 2.2); a failure is said."""
    from pstui.backends.psrp.invocation import Call, Invocation

    script = target_prompt(session.info, session.target_name, kept=not session.temporary)
    if script:
        answers = Bounded(1)
        if why := refusal(
            await session.run(Invocation(((Call(script, is_script=True),),)), on_output=answers.take), answers
        ):
            session.console.write(Write(f"The prompt of this session could not be set: {why}", stream=Stream.NOTICE))


async def check_commands(session: PSSession) -> None:
    """Check that the required commands are there. Raises OpenError naming what is missing."""
    from pstui.backends.psrp.invocation import REQUIRED

    result, found = await session.command_metadata(list(REQUIRED))
    least = 3 if session.protocol > (2, 0) else 2
    if result.error is None and not result.had_errors and len(found) >= least:
        return
    if result.state is PipelineState.STOPPED:
        raise OpenCancelled(f"{session.info.label}: entering was cancelled")
    present = {str(item.get("Name")).casefold() for item in found if isinstance(item, dict)}
    missing = [name for name in REQUIRED if name.casefold() not in present]
    target = result.error.target if result.error else ""
    if target and target not in missing:
        missing.insert(0, target)
    why = result.error.message if result.error else "Entering a session needs them."
    raise OpenError(
        f"{session.info.label}: the session cannot be entered, it lacks {', '.join(missing)}",
        why.splitlines()[0] if why else "",
        "Make these commands visible in the session configuration, or use pstui Invoke-Command.",
        error_id="CommandNotFoundException" if target else "",
    )


#: the protocol that brought several statements in one pipeline (protocol-notes 3.3)
BATCHES = (2, 2)


class FirstPrompt:
    """Asks for the required commands and for the prompt at once.

    ``found`` is then what the prompt function gave, None where the two have to be asked for by themselves; ``errors``
    are those that the prompt function wrote.
    """

    def __init__(self) -> None:
        self.found: Sequence[SentObject] | None = None
        self.errors: list[ErrorInfo] = []

    async def ask(self, session: PSSession) -> None:
        """Ask, where a command costs two requests and the far end knows several statements.

        Raises SessionStateError, SessionBroken.
        """
        from pstui.backends.psrp.invocation import ENTERING, REQUIRED

        if session.pool is None or session.pool.shell is None or session.protocol < BATCHES:
            return
        answers, errors = Bounded(len(REQUIRED) + 1), list[ErrorInfo]()
        result = await session.run(ENTERING, on_object=answers.take, on_error=errors.append)
        if result.state is PipelineState.STOPPED:
            raise OpenCancelled(f"{session.info.label}: entering was cancelled")
        names = {name for each in answers[: len(REQUIRED)] if (name := _text(each)) is not None}
        if result.error is None and names == set(REQUIRED) and len(answers) == len(REQUIRED) + 1:
            self.found, self.errors = answers[-1:], errors


def _text(sent: SentObject) -> str | None:
    from pstui.backends.psrp.clixml import simple_output

    simple = simple_output(sent.body)
    return simple if isinstance(simple, str) else None
