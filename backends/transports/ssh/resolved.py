"""What the user's own ``ssh`` would do for a host: its configuration as ``ssh -G`` resolves it.

The program that people trust reads the files: comments, times, Match exec and final, Include, tokens, canonical names,
permissions. asyncssh, whose own reader differs from it, gets the values that came out (``Resolved.lines``), and no
file of the user's. ``ssh -G`` leaves most tokens as they are: ``expanded`` replaces them, as ssh does afterwards.

``unsupported`` names what was set there and is not done here, so that it can be said.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pstui.backends.errors import OpenError
from pstui.backends.transports.ssh.config_reader import ConfigReader
from pstui.backends.transports.ssh.config_values import ConfigError
from pstui.backends.transports.ssh.engine import program
from pstui.backends.transports.ssh.expansion import expanded, tokens_of
from pstui.backends.transports.ssh.forward_options import KEYWORDS
from pstui.backends.transports.ssh.options import quoted
from pstui.backends.transports.streams import printable

#: seconds that ``ssh -G`` may take; a Match exec may ask the network
PATIENCE = 30.0
#: characters of its answer that are read, and of its complaint that are shown
MAX_ANSWER, MAX_COMPLAINT = 1 << 20, 600

#: keywords whose value is one text, and those that stand once for each value
_TEXTS = (
    "AddressFamily",
    "BatchMode",
    "BindAddress",
    "CASignatureAlgorithms",
    "Compression",
    "ConnectTimeout",
    "GSSAPIAuthentication",
    "GSSAPIDelegateCredentials",
    "HashKnownHosts",
    "HostKeyAlgorithms",
    "HostKeyAlias",
    "Hostname",
    "IdentitiesOnly",
    "KbdInteractiveAuthentication",
    "KexAlgorithms",
    "MACs",
    "Ciphers",
    "NumberOfPasswordPrompts",
    "PasswordAuthentication",
    "Port",
    "PreferredAuthentications",
    "ProxyJump",
    "PubkeyAcceptedAlgorithms",
    "PubkeyAuthentication",
    "RequiredRSASize",
    "ServerAliveCountMax",
    "ServerAliveInterval",
    "StrictHostKeyChecking",
    "TCPKeepAlive",
    "UpdateHostKeys",
    "User",
)
_PATHS = ("CertificateFile", "ForwardAgent", "IdentityAgent", "IdentityFile", "RevokedHostKeys")
_LISTS = ("GlobalKnownHostsFile", "SendEnv", "SetEnv", "UserKnownHostsFile")
_KNOWN = {name.casefold(): name for name in (*_TEXTS, *_PATHS, *_LISTS, "ProxyCommand", "RekeyLimit")}
#: keywords that are left to pstui where they have ssh's own value: its ciphers are ordered for speed, and the files
#: are those of the home that pstui was given
_OWN_DEFAULTS = (
    "Ciphers",
    "MACs",
    "IdentityFile",
    "PubkeyAcceptedAlgorithms",
    "UserKnownHostsFile",
    "GlobalKnownHostsFile",
)
#: keywords that are read elsewhere, or that ssh has acted on before it prints them
_ELSEWHERE = frozenset(
    {
        "host", "addkeystoagent", "canonicaldomains", "canonicalizefallbacklocal", "canonicalizehostname",
        "canonicalizemaxdots", "canonicalizepermittedcnames", "checkhostip", "controlpath", "ignoreunknown", "ipqos",
        "knownhostscommand", "tag", *KEYWORDS,
    }
)  # fmt: skip
#: keywords that concern a terminal, X11, the program ssh itself or what another keyword asks for: nothing of them is
#: left to be done where PowerShell's subsystem is started
_WITHOUT_MEANING = frozenset(
    {
        "controlmaster", "controlpersist", "enableescapecommandline", "enablesshkeysign", "escapechar",
        "forkafterauthentication", "forwardx11", "forwardx11timeout", "forwardx11trusted",
        "hostbasedacceptedalgorithms", "loglevel", "logverbose", "obscurekeystroketiming", "remotecommand",
        "requesttty", "sessiontype", "stdinnull", "syslogfacility", "tunneldevice", "xauthlocation",
    }
)  # fmt: skip
#: what OpenSSH 9.2 has by itself of keywords that are not simply off, for machines without one
_USUAL = {
    "connectionattempts": "1", "controlmaster": "false", "escapechar": "~", "fingerprinthash": "SHA256",
    "forwardx11timeout": "1200", "loglevel": "INFO", "requesttty": "auto", "securitykeyprovider": "internal",
    "sessiontype": "default", "syslogfacility": "USER", "tunneldevice": "any:any",
}  # fmt: skip
#: keywords of which any word may be the value
_WORDS = ("BindAddress", "HostKeyAlias", "Hostname", "ProxyJump", "User")
#: what ssh prints for a boolean that is on in another way
_SWITCHES = {"true": "yes", "false": "no", "unbound": "yes", "host-bound": "yes"}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The values of one host: ``values`` by keyword in lower case, in the order in which they count."""

    values: Mapping[str, tuple[str, ...]]
    #: keywords that are set otherwise than by default, and are not done here
    unsupported: tuple[str, ...] = ()
    #: keywords that are set otherwise than by default, and mean nothing here
    meaningless: tuple[str, ...] = ()
    tokens: Mapping[str, str] = field(default_factory=dict)
    #: what ssh has without any file
    usual: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: with what ssh was asked, the host last: its options are the same for anything else it is to do there
    arguments: tuple[str, ...] = ()

    def text(self, keyword: str) -> str:
        """Return the value of a keyword, given in lower case; empty where there is none."""
        value = next(iter(self.values.get(keyword, ())), "")
        return "" if value.lower() == "none" else value

    @property
    def proxy_command(self) -> str:
        """The line that the user's shell is to run in place of a connection, its tokens replaced."""
        tokens = {name: self.tokens[name] for name in "%hnpr" if name in self.tokens}
        return expanded(next(iter(self.values.get("proxycommand", ())), ""), tokens, home=False)

    def lines(self) -> tuple[str, ...]:
        """Return the values as lines of a configuration that asyncssh reads as they are meant."""
        found: list[str] = []
        for keyword, name in _KNOWN.items():
            values = self.values.get(keyword, ())
            if name == "ProxyCommand" or (name in _OWN_DEFAULTS and values == self.usual.get(keyword)):
                continue
            if name in _LISTS:
                words = [word for value in values for word in (value.split() if name != "SetEnv" else [value])]
                if name.endswith("KnownHostsFile"):
                    words = [_at_home(word) for word in words]  # ssh has replaced their tokens
                found += [f"{name} {' '.join(quoted(word) for word in words)}"] if words else []
            elif name in _PATHS:
                # ssh has replaced the tokens of an agent's socket before it printed it.
                paths = [value if name.endswith("Agent") else self._path(value) for value in values]
                if name != "RevokedHostKeys":  # of the others asyncssh replaces the tokens once more
                    paths = [path.replace("%", "%%") for path in paths]
                found += [f"{name} {quoted(path)}" for path in paths]
            elif name == "RekeyLimit":
                size, _, seconds = next(iter(values), "").partition(" ")
                if size not in ("", "0") or seconds not in ("", "0"):
                    found.append(f"{name} {size if size != '0' else 'default'} {seconds if seconds != '0' else 'none'}")
            elif values and not (name in ("ConnectTimeout", "ServerAliveInterval") and values[0] in ("none", "0")):
                found.append(f"{name} {quoted(values[0] if name in _WORDS else _SWITCHES.get(values[0], values[0]))}")
        return tuple(found)

    def _path(self, value: str) -> str:
        """Return a file's name with its tokens replaced; words that stand for no file stay."""
        if value in ("none", "yes", "no", "SSH_AUTH_SOCK") or re.match(r"\$\w", value):
            return value
        return expanded(value, self.tokens)


def ask(
    host: str, user: str, port: int, *, options: Iterable[str] = (), files: Sequence[Path] | None = None, scratch: Path
) -> Resolved:
    """Ask ssh what it would do for a host. Blocks.

    ``options`` are lines of a configuration that come before the files. ``files`` are read in the place of those that
    ssh reads by itself; ``scratch`` is a folder for a file that includes them. Raises OpenError.
    """
    command = [program(), "-G"]
    if files is not None:
        first, *more = files
        if more:
            together = scratch / "together"
            together.write_text("".join(f"Include {quoted(str(file))}\n" for file in files), encoding="utf-8")
            first = together
        command += ["-F", str(first)]
    command += [part for line in options for part in ("-o", line)]
    command += ["-l", user] if user else []
    command += ["-p", str(port)] if port else []
    command += ["--", host]
    values = _read(_answer(command, host))
    usual = _usual(command[0])
    odd = [name for name, value in values.items() if usual.get(name) != value]
    tokens = tokens_of(host, values, signs_jump="channeltimeout" in usual)
    return Resolved(values, *_not_done(odd), tokens, usual, tuple(command[2:]))


def _not_done(odd: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part keywords that somebody has set: those that are not done here, and those that mean nothing here."""
    left = [name for name in odd if name not in _KNOWN and name not in _ELSEWHERE]
    return tuple(one for one in left if one not in _WITHOUT_MEANING), tuple(
        one for one in left if one in _WITHOUT_MEANING
    )


def _at_home(path: str) -> str:
    """Return a file that ssh found below the account's home, below the home that this process was given."""
    home, given = os.path.expanduser(f"~{getpass.getuser()}"), str(Path.home())  # noqa: PTH111  not HOME
    return given + path[len(home) :] if path.startswith(home + os.sep) else path


def read(host: str, user: str, port: int, *, options: Iterable[str] = (), files: Iterable[Path]) -> Resolved:
    """Return what ssh would do, where there is none to ask: its files are read as it reads them. Raises OpenError."""
    reader = ConfigReader(host, user, port, local_user=getpass.getuser())
    try:
        values = reader.read(files, options)
    except ConfigError as error:
        raise OpenError(
            f"{printable(host)}: the SSH configuration cannot be used",
            printable(str(error)[:MAX_COMPLAINT]),
            "Correct -Options or the configuration file named.",
        ) from error
    off = ("no", "none", "false")
    odd = [
        name
        for name, (value, *_) in values.items()
        if (value != _USUAL[name] if name in _USUAL else value.lower() not in off)
    ]
    not_done, meaningless = _not_done(odd)
    if "canonicalizehostname" in odd:
        not_done += ("canonicalizehostname",)  # names are looked up by ssh alone
    return Resolved(values, not_done, meaningless, tokens_of(host, values))


def learn_usual() -> None:
    """Ask ssh what it has by itself before it is needed: that is the same for every host. Blocks; raises nothing."""
    if ssh := program():
        with contextlib.suppress(OpenError):  # who needs it is told
            _usual(ssh)


@functools.cache
def _usual(program: str) -> Mapping[str, tuple[str, ...]]:
    """Return what ssh has by itself, without any file."""
    return _read(_answer([program, "-G", "-F", "none", "--", "localhost"], "localhost"))


def _answer(command: list[str], host: str) -> str:
    try:
        silent = subprocess.DEVNULL
        done = subprocess.run(command, stdin=silent, capture_output=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise OpenError(
            f"{printable(host)}: the SSH configuration took longer than {PATIENCE:g} s to read",
            "A Match exec in it may wait for something.",
            f"Try: ssh -G {printable(host)}",
        ) from error
    except (OSError, ValueError) as error:
        why = f"The system says: {getattr(error, 'strerror', None) or error}."
        raise OpenError(f"{printable(host)}: ssh could not be asked for its configuration", why) from error
    if done.returncode:
        said = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines()]
        told = [line for line in said if line and "terminating" not in line and "Pseudo-terminal" not in line]
        raise OpenError(
            f"{printable(host)}: the SSH configuration cannot be used",
            printable(" ".join(told)[:MAX_COMPLAINT]) or f"ssh ended with the code {done.returncode}.",
            f"Correct -Options or the configuration file named; try: ssh -G {printable(host)}",
        )
    return done.stdout[:MAX_ANSWER].decode("utf-8", "replace")


def _read(answer: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in answer.splitlines():
        name, _, value = line.partition(" ")
        found[name.casefold()] = (*found.get(name.casefold(), ()), value)
    return found
