"""Writes docs/keys.md: every key, from the declarations that the keys themselves, F1 and the footer are made of.

    .venv/bin/python -m tests.keys_table

``tests/house/test_pages.py`` compares the page.
"""

from __future__ import annotations

from collections.abc import Iterable

from pstui.tui.keys.actions import ACTIONS, PREFIX_SHOWN, KeyAction
from pstui.tui.keys.contexts import CONTEXT_KEYS, EDITING
from pstui.tui.keys.dialog_help import DIALOGS

from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "keys.md"
_HEAD = """\
# Keys

**F1** tells the keys that work where you are, and **?** does so in lists. This page tells all of them. It is written by
`python -m tests.keys_table` from the same declarations.

Alt and F keys do not arrive from every terminal. So every action also has a key after `Ctrl+]`, and `Ctrl+] m` makes
the next key one with Alt. The mouse does as well: a click chooses, a second one opens, the right button opens a menu,
the middle one closes a tab, and every key that is told below a screen or in the list of F1 can be clicked.

## Keys of your own

The table `[keys]` of the [profile file](profiles.md) gives an action other keys, by the names in the third column:

```toml
[keys]
find = "Ctrl+G"                        # in place of its direct key
close_tab = ["Alt+W", "Ctrl+] j"]      # one more direct key, and another after Ctrl+]
quit = []                              # no direct key; Ctrl+] q stays
```

Every action keeps its way after `Ctrl+]`. What cannot be is told by `pstui --check`, and the default stays.

The editor has the keys of PSReadLine's Emacs mode. `edit_mode = "Windows"` under `[settings]` gives it those of the
Windows mode where they differ: Ctrl+A selects all, Esc takes back, Ctrl+Y redoes.

## Everywhere
"""
_HISTORY = """\
Lines that have run are kept for the next run, except those that look like secrets and answers to questions;
`history = false` under `[settings]` keeps none. `predictions = false` there turns off the grey text after the cursor.
"""


def page() -> str:
    """Return the page."""
    parts = [_HEAD, _actions(), _section("In the editor", EDITING), _HISTORY]
    for context, keys in CONTEXT_KEYS.items():
        parts.append(_section(context.value, ((each.shown, each.help) for each in keys if each.shown)))
    parts += [_section(title, keys) for title, keys in DIALOGS.values()]
    parts.append("Next: [profiles](profiles.md), where the hosts are kept.\n")
    return "\n".join(parts)


def _actions() -> str:
    rows = ["| key | after Ctrl+] | name | does |", "| --- | --- | --- | --- |"]
    rows += [_action(each) for each in ACTIONS]
    rows.insert(-1, "| `Alt+1` … `Alt+9` | `1` … `9` | tab_1 … tab_9 | go to a tab |")
    return "".join(f"{row}\n" for row in rows)


def _action(each: KeyAction) -> str:
    direct = _key(each.shown) if each.shown and each.shown != PREFIX_SHOWN else ""
    return f"| {direct} | {_key(each.prefix_shown)} | {each.name} | {_cell(each.help)} |"


def _section(title: str, keys: Iterable[tuple[str, str]]) -> str:
    rows = [f"## {title}", "", "| key | does |", "| --- | --- |"]
    rows += [f"| {_key(key)} | {_cell(does)} |" for key, does in keys]
    return "".join(f"{row}\n" for row in rows)


def _key(text: str) -> str:
    # A bar would end the cell, and inside of backticks GitHub and MkDocs do not agree on how to write it.
    return f"<code>{text.replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def _cell(text: str) -> str:
    """Return a text as a cell of a table."""
    return text.replace("|", "&#124;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
