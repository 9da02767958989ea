"""The manual page, in roff, made from the same declarations as the help."""

from __future__ import annotations

from pstui.backends.version import VERSION
from pstui.tui.cli.args import DECLARED, usage
from pstui.tui.cli.help import EXAMPLES, EXIT_TABLE

_SYNOPSIS = (
    "pstui",
    "pstui NAME | user@host[:port]",
    "pstui [OPTIONS] [Enter-PSSession] PARAMETERS",
    "pstui [OPTIONS] Invoke-Command [OPTIONS] PARAMETERS -ScriptBlock TEXT",
    "pstui cp [OPTIONS] SRC... DST",
    "pstui demo [--stdio]",
    "pstui run [NAME [TARGET... -PARAMETER VALUE...]]",
    "pstui doctor [--report] [TARGET]",
    "pstui log WORD…",
    "pstui replay FILE",
    "pstui completion bash|zsh|fish",
    "pstui man",
)
_DESCRIPTION = (
    "pstui is PowerShell remoting in a full-screen terminal, over SSH, WinRM, to containers, virtual machines and "
    "processes; it needs no PowerShell on this computer. Invoke-Command, or icm, runs a script without the screen; "
    "cp copies files, HOST:path being one at a far end: pstui cp --help."
)


def manual() -> str:
    """Return the page."""
    lines = [
        f'.TH PSTUI 1 "" "pstui {VERSION}" "User Commands"',
        ".SH NAME",
        r"pstui \- PowerShell remoting in a full-screen terminal",
        ".SH SYNOPSIS",
        *_between(".br", [_escaped(line) for line in _SYNOPSIS]),
        ".SH DESCRIPTION",
        _escaped(_DESCRIPTION),
    ]
    for title, invoke in (("OPTIONS", False), ("OPTIONS OF INVOKE-COMMAND", True)):
        lines.append(f".SH {title}")
        for option in DECLARED:
            if option.invoke is invoke:
                lines += [".TP", rf"\fB{_escaped(usage(option))}\fR", _escaped(option.help)]
    lines.append(".SH EXIT STATUS")
    for code, what in EXIT_TABLE:
        lines += [".TP", _escaped(code), _escaped(what)]
    lines.append(".SH EXAMPLES")
    for what, command in EXAMPLES:
        lines += [".TP", _escaped(what), _escaped(command)]
    lines += [
        ".SH ENVIRONMENT",
        ".TP",
        "PSTUI_CONFIG",
        "the profile file",
        ".TP",
        "PSTUI_STATE",
        "the folder for what pstui remembers by itself, such as the history of lines",
        ".TP",
        r"NO_COLOR",
        "when set, no colours are written",
    ]
    return "\n".join(lines) + "\n"


def _between(separator: str, lines: list[str]) -> list[str]:
    return [item for line in lines for item in (line, separator)][:-1]


def _escaped(text: str) -> str:
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("…", "...")
    return r"\&" + text if text.startswith(".") else text
