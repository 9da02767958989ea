"""What a conversation and its pane know of each other: where the session is, and what each asks of the other."""

from __future__ import annotations

import enum
import traceback
from collections.abc import Sequence
from typing import Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.errors import PstuiError


class PaneState(enum.Enum):
    """Where a pane is in the life of its session."""

    OPENING = "connecting"
    PROMPT = "ready"
    BUSY = "running"
    LEFT = "left"
    CANCELLED = "not connected"
    FAILED = "failed"
    BROKEN = "broken"

    @property
    def live(self) -> bool:
        """True while lines can go to a session, now or soon."""
        return self in (PaneState.OPENING, PaneState.PROMPT, PaneState.BUSY)


class ConversationFace(Protocol):
    """What a conversation needs of its pane."""

    def enter_state(self, state: PaneState) -> None:
        """Show where the session is."""

    def show_prompt(self, prompt: str) -> None:
        """Show the prompt; the next line may be typed."""

    def echo(self, prompt: str, line: str) -> None:
        """Leave prompt and line in the text as one."""

    def give_back(self, line: str) -> None:
        """Put a line that was not run back into the editor."""

    def next_pending(self) -> str | None:
        """Take the line that waits, if there is one."""

    def show_step(self, step: str) -> None:
        """Name the step the opening has come to."""

    def hint_at(self, text: str) -> None:
        """Say something about the line run last, beside the text, until the next line."""

    def failed(self, error: PstuiError) -> None:
        """Show why the session could not be opened or died."""

    async def lend_terminal(self, command: Sequence[str]) -> None:
        """Run a program in the terminal while the screen waits. Raises PstuiError."""


class Preparer(Protocol):
    """Makes a connection ready to be opened: fetches the password that its profile names."""

    async def ready(self, info: ConnectionInfo, console: Console) -> ConnectionInfo:
        """Return the connection to open. Raises OpenError, OpenCancelled."""

    def opened(self, info: ConnectionInfo) -> None:
        """The session opened."""

    def failed(self, info: ConnectionInfo) -> None:
        """The session did not open."""


def own_fault(label: str, error: Exception) -> PstuiError:
    """Return what to say of a fault in pstui itself; its details are the places in the code, never values."""
    places = traceback.format_tb(error.__traceback__)
    return PstuiError(
        f"{label}: pstui made a mistake and has left the session",
        f"{type(error).__name__} was not expected here.",
        "The other sessions are untouched. Please report it with the details.",
        details="".join([*places, type(error).__name__]).rstrip(),
    )
