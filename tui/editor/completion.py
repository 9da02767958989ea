"""Tab and Ctrl+Space in the editor: asks, shows the menu, and takes the keys that belong to it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from pstui.backends.sessions.completion import Completion, CompletionMatch
from pstui.tui.editor.completion_menu import CompletionMenu, Listing
from pstui.tui.editor.completion_source import Completions, Found, fits
from textual.geometry import Offset

#: what ends a word: typed behind a completion it belongs to what comes next
_ENDS_WORD = frozenset(" \t|;,(){}[]<>&='\"")
#: seconds without an answer after which the menu says that it waits for one
PATIENCE = 0.3


class CompletedText(Protocol):
    """What completion needs of the editor. Offsets are code points."""

    @property
    def text(self) -> str:
        """The whole text."""

    @property
    def cursor(self) -> int:
        """The offset of the cursor."""

    def change(self, start: int, end: int, text: str, cursor: int | None = None) -> None:
        """Replace what stands between two offsets; the cursor goes behind it."""

    def screen_place(self, offset: int) -> Offset:
        """Return where an offset of the text stands on the screen."""


class Completing:
    """One completion, from the key that asks for it to the key that ends it.

    ``cycling`` is Tab's way: each press puts the next completion into the text, any other key goes on from there.
    Otherwise (Ctrl+Space) the text stays as typed until Enter or Tab takes an entry; typing narrows the list down.
    """

    def __init__(self, editor: CompletedText, menu: CompletionMenu, completions: Completions) -> None:
        self._editor, self._menu, self._completions = editor, menu, completions
        self._task: asyncio.Task[None] | None = None
        self._found: Found | None = None
        self._matches: list[CompletionMatch] = []
        self._start = 0
        self._word = ""  # as typed
        self._shown = ""  # what stands in the text now
        self._rest = ""  # what the far end would replace behind the cursor
        self._replaced = ""  # the same once it was replaced
        self._selected = -1
        self.active = False
        self.cycling = False
        #: whether the next word was begun while the answer is still awaited
        self._ahead = False

    def begin(self, *, cycling: bool, step: int = 1) -> None:
        """Ask for completions at the cursor."""
        self.end()
        self.active, self.cycling = True, cycling
        text, cursor = self._editor.text, self._editor.cursor
        if (found := self._completions.cached(text, cursor)) is not None:
            self._present(found, step)
        else:
            self._task = asyncio.create_task(self._wait(text, cursor, step))

    def end(self) -> None:
        """Close the menu, drop an answer that is still to come; the text stays as it is."""
        self.active = self._ahead = False
        self._found = None
        self._matches = []
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._menu.hide()

    def take(self, key: str, character: str | None) -> bool:
        """Take a key that belongs to the completion; False lets it act as always (and ends this)."""
        if not self.active:
            return False
        if self._found is None:
            return self._take_waiting(key, character)
        match key:
            case "tab" | "down" | "up" | "shift+tab":
                self._step(1 if key in ("tab", "down") else -1, insert=self.cycling or key.endswith("tab"))
            case "escape":
                self._restore()
                self.end()
            case "enter" if not self.cycling and self._selected >= 0:
                self.pick(self._selected)
            case "backspace" if not self.cycling and len(self._shown) > 0:
                self._narrow(self._word[:-1])
            case "pageup" | "pagedown":
                self._step(8 if key == "pagedown" else -8, insert=self.cycling, clamp=True)
            case _ if character and character.isprintable() and character not in _ENDS_WORD:
                return self._typed(character)
            case _:
                self.end()
                return False
        return True

    def pick(self, index: int) -> None:
        """Take an entry and end."""
        if self.active and 0 <= index < len(self._matches):
            self._put(self._matches[index].text)
        self.end()

    def _take_waiting(self, key: str, character: str | None) -> bool:
        """While the answer is awaited asking again changes nothing; after an empty one every key goes on.

        Who types Tab and the next word in one go is not held up: a word that can be completed in one way only is so
        when the answer comes.
        """
        if self._task is not None:
            if key in ("tab", "ctrl+@", "ctrl+space") and not self._ahead:
                return True
            if self.cycling and character and character.isprintable() and (self._ahead or character in _ENDS_WORD):
                self._ahead = True
                self._menu.hide()
                return False
        self.end()
        return key == "escape"

    def _complete_behind(self, completion: Completion, text: str, cursor: int) -> None:
        """Complete the word behind which one has typed on, if there is one way only and nothing else has changed."""
        now, place = self._editor.text, self._editor.cursor
        typed = place - cursor
        end = completion.start + completion.length
        if len(completion.matches) == 1 and end <= cursor and now == text[:cursor] + now[cursor:place] + text[cursor:]:
            inserted = completion.matches[0].text
            self._editor.change(completion.start, end, inserted, cursor + len(inserted) - completion.length + typed)
        self.end()

    async def _wait(self, text: str, cursor: int, step: int) -> None:
        asked = asyncio.ensure_future(self._completions.find(text, cursor))
        try:
            done, _ = await asyncio.wait({asked}, timeout=PATIENCE)
            if not done and self.active and not self._ahead:
                self._menu.show(Listing((), -1, "asking the far end…  Esc ends"), self._editor.screen_place(cursor))
            found = await asked
        finally:
            asked.cancel()
        if self._ahead:
            self._task = None
            self._complete_behind(found.completion if not found.why else Completion(0, 0, ()), text, cursor)
        # A text that has changed meanwhile ended this task; a cursor that was moved by the mouse did not.
        elif self.active and (self._editor.text, self._editor.cursor) == (text, cursor):
            self._task = None
            self._present(found, step)

    def _present(self, found: Found, step: int) -> None:
        completion = found.completion
        cursor, text = self._editor.cursor, self._editor.text
        if not completion.matches:
            nothing = f"{found.why}: nothing known fits" if found.why else "nothing fits"
            self._menu.show(Listing((), -1, nothing), self._editor.screen_place(cursor))
            return
        self._found = found
        self._start = completion.start
        end = completion.start + completion.length
        self._shown = self._word = text[completion.start : max(min(cursor, end), completion.start)]
        self._rest = text[completion.start + len(self._word) : end]
        self._replaced = ""
        self._matches = list(completion.matches)
        self._selected = 0 if step > 0 else len(self._matches) - 1
        if len(self._matches) == 1:
            self.pick(0)
            return
        if self.cycling:
            self._put(self._matches[self._selected].text)
        self._show()

    def _step(self, by: int, *, insert: bool, clamp: bool = False) -> None:
        count = len(self._matches)
        if insert and not self.cycling:
            self.cycling = True
        elif clamp:
            self._selected = min(max(self._selected + by, 0), count - 1)
        else:
            self._selected = (self._selected + by) % count
        if insert:
            self._put(self._matches[self._selected].text)
        self._show()

    def _typed(self, character: str) -> bool:
        """Narrow the list down; where nothing is left the character follows what stands there."""
        if not any(fits(match, self._word + character) for match in self._source()):
            self.end()
            return False
        self._narrow(self._word + character)
        return True

    def _narrow(self, word: str) -> None:
        self._put(word, keep_rest=True)
        self._word = word
        self.cycling = False
        self._matches = [match for match in self._source() if fits(match, word)]
        self._selected = 0
        if self._matches and word:
            self._show()
        else:
            self.end()

    def _source(self) -> tuple[CompletionMatch, ...]:
        return self._found.completion.matches if self._found is not None else ()

    def _restore(self) -> None:
        if self._shown != self._word:
            cursor = self._start + len(self._word)
            self._put(self._word + self._replaced)
            self._editor.change(cursor, cursor, "")

    def _put(self, text: str, *, keep_rest: bool = False) -> None:
        if not keep_rest and self._rest:
            self._replaced, self._rest = self._rest, ""
            self._shown += self._replaced
        self._editor.change(self._start, self._start + len(self._shown), text)
        self._shown = text

    def _show(self) -> None:
        found = self._found
        if found is None:
            return
        hint = "Tab next  Esc back" if self.cycling else "Enter takes  Esc closes"
        why = f"{found.why}, so: known names, history " if found.why else ""
        listing = Listing(self._matches, self._selected, hint, why)
        self._menu.show(listing, self._editor.screen_place(self._start))
