"""The keys of the sidebar, declared once: the widget acts on them, the footer and F1 list them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SidebarKey:
    """``verb`` is what the sidebar does, ``keys`` are Textual's names, ``shown`` how the first one is written."""

    verb: str
    keys: tuple[str, ...]
    shown: str
    label: str
    help: str


SIDEBAR_KEYS: tuple[SidebarKey, ...] = (
    SidebarKey("choose", ("enter",), "Enter", "opens", "open it, or go to its tab; a heading folds"),
    SidebarKey("filter", ("slash",), "/", "filter", "type to filter; Esc shows everything again"),
    SidebarKey("again", ("n",), "n", "second session", "one more session with it"),
    SidebarKey("edit", ("e",), "e", "edit", "edit the profile; what was found becomes one"),
    SidebarKey("clone", ("c",), "c", "copy", "a new profile that begins as a copy of it"),
    SidebarKey("delete", ("d", "delete"), "d", "delete", "delete the profile"),
    SidebarKey("undo", ("u",), "u", "undo", "take the last change of the profiles back"),
    SidebarKey("pin", ("p",), "p", "pin", "pin it to the top, or unpin it"),
    SidebarKey("order", ("o",), "o", "order", "what was used last first, or as in the file"),
    SidebarKey("add", ("a",), "a", "add", "a new profile"),
    SidebarKey("import", ("i",), "i", "import", "take hosts from ssh_config, mRemoteNG or RDCMan"),
    SidebarKey("problems", ("exclamation_mark",), "!", "problems", "what is wrong in the profile file"),
    SidebarKey("fold", ("left", "right", "space"), "Left, Right", "fold", "fold and unfold a heading"),
    SidebarKey("leave", ("escape",), "Esc", "back", "back to the pane"),
)

#: keys that move the cursor, with the rows they go (pages as large numbers are cut to the ends)
MOVES = {"up": -1, "down": 1, "k": -1, "j": 1, "home": -1_000_000, "end": 1_000_000}

VERBS: dict[str, str] = {key: each.verb for each in SIDEBAR_KEYS for key in each.keys}
