"""The pane's own words: failures, hints, the row above the editor, and what is shown while no session is open."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError, PstuiError
from pstui.backends.records import Stream, Write
from pstui.tui.cut import cut
from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from textual.content import Content
from textual.widgets import Static

_DARK_RED = 12
#: columns from which words are kept whole
_LEAST_FOLDED = 30
#: columns of a waiting line that are shown in any case
_LEAST_WAITING = 8


def busy_sign(state: PaneState) -> str:
    """Return what is shown before the editor while there is no prompt."""
    return "… " if state.live else "  "


def error_records(error: PstuiError, columns: int = 0) -> Iterator[Write]:
    """Yield an error as it is shown in the pane: what failed, why, what to do; broken at words for so many columns.

    What a pane shows is broken anywhere, as a terminal does; 0, or a pane too narrow for words, leaves it to that.
    """
    for line in _folded(f"✗ {error.what}", columns):
        yield Write(line, foreground=_DARK_RED, stream=Stream.NOTICE)
    for part in (error.why, error.hint):
        for line in part.splitlines():
            yield from (Write(folded, stream=Stream.NOTICE) for folded in _folded(f"  {line}", columns))


def _folded(line: str, columns: int) -> list[str]:
    if columns < _LEAST_FOLDED or len(line) <= columns:
        return [line]
    indent = len(line) - len(line.lstrip("✗ "))
    return wrap(
        line,
        columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def own_fault(label: str, error: Exception) -> PstuiError:
    """Return what to say of a fault in pstui itself; its details are the places in the code, never values."""
    places = traceback.format_tb(error.__traceback__)
    return PstuiError(
        f"{label}: pstui made a mistake and has left the session",
        f"{type(error).__name__} was not expected here.",
        "The other sessions are untouched. Please report it with the details.",
        details="".join([*places, type(error).__name__]).rstrip(),
    )


def new_session(columns: int) -> str:
    """Return the rule that marks where another session begins."""
    return f"── new session {time.strftime('%H:%M:%S')} ".ljust(max(0, columns - 1), "─")


def first_hint(info: ConnectionInfo) -> str:
    """Return what is worth knowing before the first line, empty for nothing."""
    if info.parameter_set is not ParameterSet.DEMO:
        return ""
    return "Get-Command lists what this demo knows; it acts on this computer"


#: what is said of a line that is typed where no session is
NO_SESSION = "The line was not sent. F5 enters again"
#: stands for the step of a session that is being closed
CLOSING = "closing"


#: programs that draw on a terminal
_DRAWING = frozenset(
    (
        *("alsamixer", "btop", "cfdisk", "dialog", "emacs", "fzf", "htop", "iftop", "iotop", "joe", "k9s", "lazygit"),
        *("lynx", "mc", "mcedit", "micro", "mutt", "nano", "ncdu", "nmtui", "nvim", "pico", "ranger", "screen", "tig"),
        *("tmux", "top", "vi", "view", "vim", "vimdiff", "vimtutor", "w3m", "watch", "whiptail"),
    )
)
_PAGERS = frozenset(("less", "most", "man"))
_ASKING = frozenset(
    (
        *("chsh", "doas", "ftp", "mariadb", "mysql", "passwd", "psql", "sftp", "ssh", "ssh-copy-id", "su", "sudo"),
        *("telnet", "vigr", "vipw", "visudo"),
    )
)
#: programs that talk with a person where they are given nothing to do; a version may stand behind the name
_TALKING = frozenset(
    (
        *(
            "bash",
            "bc",
            "cmd",
            "dash",
            "fish",
            "gdb",
            "ghci",
            "ipython",
            "irb",
            "julia",
            "ksh",
            "lua",
            "mongosh",
            "node",
        ),
        *("powershell", "pwsh", "python", "redis-cli", "sh", "sqlite", "zsh"),
    )
)
#: options with which these still talk
_STILL_TALKING = frozenset(("-i", "-l", "-q", "--interactive", "--login", "-noexit", "-nologo", "-noprofile"))
#: programs that run another one
_RUNNING = frozenset(("doas", "env", "exec", "nice", "nohup", "sudo", "time"))
#: letters of options that take a value
_VALUED = {"doas": "Cu", "env": "Cu", "nice": "n", "ssh": "bcDEeFIiJLlmopQRSWw", "sudo": "CDghpRTUu"}
#: what tells that a program asks for nothing
_SILENT = re.compile(r"-[A-Za-z]*n[A-Za-z]*|-S|--non-interactive|--stdin|-oBatchMode=yes")
#: lines whose program opens an editor, or is given the terminal
_EDITING = re.compile(
    r"crontab\s.*-e\b|systemctl\s.*\bedit\b|git\s+(?:rebase\s.*(?:-i\b|--interactive\b)|add\s.*(?:-p\b|--patch\b)"
    r"|commit\b(?!.*\s(?:-\w*[mFC]|--(?:message|file|fixup|no-edit|reuse-message|dry-run)\b)))"
    r"|(?:docker|kubectl|nerdctl|podman)\s.*\s(?:-it|-ti|-t|--tty)\b"
)


@dataclass(frozen=True, slots=True)
class Hint:
    """What is worth knowing about a line that is sent as it is; ``line`` is one that a terminal may run instead."""

    said: str
    line: str = ""


def hint_for(line: str, info: ConnectionInfo | None = None, terminal_key: str = "") -> Hint:
    """Return what is worth knowing about a line; ``terminal_key`` is the key that opens a terminal."""
    for part in re.split(r"[|;\n]|&&", line):
        words = _words(part)
        if not words:
            continue
        if words[0].casefold() in ("enter-pssession", "etsn"):
            return Hint("Enter-PSSession runs on the far end; F2 opens a tab from here")
        said = _of_program(words)
        if said and terminal_key and _has_terminal(info):
            return Hint(f"{said}: {terminal_key} runs it in one", line.strip())
        if said:
            return Hint(f"{said}, which a session lacks: run it in one there")
    return Hint("")


def _words(part: str) -> list[str]:
    """Return the words of a command. One in quotes is a command only behind the call operator."""
    called = part.strip()
    if called.startswith("&") and (quoted := re.match(r"&\s*(['\"])([^'\"]+)\1", called)):
        return [re.split(r"[/\\]", quoted[2])[-1].replace(" ", ""), *called[quoted.end() :].split()]
    return called.removeprefix("&").split()


def _of_program(words: list[str]) -> str:
    """Return why a program does not work in a session as in a terminal, empty where it does."""
    command = re.split(r"[/\\]", words[0])[-1].casefold().removesuffix(".exe")
    options, rest = _options(_VALUED.get(command, ""), words[1:])
    if command in _DRAWING:
        return f"{command} needs a terminal"
    if command in _PAGERS:
        return f"{command} pages on a terminal"
    if command in _ASKING and not any(map(_SILENT.fullmatch, options)):
        return f"{command} asks on a terminal"
    if command in _RUNNING:
        return _of_program(rest) if rest else ""
    if (
        command.rstrip("0123456789.") in _TALKING
        and not rest
        and {each.casefold() for each in options} <= _STILL_TALKING
    ):
        return f"{command} talks on a terminal"
    if _EDITING.match(" ".join([command, *words[1:]])):
        return f"{command} wants a terminal here"
    return ""


def _options(valued: str, words: list[str]) -> tuple[list[str], list[str]]:
    """Return the options before a program's first word, each with its value, and what follows them."""
    found, at = list[str](), 0
    while at < len(words) and (words[at].startswith("-") or re.match(r"\w+=", words[at])):
        takes = len(words[at]) == 2 and words[at][1] in valued
        found.append("".join(words[at : at + 2]) if takes else words[at])
        at += 1 + takes
    return found, words[at:]


def _has_terminal(info: ConnectionInfo | None) -> bool:
    """Whether a terminal can be opened where a session goes."""
    if info is None:
        return False
    from pstui.backends.transports import registry  # not before the first paint

    info = getattr(info.values.get("Session"), "info", info)
    try:
        return registry.for_set(info.parameter_set).open_terminal is not None
    except OpenError:
        return False


def note_for(
    state: PaneState, info: ConnectionInfo, pending: str | None, aside: str = "", width: int = 10_000
) -> Content | None:
    """Return the row above the editor, None where nothing is to be said.

    ``aside`` is the step of an opening, or a hint about the line typed last. A waiting line is cut for ``width``
    columns, so that the key after it is seen.
    """
    if pending is not None:
        before, behind = "⏎ waits  ", "   Ctrl+C takes it back"
        room = max(width - len(before) - len(behind), _LEAST_WAITING)
        shown = cut(plain(pending.replace("\n", " ⏎ "), limit=400), room)
        return Content.assemble((before, "$calm"), shown, (behind, "$calm"))
    if state in (PaneState.PROMPT, PaneState.BUSY) and aside != CLOSING:
        return Content.styled(aside, "$calm") if aside else None
    name = plain(info.label, limit=120)
    if aside == CLOSING:
        return Content.styled(f"closing {name}…", "$calm")
    if aside == NO_SESSION:
        return Content.assemble(("✗ ", "$error"), f"no session with {name}", (f"   {aside}", "$calm"))
    match state:
        case PaneState.OPENING:
            doing = f"  {plain(aside, limit=120)}" if aside else ""
            return Content.assemble(f"connecting to {name}…", (doing + "   Esc cancels", "$calm"))
        case PaneState.LEFT:
            return Content.assemble(f"○ left {name}", ("   Enter enters again", "$calm"))
        case PaneState.CANCELLED:
            return Content.assemble(f"○ not connected to {name}", ("   Enter connects", "$calm"))
        case _:
            return Content.assemble(
                ("✗ ", "$error"), f"no session with {name}", ("   Enter or F5 tries again", "$calm")
            )


_LINES = (
    ("Enter", "opens what is chosen in the sidebar"),
    ("F2", "goes anywhere: type a host or an action"),
    ("a", "adds a host to the sidebar"),
    ("i", "imports hosts from ssh_config and others"),
    ("F1, ?", "list the keys, here and in every dialog"),
)


class Welcome(Static):
    """The first steps, as keys."""

    def __init__(self) -> None:
        rows = [Content.assemble((f"{key:<7}", "bold"), (text, "$calm")) for key, text in _LINES]
        super().__init__(Content("\n").join([Content("No session is open."), Content(""), *rows]), id="welcome")
