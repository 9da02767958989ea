"""Which commands' outputs are folded away."""

from __future__ import annotations

from typing import Final

from pstui.tui.transcript.render.buffer import TextBuffer

#: End of a fold of the newest command's output, which may still grow: beyond any line number.
_OPEN_END: Final = 1 << 60


class Folds:
    """Folded commands, each known by the line number of its prompt."""

    def __init__(self, buffer: TextBuffer) -> None:
        self._buffer = buffer
        self._prompts: set[int] = set()

    def __contains__(self, prompt_number: int) -> bool:
        return prompt_number in self._prompts

    def __bool__(self) -> bool:
        return bool(self._prompts)

    def set(self, prompt_number: int, folded: bool) -> None:
        """Fold or unfold the output of one command."""
        if folded:
            self._prompts.add(prompt_number)
        else:
            self._prompts.discard(prompt_number)

    def unfold_around(self, number: int) -> bool:
        """Unfold the output that hides a line; return whether one did."""
        for first, last in self.ranges():
            if first <= number < last:
                found = self._buffer.prompt_before(number)
                if found is not None:
                    self._prompts.discard(self._buffer.prompts()[found] + self._buffer.dropped)
                return True
        return False

    def hidden_lines(self, prompt_number: int) -> int:
        """Return how many lines the fold of a command hides now."""
        found = self._buffer.prompt_before(prompt_number)
        if prompt_number not in self._prompts or found is None:
            return 0
        first, last = self._buffer.output_range(found)
        return last - first

    def ranges(self) -> list[tuple[int, int]]:
        """Return the line numbers to hide, ascending: first, and one after the last."""
        if not self._prompts:
            return []
        buffer = self._buffer
        prompts = [index + buffer.dropped for index in buffer.prompts()]
        self._prompts.intersection_update(prompts)
        result = []
        for place, number in enumerate(prompts):
            if number in self._prompts:
                first, last = buffer.output_range(place)
                newest = place == len(prompts) - 1
                result.append((first + buffer.dropped, _OPEN_END if newest else last + buffer.dropped))
        return [(first, last) for first, last in result if first < last]
