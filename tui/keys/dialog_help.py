"""What F1 says in each dialog and list: its keys, by the name of the screen's class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pstui.tui.keys.contexts import REPLAY_KEYS

#: a title, and keys with their words
DialogHelp = tuple[str, Sequence[tuple[str, str]]]

_LIST: Final = (("↑ ↓", "choose a row (also Home, End)"), ("Esc", "close (also q)"))
_TABLE: Final = (
    ("↑ ↓", "the next field, the one before (also Tab, Shift+Tab)"),
    ("Space", "the next choice, in a row that has some"),
    ("Ctrl+O", "open what a row names: a credential, the session options"),
    ("Enter", "save (also Ctrl+S)"),
    ("Esc", "close; a changed form asks first"),
)

DIALOGS: Final[dict[str, DialogHelp]] = {
    "ConnectScreen": (
        "In the form of a host",
        (
            ("Enter", "save, or connect: the frame says which; on the head of a group open it"),
            ("Tab, ↑ ↓", "the next field, the one before"),
            ("← →", "another kind of target; another choice of a field that has some"),
            ("Ctrl+T", "test: connect step by step, and close again"),
            ("Ctrl+S", "save; asks for a name first"),
            ("Ctrl+O", "on Credential: make or edit the account and the source of its password"),
            ("Ctrl+Y", "copy the Enter-PSSession line that says the same"),
            ("paste", "an Enter-PSSession line fills everything"),
            ("Esc", "close; a changed form asks first"),
        ),
    ),
    "CommandPalette": (
        "In the list of Go",
        (
            ("type", "a part of a name: tabs, hosts, found hosts, actions and cmdlets"),
            ("Enter", "go there; user@host or a name that is not listed is entered"),
            ("↑ ↓", "choose; in an empty line and in a call the calls typed before"),
            ("Tab", "the form of the host that is typed or chosen; completes a cmdlet"),
            ("Ctrl+S", "save what is typed as a host"),
            ("PgUp, PgDn", "scroll what was answered"),
            ("Esc", "cancel a call that runs; close"),
        ),
    ),
    "FanOutScreen": (
        "On the screen of many hosts",
        (
            ("Enter", "in the line: run it on every host; in the list: the difference to most hosts, or the text"),
            ("Tab, ↓", "from the line to the list; ↑ on the first row leads back"),
            ("→ ←", "show the hosts of a group, or fold them"),
            ("o", "open a tab on the host, with the same session"),
            ("r", "run the line again where it has failed"),
            ("s, S", "stop it on one host, on all (also Ctrl+C)"),
            ("x", "write the answers to a new file: text, JSON or CSV"),
            ("Esc", "close it with its sessions; asks while something runs (in the list also q)"),
        ),
    ),
    "GridScreen": (
        "In a grid of objects",
        (
            ("/", "filter: web, Name~web, CPU>10, Size>=1MB, !text; all parts must hold (also Tab)"),
            ("s", "sort by the column of the cursor: upwards, downwards, as it came (also a click on its name)"),
            ("← →", "the column before, the next one"),
            ("c", "choose the columns by their names"),
            ("<, >, -", "move the column, hide it"),
            ("Space, a", "pick the row; all rows that are seen, or none"),
            ("Enter", "the object as a tree of its properties, with their types"),
            ("y, Y", "copy the picked rows, or this one; the cell"),
            ("x", "write the objects that are seen, or picked, to a new file: CSV, JSON, CLIXML"),
            ("p", "the picked objects go on over there: down the pipeline, else into $pst"),
            ("Ctrl+C", "stop what runs; what came stays"),
            ("Esc", "close, and hand nothing back (also q)"),
        ),
    ),
    "TreeScreen": (
        "In the tree of an object",
        (
            ("→ ←", "unfold and fold a value"),
            ("y", "copy the value"),
            ("Esc", "back to the grid (also q)"),
        ),
    ),
    "SessionsScreen": (
        "In the list of sessions",
        (
            ("Enter", "enter it"),
            ("d, c, r", "disconnect, connect, receive: follow what runs in it"),
            ("k", "keep it when it is left"),
            ("f", "the port forwards of its connection, with their traffic"),
            ("x", "remove it (also Del); asks while a command runs in it"),
            *_LIST,
        ),
    ),
    "ForwardsScreen": (
        "In the list of forwards",
        (
            ("a", "add one: local 8080 db:5432, remote 9000 localhost:80, socks 1080"),
            ("Enter", "all that is known of it, and why it does not listen"),
            ("x", "remove it, and end what goes through it (also Del)"),
            *_LIST,
        ),
    ),
    "CredentialsScreen": (
        "In the list of credentials",
        (
            ("Enter", "edit it"),
            ("a, d", "add one, delete it (also Del)"),
            ("u", "undo the last change"),
            ("f, s", "the defaults, the settings"),
            *_LIST,
        ),
    ),
    "RunbooksScreen": (
        "In the list of runbooks",
        (("Enter", "its form: a row for each parameter"), ("p", "show its text"), *_LIST),
    ),
    "RunbookForm": (
        "In the form of a runbook",
        (
            ("↑ ↓", "the next field, the one before (also Tab, Shift+Tab)"),
            ("Space", "the next choice, in a row that has some"),
            ("Ctrl+O", "open the credential that a row names"),
            ("Ctrl+P", "show exactly what is sent"),
            ("Enter", "run it in the tab in front (also Ctrl+S)"),
            ("Ctrl+R", "run it on the hosts marked in the sidebar"),
            ("Esc", "close"),
        ),
    ),
    "TextScreen": ("In a text", (("↑ ↓", "scroll (also PgUp, PgDn)"), ("Esc", "close (also q, Enter)"))),
    "HelpReader": (
        "In a help text",
        (
            ("↑ ↓", "scroll (also PgUp, PgDn, Home, End)"),
            ("Tab", "the next link (Shift+Tab the one before)"),
            ("Enter", "open the link"),
            ("Backspace", "go back (also Alt+←)"),
            ("← →", "the section before, the next one"),
            ("/", "find; n the next match, N the one before"),
            ("-", "find a parameter"),
            ("Esc", "close (also q)"),
        ),
    ),
    "SecretsScreen": ("While a secret is asked for", (("Enter", "take it"), ("Esc", "close; nothing runs"))),
    "ErrorsScreen": (
        "In the list of errors",
        (
            ("Enter", "go to its command"),
            ("c", "copy this error"),
            ("a", "copy all"),
            ("PgUp, PgDn", "scroll the details"),
            *_LIST,
        ),
    ),
    "LogsScreen": (
        "While logs are searched",
        (
            ("type", "words of a line, or of what it printed; the last may be a part of one"),
            ("↓, Tab", "to the list, and back to the words"),
            ("Enter", "open the log there"),
            ("p", "in the list: play its recording from there on"),
            ("r", "in the list: put the line into the editor, to run it again"),
            ("y", "in the list: copy the line"),
            ("Esc", "close"),
        ),
    ),
    "FilesScreen": (
        "In the file screen",
        (
            ("Space, *", "mark a row; mark all, or none"),
            ("Enter, ⌫", "open a folder; the folder above"),
            ("Tab, ← →", "to the other side"),
            ("F5, c", "copy what is marked, or the row, to the other side"),
            ("F6, m", "move it there"),
            ("F2, F7", "rename a row; make a folder"),
            ("F8, Del", "delete; asks first"),
            ("e", "edit the file here; each save goes back"),
            ("/, s, .", "filter, sort by another column, show hidden files"),
            ("p, x, r", "of the copy that runs: pause, cancel; retry one that failed"),
            ("Ctrl+R", "read the folder anew"),
            ("Esc", "back to the session; copies go on"),
        ),
    ),
    "PlaceScreen": (
        "In a log that was opened",
        (
            ("↑ ↓", "scroll (also PgUp, PgDn, Home, End)"),
            ("p", "play the recording from here on"),
            ("Esc", "close (also q, Enter)"),
        ),
    ),
    "ReplayScreen": (
        "While a recording is played",
        tuple((each.shown, each.help) for each in REPLAY_KEYS if each.shown),
    ),
    "ProblemsScreen": ("In the list of problems", (("↑ ↓", "scroll"), ("Esc", "close (also q, Enter)"))),
    "ImportScreen": (
        "While hosts are imported",
        (
            ("Enter", "read the file that is typed; then take what is chosen"),
            ("Space, a", "choose a host, or not; all, or none"),
            ("Tab", "from the name of the file to the list, and back"),
            ("Esc", "close; nothing is taken"),
        ),
    ),
    "TableForm": ("In a form", _TABLE),
    "LineScreen": ("While a line is typed", (("Enter", "take it"), ("Esc", "change nothing"))),
    "QuitScreen": (
        "At a question",
        (
            ("Enter", "yes (also y)"),
            ("d, r", "where the question names them: disconnect what can be kept; open these tabs at the next start"),
            ("Esc", "no (also n)"),
        ),
    ),
    "ContextMenu": ("In a menu", (("↑ ↓, Enter", "choose (also the key at the right, or a click)"), ("Esc", "close"))),
}


def help_of(screen: object) -> DialogHelp | None:
    """Return the help of a screen, that of its base where it has none of its own; None for one without keys."""
    names = (kind.__name__ for kind in type(screen).__mro__)
    return next((DIALOGS[name] for name in names if name in DIALOGS), None)
