"""The keywords of ssh_config(5) (OpenSSH 9.2, readconf.c) and how the value of each is read."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pstui.backends.transports.ssh.expansion import with_variables

_INT_MAX = 2**31 - 1
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def _text(words: list[str]) -> str:
    return words[0]


def _any(words: list[str]) -> str:
    return " ".join(words)


def _one_of(choices: Mapping[str, str]) -> Callable[[list[str]], str]:
    """Read one of some words, in any case, as ``ssh -G`` prints it."""

    def read(words: list[str]) -> str:
        if words[0].lower() not in choices:
            raise ValueError("unsupported option")
        return choices[words[0].lower()]

    return read


def _same(text: str) -> dict[str, str]:
    return {word.lower(): word for word in text.split()}


_SWITCH = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
#: the same of keywords that have a third word
_STATE = {"yes": "true", "true": "true", "no": "false", "false": "false"}
_flag = _one_of(_SWITCH)


def _number(words: list[str]) -> str:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,20}", words[0], re.ASCII) or not 0 <= int(words[0]) <= _INT_MAX:
        raise ValueError("invalid integer value")
    return str(int(words[0]))


def port_of(text: str) -> int:
    """Return the port that a number or the name of a service stands for. Raises ValueError."""
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        port = int(text)
    else:
        try:
            port = socket.getservbyname(text, "tcp")
        except OSError:
            port = 0
    if not 0 < port < 65536:
        raise ValueError("Bad number")
    return port


def _port(words: list[str]) -> str:
    return str(port_of(words[0]))


def seconds_of(text: str) -> int:
    """Return a time of ssh_config(5), such as ``1h30m``, in seconds. Raises ValueError."""
    return int(_time([text]) or 0)


def _mask(words: list[str]) -> str:
    digits = re.match(r"[0-7]{1,9}", words[0])  # what follows them is not looked at (strtol)
    if digits is None or int(digits[0], 8) > 0o777:
        raise ValueError("Bad mask")
    return f"0{int(digits[0], 8):o}"


def _duration(text: str) -> int:
    if not re.fullmatch(r"(?:[0-9]{1,12}[smhdw]?)+", text, re.ASCII | re.IGNORECASE):
        raise ValueError("invalid time value")
    parts = re.findall(r"([0-9]+)([smhdw]?)", text, re.ASCII | re.IGNORECASE)
    total = sum(int(number) * _UNITS[unit.lower()] for number, unit in parts)
    if total > _INT_MAX:
        raise ValueError("invalid time value")
    return total


def _time(words: list[str]) -> str | None:
    return None if words[0] == "none" else str(_duration(words[0]))


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
    with_variables(words[0])  # they must be there also where the value does not count
    if re.match(r"\$(?!\{)", words[0]) and not re.fullmatch(r"\$\w+", words[0], re.ASCII):
        raise ValueError("Invalid environment name")
    return words[0]


def _forwarding(words: list[str]) -> str:
    return _SWITCH.get(words[0].lower()) or _agent(words)


def _agent_wish(words: list[str]) -> str:
    word = {**_STATE, "ask": "ask", "confirm": "confirm"}.get(words[0].lower(), "")
    if word == "confirm" and len(words) > 1:
        return f"confirm {_duration(words[1])}"
    if len(words) > 1:
        raise ValueError("unsupported option")
    return word or str(_duration(words[0]) or "true")


def _persist(words: list[str]) -> str:
    return _SWITCH.get(words[0]) or str(_duration(words[0]) or "yes")


def _escape(words: list[str]) -> str:
    text = words[0]
    is_one = len(text.encode("utf-8", "surrogateescape")) == 1
    if text != "none" and not is_one and not re.fullmatch(r"\^[\x40-\x7f]", text, re.ASCII):
        raise ValueError("Bad escape character.")
    return text


#: the classes of service of IPQoS (misc.c, ipqos), as the byte of a packet's head
_SERVICES = {
    **{f"af{one}{two}": (8 * one + 2 * two) << 2 for one in range(1, 5) for two in range(1, 4)},
    **{f"cs{one}": one << 5 for one in range(8)},
    "ef": 0xB8, "le": 0x04, "lowdelay": 0x10, "throughput": 0x08, "reliability": 0x04,
}  # fmt: skip


def service_of(word: str) -> int | None:
    """Return the byte that a word of IPQoS stands for, None for ``none``. Raises ValueError."""
    word = word.lower()
    if word == "none":
        return None
    if word in _SERVICES:
        return _SERVICES[word]
    found = re.fullmatch(r"\s*[+-]?(?:0x([0-9a-f]{1,8})|(0[0-7]{0,9})|([1-9][0-9]{0,8}))", word, re.ASCII)
    if found is None:
        raise ValueError("Bad IPQoS value")
    number = int(found[1], 16) if found[1] else int(found[2], 8) if found[2] else int(found[3])
    if number > 255 or (number and "-" in word):
        raise ValueError("Bad IPQoS value")
    return number


def _services(words: list[str]) -> str:
    for word in words:
        service_of(word)
    return " ".join(word.lower() for word in words)


def _tunnel(words: list[str]) -> str:
    here, mark, there = words[0].partition(":")
    for one in (here, there) if mark else (here,):
        if one.lower() != "any" and int(_number([one])) >= _INT_MAX - 1:
            raise ValueError("Bad tun device.")
    return f"{here.lower()}:{there.lower() or 'any'}"


def _domain(words: list[str]) -> str:
    text = words[0].lower()
    if text != "none" and (not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", text, re.ASCII) or ".." in text):
        raise ValueError("this is not the name of a domain")
    return text.removesuffix(".")


def _renaming(words: list[str]) -> str:
    text = words[0].lower()
    if text not in ("none", "*") and not text.partition(":")[2]:
        raise ValueError("Invalid permitted CNAME")
    return text


def _permitted(words: list[str]) -> str:
    if words[0].lower() not in ("any", "none"):
        found = re.fullmatch(r"(?:\[[^\]]*\]|(?!\[)[^:/]*):(.+)", words[0])
        if found is None:
            raise ValueError("missing host or port")
        if found[1] != "*":
            _port([found[1]])
    return words[0]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one keyword is read. ``many`` is how several values are kept, empty for the first alone; lists may be empty.

    ``most`` are the words that it may have; ``form`` is ``line`` for a keyword whose value is the rest of its line.
    The values in ``alone`` have none beside them.
    """

    name: str
    read: Callable[[list[str]], str | None] = _any
    form: str = "value"
    many: str = ""
    most: int = 1
    alone: tuple[str, ...] = ("none",)


_READ: dict[str, tuple[str, ...]] = {
    "flag": (
        "BatchMode", "CanonicalizeFallbackLocal", "CheckHostIP", "ClearAllForwardings", "EnableEscapeCommandline",
        "EnableSSHKeysign", "ExitOnForwardFailure", "ForkAfterAuthentication", "ForwardX11", "ForwardX11Trusted",
        "GatewayPorts", "GSSAPIAuthentication", "GSSAPIDelegateCredentials", "GSSAPIKeyExchange",
        "GSSAPIRenewalForcesRekey", "GSSAPITrustDns", "HashKnownHosts", "HostbasedAuthentication", "IdentitiesOnly",
        "KbdInteractiveAuthentication", "NoHostAuthenticationForLocalhost", "PasswordAuthentication",
        "PermitLocalCommand", "ProxyUseFdpass", "StdinNull", "StreamLocalBindUnlink", "TCPKeepAlive", "VisualHostKey",
    ),
    "text": (
        "BindAddress", "BindInterface", "CASignatureAlgorithms", "Ciphers", "ControlPath", "GSSAPIClientIdentity",
        "GSSAPIKexAlgorithms", "GSSAPIServerIdentity", "HostbasedAcceptedAlgorithms", "HostKeyAlgorithms",
        "HostKeyAlias", "HostName", "KbdInteractiveDevices", "KexAlgorithms", "MACs", "PKCS11Provider",
        "PreferredAuthentications", "PubkeyAcceptedAlgorithms", "RevokedHostKeys", "SecurityKeyProvider", "User",
        "XAuthLocation",
    ),
    "number": (
        "CanonicalizeMaxDots", "ConnectionAttempts", "NumberOfPasswordPrompts", "RequiredRSASize",
        "ServerAliveCountMax",
    ),
    "time": ("ConnectTimeout", "ForwardX11Timeout", "ServerAliveInterval"),
}  # fmt: skip
_READERS = {"flag": _flag, "text": _text, "number": _number, "time": _time}
_WORDS: dict[str, Mapping[str, str]] = {
    "AddressFamily": _same("any inet inet6"),
    "CanonicalizeHostname": {**_STATE, "always": "always"},
    "Compression": _same("yes no"),
    "ControlMaster": {**_STATE, **_same("auto ask autoask")},
    "FingerprintHash": _same("MD5 SHA1 SHA256 SHA384 SHA512"),
    "LogLevel": {
        **_same("SILENT FATAL ERROR INFO VERBOSE DEBUG DEBUG2 DEBUG3"), "quiet": "SILENT", "debug1": "DEBUG",
    },
    "PubkeyAuthentication": {**_SWITCH, **_same("unbound host-bound")},
    "RequestTTY": {**_STATE, **_same("force auto")},
    "SessionType": _same("none subsystem default"),
    "StrictHostKeyChecking": {**_STATE, "off": "false", **_same("ask accept-new")},
    "SyslogFacility": _same("DAEMON USER AUTH AUTHPRIV " + " ".join(f"LOCAL{one}" for one in range(8))),
    "Tunnel": {**_STATE, "yes": "point-to-point", "true": "point-to-point", **_same("ethernet point-to-point")},
    "UpdateHostKeys": {**_STATE, "ask": "ask"},
    "VerifyHostKeyDNS": {**_STATE, "ask": "ask"},
}  # fmt: skip
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
    "SmartcardDevice": "PKCS11Provider",
}


def _kinds() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for group, names in _READ.items():
        for name in names:
            found[name.lower()] = Kind(name.lower(), _READERS[group])
    for name, words in _WORDS.items():
        found[name.lower()] = Kind(name.lower(), _one_of(words))
    for kind in (
        Kind("forwardagent", _forwarding),
        Kind("identityagent", _agent),
        Kind("port", _port),
        Kind("rekeylimit", _rekey, most=2),
        Kind("proxycommand", form="command"),
        Kind("proxyjump", form="jump"),
        Kind("knownhostscommand", form="line"),
        Kind("localcommand", form="line"),
        Kind("remotecommand", form="line"),
        Kind("addkeystoagent", _agent_wish, most=2),
        Kind("controlpersist", _persist),
        Kind("escapechar", _escape),
        Kind("ipqos", _services, most=2),
        Kind("tunneldevice", _tunnel),
        Kind("canonicaldomains", _domain, many="words"),
        Kind("canonicalizepermittedcnames", _renaming, many="words"),
        Kind("logverbose", many="words"),
        Kind("certificatefile", many="identities"),
        Kind("identityfile", many="identities"),
        Kind("globalknownhostsfile", many="words"),
        Kind("userknownhostsfile", many="words"),
        Kind("sendenv", many="send"),
        Kind("localforward", many="forwards", most=2),
        Kind("remoteforward", many="forwards", most=2),
        Kind("dynamicforward", many="forwards", most=1),
        Kind("permitremoteopen", _permitted, many="words", alone=("any", "none")),
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
        "rhostsrsaauthentication", "rsaauthentication", "useprivilegedport", "useroaming", "usersh",
        "userknownhostsfile2",
    }
)  # fmt: skip
