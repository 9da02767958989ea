"""What went wrong with a WinRM service, in words: what failed, why, with the WinRM code, and what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pstui.backends.errors import OpenError, ProtocolError, SessionBroken, SessionStateError
from pstui.backends.transports.texts import printable
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.advice import (
    ACCESS,
    ADVICE,
    CERTIFICATES,
    LOGON,
    NETWORK,
    PROXY_UNREACHED,
    UNREACHED,
    Advice,
    http_advice,
)
from pstui.backends.transports.wsman.faults import NetworkKind
from pstui.backends.transports.wsman.target import Target, configuration_of

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
        """The FullyQualifiedErrorId that New-PSSession gives this failure (semantics 5.4)."""
        first = self.code_name or (str(self.code) if self.code else "")
        return f"{first},PSSessionOpenFailed" if first else "PSSessionOpenFailed"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an attempt, for its error: no secrets."""

    target: Target
    user: str = ""
    scheme: str = ""
    proxy: str = ""


def open_error(failure: faults.WSManFailure, facts: Facts) -> OpenError:
    """Return the error for an attempt to open, connect or list."""
    host = printable(facts.target.host)
    match failure:
        case faults.Fault():
            code = failure.code
            advice = ACCESS if code == faults.ACCESS_DENIED else _fault_advice(code)
            words = _words(failure)
        case faults.HTTPFailure():
            code, advice = http_advice(failure, facts.target, facts.proxy)
            words = printable(failure.text[:MAX_WORDS]).strip() if failure.text and "<" not in failure.text[:1] else ""
        case faults.NetworkFailure():
            code, advice = NETWORK[failure.kind]
            if facts.proxy and failure.kind in UNREACHED:
                code, advice = faults.CANNOT_CONNECT, PROXY_UNREACHED
            words = printable(failure.text[:MAX_WORDS])
            if failure.kind is NetworkKind.CERTIFICATE:
                advice = next((better for sign, better in CERTIFICATES if sign in words), advice)
        case faults.AuthenticationFailure():
            return _authentication(failure, facts)
        case _:
            code, words = 0, printable(str(failure)[:MAX_WORDS])
            advice = Advice("what answers there is no WinRM service, or not a working one", "", "Check the address.")
    why = " ".join(part for part in (advice.why.format(**_fields(facts)), words and f"It says: {words}") if part)
    return _made(
        f"{host}: {advice.what.format(**_fields(facts))}", why, advice.hint.format(**_fields(facts)), code, words
    )


def broken(failure: faults.WSManFailure, computer: str) -> SessionBroken:
    """Return the error that ends a session that was open."""
    name = printable(computer)
    match failure:
        case faults.Fault(code=faults.NO_SUCH_SESSION):
            what = f"{name} has closed the session"
            why = f"It does not know the session any more. {_code(failure.code)}"
            return SessionBroken(
                what, why, "Its idle time-out passed, or someone ended it there.", details=_words(failure)
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
            return SessionBroken(f"{name} does not accept the logon any more", why, "Open a new session.")
        case faults.HTTPFailure():
            return SessionBroken(f"{name} answered with the HTTP status {failure.status}", "", "Open a new session.")
        case _:
            return ProtocolError(f"{name} broke the rules of WinRM", printable(str(failure)[:MAX_WORDS]))


def command_error(fault: faults.Fault, computer: str) -> SessionStateError:
    """Return the error for a command that a session did not take, while the session itself goes on."""
    advice = _fault_advice(fault.code)
    return SessionStateError(
        f"{printable(computer)} did not take the command", f"{_words(fault)} {_code(fault.code)}".strip(), advice.hint
    )


def may_open_later(failure: faults.WSManFailure) -> bool:
    """Whether another attempt to open may succeed and cannot do harm: nothing arrived yet (semantics 2.10)."""
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


def _authentication(failure: faults.AuthenticationFailure, facts: Facts) -> OpenError:
    host, text = printable(facts.target.host), failure.text
    lower = text.lower()
    user = printable(facts.user) or "the current user"
    if not failure.secret_sent and "refused before" in text:
        return _made(
            f"{host}: the password of {user} was refused before",
            text,
            "Give the right password. After a lock-out or a change over there, start pstui anew.",
            faults.LOGON_FAILURE,
            "",
        )
    for words, code, advice in _LOGON:
        if any(word in lower for word in words):
            return _made(f"{host}: {advice.what}", f"{advice.why} {printable(text)}".strip(), advice.hint, code, text)
    if failure.offered and not failure.secret_sent:
        return _made(
            f"{host}: the service does not offer {facts.scheme} authentication",
            f"It offers {_schemes(failure.offered)}.",
            "Choose another one with -Authentication, or let its administrator allow this one.",
            -2144108274,
            "",
        )
    if failure.secret_sent:
        told = "" if text == REFUSED else printable(text[:MAX_WORDS])
        why = f"{LOGON.why} {told}".strip()
        return _made(f"{host}: {LOGON.what.format(user=user)}", why, LOGON.hint, faults.ACCESS_DENIED, text)
    advice = ADVICE["kerberos"]
    why = f"{printable(text[:MAX_WORDS])} {advice.why}".strip()
    return _made(f"{host}: {advice.what}", why, advice.hint, faults.KERBEROS_DISABLED, text)


#: what Kerberos and CredSSP say of a logon, by the words they use
_LOGON: tuple[tuple[tuple[str, ...], int, Advice], ...] = (
    (
        ("clock skew", "krb_ap_err_skew"),
        faults.CLOCK_SKEW,
        Advice(
            "the clocks of the two computers differ too much",
            "Kerberos allows five minutes.",
            "Set this machine's clock, and that of the other computer, by the domain's time.",
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
            "Check the realm in the user name and /etc/krb5.conf; realms in the profile maps a domain's short name.",
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


def _fields(facts: Facts) -> dict[str, str]:
    target = facts.target
    return {
        "host": printable(target.host),
        "port": str(target.port),
        "proxy": facts.proxy,
        "path": f"/{target.path.partition('?')[0]}",
        "configuration": printable(configuration_of(target.shell_uri)),
        "scheme": "https" if target.ssl else "http",
        "user": printable(facts.user) or "the current user",
    }


def _words(fault: faults.Fault) -> str:
    both = fault.reason if fault.provider in ("", fault.reason) else f"{fault.reason} {fault.provider}".strip()
    return printable(both[:MAX_WORDS]).strip()


def _code(code: int) -> str:
    return f"WinRM code {faults.describe(code)}." if code else ""
