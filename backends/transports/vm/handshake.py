"""The talk before a session with a Hyper-V guest, as a client holds it (protocol-notes 6.6): bytes, no socket.

Both sides take turns, and nothing marks the end of a message, so each answer is read against what may come there.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal

from pstui.backends.credentials import Secret
from pstui.backends.errors import OpenError

#: the user name that an old guest is logged on with to see that it refuses (protocol-notes 6.6)
LEGACY_USER = "?<PSDirectVMLegacy>"
DEFAULT_DOMAIN = "localhost"
#: longest answers in bytes: the version and the token
MAX_VERSION, MAX_TOKEN = 16, 1024

_VERSION = re.compile(rb"VERSION_([0-9]{1,8})")
_TOKEN = re.compile(rb"TOKEN ([A-Za-z0-9+/]+={0,2})")

#: what a guest says to a logon: it wants a configuration, it is content, it refuses
_RESULTS = (b"CONF", b"PASS", b"FAIL")

#: one step: what is sent, what may come back (literal words, a version, a token, or nothing because it is the end)
_Expected = tuple[bytes, ...] | Literal["version", "token", "nothing"]
_Step = tuple[bytes, _Expected]
_Steps = Generator[_Step, bytes, None]


@dataclass(frozen=True, slots=True)
class GuestLogon:
    """Who logs on to the guest. ``domain`` may be empty (the guest itself), the password too; the user may not."""

    user: str
    password: Secret
    domain: str = ""
    configuration: str = ""

    @classmethod
    def of(cls, user_name: str, password: Secret, configuration: str = "") -> GuestLogon:
        """Split ``DOMAIN\\user`` or ``user@domain``. Raises OpenError InvalidUsername for an empty user."""
        domain, backslash, user = user_name.partition("\\")
        if not backslash:
            user, _, domain = user_name.partition("@")
        if not user.strip():
            raise OpenError(
                "the user name for the virtual machine is empty",
                "A guest is entered with an account of its own.",
                "Give -Credential a user of the guest.",
                error_id="InvalidUsername",
            )
        return cls(user, password, domain, configuration)


class Handshake:
    """One talk on one connection. ``start`` gives the first bytes to send, ``receive`` those that follow.

    When ``done``, ``token`` holds what a broker has given, and ``is_legacy`` says that the guest does not know
    version 2: the caller then decides whether to log on again without it. Both methods raise OpenError.
    """

    def __init__(self, steps: Callable[[Handshake], _Steps]) -> None:
        self._steps = steps(self)
        self._expected: _Expected = "nothing"
        self._answer = bytearray()
        self.done = False
        self.token = b""
        self.is_legacy = False

    @classmethod
    def broker(cls, logon: GuestLogon) -> Handshake:
        """The first connection, to the service that checks the logon, version 2."""
        return cls(lambda talk: talk._broker(logon))

    @classmethod
    def legacy_broker(cls, logon: GuestLogon) -> Handshake:
        """The first connection as guests before version 2 hold it: no version, no token."""
        return cls(lambda talk: talk._legacy_broker(logon))

    @classmethod
    def powershell(cls, token: bytes) -> Handshake:
        """The second connection, to the PowerShell itself; ``token`` is the broker's. Old guests need none of it."""
        return cls(lambda talk: talk._powershell(token))

    def start(self) -> bytes:
        """Return the first bytes to send."""
        return self._advance(None)

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the guest; return what to send now, ``b""`` while its answer is not whole yet."""
        if not data:
            raise _failed("The guest closed the connection during the logon (HyperVSocketTransportProcessEnded).")
        self._answer += data
        # Guests may send their whole buffer, its rest filled with zeros.
        answer = bytes(self._answer).strip(b"\0")
        if not self._is_whole(answer):
            return b""
        self._answer.clear()
        return self._advance(answer)

    # The talks, step by step.

    def _broker(self, logon: GuestLogon) -> _Steps:
        answer = yield b"VERSION", "version"
        if answer == b"PASS":
            yield from self._trial()
            return
        _check_version(answer)
        yield b"VERSION_2", (b"PASS",)
        last = yield from self._log_on(logon)
        token = yield last, "token"
        self.token = token.removeprefix(b"TOKEN ")
        yield b"PASS", "nothing"

    def _legacy_broker(self, logon: GuestLogon) -> _Steps:
        last = yield from self._log_on(logon)
        yield last, "nothing"

    def _powershell(self, token: bytes) -> _Steps:
        answer = yield b"VERSION", "version"
        _check_version(answer)
        yield b"VERSION_2", (b"PASS",)
        yield b"TOKEN " + token, (b"PASS",)
        yield b"", "nothing"

    def _trial(self) -> _Steps:
        """See that a guest without versions refuses a logon that nobody may have; it took the word for a domain."""
        yield LEGACY_USER.encode("utf-16-le"), (b"PASS",)
        result = yield b"EMPTYPW", _RESULTS
        if result != b"FAIL":
            raise _failed("It accepts a logon that no guest may accept.", "HyperVNegotiationFailed")
        self.is_legacy = True
        yield b"FAIL", "nothing"

    def _log_on(self, logon: GuestLogon) -> Generator[_Step, bytes, bytes]:
        """Log on; return what is still to be sent. A refusal is told to the guest and then raised."""
        yield (logon.domain or DEFAULT_DOMAIN).encode("utf-16-le"), (b"PASS",)
        yield logon.user.encode("utf-16-le"), (b"PASS",)
        if len(logon.password):
            yield b"NONEMPTYPW", (b"PASS",)
            result = yield logon.password.reveal().encode("utf-16-le"), _RESULTS
        else:
            result = yield b"EMPTYPW", _RESULTS
        if result == b"FAIL":
            raise LogonRefused(b"FAIL")
        if result == b"PASS":
            return b"PASS"
        if not logon.configuration:
            return b"EMPTYCF"
        yield b"NONEMPTYCF", (b"PASS",)
        return logon.configuration.encode("utf-16-le")

    # Reading answers.

    def _advance(self, answer: bytes | None) -> bytes:
        sending, self._expected = next(self._steps) if answer is None else self._steps.send(answer)
        self.done = self._expected == "nothing"
        return sending

    def _is_whole(self, answer: bytes) -> bool:
        """Whether an answer is complete; False while it may still become so. Raises OpenError when it cannot."""
        possible: tuple[bytes, ...]
        match self._expected:
            case "nothing":
                raise _failed("The guest sent something unexpected.")
            case "version":
                possible, longest = (b"VERSION_", b"PASS"), MAX_VERSION
                if _VERSION.fullmatch(answer) or answer == b"PASS":
                    return True
            case "token":
                possible, longest = (b"TOKEN ",), MAX_TOKEN
                token = _TOKEN.fullmatch(answer)
                if token and len(answer) <= longest:
                    # What is not base64 yet was cut on its way; the rest is to come.
                    return _is_base64(token[1])
            case words:
                possible, longest = tuple(words), max(map(len, words))
                if answer in possible:
                    return True
        if len(answer) <= longest and any(word.startswith(answer) for word in possible):
            return False
        raise _failed(f"It answered {_shown(answer)} where {' or '.join(map(_shown, possible))} belongs.")


def _check_version(answer: bytes) -> None:
    match = _VERSION.fullmatch(answer)
    if match is None or int(match[1]) < 2:
        raise _failed(f"It offers {_shown(answer)}; this client speaks version 2.", "HyperVNegotiationFailed")


class LogonRefused(OpenError):
    """The guest refused the account. ``farewell`` are the bytes that end the talk in order."""

    def __init__(self, farewell: bytes) -> None:
        super().__init__(
            "the virtual machine refused the credential",
            "The user name or the password is wrong in the guest.",
            "Give an account of the guest, as DOMAIN\\user or user.",
            error_id="InvalidCredential",
        )
        self.farewell = farewell


def _failed(why: str, error_id: str = "VMSessionConnectFailed") -> OpenError:
    return OpenError("the virtual machine did not follow the logon of PowerShell Direct", why, error_id=error_id)


def _is_base64(text: bytes) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False


def _shown(answer: bytes) -> str:
    return repr(answer[:40].decode("ascii", "replace"))
