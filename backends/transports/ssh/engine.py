"""Which program speaks SSH for a connection: asyncssh, which is built in, or this computer's own ``ssh``.

``-Engine ssh``, in a profile or its defaults ``engine = "ssh"``, names it. Without a word it is asyncssh, except where
a master of ssh runs for the host (ControlPath), and where a person took the offer that an ``EngineLimit`` makes.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError, Offer, OpenError
from pstui.backends.transports.streams import printable

ASYNCSSH, SSH = "asyncssh", "ssh"


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine of one connection. ``why`` ends the sentence "the engine is ssh: …"."""

    name: str
    why: str

    @property
    def is_program(self) -> bool:
        """Whether it is this computer's ssh."""
        return self.name == SSH


class EngineLimit(OpenError):
    """What asyncssh, the built-in engine, cannot do and this computer's ssh perhaps can."""


class UseProgram(Exception):
    """The built-in engine gives way to ssh, of which a master runs for this host."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.why)
        self.engine = engine


def program() -> str:
    """Return the path of the user's ssh, "" where there is none."""
    return shutil.which("ssh") or ""


#: the targets for which a person chose ssh in this run
_chosen: set[tuple[str, str, int, str]] = set()


def engine_of(info: ConnectionInfo) -> Engine:
    """Return the engine of an SSHHost connection, as far as it is known beforehand. Raises CallError."""
    if given := named(info):
        if given not in (ASYNCSSH, SSH):
            raise CallError(
                f"there is no engine of SSH named {printable(given)}",
                "A host of SSH is reached by ssh, this computer's program, or by asyncssh, which is built in.",
                "Correct -Engine, in a profile engine.",
            )
        return Engine(given, "-Engine, the profile or its defaults name it")
    if _target(info) in _chosen:
        return Engine(SSH, "it was chosen in this run, because asyncssh could not open the host")
    return Engine(ASYNCSSH, "it is built in, and no other is named")


def named(info: ConnectionInfo) -> str:
    """Return what -Engine says, empty where it says nothing."""
    value = info.values.get("Engine") or ()
    words = [value] if isinstance(value, str) else [str(word) for word in value]
    return " ".join(words).casefold()


def offered(error: EngineLimit, info: ConnectionInfo) -> EngineLimit:
    """Add the other engine to an error, as a hint and as an offer that a screen can present."""
    if not program():
        error.hint = " ".join(part for part in (error.hint, "OpenSSH's ssh could do it, but it is not here.") if part)
        return error

    async def choose() -> None:
        _chosen.add(_target(info))

    told = 'This computer\'s ssh may do it: -Engine ssh, in a profile engine = "ssh".'
    error.hint = "\n".join(part for part in (told, error.hint) if part)
    if not named(info):
        error.offers = (*error.offers, Offer("open with ssh", run=choose))
    return error


def forget_choices() -> None:
    """Forget what was chosen in this run."""
    _chosen.clear()


def _target(info: ConnectionInfo) -> tuple[str, str, int, str]:
    return info.text("HostName"), info.text("UserName"), info.number("Port"), info.profile
