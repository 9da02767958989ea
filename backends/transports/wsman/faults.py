"""What may go wrong on the way to a WinRM service, as exceptions of pstui's own, and the codes of WinRM by name.

These exceptions stay inside the WSMan transport; ``wsman_errors`` puts them into words for a person. They hold no
type of the libraries beneath, so that this module costs nothing to import.
"""

from __future__ import annotations

import enum

#: the WinRM codes that have a name in PowerShell's error ids (semantics 5.4), as signed 32-bit numbers
NAMES: dict[int, str] = {
    5: "AccessDenied",
    14: "ServerOutOfMemory",
    53: "NetworkPathNotFound",
    995: "WinRMOperationAborted",
    1115: "ShutDownInProgress",
    1311: "AuthenticationFailed",
    1326: "LogonFailure",
    1722: "ImproperResponse",
    -2141974624: "IncorrectProtocolVersion",
    -2144108526: "CannotConnect",
    -2144108250: "WinRMOperationTimeout",
    -2144108269: "URLNotAvailable",
    -2144108485: "InvalidResourceUri",
    -2144108083: "CannotConnectAlreadyConnected",
    -2144108274: "InvalidAuthentication",
    -2144108080: "CannotConnectInvalidOperation",
    -2144108090: "CannotConnectMismatchSessions",
    -2144108065: "CannotConnectRunAsFailed",
    -2144108094: "SessionCreateFailedInvalidName",
    -2144108453: "CannotConnectTargetSessionDoesNotExist",
    -2144108116: "RemoteSessionDisallowed",
    -2144108061: "RemoteConnectionDisallowed",
    -2144108103: "ComputerNotFound",
    -2144108316: "ServerNotTrusted",
    -2144108318: "ClientKerberosDisabled",
    -2144108539: "CorruptedWinRMConfig",
    -2144108499: "URIExceedsMaxAllowedSize",
    -2144108101: "CannotUseIPAddress",
    -2144108135: "RedirectRequested",
    -2144108105: "RedirectLocationInvalid",
}

ACCESS_DENIED = 5
OPERATION_ABORTED = 995
CANCELLED = 1223
LOGON_FAILURE = 1326
NO_LOGON_SESSION = 1312
PASSWORD_EXPIRED = 1330
PASSWORD_MUST_CHANGE = 1907
ACCOUNT_LOCKED_OUT = 1909
CLOCK_SKEW = 1398
#: a TLS connection that could not be trusted (ERROR_WINHTTP_SECURE_FAILURE)
SECURE_FAILURE = 12175
#: WinRM's own, in the order of their numbers
OPERATION_TIMED_OUT = -2144108503
INVALID_RESOURCE_URI = -2144108485
ENVELOPE_TOO_LARGE = -2144108506
MAX_ENVELOPE_EXCEEDED = -2144108472
SERVER_ENVELOPE_LIMIT = -2144108471
CANNOT_CONNECT = -2144108526
NO_SUCH_SESSION = -2144108453
SERVER_NOT_TRUSTED = -2144108316
KERBEROS_DISABLED = -2144108318
HTTP_UNAVAILABLE = -2144108270
URL_NOT_AVAILABLE = -2144108269
BAD_REQUEST = -2144108175
HTTP_ERROR = -2144108176
REDIRECT_REQUESTED = -2144108135
COMPUTER_NOT_FOUND = -2144108103
CANNOT_USE_IP_ADDRESS = -2144108101
SHELLS_DISALLOWED = -2144108116
ALREADY_CONNECTED = -2144108083
STREAM_DISCONNECTED = -2144108066
IDLE_TIMEOUT_BOUNDS = -2144108046
INCORRECT_PROTOCOL = -2141974624
#: the service has let go of the shell, because it took its client for lost
LET_GO = frozenset({-2144108092, STREAM_DISCONNECTED})
#: quotas: shells, operations, load of the user or the system, users with shells, and the same per plugin
QUOTAS = frozenset(
    {
        -2144108481,
        -2144108123,
        -2144108122,
        -2144108121,
        -2144108120,
        -2144108117,
        *range(-2144108060, -2144108053),
    }
)


def signed(code: int) -> int:
    """Return a code as PowerShell writes it: faults carry it unsigned."""
    return code - 2**32 if 2**31 <= code < 2**32 else code


def describe(code: int) -> str:
    """Return a code with its name as text: ``-2144108526 (CannotConnect)``."""
    name = NAMES.get(code)
    return f"{code} ({name})" if name else str(code)


#: HTTP answers of a service that stumbles, or of a proxy that does not reach it: they may pass
PASSING_STATUSES = frozenset({500, 502, 503, 504})


class NetworkKind(enum.Enum):
    """How far a request came before the network or its encryption failed."""

    NAME = "name"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "no answer"
    READ_TIMEOUT = "no reply"
    CLOSED = "closed"
    NOT_TLS = "not TLS"
    CERTIFICATE = "certificate"
    TLS = "TLS"
    PROXY = "proxy"
    BEHIND_PROXY = "behind the proxy"


class WSManFailure(Exception):
    """Base of everything that a request to a WinRM service may fail with."""


class NetworkFailure(WSManFailure):
    """The request or its answer got lost. ``sent`` is False when nothing of the request itself left this machine."""

    def __init__(self, kind: NetworkKind, text: str, *, sent: bool = True) -> None:
        super().__init__(text)
        self.kind, self.text, self.sent = kind, text, sent

    @property
    def may_pass(self) -> bool:
        """Whether waiting may help: the way is interrupted, rather than wrong or not to be trusted."""
        return self.kind not in (NetworkKind.CERTIFICATE, NetworkKind.NOT_TLS, NetworkKind.TLS, NetworkKind.PROXY)


class AuthenticationFailure(WSManFailure):
    """The service did not let us in. ``secret_sent`` tells whether a password was proved and turned down."""

    def __init__(self, text: str, *, offered: str = "", secret_sent: bool = True) -> None:
        super().__init__(text)
        self.text, self.offered, self.secret_sent = text, offered, secret_sent


class HTTPFailure(WSManFailure):
    """An HTTP answer that is no SOAP. ``location`` is where a redirect points to."""

    def __init__(self, status: int, text: str = "", location: str = "") -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.text, self.location = status, text, location


class BadReply(WSManFailure):
    """An answer that breaks the rules: too large, not well-formed, not for this request."""


class Fault(WSManFailure):
    """A SOAP fault: WinRM's code (signed, 0 if it has none), its words and those of the plugin behind it."""

    def __init__(self, code: int, reason: str, provider: str = "", subcode: str = "") -> None:
        super().__init__(f"WinRM code {describe(code)}")
        self.code, self.reason, self.provider, self.subcode = code, reason, provider, subcode
