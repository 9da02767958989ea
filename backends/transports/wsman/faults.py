"""The failures of a WinRM service as pstui's own exceptions, and the codes of WinRM by name.

These exceptions stay inside the WSMan transport; ``errors.py`` puts them into words for a person. They hold no type of
the HTTP, TLS and authentication libraries, whose exceptions are turned into them here, so that this module costs
nothing to import.
"""

from __future__ import annotations

import enum
import errno
import re
import socket
import ssl
from collections.abc import Iterator

#: the WinRM codes that have a name in PowerShell's error ids (protocol-notes 5.4), as signed 32-bit numbers
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
SHUTTING_DOWN = 1115
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
INVALID_AUTHENTICATION = -2144108274
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


#: what subcodes of WS-Management mean (DSP0226, 14) where a fault carries no code of WinRM's
CODES = {"TimedOut": OPERATION_TIMED_OUT, "AccessDenied": ACCESS_DENIED, "QuotaLimit": -2144108121}
#: subcodes that say nothing but whose fault it was: then the text is all there is
_GENERAL = frozenset({"", "Sender", "Receiver", "InternalError"})
_TEXTS = (
    (re.compile(r"operation ?time-?out|operation (?:has )?timed out", re.IGNORECASE), OPERATION_TIMED_OUT),
    (re.compile(r"access (?:is |was )?denied|not authori[sz]ed", re.IGNORECASE), ACCESS_DENIED),
)
#: subcodes of a service that knows nothing of the shell or command that it was asked for
_UNKNOWN_THERE = frozenset({"DestinationUnreachable", "InvalidSelectors"})


def signed(code: int) -> int:
    """Return a code as PowerShell writes it: faults carry it unsigned."""
    return code - 2**32 if 2**31 <= code < 2**32 else code


def describe(code: int) -> str:
    """Return a code with its name as text: ``-2144108526 (CannotConnect)``."""
    name = NAMES.get(code)
    return f"{code} ({name})" if name else str(code)


#: HTTP answers of a service that stumbles, or of a proxy that does not reach it: they may pass
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})


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
    """The request or its answer got lost. ``sent`` is False when nothing of the request itself left this computer."""

    def __init__(self, kind: NetworkKind, text: str, *, sent: bool = True) -> None:
        super().__init__(text)
        self.kind, self.text, self.sent = kind, text, sent

    @property
    def is_transient(self) -> bool:
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
    """A SOAP fault: WinRM's code (signed, 0 if it has none), its words and those of the plugin behind it.

    ``subcode`` is SOAP's own word for it without its namespace, or its code where it has no subcode: services other
    than Windows' give no WinRM code.
    """

    def __init__(self, code: int, reason: str, provider: str = "", subcode: str = "") -> None:
        super().__init__(f"WinRM code {describe(code)}" if code or not subcode else f"SOAP fault {subcode}")
        self.code = code or CODES.get(subcode, 0)
        if not self.code and subcode in _GENERAL:
            self.code = next((meant for pattern, meant in _TEXTS if pattern.search(reason)), 0)
        self.reason, self.provider, self.subcode = reason, provider, subcode

    @property
    def is_about_a_header(self) -> bool:
        """Whether the service refuses a header that it was told to understand (SOAP 1.2, 5.4.8)."""
        return self.subcode == "MustUnderstand"

    @property
    def is_timeout(self) -> bool:
        """Whether the service had nothing to say in the time that it was given."""
        return self.code == OPERATION_TIMED_OUT or self.subcode == "TimedOut"

    @property
    def asks_again(self) -> bool:
        """Whether it tells nothing of what was asked for: there was no output yet, or the shell was let go of."""
        return self.is_timeout or self.code in LET_GO

    @property
    def knows_nothing(self) -> bool:
        """Whether the service does not know what the request was for: where that may be over, it is."""
        return self.code == NO_SUCH_SESSION or (not self.code and self.subcode in _UNKNOWN_THERE)

    @property
    def ends_the_session(self) -> bool:
        """Whether the shell itself is gone, rather than one command of it."""
        return self.code in (NO_SUCH_SESSION, OPERATION_ABORTED, CANCELLED, STREAM_DISCONNECTED, SHUTTING_DOWN)


#: what no person needs of their texts
_NOISE = re.compile(r"^\[Errno -?\d+\] |^\[SSL(?:: \w+)?\] | \(_ssl\.c:\d+\)|<[\w.]+ object at 0x[0-9a-f]+>:? ?")
#: what http.client says when a proxy refuses a tunnel
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}) ?(.*)", re.DOTALL)
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
#: what the TLS library says when the other side does not speak TLS at all
_NOT_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH")


def failure_of(error: BaseException, *, sent: bool) -> WSManFailure:
    """Return the failure that an exception of the libraries means. ``sent``: whether a connection stood."""
    for one in _chain(error):
        if isinstance(one, WSManFailure):
            return one
        found = _network(one, sent) or _authentication(one)
        if found is not None:
            return found
    name, text = type(error).__name__, str(error)
    if isinstance(error, OSError):
        return NetworkFailure(NetworkKind.CLOSED, f"{name}: {text}", sent=sent)
    return BadReply(f"{name}: {text}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception's causes, the innermost first: the libraries wrap each other's three deep."""
    chain: list[BaseException] = []
    pending: list[object] = [error]
    while pending and len(chain) < 20:
        one = pending.pop()
        if isinstance(one, BaseException) and one not in chain:
            chain.append(one)
            pending += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args[:2]]
    yield from reversed(chain)


def _network(error: BaseException, sent: bool) -> NetworkFailure | None:
    name, text = type(error).__name__, str(error)
    kind: NetworkKind | None = None
    match error:
        case ssl.SSLCertVerificationError():
            text, kind = error.verify_message or text, NetworkKind.CERTIFICATE
        case ssl.SSLError() if any(word in text for word in _NOT_TLS):
            kind = NetworkKind.NOT_TLS
        case ssl.SSLError():
            kind = NetworkKind.CLOSED if sent or "EOF" in text else NetworkKind.TLS
        case OSError() if (tunnel := _TUNNEL.search(text)) is not None:
            text = f"The proxy answered {tunnel[1]} {tunnel[2]}".strip()
            kind = NetworkKind.BEHIND_PROXY if tunnel[1][0] == "5" else NetworkKind.PROXY
        case socket.gaierror():
            kind = NetworkKind.NAME
        case ConnectionRefusedError():
            kind = NetworkKind.REFUSED
        case OSError() if error.errno in _UNREACHABLE:
            kind = NetworkKind.UNREACHABLE
        case ConnectionError() if "Timeout" not in name:
            kind = NetworkKind.CLOSED
    if kind is None:
        kind = {
            "ConnectTimeoutError": NetworkKind.CONNECT_TIMEOUT,
            "ReadTimeoutError": NetworkKind.READ_TIMEOUT,
            "NameResolutionError": NetworkKind.NAME,
            "ProxyError": NetworkKind.PROXY,
            "InvalidProxyURL": NetworkKind.PROXY,
            "CertificateError": NetworkKind.CERTIFICATE,
            "RemoteDisconnected": NetworkKind.CLOSED,
            "ProtocolError": NetworkKind.CLOSED,
            "IncompleteRead": NetworkKind.CLOSED,
            "ChunkedEncodingError": NetworkKind.CLOSED,
        }.get(name)
    if kind is None and isinstance(error, TimeoutError):
        kind = NetworkKind.READ_TIMEOUT if sent else NetworkKind.CONNECT_TIMEOUT
    if kind is None:
        return None
    text = _NOISE.sub("", text).strip()
    return NetworkFailure(kind, text, sent=sent and kind is not NetworkKind.CERTIFICATE)


def _authentication(error: BaseException) -> AuthenticationFailure | None:
    """Recognise what pypsrp, pyspnego, GSSAPI and requests-credssp raise: their names alone, for they may be absent."""
    names = {base.__name__ for base in type(error).__mro__}
    if not names & {"SpnegoError", "GSSError", "Krb5Error", "AuthenticationError", "AuthenticationException"}:
        return None
    status = getattr(getattr(error, "base_error", None), "winerror", None)
    if "TSRequest" in str(error) and isinstance(status, int):
        # CredSSP alone brings the reason: the service's own NTSTATUS (MS-CSSP 2.2.1, errorCode).
        return AuthenticationFailure(f"The service gave NTSTATUS 0x{status & 0xFFFFFFFF:08x}.")
    text = str(error)
    if "did not response" in text:
        offered = text.rpartition("actual: ")[2].strip("'\"")
        return AuthenticationFailure("The service offers other ways.", offered=offered, secret_sent=False)
    # What fails before the service answers is this computer's or the KDC's doing. A password the KDC refused was tried.
    telling = ("preauth", "password incorrect", "decrypt integrity", "logon", "ntstatus")
    refused = any(word in text.lower() for word in telling)
    told = "SpnegoError" not in names and "GSSError" not in names and "Krb5Error" not in names
    return AuthenticationFailure(text, secret_sent=refused or told)
