"""Configurations made up from the constructs of real ones, and what ``ssh -G`` says of them."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pstui.backends.transports.ssh.forward_options import KEYWORDS

#: what a file is asked for
HOSTS = ("t", "web", "db", "DB", "a.example.org", "10.0.0.7")
_NAMES = ("t", "web", "db", "a", "example", "10.0.0.7", "host-1", "DB")
_PATTERNS = (
    "*",
    "t*",
    "?b",
    "w?b",
    "*.example.org",
    "10.0.*",
    "d*b",
    "**",
    "?",
    "!db",
    "!t*",
    "!*",
    "a.*.org",
    "t,web",
)
_SWITCHES = ("yes", "no", "true", "false", "Yes", "NO")
_BAD = ("maybe", "-1", "5x", "", '"', "99999999999", '""', 'yes ""', "yes no", "# c")
_INCLUDED = ("{folder}/more", "{folder}/m*", "{folder}/none*", '"{folder}/more"', "{folder}/*e {folder}/more")
#: keywords with values that mean something, and a bad one now and then
_VALUES: dict[str, tuple[str, ...]] = {
    "HostName": (
        "db", "%h.example.org", "10.1.2.3", "DB2", "::1", "127.1", "::0001", "010.0.0.1", "fe80::1%%lo", "%h", "x%%y",
        "%n",
    ),
    "User": ("bob", "CONTOSO\\admin", "eve", "'two words'", '"quo ted"', "bob@contoso", "a\\ b", "o\\'x"),
    "Port": ("22", "2222", "023", "ssh", "0", "70000", "1"),
    "IdentityFile": ("~/.ssh/id", "/k/%h", "none", "C:\\Users\\me\\id", "'~/a b'", "%d/x%%y", "id_1", "id_2"),
    "CertificateFile": ("~/c", "none", "/k/c-cert.pub"),
    "UserKnownHostsFile": (
        "none", "~/kh", "/kh/%n /kh/%p", '"/kh/a b" /kh/c', "/dev/null", "none /x", "/x none", "/k%Q",
    ),
    "GlobalKnownHostsFile": ("none", "/g1 /g2", "/g"),
    "ConnectTimeout": ("5", "5s", "1m30s", "none", "1h", "2D", "1w2d", "0", "s"),
    "ServerAliveInterval": ("15", "1m", "none", "0"),
    "ServerAliveCountMax": ("3", "0", "+4", " 5", "x"),
    "NumberOfPasswordPrompts": ("1", "3"),
    "RequiredRSASize": ("2048", "0"),
    "RekeyLimit": ("1G", "default", "512M 1h", "64k none", "8", "default 30m", "1T", "16", "1G none"),
    "AddressFamily": ("any", "inet", "INET6", "inet7"),
    "StrictHostKeyChecking": ("yes", "no", "ask", "accept-new", "off", "Ask", "true", "false"),
    "UpdateHostKeys": ("yes", "no", "ask"),
    "PubkeyAuthentication": ("yes", "no", "unbound", "host-bound"),
    "ForwardAgent": ("yes", "no", "$SOCK", "/run/agent", "True", "/f%%h-%h", "/f%Q", "${}"),
    "IdentityAgent": ("none", "SSH_AUTH_SOCK", "~/agent", "$SOCK", "/a%%h", "/a%n", "/a%Q", "${HOME}/a", "${NO_SUCH}"),
    "PreferredAuthentications": ("publickey", "password,publickey", "keyboard-interactive"),
    "HostKeyAlias": ("alias", "Alias", "10.0.0.1"),
    "BindAddress": ("127.0.0.1", "::1"),
    "RevokedHostKeys": ("/revoked", "none", "~/r"),
    "Ciphers": ("aes128-ctr", "aes256-gcm@openssh.com,aes128-ctr"),
    "MACs": ("hmac-sha2-256",),
    "KexAlgorithms": ("curve25519-sha256",),
    "HostKeyAlgorithms": ("ssh-ed25519", "ssh-ed25519,rsa-sha2-256"),
    "PubkeyAcceptedAlgorithms": ("ssh-ed25519",),
    "ProxyJump": (
        "gate", "bob@gate:2222", "none", "a,b", "ssh://u@h:22", "[::1]:22", "a,b@c:9,d", "10.0.0.1", "x y", "gate # c",
        "NONE", "a,,b", "@a", "a:b", "a,none",
    ),
    "ProxyCommand": (
        "nc %h %p", "none", "sh -c 'a # b' # c", "=nc x", "ssh -W %h:%p gate 2>/dev/null", '"quoted cmd" x', "NONE",
    ),
    "SendEnv": ("LANG LC_*", "-LANG", "A B", "-*", "X=1", "A"),
    "SetEnv": ("A=1", "A=1 B=2", "'A=x y'", "A=1 A=2", "B", 'C="d e"'),
    "LocalCommand": ("echo %h", "true # x"),
    "LocalForward": (
        "8080 db:80", "8080 db:5432", "[::1]:8081 [fe80::1]:80", "localhost:82 /run/x", "*:83 db:ssh", "/run/%h.s db:1",
        "/run/a\\:b /run/c", "84 b/2", "0 b:1", "85", "86 b:0", "87:b:9", "88 b c", ":89 b:1", "x b:1", "090 b:09",
        "'91' \"b:1\"", "92 ${HOME}/s", "93 ${NO_SUCH} ", "::1/8 b:1", "94 ::1/80", "h:95:b c:1",
    ),
    "RemoteForward": (
        "9000 localhost:80", "9002:b:1", "0 a:1", "1085", "h:1086", "/run/r /run/%p", "9001 x", "1 2 3", "*:9 b:1",
    ),
    "DynamicForward": ("1080", "*:1081", "[::1]:1082", "localhost:1083", "0", "1084 db:1", "a:b:c", "socks"),
    "StreamLocalBindMask": ("0177", "077", "9", "07x", "07777"),
    "AddKeysToAgent": ("yes", "ask", "confirm", "confirm 5m", "5m", "0", "yes 5m", "confirm none", "none"),
    "CanonicalDomains": ("a b", "none", "none a", "A.b.", ".a", "a..b", "a_b"),
    "ConnectionAttempts": ("1", "3", "0", "-1", "5x"),
    "ControlMaster": ("auto", "autoask", "No", "ask", "5"),
    "ControlPath": ("~/c-%h-%C", "none", "/run/%%h", "/c%Q", "${HOME}/c", "${NO_SUCH}", "${HOME"),
    "ControlPersist": ("5m", "yes", "no", "0", "none", "5x"),
    "EscapeChar": ("~", "none", "^A", "ab", "^"),
    "FingerprintHash": ("md5", "SHA256", "sha3"),
    "ForwardX11Timeout": ("20m", "0", "5x"),
    "IPQoS": ("af11", "af11 cs1", "0x10", "256", 'cs1 ""', "ef ef ef", "none", "AF21 le", "0x"),
    "KnownHostsCommand": ("/bin/x %h", "none", "/x # y"),
    "LogLevel": ("debug", "QUIET", "DEBUG3", "info", "loud"),
    "LogVerbose": ("a", "none", "none a"),
    "PermitRemoteOpen": ("any", "none", "a:1 b:*", "any a:1", "a", "[::1]:5", "a:0", "a/5", "a:ssh", "# x"),
    "PKCS11Provider": ("/lib/x.so", "none", "a b"),
    "RequestTTY": ("force", "yes", "auto", "never"),
    "SessionType": ("none", "Subsystem", "default", "shell"),
    "SmartcardDevice": ("/lib/y.so", "a b"),
    "SyslogFacility": ("auth", "LOCAL7", "kern"),
    "Tunnel": ("ethernet", "yes", "no", "point-to-point", "tap"),
    "TunnelDevice": ("any", "3", "any:3", "3:4", "3:", "1x"),
    "VerifyHostKeyDNS": ("ask", "yes", "maybe"),
    "Protocol": ("2",),
    "UseRoaming": ("no",),
}  # fmt: skip
_ALGORITHMS = ("ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms")
_FLAGS = (
    "BatchMode", "Compression", "GSSAPIAuthentication", "HashKnownHosts", "IdentitiesOnly", "PasswordAuthentication",
    "KbdInteractiveAuthentication", "TCPKeepAlive", "ChallengeResponseAuthentication", "GatewayPorts",
    "ExitOnForwardFailure", "StreamLocalBindUnlink", "CheckHostIP", "EnableEscapeCommandline", "EnableSSHKeysign",
    "ForwardX11", "GSSAPITrustDns", "NoHostAuthenticationForLocalhost", "PermitLocalCommand", "ProxyUseFdpass",
    "StdinNull", "VisualHostKey",
)  # fmt: skip
#: what is compared; lists of algorithms with + - ^ are not made up
COMPARED = frozenset(
    {name.lower() for name in (*_VALUES, *_FLAGS)}
    - {"localcommand", "protocol", "useroaming", "challengeresponseauthentication", "smartcarddevice"}
    - {"escapechar", "ipqos", "logverbose"}  # in other words
    - {"syslogfacility"}  # ssh takes the first one, also of a block for other hosts
    - KEYWORDS
)


@dataclass
class Configuration:
    """Files by name, the first one being asked, and the host that is asked for."""

    host: str
    files: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (folder / name).write_text(text.replace("{folder}", str(folder)), encoding="utf-8")
            (folder / name).chmod(0o600)
        return folder / next(iter(self.files))


def make(seed: int) -> Configuration:
    """Return the configuration of a number: the same one each time."""
    chance = random.Random(seed)
    made = Configuration(chance.choice(HOSTS), {"config": ""})
    if chance.random() < 0.3:
        made.files["more"] = _text(chance, includes=False)
    if chance.random() < 0.1:
        made.files[".hidden"] = "Port 9\n"
    made.files["config"] = _text(chance, includes=True)
    return made


def _text(chance: random.Random, *, includes: bool) -> str:
    lines = [_line(chance, includes=includes) for _ in range(chance.randint(1, 14))]
    return "".join(f"{line}{chance.choice(['', '', '', '', chr(13), '  ', chr(9)])}\n" for line in lines)


def _line(chance: random.Random, *, includes: bool) -> str:
    kind = chance.random()
    if kind < 0.05:
        return chance.choice(["", "   ", "# comment", "\t# Host web", "\f"])
    if kind < 0.25:
        return _spelled(chance, "Host", " ".join(_host(chance) for _ in range(chance.randint(1, 3))))
    if kind < 0.38:
        return _match(chance)
    if kind < 0.43 and includes:
        return _spelled(
            chance, "Include", chance.choice(["{folder}/more", "{folder}/m*", "{folder}/none*", '"{folder}/more"'])
        )
    if kind < 0.55:
        return _spelled(chance, chance.choice(_FLAGS), chance.choice(_SWITCHES if chance.random() < 0.97 else _BAD))
    name = chance.choice(list(_VALUES))
    value = chance.choice(_VALUES[name] if chance.random() < 0.985 or name.lower() in _ALGORITHMS else _BAD)
    if chance.random() < 0.006:
        return _spelled(chance, "ClearAllForwardings", chance.choice(_SWITCHES))
    if chance.random() < 0.004:
        name = chance.choice(["NoSuchOption", "Hots"])
    return _spelled(chance, name, value)


def _spelled(chance: random.Random, name: str, value: str) -> str:
    name = chance.choice([name, name, name, name.lower(), name.upper()])
    if chance.random() < 0.08 and " " not in value and '"' not in value and "'" not in value:
        value = f'"{value}"'
    between = chance.choice([" ", " ", " ", " ", "  ", "\t", "=", " = ", "= ", " ="])
    ahead = chance.choice(["", "", " ", "\t", "    "])
    behind = chance.choice(["", "", "", "", "", " # a comment", " #web", "#x", " # 'quote"])
    if behind == "#x" and name.lower() in _ALGORITHMS:
        behind = ""  # names of algorithms are not looked at here
    return f"{ahead}{name}{between}{value}{behind}"


def _host(chance: random.Random) -> str:
    word = chance.choice(_NAMES) if chance.random() < 0.6 else chance.choice(_PATTERNS)
    return f'"{word}"' if chance.random() < 0.05 else word


def _match(chance: random.Random) -> str:
    parts = []
    for _ in range(chance.choice([1, 1, 1, 2, 2, 3])):
        sign = "!" if chance.random() < 0.15 else ""
        name = chance.choice(["host", "host", "originalhost", "user", "localuser", "all", "final", "canonical", "exec"])
        value = {
            "host": lambda: ",".join(chance.choice(_NAMES + _PATTERNS) for _ in range(chance.randint(1, 2))),
            "originalhost": lambda: chance.choice(_NAMES + _PATTERNS),
            "user": lambda: chance.choice(["bob", "*", "eve,bob", "root", "!bob"]),
            "localuser": lambda: chance.choice(["root", "nobody", "*"]),
            "exec": lambda: chance.choice(['"test %n = t"', "true", "false", '"test %h-%p = t-22"', '"exit 1"']),
        }.get(name, lambda: "")()
        between = chance.choice([" ", " ", " ", "=", "  "]) if value else ""
        parts.append(f"{sign}{chance.choice([name, name, name.title()])}{between}{value}")
    return f"Match {' '.join(parts)}{chance.choice(['', '', '', ' # a comment'])}"


def ask_ssh(file: Path, host: str) -> Mapping[str, tuple[str, ...]] | None:
    """Return what ``ssh -G`` says, None where it refuses the file."""
    command = ["ssh", "-G", "-F", str(file), "--", host]
    asked = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    if asked.returncode:
        return None
    found: dict[str, tuple[str, ...]] = {}
    for line in asked.stdout.decode("utf-8", "surrogateescape").splitlines():
        name, _, value = line.partition(" ")
        found[name.lower()] = (*found.get(name.lower(), ()), value)
    return found
