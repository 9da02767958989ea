"""The editing keys of PSReadLine, emacs and Windows alike: words, kills and yanks, undo, the last argument.

More of PSReadLine: case, words and characters swapped, the line taken back, Ctrl+X and a second key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, Final

from pstui.tui.editor.highlight import Highlighted
from pstui.tui.editor.paint import PaintedEditor
from pstui.tui.editor.words import (
    blank_start_before,
    capitalized,
    last_argument,
    next_word_start,
    word_end_after,
    word_start_before,
)
from pstui.tui.transcript.render.cells import cluster_end, cluster_start
from textual.binding import BindingType

#: texts that can be yanked
KILLS = 20


class KillRing:
    """What was deleted by the kill keys; kills without another key between them are one text."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque(maxlen=KILLS)

    @property
    def newest(self) -> str:
        """The text killed last, or turned to."""
        return self._texts[-1] if self._texts else ""

    def add(self, text: str, *, joins: bool, before: bool) -> None:
        """Keep a text; if it ``joins`` the last one it is put ``before`` or behind it."""
        if joins and self._texts:
            last = self._texts.pop()
            text = text + last if before else last + text
        self._texts.append(text)

    def turn(self) -> str:
        """Go on to the text killed before, round and round, and return it."""
        self._texts.rotate(1)
        return self.newest


class EditingKeys(PaintedEditor):
    """Movement and deletion by words and lines. ``did`` names the action that the key before this one had."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("alt+b,ctrl+left", "word_left", "Word left"),
        ("alt+f", "word_end", "Word end"),
        ("ctrl+right", "word_right", "Word right"),
        ("ctrl+f", "cursor_right", "Right"),
        ("ctrl+b", "cursor_left", "Left"),
        ("ctrl+w", "kill_blank_left", "Kill word"),
        ("alt+backspace,ctrl+backspace", "kill_word_left", "Kill word"),
        ("alt+d,ctrl+delete,alt+delete", "kill_word_right", "Kill word"),
        ("ctrl+u", "kill_to_start", "Kill to start"),
        ("ctrl+k", "kill_to_end", "Kill to end"),
        ("ctrl+y", "yank", "Yank"),
        ("alt+y", "yank_older", "Yank older"),
        ("ctrl+z,ctrl+underscore", "undo", "Undo"),
        ("alt+z,ctrl+shift+z", "redo", "Redo"),
        ("alt+full_stop", "last_argument", "Last argument"),
    ]
    #: one for all editors: what is killed in one tab can be yanked in another
    kills: ClassVar[KillRing] = KillRing()

    def __init__(self, **options: Any) -> None:
        self.did = ""
        self._inserted = (0, 0)
        self._argument = 0
        super().__init__(**options)

    def lines_before(self) -> tuple[str, ...]:
        """Return the lines typed before, oldest first."""
        return ()

    # -- moving -----------------------------------------------------------------------------------------------

    def action_word_left(self) -> None:
        """To the start of the word before."""
        self.go(word_start_before(self.text, self.cursor))

    def action_word_right(self) -> None:
        """To the start of the next word; at the end accept a word of the ghost."""
        self._forward(next_word_start)

    def action_word_end(self) -> None:
        """To the end of the word; at the end accept a word of the ghost."""
        self._forward(word_end_after)

    def action_cursor_left(self, select: bool = False) -> None:
        """One to the left; a letter with its marks, or a joined emoji, counts as one."""
        row, column = self.cursor_location
        start = self._cluster_before()
        if start < column - 1 and (select or self.selection.is_empty):
            self.move_cursor((row, start), select=select)
        else:
            super().action_cursor_left(select)

    def action_cursor_right(self, select: bool = False) -> None:
        """One to the right; at the end accept the ghost."""
        if not select and self.accept_ghost():
            return
        row, column = self.cursor_location
        end = self._cluster_after()
        if end > column + 1 and (select or self.selection.is_empty):
            self.move_cursor((row, end), select=select)
        else:
            super().action_cursor_right(select)

    def action_delete_left(self) -> None:
        """Delete what is left of the cursor, as one what is seen as one."""
        row, column = self.cursor_location
        start = self._cluster_before()
        if start < column - 1 and self.selection.is_empty:
            self.replace("", (row, start), (row, column))
        else:
            super().action_delete_left()

    def action_delete_right(self) -> None:
        """Delete what the cursor stands on, as one what is seen as one."""
        row, column = self.cursor_location
        end = self._cluster_after()
        if end > column + 1 and self.selection.is_empty:
            self.replace("", (row, column), (row, end))
        else:
            super().action_delete_right()

    def _cluster_before(self) -> int:
        """The column of the cluster left of the cursor."""
        row, column = self.cursor_location
        return cluster_start(self.document.get_line(row), column - 1) if column else 0

    def _cluster_after(self) -> int:
        """The column behind the cluster at the cursor."""
        row, column = self.cursor_location
        return cluster_end(self.document.get_line(row), column)

    def action_cursor_line_end(self, select: bool = False) -> None:
        """To the end of the row; there accept the ghost."""
        if select or not self.accept_ghost():
            super().action_cursor_line_end(select)

    def accept_ghost(self, length: int | None = None) -> bool:
        """Make the ghost, or ``length`` characters of it, part of the text; False when there is none."""
        if not self.ghost:
            return False
        end = self.cursor
        self.change(end, end, self.ghost[:length])
        return True

    def _forward(self, target: Callable[[str, int], int]) -> None:
        if self.ghost:
            ghost, ahead = self.ghost, self.cursor
            self.accept_ghost(max(target(self.text + ghost, ahead) - ahead, 1))
        else:
            self.go(target(self.text, self.cursor))

    # -- killing and yanking ----------------------------------------------------------------------------------

    def action_kill_blank_left(self) -> None:
        """Kill back to the last blank."""
        self._kill(blank_start_before(self.text, self.cursor))

    def action_kill_word_left(self) -> None:
        """Kill to the start of the word."""
        self._kill(word_start_before(self.text, self.cursor))

    def action_kill_word_right(self) -> None:
        """Kill to the end of the word."""
        self._kill(word_end_after(self.text, self.cursor))

    def action_kill_to_start(self) -> None:
        """Kill to the start of the row; from there the line end before it."""
        start = self.text.rfind("\n", 0, self.cursor) + 1
        self._kill(start if start < self.cursor else max(start - 1, 0))

    def action_kill_to_end(self) -> None:
        """Kill to the end of the row; from there the line end behind it."""
        end = self.text.find("\n", self.cursor)
        end = len(self.text) if end < 0 else end
        self._kill(end if end > self.cursor else min(end + 1, len(self.text)))

    def action_cut(self) -> None:
        """Cut the selection to the clipboard; it can be yanked as well."""
        if text := self.selected_text:
            self.app.copy_to_clipboard(text)
            self._kill(self.cursor)

    def action_yank(self) -> None:
        """Insert what was killed last."""
        self._insert_marked(self.kills.newest)

    def action_yank_older(self) -> None:
        """Right after a yank: take the kill before it instead."""
        if self.did in ("yank", "yank_older"):
            self._insert_marked(self.kills.turn(), again=True)

    def action_last_argument(self) -> None:
        """Insert the last argument of the line before; again, that of the line before that."""
        again = self.did == "last_argument"
        self._argument = self._argument + 1 if again else 1
        lines = self.lines_before()
        while self._argument <= len(lines):
            if word := last_argument(lines[-self._argument]):
                self._insert_marked(word, again=again)
                return
            self._argument += 1

    def _kill(self, place: int) -> None:
        """Delete between cursor and ``place``, or the selection, and remember what it was."""
        ends = sorted(map(self.offset_of, self.selection)) if not self.selection.is_empty else [self.cursor, place]
        before = place < self.cursor
        start, end = min(ends), max(ends)
        if start < end:
            joins = self.did.startswith("kill_")
            self.kills.add(self.text[start:end], joins=joins, before=before)
            self.change(start, end, "")

    def _insert_marked(self, text: str, *, again: bool = False) -> None:
        """Insert a text, in place of the one inserted the same way before."""
        if not text:
            return
        start, end = self._inserted if again else sorted(map(self.offset_of, self.selection))
        self.change(start, end, text)
        self._inserted = (start, start + len(text))


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
        self._recase(capitalized)

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
        second = word_start_before(text, word_end_after(text, self.cursor))
        first = word_start_before(text, second)
        end, first_end = word_end_after(text, second), word_end_after(text, first)
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
        end = word_end_after(self.text, start)
        self.change(start, end, change(self.text[start:end]))
