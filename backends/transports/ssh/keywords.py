"""The keywords of ssh_config(5) (OpenSSH 9.2, readconf.c) and how the value of each is read."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

_INT_MAX = 2**31 - 1
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def _text(words: list[str]) -> str:
    return words[0]


def _any(words: list[str]) -> str:
    return " ".join(words)


def _one_of(*choices: str) -> Callable[[list[str]], str]:
    def read(words: list[str]) -> str:
        if words[0].lower() not in choices:
            raise ValueError("unsupported option")
        return words[0].lower()

    return read


_SWITCH = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


def _flag(words: list[str]) -> str:
    if words[0].lower() not in _SWITCH:
        raise ValueError("unsupported option")
    return _SWITCH[words[0].lower()]


def _number(words: list[str]) -> str:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,20}", words[0], re.ASCII) or not 0 <= int(words[0]) <= _INT_MAX:
        raise ValueError("invalid integer value")
    return str(int(words[0]))


def _port(words: list[str]) -> str:
    text = words[0]
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        port = int(text)
    else:
        try:
            port = socket.getservbyname(text, "tcp")
        except OSError:
            port = 0
    if not 0 < port < 65536:
        raise ValueError("Bad number")
    return str(port)


def seconds_of(text: str) -> int:
    """Return a time of ssh_config(5), such as ``1h30m``, in seconds. Raises ValueError."""
    return int(_time([text]) or 0)


def _mask(words: list[str]) -> str:
    digits = re.match(r"[0-7]{1,9}", words[0])  # what follows them is not looked at (strtol)
    if digits is None or int(digits[0], 8) > 0o777:
        raise ValueError("Bad mask")
    return f"0{int(digits[0], 8):o}"


def _time(words: list[str]) -> str | None:
    if words[0] == "none":
        return None
    if not re.fullmatch(r"(?:[0-9]{1,12}[smhdw]?)+", words[0], re.ASCII | re.IGNORECASE):
        raise ValueError("invalid time value")
    total = sum(
        int(number) * _UNITS[unit.lower()]
        for number, unit in re.findall(r"([0-9]+)([smhdw]?)", words[0], re.ASCII | re.IGNORECASE)
    )
    if total > _INT_MAX:
        raise ValueError("invalid time value")
    return str(total)


#: stands for the time of a RekeyLimit that names none: a later one may
UNSET = "-"


def _rekey(words: list[str]) -> str:
    size = words[0]
    if size == "default":
        amount = 0
    else:
        # What follows the unit is not looked at, unless it is a letter or a digit (scan_scaled).
        found = re.fullmatch(r"([0-9]{1,18})(?:([bkmgt])(?![0-9a-z]).*)?", size, re.ASCII | re.IGNORECASE)
        if found is None:
            raise ValueError("Bad number")
        amount = int(found[1]) * _SIZES[(found[2] or "").lower()]
        if 0 < amount < 16:
            raise ValueError("RekeyLimit too small")
    return f"{amount} {(_time(words[1:]) if len(words) > 1 else None) or UNSET}"


def _agent(words: list[str]) -> str:
    if re.match(r"\$(?!\{)", words[0]) and not re.fullmatch(r"\$\w+", words[0], re.ASCII):
        raise ValueError("Invalid environment name")
    return words[0]


def _forwarding(words: list[str]) -> str:
    return _SWITCH.get(words[0].lower()) or _agent(words)


_PUBKEY = {**_SWITCH, "unbound": "unbound", "host-bound": "host-bound"}


def _pubkey(words: list[str]) -> str:
    if words[0].lower() not in _PUBKEY:
        raise ValueError("unsupported option")
    return _PUBKEY[words[0].lower()]


_STRICT = {"yes": "true", "true": "true", "no": "false", "false": "false", "off": "false"}


def _strict(words: list[str]) -> str:
    value = words[0].lower()
    if value not in {*_STRICT, "ask", "accept-new"}:
        raise ValueError("unsupported option")
    return _STRICT.get(value, value)


_UPDATE = {"yes": "true", "true": "true", "no": "false", "false": "false", "ask": "ask"}


def _update(words: list[str]) -> str:
    if words[0].lower() not in _UPDATE:
        raise ValueError("unsupported option")
    return _UPDATE[words[0].lower()]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one keyword is read. ``many`` is how several values are kept, empty for the first alone; lists may be empty.

    ``most`` are the words that it may have; ``form`` is ``any`` for a keyword that is only noticed, ``line`` for one
    whose value is the rest of its line.
    """

    name: str
    read: Callable[[list[str]], str | None] = _any
    form: str = "value"
    many: str = ""
    most: int = 1


_READ: dict[str, tuple[str, ...]] = {
    "flag": (
        "BatchMode", "ClearAllForwardings", "ExitOnForwardFailure", "GatewayPorts", "GSSAPIAuthentication",
        "GSSAPIDelegateCredentials", "HashKnownHosts", "IdentitiesOnly", "KbdInteractiveAuthentication",
        "PasswordAuthentication", "StreamLocalBindUnlink", "TCPKeepAlive",
    ),
    "text": (
        "BindAddress", "HostKeyAlias", "HostName", "PreferredAuthentications", "RevokedHostKeys",
        "User", "CASignatureAlgorithms", "Ciphers", "HostKeyAlgorithms", "KexAlgorithms", "MACs",
        "PubkeyAcceptedAlgorithms",
    ),
    "number": ("NumberOfPasswordPrompts", "RequiredRSASize", "ServerAliveCountMax"),
    "time": ("ConnectTimeout", "ServerAliveInterval"),
    "noticed": (
        "AddKeysToAgent", "BindInterface", "CanonicalizeFallbackLocal", "CanonicalizeHostname",
        "CanonicalizeMaxDots", "CheckHostIP",
        "ConnectionAttempts", "ControlMaster", "ControlPath", "ControlPersist",
        "EnableEscapeCommandline", "EnableSSHKeysign", "EscapeChar", "FingerprintHash",
        "GSSAPIClientIdentity",
        "GSSAPIKexAlgorithms", "GSSAPIKeyExchange", "GSSAPIRenewalForcesRekey", "GSSAPIServerIdentity",
        "GSSAPITrustDns",
        "ForkAfterAuthentication", "ForwardX11", "ForwardX11Timeout", "ForwardX11Trusted",
        "HostbasedAcceptedAlgorithms", "HostbasedAuthentication", "IPQoS", "KbdInteractiveDevices",
        "LogLevel",
        "NoHostAuthenticationForLocalhost", "PermitLocalCommand", "PKCS11Provider",
        "ProxyUseFdpass", "RequestTTY", "SecurityKeyProvider", "SessionType",
        "StdinNull", "SyslogFacility", "Tunnel", "TunnelDevice",
        "VerifyHostKeyDNS", "VisualHostKey", "XAuthLocation",
    ),
}  # fmt: skip
_READERS = {"flag": _flag, "text": _text, "number": _number, "time": _time, "noticed": _any}
#: other names of keywords
_ALIASES = {
    "ChallengeResponseAuthentication": "KbdInteractiveAuthentication",
    "SKeyAuthentication": "KbdInteractiveAuthentication",
    "TISAuthentication": "KbdInteractiveAuthentication",
    "DSAAuthentication": "PubkeyAuthentication",
    "HostbasedKeyTypes": "HostbasedAcceptedAlgorithms",
    "IdentityFile2": "IdentityFile",
    "KeepAlive": "TCPKeepAlive",
    "PubkeyAcceptedKeyTypes": "PubkeyAcceptedAlgorithms",
}


def _kinds() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for group, names in _READ.items():
        for name in names:
            found[name.lower()] = Kind(name.lower(), _READERS[group], "any" if group == "noticed" else "value")
    for kind in (
        Kind("addressfamily", _one_of("any", "inet", "inet6")),
        Kind("compression", _one_of("yes", "no")),
        Kind("forwardagent", _forwarding),
        Kind("identityagent", _agent),
        Kind("port", _port),
        Kind("pubkeyauthentication", _pubkey),
        Kind("rekeylimit", _rekey, most=2),
        Kind("stricthostkeychecking", _strict),
        Kind("updatehostkeys", _update),
        Kind("proxycommand", form="command"),
        Kind("proxyjump", form="jump"),
        Kind("knownhostscommand", form="line"),
        Kind("localcommand", form="line"),
        Kind("remotecommand", form="line"),
        Kind("canonicaldomains", many="words"),
        Kind("canonicalizepermittedcnames", many="words"),
        Kind("logverbose", many="words"),
        Kind("certificatefile", many="identities"),
        Kind("identityfile", many="identities"),
        Kind("globalknownhostsfile", many="files"),
        Kind("userknownhostsfile", many="files"),
        Kind("sendenv", many="send"),
        Kind("localforward", many="forwards", most=2),
        Kind("remoteforward", many="forwards", most=2),
        Kind("dynamicforward", many="forwards", most=1),
        Kind("permitremoteopen", many="places"),
        Kind("streamlocalbindmask", _mask),
        Kind("setenv", many="set"),
        Kind("host", form="block"),
        Kind("match", form="block"),
        Kind("include", form="block"),
        Kind("ignoreunknown", form="block"),
    ):
        found[kind.name] = kind
    for alias, name in _ALIASES.items():
        found[alias.lower()] = found[name.lower()]
    return found


#: every keyword in lower case
KNOWN = _kinds()
#: keywords that ssh reads over: of older versions, or not compiled in
IGNORED = frozenset(
    {
        "afstokenpassing", "cipher", "compressionlevel", "fallbacktorsh", "globalknownhostsfile2",
        "kerberosauthentication", "kerberostgtpassing", "protocol", "rhostsauthentication",
        "rhostsrsaauthentication", "rsaauthentication", "smartcarddevice", "useprivilegedport", "useroaming", "usersh",
        "userknownhostsfile2",
    }
)  # fmt: skip
