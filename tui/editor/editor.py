"""Enter behind a text that is not finished goes on in another row; a row above says how to run it all the same.

The line editor below a pane's text: what is typed here goes to that pane's session only.

The prompt and the editor side by side, with the list of completions over the text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Protocol

from pstui.backends.language.completeness import is_complete
from pstui.backends.sessions.completion import Completion
from pstui.tui.editor.completion import Completing, Completions
from pstui.tui.editor.completion_menu import CompletionMenu
from pstui.tui.editor.history import HistoryKeys, LineHistory, Searching
from pstui.tui.editor.keys import ChangingKeys, EditingKeys
from pstui.tui.editor.paste import PasteChoice, PasteWay
from pstui.tui.keys.direct import bound_actions
from pstui.tui.plain import plain, plain_lines
from pstui.tui.still import Still
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.geometry import Offset
from textual.widgets import TextArea

#: characters of a text that is judged; a longer one goes to the far end, which judges it as well
MAX_JUDGED: Final = 8_000
_SAID: Final = "not finished: Enter adds a row"
_KEYS: Final = "   Ctrl+] Enter runs it as it is"


class Unfinished:
    """Whether Enter added a row because the text was not finished. ``show`` gets the row to show, None to hide it."""

    def __init__(self, show: Callable[[Content | None], None]) -> None:
        self._show = show
        self.active = False

    def begin(self) -> None:
        """Say why Enter has run nothing."""
        self.active = True
        self._show(Content.assemble(_SAID, (_KEYS, "$calm")))

    def end(self) -> None:
        """Say nothing any longer."""
        if self.active:
            self.active = False
            self._show(None)


def goes_on(text: str) -> bool:
    """Whether PowerShell would want more rows of a text before it runs any of it."""
    return len(text) <= MAX_JUDGED and not is_complete(text)


#: characters of a paste that are taken
MAX_PASTE = 1_000_000
#: what a key types when Ctrl+Q takes away its meaning
#: what Persian words and emoji are written with, though nothing is seen of it
_JOINERS = "\u200c\u200d"
_LITERAL = {"tab": "\t", "enter": "\n", "ctrl+j": "\n"}


class EditorOwner(Protocol):
    """Who gets what the editor does not do itself. Called while the key is handled, so that nothing overtakes it."""

    def submit_line(self, line: str) -> bool:
        """Enter was pressed; True when the line was taken, and the editor is then emptied."""

    def submit_lines(self, lines: Sequence[str]) -> bool:
        """Pasted lines shall run one after the other; True when they were taken."""

    def wants_finished_text(self) -> bool:
        """Whether a text that is not finished shall not be submitted by Enter."""

    def end_of_input(self) -> None:
        """Ctrl+D was pressed in an empty editor."""

    def interrupt(self) -> None:
        """Ctrl+C was pressed."""

    def clear_screen(self) -> None:
        """Ctrl+L was pressed: an empty screen, the text stays above it."""

    def tab_pressed(self) -> None:
        """Tab was pressed in an empty editor."""

    def scroll_pages(self, pages: int) -> None:
        """The pane's text shall move by ``pages``."""

    def show_aside(self, content: Content | None) -> None:
        """Show a row above the editor for what its keys do now; None takes it away."""

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask the far end for completions. Raises PstuiError when it cannot be asked now."""


class LineEditor(HistoryKeys):
    """A few lines of text: Enter submits what is finished, Alt+Enter (or Ctrl+J) adds a line in any case."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("enter", "submit", "Run"),
        ("alt+enter,ctrl+j,shift+enter", "new_line", "New line"),
        ("ctrl+c", "interrupt", "Stop"),
        ("ctrl+l", "clear_screen", "Clear"),
        ("tab", "tab(1)", "Complete"),
        ("shift+tab", "tab(-1)", "Complete backwards"),
        ("ctrl+@,ctrl+space,alt+equals_sign,alt+question_mark", "menu", "Completions"),
        ("ctrl+r", "search", "Search history"),
        ("ctrl+d", "delete_or_leave", "Delete"),
        ("ctrl+q", "literal", "Literal"),
        ("pageup", "page(-1)", "Scroll up"),
        ("pagedown", "page(1)", "Scroll down"),
    ]
    _ACTIONS: ClassVar[dict[str, str]] = bound_actions(
        BINDINGS, HistoryKeys.BINDINGS, ChangingKeys.BINDINGS, EditingKeys.BINDINGS, TextArea.BINDINGS
    )

    def __init__(self, owner: EditorOwner, history: LineHistory, menu: CompletionMenu) -> None:
        self._owner = owner
        super().__init__(history, compact=True, soft_wrap=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self.completions = Completions(owner.complete, history)
        self.completing = Completing(self, menu, self.completions)
        self.searching = Searching(self, owner.show_aside)
        self.pasted = PasteChoice(owner.show_aside)
        self.unfinished = Unfinished(owner.show_aside)
        self._literal = False
        #: monotonic time of the last key or paste since the last submitted line, 0.0 when there was none
        self.last_typed = 0.0

    def put(self, text: str) -> None:
        """Replace what is in the editor and stand at its end; can be undone."""
        self.end_modes()
        super().put(text)

    def insert_typed(self, text: str) -> None:
        """Insert text as if typed, in place of the selection."""
        self.replace(text, *self.selection, maintain_selection_offset=False)

    def empty(self) -> None:
        """Empty the editor because its text went its way."""
        self.end_modes()
        self.load_text("")
        self.recalled = None
        self.last_typed = 0.0

    def end_modes(self) -> None:
        """Close the list of completions, end a search, leave a paste to be edited."""
        self._literal = self.chord = False
        self.completing.end()
        self.searching.end()
        self.pasted.end()
        self.unfinished.end()

    def run_pasted(self, way: PasteWay) -> None:
        """Run what was pasted as one block or line by line, or leave it to be edited."""
        self.pasted.end()
        if way is PasteWay.BLOCK:
            self.action_submit()
        elif way is PasteWay.LINES and self._owner.submit_lines(self.text.split("\n")):
            self.empty()

    def screen_place(self, offset: int) -> Offset:
        """Return where an offset of the text stands on the screen."""
        place = self.wrapped_document.location_to_offset(self.location_of(offset))
        region = self.content_region
        return Offset(region.x + place.x - self.scroll_offset.x, region.y + place.y - self.scroll_offset.y)

    def predict(self) -> str:
        """Return what followed this text when it was last typed, unless a list or a search is open."""
        busy = self.completing.active or self.searching.active or self.pasted.active
        return "" if busy else self._before.predict(self.text)

    # -- keys -------------------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Act on a key at once, in the order of typing."""
        event.stop()
        if await self.take_key(event.key, event.character):
            event.prevent_default()

    async def take_key(self, key: str, character: str | None = None) -> bool:
        """Do what a key is bound to, or insert its character; False when it is neither."""
        self.last_typed = time.monotonic()
        if self._take_in_mode(key, character) or (self.chord and await self.take_chord(key)):
            return True
        if (action := self._ACTIONS.get(key)) is not None:
            if action == "yank" and self.did in ("undo", "redo"):
                action = "redo"  # as PSReadLine's Ctrl+Y outside its emacs mode
            await self.run_action(action)
            self.did = action
            return True
        self.did = ""
        if character is not None and (character.isprintable() or character in _JOINERS):
            self.insert_typed(character)
            return True
        return False

    def on_paste(self, event: events.Paste) -> None:
        """Insert what the terminal pasted."""
        event.stop()
        event.prevent_default()
        self.last_typed = time.monotonic()
        self.paste_text(event.text)

    def paste_text(self, text: str) -> None:
        """Insert a text without its control characters; of many lines ask how to run them."""
        self.end_modes()
        text = plain_lines(text, limit=MAX_PASTE)
        text = text.rstrip("\n") or text
        self.insert_typed(text)
        if text.strip() and "\n" in text:
            self.pasted.begin(text.count("\n") + 1)

    def on_mouse_down(self) -> None:
        """The cursor goes elsewhere."""
        self.end_modes()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show the cursor, or not: nothing else tells the focus, and new styles would cost some 4 ms a tab switch."""
        self._line_cache.clear()  # the rows that were kept show the cursor as it was
        self.refresh()

    def on_blur(self) -> None:
        """The keys go elsewhere: what was begun here ends."""
        self.end_modes()

    def _take_in_mode(self, key: str, character: str | None) -> bool:
        """Let what is open have the key; False when it acts as always."""
        if self._literal:
            self._literal = False
            text = _LITERAL.get(key, character if character and character.isprintable() else "")
            self.insert_typed(text)
            return bool(text)
        if self.pasted.active:
            way = self.pasted.take(key)
            if way is PasteWay.LINES:
                self.run_pasted(way)
            return way is None or way is PasteWay.LINES or (way is PasteWay.EDIT and key in ("enter", "escape"))
        return self.searching.take(key, character) or self.completing.take(key, character)

    # -- actions ----------------------------------------------------------------------------------------------

    def submit(self) -> bool:
        """Give the text to the owner; False when it stays."""
        self.completions.forget()
        taken = self._owner.submit_line(self.text if self.text.isspace() else self.text.rstrip("\n"))
        if taken:
            self.empty()
        return taken

    def action_submit(self) -> None:
        """Give the text to the owner if it is finished; else go on in another row."""
        if self._owner.wants_finished_text() and goes_on(self.text):
            self.action_new_line()
            self.unfinished.begin()
        else:
            self.submit()

    def action_delete_or_leave(self) -> None:
        """Delete the character at the cursor; where there is nothing at all, and the key is not held down, leave."""
        if self.text or self.did == "delete_or_leave":
            self.action_delete_right()
        else:
            self._owner.end_of_input()

    def action_paste(self) -> None:
        """Insert what was cut or copied here."""
        self.paste_text(self.app.clipboard)

    def action_new_line(self) -> None:
        """Add a line without submitting."""
        self.insert_typed("\n")

    def action_interrupt(self) -> None:
        """Hand Ctrl+C on."""
        self._owner.interrupt()

    def action_clear_screen(self) -> None:
        """Hand Ctrl+L on."""
        self._owner.clear_screen()

    def action_tab(self, step: int) -> None:
        """Complete the word at the cursor; an empty editor has none and hands the key on."""
        if self.text.strip():
            self.completing.begin(cycling=True, step=step)
        elif step > 0:
            self._owner.tab_pressed()

    def action_menu(self) -> None:
        """List what may stand at the cursor."""
        self.completing.begin(cycling=False)

    def action_search(self) -> None:
        """Search the lines typed before."""
        self.searching.begin(self._before)

    def action_literal(self) -> None:
        """Take the next key for what it types, not for what it does."""
        self._literal = True

    def action_page(self, pages: int) -> None:
        """Hand the paging keys on."""
        self._owner.scroll_pages(pages)


#: columns that a line must keep beside its prompt; a longer prompt stands on its own row above
MIN_LINE_WIDTH = 24


class EditorRow(Container):
    """The prompt and beside it the editor; above it where the prompt leaves too little room."""

    def __init__(self, owner: EditorOwner, history: LineHistory) -> None:
        super().__init__()
        self._prompt = Still(classes="prompt")
        self._text = ""
        self.menu = CompletionMenu()
        self.editor = LineEditor(owner, history, self.menu)

    def compose(self) -> ComposeResult:
        yield self._prompt
        yield self.editor
        yield self.menu

    @property
    def prompt(self) -> str:
        """The prompt's text as shown."""
        return self._text

    def show_prompt(self, text: str, *, ready: bool) -> None:
        """Show ``text`` before the line; ``ready`` is False while a line would have to wait."""
        self._text = plain(text)
        self._prompt.say(Content(self._text))
        self.set_class(not ready, "-waiting")
        self._arrange()

    def on_completion_menu_picked(self, event: CompletionMenu.Picked) -> None:
        """An entry of the list was clicked."""
        event.stop()
        self.editor.completing.pick(event.index)

    def on_resize(self) -> None:
        """Give the prompt its own row when it has become too wide."""
        self._arrange()

    def _arrange(self) -> None:
        width = self.size.width
        self.set_class(bool(width) and Content(self._text).cell_length > max(width - MIN_LINE_WIDTH, 1), "-above")
