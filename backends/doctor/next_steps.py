"""The one thing to do next after a step that failed: a command to run where there is one, else the error's own hint."""

from __future__ import annotations

import shlex

from pstui.backends.addresses import shown_user
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError
from pstui.backends.transports.ssh.engine import EngineLimit
from pstui.backends.transports.streams import printable

_WINRM = (ParameterSet.COMPUTER_NAME, ParameterSet.URI)


def next_step(error: PstuiError, step: str, info: ConnectionInfo, about: str = "") -> str:
    """Return what to do after ``step`` failed with ``error``: the command that shows more, or the error's hint.

    ``about`` is what the step told: of the step "name" the name that is looked up, which may be a jump host's.
    """
    for offer in error.offers:
        if offer.command:
            return f"Run: {printable(shlex.join(offer.command))}"
    command = _command(error, step, info, about)
    if command is not None:
        return f"Run: {printable(shlex.join(command))}"
    return error.hint


def _command(error: PstuiError, step: str, info: ConnectionInfo, about: str) -> list[str] | None:
    """Return a command of this computer that shows more of a failure, None where the hint is the better advice."""
    host = info.computer_name.removeprefix("[").removesuffix("]")
    if not host or host.startswith("-"):
        return None
    if step == "name" and info.parameter_set in (*_WINRM, ParameterSet.SSH_HOST):
        return ["getent", "hosts", about if about and not about.startswith("-") else host]
    if isinstance(error, EngineLimit):
        return None
    if info.parameter_set is ParameterSet.SSH_HOST:
        return _ssh_command(error, step, info, host)
    return None


def _ssh_command(error: PstuiError, step: str, info: ConnectionInfo, host: str) -> list[str] | None:
    user, port = shown_user(info.text("UserName")), info.number("Port")
    place = [*(("-p", str(port)) if port else ()), f"{user}@{host}" if user else host]
    if step == "host key" and error.hint:  # it knows the file and the name that the key is kept by
        return None
    if step in ("port", "authentication", "host key"):
        return ["ssh", "-v", *place]
    if step == "session" and "subsystem" not in error.what:
        return ["ssh", *place, "pwsh", "-v"]
    return None
