"""Keys that act in the order they were typed.

Textual runs a widget's bindings only after the key has gone up to the application and back; characters that were
typed behind it have reached the widget by then. In a burst (a slow link, a script that types) Home or Enter would
act too late. Widgets that are typed into therefore run their bindings themselves, while they handle the key.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget


def bound_actions(*lists: Sequence[BindingType]) -> dict[str, str]:
    """Return the action of each key; an earlier list comes before a later one."""
    actions: dict[str, str] = {}
    for bindings in lists:
        for binding in bindings:
            keys, action = (binding.key, binding.action) if isinstance(binding, Binding) else (binding[0], binding[1])
            for key in keys.split(","):
                actions.setdefault(key.strip(), action)
    return actions


def handed_on(widget: Widget, event: events.Key) -> bool:
    """Give a key that came for ``widget`` to the widget that has the focus now; False where that is ``widget`` itself.

    In a burst keys are on their way to a widget that an earlier one of them leaves.
    """
    focused = widget.screen.focused
    if focused is None or focused is widget:
        return False
    event.stop()
    event.prevent_default()
    focused.post_message(events.Key(event.key, event.character))
    return True
