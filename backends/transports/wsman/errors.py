"""What went wrong with a WinRM service, for a person: what failed, why, with the WinRM code, and what to do next."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pstui.backends.errors import OpenError, ProtocolError, SessionBroken, SessionStateError
from pstui.backends.transports.streams import printable
from pstui.backends.transports.wsman import authorities, faults
from pstui.backends.transports.wsman.faults import NetworkKind
from pstui.backends.transports.wsman.target import Target, configuration_of


@dataclass(frozen=True, slots=True)
class Advice:
    """The three parts of an error; ``{port}``, ``{path}``, ``{user}`` and ``{configuration}`` are filled in."""

    what: str
    why: str
    hint: str


#: the service knows the user, and does not let them in
ACCESS = Advice(
    "access is denied to {user}",
    "The logon itself was accepted, but the account may not use remoting: it must be an administrator, in Remote "
    "Management Users, or allowed by the session configuration. A local administrator other than the built-in one is "
    "filtered by the token policy; on the computer itself an elevated pstui is needed.",
    "Check the group, the configuration's permissions (Set-PSSessionConfiguration), and for local accounts "
    "LocalAccountTokenFilterPolicy on the computer.",
)
#: the service does not take the logon, and tells no more than that
LOGON = Advice(
    "the logon of {user} was refused: access is denied",
    "The service does not say why: the name or the password is wrong, the password has expired or must be changed, "
    "or the account is locked or may not sign in over the network.",
    "Check both (a local account is COMPUTER\\name); sign in there by other means to see whether it has expired. "
    "pstui does not try the same ones again.",
)

ADVICE: dict[int | str, Advice] = {
    "other": Advice("the session could not be opened", "", "The event log of WinRM on the computer may say more."),
    "quota": Advice(
        "its quota of sessions or operations is used up",
        "The service limits how many each user may have at once.",
        "Close sessions that are not needed (a listing shows them), or have MaxShellsPerUser and such raised there.",
    ),
    "kerberos": Advice(
        "Kerberos could not prove who you are",
        "",
        "Check ticket (klist), realm and computer name; or use HTTPS or trusted_hosts with a -Credential.",
    ),
    "proof": Advice(
        "{scheme} authentication failed", "", "Check -Authentication and the credential, or choose another way."
    ),
    faults.INVALID_RESOURCE_URI: Advice(
        "there is no session configuration {configuration}",
        "",
        "Check -ConfigurationName; Get-PSSessionConfiguration on the computer lists them, Enable-PSRemoting makes the "
        "usual one.",
    ),
    faults.IDLE_TIMEOUT_BOUNDS: Advice(
        "the idle timeout lies outside of what it allows",
        "",
        "Give a smaller IdleTimeout in the session option, or leave it out to use the service's own.",
    ),
    faults.NO_SUCH_SESSION: Advice(
        "there is no such session", "It was ended, or belongs to another user.", "List the sessions again."
    ),
    faults.ALREADY_CONNECTED: Advice(
        "the session is in use by another client",
        "A session can be held by one client at a time.",
        "Disconnect it there first, or wait until that client is gone.",
    ),
    -2144108090: Advice(
        "the session was disconnected by another client",
        "The one that let go of it can simply reconnect; others make a new connection to it.",
        "Use Connect-PSSession.",
    ),
    faults.SHELLS_DISALLOWED: Advice(
        "it does not allow remote shells",
        "",
        "AllowRemoteShellAccess is off there; its administrator can turn it on, in WinRM's settings or by policy.",
    ),
    faults.INCORRECT_PROTOCOL: Advice(
        "it does not speak this version of the protocol", "", "Update PowerShell on the computer."
    ),
    faults.SERVER_ENVELOPE_LIMIT: Advice(
        "it takes smaller messages only",
        "",
        "Set max_envelope_size_kb in the profile to its MaxEnvelopeSizekb (winrm get winrm/config).",
    ),
    faults.OPERATION_TIMED_OUT: Advice(
        "it did not open a session in time", "", "It may be overloaded; allow more with OpenTimeout."
    ),
    -2144108065: Advice(
        "the session configuration's RunAs account cannot sign in", "", "Its administrator must renew its credential."
    ),
    14: Advice("it has no memory left", "", "Try again later."),
    1115: Advice("it is shutting down", "", "Try again once it is up."),
}
for _same in (faults.ENVELOPE_TOO_LARGE, faults.MAX_ENVELOPE_EXCEEDED):
    ADVICE[_same] = ADVICE[faults.SERVER_ENVELOPE_LIMIT]
# Who is connected to the shell or disconnected it is another one: the codes of newer services (MS-WSMV).
ADVICE[faults.signed(2150859213)] = ADVICE[faults.ALREADY_CONNECTED]
ADVICE[faults.signed(2150859206)] = ADVICE[-2144108090]

_LISTENER = "Check that WinRM runs there (Enable-PSRemoting) and that the firewall lets port {port} through."

_PROXY_HINT = (
    "If it requires authentication, give a -ProxyCredential with -ProxyAuthentication Basic in the session option; "
    "otherwise ask who runs it, or use ProxyAccessType NoProxyServer."
)
_BEHIND_HINT = "Check the computer's name and port, and that WinRM runs there; or go directly: NoProxyServer."

#: nothing listens on this computer itself
HERE = Advice(
    "nothing answers on port {port} of this computer",
    "The connection was refused.",
    "Enter-PSSession without a computer enters the PowerShell of this computer, and needs no service; one for WinRM is "
    "made by Enable-PSRemoting.",
)

NETWORK: dict[NetworkKind, tuple[int, Advice]] = {
    NetworkKind.NAME: (
        faults.COMPUTER_NOT_FOUND,
        Advice("the name is not known", "", "Check the spelling, or use the full DNS name."),
    ),
    NetworkKind.REFUSED: (
        faults.CANNOT_CONNECT,
        Advice("nothing answers on port {port}", "The connection was refused.", _LISTENER),
    ),
    NetworkKind.UNREACHABLE: (
        faults.CANNOT_CONNECT,
        Advice("it cannot be reached", "", "Check the network connection and the address."),
    ),
    NetworkKind.CONNECT_TIMEOUT: (
        faults.CANNOT_CONNECT,
        Advice("port {port} does not answer", "The computer is off, or a firewall drops the packets.", _LISTENER),
    ),
    NetworkKind.READ_TIMEOUT: (
        faults.OPERATION_TIMED_OUT,
        Advice("no reply came in time", "The connection is open, but its service does not answer.", "Try again later."),
    ),
    NetworkKind.CLOSED: (
        faults.CANNOT_CONNECT,
        Advice(
            "the connection was closed before a reply came",
            "",
            "Something other than WinRM may listen on port {port}, or it expects https instead of http or the reverse "
            "(-UseSSL).",
        ),
    ),
    NetworkKind.NOT_TLS: (
        faults.SECURE_FAILURE,
        Advice(
            "port {port} does not speak HTTPS",
            "Plain http answers there.",
            "Leave -UseSSL out, or give the port of the HTTPS listener (5986 as a rule).",
        ),
    ),
    NetworkKind.CERTIFICATE: (
        faults.SECURE_FAILURE,
        Advice(
            "its certificate is not trusted",
            "",
            "Have its authority trusted on this computer{authorities}. "
            "Only for a test: SkipCACheck in the session option.",
        ),
    ),
    NetworkKind.TLS: (
        faults.SECURE_FAILURE,
        Advice(
            "no encrypted connection could be made", "", "Check the TLS versions and the certificate on the computer."
        ),
    ),
    NetworkKind.PROXY: (
        faults.CANNOT_CONNECT,
        Advice("the proxy did not let the connection through", "", _PROXY_HINT),
    ),
    NetworkKind.BEHIND_PROXY: (
        faults.CANNOT_CONNECT,
        Advice("the proxy does not get through to it", "", _BEHIND_HINT),
    ),
}

#: what is wrong with a certificate, by the words of those who check it
CERTIFICATES: tuple[tuple[str, Advice], ...] = (
    (
        "expired",
        Advice("its certificate has expired", "", "Have it renewed there, and check the clock of this computer."),
    ),
    (
        "not yet valid",
        Advice("its certificate is not valid yet", "", "Check the clocks of this computer and of the computer."),
    ),
    (
        "match",
        Advice(
            "its certificate is for another name",
            "",
            "Use the name that is in it, or have one made for {host}. Only for a test: SkipCNCheck in the session "
            "option.",
        ),
    ),
)

#: where only the proxy can have been meant, if there is one: it is what this computer connects to
UNREACHED = (NetworkKind.NAME, NetworkKind.REFUSED, NetworkKind.UNREACHABLE, NetworkKind.CONNECT_TIMEOUT)
PROXY_UNREACHED = Advice(
    "the proxy {proxy} does not answer",
    "It comes from https_proxy or http_proxy, or from the system's settings.",
    "Check that address; no_proxy excepts computers, and ProxyAccessType NoProxyServer goes there directly.",
)


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
            return faults.CANNOT_CONNECT, Advice("the proxy did not let the connection through", why, _PROXY_HINT)
        case 502 | 504 if proxy:
            why = f"HTTP status {failure.status}: it could not reach the computer, or got no answer."
            return faults.CANNOT_CONNECT, Advice("the proxy does not get through to it", why, _BEHIND_HINT)
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
    """Return the error for an attempt to open, connect or list."""
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
    for words, code, advice in _LOGON:
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
        why = f"{LOGON.why} {told}".strip()
        return _made(f"{host}: {LOGON.what.format(user=user)}", why, LOGON.hint, faults.ACCESS_DENIED, text)
    is_kerberos = context.scheme in ("kerberos", "negotiate")
    advice = ADVICE["kerberos" if is_kerberos else "proof"]
    code = faults.KERBEROS_DISABLED if is_kerberos else faults.INVALID_AUTHENTICATION
    why = f"{printable(text[:MAX_WORDS])} {advice.why}".strip()
    return _made(f"{host}: {advice.what.format(scheme=context.scheme)}", why, advice.hint, code, text)


#: what Kerberos and CredSSP say of a logon, by the words they use
_LOGON: tuple[tuple[tuple[str, ...], int, Advice], ...] = (
    (
        ("clock skew", "krb_ap_err_skew"),
        faults.CLOCK_SKEW,
        Advice(
            "the clocks of the two computers differ too much",
            "Kerberos allows five minutes.",
            "Set this computer's clock, and that of the other computer, by the domain's time.",
        ),
    ),
    (
        ("password has expired", "key_exp", "key has expired", "password expired", "0xc0000071"),
        faults.PASSWORD_EXPIRED,
        Advice(
            "the password has expired", "", "Change it, for example with kpasswd or at a Windows logon, and try again."
        ),
    ),
    (
        ("must change", "0xc0000224"),
        faults.PASSWORD_MUST_CHANGE,
        Advice(
            "the password must be changed before the first logon", "", "Change it at a Windows logon or with kpasswd."
        ),
    ),
    (
        ("locked out", "revoked", "0xc0000234", "0xc0000072", "0xc0000193"),
        faults.ACCOUNT_LOCKED_OUT,
        Advice("the account is locked or disabled", "", "Ask who administers the account. pstui does not try again."),
    ),
    (
        (
            "preauth",
            "password incorrect",
            "decrypt integrity",
            "logon failure",
            "logon_failure",
            "0xc000006d",
            "0xc000006a",
            "0x8009030c",
        ),
        faults.LOGON_FAILURE,
        Advice("the user name or the password is wrong", "", "Check both. pstui does not try the same ones again."),
    ),
    (
        ("server not found", "s_principal_unknown"),
        faults.SERVER_NOT_TRUSTED,
        Advice(
            "the domain does not know a computer by that name",
            "Kerberos proves computers by the names they are registered with.",
            "Use the computer's full DNS name.",
        ),
    ),
    (
        ("cannot find kdc", "contact any kdc", "cannot resolve"),
        1311,
        Advice(
            "no domain controller could be asked",
            "",
            "Check the realm in the user name and /etc/krb5.conf; realms in the profile maps a domain's short name. "
            "A computer outside of a domain needs -UseSSL, or trusted_hosts in the profile.",
        ),
    ),
    (
        ("no kerberos credentials", "no credentials cache", "no credentials were supplied", "not available", "expired"),
        faults.NO_LOGON_SESSION,
        Advice("there is no usable Kerberos ticket", "", "Get one with kinit, or give a -Credential."),
    ),
)


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
