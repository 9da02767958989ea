"""What Textual's ``Compositor`` leaves on the screen, mended: a widget that went while its map was out of date.

Textual paints again what lay under a widget by comparing the map of the last layout with that of the next one. But
whoever asks where a widget is while the map is out of date, as scrolling makes it, has it made anew on the spot, and
what has changed in it is then never painted: the list of completions stayed on the screen after it had been hidden.
"""

from __future__ import annotations

from textual._compositor import Compositor, CompositorMap


class MendedCompositor(Compositor):
    """Paints again what has changed whenever the map is made anew."""

    @property
    def full_map(self) -> CompositorMap:
        """Where every widget is."""
        before = self._full_map
        found = super().full_map
        if found is not before:
            changed = (place.clip.intersection(place.region) for _, place in found.items() ^ before.items())
            self._dirty_regions.update(region for region in changed if region)
        return found
