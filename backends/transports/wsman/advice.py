"""What each failure of a WinRM service means and what to do about it, by its code."""

from __future__ import annotations

from dataclasses import dataclass

from pstui.backends.transports.texts import printable
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.faults import NetworkKind
from pstui.backends.transports.wsman.target import Target


@dataclass(frozen=True, slots=True)
class Advice:
    """The three parts of an error; ``{port}``, ``{path}``, ``{user}`` and ``{configuration}`` are filled in."""

    what: str
    why: str
    hint: str


#: the service knows who asks, and does not let them in
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
    "or the account is locked or may not log on over the network.",
    "Check both (a local account is COMPUTER\\name); log on there by other means to see whether it has expired. "
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
    faults.INVALID_RESOURCE_URI: Advice(
        "there is no session configuration {configuration}",
        "",
        "Check -ConfigurationName; Get-PSSessionConfiguration on the computer lists them, Enable-PSRemoting makes the "
        "usual one.",
    ),
    faults.IDLE_TIMEOUT_BOUNDS: Advice(
        "the idle time-out lies outside of what it allows",
        "",
        "Give a smaller IdleTimeout in the session option, or none to take the service's own.",
    ),
    faults.NO_SUCH_SESSION: Advice(
        "there is no such session", "It was ended, or belongs to another user.", "List the sessions anew."
    ),
    faults.ALREADY_CONNECTED: Advice(
        "the session is in use by another client",
        "A session can be held by one client at a time.",
        "Disconnect it there first, or wait until that client is gone.",
    ),
    -2144108090: Advice(
        "the session was disconnected by another client",
        "The one that let go of it can simply reconnect; others connect to it anew.",
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
        "the session configuration's RunAs account cannot log on", "", "Its administrator must renew its credential."
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
    "Where it wants to know who asks, give a -ProxyCredential with -ProxyAuthentication Basic in the session option; "
    "otherwise ask who runs it, or use ProxyAccessType NoProxyServer."
)
_BEHIND_HINT = "Check the computer's name and port, and that WinRM runs there; or go directly: NoProxyServer."

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
        Advice("there is no way to it", "", "Check the network connection and the address."),
    ),
    NetworkKind.CONNECT_TIMEOUT: (
        faults.CANNOT_CONNECT,
        Advice("port {port} does not answer", "The machine is off, or a firewall drops the packets.", _LISTENER),
    ),
    NetworkKind.READ_TIMEOUT: (
        faults.OPERATION_TIMED_OUT,
        Advice("no reply came in time", "The connection stands, but its service is silent.", "Try again later."),
    ),
    NetworkKind.CLOSED: (
        faults.CANNOT_CONNECT,
        Advice(
            "the connection was closed before a reply came",
            "",
            "Something else than WinRM may listen on port {port}, or it wants the other of http and https (-UseSSL).",
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
            "Have its authority trusted on this machine (SSL_CERT_FILE or REQUESTS_CA_BUNDLE name other ones). "
            "Only for a test: SkipCACheck in the session option.",
        ),
    ),
    NetworkKind.TLS: (
        faults.SECURE_FAILURE,
        Advice("no encrypted connection came about", "", "Check the TLS versions and the certificate on the computer."),
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
        Advice("its certificate has expired", "", "Have it renewed there, and check the clock of this machine."),
    ),
    (
        "not yet valid",
        Advice("its certificate is not valid yet", "", "Check the clocks of this machine and of the computer."),
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

#: where only the proxy can have been meant, if there is one: it is what this machine connects to
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
            why = "HTTP status 407: it wants to know who asks, and does not know you."
            return faults.CANNOT_CONNECT, Advice("the proxy did not let the connection through", why, _PROXY_HINT)
        case 502 | 504 if proxy:
            why = f"HTTP status {failure.status}: it found no way, or got no answer."
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
            why = f"HTTP status {status}. {'' if target.ssl else 'Something else than WinRM may answer there.'}".strip()
            return faults.HTTP_ERROR, Advice("it answered with an error", why, "Check the address and the port.")
