"""What holds a widget that has gone, or what it painted, and is let go of.

Textual keeps who watches an attribute or follows a signal of the app or of a screen, and forgets those that have gone
only when that attribute changes or that signal is sent. A text area watches the app's theme and follows the screen's
selection: each closed tab would stay, with its text and its session. It keeps the children that a widget showed when
it was last asked, which is the tab in front when it was closed; the last thousand that it was asked for by name, which
the tabs in the bar are; and what the last thousand widgets painted, by a cache for two colours. The tests in
``tests/tui/workspace/test_memory.py`` fail when Textual forgets by itself.
"""

from __future__ import annotations

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.cache import LRUCache
from textual.color import Color
from textual.dom import DOMNode
from textual.signal import Signal
from textual.style import Style
from textual.widget import Widget


def forget_gone(*watched: DOMNode) -> None:
    """Take those that have gone from among those who watch or follow something of ``watched``."""
    for node in watched:
        for watchers in getattr(node, "__watchers", {}).values():
            watchers[:] = [pair for pair in watchers if not pair[0]._closing]
        for signal in (value for value in vars(node).values() if isinstance(value, Signal)):
            for follower in [one for one in signal._subscriptions if one._closing]:
                del signal._subscriptions[follower]


def forget_shown(parent: Widget) -> None:
    """Let what ``parent`` knows of the children that it shows be of those that it has now."""
    _ = parent.displayed_children


def keep_last_found(parent: DOMNode) -> None:
    """Let ``parent`` keep only the last that it was asked for by name. To be called when it is made."""
    parent._query_one_cache = LRUCache(1)


def keep_no_paintings() -> None:
    """Let the colours of a widget's edge be worked out from its colours alone, once for all widgets."""
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[method-assign,assignment]  # a method that needs no self


def _inner_outer(_: StylesCache, base: Color, background: Color) -> tuple[Style, Style]:
    return _edge_styles(base, background)


@lru_cache(1024)
def _edge_styles(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)
