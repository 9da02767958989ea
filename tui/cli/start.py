"""The way into the full screen: what it needs of the command line and of the profile file, and no more.

Whatever binds calls is loaded when something is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo
from pstui.config.paths import state_folder
from pstui.tui.cli.args import Options, refuse_invoke_options
from pstui.tui.profiles.reading import Profiles, glimpse

if TYPE_CHECKING:
    from pstui.backends.binding.errors import MissingMandatory

#: turns what is typed into a connection, by the profiles there are then; raises PstuiError
BindTyped = Callable[[str, Profiles], ConnectionInfo]


def open_workspace(options: Options, bind: BindTyped) -> int:
    """Open the screen without a session and return the exit code. Raises PstuiError."""
    refuse_invoke_options(options)
    return open_screen((), options, glimpse(options.config), bind)


def open_screen(
    infos: Sequence[ConnectionInfo],
    options: Options,
    profiles: Profiles,
    bind: BindTyped,
    *,
    single: bool = False,
    lacking: MissingMandatory | None = None,
    line: str = "",
) -> int:
    """Open the screen with sessions and return the exit code; see ``screen.run``. Raises PstuiError."""
    from pstui.tui.cli import screen
    from pstui.tui.cli.interrupts import raise_at_interrupt
    from pstui.tui.profiles.book import ProfileBook
    from pstui.tui.profiles.undo import UndoFile

    raise_at_interrupt()
    book = ProfileBook(profiles, UndoFile(state_folder() / "undo.json"))

    def bind_typed(text: str) -> ConnectionInfo:
        return bind(text, book.profiles)

    return screen.run(
        infos,
        transcript=options.transcript,
        trace=options.trace,
        single=single,
        bind=bind_typed,
        book=book,
        settings=profiles.settings,
        lacking=lacking,
        line=line,
    )
