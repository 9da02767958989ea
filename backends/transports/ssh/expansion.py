"""The tokens of ssh_config(5), ``${NAME}`` and ``~`` in a value."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from pstui.backends.errors import OpenError
from pstui.backends.transports.streams import printable


def system_folder() -> Path:
    """Return the folder of this computer's settings of ssh."""
    return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), "ssh") if os.name == "nt" else Path("/etc/ssh")


def expanded(text: str, tokens: Mapping[str, str], *, home: bool = True) -> str:
    """Replace the tokens of ssh_config(5), ``${NAME}`` and a leading ``~`` in a text. Raises OpenError.

    A token, a variable or a person that is not known is an error, as with ssh.
    """

    if home:
        text = with_variables(text)
        if text.startswith("~"):
            try:
                text = str(Path(text).expanduser())
            except RuntimeError as error:
                name = printable(text.partition("/")[0])
                raise OpenError(
                    f"the SSH configuration names the home of {name[1:]}, who is not known here",
                    f"It stands in “{printable(text)}”.",
                    "Correct the configuration.",
                ) from error

    def token(found: re.Match[str]) -> str:
        if found[1] not in tokens:
            raise OpenError(
                f"the SSH configuration names {printable(found[0])}, which stands for nothing there",
                f"It stands in “{printable(text)}”.",
                "Correct the configuration; a percent sign itself is written %%.",
            )
        return tokens[found[1]]

    return re.sub(r"(?s)%(.?)", token, text)


def with_variables(text: str) -> str:
    """Replace each ``${NAME}`` of a text. Raises OpenError for a variable that is not there."""

    def variable(found: re.Match[str]) -> str:
        value = os.environ.get(found[1]) if found[2] and found[1] else None
        if value is None:
            raise OpenError(
                f"the SSH configuration names {printable(found[0])}, which is not set",
                f"It stands in “{printable(text)}”.",
                "Set the variable, or correct the configuration.",
            )
        return value

    return re.sub(r"(?s)\$\{([^}]*)(\}?)", variable, text)


def tokens_of(name: str, values: Mapping[str, tuple[str, ...]], *, signs_jump: bool = False) -> dict[str, str]:
    """Return the tokens of ssh_config(5) for a host; ``signs_jump`` is whether %C has the jump host, as since 9.6."""
    host, port, user = (values.get(key, ("",))[0] for key in ("hostname", "port", "user"))
    jump = values.get("proxyjump", ("",))[0]
    local, here = socket.gethostname(), getpass.getuser()
    signed = os.fsencode("".join((local, host, port, user, jump if signs_jump else "")))
    return {
        "%": "%",
        "C": hashlib.sha1(signed, usedforsecurity=False).hexdigest(),
        "d": str(Path.home()),
        "h": host,
        "i": str(os.getuid()) if hasattr(os, "getuid") else "",
        "j": jump,
        "k": values.get("hostkeyalias", (host,))[0],
        "L": local.partition(".")[0],
        "l": local,
        "n": name,
        "p": port,
        "r": user,
        "u": here,
    }
