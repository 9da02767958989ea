"""What the workspace does with the line that is typed: the actions behind the prefix key."""

from __future__ import annotations

from pstui.backends.errors import PstuiError
from pstui.tui.editor.editor import LineEditor
from pstui.tui.editor.external import edit_outside
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen


class Editing:
    """Acts on the editor in front."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes) -> None:
        self._screen, self._tabs = screen, tabs

    @property
    def _editor(self) -> LineEditor | None:
        if (front := self._tabs.front) is None:
            return None
        front.focus_editor()
        return front.editor

    def action_edit_line(self) -> None:
        """Open the line in $VISUAL or $EDITOR."""
        if (editor := self._editor) is not None:
            self._screen.run_worker(self._edit_outside(editor), group="edit_line", exclusive=True)

    async def _edit_outside(self, editor: LineEditor) -> None:
        editor.end_modes()
        try:
            text = await edit_outside(self._screen.app, editor.text)
        except PstuiError as error:
            self._screen.notify(error.text(), severity="warning", timeout=10, markup=False)
            return
        if text != editor.text:
            editor.put(text)

    def action_run_line(self) -> None:
        """Run what is typed, finished or not."""
        if (editor := self._editor) is not None:
            editor.end_modes()
            editor.submit()

    async def action_completions(self) -> None:
        """List completions."""
        await self._run_in_editor("menu")

    async def action_redo(self) -> None:
        """Do again what was undone."""
        await self._run_in_editor("redo")

    async def action_partner(self) -> None:
        """Go to the other bracket."""
        await self._run_in_editor("partner")

    async def action_last_argument(self) -> None:
        """Insert the last argument of the line before."""
        await self._run_in_editor("yank_last_argument")

    async def _run_in_editor(self, action: str) -> None:
        if (editor := self._editor) is not None:
            await editor.perform(action)
