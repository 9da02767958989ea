"""The context menus: of what stands in the sidebar, and of a tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pstui.tui.keys.actions import PREFIX_SHOWN
from pstui.tui.keys.contexts import SIDEBAR_KEYS
from pstui.tui.keys.keymap import Keymap
from pstui.tui.sidebar.model import Row
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.workspace.bars import SessionTab, TabBar
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.dialogs.menu import MenuItem
    from pstui.tui.workspace.kinds import AnyPane


class Menus:
    """Shows what can be done with a thing. The menu is imported when it is opened."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, sidebar: Sidebar, keymap: Keymap) -> None:
        self._screen, self._tabs, self._sidebar, self._keymap = screen, tabs, sidebar, keymap

    def of_row(self, row: Row | None, at: tuple[int, int]) -> None:
        """Show the menu of a row of the sidebar; without one what can be done with the list."""
        entry = None if row is None else row.entry
        if entry is None:
            rows = [] if row is None else [("Unfold" if row.folded else "Fold", "Enter")]
            rows += [("Edit the group", "e")] if row is not None and row.group else []
        elif entry.saved:
            rows = [("Open", "Enter"), ("One more session", "n"), ("Edit", "e"), ("Clone", "c")]
            rows += [("Unpin" if entry.pinned else "Pin", "p"), ("Delete", "d")]
        elif entry.can_open:
            rows = [("Open", "Enter"), ("One more session", "n"), ("Save as a host", "e")]
        else:
            rows = [("Why", "Enter")]
        rows += self._of_marks(row)
        if entry is None:
            rows += [("New host", "a"), ("Import hosts", "i"), ("Problems of the file", "!"), ("Undo", "u")]
        verbs = {each.shown: partial(self._sidebar.do, each.action) for each in SIDEBAR_KEYS}
        title = "Hosts" if row is None else row.text if entry is None else entry.name
        self.show(title, [(caption, key, verbs[key]) for caption, key in rows], at)

    def _of_marks(self, row: Row | None) -> list[tuple[str, str]]:
        model = self._sidebar.model
        below = [] if row is None else model.below(row)
        if not below:
            return [("Mark all, or none", "*")] if row is None else []
        is_marked = {each.identity for each in below} <= model.marked
        whose = "it" if row is not None and row.entry is not None else "all below it"
        line = "One line on all that is marked" if model.marked_entries else f"One line on {whose}"
        return [(f"{'Unmark' if is_marked else 'Mark'} {whose}", "Space"), (line, "x")]

    def of_tab(self, event: SessionTab.Pressed, close: Callable[[AnyPane], None]) -> None:
        """Close a tab by the middle button; the right one brings it to the front and shows its menu."""
        pane = next((each for each in self._tabs.panes if TabBar.tab_id(each) == event.tab_id), None)
        if pane is None:
            return
        if event.button == 2:
            close(pane)
            return
        self._tabs.bring_to_front(pane)
        names = (
            ("To its session" if pane.is_terminal else "Terminal", "terminal"),
            ("Rename", "rename_tab"),
            ("Edit its host", "edit_connection"),
            ("Move left", "move_tab_left"),
            ("Move right", "move_tab_right"),
            ("Reopen the last one closed", "reopen_tab"),
            ("Close", "close_tab"),
        )

        def run(name: str) -> Callable[[], Any]:
            return lambda: self._screen.run_action(self._keymap.named(name).action)

        keys = {name: self._keymap.shown(name).removeprefix(f"{PREFIX_SHOWN} ") for _, name in names}
        rows = [(caption, keys[name], run(name)) for caption, name in names]
        self.show(pane.caption, rows, event.at)

    def show(self, title: str, rows: Sequence[tuple[str, str, Callable[[], Any]]], at: tuple[int, int]) -> None:
        """Show a menu: captions, keys and what each row does."""
        from pstui.tui.dialogs.menu import ContextMenu, MenuItem

        async def chosen(item: MenuItem | None) -> None:
            if item is not None and (done := item.run()) is not None:
                await done

        items = [MenuItem(caption, shown, run) for caption, shown, run in rows]
        self._screen.app.push_screen(ContextMenu(title, items, at), chosen)
