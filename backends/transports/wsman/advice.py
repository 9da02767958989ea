"""What is said of each thing that goes wrong with a WinRM service: tables alone, by code, by kind, or by words."""

from __future__ import annotations

from dataclasses import dataclass

from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.faults import NetworkKind


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

#: the same of a certificate
CERTIFICATE = Advice(
    "the certificate was refused: access is denied",
    "The service does not say why: no account there is mapped to the certificate, its authority is not trusted there, "
    "it has expired, or the service takes no certificates.",
    "On the computer: dir WSMan:\\localhost\\ClientCertificate lists what is mapped, "
    "winrm get winrm/config/service/auth what is taken.",
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

PROXY_HINT = (
    "If it requires authentication, give a -ProxyCredential with -ProxyAuthentication Basic in the session option; "
    "otherwise ask who runs it, or use ProxyAccessType NoProxyServer."
)
BEHIND_HINT = "Check the computer's name and port, and that WinRM runs there; or go directly: NoProxyServer."

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
        Advice("the proxy did not let the connection through", "", PROXY_HINT),
    ),
    NetworkKind.BEHIND_PROXY: (
        faults.CANNOT_CONNECT,
        Advice("the proxy does not get through to it", "", BEHIND_HINT),
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

#: what Kerberos and CredSSP say of a logon, by the words they use
LOGONS: tuple[tuple[tuple[str, ...], int, Advice], ...] = (
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
