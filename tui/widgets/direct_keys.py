"""Keys that act in the order they were typed.

Textual runs a widget's bindings only after the key has gone up to the application and back; characters that were
typed behind it have reached the widget by then. In a burst (a slow link, a script that types) Home or Enter would
act too late. Widgets that are typed into therefore run their bindings themselves, while they handle the key.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding, BindingType


def bound_actions(*lists: Sequence[BindingType]) -> dict[str, str]:
    """Return the action of each key; an earlier list comes before a later one."""
    actions: dict[str, str] = {}
    for bindings in lists:
        for binding in bindings:
            keys, action = (binding.key, binding.action) if isinstance(binding, Binding) else (binding[0], binding[1])
            for key in keys.split(","):
                actions.setdefault(key.strip(), action)
    return actions
