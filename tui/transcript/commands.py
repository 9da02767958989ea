"""Which commands' outputs are folded away.

The marker at the end of a transcript that is scrolled up: how many lines have come below it.

What the transcript can do with whole commands: go to their prompts, fold and copy their output.
"""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.transcript.paint import Overlay
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.widget import TranscriptView
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

#: A fold of the newest command's output has no end yet.
_OPEN_END = 1 << 60


class Folds:
    """Folded commands by the number of their prompt line."""

    def __init__(self, buffer: TextBuffer) -> None:
        self._buffer = buffer
        self._prompts: set[int] = set()

    def __contains__(self, prompt_number: int) -> bool:
        return prompt_number in self._prompts

    def __bool__(self) -> bool:
        return bool(self._prompts)

    def set(self, prompt_number: int, folded: bool) -> None:
        """Fold or unfold one command."""
        if folded:
            self._prompts.add(prompt_number)
        else:
            self._prompts.discard(prompt_number)

    def unfold_around(self, number: int) -> bool:
        """Unfold the output that hides a line; whether one did."""
        for first, last in self.ranges():
            if first <= number < last:
                found = self._buffer.prompt_before(number)
                if found is not None:
                    self._prompts.discard(self._buffer.prompts()[found] + self._buffer.dropped)
                return True
        return False

    def hidden_lines(self, prompt_number: int) -> int:
        """How many lines the fold of a command hides now."""
        found = self._buffer.prompt_before(prompt_number)
        if prompt_number not in self._prompts or found is None:
            return 0
        first, last = self._buffer.output_range(found)
        return last - first

    def ranges(self) -> list[tuple[int, int]]:
        """The line numbers to hide, ascending: first, and one after the last."""
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


_REVERSE = Style(reverse=True)


class TranscriptMarker(TranscriptView):
    """The part of the transcript that tells of new lines, in its last row at the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"transcript--below"}
    DEFAULT_CSS = """
    TranscriptMarker > .transcript--below { background: $primary; color: $background; text-style: bold; }
    """

    def _marker(self) -> str:
        """What the last row says of the lines below it; "" while there are none."""
        count = self.new_output
        return f" ↓ {count:,} new line{'s' if count != 1 else ''} " if count > 0 else ""

    def _on_marker(self, x: int, y: int) -> bool:
        """Whether a cell of the view belongs to the marker of new lines."""
        width, height = self.scrollable_content_region.size
        marker = self._marker()
        return bool(marker) and y == height - 1 and width - len(marker) <= x < width

    def render_line(self, y: int) -> Strip:
        """One row of the view; the last one tells of new lines below."""
        strip = super().render_line(y)
        width, height = self.scrollable_content_region.size
        marker = self._marker()
        if not marker or y != height - 1 or len(marker) >= width:
            return strip
        style = self.get_component_rich_style("transcript--below", partial=True)
        said = Segment(marker, _REVERSE if self.app.no_color else style)
        return Strip([*strip.crop(0, width - len(marker)), said], width)


class TranscriptCommands(TranscriptMarker):
    """Commands are counted as in ``buffer.prompts()``: 0 is the oldest one kept."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"transcript--fold", "transcript--marked"}
    DEFAULT_CSS = """
    TranscriptCommands > .transcript--marked { background: $primary 30%; text-style: bold underline; }
    TranscriptCommands > .transcript--fold { color: $accent; text-style: italic; }
    """

    class Selected(Message, namespace="transcript"):
        """Something else, or nothing any longer, is selected or marked; or copy mode has begun or ended."""

        def __init__(self, transcript: TranscriptCommands) -> None:
            super().__init__()
            self.transcript = transcript

    def __init__(
        self,
        buffer: TextBuffer | None = None,
        *,
        wrap: bool = True,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Show ``buffer`` (a new one by default). Without ``wrap`` long lines run out sideways."""
        super().__init__(buffer, wrap=wrap, name=name, id=id, classes=classes)
        self._folds = Folds(self.buffer)
        self._folded_at = -1
        #: the number of the marked prompt's line
        self._marked: int | None = None

    @property
    def marked_prompt(self) -> int | None:
        """The command gone to last (its place in ``buffer.prompts()``), until the end of the text is gone to."""
        if self._marked is None or self._marked < self.buffer.dropped:
            return None
        return self.buffer.prompt_before(self._marked)

    def previous_prompt(self) -> bool:
        """Mark the command before the one marked, or the last one, and show its prompt. Whether there is one."""
        line = self._line_in_hand()
        if line is None:
            number, index = self._place_at_row(self._row_of_top())
            line = self.buffer.end + 1 if self.following else number + (1 if index else 0)
        found = self.buffer.prompt_before(line - 1)
        if found is None:
            return False
        self._mark(self.buffer.prompts()[found] + self.buffer.dropped)
        return True

    def next_prompt(self) -> bool:
        """Mark the command after the one marked and show its prompt, or go to the end. Whether there was one."""
        line = self._line_in_hand()
        if line is None:
            line = self._place_at_row(self._row_of_top())[0]
        for index in self.buffer.prompts():
            if index + self.buffer.dropped > line:
                self._mark(index + self.buffer.dropped)
                return True
        self.scroll_to_end()
        return False

    def _mark(self, number: int) -> None:
        self.show_place(number, at_top=True)
        self._marked = number
        self.refresh()
        self.post_message(self.Selected(self))

    def scroll_to_end(self) -> None:
        """Go to the end and follow it; no command is marked any longer."""
        if self._marked is not None:
            self._marked = None
            self.post_message(self.Selected(self))
        super().scroll_to_end()

    def current_prompt(self) -> int | None:
        """Which command is meant (its place in ``buffer.prompts()``).

        That of the cursor, of the match, the one marked, or the last one that begins above the end of the view.
        """
        line = self._line_in_hand()
        if line is not None:
            return self.buffer.prompt_before(line)
        bottom = self._row_of_top() + self.scrollable_content_region.height
        return self.buffer.prompt_before(self._place_at_row(max(min(bottom, self._index.rows) - 1, 0))[0])

    def _line_in_hand(self) -> int | None:
        """The number of the line the user is at, if it is not simply the view."""
        return None if self.marked_prompt is None else self._marked

    def output_text(self, prompt: int | None = None) -> str:
        """The output of one command (the current one by default) as plain text; "" without any."""
        first, last = self.output_lines(self.current_prompt() if prompt is None else prompt)
        return "\n".join(self.buffer.text(index).rstrip() for index in range(first, last))

    def output_lines(self, prompt: int | None) -> tuple[int, int]:
        """Indices (first, one after the last) of the lines that a command wrote.

        None is the command whose prompt the ring has let go of: what is kept of its output; nothing without one.
        """
        if prompt is not None:
            return self.buffer.output_range(prompt)
        prompts = self.buffer.prompts()
        if self.buffer.prompt_count == len(prompts):
            return 0, 0
        return 0, prompts[0] if prompts else self.buffer.line_count

    def is_folded(self, prompt: int) -> bool:
        """Whether a command's output is folded; ``prompt`` is its place in ``buffer.prompts()``."""
        return self.buffer.prompts()[prompt] + self.buffer.dropped in self._folds

    def fold(self, prompt: int | None = None, folded: bool = True) -> bool:
        """Fold the output of one command (the current one by default), or unfold it. Whether there was a command."""
        prompt = self.current_prompt() if prompt is None else prompt
        if prompt is None:
            return False
        self._folds.set(self.buffer.prompts()[prompt] + self.buffer.dropped, folded)
        self._refold()
        return True

    def toggle_fold(self, prompt: int | None = None) -> bool:
        """Fold or unfold the output of one command (the current one by default). Whether there was a command."""
        prompt = self.current_prompt() if prompt is None else prompt
        return prompt is not None and self.fold(prompt, not self.is_folded(prompt))

    def fold_all(self, folded: bool = True) -> None:
        """Fold or unfold the output of every command."""
        for index in self.buffer.prompts():
            self._folds.set(index + self.buffer.dropped, folded)
        self._refold()

    def _reveal(self, number: int) -> None:
        """Unfold what hides a line that is to be shown."""
        if self._folds.unfold_around(number):
            self._refold()

    def _refold(self) -> None:
        self._sync()
        self._index.set_hidden(self._folds.ranges())
        self._forget_strips()
        self._estimated()
        self._settle()
        self.refresh()
        self.post_message(self.RowsChanged(self))

    def _sync(self) -> None:
        if self._folds and self._folded_at != self.buffer.prompt_count:
            # A new prompt ends the fold of the command before it.
            self._folded_at = self.buffer.prompt_count
            self._index.set_hidden(self._folds.ranges())
        super()._sync()

    @property
    def any_folded(self) -> bool:
        """Whether the output of a command is folded."""
        return bool(self._folds)

    def unfold_at(self, number: int, index: int) -> bool:
        """Show the output again that is folded at a line, if ``index`` is behind the line's text; whether it was."""
        if number not in self._folds or index < len(self.buffer.text_at(number)):
            return False
        return self.fold(self.buffer.prompt_before(number), False)

    def _has_overlays(self, number: int) -> bool:
        return number in self._folds or number == self._marked

    def _overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        if number != self._marked:
            return super()._overlays(number, text, part)
        style = self._wash("transcript--marked")
        return [*super()._overlays(number, text, part), (0, len(text), style)]

    def _after(self, number: int, base: Style) -> list[Segment]:
        hidden = self._folds.hidden_lines(number) if number in self._folds else 0
        if not hidden:
            return []
        style = base + self.get_component_rich_style("transcript--fold", partial=True)
        style += Style.from_meta({"offset": (len(self.buffer.text_at(number)), number)})  # for a click: behind the text
        return [Segment(f"  ▸ {hidden:,} line{'s' if hidden != 1 else ''} folded", style)]
