"""The standard streams of a PowerShell that the engine runs in a container, and what became of that container."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
from collections.abc import Callable, Sequence
from typing import cast

from pstui.backends.console import Console
from pstui.backends.errors import Offer, SessionBroken
from pstui.backends.records import Stream, Write
from pstui.backends.timeouts import timeout
from pstui.backends.transports.command import ToolError, run_tool
from pstui.backends.transports.container.engine import (
    ERROR_ID,
    Container,
    ContainerState,
    how_it_ended,
    state_of,
    ways_out,
)
from pstui.backends.transports.process import ProcessChannel
from pstui.backends.transports.streams import printable

#: exit codes of an engine that found the program missing or not executable, as of a shell
NOT_FOUND = (126, 127)
#: most bytes kept of what was written until the far end's first answer; an opening has a few KiB
MAX_OPENING = 1 << 20
#: most bytes of text in place of the protocol that are gathered for the message
MAX_GARBAGE = 4096
#: seconds without any answer to what was written after which the container's state is asked for, doubled each time
QUIET, MAX_QUIET = 3.0, 60.0
#: seconds the program has to end once its input is closed
INPUT_GRACE = 0.5
#: seconds between two looks at a container that is going away
SETTLE = 0.3

_MISSING = re.compile(
    rb"executable file not found|no such file or directory|cannot find the file|command was not found|"
    rb"permission denied",
    re.IGNORECASE,
)
#: what engines say on stderr that is not an error of the session: their log below errors, and Podman posing as Docker
_CHATTER = re.compile(rb'time="[^"]*" level=(trace|debug|info|warning|warn) |Emulate Docker CLI using podman')
MAX_LINE = 4096
#: seconds a program that has failed may take to tell its version
PROBE = 10.0
#: what loaders of the two C libraries of Linux say of a program that is not theirs
_LOADER = re.compile(r"ld-linux|ld-musl|GLIBC|[Ee]rror relocating|symbol not found|required file not found")


class ExecProcess(ProcessChannel):
    """The engine's client. The engine's own chatter on stderr is set aside; the rest counts as the far end's errors."""

    def __init__(self) -> None:
        super().__init__()
        self._part = bytearray()
        self.said = bytearray()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd != 2:
            super().pipe_data_received(fd, data)
            return
        self.said += data[: max(0, MAX_GARBAGE - len(self.said))]
        self._part += data
        *lines, rest = self._part.split(b"\n")
        self._part = bytearray(rest[:MAX_LINE])
        for line in lines:
            if not _CHATTER.match(line):
                super().pipe_data_received(2, bytes(line) + b"\n")

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 2 and self._part and not _CHATTER.match(self._part):
            super().pipe_data_received(2, bytes(self._part))
        super().pipe_connection_lost(fd, exc)

    @property
    def exit_code(self) -> int | None:
        return self._transport.get_returncode() if self._transport else None

    async def end_input(self) -> None:
        """Close the program's input and give it a moment to end by itself."""
        pipe = self._transport.get_pipe_transport(0) if self._transport else None
        if pipe is not None:
            pipe.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._exited.wait(), INPUT_GRACE)


class ContainerChannel:
    """A channel to the first of several programs that the container has.

    That a program is missing shows only when the engine has tried it: what was written until then is written again to
    the next one. Nothing is lost by that, as no program has answered yet.
    """

    def __init__(self, container: Container, candidates: Sequence[Sequence[str]], console: Console) -> None:
        self._container, self._console = container, console
        self._candidates = [tuple(one) for one in candidates]
        self._tried: list[str] = []
        self._process: ExecProcess | None = None
        self._opening = bytearray()
        self._answered = False
        self._stopped = False
        self._ending = ""
        self._heard = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        #: makes the argument list of a candidate; set by the transport
        self.argv: Callable[[Sequence[str]], tuple[str, ...]] = tuple

    async def start(self) -> None:
        """Start the next candidate. Raises OSError when the engine itself cannot be started."""
        candidate = self._candidates.pop(0)
        self._tried.append(candidate[0])
        self._process = cast(ExecProcess, await ExecProcess.start(self.argv(candidate)))

    @property
    def program(self) -> str:
        """The program tried last."""
        return self._tried[-1]

    async def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end. Raises SessionBroken saying what became of the container."""
        assert self._process is not None
        while True:
            try:
                data = await self._process.read()
                failure = None
            except SessionBroken as broken:
                data, failure = b"", broken
            self._heard.set()
            if not self._answered and not data.lstrip().startswith(b"<"):
                data, again = await self._before_the_first_answer(data)
                if again:
                    continue
            if data:
                self._answered = True
                self._opening.clear()
                return data
            if self._stopped:
                return b""
            raise await self._explained(failure)

    async def write(self, data: bytes) -> None:
        """Write all of ``data``. Raises BrokenPipeError once the program is gone for good."""
        assert self._process is not None
        self._heard.clear()
        if not self._answered:
            if len(self._opening) + len(data) > MAX_OPENING:
                raise BrokenPipeError("The container's PowerShell does not answer the opening.")
            self._opening += data
            with contextlib.suppress(BrokenPipeError):
                await self._process.write(data)  # if it is gone, reading finds out whether another one is tried
        else:
            await self._process.write(data)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._notice_a_pause(), name="container watch")

    async def stop(self) -> None:
        """End the program in the container and the engine's client."""
        self._stopped = True
        if self._watch is not None:
            self._watch.cancel()
        if self._process is not None:
            await self._process.end_input()
            await self._process.stop()

    def ending(self) -> str:
        """Return what became of the container and how the program ended."""
        process = self._process.ending() if self._process else ""
        return "\n".join(part for part in (self._ending, process) if part)

    async def _before_the_first_answer(self, data: bytes) -> tuple[bytes, bool]:
        """Take text in place of an answer; return it and False, or True when another program was started instead."""
        assert self._process is not None
        while data and len(data) < MAX_GARBAGE:
            # The engine's own error is here, and then the engine ends; if it runs on, the text is something else.
            try:
                async with timeout(INPUT_GRACE):
                    more = await self._process.read()
            except (TimeoutError, SessionBroken):
                break
            if not more:
                break
            data += more
        if self._process.exit_code is None and not self._process.said:
            return data, False
        missing = self._process.exit_code in NOT_FOUND or _MISSING.search(data + bytes(self._process.said))
        if not missing or self._process.exit_code == 0 or self._stopped:
            return data, False
        if not self._candidates:
            raise self._no_powershell(data + bytes(self._process.said))
        await self._process.stop()
        await self.start()
        with contextlib.suppress(BrokenPipeError):
            await self._process.write(bytes(self._opening))
        return b"", True

    def _no_powershell(self, said: bytes) -> SessionBroken:
        container = self._container
        tried = " or ".join(printable(one) for one in self._tried)
        return SessionBroken(
            f"the container {container.name} has no PowerShell",
            f"The engine found no program {tried} in it, or not the C library that it was built for.",
            "Name its PowerShell with -Shell, or open a plain terminal in the container.",
            error_id=ERROR_ID,
            details=printable(said.decode("utf-8", "replace").strip())[:MAX_GARBAGE],
            offers=[Offer("Open a plain terminal", command=container.terminal_command)],
        )

    async def _explained(self, failure: SessionBroken | None) -> SessionBroken:
        """Return why the stream ended, by what the engine says about the container now."""
        state = await self._settled_state()
        self._ending = how_it_ended(self._container, state)
        error_id = "" if self._answered else ERROR_ID
        if state.state == "running" and failure is not None:
            what = f"the container {self._container.name}: {failure.what}"
            return SessionBroken(what, failure.why, error_id=error_id)
        why = self._process.ending() if self._process and state.state in ("running", "unknown") else ""
        if state.state == "running" and not self._answered and self._process and not self._process.said:
            why = "\n".join(part for part in (why, await self._why_not()) if part)
        hint, offers = ways_out(self._container, state.state)
        return SessionBroken(self._ending, why, hint, error_id=error_id, details=self.ending(), offers=offers)

    async def _why_not(self) -> str:
        """Return what the program says when it is only asked for its version.

        An engine may lose the last words of a program that ends while its input has not been read (Podman 4.3 does).
        """
        try:
            answer = await run_tool(self.argv((self.program, "-v")), seconds=PROBE)
        except ToolError:
            return ""
        if answer.code == 0:
            return ""
        other = "It was built for another C library than this container has." if _LOADER.search(answer.reason) else ""
        return "\n".join(part for part in (answer.reason, other) if part)

    async def _settled_state(self) -> ContainerState:
        """Return the container's state; one that is just going away is looked at again."""
        state = await state_of(self._container)
        for _ in range(4):
            if state.state in ("running", "paused", "removed", "unknown"):
                break
            await asyncio.sleep(SETTLE)
            later = await state_of(self._container)
            if later == state and state.state in ("exited", "stopped", "dead"):
                break
            state = later
        return state

    async def _notice_a_pause(self) -> None:
        """Tell once when what was written stays without any answer because the container is paused."""
        patience, told = QUIET, False
        while True:
            try:
                await asyncio.wait_for(self._heard.wait(), patience)
                break
            except TimeoutError:
                patience = min(patience * 2, MAX_QUIET)
            if not told and (await state_of(self._container)).state == "paused":
                told = True
                name, command = self._container.name, shlex.join(self._container.command_to_run("paused"))
                text = f"The container {name} is paused; the session waits until it is resumed: {printable(command)}"
                self._console.write(Write(text, stream=Stream.NOTICE))
        if told and not self._stopped:
            self._console.write(Write(f"The container {self._container.name} is running again.", stream=Stream.NOTICE))
