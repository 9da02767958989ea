"""One object as a tree of its properties: as deep as it came, each with its type."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import ClassVar, Final

from pstui.backends.psrp.clixml import unescape
from pstui.tui.grid.cells import MASK, NUMBER, cell_of, clean
from pstui.tui.grid.rows import members
from pstui.tui.key_row import KeyBox
from pstui.tui.output.elements import Document, Element
from pstui.tui.output.texts import text_of
from pstui.tui.plain import plain_lines
from pstui.tui.sizes import size_text
from pstui.tui.title import short
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.color import Color
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

#: properties and items that are shown of one value, and characters of a text that is shown whole
MOST, MOST_TEXT = 1_000, 20_000
#: the types of single values, by their tags
_TYPES: Final = {
    "S": "String",
    "C": "Char",
    "B": "Boolean",
    "DT": "DateTime",
    "TS": "TimeSpan",
    "By": "Byte",
    "SB": "SByte",
    "U16": "UInt16",
    "I16": "Int16",
    "U32": "UInt32",
    "I32": "Int32",
    "U64": "UInt64",
    "I64": "Int64",
    "Sg": "Single",
    "Db": "Double",
    "D": "Decimal",
    "BA": "Byte[]",
    "G": "Guid",
    "URI": "Uri",
    "Nil": "null",
    "Version": "Version",
    "XD": "XmlDocument",
    "SBK": "ScriptBlock",
    "SS": "SecureString",
    "PR": "ProgressRecord",
}
_COLLECTIONS = frozenset({"LST", "IE", "QUE", "STK"})
#: names of properties that are sizes in bytes, where their numbers are large
_SIZES = ("size", "length", "bytes", "memory", "memory64", "ws", "pm", "vm", "npm")


@dataclass(frozen=True, slots=True)
class Branch:
    """One value in the tree: what it is called, its element."""

    name: str
    element: Element

    def kind(self, document: Document) -> str:
        """Return the type, without the namespace that every type has."""
        element = document.target(self.element) if self.element.tag == "Ref" else self.element
        if element is None or element.tag != "Obj":
            return "null" if element is None else _TYPES.get(element.tag, clean(element.tag))
        types = document.shape(element).types
        return clean(types[0]).removeprefix("System.").removeprefix("Management.Automation.") if types else "object"

    def text(self, document: Document) -> str:
        """Return the value as a cell shows it; of a size how much that is."""
        cell = cell_of(self.element, document)
        text = cell[1:]
        if cell[:1] == NUMBER and self.name.casefold().endswith(_SIZES) and text.isdigit() and int(text) >= 1024:
            return f"{int(text):,} ({size_text(int(text))})"
        return text


def branches(element: Element, document: Document) -> list[Branch]:
    """Return what a value holds: properties, entries or items; of a single value nothing."""
    if element.tag == "Ref":
        target = document.target(element)
        return [] if target is None else branches(target, document)
    if element.tag != "Obj":
        return []
    shape, found = document.shape(element), list[Branch]()
    base = shape.base
    if base is not None and base.tag in _COLLECTIONS:
        found += [Branch(f"[{number}]", item) for number, item in enumerate(islice(base, MOST + 1))]
    elif base is not None and base.tag == "DCT":
        for entry in islice(base, MOST + 1):
            parts = {part.get("N"): part for part in entry}
            if (key := parts.get("Key")) is not None and (value := parts.get("Value")) is not None:
                found.append(Branch(clean(text_of(key, document)), value))
    known = {branch.name for branch in found}
    for group in (shape.notes, shape.props):
        for item in group if group is not None else ():
            name = clean(unescape(item.get("N", "")))
            if item.tag != "MS" and name not in known and len(found) <= MOST:
                known.add(name)
                found.append(Branch(name, item))
    return found


class TreeScreen(ModalScreen[None]):
    """The object of a row. Closed by Esc; ``copy`` puts a text into the clipboard."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["grid.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,ctrl+c", "leave", "Close"),
        ("right,l", "unfold", "Unfold"),
        ("left,h", "fold", "Fold"),
        ("y", "copy", "Copy"),
    ]

    def __init__(self, document: Document, title: str) -> None:
        super().__init__()
        self._document, self._title = document, title
        self._tree: Tree[Branch] = Tree("", id="tree")
        self._value = Static(id="tree-value", markup=False)

    def compose(self) -> ComposeResult:
        with KeyBox(id="tree-box") as box:
            box.border_title = short(self._title, 70)
            box.border_subtitle = "→ ← unfold, fold   y copies   Esc back"
            yield self._tree
            yield self._value

    def on_mount(self) -> None:
        """Show the properties of the object."""
        root = Branch("", self._document.root)
        self._tree.show_root = False
        self._tree.guide_depth = 2
        self._tree.root.data = root
        shown = branches(root.element, self._document)
        if not shown:
            shown = [Branch(name, item) for name, item in members(self._document).items()]
        self._grow(self._tree.root, shown)
        self._tree.root.expand()
        self._tree.focus()

    def _grow(self, node: TreeNode[Branch], found: list[Branch]) -> None:
        kinds = [branch.kind(self._document) for branch in found[:MOST]]
        name_width = min(max((cell_len(branch.name) for branch in found), default=0), 30)
        kind_width = min(max(map(cell_len, kinds), default=0), 20)
        calm = Style(color=Color.parse(self.app.theme_variables["calm"]).rich_color)
        for branch, kind in zip(found, kinds, strict=False):
            name = _padded(branch.name, name_width)
            label = Text.assemble(name, "  ", (_padded(kind, kind_width), calm), "  ", branch.text(self._document))
            node.add(label, data=branch, allow_expand=bool(branches(branch.element, self._document)))
        if len(found) > MOST:
            node.add_leaf(Text("… more than are shown here", calm))

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Branch]) -> None:
        """Show what a value holds, when it is first unfolded."""
        event.stop()
        node = event.node
        if node.data is not None and not node.children:
            self._grow(node, branches(node.data.element, self._document))

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Branch]) -> None:
        """Show the whole text of the value below."""
        event.stop()
        self._value.update(Content(self._whole(event.node.data)))

    def _whole(self, branch: Branch | None) -> str:
        if branch is None:
            return ""
        if branch.element.tag == "SS":
            return MASK
        if branch.element.tag in ("S", "XD", "SBK"):
            return plain_lines(unescape((branch.element.text or "")[:MOST_TEXT]))
        return branch.text(self._document)

    def action_unfold(self) -> None:
        """Unfold the value, or go into it."""
        node = self._tree.cursor_node
        if node is not None and node.allow_expand:
            if node.is_expanded:
                self._tree.action_cursor_down()
            else:
                node.expand()

    def action_fold(self) -> None:
        """Fold the value, or go to what holds it."""
        node = self._tree.cursor_node
        if node is not None and node.is_expanded:
            node.collapse()
        elif node is not None and node.parent is not None and node.parent is not self._tree.root:
            self._tree.move_cursor(node.parent)

    def action_copy(self) -> None:
        """Copy the value."""
        node = self._tree.cursor_node
        if node is not None:
            self.app.copy_to_clipboard(self._whole(node.data))

    def action_leave(self) -> None:
        """Back to the grid."""
        self.dismiss(None)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def title_of(document: Document) -> str:
    """Return what the object of a tree is called: its type."""
    return Branch("", document.root).kind(document)
