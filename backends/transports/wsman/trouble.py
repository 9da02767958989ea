"""Exceptions of the HTTP, TLS and authentication libraries, turned into the failures of ``wsman_faults``."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.faults import NetworkKind

#: what no person needs of their texts
_NOISE = re.compile(r"^\[Errno -?\d+\] |^\[SSL(?:: \w+)?\] | \(_ssl\.c:\d+\)|<[\w.]+ object at 0x[0-9a-f]+>:? ?")
#: what http.client says when a proxy refuses a tunnel
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}) ?(.*)", re.DOTALL)
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
#: what the TLS library says when the other side does not speak TLS at all
_NOT_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH")


def trouble(error: BaseException, *, sent: bool) -> faults.WSManFailure:
    """Return the failure that an exception of the libraries means. ``sent``: whether a connection stood."""
    for one in _chain(error):
        if isinstance(one, faults.WSManFailure):
            return one
        found = _network(one, sent) or _authentication(one)
        if found is not None:
            return found
    name, text = type(error).__name__, str(error)
    if isinstance(error, OSError):
        return faults.NetworkFailure(NetworkKind.CLOSED, f"{name}: {text}", sent=sent)
    return faults.BadReply(f"{name}: {text}")


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


def _network(error: BaseException, sent: bool) -> faults.NetworkFailure | None:
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
    return faults.NetworkFailure(kind, text, sent=sent and kind is not NetworkKind.CERTIFICATE)


def _authentication(error: BaseException) -> faults.AuthenticationFailure | None:
    """Recognise what pypsrp, pyspnego, GSSAPI and requests-credssp raise: their names alone, for they may be absent."""
    names = {base.__name__ for base in type(error).__mro__}
    if not names & {"SpnegoError", "GSSError", "Krb5Error", "AuthenticationError", "AuthenticationException"}:
        return None
    status = getattr(getattr(error, "base_error", None), "winerror", None)
    if "TSRequest" in str(error) and isinstance(status, int):
        # CredSSP alone brings the reason: the service's own NTSTATUS (MS-CSSP 2.2.1, errorCode).
        return faults.AuthenticationFailure(f"The service gave NTSTATUS 0x{status & 0xFFFFFFFF:08x}.")
    text = str(error)
    if "did not response" in text:
        offered = text.rpartition("actual: ")[2].strip("'\"")
        return faults.AuthenticationFailure("The service offers other ways.", offered=offered, secret_sent=False)
    # What fails before the service answers is this machine's or the KDC's doing. A password the KDC refused was tried.
    telling = ("preauth", "password incorrect", "decrypt integrity", "logon", "ntstatus")
    refused = any(word in text.lower() for word in telling)
    told = "SpnegoError" not in names and "GSSError" not in names and "Krb5Error" not in names
    return faults.AuthenticationFailure(text, secret_sent=refused or told)
