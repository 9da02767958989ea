"""Keys with certificates, wherever they are held, and RSA keys as servers of today take them."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.console import Question
from pstui.backends.errors import OpenError
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh import keys as ssh_keys
from pstui.backends.transports.ssh.keys import KeyFile, KeyRing

from tests.support.answers import AnsweringConsole
from tests.support.nobody import NobodyConsole
from tests.support.sshd import Sshd, make_home, make_key, running_sshd

LIMIT = 20.0
PASSPHRASE = "open sesame"  # not a secret of anybody
ACCEPTED = "rsa-sha2-512,rsa-sha2-512-cert-v01@openssh.com,ssh-ed25519,ssh-ed25519-cert-v01@openssh.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server that lets in what an authority has signed, and RSA keys with SHA-512 alone."""
    folder = tmp_path_factory.mktemp("sshd")
    config = f"TrustedUserCAKeys {folder}/ca.pub\nPubkeyAcceptedAlgorithms {ACCEPTED}\n"
    make_key(folder / "ca")
    with running_sshd(folder, subsystems={"powershell": "exec cat"}, more_config=config) as sshd:
        for kind in ("rsa", "ed25519"):
            make_key(folder / f"open_{kind}", kind=kind)
            sign(sshd, make_key(folder / f"locked_{kind}", PASSPHRASE, kind))
        yield sshd


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Sshd) -> Path:
    return make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)


def sign(server: Sshd, key: Path) -> None:
    command = ["ssh-keygen", "-q", "-s", str(server.folder / "ca"), "-I", "test", "-n", server.user, f"{key}.pub"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


async def connect(server: Sshd, console: NobodyConsole, **values: Any) -> None:
    transport = await asyncio.wait_for(registry.connect(server.info(**values), ConnectContext(console)), LIMIT)
    await transport.abort()


@contextlib.contextmanager
def agent(folder: Path, monkeypatch: pytest.MonkeyPatch, *keys: Path) -> Iterator[None]:
    """An agent that holds the keys, without certificates."""
    path = folder / "agent"
    running = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        running.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        for key in keys:
            # A copy, since ssh-add takes a certificate beside the key along.
            copy = folder / f"copy_{key.name}"
            copy.touch(mode=0o600)
            copy.write_bytes(key.read_bytes())
            subprocess.run(
                ["ssh-keygen", "-q", "-p", "-P", PASSPHRASE, "-N", "", "-f", str(copy)],
                check=True,
                capture_output=True,
                timeout=30,
            )
            subprocess.run(["ssh-add", "-q", str(copy)], check=True, timeout=20, capture_output=True)
        yield
    finally:
        running.terminate()
        running.communicate(timeout=10)


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("form", ["RFC4716", "PEM"])
async def test_an_encrypted_key_with_a_certificate_is_asked_for_its_passphrase(
    server: Sshd, home: Path, tmp_path: Path, kind: str, form: str
) -> None:
    if (kind, form) == ("ed25519", "PEM"):
        pytest.skip("ssh-keygen has no such form of ED25519")
    key = tmp_path / "key"
    for end in ("", ".pub", "-cert.pub"):
        Path(f"{key}{end}").write_bytes(Path(f"{server.folder}/locked_{kind}{end}").read_bytes())
        Path(f"{key}{end}").chmod(0o600)
    if form == "PEM":
        command = ["ssh-keygen", "-q", "-p", "-m", form, "-P", PASSPHRASE, "-N", PASSPHRASE, "-f", str(key)]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
    console = AnsweringConsole(answers=[PASSPHRASE])
    await connect(server, console, KeyFilePath=str(key))
    assert "Passphrase for the key" in console.questions[0].label


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("way", ["named", "identity", "public", "certificate"])
async def test_a_key_in_the_agent_is_offered_with_the_certificate_that_is_kept_here(
    server: Sshd, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, kind: str
) -> None:
    key = server.folder / f"locked_{kind}"
    values: dict[str, Any] = {"KeyFilePath": None}
    config = {
        "named": "",
        "identity": f"IdentityFile {key}\n",
        "public": f"IdentityFile {key}.pub\nCertificateFile {key}-cert.pub\n",
        "certificate": f"CertificateFile {key}-cert.pub\n",
    }[way]
    (home / "config").write_text(config)
    if way == "named":
        values["KeyFilePath"] = str(key)
    with agent(tmp_path, monkeypatch, key):
        await connect(server, NobodyConsole(), **values)


async def test_an_rsa_key_signs_with_what_the_server_takes(server: Sshd, home: Path) -> None:
    key = server.folder / "open_rsa"
    server.allow(key)
    await connect(server, NobodyConsole(), KeyFilePath=str(key))
    with pytest.raises(OpenError, match="refused"):
        options = {"PubkeyAcceptedAlgorithms": "rsa-sha2-256"}
        await connect(server, NobodyConsole(), KeyFilePath=str(key), Options=options)


@pytest.mark.parametrize(
    ("key", "options", "why"),
    [
        ("open_ed25519", {"PubkeyAcceptedAlgorithms": "-ssh-ed25519"}, "PubkeyAcceptedAlgorithms"),
        ("open_ed25519", {"PubkeyAcceptedAlgorithms": "rsa-sha2-512"}, "PubkeyAcceptedAlgorithms"),
        ("signed_ed25519", {"PubkeyAcceptedAlgorithms": "-ssh-ed25519-cert-v01@openssh.com"}, "with its certificate"),
        ("signed_rsa", {"PubkeyAcceptedAlgorithms": "-rsa-sha2-*-cert-v01@openssh.com"}, "with its certificate"),
        ("open_rsa", {"RequiredRSASize": "4096"}, "RequiredRSASize asks for 4096 bits"),
    ],
)
async def test_a_key_that_the_configuration_leaves_out_is_not_offered(
    key: str, options: dict[str, str], why: str, server: Sshd, home: Path
) -> None:
    kind = key.partition("_")[2]
    path = server.folder / key
    if not path.exists():
        sign(server, make_key(path, kind=kind))
    if key.startswith("open"):
        server.allow(path)
    await connect(server, NobodyConsole(), KeyFilePath=str(path))
    with pytest.raises(OpenError, match="refused") as refused:
        await connect(server, NobodyConsole(), KeyFilePath=str(path), Options=options)
    (told,) = (line for line in refused.value.why.split("\n") if "was not offered" in line)
    assert why in told and str(path) in told
    assert key.startswith("signed") or "Keys offered" not in refused.value.why


async def test_sha_1_signs_where_it_was_asked_for_alone(tmp_path: Path) -> None:
    async def nobody(question: Question) -> str:
        raise AssertionError(question.label)

    async def signatures(*accepted: str) -> list[bytes]:
        ring = KeyRing([file], "none", agent_is_limited=False, certificates=[], accepted=frozenset(accepted))
        return [name async for pair in ring.pairs(nobody) for name in pair.sig_algorithms]

    file = KeyFile.load(make_key(tmp_path / "key", kind="rsa"))
    usual = [b"rsa-sha2-512", b"rsa-sha2-256"]
    assert await signatures() == await signatures("rsa-sha2-256", "ssh-ed25519") == usual
    assert await signatures("rsa-sha2-512", "ssh-rsa") == [*usual, b"ssh-rsa"]


async def test_only_keys_that_were_offered_are_named(server: Sshd, home: Path, tmp_path: Path) -> None:
    keys = [make_key(tmp_path / f"id_{number}") for number in range(8)]
    (home / "config").write_text("".join(f"IdentityFile {key}\n" for key in keys))
    with pytest.raises(OpenError, match="refused") as refused:
        await connect(server, NobodyConsole(), KeyFilePath=None)
    assert "too many attempts" in refused.value.why
    assert refused.value.why.count("/id_") == server.log.rpartition("Connection from")[2].count("Failed publickey")


async def test_a_security_key_says_what_it_needs(
    server: Sshd, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_keys, "find_spec", lambda name: None)
    public = asyncssh_sk()
    (tmp_path / "id_sk").write_text(public)
    (tmp_path / "id_sk").chmod(0o600)
    with pytest.raises(OpenError, match="refused") as refused:
        await connect(server, NobodyConsole(), KeyFilePath=str(tmp_path / "id_sk"))
    assert "security key" in refused.value.why
    assert "fido2" in refused.value.why


def asyncssh_sk() -> str:
    """Return the public half of a security key."""
    import base64
    import struct

    parts = [b"sk-ssh-ed25519@openssh.com", bytes(range(32)), b"ssh:"]
    blob = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return f"sk-ssh-ed25519@openssh.com {base64.b64encode(blob).decode()} test\n"
