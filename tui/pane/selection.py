"""What is selected in a pane, in its editor or in its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pstui.tui.editor.editor import LineEditor
    from pstui.tui.transcript.transcript import Transcript


def copied(editor: LineEditor, transcript: Transcript) -> bool:
    """Copy what is selected in the editor or in the text and clear the selection; False when nothing was."""
    if text := editor.selected_text:
        editor.app.copy_to_clipboard(text)
        editor.move_cursor(editor.cursor_location)
        return True
    if transcript.selected_text():
        transcript.app.copy_to_clipboard(transcript.copy_text())
        return True
    return False
