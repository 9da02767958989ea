"""A tab that is a terminal: it opens a channel where a session goes, and shows the program that runs there.

How this works: ``open`` starts the worker of a terminal's life. It asks the transport for a channel, makes an emulator
and lets ``Flow`` bring them together until the program ends. ``TerminalScreen`` has the keys. Reading (find, copy mode,
what has scrolled away) is done in a ``Transcript`` like that of any other tab, made of the rows as they are at that
moment; the program goes on behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.errors import OpenCancelled, OpenError, PstuiError
from pstui.backends.pace import Pace
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TerminalChannel, TerminalWish
from pstui.tui.pane.state import PaneState, Unseen
from pstui.tui.pane.texts import own_fault
from pstui.tui.plain import plain
from pstui.tui.still import Note
from pstui.tui.terminal.emulator import Emulator, bounded, make_emulator
from pstui.tui.terminal.flow import Flow
from pstui.tui.terminal.messages import TerminalChanged
from pstui.tui.terminal.screen import TerminalScreen
from pstui.tui.transcript import messages
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.transcript import Transcript
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

if TYPE_CHECKING:
    from pstui.tui.log.session_log import SessionLog

#: rows that are copied in one turn of the loop when the text is to be read
_PORTION: Final = 200
#: bytes that are kept of what is typed while a terminal opens
_AHEAD: Final = 1 << 16
_UNHEARD: Final = "\n  Nothing takes what is typed."


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a terminal comes from: ``info`` is made ready to be opened, ``directory`` asked for, when it opens.

    ``console`` is asked what the login needs. ``line`` runs in place of a shell.
    """

    info: ConnectionInfo
    console: Console
    ready: Callable[[], Awaitable[ConnectionInfo]]
    directory: Callable[[], Awaitable[str]]
    line: str = ""


class TerminalPane(Vertical):
    """A tab's content. ``Pane`` is the other kind; what both have, the workspace uses of either."""

    is_terminal = True
    as_session = None

    def __init__(self, origin: Origin, *, id: str, pace: Pace) -> None:
        super().__init__(id=id)
        self.origin, self._pace = origin, pace
        self.active = self.is_beside = False
        self.title = ""
        self.color = ""
        self.unseen = Unseen()
        self.state = PaneState.OPENING
        #: the step that the opening has come to, and why there is no terminal
        self.step = ""
        self.error: PstuiError | None = None
        #: whether anything was typed: a shell that was only looked at is closed without a question
        self.was_used = False
        self.screen_area = TerminalScreen(pace, self._send, self._resized, self.read_from_wheel)
        self.note = Note()
        #: what is read, while it is
        self.transcript: Transcript | None = None
        #: what keeps a log of it, None where none is kept
        self.kept_log: SessionLog | None = None
        self._channel: TerminalChannel | None = None
        self._flow: Flow | None = None
        self._far_title = self._ending = ""
        #: the size that the program was told
        self._told = (0, 0)
        #: what was typed for a program that is yet to start, and whether any was typed after one has ended
        self._ahead, self._unheard = bytearray(), False

    def compose(self) -> ComposeResult:
        yield self.screen_area
        yield self.note

    # -- what others show of it -------------------------------------------------------------------------------

    @property
    def as_terminal(self) -> TerminalPane:
        """This tab as a terminal's; of a session's that is None."""
        return self

    @property
    def info(self) -> ConnectionInfo:
        """Where it leads."""
        return self.origin.info

    @property
    def caption(self) -> str:
        """What the tab is called."""
        return self.title or f"{self.origin.info.label} $"

    @property
    def far_title(self) -> str:
        """What the program calls itself; shown beside the tabs, and nowhere outside of pstui."""
        return self.screen_area.state.title

    @property
    def runs(self) -> bool:
        """Whether closing it ends something: what runs beside the shell, or may."""
        if self.state is not PaneState.BUSY or self._channel is None:
            return self.state is PaneState.OPENING
        runs = self._channel.runs
        return self.was_used if runs is None else runs

    # -- its life ---------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Open the terminal once the size is known."""
        self.call_after_refresh(self.open)

    def open(self) -> None:
        """Open it, or open it again; nothing happens while it is open."""
        if self._flow is None:
            self.run_worker(self._live(), group="terminal", exclusive=True)

    async def _live(self) -> None:
        self.error, self.was_used, self._unheard = None, False, False
        self._enter(PaneState.OPENING)
        try:
            await self._open_and_follow()
            self._enter(PaneState.LEFT)
        except OpenCancelled:
            self._enter(PaneState.CANCELLED)
        except OpenError as error:
            self._fail(error, PaneState.FAILED)
        except PstuiError as error:
            self._fail(error, PaneState.BROKEN)
        except Exception as error:
            # A fault of ours in one terminal must not take the sessions with it.
            self._fail(own_fault(self.origin.info.label, error), PaneState.BROKEN)
        finally:
            self._flow = None
            self._ahead.clear()
            if self._channel is not None:
                await self._channel.stop()

    async def _open_and_follow(self) -> None:
        emulator = await asyncio.to_thread(make_emulator, *self._cells)
        info = await self.origin.ready()
        directory = await self.origin.directory()
        columns, rows = self._told = self._cells
        context = ConnectContext(self.origin.console, self._step)
        wish = TerminalWish(columns, rows, directory, self.origin.line)
        self._channel = channel = await registry.open_terminal(info, context, wish)
        emulator.resize(columns, rows)
        self.screen_area.show(emulator)
        log = self.kept_log
        self._flow = Flow(channel, emulator, self._pace, self._fed, *(() if log is None else (log.fed,)))
        if log is not None:
            log.resized(columns, rows)
            log.opened_terminal(self.origin.line)
        self._enter(PaneState.BUSY)
        if self._ahead:
            self._send(bytes(self._ahead))
        self.call_after_refresh(self._resized)
        await self._logged(self._flow.run())
        self._ending = plain(channel.ending(), limit=200) or "The program has ended."

    async def _logged(self, run: Coroutine[Any, Any, None]) -> None:
        """Run the program until its end, and note in the log, if one is kept, how it ended."""
        outcome = "broken"
        try:
            await run
            outcome = "completed"
        finally:
            if self.kept_log is not None:
                self.kept_log.ended(outcome)

    def _step(self, step: str, detail: str) -> None:
        self.step = plain(f"{step} {detail}".strip(), limit=120)
        self._tell()

    def _fail(self, error: PstuiError, state: PaneState) -> None:
        self.error = error
        self._enter(state)

    def _enter(self, state: PaneState) -> None:
        self.state = state
        # Without a program the keys are pstui's own again; Enter and what was typed for it still come here.
        self.screen_area.takes_every_key = state.live
        if state is not PaneState.OPENING:
            self.step = ""
        if state is PaneState.LEFT:
            self.unseen.ended = not self.active
        self._tell()

    async def leave(self) -> None:
        """End the program, because the tab or pstui closes."""
        if self._channel is not None:
            await self._channel.stop()
        self.workers.cancel_node(self)
        if self.kept_log is not None:
            await self.kept_log.close()

    # -- what the program does --------------------------------------------------------------------------------

    def _fed(self) -> None:
        if self.active:
            self.screen_area.changed()
            if self.far_title != self._far_title:
                self._far_title = self.far_title
                self._tell()

    def _send(self, data: bytes) -> None:
        if self._flow is None:
            self._typed_without_program(data)
            return
        self.was_used = True
        if not self._flow.send(data):
            self.app.bell()

    def _typed_without_program(self, data: bytes) -> None:
        """Keep what is typed before the program starts; after its end Enter starts one, and the rest is told of."""
        modes = self.screen_area.modes
        if self.state.live:
            # What the last program had asked for is no business of the next one.
            if not (modes.mouse or modes.focus) and len(self._ahead) + len(data) <= _AHEAD:
                self._ahead += data
        elif data == b"\r":
            self.origin = replace(self.origin, line="")
            self.open()
        elif not self._unheard:
            self._unheard = True
            self.app.bell()
            self._tell()

    # -- layout -----------------------------------------------------------------------------------------------

    @property
    def _cells(self) -> tuple[int, int]:
        width, height = self.screen_area.size
        return bounded(width or 80, height or 24)

    def _resized(self) -> None:
        """The terminal is as large as what is left of the tab; a hidden one keeps its size."""
        emulator, size = self.screen_area.emulator, self._cells
        if emulator is None or self._flow is None or not self.screen_area.size or size == self._told:
            return
        self._told = size
        emulator.resize(*size)
        if self.kept_log is not None:
            self.kept_log.resized(*size)
        if self._channel is not None:
            self._channel.resize(*size)
        self.screen_area.changed()

    def _tell(self) -> None:
        """Show the row below the screen, and say that what others show has changed."""
        if self.is_attached:
            self.note.show(self._note())
            self.post_message(TerminalChanged())

    def _note(self) -> Content | None:
        unheard = _UNHEARD if self._unheard else ""
        name = plain(self.origin.info.label, limit=120)
        match self.state:
            case PaneState.OPENING:
                return Content.assemble(f"a terminal on {name} opens…", (f"  {self.step}", "$calm"))
            case PaneState.BUSY:
                return None
            case PaneState.LEFT:
                return Content.assemble(f"○ {self._ending}", ("   Enter opens a shell", "$calm"), (unheard, "$warning"))
            case PaneState.CANCELLED:
                return Content.assemble("○ not opened", ("   Enter tries again", "$calm"), (unheard, "$warning"))
        parts = [] if self.error is None else [self.error.why, self.error.hint]
        said = "no terminal" if self.error is None else plain(self.error.what, limit=300)
        more = [plain(line, limit=300) for part in parts for line in part.splitlines() if line.strip()]
        rest = "".join(f"\n  {line}" for line in (*more, "Enter tries again"))
        return Content.assemble(("✗ ", "$error"), said, (rest, "$calm"), (unheard, "$warning"))

    def set_active(self, active: bool) -> None:
        """The tab has come to the front or gone behind."""
        self.active = active
        if active:
            self.unseen.forget()
            self.screen_area.changed()
        self._tell()

    def focus_main(self) -> None:
        """Give the keys to the program; what was read goes."""
        self.end_reading()
        self.screen.set_focus(self.screen_area)

    # -- reading ----------------------------------------------------------------------------------------------

    async def read(self) -> Transcript:
        """Show all rows, of the screen and those that have scrolled away, as text to be read; return that."""
        if self.transcript is None:
            made = Transcript(await self._text_so_far(), wrap=False)
            if self.transcript is None:
                self.transcript = made
                self.screen_area.display = False
                await self.mount(made, before=self.note)
                made.scroll_to_end()
                self._tell()
        return self.transcript

    def read_from_wheel(self) -> None:
        """The wheel was turned away from the end: show what has scrolled away."""

        async def read() -> None:
            text = await self.read()
            self.screen.set_focus(text)
            text.scroll_relative(y=-3, animate=False)

        if self.screen_area.emulator is not None and self.screen_area.emulator.history_size:
            self.run_worker(read(), group="reading", exclusive=True)

    def end_reading(self) -> None:
        """Show the screen again."""
        text, self.transcript = self.transcript, None
        if text is not None:
            self.screen_area.display = True
            text.remove()
            self.screen_area.changed()
            self._tell()

    async def _text_so_far(self) -> TextBuffer:
        buffer = TextBuffer()
        emulator: Emulator | None = self.screen_area.emulator
        if emulator is None:
            return buffer
        place, size = 0, emulator.history_size
        while place < size:
            for text, runs in emulator.history(place, min(place + _PORTION, size)):
                buffer.add_line(text, runs)
            place += _PORTION
            await asyncio.sleep(0)
        rows = list(emulator.rows())
        while rows and not rows[-1][0]:
            rows.pop()
        for text, runs in rows:
            buffer.add_line(text, runs)
        return buffer

    async def whole_text(self) -> str:
        """Return all that can be read, without sequences."""
        buffer = await self._text_so_far()
        return "\n".join(buffer.text(index) for index in range(buffer.line_count))

    @on(messages.NewOutput)
    @on(messages.RowsChanged)
    def _keep_to_itself(self, event: Message) -> None:
        event.stop()

    @on(messages.Followed)
    def _followed(self, event: messages.Followed) -> None:
        """The end is reached by scrolling: the program is seen again."""
        event.stop()
        text = self.transcript
        if text is not None and text.following and not text.copy_mode and self.screen.focused is text:
            self.call_later(self.focus_main)

    def on_key(self, event: events.Key) -> None:
        """A key that means nothing in the text belongs to the program; Esc only leads back to it."""
        event.stop()
        event.prevent_default()
        self.focus_main()
        if event.key != "escape":
            self.screen_area.send_key(event.key, event.character)

    def on_paste(self, event: events.Paste) -> None:
        """So does a paste."""
        event.stop()
        self.focus_main()
        self.screen_area.on_paste(event)

    @property
    def selected_text(self) -> str:
        """What is selected, on the screen or in the text that is read."""
        return self.screen_area.selected_text if self.transcript is None else self.transcript.selected_text()

    def copy_selected(self) -> bool:
        """Copy what is selected and select nothing; whether anything was."""
        text = self.selected_text
        if text:
            self.app.copy_to_clipboard(text)
            with contextlib.suppress(AttributeError):
                self.screen.clear_selection()
        return bool(text)
