"""What starts a terminal's shell, or a line in one: quoted for whatever stands between, POSIX or Windows.

The far end's own shell reads the command first, and nobody knows which that is. To a POSIX machine goes a script for
``sh`` with the folder and the line as its arguments, each in single quotes, which sh, bash, zsh, ksh and fish read
alike. To a Windows machine goes an encoded command, which holds no character that cmd or PowerShell knows.
"""

from __future__ import annotations

import base64
import re
import shlex
from typing import Final

from pstui.backends.transports.base import TerminalWish

#: characters of a line or a folder; a longer one is not passed on
MAX_LENGTH: Final = 4096
#: what PowerShell and a POSIX shell read alike: words, no quotes, no signs of either language
_ALIKE: Final = re.compile(r"[\w@%+=:,./ ~-]*")
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]")
_ENTER: Final = 'cd -- "$1" 2>/dev/null || cd; shift'
_SHELL: Final = f'{_ENTER}; exec "${{SHELL:-/bin/sh}}" -l'
_CONTAINER_SHELL: Final = f"{_ENTER}; if command -v bash >/dev/null; then exec bash -l; fi; exec sh -l"
_RUN: Final = f'{_ENTER}; exec "${{SHELL:-/bin/sh}}" -c "$1"'
_RUN_POWERSHELL: Final = (
    f"{_ENTER}; if command -v pwsh >/dev/null; "
    'then exec pwsh -NoLogo -NoProfile -Command "$1"; fi; exec "${SHELL:-/bin/sh}" -c "$1"'
)


def is_windows_path(directory: str) -> bool:
    """Whether a folder is one of a Windows machine."""
    return _WINDOWS.match(directory) is not None


def is_fit(text: str) -> bool:
    """Whether a folder or a line can be handed over: it is not too long, and has no character that ends a line."""
    return len(text) <= MAX_LENGTH and not any(ord(character) < 32 or character == "\x7f" for character in text)


def posix_argv(wish: TerminalWish, *, container: bool = False) -> tuple[str, ...]:
    """Return the argument list that starts what is wished on a POSIX machine."""
    directory = wish.directory if is_fit(wish.directory) else ""
    line = wish.line.strip()
    if not line or not is_fit(line):
        script = _CONTAINER_SHELL if container else _SHELL
        return "/bin/sh", "-c", script, "sh", directory
    line = line.removeprefix("&").lstrip()
    script = _RUN if _ALIKE.fullmatch(line) else _RUN_POWERSHELL
    return "/bin/sh", "-c", script, "sh", directory, line


def windows_argv(wish: TerminalWish) -> tuple[str, ...]:
    """Return the argument list that starts what is wished on a Windows machine."""
    script = ""
    if wish.directory and is_fit(wish.directory):
        quoted = wish.directory.replace("'", "''").replace("\u2019", "\u2019\u2019").replace("\u2018", "\u2018\u2018")
        script = f"Set-Location -LiteralPath '{quoted}' -ErrorAction SilentlyContinue; "
    line = wish.line.strip() if is_fit(wish.line) else ""
    encoded = base64.b64encode((script + line).encode("utf-16-le")).decode("ascii")
    stays = () if line else ("-NoExit",)
    return "powershell.exe", "-NoLogo", *stays, "-EncodedCommand", encoded


def remote_command(wish: TerminalWish) -> str:
    """Return one text for a server that hands it to a shell of its own."""
    if is_windows_path(wish.directory):
        return " ".join(windows_argv(wish))
    return "exec " + shlex.join(posix_argv(wish))
