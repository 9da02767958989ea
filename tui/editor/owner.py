"""What the line editor asks of the one who has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pstui.backends.sessions.completion import Completion
from textual.content import Content


class EditorOwner(Protocol):
    """Who gets what the editor does not do itself. Called while a key is handled, so that nothing overtakes it."""

    def submit_line(self, line: str) -> bool:
        """Enter was pressed; True when the line was taken, and the editor is then emptied."""

    def submit_lines(self, lines: Sequence[str]) -> bool:
        """Pasted lines are to run one after the other; True when they were taken."""

    def wants_finished_text(self) -> bool:
        """Whether Enter does not submit a text that is not finished."""

    def end_of_input(self) -> None:
        """Ctrl+D was pressed in an empty editor."""

    def interrupt(self, *, opening: bool = False) -> bool:
        """Ctrl+C was pressed, or with ``opening`` Esc, which ends only what is being opened; False if nothing is."""

    def clear_screen(self) -> None:
        """Ctrl+L was pressed: an empty screen, the text stays above it."""

    def tab_pressed(self) -> None:
        """Tab was pressed in an empty editor."""

    def scroll_pages(self, pages: int) -> None:
        """The pane's text is to move by ``pages``."""

    def show_aside(self, content: Content | None) -> None:
        """Show a row above the editor for what its keys do now; None removes it."""

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask the far end for completions. Raises PstuiError when it cannot be asked now."""
