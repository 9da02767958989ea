"""Between a session's opening and its first prompt: what must be there, and giving up at once (2.2, 2.5, 2.9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import PipelineState
from pstui.backends.sessions.prompt import target_prompt
from pstui.backends.sessions.pssession import PSSession

#: The commands that entering needs; Get-Command is needed to ask for them (semantics 2.5).
REQUIRED = ("Out-Default", "Exit-PSSession")
#: Seconds that a cancelled entering may take to clean up before it goes on doing so by itself.
CANCEL_GRACE = 0.25


class Entering:
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
    """Give a virtual machine, a container or a local process its prompt; failure is silent (semantics 2.2)."""
    from pstui.backends.psrp.commands import Call, Invocation

    script = target_prompt(session.info, session.target_name, kept=not session.temporary)
    if script:
        await session.run(Invocation(((Call(script, is_script=True),),)))


async def check_commands(session: PSSession) -> None:
    """Offer the debug mode and check the required commands. Raises OpenError naming what is missing."""
    from pstui.backends.psrp.invocations import DEBUG_MODE

    if "DebugMode" in session.application_private_data and not session.debug_mode_set:
        await session.run(DEBUG_MODE)
        session.debug_mode_set = True
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
