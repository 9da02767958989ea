"""What went wrong with a WinRM service, for a person: what failed, why, with the WinRM code, and what to do next."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pstui.backends.errors import OpenError, ProtocolError, SessionBroken, SessionStateError
from pstui.backends.transports.streams import printable
from pstui.backends.transports.wsman import authorities, faults
from pstui.backends.transports.wsman.advice import (
    ACCESS,
    ADVICE,
    BEHIND_HINT,
    CERTIFICATE,
    CERTIFICATES,
    HERE,
    LOGON,
    LOGONS,
    NETWORK,
    PROXY_HINT,
    PROXY_UNREACHED,
    UNREACHED,
    Advice,
)
from pstui.backends.transports.wsman.faults import NetworkKind
from pstui.backends.transports.wsman.target import Target, configuration_of


def http_advice(failure: faults.HTTPFailure, target: Target, proxy: str = "") -> tuple[int, Advice]:
    """Return the code and the advice for an HTTP answer that is no SOAP."""
    where = printable(failure.location[:300]).replace("{", "{{").replace("}", "}}")
    match failure.status:
        case 404:
            hint = "Check -ApplicationName, or the path of the address: it must be the listener's URLPrefix."
            return faults.URL_NOT_AVAILABLE, Advice("there is no WinRM service at {path}", "HTTP status 404.", hint)
        case 503:
            why = "HTTP status 503: its service is stopped or overloaded."
            return faults.HTTP_UNAVAILABLE, Advice("the service is not available", why, "Try again later.")
        case 407:
            why = "HTTP status 407: it requires authentication."
            return faults.CANNOT_CONNECT, Advice("the proxy did not let the connection through", why, PROXY_HINT)
        case 502 | 504 if proxy:
            why = f"HTTP status {failure.status}: it could not reach the computer, or got no answer."
            return faults.CANNOT_CONNECT, Advice("the proxy does not get through to it", why, BEHIND_HINT)
        case 403:
            why = "HTTP status 403: the service allows nobody to connect from here, or wants another certificate."
            return faults.ACCESS_DENIED, Advice("it refuses the connection", why, "Ask who administers it.")
        case 413:
            return faults.SERVER_ENVELOPE_LIMIT, ADVICE[faults.SERVER_ENVELOPE_LIMIT]
        case status if 300 <= status < 400:
            why = f"It names {where or 'no address'} instead."
            hint = (
                "If that is right, use -AllowRedirection with -ConnectionUri; MaximumConnectionRedirectionCount of the "
                "session option bounds how often."
            )
            return faults.REDIRECT_REQUESTED, Advice("it redirects the connection", why, hint)
        case 400:
            hint = "A proxy or an HTTPS listener may be in between: check the port and -UseSSL."
            return faults.BAD_REQUEST, Advice("it did not understand the request", "HTTP status 400.", hint)
        case status:
            if status in faults.TRANSIENT_STATUSES:
                why, hint = f"HTTP status {status}, without a reason.", "The log of the service there may say more."
                return faults.HTTP_ERROR, Advice("its service failed at the request", why, hint)
            why = f"HTTP status {status}." + ("" if target.ssl else " Something other than WinRM may answer there.")
            return faults.HTTP_ERROR, Advice("it answered with an error", why, "Check the address and the port.")


#: what a bare refusal is told as
REFUSED = "The service answered 401 (not authorised)."
#: characters of a service's own words that are shown
MAX_WORDS = 600


class WSManOpenError(OpenError):
    """A WinRM session could not be opened. ``code`` is WinRM's (signed), ``code_name`` PowerShell's name of it."""

    error_id = "CreateRemoteRunspaceFailed"

    def __init__(self, what: str, why: str, hint: str, *, code: int, details: str = "") -> None:
        super().__init__(what, why, hint, details=details)
        self.code, self.code_name = code, faults.NAMES.get(code, "")

    @property
    def open_failed_id(self) -> str:
        """The FullyQualifiedErrorId that New-PSSession gives this failure (protocol-notes 5.4)."""
        first = self.code_name or (str(self.code) if self.code else "")
        return f"{first},PSSessionOpenFailed" if first else "PSSessionOpenFailed"


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """What is known of an attempt, for its error: no secrets."""

    target: Target
    user: str = ""
    scheme: str = ""
    proxy: str = ""
    #: the SSH host that the way leads through
    gate: str = ""


def open_error(failure: faults.WSManFailure, context: ErrorContext) -> OpenError:
    """Return the error for an attempt to open, connect or list. The first message may bring out an earlier step."""
    error = _open_error(failure, context)
    if isinstance(failure, faults.AuthenticationFailure):
        error.step = "authentication"
    elif isinstance(failure, faults.NetworkFailure):
        error.step = _STEPS.get(failure.kind, "")
    return error


#: the step of opening that a failure is about
_STEPS = {
    NetworkKind.NAME: "name",
    NetworkKind.REFUSED: "port",
    NetworkKind.UNREACHABLE: "port",
    NetworkKind.CONNECT_TIMEOUT: "port",
    NetworkKind.TLS: "TLS",
    NetworkKind.NOT_TLS: "TLS",
    NetworkKind.CERTIFICATE: "TLS",
}


def _open_error(failure: faults.WSManFailure, context: ErrorContext) -> OpenError:
    host = printable(context.target.host)
    match failure:
        case faults.Fault():
            code = failure.code
            advice = ACCESS if code == faults.ACCESS_DENIED else _fault_advice(code)
            words = _words(failure)
        case faults.HTTPFailure():
            code, advice = http_advice(failure, context.target, context.proxy)
            words = printable(failure.text[:MAX_WORDS]).strip() if failure.text and "<" not in failure.text[:1] else ""
        case faults.NetworkFailure():
            code, advice = NETWORK[failure.kind]
            if context.proxy and failure.kind in UNREACHED:
                code, advice = faults.CANNOT_CONNECT, PROXY_UNREACHED
            elif failure.kind is NetworkKind.REFUSED and context.target.is_loopback and not context.gate:
                advice = HERE
            words = printable(failure.text[:MAX_WORDS])
            if failure.kind is NetworkKind.CERTIFICATE:
                advice = next((better for sign, better in CERTIFICATES if sign in words), advice)
        case faults.AuthenticationFailure():
            return _authentication(failure, context)
        case _:
            code, words = 0, printable(str(failure)[:MAX_WORDS])
            advice = Advice("what answers there is not a working WinRM service", "", "Check the address.")
    why = " ".join(part for part in (advice.why.format(**_fields(context)), words and f"It says: {words}") if part)
    return _made(
        f"{host}: {advice.what.format(**_fields(context))}", why, advice.hint.format(**_fields(context)), code, words
    )


def broken(failure: faults.WSManFailure, computer: str) -> SessionBroken:
    """Return the error that ends a session that was open."""
    name = printable(computer)
    match failure:
        case faults.Fault(code=faults.NO_SUCH_SESSION):
            what = f"{name} has closed the session"
            why = f"It no longer knows the session. {_code(failure.code)}"
            return SessionBroken(
                what, why, "Its idle timeout passed, or someone ended it there.", details=_words(failure)
            )
        case faults.Fault():
            words = _words(failure)
            return SessionBroken(
                f"{name} has ended the session", f"{words} {_code(failure.code)}".strip(), details=words
            )
        case faults.NetworkFailure():
            _, advice = NETWORK[failure.kind]
            return SessionBroken(
                f"{name}: the connection was lost", printable(failure.text), advice.hint.format(port="")
            )
        case faults.AuthenticationFailure():
            why = f"{printable(failure.text)} {_code(faults.ACCESS_DENIED)}"
            return SessionBroken(f"{name} no longer accepts the logon", why, "Open a new session.")
        case faults.HTTPFailure():
            return SessionBroken(f"{name} answered with the HTTP status {failure.status}", "", "Open a new session.")
        case _:
            return ProtocolError(f"{name} broke the rules of WinRM", printable(str(failure)[:MAX_WORDS]))


def command_error(fault: faults.Fault, computer: str, *, began: bool = False) -> SessionStateError:
    """Return the error for a command that a session did not take, or ended, while the session itself continues."""
    advice = _fault_advice(fault.code)
    too_long = fault.code == faults.IDLE_TIMEOUT_BOUNDS
    return SessionStateError(
        f"{printable(computer)} {'ended' if began else 'did not take'} the command",
        f"{_words(fault)} {_code(fault.code)}".strip(),
        advice.hint,
        error_id="CannotDisconnectSessionWithInvalidIdleTimeout" if too_long else "",
    )


def may_open_later(failure: faults.WSManFailure) -> bool:
    """Whether another attempt to open may succeed and cannot do harm: nothing arrived yet (protocol-notes 2.10)."""
    if isinstance(failure, faults.NetworkFailure):
        return failure.kind in (NetworkKind.REFUSED, NetworkKind.CLOSED) and not failure.sent
    return isinstance(failure, faults.HTTPFailure) and failure.status == 503


def _made(what: str, why: str, hint: str, code: int, details: str) -> WSManOpenError:
    why = f"{why}." if why and why[-1].isalnum() else why
    told = f"{why} {_code(code)}".strip()
    return WSManOpenError(what, told, hint, code=code, details=details)


def _fault_advice(code: int) -> Advice:
    if code in faults.QUOTAS:
        return ADVICE["quota"]
    return ADVICE.get(code, ADVICE["other"])


def _authentication(failure: faults.AuthenticationFailure, context: ErrorContext) -> OpenError:
    host, text = printable(context.target.host), failure.text
    lower = text.lower()
    user = printable(context.user) or "the current user"
    if not failure.secret_sent and "refused before" in text:
        return _made(
            f"{host}: the password of {user} was refused before",
            text,
            "Give the right password. After a lock-out or a change of the account, restart pstui.",
            faults.LOGON_FAILURE,
            "",
        )
    for words, code, advice in LOGONS:
        if any(word in lower for word in words):
            return _made(f"{host}: {advice.what}", f"{advice.why} {printable(text)}".strip(), advice.hint, code, text)
    if failure.offered and not failure.secret_sent:
        return _made(
            f"{host}: the service does not offer {context.scheme} authentication",
            f"It offers {_schemes(failure.offered)}.",
            "Choose another one with -Authentication, or let its administrator allow this one.",
            faults.INVALID_AUTHENTICATION,
            "",
        )
    if failure.secret_sent:
        told = "" if text == REFUSED else printable(text[:MAX_WORDS])
        advice = CERTIFICATE if context.scheme == "certificate" else LOGON
        why = f"{advice.why} {told}".strip()
        return _made(f"{host}: {advice.what.format(user=user)}", why, advice.hint, faults.ACCESS_DENIED, text)
    is_kerberos = context.scheme in ("kerberos", "negotiate")
    advice = ADVICE["kerberos" if is_kerberos else "proof"]
    code = faults.KERBEROS_DISABLED if is_kerberos else faults.INVALID_AUTHENTICATION
    why = f"{printable(text[:MAX_WORDS])} {advice.why}".strip()
    return _made(f"{host}: {advice.what.format(scheme=context.scheme)}", why, advice.hint, code, text)


def _schemes(offered: str) -> str:
    """Return the names alone of what a service offers: their parameters help nobody."""
    names = re.findall(r"(?:^|,)\s*([A-Za-z-]+)(?=\s*(?:,|$)|\s+\w+=)", printable(offered[:MAX_WORDS]))
    return ", ".join(dict.fromkeys(names)) or "nothing"


def _fields(context: ErrorContext) -> dict[str, str]:
    target = context.target
    return {
        "host": printable(target.host),
        "port": str(target.port),
        "proxy": context.proxy,
        "path": f"/{target.path.partition('?')[0]}",
        "configuration": printable(configuration_of(target.shell_uri)),
        "scheme": "https" if target.ssl else "http",
        "user": printable(context.user) or "the current user",
        "authorities": _authorities(),
    }


def _authorities() -> str:
    if name := authorities.variable():
        return f": here those of {printable(os.environ[name])} count, which {name} names"
    return " (SSL_CERT_FILE or REQUESTS_CA_BUNDLE name other ones)"


def _words(fault: faults.Fault) -> str:
    both = fault.reason if fault.provider in ("", fault.reason) else f"{fault.reason} {fault.provider}".strip()
    return printable(both[:MAX_WORDS]).strip()


def _code(code: int) -> str:
    return f"WinRM code {faults.describe(code)}." if code else ""
