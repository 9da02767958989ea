"""A line of text that takes all that is typed, and steps over whole letters."""

from __future__ import annotations

from pstui.tui.plain import typed_text
from pstui.tui.transcript.render.cells import cluster_end, step_left
from textual import events
from textual.widgets import Input
from textual.widgets.input import Selection


class LineInput(Input):
    """One line of text: takes every character that is text; a letter with its marks, or a joined emoji, is one step."""

    async def on_key(self, event: events.Key) -> None:
        """Take a character that Textual takes for none."""
        if not event.is_printable and (text := typed_text(event.character)):
            event.stop()
            event.prevent_default()
            self.replace(text, *self.selection)

    def update_node_styles(self, animate: bool = True) -> None:
        """Find its styles, once it is on the screen: Textual finds them on the way there, and before it in vain.

        That takes 3 ms a field, and a form has forty.
        """
        if self.is_attached:
            super().update_node_styles(animate)

    def action_copy(self) -> None:
        """Copy what is selected; nothing of what is hidden while it is typed."""
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        """Cut what is selected; what is hidden while it is typed is deleted alone."""
        if self.password:
            self.delete_selection()
        else:
            super().action_cut()

    @property
    def _steps(self) -> tuple[int, int]:
        """The places left and right of the cursor."""
        place = self.cursor_position
        return step_left(self.value, place), cluster_end(self.value, place)

    def action_cursor_left(self, select: bool = False) -> None:
        """Go one step to the left."""
        if select:
            self.selection = Selection(self.selection.start, self._steps[0])
        elif self.selection.is_empty:
            self.cursor_position = self._steps[0]
        else:
            super().action_cursor_left()

    def action_cursor_right(self, select: bool = False) -> None:
        """Go one step to the right; at the end take what is suggested."""
        if select:
            self.selection = Selection(self.selection.start, self._steps[1])
        elif self.selection.is_empty and self.cursor_position < len(self.value):
            self.cursor_position = self._steps[1]
        else:
            super().action_cursor_right()

    def action_delete_left(self) -> None:
        """Delete what is selected, or one step to the left."""
        if self.selection.is_empty:
            self.delete(self._steps[0], self.cursor_position)
        else:
            super().action_delete_left()

    def action_delete_right(self) -> None:
        """Delete what is selected, or one step to the right."""
        if self.selection.is_empty:
            self.delete(self.cursor_position, self._steps[1])
        else:
            super().action_delete_right()
