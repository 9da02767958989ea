"""The hosts of an SSH connection, from the call and the configuration files: the target and its jump hosts.

For each of them also what asyncssh is told: its settings, host key algorithms, the agent, and the check of its key.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any, cast

import asyncssh
import asyncssh.config
import asyncssh.public_key
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError, OpenError
from pstui.backends.places import expanded, is_file
from pstui.backends.transports.ssh import resolved
from pstui.backends.transports.ssh.config_reader import is_safe
from pstui.backends.transports.ssh.engine import engine_of, program
from pstui.backends.transports.ssh.expansion import system_folder
from pstui.backends.transports.ssh.forward_options import ForwardOptions, read_options
from pstui.backends.transports.ssh.host_keys import HostKeyCheck
from pstui.backends.transports.ssh.keywords import service_of
from pstui.backends.transports.ssh.known_hosts_command import KnownHostsCommand
from pstui.backends.transports.ssh.options import option_lines, write_options
from pstui.backends.transports.streams import printable

#: jump hosts before a target, those of jump hosts included
MAX_HOPS = 8
#: make the names of the files in a folder different
_numbers = count()
#: directives of ssh that asyncssh leaves to its caller
_OURS = (
    "AddKeysToAgent",
    "BatchMode",
    "CheckHostIP",
    "HashKnownHosts",
    "IPQoS",
    "KnownHostsCommand",
    "NumberOfPasswordPrompts",
    "PubkeyAcceptedAlgorithms",
    "RequiredRSASize",
    "RevokedHostKeys",
    "StrictHostKeyChecking",
    "UpdateHostKeys",
)


@dataclass(frozen=True, slots=True)
class Hop:
    """One host on the way. ``name`` is what it was called, ``host`` what the configuration makes of it."""

    name: str
    options: asyncssh.SSHClientConnectionOptions
    config: tuple[Path, ...]
    #: a line for the user's shell that stands for the connection, empty for none
    proxy_command: str = ""
    #: keywords that the user's files set and that are not done here
    unsupported: tuple[str, ...] = ()
    #: what was read for it, as texts: hosts with the same are the same
    identity: tuple[str, ...] = ()
    #: the forwards that the configuration wants, and how they listen
    forwards: ForwardOptions = field(default_factory=ForwardOptions)
    told: resolved.Resolved | None = field(default=None, compare=False)

    @property
    def host(self) -> str:
        return str(self.options.host)

    @property
    def port(self) -> int:
        return int(self.options.port)

    @property
    def user(self) -> str:
        return str(self.options.username)

    @property
    def service(self) -> int | None:
        """The class of service that is wanted for a session without a terminal (IPQoS), None for the system's own."""
        said = self.told.values.get("ipqos") if self.told else None
        return service_of(said[0].split()[-1]) if self.told and said and said != self.told.usual.get("ipqos") else None

    def option(self, name: str, default: Any = None) -> Any:
        """Return a value of the configuration, as asyncssh reads it."""
        return self.options.config.get(name, default)

    def texts(self, name: str) -> list[str]:
        """Return a value of the configuration that is a list of texts."""
        return [str(one) for one in cast("list[str] | None", self.option(name)) or []]

    def paths(self, name: str, default: list[Path] | None = None) -> list[Path]:
        """Return a list of files."""
        value = self.option(name)
        if value is None:
            return default or []
        texts = [value] if isinstance(value, str) else self.texts(name)
        return [Path(one) for one in texts if one != "none"]


def resolve(info: ConnectionInfo, folder: Path) -> list[Hop]:
    """Return the hosts of a connection in the order they are connected to, the target last.

    Reads files, so it is to be called in a thread; ``folder`` takes the options of the call as a configuration file.
    Raises OpenError.
    """
    _teach_asyncssh()
    options = info.values.get("Options") or {}
    try:
        is_program = engine_of(info).is_program
        own, way = (option_lines(options, for_jump_host=jump, program=is_program) for jump in (False, True))
    except CallError as error:
        raise OpenError(error.what, error.why, error.hint) from error
    host = info.text("HostName").removeprefix("[").removesuffix("]")
    files = _files_of(info)
    target = _hop(host, _login_name(info.text("UserName")), info.number("Port"), _Sources(own, folder, files))
    return [*_jump_hosts(target, _Sources(way, folder, files), 1), target]


def ask_target(info: ConnectionInfo, lines: tuple[str, ...], folder: Path) -> resolved.Resolved:
    """Return what ssh would do for the target of a connection alone; ``lines`` come first. Blocks. Raises OpenError."""
    host = info.text("HostName").removeprefix("[").removesuffix("]")
    return _Sources(lines, folder, _files_of(info)).read(host, _login_name(info.text("UserName")), info.number("Port"))


def _files_of(info: ConnectionInfo) -> list[Path]:
    """Return the file that a profile names in the place of the user's own (``ssh -F``). Raises OpenError."""
    name = str(info.settings.get("ssh_config") or "")
    if not name:
        return []
    if name.lower() == "none":
        return [Path(os.devnull)]
    file = expanded(name)
    if not is_file(file):
        raise OpenError(
            f"the SSH configuration {printable(str(file))} does not exist",
            "SshConfig, in a profile ssh_config, names a file on this computer.",
            "Correct the path.",
        )
    return [file]


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the values of a host come from: lines that come first, then files. ``folder`` is for scratch.

    ``files`` are read in the place of those that ssh reads by itself.
    """

    lines: tuple[str, ...]
    folder: Path
    files: list[Path] = field(default_factory=list)

    def read(self, host: str, user: str, port: int) -> resolved.Resolved:
        """Return what ssh would do, asked of it where there is one, else read as it reads. Raises OpenError."""
        files = self.files or config_files()
        if not self.files:
            check_permissions(files[0])
        if not program():
            return resolved.read(host, user, port, options=self.lines, files=files)
        # ssh reads the files of the account's home, whatever HOME says.
        given = None if files == _own_files() else files
        ask = partial(resolved.ask, host, user, port, files=given, scratch=self.folder)
        try:
            return ask(options=self.lines)
        except OpenError as error:
            if "fork into background" in error.why:  # without a command; the session has one
                found = ask(options=("ForkAfterAuthentication no", *self.lines))
                return replace(found, meaningless=(*found.meaningless, "forkafterauthentication"))
            if "jumphost loop" not in error.why:
                raise
            # A jump host that would jump over itself is reached directly: "Host *" with ProxyJump is common.
            return ask(options=("ProxyJump none", *self.lines))


def check_permissions(file: Path) -> None:
    """Raise OpenError where others could write to a configuration file."""
    if file.exists() and not is_safe(file.stat()):
        raise OpenError(
            f"the SSH configuration {printable(str(file))} is not safe to read",
            "It belongs to somebody else, or others may write to it, and it may name commands to run.",
            f"Correct its owner and its mode: chmod 600 {shlex.quote(str(file))}",
        )


def _own_files() -> list[Path]:
    """Return the files that ssh reads by itself."""
    if sys.platform == "win32":
        return config_files()
    import pwd

    return [Path(pwd.getpwuid(os.getuid()).pw_dir) / ".ssh" / "config", Path("/etc/ssh/ssh_config")]


def config_files() -> list[Path]:
    """Return the configuration files that ssh reads, the user's first."""
    return [Path.home() / ".ssh" / "config", system_folder() / "ssh_config"]


def known_hosts_files(hop: Hop) -> list[Path]:
    """Return the known_hosts files that count for a host; a new key is kept in the first."""
    own = Path.home() / ".ssh"
    system = system_folder()
    return [
        *hop.paths("UserKnownHostsFile", [own / "known_hosts", own / "known_hosts2"]),
        *hop.paths("GlobalKnownHostsFile", [system / "ssh_known_hosts", system / "ssh_known_hosts2"]),
    ]


def _login_name(user: str) -> str:
    """Return a user name as the far sshd expects it: ``DOMAIN\\user`` becomes ``user@DOMAIN`` (protocol-notes 6.3)."""
    domain, mark, name = user.partition("\\")
    return f"{name}@{domain}" if mark and "\\" not in name else user


def _hop(host: str, user: str, port: int, sources: _Sources) -> Hop:
    told = sources.read(host, user, port)
    config = write_options(sources.folder, f"resolved-{next(_numbers)}", told.lines())
    try:
        options = asyncssh.SSHClientConnectionOptions(
            config=[str(file) for file in config],
            host=host,
            port=port or (),
            username=user or (),
            client_keys=None,
            agent_path=None,
            known_hosts=None,
            x509_trusted_certs=None,
            x509_trusted_cert_paths=[],
        )
        forwards = read_options(told.values)
    except (ValueError, OSError) as error:
        raise OpenError(
            f"{printable(host)}: the SSH configuration cannot be used",
            printable(str(error)),
            "Correct -Options or the configuration file named.",
        ) from error
    identity = (*told.lines(), told.proxy_command, told.text("knownhostscommand"))
    hop = Hop(host, options, tuple(config), told.proxy_command, told.unsupported, identity, forwards, told)
    for what, value in (("host name", hop.host), ("user name", hop.user)):
        if value.startswith("-"):
            raise OpenError(
                f"the {what} {printable(value)} is refused",
                "It starts with a dash, so an SSH program could take it for an option.",
                "Correct the call or the configuration file.",
            )
    return hop


def _jump_hosts(hop: Hop, sources: _Sources, depth: int) -> list[Hop]:
    jumps = [one.strip() for one in str(hop.option("ProxyJump") or "").split(",") if one.strip()]
    if depth + len(jumps) > MAX_HOPS:
        raise OpenError(
            f"{printable(hop.name)}: there are too many jump hosts",
            f"More than {MAX_HOPS} hosts come before it; perhaps ProxyJump leads in a circle.",
            "Correct ProxyJump in -Options or in the SSH configuration.",
        )
    hops = [_jump_host(one, sources) for one in jumps]
    # A jump host that would jump over itself is reached directly: "Host *" with ProxyJump is common.
    if not hops or (hops[0].host, hops[0].port) == (hop.host, hop.port):
        return []
    return [*_jump_hosts(hops[0], sources, depth + len(hops)), *hops]


def _jump_host(text: str, sources: _Sources) -> Hop:
    user, _, place = text.removeprefix("ssh://").rstrip("/").rpartition("@")
    host, port = place, ""
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    elif place.count(":") == 1:
        host, _, port = place.partition(":")
    if not host or (port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
        raise OpenError(f"the jump host {printable(text)} is not understood", "", "Write user@host:port in ProxyJump.")
    return _hop(host, user, int(port or 0), sources)


def _teach_asyncssh() -> None:
    """Let asyncssh keep directives it passes over by itself, so that ours are found where ssh finds them."""
    known = asyncssh.config.SSHClientConfig._handlers
    for name in _OURS:
        known.setdefault(name.lower(), (name, asyncssh.config.SSHClientConfig._set_string))


#: ciphers to ask for first where the configuration names none: asyncssh's ChaCha20, its own first choice, is put
#: together in Python from two ciphers and costs twice the processor time of AES-GCM
CIPHERS = "^aes*-gcm@openssh.com"
#: keepalive where the configuration names none: seconds between two, and how many may stay unanswered
ALIVE_INTERVAL, ALIVE_COUNT = 30, 3


def host_key_check(hop: Hop, address: str) -> HostKeyCheck:
    """Return the check of a host's key, with what is known of it. Reads files."""
    line = hop.told.text("knownhostscommand") if hop.told else ""
    return HostKeyCheck(
        command=KnownHostsCommand(line, hop.told.tokens) if hop.told and line else None,
        host=hop.host,
        port=hop.port,
        address=address,
        alias=str(hop.option("HostKeyAlias") or ""),
        checks_address=_checks_address(hop, address),
        files=known_hosts_files(hop),
        keeps=hop.option("UserKnownHostsFile") != [],
        revoked_file=next(iter(hop.paths("RevokedHostKeys")), None),
        rsa_bits=int(hop.option("RequiredRSASize") or 0),
        strict=str(hop.option("StrictHostKeyChecking") or "ask").lower(),
        hash_names=str(hop.option("HashKnownHosts") or "no").lower() in {"yes", "true"},
    )


def _checks_address(hop: Hop, address: str) -> bool:
    """Whether the address counts beside the name: CheckHostIP, but not for this computer or an alias, as with ssh."""
    if not address or address == hop.host or hop.option("HostKeyAlias") or not hop.told:
        return False
    return (
        hop.told.text("checkhostip").lower() in ("yes", "true")
        and not ip_address(address.partition("%")[0]).is_loopback
    )


def agent_path(hop: Hop) -> str:
    """Return the agent's socket, ``none`` without an agent, "" for the usual one of Windows."""
    agent = hop.option("IdentityAgent", "SSH_AUTH_SOCK")
    if agent is None:
        return "none"
    if agent == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK", "" if os.name == "nt" else "none")
    return os.path.expandvars(str(expanded(str(agent))))


def settings(hop: Hop) -> dict[str, Any]:
    """Return the settings of asyncssh that are the same for every connection to a host."""
    agent = agent_path(hop)
    return {
        "proxy_command": None,
        "username": hop.user,
        # The keys come from the KeyRing; without client_keys the path of the agent serves forwarding alone.
        "client_keys": None,
        "agent_path": agent,
        "agent_forwarding": False if agent == "none" else _forwarded_agent(hop),
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        # A key exchange by Kerberos would leave the host key unchecked.
        "gss_kex": False,
        "gss_auth": bool(hop.option("GSSAPIAuthentication", False)),
        "preferred_auth": _methods(hop),
        "signature_algs": _signatures(hop),
        "encryption_algs": () if hop.option("Ciphers") else CIPHERS,
        "connect_timeout": None,
        "login_timeout": 0,
        "keepalive_interval": hop.option("ServerAliveInterval", ALIVE_INTERVAL),
        "keepalive_count_max": hop.option("ServerAliveCountMax", ALIVE_COUNT),
        "encoding": None,
    }


def _methods(hop: Hop) -> Any:
    """Return the order of the ways to log in, () for the library's own or the configuration's.

    Without the extra kerberos its way comes last: asyncssh passes over it, and what it has passed over it no longer
    lists among what the server takes.
    """
    if hop.option("PreferredAuthentications") or find_spec("gssapi") is not None:
        return ()
    return ("hostbased", "publickey", "keyboard-interactive", "password", "gssapi-with-mic")


def _forwarded_agent(hop: Hop) -> Any:
    """Return whether the agent is forwarded, or another's path; ``$NAME`` that is not set means the usual one."""
    value = hop.option("ForwardAgent", False)
    if isinstance(value, str) and value.startswith("$"):
        return os.environ.get(value.removeprefix("$")) or True
    return value


def accepted_keys(hop: Hop) -> frozenset[str]:
    """Return the algorithms of keys that may be offered (PubkeyAcceptedAlgorithms), none for all of them."""
    chosen = str(hop.option("PubkeyAcceptedAlgorithms") or "")
    # Without an ssh nobody has resolved what is added or taken away.
    return frozenset() if chosen.startswith(("+", "-", "^")) else frozenset(chosen.split(",")) - {""}


def _signatures(hop: Hop) -> Any:
    """Return the signatures that keys may make, () for the library's own. A certificate's is that of its key."""
    chosen = {name.removesuffix("-cert-v01@openssh.com") for name in accepted_keys(hop)}
    chosen |= {f"{name}@openssh.com" for name in chosen if name.startswith("sk-") and "@" not in name}
    able = (name.decode("ascii") for name in asyncssh.public_key.get_public_key_algs())
    return [one for one in able if one in chosen] or ()


#: OpenSSH's order of host key algorithms (ssh_config(5), HostKeyAlgorithms), for machines without one
_ALGORITHMS = (
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


def host_key_algorithms(hop: Hop, check: HostKeyCheck) -> Any:
    """Return the key algorithms to ask the server for: those of the known keys first, as ssh does."""
    able = [name.decode("ascii") for name in asyncssh.public_key.get_public_key_algs()]
    certificates = [name.decode("ascii") for name in asyncssh.public_key.get_certificate_algs()]
    chosen = str(hop.option("HostKeyAlgorithms") or "")
    if chosen.startswith(("+", "-", "^")):
        return ()  # without an ssh to resolve it, asyncssh does
    allowed = chosen.split(",") if chosen else _ALGORITHMS
    usual = [one for one in allowed if one in able]
    wanted: list[str] = []
    if check.takes_certificates:
        wanted += [one for one in allowed if one in certificates]
    for name in check.algorithms:
        wanted += [one for one in usual if one == name or (name == "ssh-rsa" and one.startswith("rsa-"))]
    return [*wanted, *(one for one in usual if one not in wanted)] or ()
