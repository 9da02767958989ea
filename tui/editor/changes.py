"""More of PSReadLine: case, words and characters swapped, the line taken back, Ctrl+X and a second key."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from pstui.tui.editor import words
from pstui.tui.editor.highlight import Highlighted
from pstui.tui.editor.keys import EditingKeys
from textual.binding import BindingType

#: what a key does behind Ctrl+X, as in emacs, bash and PSReadLine's emacs mode
CHORDS: Final = {"ctrl+e": "screen.edit_line", "ctrl+u": "undo"}


class ChangingKeys(EditingKeys):
    """Changes of what stands at the cursor. ``recalled`` is the line of before that is in the editor, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("alt+u", "upcase_word", "Capitals"),
        ("alt+l", "downcase_word", "Small letters"),
        ("alt+c", "capitalize_word", "Capital"),
        ("alt+t", "swap_words", "Swap words"),
        ("ctrl+t", "swap", "Swap"),
        ("alt+r", "revert", "Revert"),
        ("ctrl+x", "cut_or_chord", "Cut"),
    ]

    recalled: str | None = None
    #: whether the next key belongs to Ctrl+X
    chord = False

    def action_upcase_word(self) -> None:
        """Write the word from the cursor on in capitals, and go to its end."""
        self._recase(str.upper)

    def action_downcase_word(self) -> None:
        """Write the word from the cursor on in small letters, and go to its end."""
        self._recase(str.lower)

    def action_capitalize_word(self) -> None:
        """Write the word from the cursor on with one capital at its start, and go to its end."""
        self._recase(_capitalized)

    def action_swap(self) -> None:
        """Swap the two characters around the cursor, at the end the last two."""
        text, place = self.text, self.cursor
        if place == len(text) or text[place : place + 1] == "\n":
            place -= 1
        if place >= 1 and "\n" not in text[place - 1 : place + 1]:
            self.change(place - 1, place + 1, text[place] + text[place - 1])

    def action_swap_words(self) -> None:
        """Swap the word at the cursor, at the end the last one, with the word before it; what is between stays."""
        text = self.text
        second = words.word_start_before(text, words.word_end_after(text, self.cursor))
        first = words.word_start_before(text, second)
        end, first_end = words.word_end_after(text, second), words.word_end_after(text, first)
        if first_end <= second < end:
            self.change(first, end, text[second:end] + text[first_end:second] + text[first:first_end])

    def action_partner(self) -> None:
        """Go to the bracket or quote that belongs to the one at the cursor."""
        if (pair := Highlighted(self.text).partners(self.cursor)) is not None:
            self.go(pair[1])
        else:
            self.app.bell()

    def action_revert(self) -> None:
        """Take all that was typed back: to the line recalled, or to an empty one. Undo brings it again."""
        line = self.recalled if self.recalled not in (None, self.text) else ""
        self.change(0, len(self.text), line or "")

    def action_cut_or_chord(self) -> None:
        """Cut the selection; where nothing is selected the next key decides."""
        if self.selection.is_empty:
            self.chord = True
        else:
            self.action_cut()

    async def take_chord(self, key: str) -> bool:
        """Do what a key means behind Ctrl+X; False when it means nothing there, and acts as always."""
        self.chord = False
        action = CHORDS.get(key)
        if action is not None:
            await self.run_action(action)
            self.did = action
        return action is not None

    def _recase(self, change: Callable[[str], str]) -> None:
        start = self.cursor
        end = words.word_end_after(self.text, start)
        self.change(start, end, change(self.text[start:end]))


def _capitalized(text: str) -> str:
    first = next((index for index, character in enumerate(text) if character.isalnum()), len(text))
    return text[:first] + text[first : first + 1].upper() + text[first + 1 :].lower()
