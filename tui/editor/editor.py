"""The line editor below a pane's text: what is typed here goes to that pane's session only.

How this works: ``LineEditor`` is Textual's text area and *has* everything that makes it PSReadLine's: the surface (the
text by offsets, which the other parts share), key functions, steps and search in the history, the prediction,
completion, the question about pasted lines, the rule for unfinished text, colours. ``EditorRow`` puts the prompt
before it and the list of completions over it.

``take_key`` handles a key completely before the next one is looked at. First, whatever is open may take it: a search,
a list of completions, the question about pasted lines. After Ctrl+X comes the table ``CHORDS``, then the tables of
keys: the editor's own before PSReadLine's before Textual's. What is left is inserted if it can be printed. Functions
and actions are called by name, and ``Editing.did`` keeps the last name, because some key functions continue what the
previous one did.

What the editor does not do itself it asks of its owner by calls, not by messages: when Enter is handled the next
characters may have been typed already, and they would overtake a message.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar, Final

from pstui.backends.language.completeness import is_complete
from pstui.tui.editor.argument import DigitArgument, repeated
from pstui.tui.editor.completion import Completing, Completions
from pstui.tui.editor.completion_menu import CompletionMenu
from pstui.tui.editor.editing import Editing
from pstui.tui.editor.highlight import Highlighted
from pstui.tui.editor.history import HistorySteps, LineHistory, Searching
from pstui.tui.editor.keys import FUNCTIONS, KEYS, OF_MODE, RECALLING
from pstui.tui.editor.killing import kill_selected
from pstui.tui.editor.mode import EditMode
from pstui.tui.editor.owner import EditorOwner
from pstui.tui.editor.paint import COMPONENTS, Painting, Prediction
from pstui.tui.editor.paste import PasteChoice, PasteWay, statements
from pstui.tui.editor.surface import EditingSurface
from pstui.tui.key_row import pressable
from pstui.tui.keys.contexts import bound_actions
from pstui.tui.plain import plain, typed_text, without_controls
from pstui.tui.still import Still
from pstui.tui.transcript.paint import styled_row
from pstui.tui.typed import Typed
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import TextArea

#: characters of the longest text that is judged; the far end judges a longer one
MAX_JUDGED: Final = 4_000
#: characters of a paste that are taken
MAX_PASTE: Final = 1_000_000
#: columns that a line must keep beside its prompt; a longer prompt is on its own row above
MIN_LINE_WIDTH: Final = 24
#: what a key does after Ctrl+X, as in emacs, bash and PSReadLine's emacs mode
CHORDS: Final = {"ctrl+e": "screen.edit_line", "ctrl+u": "undo", "backspace": "kill_to_start"}
#: what a key types after Ctrl+Q, if it is not its own character
_LITERAL: Final = {"tab": "\t", "enter": "\n", "ctrl+j": "\n"}


def goes_on(text: str) -> bool:
    """Return whether PowerShell would want more rows of a text before it runs any of it."""
    return len(text) <= MAX_JUDGED and not is_complete(text)


def submitted(text: str) -> str:
    """Return a text without the empty rows at its end; one stays where it ends a text that would go on."""
    line = text.rstrip("\n")
    if not line.strip():
        return text
    return line + "\n" if line != text and goes_on(line) else line


class Unfinished:
    """Says that Enter added a row because the text was not finished. ``show`` gets the row to show, None to hide it."""

    def __init__(self, show: Callable[[Content | None], None]) -> None:
        self._show = show
        self.active = False

    def begin(self, *, again: bool) -> None:
        """Say why Enter has run nothing, and which key runs it: ``again``, Enter in the empty row."""
        self.active = True
        keys = "Enter again" if again else "Ctrl+] Enter"
        self._show(Content.assemble("not finished: Enter adds a row", pressable(f"   {keys} runs it as it is")))

    def end(self) -> None:
        """Hide the row."""
        if self.active:
            self.active = False
            self._show(None)


class Literal:
    """Ctrl+Q: the next key counts for what it types, not for what it does."""

    def __init__(self, surface: EditingSurface) -> None:
        self._surface = surface
        self.active = False

    def begin(self) -> None:
        """Begin with the next key."""
        self.active = True

    def end(self) -> None:
        """Let the next key act as usual."""
        self.active = False

    def take(self, key: str, character: str | None) -> bool:
        """Insert what a key types; False when it types nothing and acts as usual."""
        self.active = False
        text = _LITERAL.get(key, typed_text(character))
        self._surface.insert(text)
        return bool(text)


class LineEditor(TextArea):
    """A few lines of text: Enter submits what is finished, Alt+Enter (or Ctrl+J) adds a row in any case."""

    #: see ``typeahead.ActsAtOnce``
    acts_at_once = True
    #: see ``typeahead``: a character does no more than type
    only_types = True
    #: several characters that were read at once can be given to it as one ``Typed``
    takes_many = True
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENTS
    BINDINGS: ClassVar[list[BindingType]] = [
        ("enter", "submit", "Run"),
        ("alt+enter,ctrl+j,shift+enter", "new_line", "New line"),
        ("ctrl+o", "submit_and_go_on", "Run, and the line after"),
        ("ctrl+c", "interrupt", "Stop"),
        ("ctrl+l", "clear_screen", "Clear"),
        ("tab", "tab(1)", "Complete"),
        ("shift+tab", "tab(-1)", "Complete backwards"),
        ("ctrl+@,ctrl+space,alt+equals_sign,alt+question_mark", "menu", "Completions"),
        ("ctrl+r", "search", "Search history"),
        ("ctrl+d", "delete_or_leave", "Delete"),
        ("ctrl+q", "literal", "Literal"),
        ("ctrl+x", "cut_or_chord", "Cut"),
        ("ctrl+z,ctrl+underscore", "undo", "Undo"),
        ("alt+z,ctrl+shift+z", "redo", "Redo"),
        ("pageup", "page(-1)", "Scroll up"),
        ("pagedown", "page(1)", "Scroll down"),
    ]
    #: what each key does, by name: a key function, or an action as Textual writes it
    _NAMES: ClassVar[dict[str, str]] = (
        bound_actions(TextArea.BINDINGS)
        | {key: function.__name__ for key, function in KEYS.items()}
        | bound_actions(BINDINGS)
    )

    def __init__(self, owner: EditorOwner, history: LineHistory, menu: CompletionMenu) -> None:
        self._owner, self._history = owner, history
        self.surface = EditingSurface(self)
        self.prediction = Prediction(self, self.surface, self.predict)
        self.painting = Painting(self, self.surface)
        self.steps = HistorySteps(self.surface, history, self.put)
        self.editing = Editing(self.surface, self.prediction, self.steps)
        self.completions = Completions(owner.complete, history)
        self.completing = Completing(self.surface, menu, self.completions)
        self.searching = Searching(self.surface, owner.show_aside, self.editing.found)
        self.pasted = PasteChoice(owner.show_aside, lambda: self.run_pasted(PasteWay.LINES))
        self.literal = Literal(self.surface)
        self.unfinished = Unfinished(owner.show_aside)
        self.argument = DigitArgument(owner.show_aside)
        self.edit_mode = EditMode.EMACS
        #: whether the next key belongs to Ctrl+X
        self._chord = False
        #: what the styles depend on that Textual's part took from the style sheet last
        self._styled: object = None
        #: monotonic time of the last key or paste since the last submitted line, 0.0 when there was none
        self.last_typed = 0.0
        # Textual's own part comes last: while it is made it asks for the prediction already.
        super().__init__(compact=True, soft_wrap=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self.disable_messages(TextArea.SelectionChanged)  # nobody reads them, and each would go up to the app

    # -- the text -------------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """The offset of the cursor, in code points from the start of the text."""
        return self.surface.cursor

    def put(self, text: str) -> None:
        """Replace what is in the editor and go to its end; can be undone."""
        self.end_modes()
        self.surface.put(text)

    def empty(self) -> None:
        """Empty the editor: its text was taken."""
        self.end_modes()
        self.load_text("")
        self.steps.forget()
        self.last_typed = 0.0

    def submit(self) -> bool:
        """Give the text to the owner, finished or not; False when it stays."""
        self.completions.forget()
        taken = self._owner.submit_line(submitted(self.text))
        if taken:
            self.empty()
        return taken

    def paste_text(self, text: str) -> None:
        """Insert a text without its control characters; of many lines ask how to run them."""
        self.end_modes()
        text = without_controls(text, limit=MAX_PASTE)
        text = text.rstrip("\n") or text
        self.surface.insert(text)
        if text.strip() and "\n" in text:
            self.pasted.begin(text.count("\n") + 1)

    def run_pasted(self, way: PasteWay) -> None:
        """Run what was pasted as one block or line by line, or leave it to be edited."""
        self.pasted.end()
        if way is PasteWay.BLOCK:
            self.action_submit()
        elif way is PasteWay.LINES:
            self.run_worker(self._run_statements(self.text), group="pasted", exclusive=True)

    async def _run_statements(self, text: str) -> None:
        """Run pasted rows statement by statement; what is not finished at the end stays to be edited."""
        found, rest = text.split("\n"), ""
        if self._owner.wants_finished_text():
            found, rest = await asyncio.to_thread(statements, text, goes_on)  # a long text takes a while to read
        if self.text != text or (found and not self._owner.submit_lines(found)):
            return
        self.empty()
        if rest:
            self.put(rest)
            self.unfinished.begin(again=not goes_on(f"{rest}\n"))

    # -- keys -----------------------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Act on a key at once, in the order of typing."""
        event.stop()
        if event.key == "escape" and not (self.text or self.searching.active or self.argument.active):
            self._owner.interrupt(opening=True)
        if await self.take_key(event.key, event.character):
            event.prevent_default()

    async def on_typed(self, event: Typed) -> None:
        """Insert several characters in one turn, unless something is open that each of them may change."""
        event.stop()
        modes = (self.literal, self.pasted, self.searching, self.completing, self.argument)
        if self._chord or any(mode.active for mode in modes) or not event.names.isdisjoint(self._NAMES):
            for key in event.keys:
                await self.take_key(key.key, key.character)
            return
        self.last_typed = time.monotonic()
        self.history.checkpoint()  # one step for undo
        self.editing.did, self.editing.recalling = "", False
        self.surface.insert(event.text)

    async def take_key(self, key: str, character: str | None = None) -> bool:
        """Do what a key is bound to, or insert its character; False when it is neither."""
        self.last_typed = time.monotonic()
        for mode in (self.literal, self.pasted, self.searching, self.completing):
            if mode.active and mode.take(key, character):
                return True
        if (self.argument.active or key.startswith("alt+")) and self.argument.take(key):
            return True
        count = self.editing.count = self.argument.end() if self.argument.active else None
        times = 1 if count is None else count
        chord, self._chord = self._chord, False
        # Each key is a step of its own for undo.
        self.history.checkpoint()
        name = (CHORDS.get(key) if chord else None) or OF_MODE[self.edit_mode].get(key) or self._NAMES.get(key)
        if name is not None:
            if name == "yank" and self.editing.did in ("undo", "redo"):
                name = "redo"  # as PSReadLine's Ctrl+Y outside its emacs mode
            for each in [name] if times == 1 else repeated(name, times):
                await self.perform(each)
            return True
        self.editing.did, self.editing.recalling = "", False
        if text := typed_text(character):
            self.surface.insert(text * times)
        return bool(text)

    async def perform(self, name: str) -> None:
        """Do a key function or an action by its name, as its key does."""
        if (function := FUNCTIONS.get(name)) is None:
            self.editing.recalling = False
            await self.run_action(name)
        else:
            self.editing.call(function)
            self.editing.recalling = self.editing.recalling and name in RECALLING
        self.editing.did = name

    def end_modes(self) -> None:
        """Close the list of completions, end a search, leave a paste to be edited."""
        self._chord = False
        for mode in (self.literal, self.completing, self.searching, self.pasted, self.unfinished, self.argument):
            if mode.active:
                mode.end()

    def on_paste(self, event: events.Paste) -> None:
        """Insert what the terminal pasted."""
        event.stop()
        event.prevent_default()
        self.last_typed = time.monotonic()
        self.paste_text(event.text)

    def on_mouse_down(self) -> None:
        """End what was begun: the cursor goes elsewhere."""
        self.end_modes()

    def on_blur(self) -> None:
        """End what was begun: the keys go elsewhere."""
        self.end_modes()

    # -- what is seen ---------------------------------------------------------------------------------------------

    @property
    def ghost(self) -> str:
        """What would be added by accepting the prediction, empty while there is none."""
        return self.prediction.text

    def predict(self, text: str) -> str:
        """Return what followed a text when it was last typed, unless a list or a search is open."""
        busy = self.completing.active or self.searching.active or self.pasted.active
        return "" if busy else self._history.predict(text)

    def update_suggestion(self) -> None:
        """Predict again: the text has changed."""
        self.prediction.update()

    def watch_selection(self) -> None:
        """Predict again: the cursor may have left the end of the text, or reached it."""
        self.prediction.update()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show the cursor, or not: nothing else tells the focus, and new styles would cost some 4 ms a tab switch."""
        self._line_cache.clear()  # the rows that were kept show the cursor as it was
        self.refresh()

    def find_matching_bracket(self, bracket: str, search_from: tuple[int, int]) -> tuple[int, int] | None:
        """Leave brackets to the tokens: one inside a string has no partner."""
        return None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows of the screen. Textual reads the style sheet for each painting; once is enough."""
        styled = (id(self._theme), self.app.theme, self.has_focus)
        if styled == self._styled:
            return super(TextArea, self).render_lines(crop)
        self._styled = styled
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return a row of the screen."""
        self.painting.begin_row(y)
        return super().render_line(y)

    def get_line(self, line_index: int) -> Text:
        """Return a line with the colours of the part that is being painted."""
        return self.painting.paint(super().get_line(line_index), line_index)

    # -- keys of Textual's that do more here ----------------------------------------------------------------------

    def get_cursor_left_location(self) -> tuple[int, int]:
        """Return the place left of the cursor, over a whole letter."""
        return self.surface.location_of(self.surface.place_left())

    def get_cursor_right_location(self) -> tuple[int, int]:
        """Return the place right of the cursor, in the same way."""
        return self.surface.location_of(self.surface.place_right())

    def action_cursor_right(self, select: bool = False) -> None:
        """Move to the right; Textual would insert as much of the prediction as the row shows."""
        self.move_cursor(self.get_cursor_right_location(), select=select)

    def get_cursor_line_start_location(self, smart_home: bool = False) -> tuple[int, int]:
        """Return the start of the row of the text, not of the screen."""
        return self.cursor_location[0], 0

    def get_cursor_line_end_location(self) -> tuple[int, int]:
        """Return the end of the row of the text."""
        row, _ = self.cursor_location
        return row, len(self.document.get_line(row))

    def action_cut(self) -> None:
        """Cut the selection to the clipboard; it can be yanked as well."""
        if text := self.selected_text:
            self.app.copy_to_clipboard(text)
            kill_selected(self.editing)

    def action_paste(self) -> None:
        """Insert what was cut or copied here."""
        self.paste_text(self.app.clipboard)

    # -- actions of its own ---------------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Give the text to the owner if it is finished; else continue in another row."""
        if self._owner.wants_finished_text() and goes_on(self.text):
            self.action_new_line()
            self.unfinished.begin(again=not goes_on(self.text))
        else:
            self.submit()

    def action_submit_and_go_on(self) -> None:
        """Run a recalled line and recall the one that followed it: the same steps once more, one key each."""
        place = self.steps.place
        if self.submit():
            self.steps.go(place + 1)

    def action_new_line(self) -> None:
        """Add a row without submitting."""
        self.surface.insert("\n")

    def action_delete_or_leave(self) -> None:
        """Delete the character at the cursor; leave if the editor is empty and the key is not held down."""
        if self.text or self.editing.did == "delete_or_leave":
            self.action_delete_right()
        else:
            self._owner.end_of_input()

    def action_cut_or_chord(self) -> None:
        """Cut the selection; if nothing is selected the next key decides."""
        if self.selection.is_empty:
            self._chord = True
        else:
            self.action_cut()

    def action_partner(self) -> None:
        """Go to the bracket or quote that belongs to the one at the cursor."""
        if (pair := Highlighted(self.text).partners(self.cursor)) is not None:
            self.surface.go(pair[1])
        else:
            self.app.bell()

    def action_literal(self) -> None:
        """Insert what the next key types."""
        self.literal.begin()

    def action_tab(self, step: int) -> None:
        """Complete the word at the cursor; in an empty editor hand the key on."""
        if self.text.strip():
            self.completing.begin(cycling=True, step=step)
        elif step > 0:
            self._owner.tab_pressed()

    def action_menu(self) -> None:
        """List what fits at the cursor."""
        self.completing.begin(cycling=False)

    def action_search(self) -> None:
        """Search the lines typed before."""
        self.searching.begin(self._history)

    def action_interrupt(self) -> None:
        """Hand Ctrl+C on."""
        self._owner.interrupt()

    def action_clear_screen(self) -> None:
        """Hand Ctrl+L on."""
        self._owner.clear_screen()

    def action_page(self, pages: int) -> None:
        """Hand the paging keys on."""
        self._owner.scroll_pages(pages)


class EditorRow(Container):
    """The prompt and beside it the editor; above it where the prompt leaves too little room."""

    def __init__(self, owner: EditorOwner, history: LineHistory) -> None:
        super().__init__()
        self._prompt = Still(classes="prompt")
        self._text = ""
        #: what stands before the prompt: the colour of the tab, the word of a guard
        self.bar = Content("")
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
        """Show ``text``, which may have SGR sequences, before the line; without ``ready`` a line would have to wait.

        A sign that stands for the prompt takes its place and its width, so that nothing has to be laid out for it, and
        what is typed already stands where it will stay.
        """
        content = styled_row(text, self.app) if "\x1b" in text else Content(plain(text))
        before, self._text = self._prompt.width, content.plain
        if not ready and text.strip():
            self._prompt.say(self.bar + Content.styled(self._text.ljust(before - self.bar.cell_length), "$calm"))
            return
        self._prompt.say(self.bar + content)
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
        self.set_class(bool(width) and self._prompt.width > max(width - MIN_LINE_WIDTH, 1), "-above")
