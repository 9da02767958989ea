"""The keys that are offered to a server: files, encrypted or not, what the agent holds, and certificates for them.

``KeyRing`` offers the keys one by one. A key file named in the call comes first, so that an agent full of other keys
does not use up the server's patience. An encrypted file offers its public half; its passphrase is asked when the
server has said that it would take the key (``LockedKeyPair`` opens the file when it has to sign), once for all hosts
on the way. A key with a certificate is offered with it first and then by itself, as ssh does, wherever it is held.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import copy
import os
import shlex
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncssh
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import OpenError
from pstui.backends.extras import FIDO2, install_command
from pstui.backends.records import Stream, Write
from pstui.backends.transports.ssh.host_keys import rsa_bits
from pstui.backends.transports.streams import printable

#: largest key file read, in bytes
MAX_FILE = 256 << 10


class KeyFile:
    """One key file, encrypted or not.

    ``public`` is None for an encrypted file of the old formats without a ``.pub`` beside it. ``gave_up`` says why
    the file was not opened, once that is settled.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        """Take the content of a file. Raises OpenError when it is not a key."""
        self.path = path
        self._data = data
        self.private: asyncssh.SSHKey | None = None
        self.is_encrypted = False
        self.gave_up = ""
        #: whether it has signed for a login, and whether it was put into the agent afterwards
        self.has_signed = self.is_in_agent = False
        self.public = self._read()

    @classmethod
    def load(cls, path: Path) -> KeyFile:
        """Read a key file. Raises OpenError."""
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_FILE + 1)
                found = os.fstat(stream.fileno())
        except FileNotFoundError as error:
            raise OpenError(
                f"the key file {path} does not exist",
                "KeyFilePath names a private key on this computer.",
                "Correct the path, or make a key with: ssh-keygen -t ed25519",
                error_id="FileNotFoundException",
            ) from error
        except OSError as error:
            raise OpenError(
                f"the key file {path} cannot be read",
                f"The system says: {error.strerror or error}.",
                "Check who owns the file and its permissions.",
            ) from error
        if len(data) > MAX_FILE:
            raise _no_key(path, "It is far too large for one.")
        # As ssh does (sshkey_perm_ok); the public half may be read by anyone.
        if sys.platform != "win32" and found.st_uid == os.getuid() and found.st_mode & 0o077 and b"PRIVATE KEY" in data:
            raise OpenError(
                f"the key file {path} can be read by others",
                f"Its mode is {found.st_mode & 0o777:o}, and ssh does not use such a key either.",
                f"Keep it to yourself: chmod 600 {shlex.quote(str(path))}",
            )
        return cls(path, data)

    @property
    def certificates(self) -> list[str]:
        """The certificate file that lies beside the key, if there is one."""
        beside = Path(f"{self.path}-cert.pub")
        return [str(beside)] if beside.is_file() else []

    def unlock(self, passphrase: str) -> bool:
        """Open the private half; return whether the passphrase was right."""
        try:
            self.private = asyncssh.import_private_key(self._data, passphrase)
        except asyncssh.KeyEncryptionError:
            return False
        return True

    def _read(self) -> asyncssh.SSHKey | None:
        head = self._data[:4096]
        if b"PuTTY-User-Key-File" in head:
            raise _no_key(
                self.path, "It is in PuTTY's own format.", "Convert it: puttygen KEY -O private-openssh -o NEW"
            )
        blob = _openssh_public_half(self._data)
        if blob is not None or b"ENCRYPTED" in head:
            self.is_encrypted = True
            return _import_public(blob) if blob else self._public_beside()
        try:
            self.private = asyncssh.import_private_key(self._data)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            try:
                # The public half is enough where the agent holds the private one.
                return asyncssh.import_public_key(self._data)
            except asyncssh.KeyImportError:
                raise _no_key(self.path, f"It could not be understood ({printable(str(error))}).") from error
        return self.private.convert_to_public()

    def _public_beside(self) -> asyncssh.SSHKey | None:
        try:
            return asyncssh.read_public_key(f"{self.path}.pub")
        except (OSError, asyncssh.KeyImportError):
            return None


def _openssh_public_half(data: bytes) -> bytes | None:
    """Return the public key in an *encrypted* file of OpenSSH's format, None for any other file."""
    _, begin, rest = data.partition(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    if not begin:
        return None
    try:
        raw = base64.b64decode(rest.partition(b"-----END")[0])
        fields, at = [], len(b"openssh-key-v1\0")
        for _ in range(3):
            (size,) = struct.unpack_from(">I", raw, at)
            fields.append(raw[at + 4 : at + 4 + size])
            at += 4 + size
        (size,) = struct.unpack_from(">I", raw, at + 4)
    except (binascii.Error, struct.error):
        return None
    return raw[at + 8 : at + 8 + size] if fields[0] != b"none" else None


def _import_public(blob: bytes) -> asyncssh.SSHKey | None:
    try:
        (size,) = struct.unpack_from(">I", blob)
        return asyncssh.import_public_key(blob[4 : 4 + size] + b" " + base64.b64encode(blob))
    except (struct.error, asyncssh.KeyImportError):
        return None


def _no_key(
    path: Path, why: str, hint: str = "Give the private key that ssh-keygen made, not another file."
) -> OpenError:
    return OpenError(f"the file {path} is not an SSH key", why, hint)


#: what ssh tries when no key is named, in its order
DEFAULT_FILES = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")
#: tries to open one encrypted file; nothing is sent anywhere by a wrong one
MAX_PASSPHRASES = 3

Ask = Callable[[Question], Awaitable[str]]


class LockedKeyPair(asyncssh.SSHKeyPair):
    """A key pair that is opened when it has to sign."""

    def __init__(self, key: KeyFile, public: asyncssh.SSHKey, open_key: Callable[[KeyFile], Awaitable[bool]]) -> None:
        algorithms = list(public.sig_algorithms)
        super().__init__(
            public.algorithm, public.algorithm, algorithms, algorithms, public.public_data, str(key.path).encode()
        )
        self._file = key
        self._open = open_key

    async def sign_async(self, data: bytes) -> bytes:
        """Sign ``data``, asking for the passphrase first. Raises ValueError when it is not given."""
        if self._file.private is None and not await self._open(self._file):
            raise ValueError("the key was not opened")
        assert self._file.private is not None
        self._file.has_signed = True
        return await asyncio.to_thread(self._file.private.sign, data, self.sig_algorithm)


class KeyRing:
    """The keys of one connection, in the order in which they are offered, and what became of them."""

    def __init__(
        self,
        named: list[KeyFile],
        agent_path: str,
        *,
        agent_is_limited: bool,
        certificates: list[str],
        accepted: frozenset[str] = frozenset(),
        rsa_bits: int = 0,
    ) -> None:
        """``accepted`` are the algorithms of PubkeyAcceptedAlgorithms, empty for all, ``rsa_bits`` RequiredRSASize."""
        self._accepted, self._rsa_bits = accepted, rsa_bits
        self._named = named
        self._agent_path = agent_path
        self._agent_is_limited = agent_is_limited
        self._certificates = certificates
        self._agent: asyncssh.SSHAgentClient | None = None
        #: the files whose keys are offered
        self.files: list[KeyFile] = []
        self.offered: list[str] = []
        self.problems: list[str] = []
        #: whether a key was left out that ssh can use
        self.needs_program = False

    async def pairs(self, ask: Ask) -> AsyncIterator[asyncssh.SSHKeyPair]:
        """Yield the key pairs to offer; ``ask`` gets the passphrase questions."""
        self.offered.clear()
        in_agent = {pair.public_data: pair for pair in await self._agent_pairs()}
        files = self.files = self._named or await asyncio.to_thread(self._default_files)
        certificates = await self._certificates_of(*files)
        if not self._named:
            for pair in self._of_agent(in_agent, files, certificates):
                yield pair
        for file in files:
            held = in_agent.pop(file.public.public_data, None) if file.public else None
            base = held or await self._of_file(file, ask)
            for pair in self._with_certificates(base, await self._certificates_of(file)) if base else ():
                if self._may_offer(pair, str(file.path)):
                    yield pair
        if self._named:
            for pair in self._of_agent(in_agent, files, certificates):
                yield pair

    def _default_files(self) -> list[KeyFile]:
        """Return the key files of the home; those that cannot be used are named when the login fails. Blocks."""
        found: list[KeyFile] = []
        for name in DEFAULT_FILES:
            try:
                found.append(KeyFile.load(Path.home() / ".ssh" / name))
            except OpenError as error:
                if error.error_id != "FileNotFoundException":
                    self.problems.append(f"{error.what[:1].upper()}{error.what[1:]}.")
            except RuntimeError:
                continue
        return found

    def close(self) -> None:
        """Drop the connection to the agent."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None

    def _of_agent(
        self,
        in_agent: dict[bytes, asyncssh.SSHKeyPair],
        files: list[KeyFile],
        certificates: list[asyncssh.SSHCertificate],
    ) -> Iterator[asyncssh.SSHKeyPair]:
        """Yield what the agent holds; what was taken is no longer in ``in_agent``."""
        wanted = {file.public.public_data for file in files if file.public}
        taken = [blob for blob in in_agent if not self._agent_is_limited or blob in wanted]
        for held in [in_agent.pop(blob) for blob in taken]:
            for pair in self._with_certificates(held, certificates):
                if self._may_offer(pair, f"agent: {printable(held.get_comment('utf-8', 'replace') or 'a key')}"):
                    yield pair

    def _may_offer(self, pair: asyncssh.SSHKeyPair, name: str) -> bool:
        """Whether the configuration lets a key be offered, which is noted; as ssh does, others are passed over."""
        why = ""
        if 0 < rsa_bits(pair.key_public_data) < self._rsa_bits:
            why = f"RequiredRSASize asks for {self._rsa_bits} bits"
        elif self._accepted and not self._accepted & _algorithms(pair):
            why = "PubkeyAcceptedAlgorithms does not name its kind"
        if not why:
            self.offered.append(name)
            return True
        problem = f"{name}{' with its certificate' if pair.has_cert else ''} was not offered: {why}."
        self.problems += [problem] if problem not in self.problems else []
        return False

    async def _certificates_of(self, *files: KeyFile) -> list[asyncssh.SSHCertificate]:
        """Return the certificates that are named or lie beside the files."""
        paths = dict.fromkeys([*self._certificates, *(one for file in files for one in file.certificates)])
        found: list[asyncssh.SSHCertificate] = []
        for path in paths:
            try:
                found += await asyncio.to_thread(asyncssh.load_certificates, path)
            except (OSError, ValueError) as error:
                problem = f"The certificate {path} could not be read: {printable(str(error))}."
                self.problems += [problem] if problem not in self.problems else []
        return found

    def _with_certificates(
        self, pair: asyncssh.SSHKeyPair, certificates: list[asyncssh.SSHCertificate]
    ) -> Iterator[asyncssh.SSHKeyPair]:
        for certificate in certificates:
            if certificate.key.public_data == pair.key_public_data and not pair.has_cert:
                certified = copy.copy(pair)
                certified.set_certificate(certificate)
                yield _with_sha2(certified, self._accepted)
        yield _with_sha2(pair, self._accepted)

    async def _agent_pairs(self) -> list[asyncssh.SSHKeyPair]:
        if self._agent_path == "none":
            return []
        try:
            self.close()
            self._agent = asyncssh.SSHAgentClient(self._agent_path)
            return list(await self._agent.get_keys())
        except (OSError, ValueError) as error:
            if self._agent_path:
                self.problems.append(f"The agent could not be used: {printable(str(error))}.")
            return []

    async def _of_file(self, file: KeyFile, ask: Ask) -> asyncssh.SSHKeyPair | None:
        async def open_key(key: KeyFile) -> bool:
            return await self._unlock(key, ask)

        if file.public is None and not await open_key(file):
            return None
        kind = file.public.get_algorithm() if file.public else ""
        if kind.startswith("sk-") and find_spec("fido2") is None:
            self.needs_program = True
            self.problems.append(
                f"{file.path} stands for a security key, which needs the Python package fido2. Load it into the agent "
                f"(ssh-add), or run: {install_command(FIDO2)}"
            )
            return None
        if file.private is not None and (kind.startswith("sk-") or file.public is None):
            return asyncssh.load_keypairs([file.private])[0]
        if file.public is None or (file.private is None and not file.is_encrypted):
            self.problems.append(f"{file.path} holds only the public half, and no agent holds the other.")
            return None
        return LockedKeyPair(file, file.public, open_key)

    async def _unlock(self, file: KeyFile, ask: Ask) -> bool:
        if file.gave_up:
            return False
        preamble: tuple[Write, ...] = ()
        for _ in range(MAX_PASSPHRASES):
            label = f"Passphrase for the key {file.path}: "
            try:
                answer = await ask(Question(QuestionKind.SECRET, label, preamble, remote=False))
            except QuestionCancelled as cancelled:
                file.gave_up = f"The passphrase of {file.path} was not given."
                if cancelled.nobody:
                    file.gave_up = f"{file.path} needs a passphrase, and there is nobody to ask."
                self.problems.append(file.gave_up)
                return False
            if answer and await _unlocks(file, answer):
                return True
            if not answer:
                break
            preamble = (Write("The passphrase is wrong.", stream=Stream.NOTICE),)
        file.gave_up = f"The passphrase given for {file.path} is wrong."
        self.problems.append(file.gave_up)
        return False


#: what asyncssh calls RSA keys, and the signatures that ssh makes with them, in its order (ssh_config(5),
#: PubkeyAcceptedAlgorithms); SHA-1 is not among them
_RSA, _SHA2 = (b"ssh-rsa", b"ssh-rsa-cert-v01@openssh.com"), (b"rsa-sha2-512", b"rsa-sha2-256")


_CERTIFICATE = b"-cert-v01@openssh.com"


def _with_sha2(pair: asyncssh.SSHKeyPair, accepted: frozenset[str] = frozenset()) -> asyncssh.SSHKeyPair:
    """Let an RSA key sign with SHA-2, and SHA-1 where that is named; call its certificate as servers do."""
    if pair.key_algorithm not in _RSA:
        return pair
    # A certificate is announced together with its signature, so there is one choice only.
    first = next((one for one in _SHA2 if (one + _CERTIFICATE).decode() in accepted), _SHA2[0])
    pair.sig_algorithms = (first,) if pair.has_cert else (*_SHA2, *((b"ssh-rsa",) if "ssh-rsa" in accepted else ()))
    if pair.has_cert or pair.get_key_type() != "agent":
        pair.set_sig_algorithm(first)
    if pair.has_cert:
        pair.algorithm = first + _CERTIFICATE
    return pair


def _algorithms(pair: asyncssh.SSHKeyPair) -> set[str]:
    """Return the names by which a key pair can be offered, as PubkeyAcceptedAlgorithms has them."""
    return {name.decode("ascii", "replace") for name in ((pair.algorithm,) if pair.has_cert else pair.sig_algorithms)}


async def _unlocks(file: KeyFile, passphrase: str) -> bool:
    # The derivation of the key from the passphrase is made slow on purpose.
    return await asyncio.get_running_loop().run_in_executor(None, file.unlock, passphrase)
