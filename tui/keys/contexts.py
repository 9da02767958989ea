"""The keys that work away from the prompt, declared once for the keys themselves, F1 and the footer.

The keys of the editor are declared with the editor; what F1 says about them is here.

Keys must act in the order they were typed. Textual runs a widget's bindings only after the key has gone up to the
application and back; characters that were typed after it have reached the widget by then. In a burst (a slow link, a
script that types) Home or Enter would act too late. Widgets that are typed into therefore run their bindings
themselves, while they handle the key (``bound_actions``), and pass on a key that is meant for another (``handed_on``).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget


class Context(enum.Enum):
    """Where the keys go now."""

    PROMPT = "At the prompt"
    RUNNING = "While a command runs"
    ASKING = "While a question waits for its answer"
    TYPING_FIND = "While the text to find is typed"
    FIND = "Going from match to match"
    COPY = "In copy mode"
    SIDEBAR = "In the sidebar"
    FILTER = "While the filter of the sidebar is typed"
    TERMINAL = "In a terminal"
    READING = "While the text of a terminal is read"


@dataclass(frozen=True, slots=True)
class ContextKey:
    """A key of one context: Textual's names, the action, how it is written, and its words.

    ``label`` is the footer's word, a noun or what the key does ("opens"); an empty one keeps it out of the footer.
    """

    keys: tuple[str, ...]
    action: str
    shown: str
    help: str
    label: str = ""


FIND_TYPING_KEYS = (
    ContextKey(("enter",), "go", "Enter", "end typing; n and N continue from here", "goes on"),
    ContextKey(("up", "ctrl+f"), "older", "↑", "the match before (also Ctrl+F)", "older"),
    ContextKey(("down",), "newer", "↓", "the match after", "newer"),
    ContextKey(("pageup",), "page(-1)", "PgUp, PgDn", "scroll the text"),
    ContextKey(("pagedown",), "page(1)", "", ""),
    ContextKey(("escape",), "close", "Esc", "close, and stay at the match", "closes"),
    ContextKey(("ctrl+c",), "interrupt", "Ctrl+C", "stop what runs; close when nothing does"),
)

FIND_KEYS = (
    ContextKey(("n", "up", "ctrl+f", "enter"), "older", "n", "the match before (also ↑, Enter)", "older"),
    ContextKey(("N", "down"), "newer", "N", "the match after (also ↓)", "newer"),
    ContextKey(("slash",), "edit", "/", "type another text", "another text"),
    ContextKey(("v", "space"), "copy", "v", "copy mode, from the match on", "copy mode"),
    ContextKey(("pageup",), "page(-1)", "PgUp, PgDn", "scroll the text"),
    ContextKey(("pagedown",), "page(1)", "", ""),
    ContextKey(("escape", "q"), "close", "Esc", "close, and stay at the match (also q)", "closes"),
    ContextKey(("ctrl+c",), "interrupt", "Ctrl+C", "stop what runs; close when nothing does"),
)

COPY_KEYS = (
    ContextKey(("left", "h"), "go('left')", "← ↓ ↑ →", "move (also h j k l)", "move"),
    ContextKey(("down", "j"), "go('down')", "", ""),
    ContextKey(("up", "k"), "go('up')", "", ""),
    ContextKey(("right", "l"), "go('right')", "", ""),
    ContextKey(("ctrl+left", "b"), "go('word_left')", "b, w", "a word back, on (also Ctrl+← →)"),
    ContextKey(("ctrl+right", "w"), "go('word_right')", "", ""),
    ContextKey(("home", "0"), "go('home')", "0, $", "start and end of the line (also Home, End)"),
    ContextKey(("end", "dollar_sign"), "go('end')", "", ""),
    ContextKey(("pageup",), "go('page_up')", "PgUp, PgDn", "a page (Ctrl+U, Ctrl+D: half of one)"),
    ContextKey(("pagedown",), "go('page_down')", "", ""),
    ContextKey(("ctrl+u",), "go('half_up')", "", ""),
    ContextKey(("ctrl+d",), "go('half_down')", "", ""),
    ContextKey(("g", "ctrl+home"), "go('top')", "g, G", "start and end of the text"),
    ContextKey(("G", "ctrl+end"), "go('bottom')", "", ""),
    ContextKey(("left_curly_bracket",), "prompt(-1)", "{, }", "the command before, after"),
    ContextKey(("right_curly_bracket",), "prompt(1)", "", ""),
    ContextKey(("space", "v"), "mark", "Space", "begin to select here, or stop (also Shift+arrows)", "selects"),
    ContextKey(("V",), "lines", "V", "select whole lines"),
    ContextKey(("o",), "output", "o", "select the output of the command"),
    ContextKey(("shift+left",), "extend('left')", "", ""),
    ContextKey(("shift+right",), "extend('right')", "", ""),
    ContextKey(("shift+up",), "extend('up')", "", ""),
    ContextKey(("shift+down",), "extend('down')", "", ""),
    ContextKey(("shift+home",), "extend('home')", "", ""),
    ContextKey(("shift+end",), "extend('end')", "", ""),
    ContextKey(("ctrl+shift+left",), "extend('word_left')", "", ""),
    ContextKey(("ctrl+shift+right",), "extend('word_right')", "", ""),
    ContextKey(("enter", "y"), "copy", "Enter", "copy the selection, or the line, and leave", "copies"),
    ContextKey(("slash",), "find", "/", "find", "finds"),
    ContextKey(("n",), "older", "n, N", "the match before, after"),
    ContextKey(("N",), "newer", "", ""),
    ContextKey(("escape",), "drop", "Esc", "drop the selection; leave when there is none", "leaves"),
    ContextKey(("q",), "leave", "q", "leave"),
    ContextKey(("ctrl+c",), "interrupt", "Ctrl+C", "stop what runs; copy the selection when nothing does"),
)

SIDEBAR_KEYS = (
    ContextKey(("enter",), "choose", "Enter", "open it, or go to its tab; a heading folds", "opens"),
    ContextKey(("slash",), "filter", "/", "type to filter; Esc shows everything again", "filters"),
    ContextKey(("a",), "add", "a", "a new host", "adds a host"),
    ContextKey(("i",), "import", "i", "take hosts from ssh_config, mRemoteNG or RDCMan", "imports"),
    ContextKey(("e",), "edit", "e", "edit the host, or a group; what was found becomes a saved one", "edits"),
    ContextKey(("n",), "again", "n", "one more session with it", "one more session"),
    ContextKey(("c",), "clone", "c", "a new host that begins as a copy of it"),
    ContextKey(("d", "delete"), "delete", "d", "delete the host (also Del)", "deletes"),
    ContextKey(("u",), "undo", "u", "undo the last change of the profiles"),
    ContextKey(("p",), "pin", "p", "pin it to the top, or unpin it"),
    ContextKey(("o",), "order", "o", "what was used last first, or as in the file"),
    ContextKey(("m",), "menu", "m", "a menu of what can be done with it (also the right mouse button)"),
    ContextKey(("exclamation_mark",), "problems", "!", "what is wrong in the profile file"),
    ContextKey(("question_mark",), "help", "?", "every key that works here (also F1)"),
    ContextKey(("space",), "mark", "Space", "mark the host, on a heading all below it, for a line on all of them"),
    ContextKey(("asterisk",), "mark_all", "*", "mark every host that is listed now (filter first: a tag), or none"),
    ContextKey(("x",), "run", "x", "run one line on the marked hosts, or on those below the heading"),
    ContextKey(("left", "right"), "fold", "← →", "fold and unfold a heading"),
    ContextKey(("escape",), "leave", "Esc", "back to the pane", "back"),
)

FILTER_KEYS = (
    ContextKey(("enter",), "choose", "Enter", "open the host under the cursor, and show everything again", "opens"),
    ContextKey(("up",), "move(-1)", "↑ ↓", "choose among what fits", "choose"),
    ContextKey(("down",), "move(1)", "", ""),
    ContextKey(("ctrl+u",), "empty", "Ctrl+U", "empty the filter"),
    ContextKey(("escape", "ctrl+c"), "leave", "Esc", "show everything again", "shows everything"),
)

READING_KEYS = (
    ContextKey(("escape",), "live", "Esc", "back to the program (so does every key that is typed)", "back"),
    ContextKey(
        ("pageup",), "page(-1)", "PgUp, PgDn", "scroll the text; at its end the program is seen again", "scroll"
    ),
    ContextKey(("pagedown",), "page(1)", "", ""),
)

REPLAY_KEYS = (
    ContextKey(("space",), "pause", "Space", "stop, or go on; at the end begin again", "pauses"),
    ContextKey(("right",), "skip(5)", "← →", "five seconds back, on (with Shift: a minute)", "5 s"),
    ContextKey(("left",), "skip(-5)", "", ""),
    ContextKey(("shift+right",), "skip(60)", "", ""),
    ContextKey(("shift+left",), "skip(-60)", "", ""),
    ContextKey(("n", "pagedown"), "chapter(1)", "n p", "the command after, before (also PgDn, PgUp)", "command"),
    ContextKey(("p", "pageup"), "chapter(-1)", "", ""),
    ContextKey(("full_stop",), "step", ".", "stop, and show the next thing that was written", "steps"),
    ContextKey(("plus", "equals_sign", "up"), "faster(1)", "+ -", "faster, slower (also ↑ ↓)", "speed"),
    ContextKey(("minus", "down"), "faster(-1)", "", ""),
    ContextKey(("i",), "waits", "i", "long waits as short ones, or as they were", "waits"),
    ContextKey(("home", "0"), "end('start')", "Home, End", "the beginning, the end"),
    ContextKey(("end", "G"), "end('end')", "", ""),
    ContextKey(("less_than_sign", "h"), "sideways(-1)", "h l", "where the recording is wider: to the left, the right"),
    ContextKey(("greater_than_sign", "l"), "sideways(1)", "", ""),
    ContextKey(("escape", "q", "ctrl+c"), "leave", "q", "close (also Esc)", "closes"),
)

CONTEXT_KEYS = {
    Context.READING: READING_KEYS,
    Context.TYPING_FIND: FIND_TYPING_KEYS,
    Context.FIND: FIND_KEYS,
    Context.COPY: COPY_KEYS,
    Context.SIDEBAR: SIDEBAR_KEYS,
    Context.FILTER: FILTER_KEYS,
}


@cache
def actions_of(keys: tuple[ContextKey, ...]) -> dict[str, str]:
    """Return the action of each of Textual's key names."""
    return {key: each.action for each in keys for key in each.keys}


def footer_of(keys: Iterable[ContextKey]) -> list[tuple[str, str]]:
    """Return what the footer shows: keys and their words."""
    return [(each.shown, each.label) for each in keys if each.label]


#: keys that move the cursor, with the rows they go; large numbers are cut to the ends
MOVES = {"up": -1, "down": 1, "k": -1, "j": 1, "home": -1_000_000, "end": 1_000_000}

VERBS = actions_of(SIDEBAR_KEYS)


EDITING: Final = (
    ("Enter", "run what is finished, else one more line; while a command runs it waits"),
    ("Alt+Enter", "one more line (also Ctrl+J)"),
    ("Tab, Shift+Tab", "the next, the last completion; any other key continues from it"),
    ("Ctrl+Space", "list completions: typing narrows, Enter takes, Esc closes (also Alt+=)"),
    ("Up, Down", "lines typed before (also Ctrl+P, Ctrl+N); rows of a text of several"),
    ("F8, Shift+F8", "lines typed before that begin like the text up to the cursor"),
    ("Alt+<, Alt+>", "the first line known; back to what was being typed"),
    ("Ctrl+O", "run an earlier line and take the one that followed it"),
    ("Ctrl+R", "search the lines typed before, then those of other hosts"),
    ("→", "at the end: accept what is predicted; Alt+F one word of it"),
    ("Alt+.", "the last argument of the line before; again for older ones"),
    ("Ctrl+A, Ctrl+E", "start and end of the row, then of the text (also Home, End)"),
    ("Alt+B, Alt+F", "a word back, on (also Ctrl+←, Ctrl+→)"),
    ("Ctrl+W, Alt+D", "cut the word before, after the cursor (Alt+Backspace: to a sign)"),
    ("Ctrl+U, Ctrl+K", "cut to the start, to the end of the text"),
    ("Ctrl+Y, Alt+Y", "insert what was cut; then what was cut before it"),
    ("Ctrl+Z, Alt+Z", "undo, redo (also Ctrl+Y right after it)"),
    ("Alt+R", "take back all that was typed"),
    ("Alt+U, L, C", "the word in capitals, in small letters, with one capital"),
    ("Ctrl+T, Alt+T", "swap two characters, two words"),
    ("Ctrl+D", "delete; in an empty line leave the session, as exit does; then the tab"),
    ("Ctrl+X Ctrl+E", "open the line in $VISUAL or $EDITOR"),
    ("Alt+-, Alt+0", "before a key: the other way; how often, as Alt+0 Alt+1 Alt+2 for 12"),
    ("Ctrl+Q", "the next key as a character: Tab, Enter"),
    ("Shift+← →", "select; Ctrl+X cuts, Ctrl+V inserts; at the prompt Ctrl+C copies"),
    ("Ctrl+L", "an empty screen; the text stays above"),
    ("PgUp, PgDn", "scroll the text"),
)


def bound_actions(*lists: Sequence[BindingType]) -> dict[str, str]:
    """Return the action of each key; an earlier list comes before a later one."""
    actions: dict[str, str] = {}
    for bindings in lists:
        for binding in bindings:
            keys, action = (binding.key, binding.action) if isinstance(binding, Binding) else (binding[0], binding[1])
            for key in keys.split(","):
                actions.setdefault(key.strip(), action)
    return actions


def handed_on(widget: Widget, event: events.Key) -> bool:
    """Give a key that came for ``widget`` to the widget that has the focus now; False where that is ``widget`` itself.

    In a burst keys are on their way to a widget that an earlier one of them leaves.
    """
    focused = widget.screen.focused
    if focused is None or focused is widget:
        return False
    event.stop()
    event.prevent_default()
    focused.post_message(events.Key(event.key, event.character))
    return True
