"""Ctrl+R in the editor: its keys, and the row that shows what is searched for."""

from __future__ import annotations

from collections.abc import Callable

from pstui.tui.editor.history_search import HistorySearch
from pstui.tui.editor.line_history import LineHistory
from pstui.tui.editor.paint import PaintedEditor
from pstui.tui.pane.plain import plain
from textual.content import Content
from textual.widgets.text_area import Selection

_KEYS = "Ctrl+R older  Enter runs  Tab edits  Esc back"


class Searching:
    """One search, from Ctrl+R to the key that ends it. ``show`` gets the row to show, None to hide it."""

    def __init__(self, editor: PaintedEditor, show: Callable[[Content | None], None]) -> None:
        self._editor, self._show = editor, show
        self._search: HistorySearch | None = None
        self._draft = ""

    @property
    def active(self) -> bool:
        """Whether a search is on."""
        return self._search is not None

    def begin(self, history: LineHistory) -> None:
        """Search for what will be typed."""
        self._draft = self._editor.text
        self._search = HistorySearch(history)
        self._present(self._search)

    def end(self) -> None:
        """End the search with the line found."""
        if self._search is not None:
            self._search = None
            self._editor.move_cursor(self._editor.document.end)
            self._show(None)

    def take(self, key: str, character: str | None) -> bool:
        """Take a key; one that does not belong here ends the search and acts as always."""
        search = self._search
        if search is None:
            return False
        match key:
            case "ctrl+r" | "up":
                search.older()
            case "ctrl+s" | "down":
                search.newer()
            case "backspace" | "ctrl+h":
                search.shorten()
            case "escape" | "ctrl+c" | "ctrl+g":
                self._put(self._draft)
                self.end()
                return True
            case "tab":
                self.end()
                return True
            case _ if character and character.isprintable():
                search.type(character)
            case _:
                self.end()
                return False
        self._present(search)
        return True

    def _present(self, search: HistorySearch) -> None:
        if search.line:
            self._put(search.line)
            start, end = map(self._editor.location_of, search.match)
            self._editor.selection = Selection(start, end)
        elif not search.query:
            self._put(self._draft)
        doubt = "  nothing else fits" if search.line else "  nothing fits"
        where = "  typed to another host" if search.foreign and search.line else ""
        said = (doubt if search.failed else "") + where
        query = plain(search.query, limit=200)
        self._show(Content.assemble("history: ", (query, "bold"), said, (f"   {_KEYS}", "$calm")))

    def _put(self, text: str) -> None:
        if self._editor.text != text:
            self._editor.change(0, len(self._editor.text), text)
