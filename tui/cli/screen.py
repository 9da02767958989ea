"""The full screen, opened from the command line: the one place of the command line that loads Textual.

SIGTERM, SIGHUP and SIGINT end it as a person does who quits: the sessions are closed and the screen is given back. So
does SIGBREAK, which Windows sends when its window is closed.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError
from pstui.backends.sessions.manager import SessionManager
from pstui.config.paths import state_folder
from pstui.tui.cli.first_frame import FirstFrame
from pstui.tui.cli.trace import traced_sessions
from pstui.tui.cli.transcript_file import TranscriptFile
from pstui.tui.profiles.vault import Vault
from pstui.tui.workspace.state import StateFile

if TYPE_CHECKING:
    from pstui.backends.binding.errors import MissingMandatory
    from pstui.backends.console import Console
    from pstui.backends.discovery.model import Source
    from pstui.tui.app import PstuiApp
    from pstui.tui.editor.history import KeptLines
    from pstui.tui.profiles.book import ProfileBook
    from textual.driver import Driver

#: the exit code of a program that a signal ended is this more than the signal's number, as shells write it
_BY_SIGNAL = 128
#: seconds for an orderly end; then the signal does what it does by itself
PATIENCE = 8.0


def end_by_signals(loop: asyncio.AbstractEventLoop, end: Callable[[int], object]) -> None:
    """Let ``end`` be called in ``loop`` with the exit code when a signal to end comes; a second one ends at once.

    Nothing is changed where the signals are ignored already (nohup), and outside the main thread, which takes none.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    numbers = [
        int(getattr(signal, name)) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGBREAK") if hasattr(signal, name)
    ]

    def came(number: int, _: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_DFL)
        _let_go_of_a_lost_terminal()
        watch = threading.Timer(PATIENCE, os.kill, (os.getpid(), number))
        watch.daemon = True
        watch.start()
        with suppress(RuntimeError):  # the loop has ended, and the program with it
            loop.call_soon_threadsafe(end, _BY_SIGNAL + number)

    for each in numbers:
        # Of SIGINT asyncio has taken care, which would end the program as if nothing had happened.
        if signal.getsignal(each) is signal.SIG_DFL or (
            each == signal.SIGINT and signal.getsignal(each) is not signal.SIG_IGN
        ):
            signal.signal(each, came)


def _let_go_of_a_lost_terminal() -> None:
    """Let what is still written to a terminal that is gone go nowhere: an error there would hold up the end."""
    if sys.platform == "win32":
        return
    import termios

    try:
        termios.tcgetattr(2)
    except termios.error:
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.close(nothing)


def need_terminal() -> None:
    """Raise CallError unless standard input and output are a terminal that can be drawn on."""
    missing = [
        name
        for name, stream in (("standard input", sys.stdin), ("standard output", sys.stdout))
        if stream is None or not stream.isatty()
    ]
    if missing:
        raise CallError(
            "the full screen needs a terminal",
            f"{' and '.join(missing).capitalize()} {'is' if len(missing) == 1 else 'are'} not a terminal.",
            "Without one, run a script with Invoke-Command: pstui icm … -ScriptBlock TEXT",
        )
    if os.name != "nt" and (kind := os.environ.get("TERM", "")) in _DUMB:
        raise CallError(
            "the full screen needs a terminal that can move its cursor",
            f"TERM says {kind}.",
            "Set TERM to what the terminal is, such as xterm-256color, or run a script with pstui icm.",
        )


#: what terminfo lists without any way to move the cursor, and what shells inside of editors say
_DUMB = ("dumb", "unknown", "emacs", "network", "dialup", "glasstty", "lpr", "printer")


def kept_history(settings: Mapping[str, Any]) -> KeptLines | None:
    """Return the history of earlier runs, which keeps what is typed in this one; None where the setting is off."""
    if not settings.get("history", True):
        return None
    from pstui.config.history import History

    def looks_secret(line: str) -> bool:
        from pstui.backends.language import secrets  # not before the first line

        return secrets.looks_secret(line)

    return History(state_folder() / "history.jsonl", looks_secret)


def _sources(book: ProfileBook | None) -> Sequence[Source]:
    """Return where hosts, machines and containers are looked for; loaded when the sidebar is seen, after the paint."""
    from pstui.tui.sidebar.found import default_sources

    return default_sources() if book is None else default_sources(book.sources(), book.watched_inventories())


def load_beside() -> None:
    """Load in a thread what the first tab, the first dialog and the first typed call need: not before the paint."""
    gc.enable()

    def load() -> None:
        with suppress(Exception):  # whoever needs it is told
            for name in _NEEDED_SOON:
                import_module(name)

    threading.Thread(target=load, name="loading", daemon=True).start()


#: seconds after the first paint when more is loaded: what is typed at once comes first
LOAD_AFTER = 0.5
#: what is loaded after the first paint, in the order in which it will be missed
_NEEDED_SOON = (
    "pstui.tui.pane.pane",
    "pstui.backends.sessions.interactive",
    "pstui.tui.dialogs.messages",
    "pstui.tui.cli.calls",
    "pstui.tui.dialogs.connect",
)


def _app_class(frame: FirstFrame) -> type[PstuiApp]:
    """Return the app as it runs in a terminal, after the frame that is painted already."""
    gc.disable()  # until the first paint: nothing of what is loaded is garbage
    from pstui.tui.app import PstuiApp
    from pstui.tui.responsive import behind_frame

    class App(PstuiApp):
        def get_driver_class(self) -> type[Driver]:
            return behind_frame(super().get_driver_class(), frame)

        def on_mount(self) -> None:
            end_by_signals(asyncio.get_running_loop(), self.workspace.end)
            # The driver takes the terminal again, and it is empty: nothing that is on the screen has changed.
            self.call_after_refresh(self.set_timer, LOAD_AFTER, load_beside)
            self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

        def _fatal_error(self) -> None:
            # Textual would print a trace with the values of variables, and one of them could be a password.
            self._close_messages_no_wait()

    return App


#: seconds that loading the screen waits at most for a session to be on its way; it may wait for a person
HEAD_START = 0.5


class _Beginning:
    """Has the sessions of a call connect before the screen is loaded, which takes as long as a login does."""

    def __init__(
        self,
        frame: FirstFrame,
        infos: Sequence[ConnectionInfo],
        book: ProfileBook | None,
        sessions: SessionManager | None = None,
    ) -> None:
        # What is traced begins in its tab, where its trace begins.
        self._frame, self._infos, self._book = frame, infos if sessions is None else (), book
        self.sessions = SessionManager() if sessions is None else sessions
        self.vault = None if book is None else Vault.of(book, self.sessions)

    def parts(self) -> dict[str, Any]:
        """Return what the app shares with what has begun already."""
        book = self._book
        keys = None if book is None else book.profiles.keys
        sources = partial(_sources, book)
        return {"sessions": self.sessions, "book": book, "vault": self.vault, "keys": keys, "sources": sources}

    async def run(self, app_class: type[PstuiApp] | None, made: Callable[[type[PstuiApp]], PstuiApp]) -> int:
        """Run what ``made`` makes of the app, which is loaded where it is not yet, and return the exit code."""
        app = made(app_class or await self._load())
        code = await app.run_async()
        if app._exception is not None:
            raise app._exception
        return code or 0

    async def _load(self) -> type[PstuiApp]:
        """Begin, then load the app in a thread, so that the loop has its turns."""
        prepare = no_secrets if self.vault is None else self.vault.ready
        opening = [info for info in self._infos if not (info.parameter_set.is_lookup or "take_up" in info.settings)]
        begun = [asyncio.ensure_future(self.sessions.begin(info, prepare).begun.wait()) for info in opening]
        if begun:
            await asyncio.wait(begun, timeout=HEAD_START)

        def load() -> type[PstuiApp]:
            found = _app_class(self._frame)
            import_module("pstui.tui.pane.pane")
            return found

        return await asyncio.to_thread(load)


async def no_secrets(info: ConnectionInfo, console: Console) -> ConnectionInfo:
    """Return a connection as it is: without profiles nothing has a password of its own."""
    return info


def run(
    infos: Sequence[ConnectionInfo],
    *,
    transcript: str | None = None,
    trace: str | None = None,
    single: bool = False,
    bind: Callable[[str], ConnectionInfo] | None = None,
    book: ProfileBook | None = None,
    settings: Mapping[str, Any] | None = None,
    lacking: MissingMandatory | None = None,
    line: str = "",
) -> int:
    """Run the app until the user leaves it and return the exit code.

    ``transcript`` is the file of the first session, ``trace`` that of the protocol. ``single`` ends the app with its
    only session. ``lacking`` is a call to be asked for first, because it lacks values, ``line`` one that the command
    bar runs first. Raises CallError, and whatever exception ended the app: with the terminal given back, and without a
    trace on it.
    """
    need_terminal()
    with traced_sessions(trace) as sessions:
        return _run(infos, sessions, transcript, single, bind, book, settings, lacking, line)


def _run(
    infos: Sequence[ConnectionInfo],
    sessions: SessionManager | None,
    transcript: str | None,
    single: bool,
    bind: Callable[[str], ConnectionInfo] | None,
    book: ProfileBook | None,
    settings: Mapping[str, Any] | None,
    lacking: MissingMandatory | None,
    line: str,
) -> int:
    sink = None if transcript is None else TranscriptFile(transcript)
    frame = FirstFrame((settings or {}).get("theme"))
    try:
        frame.paint()
        begin = _Beginning(frame, infos, book, sessions)
        # Where nothing connects meanwhile, Ctrl+C ends the loading at once.
        app_class = None if infos else _app_class(frame)

        def made(app_class: type[PstuiApp]) -> PstuiApp:
            app = app_class(
                open=infos,
                transcript=sink,
                single=single,
                bind=bind,
                settings=settings,
                history=kept_history(settings or {}),
                memory=StateFile(state_folder() / "workspace.json"),
                **begin.parts(),
            )
            app.workspace.lacking, app.workspace.first_line = lacking, line
            if sink is not None:
                sink.on_problem = lambda text: app.notify(text, severity="warning", markup=False)
            return app

        return asyncio.run(begin.run(app_class, made))
    finally:
        gc.enable()
        frame.lower()
        if sink is not None:
            sink.close()
            if sink.problem:
                print(f"pstui: {sink.problem}", file=sys.stderr)
