"""The errors that pstui shows: what failed, why, what to do next, with PowerShell's error id where there is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A way out of a failure that the screen can offer beside its text: start what is stopped, open a terminal.

    Either ``run`` does it (raising PstuiError when it cannot), or ``command`` is an argument list to run in a plain
    terminal; the other one is empty.
    """

    caption: str
    run: Callable[[], Awaitable[None]] | None = None
    command: tuple[str, ...] = ()


class PstuiError(Exception):
    """Base of every error a user may see.

    ``what`` is one line naming the thing and the failure; ``why`` explains it; ``hint`` says what to do next.
    ``error_id`` is PowerShell's FullyQualifiedErrorId (protocol-notes 1.3, 1.10) or empty. ``details`` is longer text
    for those who ask (a peer's own words, a trace of the opening), already free of secrets. ``offers`` are ways out
    that a screen can present.
    """

    error_id = ""

    def __init__(
        self,
        what: str,
        why: str = "",
        hint: str = "",
        *,
        error_id: str = "",
        details: str = "",
        offers: Sequence[Offer] = (),
    ) -> None:
        super().__init__(what)
        self.what, self.why, self.hint, self.details = what, why, hint, details
        self.offers = tuple(offers)
        if error_id:
            self.error_id = error_id

    def text(self) -> str:
        """Return the three parts as lines, empty ones left out."""
        return "\n".join(part for part in (self.what, self.why, self.hint) if part)


class CallError(PstuiError):
    """A wrong call: parameters that do not bind or values that are refused. Exit code 2 on the command line."""


class OpenError(PstuiError):
    """A session could not be opened. Exit code 3 on the command line."""

    error_id = "System.Management.Automation.Remoting.PSRemotingDataStructureException"
    #: the step of opening that it is about, where that is another than the last one told
    step = ""


def as_open_error(label: str, error: PstuiError) -> OpenError:
    """Return an error of opening that names the target ``label``; one that is an OpenError already as it is."""
    if isinstance(error, OpenError):
        return error
    return OpenError(
        error.what if error.what.startswith(f"{label}: ") else f"{label}: {error.what}",
        error.why,
        error.hint,
        error_id=error.error_id,
        details=error.details,
        offers=error.offers,
    )


class NoPowerShell(OpenError):
    """The login succeeded, but no PowerShell is served there; a terminal opens without one."""


class OpenCancelled(OpenError):
    """The user gave up while the session was opening; shown as nothing at all (protocol-notes 2.9)."""


class SessionBroken(PstuiError):
    """An open session died: the transport ended or the peer broke the protocol (protocol-notes 2.7)."""


class BrokenOff(SessionBroken):
    """The session was broken off from here."""


class ProtocolError(SessionBroken):
    """The peer sent what the protocol does not allow (protocol-notes 7.1); the session is broken by us."""


class SessionDisconnected(SessionBroken):
    """The connection is gone but the session lives on there and can be connected to again (protocol-notes 2.10)."""


class SessionStateError(PstuiError):
    """The session is not in a state that allows the call: busy, closed, not yet open."""


class LimitExceeded(SessionStateError):
    """The far end sent more in one piece than is taken; that ends the command, the session goes on."""


class Unreadable(SessionStateError):
    """What a whole message of the far end says cannot be read; that ends the command, the session goes on."""


class SessionBusy(SessionStateError):
    """The session runs another command; it takes one at a time."""
