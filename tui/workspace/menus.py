"""The context menus: of what stands in the sidebar, and of a tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pstui.tui.keys.actions import PREFIX_SHOWN
from pstui.tui.keys.keymap import Keymap
from pstui.tui.sidebar.model import SidebarEntry
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

    def of_entry(self, entry: SidebarEntry | None, at: tuple[int, int]) -> None:
        """Show the menu of an entry of the sidebar; without one what can be done with the list."""
        if entry is None:
            rows = [("New host", "a"), ("Import hosts", "i"), ("Problems of the file", "!"), ("Undo", "u")]
        elif entry.saved:
            rows = [("Open", "Enter"), ("One more session", "n"), ("Edit", "e"), ("Clone", "c")]
            rows += [("Unpin" if entry.pinned else "Pin", "p"), ("Delete", "d")]
        elif entry.can_open:
            rows = [("Open", "Enter"), ("One more session", "n"), ("Save as a host", "e")]
        else:
            rows = [("Why", "Enter")]
        verbs = {
            "Enter": lambda: self._sidebar.do("choose"),
            "n": lambda: self._sidebar.do("again"),
            "e": lambda: self._sidebar.do("edit"),
            "c": lambda: self._sidebar.do("clone"),
            "p": lambda: self._sidebar.do("pin"),
            "d": lambda: self._sidebar.do("delete"),
            "a": lambda: self._sidebar.do("add"),
            "i": lambda: self._sidebar.do("import"),
            "!": lambda: self._sidebar.do("problems"),
            "u": lambda: self._sidebar.do("undo"),
        }
        title = "Hosts" if entry is None else entry.name
        self.show(title, [(caption, key, verbs[key]) for caption, key in rows], at)

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
