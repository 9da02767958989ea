"""A real OpenSSH server on the loopback, for one test or one module: own folder, own keys, no privileges needed.

Its subsystem ``powershell`` is the demo endpoint of this source tree; ``subsystems`` adds others, each a shell script.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet

from tests.support.parts import missing, program, requires

#: seconds until the server must listen
START = 10.0
DEMO = f"exec {shlex.quote(sys.executable)} -m pstui.backends.demo.server.stdio"

#: SHLVL keeps bash from reading the account's .bashrc, which takes its time, and leaves locks behind when it is killed
_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
AllowTcpForwarding yes
LogLevel VERBOSE
SetEnv SHLVL=2
"""


def make_key(path: Path, passphrase: str = "", kind: str = "ed25519", comment: str = "test") -> Path:
    """Make a key pair at ``path``, over one that is there; an encrypted one is cheap to open. Needs ssh-keygen."""
    keygen = requires("sshd", ("ssh-keygen",))
    for one in (path, Path(f"{path}.pub")):
        one.unlink(missing_ok=True)
    command = [keygen, "-q", "-t", kind, "-a", "1", "-N", passphrase, "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return path


def free_port() -> int:
    """Return a port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Sshd:
    """A running sshd: ``folder`` holds its configuration, keys, log and the client's ``user_key``."""

    folder: Path
    subsystems: Mapping[str, str] = field(default_factory=dict)
    more_config: str = ""
    port: int = field(default_factory=free_port)
    host: str = "127.0.0.1"
    #: a password that lets in; only for root, in a mount namespace of the server's own
    password: str = ""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def user_key(self) -> Path:
        """The private key that may log in."""
        return self.folder / "user_key"

    @property
    def user(self) -> str:
        return getpass.getuser()

    @property
    def known_hosts_line(self) -> str:
        """The line of known_hosts that holds the server's present key."""
        kind, key = (self.folder / "host_key.pub").read_text().split()[:2]
        return f"[{self.host}]:{self.port} {kind} {key}\n"

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return (self.folder / "log").read_text(errors="replace")

    def allow(self, key: Path) -> None:
        """Let one more key log in."""
        with (self.folder / "authorized_keys").open("a") as stream:
            stream.write(Path(f"{key}.pub").read_text())

    def new_host_key(self) -> None:
        """Give the server another host key and restart it."""
        self.stop()
        make_key(self.folder / "host_key")
        self.start()

    def start(self) -> None:
        """Start the server and return when it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("host_key", "user_key"):
            if not (self.folder / name).exists():
                make_key(self.folder / name)
        if not (self.folder / "authorized_keys").exists():
            self.allow(self.user_key)
        first = "PasswordAuthentication yes\n" if self.password else ""
        lines = [first + self.more_config + "\n", _CONFIG.format(port=self.port, folder=self.folder)]
        for name, script in {"powershell": DEMO, **self.subsystems}.items():
            if script:
                lines.append(f"Subsystem {name} {self._script(name, script)}\n")
        (self.folder / "sshd_config").write_text("".join(lines))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._namespace(), program("sshd"), "-D", "-e", "-f", str(self.folder / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_listening()

    def _namespace(self) -> list[str]:
        """Return the words that begin a namespace in which the account has the password; none without one."""
        if not self.password:
            return []
        hashed = ["openssl", "passwd", "-6", "-stdin"]
        told = subprocess.run(hashed, input=self.password, capture_output=True, text=True, check=True, timeout=30)
        shadow = self.folder / "shadow"
        shadow.touch(mode=0o600)
        shadow.write_text(f"{self.user}:{told.stdout.strip()}:20000:0:99999:7:::\n")
        script = 'mount --bind "$1" /etc/shadow && shift && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh", str(shadow)]

    def stop(self) -> None:
        """End the server and every connection it serves."""
        process, self._process = self._process, None
        if process is not None:
            self.kill_connections(process.pid)
            process.kill()
            process.wait()

    def kill_connections(self, parent: int = 0) -> None:
        """Kill the processes that serve connections at once, as a crash would."""
        parent = parent or (self._process.pid if self._process else 0)
        for pid in _descendants(parent):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_subsystems(self) -> None:
        """Kill what runs for the users, not the SSH server's own processes."""
        parent = self._process.pid if self._process else 0
        for pid in _descendants(parent):
            if not _command(pid).startswith("sshd"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def info(self, **values: Any) -> ConnectionInfo:
        """Return a connection to this server with the key that may log in; ``values`` replace or add."""
        base: dict[str, Any] = {
            "HostName": self.host,
            "UserName": self.user,
            "Port": self.port,
            "KeyFilePath": str(self.user_key),
        }
        merged = {key: value for key, value in {**base, **values}.items() if value is not None}
        return ConnectionInfo(ParameterSet.SSH_HOST, merged)

    def _script(self, name: str, script: str) -> Path:
        path = self.folder / f"subsystem_{name}"
        path.write_text(f"#!/bin/sh\ncd {shlex.quote(str(Path.cwd()))}\n{script}\n")
        path.chmod(0o755)
        return path

    def _await_listening(self) -> None:
        end = time.monotonic() + START
        while True:
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"sshd did not start:\n{self.log}")
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return


def _descendants(pid: int) -> list[int]:
    """Return the processes below ``pid``, the nearest first; empty where there is no /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = entry.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found: list[int] = []
    rest = [pid]
    while rest:
        below = parents.get(rest.pop(0), [])
        found += below
        rest += below
    return found


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text()
    return ""


def can_have_passwords() -> None:
    """Skip the running test where a server cannot be given a password without changing an account of this computer."""
    requires("namespaces", ("unshare", "openssl"))
    probe = ["unshare", "--mount", "sh", "-c", "mount --bind /etc/shadow /etc/shadow"]
    if os.geteuid() != 0 or subprocess.run(probe, capture_output=True, check=False, timeout=30).returncode:
        missing("namespaces", "only root may make a mount namespace here")


@contextlib.contextmanager
def running_sshd(folder: Path, **options: Any) -> Iterator[Sshd]:
    """Run an sshd in ``folder`` for the block; the test is skipped where there is none."""
    requires("sshd", ("sshd", "ssh-keygen"))
    server = Sshd(folder, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """An sshd for one test; import the name to use it."""
    with running_sshd(tmp_path / "sshd") as server:
        yield server


def make_home(
    folder: Path, monkeypatch: pytest.MonkeyPatch, known: str = "", config: str = "HashKnownHosts no\n"
) -> Path:
    """Make ``folder`` the home of the client, with known_hosts and config; return its ``.ssh`` folder. No agent.

    The usual config undoes the one setting of Debian's own that tests would notice.
    """
    ssh = folder / ".ssh"
    ssh.mkdir(mode=0o700, parents=True)
    if known:
        (ssh / "known_hosts").write_text(known)
    if config:
        (ssh / "config").write_text(config)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return ssh
