"""What ssh says on its standard error, understood: how far it has come, and why it did not get there.

The texts are those of OpenSSH (sshconnect.c, ssh.c, packet.c, clientloop.c); they are not translated. A line that is
not known is shown as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pstui.backends.errors import OpenError
from pstui.backends.transports.streams import exit_text, printable

#: what ssh ends with when the failure is its own and not that of the far program (ssh(1), EXIT STATUS)
OWN_FAILURE = 255
_DEBUG = re.compile(r"debug[1-3]: (.*)")

# How far a login has come, by what ssh tells at LogLevel DEBUG2: the step and its detail.
_STEPS = (
    (re.compile(r"Connecting to \S+ \[(\S+)\] port (\d+)"), "port", r"\2 at \1"),
    (re.compile(r"Executing proxy command: (?:exec )?(.*)"), "port", r"proxy command \1"),
    (re.compile(r"Server host (?:key|certificate): (\S+) (SHA256:\S+)"), "host key", r"\1 \2"),
    (re.compile(r"SSH2_MSG_SERVICE_ACCEPT received"), "authentication", ""),
    (re.compile(r"Sending subsystem: (.*)"), "session", r"subsystem \1"),
    (re.compile(r"mux_client_request_session: master session id"), "session", "of the master that runs"),
)
#: what means that the far end runs the subsystem
_BEGUN = re.compile(r"subsystem request accepted on channel|mux_client_request_session: master session id")
_MASTER = re.compile(r"setting up multiplex master socket")
#: what means that a connection through the host stands (-W)
_PASSED = re.compile(
    r"mux_client_request_stdio_fwd: master session id"
    r"|channel_input_open_confirmation: channel 0: callback start|channel 0: open confirm"
)
_OFFERED = re.compile(r"Offering public key: (.*?)(?: SHA256:\S+.*)?$")


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of ssh's own account. ``step`` is empty where it tells no step."""

    step: str = ""
    detail: str = ""
    has_begun: bool = False
    #: a key that is offered to the server
    key: str = ""
    #: whether what was to be connected through the host is
    is_passed: bool = False
    #: whether it now serves others as their master
    is_master: bool = False


def progress_of(line: str) -> Progress | None:
    """Return what a line tells of the login; None for a line that is not part of ssh's own account."""
    if line.startswith(("Authenticated to ", "Transferred: sent ", "Bytes per second: ")):
        return Progress()
    if (told := _DEBUG.match(line)) is None:
        return None
    for pattern, step, detail in _STEPS:
        if found := pattern.match(told[1]):
            return Progress(step, printable(found.expand(detail)), bool(_BEGUN.match(told[1])))
    key = _OFFERED.match(told[1])
    offered = printable(key[1]) if key else ""
    begun, passed, master = (bool(one.search(told[1])) for one in (_BEGUN, _PASSED, _MASTER))
    return Progress(has_begun=begun, key=offered, is_passed=passed, is_master=master)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a line of ssh means; ``{0}`` is the line, the others are its groups. ``is_last`` is told only at the end."""

    pattern: str
    what: str
    why: str = "ssh says: {0}"
    hint: str = ""


_NO_NAME = "Check the spelling, or give an address, or add it to ~/.ssh/config or the hosts file."
_NO_PORT = "Check the address and the port, and whether the computer can be reached from here."
_MEANINGS = (
    _Meaning(
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the host key has changed, so the connection is refused",
        "Somebody may be intercepting the connection, or the computer was reinstalled.",
        "Ask the owner of that computer. If the change is right, remove the old key with ssh-keygen -R.",
    ),
    _Meaning(
        r"REVOKED HOST KEY DETECTED|Host key \S+ \S+ revoked",
        "the host key is revoked, so the connection is refused",
        "Somebody may be using a stolen key.",
        "Ask the owner of that computer for its new one.",
    ),
    _Meaning(
        r"No \S+ host key is known for .* and you have requested strict checking",
        "the host key is not known",
        "{0} StrictHostKeyChecking does not allow asking about it.",
        "Connect once from a screen and accept it, or add the key to known_hosts.",
    ),
    _Meaning(
        r"Host key verification failed",
        "the host key was not accepted",
        "ssh says: {0}",
        "Connect once from a screen and accept it, or add the key to known_hosts.",
    ),
    _Meaning(
        r"Could not resolve hostname .*(?:Temporary failure|try again)",
        "the name could not be looked up",
        "The name server did not answer.",
        "Check the network connection and the DNS settings of this computer.",
    ),
    _Meaning(r"Could not resolve hostname", "the name is not known", "ssh says: {0}", _NO_NAME),
    _Meaning(
        r"connect to host \S+ port (\d+): Connection refused",
        "the SSH port does not answer ({1}, refused)",
        "Nothing listens there, or a firewall rejects it.",
        "Start the SSH server on that computer, or give its port with -Port.",
    ),
    _Meaning(
        r"connect to host \S+ port (\d+): (?:No route to host|Network is unreachable|Host is down|Network is down)",
        "there is no route to it (port {1})",
        "ssh says: {0}",
        "Check the network connection, a VPN perhaps, and whether the computer is on.",
    ),
    _Meaning(
        r"connect to host \S+ port (\d+): (?:Connection|Operation) timed out",
        "the SSH port does not answer ({1}, no reply)",
        "The computer is off, a firewall drops the packets, or the address is wrong.",
        _NO_PORT,
    ),
    _Meaning(r"connect to (?:host|address) \S+ port (\d+)", "no connection to port {1}", "ssh says: {0}", _NO_PORT),
    _Meaning(
        r"Connection timed out during banner exchange|Connection to \S+ port \d+ timed out",
        "no answer in time (handshake)",
        "The port takes connections, but nothing that speaks SSH answered.",
        "The server may be overloaded, or something other than SSH listens there.",
    ),
    _Meaning(
        r"Unable to negotiate with .*?: (no matching .*)",
        "no common way to encrypt was found",
        "{1}",
        "The server may be very old. -Options can allow more with KexAlgorithms, HostKeyAlgorithms, Ciphers, MACs.",
    ),
    _Meaning(
        r"Too many authentication failures",
        "the login was refused",
        "The server ended it after too many attempts.",
        "Name the right key with -KeyFilePath, and add -Options @{IdentitiesOnly='yes'}.",
    ),
    _Meaning(r"Permission denied \(([^)]*)\)", "the login was refused"),
    _Meaning(r"subsystem request failed", "the server has no such subsystem"),
    _Meaning(
        r"(?:stdio forwarding (?:request )?failed|channel \d+: open failed)",
        "the jump host could not reach it",
        "ssh says: {0}",
        "Check that the computer is on and that the jump host may forward connections to it.",
    ),
    _Meaning(
        r"Bad owner or permissions|Bad configuration option|terminating, \d+ bad|no argument after keyword|extra arg",
        "the SSH configuration cannot be used",
        "ssh says: {0}",
        "Correct -Options or the configuration file named.",
    ),
    _Meaning(
        r"kex_exchange_identification|banner line|Bad remote protocol|ssh_dispatch_run_fatal",
        "the connection was closed before SSH began",
        "ssh says: {0}",
        "Something other than SSH may listen on that port, or the server turns this computer away.",
    ),
    _Meaning(
        r"Connection (?:closed|reset) by",
        "the connection was closed",
        "ssh says: {0}",
        "The server turns this computer away, or limits the time for a login; its log may say more.",
    ),
)  # fmt: skip
_COMPILED = tuple((re.compile(one.pattern, re.IGNORECASE), one) for one in _MEANINGS)
#: lines that say why ssh ends: they stand in the error and are not shown before it
_FATAL = re.compile(
    "|".join(f"(?:{one.pattern})" for one in _MEANINGS) + r"|^@{3,}|^Received disconnect|^Disconnected from",
    re.IGNORECASE,
)
#: what ssh says of a password that was not taken; the next question says it as well
WRONG = "Permission denied, please try again."


def is_fatal(line: str) -> bool:
    """Whether a line says why ssh is about to end."""
    return _FATAL.search(line) is not None


def error_of(host: str, lines: list[str], code: int | None) -> OpenError:
    """Return the OpenError for an ssh that ended before the session began; ``lines`` is what it said, oldest first."""
    name = printable(host)
    said = "\n".join(printable(line) for line in lines)
    for pattern, meaning in _COMPILED:
        for line in lines:
            if found := pattern.search(line):
                parts = [printable(line).strip(), *(printable(group or "") for group in found.groups())]
                what, why = meaning.what.format(*parts), meaning.why.format(*parts)
                return OpenError(f"{name}: {what}", why, meaning.hint, details=said)
    ended = f"ssh ended with {exit_text(code)}." if code is not None else "ssh ended."
    why = "\n".join(part for part in (said, ended) if part)
    return OpenError(f"{name}: ssh did not get there", why, "Try it by hand; ssh -v says more.", details=said)


#: how an open session ended, by what ssh says of it
_ENDS = (
    (re.compile(r"Timeout, server (\S+) not responding"), "{0} does not answer any more (ServerAliveInterval)."),
    (re.compile(r"Connection to \S+ closed by remote host|Connection closed by"), "{0} closed the connection."),
    (re.compile(r"Broken pipe|Connection reset by"), "The connection to {0} was lost."),
)


def tells_end(line: str) -> bool:
    """Whether a line says how the connection of an open session ended."""
    return any(pattern.search(line) for pattern, _ in _ENDS)


def ending_of(host: str, lines: list[str], code: int | None, *, was_silent: bool = False) -> str:
    """Return how an open session ended, in words; ``was_silent`` when the subsystem never said anything.

    Through a master ssh does not tell whether the server has the subsystem.
    """
    name = printable(host)
    if code is not None and code not in (OWN_FAILURE, -1) and code >= 0:
        return f"The subsystem on {name} ended with {exit_text(code)}."
    for pattern, told in _ENDS:
        if any(pattern.search(line) for line in lines):
            return told.format(name)
    if code != OWN_FAILURE:
        return ""
    if was_silent:
        return f"The subsystem ended before it said anything: {name} may not have it, or could not start it."
    return f"The connection to {name} was lost."
