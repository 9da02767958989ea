"""The editor's keys in words, for the list of keys."""

from __future__ import annotations

from typing import Final

EDITING: Final = (
    ("Enter", "run what is finished, else one more line; while a command runs it waits"),
    ("Alt+Enter", "one more line (also Ctrl+J)"),
    ("Tab, Shift+Tab", "the next, the last completion; any other key goes on from it"),
    ("Ctrl+Space", "list completions: typing narrows, Enter takes, Esc closes (also Alt+=)"),
    ("Up, Down", "lines typed before; those that begin like the text (also Ctrl+P, N; F8)"),
    ("Alt+<, Alt+>", "the first line known; back to what was being typed"),
    ("Ctrl+O", "run a line of before and take the one that followed it"),
    ("Ctrl+R", "search the lines typed before, then those of other hosts"),
    ("→, End", "at the end: accept what is predicted; Alt+F or Ctrl+→ one word of it"),
    ("Alt+.", "the last argument of the line before; again for older ones"),
    ("Ctrl+A, Ctrl+E", "start and end of the line (also Home, End)"),
    ("Alt+B, Alt+F", "a word back, on (also Ctrl+←, Ctrl+→)"),
    ("Ctrl+W, Alt+D", "cut the word before, after the cursor (Alt+Backspace: to a sign)"),
    ("Ctrl+U, Ctrl+K", "cut to the start, to the end of the line"),
    ("Ctrl+Y, Alt+Y", "insert what was cut; then what was cut before it"),
    ("Ctrl+Z, Alt+Z", "undo, redo (also Ctrl+Y right after it)"),
    ("Alt+R", "take back all that was typed"),
    ("Alt+U, L, C", "the word in capitals, in small letters, with one capital"),
    ("Ctrl+T, Alt+T", "swap two characters, two words"),
    ("Ctrl+D", "delete; in an empty line leave the session, as exit does; then the tab"),
    ("Ctrl+X Ctrl+E", "open the line in $VISUAL or $EDITOR"),
    ("Ctrl+Q", "the next key as a character: Tab, Enter"),
    ("Shift+← →", "select; Ctrl+X cuts, Ctrl+V inserts; at the prompt Ctrl+C copies"),
    ("Ctrl+L", "an empty screen; the text stays above"),
    ("PgUp, PgDn", "scroll the text"),
)
