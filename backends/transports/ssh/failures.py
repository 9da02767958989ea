"""The OpenErrors of an SSH connection: what failed, why, and what to do next."""

from __future__ import annotations

import errno
from importlib.util import find_spec

import asyncssh
from pstui.backends.addresses import shown_user
from pstui.backends.errors import NoPowerShell, OpenCancelled, OpenError
from pstui.backends.transports.ssh.engine import EngineLimit
from pstui.backends.transports.ssh.keys import KeyRing
from pstui.backends.transports.ssh.login import Login
from pstui.backends.transports.ssh.negotiation import nothing_in_common
from pstui.backends.transports.ssh.target import Hop
from pstui.backends.transports.streams import printable

SUBSYSTEM_LINE = "Subsystem powershell /usr/bin/pwsh -sshs -NoLogo -NoProfile"


def of_connecting(error: Exception, hop: Hop, login: Login, ring: KeyRing) -> OpenError:
    """Return the OpenError for an exception that asyncssh raised while connecting and logging in."""
    name = printable(hop.name)
    if login.cancelled is not None:
        return OpenCancelled(f"{name}: not connected")
    text = printable(str(error))
    details = f"{type(error).__name__}: {text}"
    if isinstance(error, asyncssh.PermissionDenied) or (login.began and "authentication failures" in text):
        return _refused(text, hop, login, ring)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return OpenError(
            f"{name}: the host key could not be checked", f"{text}.", "Ask the owner of that computer.", details=details
        )
    if not login.began and (told := nothing_in_common(error, name, login.connection)) is not None:
        return told
    if isinstance(error, asyncssh.ChannelOpenError):
        return OpenError(
            f"{name}: the jump host could not reach it (port {hop.port})",
            f"The jump host says: {text}.",
            "Check that the computer is on and that the jump host may forward connections to it.",
            details=details,
        )
    if isinstance(error, asyncssh.ProtocolNotSupported) or (
        isinstance(error, asyncssh.ProtocolError) and not login.began
    ):
        return OpenError(
            f"{name}: what answers on port {hop.port} is not an SSH server",
            f"It did not speak SSH version 2 ({text}).",
            "Check the port; -Port names another one.",
            details=details,
        )
    if login.began:
        return OpenError(
            f"{name}: the connection was lost while logging in",
            f"{text}.",
            "Servers limit the time for a login. Try again; the server's log may say more.",
            details=details,
        )
    return _closed_early(name, text, details)


def _closed_early(name: str, text: str, details: str) -> OpenError:
    return OpenError(
        f"{name}: the connection was closed before SSH began",
        f"{text}.",
        "Something other than SSH may listen on that port, or the server turns this computer away.",
        details=details,
    )


#: what asyncssh calls the four choices of a key exchange, and the keywords of ssh's own
_CHOICES = {
    "key exchange": "kexalgorithms",
    "server host key": "hostkeyalgorithms",
    "encryption": "ciphers",
    "MAC": "macs",
}


def limited(told: OpenError, error: Exception, hop: Hop) -> OpenError:
    """Return ``told``, what is said of ``error``, as a limit of the built-in engine where ssh knows more."""
    if not isinstance(error, asyncssh.KeyExchangeFailed) or not _ssh_knows_more(str(error), hop):
        return told
    why = f"{told.why}\nThe built-in engine, asyncssh, has none of what the server offers."
    return EngineLimit(told.what, why, details=told.details)


def _ssh_knows_more(text: str, hop: Hop) -> bool:
    """Whether ssh would offer what the server wants, as by a failed key exchange of asyncssh."""
    offer = text.rpartition(" and received ")[2].split(",")
    return hop.told is not None and any(
        set(hop.told.values.get(keyword, ("",))[0].split(",")) & set(offer)
        for choice, keyword in _CHOICES.items()
        if text.startswith(f"No matching {choice} algorithm")
    )


def _refused(text: str, hop: Hop, login: Login, ring: KeyRing) -> OpenError:
    name = printable(hop.name)
    tried = ", ".join(login.tried) or "none"
    lines = [f"User name: {printable(shown_user(login.user))}. Methods tried: {tried}."]
    if ring.offered:
        lines.append(f"Keys offered: {', '.join(ring.offered[:10])}.")
    elif "publickey" in login.tried:
        lines.append("No key was there to offer.")
    missing = [one for one in login.accepted_methods if one not in login.tried]
    if missing:
        lines.append(f"The server would also take: {printable(', '.join(missing))}.")
    limits = _limits(hop, login)
    lines += [one for one in limits if one not in login.problems]
    lines += [*ring.problems, *login.problems]
    hint = "Check the user name; name a key with -KeyFilePath or load it into the agent."
    if login.answered:
        hint = "Check the user name and the password; a key is named with -KeyFilePath or loaded into the agent."
    if "Too many" in text:
        lines.append("The server ended it after too many attempts.")
        hint = "Name the right key with -KeyFilePath, and add -Options @{IdentitiesOnly='yes'}."
    kind = EngineLimit if limits or ring.needs_program else OpenError
    return kind(
        f"{name}: the login was refused",
        "\n".join(lines),
        hint,
        details=text.replace(login.user, shown_user(login.user)),
    )


def _limits(hop: Hop, login: Login) -> list[str]:
    """Return which ways to log in the configuration asks for and asyncssh does not go."""
    found = []
    # Some systems ask for Kerberos everywhere; it is missing only where the server takes it or it is asked for by name.
    wanted = [*login.accepted_methods, *str(hop.option("PreferredAuthentications") or "").split(",")]
    by_kerberos = hop.option("GSSAPIAuthentication", False) and "gssapi-with-mic" in wanted
    if by_kerberos and find_spec("gssapi") is None:
        found.append("Kerberos (GSSAPIAuthentication) needs the extra kerberos of this installation.")
    for keyword, told in _ELSEWHERE.items():
        if keyword in hop.unsupported:
            found.append(told)
    return found


#: what the configuration may name that holds keys, and only ssh can speak to
_ELSEWHERE = {
    "pkcs11provider": "PKCS11Provider names a token whose keys asyncssh, the built-in engine, cannot use.",
    "securitykeyprovider": "SecurityKeyProvider names a library that asyncssh, the built-in engine, cannot use.",
    "hostbasedauthentication": "HostbasedAuthentication is not done by asyncssh, the built-in engine.",
}


def of_subsystem(error: Exception, hop: Hop, subsystem: str) -> OpenError:
    """Return the OpenError for a session that the server did not give."""
    text = printable(str(error))
    if isinstance(error, asyncssh.ChannelOpenError) and error.code == asyncssh.OPEN_REQUEST_SESSION_FAILED:
        return no_subsystem(hop.name, subsystem, text)
    what = f"{printable(hop.name)}: the server gave no session"
    return OpenError(what, f"{text}.", "The server's log may say more.", details=text)


def no_subsystem(host: str, subsystem: str, details: str) -> NoPowerShell:
    """Return the error for a server that lets in and does not have the subsystem."""
    return NoPowerShell(
        f"{printable(host)}: the server has no subsystem {printable(subsystem)}",
        "Its SSH server runs, but is not set up for PowerShell remoting.",
        f"Install PowerShell there, add to its sshd_config the line\n    {SUBSYSTEM_LINE}\n"
        "and restart its SSH server. Another name is given with -Subsystem.",
        details=details,
    )


def too_slow(hop: Hop, step: str, seconds: float) -> OpenError:
    """Return the OpenError for a step that took too long."""
    return OpenError(
        f"{printable(hop.name)}: no answer in time ({step}, {seconds:g} s)",
        f"{'The proxy command runs' if hop.proxy_command else f'Port {hop.port} takes connections'}, but the {step} did"
        " not come to an end.",
        "The server may be overloaded, or something other than SSH listens there.",
    )


def no_answer_in_time(host: str, port: int, seconds: float) -> OpenError:
    """Return the error for a port that neither answers nor refuses."""
    return OpenError(
        f"{printable(host)}: the SSH port does not answer ({port}, no reply within {seconds:g} s)",
        "The computer is off, a firewall drops the packets, or the address is wrong.",
        "Check the address and the port, and whether the computer can be reached from here.",
    )


def no_answer(host: str, port: int, failures: list[OSError]) -> OpenError:
    refused = [one for one in failures if isinstance(one, ConnectionRefusedError)]
    error = (refused or failures or [OSError("no address")])[0]
    shown = printable(host)
    details = "\n".join(str(one) for one in failures)
    if isinstance(error, ConnectionRefusedError):
        return OpenError(
            f"{shown}: the SSH port does not answer ({port}, refused)",
            "Nothing listens there, or a firewall rejects it.",
            "Start the SSH server on that computer, or give its port with -Port.",
            details=details,
        )
    if error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}:
        return OpenError(
            f"{shown}: there is no route to it (port {port})",
            f"The system says: {error.strerror}.",
            "Check the network connection, a VPN perhaps, and whether the computer is on.",
            details=details,
        )
    if isinstance(error, TimeoutError):
        return OpenError(
            f"{shown}: the SSH port does not answer ({port}, no reply)",
            "The computer is off, a firewall drops the packets, or the address is wrong.",
            "Check the address and the port, and whether the computer can be reached from here.",
            details=details,
        )
    return OpenError(
        f"{shown}: no connection to port {port}", f"The system says: {error.strerror or error}.", details=details
    )
