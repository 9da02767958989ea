"""Paints what changed, and renders nothing else for it.

Textual's compositor draws a rectangle around all that changed and renders every widget whose *parent* reaches into it,
as high as it is; of what it gets it writes only what changed. On the way from Enter to the next prompt that is most of
a painting. There is no public way to give it less; ``test_compositing.py`` holds both equal, character by character.
"""

from __future__ import annotations

from collections.abc import Iterable

from pstui.tui.mends.compositor import MendedCompositor
from textual._compositor import ChopsUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class ChangesCompositor(MendedCompositor):
    """A compositor whose partial updates render the widgets that changed, and those over them and seen beside them."""

    _changes: frozenset[Region] | None = None

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        """The widgets that are seen, from the top, each with its place and what of it is in sight.

        One that was removed is in the map until the next layout, and has no styles any longer to be painted with.
        """
        found = super().visible_widgets
        if any(widget._parent is None for widget in found):
            return {widget: place for widget, place in found.items() if widget._parent is not None}
        return found

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return the update for all that changed since the last one, None for nothing."""
        self._changes = frozenset(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._changes = None

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if self._changes is None or crop is None:
            yield from super()._get_renders(crop)
            return
        # From the top: what one widget covers whole, those under it add nothing to.
        open_changes = self._changes
        for widget, (region, clip) in self.visible_widgets.items():
            if not open_changes:
                return
            seen = region.intersection(clip)
            if not any(map(seen.overlaps, open_changes)):
                continue
            open_changes = frozenset(change for change in open_changes if not seen.contains_region(change))
            # Whole rows: a row is cut where widgets begin and end, not where the changes do.
            top = max(seen.y, crop.y)
            seen = Region(seen.x, top, seen.width, min(seen.bottom, crop.bottom) - top)
            if seen:
                yield region, seen, widget.render_lines(seen.translate((-region.x, -region.y)))
