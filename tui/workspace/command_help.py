"""The help of commands over there: of the word in the editor, or of a topic that is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.tui.cut import cut
from pstui.tui.plain import plain
from pstui.tui.refusing import NO_SESSION, refuse
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane

#: characters of a topic
_MOST: int = 200


class CommandHelpActions:
    """Opens the reader of Get-Help. It is imported when it is opened."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes) -> None:
        self._screen, self._tabs = screen, tabs

    def of_word(self) -> bool:
        """Open the help of the word in the editor, or of the completion that is chosen; whether there is one."""
        front = self._tabs.session
        if front is None or self._screen.focused is not front.editor or not front.state.live:
            return False
        topic, parameter = self._word(front)
        if topic:
            self._open(front, topic, parameter)
        return bool(topic)

    def action_command_help(self) -> None:
        """Ask which topic is wanted, beginning with the command in the editor."""
        from pstui.tui.workspace.switcher import LineScreen

        front = self._tabs.session
        if front is None:
            refuse(self._screen.app, NO_SESSION)
            return

        def named(topic: str | None) -> None:
            if topic:
                self._open(front, topic)
            else:
                front.focus_main()

        keys = "Enter asks over there   Esc cancels"
        title = f"Get-Help from {cut(plain(front.caption), 24)}: a command, about_… or a part of a name"
        self._screen.app.push_screen(LineScreen(title, self._word(front)[0], keys=keys, limit=_MOST), named)

    def _word(self, pane: Pane) -> tuple[str, str]:
        from pstui.tui.pane.help_texts import command_at

        editor = pane.editor
        if (chosen := editor.completing.selected) is not None and chosen.kind == "Command":
            return chosen.text[:_MOST], ""
        topic, parameter = command_at(editor.text, editor.surface.cursor)
        if chosen is not None and chosen.kind == "ParameterName":
            parameter = chosen.text.lstrip("-")
        return topic[:_MOST], parameter

    def _open(self, pane: Pane, topic: str, parameter: str = "") -> None:
        from pstui.tui.dialogs.command_help import HelpReader

        texts = pane.conversation.help_texts
        pane.editor.end_modes()
        self._screen.app.push_screen(HelpReader(topic, texts.get, pane.caption, parameter), lambda _: pane.focus_main())
