"""What is worth knowing about a line that is sent as it is: that its program wants a terminal.

A session of PowerShell has none. The line is sent all the same, as PowerShell does; a terminal is offered beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import OpenError

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
