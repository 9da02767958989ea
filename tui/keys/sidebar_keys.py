"""What the sidebar does for each key; the keys themselves are declared with those of the other places."""

from __future__ import annotations

from pstui.tui.keys.keymap_contexts import SIDEBAR_KEYS, actions_of

#: keys that move the cursor, with the rows they go; large numbers are cut to the ends
MOVES = {"up": -1, "down": 1, "k": -1, "j": 1, "home": -1_000_000, "end": 1_000_000}

VERBS = actions_of(SIDEBAR_KEYS)
