"""The list of what can be entered: hosts, virtual machines, containers, and the demo endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.widgets.plain import plain
from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode


@dataclass(frozen=True, slots=True)
class SidebarEntry:
    """One thing to enter.

    ``kind`` is ``host``, ``vm`` or ``container``; ``group`` a path such as ``Production/Web``; ``subtitle`` the short
    text at the right (WinRM, SSH, podman); ``state`` ``open``, ``saved``, ``broken`` or ``note``. A note cannot be
    opened: it tells why a source has nothing to offer. ``info`` is what opening it connects to.
    """

    kind: str
    name: str
    group: str = ""
    subtitle: str = ""
    state: str = "saved"
    info: ConnectionInfo | None = None


DEMO = SidebarEntry("host", "demo", "", "built in", "saved", ConnectionInfo(ParameterSet.DEMO))

_ROOTS = (("host", "Hosts"), ("vm", "Virtual machines"), ("container", "Containers"))
_MARKS = {"open": "●", "saved": "○", "broken": "✗", "note": "⌁"}

_Data = SidebarEntry | None


class Sidebar(Tree[_Data]):
    """The tree of entries. Enter or a click on one opens it."""

    class Chosen(Message):
        """An entry was chosen; ``again`` asks for one more session even where one is open."""

        def __init__(self, entry: SidebarEntry, *, again: bool = False) -> None:
            super().__init__()
            self.entry, self.again = entry, again

    class Closed(Message):
        """The keys go back to where they were."""

    BINDINGS: ClassVar[list[BindingType]] = [("n", "open_again", "One more session"), ("escape", "leave", "Back")]

    def __init__(self, entries: Sequence[SidebarEntry]) -> None:
        super().__init__("")
        self.show_root = False
        self.show_guides = False
        self.guide_depth = 2
        self.entries: list[SidebarEntry] = [DEMO, *entries]
        self._states: dict[str, str] = {}

    def on_mount(self) -> None:
        """Build the tree."""
        self.build()

    def build(self) -> None:
        """Build the tree of ``entries`` anew."""
        self.clear()
        first: TreeNode[_Data] | None = None
        for kind, title in _ROOTS:
            root = self.root.add(title, expand=True)
            groups: dict[str, TreeNode[_Data]] = {"": root}
            for entry in (each for each in self.entries if each.kind == kind):
                leaf = _group(groups, plain(entry.group, limit=200)).add_leaf(plain(entry.name, limit=200), entry)
                first = first or leaf
        # Nodes learn their lines when the lines are counted; only then can the cursor stand on one.
        if self.last_line >= 0 and first is not None:
            self.move_cursor(first)

    def mark(self, states: dict[str, str]) -> None:
        """Show which entries are open or broken, by name."""
        if states != self._states:
            self._states = dict(states)
            self.root.expand()
            self._invalidate()
            self.refresh()

    def state_of(self, entry: SidebarEntry) -> str:
        """Return the state to show for an entry."""
        return self._states.get(entry.info.label if entry.info is not None else entry.name, entry.state)

    def render_label(self, node: TreeNode[_Data], base_style: Style, style: Style) -> Text:
        """Draw a sign, the name, and the subtitle in a column of its own at the right."""
        depth, above = 0, node.parent
        while above is not None and above.parent is not None:
            depth, above = depth + 1, above.parent
        room = max(self.size.width - 1 - depth * self.guide_depth, 8)
        entry = node.data
        if entry is None:
            sign = "▾" if node.is_expanded else "▸"
            return Text(f"{sign} {node.label}", style + Style(bold=depth == 0), no_wrap=True)
        name = str(node.label)
        subtitle = plain(entry.subtitle, limit=40)
        left = room - 2 - (cell_len(subtitle) + 1 if subtitle else 0)
        text = Text(f"{_MARKS.get(self.state_of(entry), '○')} ", style, no_wrap=True)
        text.append(set_cell_size(name, max(left, 4)) if cell_len(name) <= left else _cut(name, max(left, 4)))
        if subtitle:
            text.append(f" {subtitle}", Style(dim=True))
        return text

    def on_tree_node_selected(self, event: Tree.NodeSelected[_Data]) -> None:
        """Open what was chosen."""
        event.stop()
        if event.node.data is not None and event.node.data.info is not None:
            self.post_message(self.Chosen(event.node.data))

    def action_open_again(self) -> None:
        """Open one more session with what the cursor is on."""
        node = self.cursor_node
        if node is not None and node.data is not None and node.data.info is not None:
            self.post_message(self.Chosen(node.data, again=True))

    def action_leave(self) -> None:
        """Go back to the pane."""
        self.post_message(self.Closed())


class SidebarStrip(Static):
    """The folded sidebar: a mark an entry."""

    def show(self, states: Iterable[str]) -> None:
        """Show one mark a row."""
        self.update(Text("\n".join(_MARKS.get(state, "○") for state in states)))


def _group(groups: dict[str, TreeNode[_Data]], path: str) -> TreeNode[_Data]:
    if path not in groups:
        parent, _, name = path.rpartition("/")
        groups[path] = _group(groups, parent).add(name or path, expand=True)
    return groups[path]


def _cut(text: str, width: int) -> str:
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 1 else "…"
