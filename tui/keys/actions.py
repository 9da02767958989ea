"""Every key of the workspace, declared once.

An action has a direct key, where terminals agree on one, and always a key after the prefix key: Alt+digit,
Alt+arrow and F-keys do not arrive from every terminal, Ctrl+] does.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Textual's name of Ctrl+]
PREFIX_KEY = "ctrl+right_square_bracket"
PREFIX_SHOWN = "Ctrl+]"


@dataclass(frozen=True, slots=True)
class KeyAction:
    """One thing a key does.

    ``action`` is Textual's action string: the part of the workspace that does it and the name, such as
    ``tabs.close_tab``. ``label`` is the footer's word. ``keys`` are Textual's names of the direct keys, ``shown`` how
    the first of them is written; ``prefix`` is the key after Ctrl+].
    """

    action: str
    label: str
    prefix: str
    keys: tuple[str, ...] = ()
    shown: str = ""
    help: str = ""

    @property
    def name(self) -> str:
        """What the action is called in the [keys] table: ``tabs.tab(1)`` is tab_1."""
        return self.action.rpartition(".")[2].replace("(", "_").rstrip(")")

    @property
    def prefix_shown(self) -> str:
        """How the key after the prefix is written."""
        return WRITTEN.get(self.prefix, self.prefix)


#: Textual's names of keys that a person knows by another
WRITTEN = {
    "question_mark": "?",
    "colon": ":",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "equals_sign": "=",
    "space": "Space",
    "percent_sign": "%",
    "enter": "Enter",
    "end": "End",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "exclamation_mark": "!",
    "vertical_line": "|",
    "tab": "Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}

ACTIONS: tuple[KeyAction, ...] = (
    KeyAction(
        "help",
        "help",
        "question_mark",
        ("f1",),
        "F1",
        "every key that works here; on a word that is typed: its Get-Help",
    ),
    KeyAction("command_help.command_help", "command help", "h", (), "", "read Get-Help of a command or a topic"),
    KeyAction("going.connect", "connect", "c", ("f2",), "F2", "go to a host, saved or not: one list for everything"),
    KeyAction(
        "sessions.edit_connection",
        "edit connection",
        "d",
        ("f3",),
        "F3",
        "change this tab's connection and open it again",
    ),
    KeyAction("going.commands", "commands", "colon", ("alt+x",), "Alt+X", "the same list, actions first; cmdlets too"),
    KeyAction(
        "sessions.sessions", "sessions", "S", (), "", "the list of Get-PSSession: enter, keep, disconnect, remove"
    ),
    KeyAction(
        "blocks.errors", "errors", "E", (), "", "the errors of this tab's session, each with all that is known of it"
    ),
    KeyAction(
        "sessions.answer", "answer", "a", ("f4",), "F4", "go to the question of this tab, and back to the editor"
    ),
    KeyAction(
        "sessions.again", "try again", "r", ("f5",), "F5", "enter again after exit, a failure or a broken session"
    ),
    KeyAction("sidebar", "sidebar", "s", ("f6",), "F6", "show, hide or go to the sidebar"),
    KeyAction("tabs.next_tab", "next tab", "n", ("ctrl+pagedown", "alt+right"), "Ctrl+PgDn", "the tab to the right"),
    KeyAction(
        "tabs.previous_tab", "previous tab", "p", ("ctrl+pageup", "alt+left"), "Ctrl+PgUp", "the tab to the left"
    ),
    KeyAction("going.switch_tab", "go to", "g", ("alt+g",), "Alt+G", "tabs, hosts, actions: type a part of the name"),
    KeyAction("fan_out.run_on_hosts", "run on hosts", "X", (), "", "run one line on the hosts marked in the sidebar"),
    KeyAction(
        "runbooks.runbooks", "runbooks", "R", (), "", "scripts with a form: run one in this tab, or on the marked hosts"
    ),
    KeyAction("going.new_host", "new host", "N", (), "", "save another host, or try one out first"),
    KeyAction(
        "together.type_together", "type together", "b", (), "", "mark this tab: what is typed goes to all marked tabs"
    ),
    KeyAction("together.type_into_all", "type into all", "B", (), "", "type into all tabs; again ends it"),
    KeyAction(
        "terminals.terminal", "terminal", "x", (), "", "a terminal where this tab's session is, and back to the session"
    ),
    KeyAction(
        "beside.two_panes",
        "two panes",
        "vertical_line",
        (),
        "",
        "show the tab of before beside this one; again hides it",
    ),
    KeyAction(
        "beside.other_pane", "other pane", "tab", (), "", "give the keys to the other of two panes (also a click)"
    ),
    KeyAction("leaving.close_tab", "close tab", "w", (), "", "close this tab; asks when a command runs in it"),
    KeyAction("tabs.reopen_tab", "reopen tab", "W", (), "", "open the tab that was closed last"),
    KeyAction("tabs.rename_tab", "rename tab", "T", (), "", "give this tab another name"),
    KeyAction("tabs.move_tab_left", "move tab left", "less_than_sign", (), "", "move this tab to the left"),
    KeyAction("tabs.move_tab_right", "move tab right", "greater_than_sign", (), "", "move this tab to the right"),
    KeyAction(
        "sessions.details", "details", "e", ("alt+e",), "Alt+E", "write the details of the last failure into the pane"
    ),
    KeyAction(
        "reading.newest", "newest text", "end", ("ctrl+end",), "Ctrl+End", "go to the end of the text and follow it"
    ),
    KeyAction("reading.find", "find", "slash", ("ctrl+f",), "Ctrl+F", "find in the text"),
    KeyAction(
        "reading.copy_mode", "copy mode", "left_square_bracket", (), "", "move in the text by keys, select and copy"
    ),
    KeyAction(
        "reading.copy_selection", "copy selection", "y", (), "", "copy what is selected, while a command runs too"
    ),
    KeyAction(
        "reading.copy_output", "copy output", "o", (), "", "copy the output of the marked command, or of the last one"
    ),
    KeyAction("reading.save_text", "save text", "t", (), "", "save the selection, or the whole text, to a file"),
    KeyAction(
        "reading.previous_prompt", "prompt above", "up", ("alt+up",), "Alt+↑", "mark the command before and go to it"
    ),
    KeyAction(
        "reading.next_prompt", "prompt below", "down", ("alt+down",), "Alt+↓", "mark the command after and go to it"
    ),
    KeyAction("blocks.block_menu", "command menu", "A", (), "", "what can be done with the marked or the last command"),
    KeyAction("blocks.run_again", "run again", "l", (), "", "run the line of the marked command again, or of the last"),
    KeyAction(
        "blocks.copy_block", "copy command", "O", (), "", "copy the marked, or the last, command with its output"
    ),
    KeyAction(
        "blocks.save_block", "save command", "Y", (), "", "save the marked, or the last, command with its output"
    ),
    KeyAction(
        "blocks.compare",
        "compare",
        "equals_sign",
        (),
        "",
        "the difference to the same line before, or to the one before",
    ),
    KeyAction("blocks.compare_hosts", "compare tabs", "H", (), "", "the difference to the same line in another tab"),
    KeyAction(
        "blocks.times", "times", "M", (), "", "when each command ran and for how long, at the right; again hides it"
    ),
    KeyAction("reading.fold", "fold", "z", (), "", "fold or show the output of the marked command, or of the last one"),
    KeyAction("reading.fold_all", "fold all", "Z", (), "", "fold the output of every command, or show it all"),
    KeyAction("editing.completions", "completions", "space", (), "", "list what fits at the cursor (also Ctrl+Space)"),
    KeyAction("editing.run_line", "run as it is", "enter", (), "", "run the line though it looks unfinished"),
    KeyAction(
        "editing.edit_line", "edit line", "v", (), "", "open the line in $VISUAL or $EDITOR; it comes back unrun"
    ),
    KeyAction(
        "editing.last_argument",
        "last argument",
        "full_stop",
        (),
        "",
        "the last argument of the line before (also Alt+.)",
    ),
    KeyAction(
        "editing.partner",
        "other bracket",
        "percent_sign",
        (),
        "",
        "go to the bracket or quote that belongs to this one",
    ),
    KeyAction("editing.redo", "redo", "u", (), "", "do again what Ctrl+Z undid (also Alt+Z)"),
    KeyAction(
        "reading.sideways(-1)", "text left", "left", (), "", "where a profile fixes the width: half a pane to the left"
    ),
    KeyAction(
        "reading.sideways(1)",
        "text right",
        "right",
        (),
        "",
        "where a profile fixes the width: half a pane to the right",
    ),
    KeyAction("grid.grid", "grid", "G", (), "", "run the last line again and show its objects in a grid"),
    KeyAction("logs.logs", "logs", "L", (), "", "find what was typed and printed in sessions that were logged"),
    KeyAction("alt", "Alt+…", "m", (), "", "the next key with Alt, where the terminal sends none"),
    KeyAction("interrupt", "stop", "i", ("ctrl+c",), "Ctrl+C", "stop what runs; at the prompt a new line"),
    KeyAction("profiles.problems", "problems", "exclamation_mark", (), "", "what is wrong in the profile file"),
    KeyAction("profiles.import_profiles", "import", "I", (), "", "take hosts from ssh_config, mRemoteNG or RDCMan"),
    KeyAction(
        "profiles.credentials", "credentials", "C", (), "", "accounts that profiles name, and their passwords' sources"
    ),
    KeyAction(
        "keeping.keep_password", "keep password", "K", (), "", "keep the password typed at this login in the keyring"
    ),
    KeyAction("files.files", "files", "F", (), "", "files here and at this tab's far end: copy, move, rename, edit"),
    KeyAction(
        "profiles.defaults", "defaults", "D", (), "", "what holds where a profile or a call does not say otherwise"
    ),
    KeyAction("profiles.settings", "settings", "comma", (), "", "theme, history, the tabs of last time"),
    KeyAction("leaving.quit", "quit", "q", ("f10",), "F10", "leave pstui; names what still runs and asks once"),
)

TAB_KEYS: tuple[KeyAction, ...] = tuple(
    KeyAction(f"tabs.tab({n})", f"tab {n}", str(n), (f"alt+{n}",), f"Alt+{n}", f"go to tab {n}") for n in range(1, 10)
)
