"""Logging in at one SSH server: its host key judged, keys offered, passwords and its own questions put to a person.

How this works. asyncssh drives the login and calls back; ``Login`` is that set of callbacks for one connection, and
afterwards the account of what was tried, from which the error is written. A callback can wait for a person, except the
two about the host key: they must answer at once. So an unknown key is refused, the person is asked outside, and the
connection is made a second time, trusting exactly the key that was agreed to.

``KeyRing`` offers the keys one by one. A key file named in the call comes first, so that an agent full of other keys
does not use up the server's patience. An encrypted file offers its public half; its passphrase is asked when the
server has said that it would take the key (``LockedKeyPair`` opens the file when it has to sign), once for all hosts
on the way.

A password and the server's own questions are tried as often as ssh does (NumberOfPasswordPrompts). Once a person
refuses to answer, every other method is given up as well. While a person is asked, the step's time limit stands still.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import shlex
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncssh
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import LoginPassword, Secret
from pstui.backends.errors import OpenError, PstuiError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.host_keys import HostKeyCheck, fingerprint, key_name
from pstui.backends.transports.ssh.step_timeout import StepTimeout
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
                "KeyFilePath names a private key on this machine.",
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
        if os.name != "nt" and found.st_uid == os.getuid() and found.st_mode & 0o077 and b"PRIVATE KEY" in data:
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
        return await asyncio.to_thread(self._file.private.sign, data, self.sig_algorithm)


class KeyRing:
    """The keys of one connection, in the order in which they are offered, and what became of them."""

    def __init__(
        self, named: list[KeyFile], agent_path: str, *, agent_is_limited: bool, certificates: list[str]
    ) -> None:
        self._named = named
        self._agent_path = agent_path
        self._agent_is_limited = agent_is_limited
        self._certificates = certificates
        self._agent: asyncssh.SSHAgentClient | None = None
        self.offered: list[str] = []
        self.problems: list[str] = []

    async def pairs(self, ask: Ask) -> AsyncIterator[asyncssh.SSHKeyPair]:
        """Yield the key pairs to offer; ``ask`` gets the passphrase questions."""
        self.offered.clear()
        in_agent = {pair.public_data: pair for pair in await self._agent_pairs()}
        files = self._named or await asyncio.to_thread(self._default_files)
        if not self._named:
            for pair in self._of_agent(in_agent, files):
                yield pair
        for file in files:
            held = in_agent.pop(file.public.public_data, None) if file.public else None
            pairs = [held] if held else await self._of_file(file, ask)
            for pair in pairs:
                self.offered.append(str(file.path))
                yield pair
        if self._named:
            for pair in self._of_agent(in_agent, files):
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

    def _of_agent(self, in_agent: dict[bytes, asyncssh.SSHKeyPair], files: list[KeyFile]) -> list[asyncssh.SSHKeyPair]:
        wanted = {file.public.public_data for file in files if file.public}
        taken = [blob for blob in in_agent if not self._agent_is_limited or blob in wanted]
        pairs = [in_agent.pop(blob) for blob in taken]
        self.offered += [f"agent: {printable(pair.get_comment('utf-8', 'replace') or 'a key')}" for pair in pairs]
        return pairs

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

    async def _of_file(self, file: KeyFile, ask: Ask) -> list[asyncssh.SSHKeyPair]:
        async def open_key(key: KeyFile) -> bool:
            return await self._unlock(key, ask)

        if file.public is None and not await open_key(file):
            return []
        key: asyncssh.SSHKey | asyncssh.SSHKeyPair | None = file.private
        if key is None:
            if not file.is_encrypted or file.public is None:
                self.problems.append(f"{file.path} holds only the public half, and no agent holds the other.")
                return []
            key = LockedKeyPair(file, file.public, open_key)
        try:
            return list(asyncssh.load_keypairs([key], None, [*self._certificates, *file.certificates]))
        except (OSError, ValueError) as error:
            self.problems.append(f"A certificate could not be read: {printable(str(error))}.")
            return list(asyncssh.load_keypairs([key]))

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


async def _unlocks(file: KeyFile, passphrase: str) -> bool:
    # The derivation of the key from the passphrase is made slow on purpose.
    return await asyncio.get_running_loop().run_in_executor(None, file.unlock, passphrase)


#: bounds of what a server may ask before it knows us: rounds, questions in one, characters of one text
MAX_ROUNDS, MAX_PROMPTS, MAX_TEXT = 20, 20, 1000
#: tries of one method where the configuration says nothing (ssh_config(5), NumberOfPasswordPrompts)
PROMPTS = 3
#: lines of a banner that are shown
MAX_BANNER = 100
_AGAIN = "The server did not accept the answer. Try again."
_NEXT_METHOD = "The server did not accept the answer. It also takes a password in another way."


class Login(asyncssh.SSHClient):
    """The callbacks of one connection, and afterwards the account of what was tried.

    ``cancelled`` is set when a person refused to answer: from then on every method is given up. ``answered`` tells
    whether a password or an answer was given to the server. ``offered_key`` is the host key that was not trusted.
    """

    def __init__(
        self, user: str, host_keys: HostKeyCheck, ring: KeyRing, context: ConnectContext, limit: StepTimeout
    ) -> None:
        self._host = printable(host_keys.host)
        self._host_keys, self._ring = host_keys, ring
        self._context, self._limit = context, limit
        self._pairs: AsyncIterator[asyncssh.SSHKeyPair] | None = None
        self._connection: asyncssh.SSHClientConnection | None = None
        self._tries: dict[str, int] = {}
        self._is_again = False
        self._rounds = 0
        #: how often a password or an answer may be tried (NumberOfPasswordPrompts)
        self.prompts = PROMPTS
        self.user = user
        #: where the password comes from, before anybody is asked for it
        self.password: LoginPassword | None = None
        self._fetched = False
        #: called when the host key was accepted and the login begins
        self.on_begin: Callable[[], None] = lambda: None
        self.offered_key: asyncssh.SSHKey | None = None
        #: who signed the certificate that the server showed
        self.offered_authority: asyncssh.SSHKey | None = None
        self.began = False
        self.completed = False
        self.answered = False
        self.cancelled: QuestionCancelled | None = None
        self.tried: list[str] = []
        self.accepted_methods: list[str] = []
        self.problems: list[str] = []

    @property
    def reached(self) -> bool:
        """Whether the connection came to be, so that its socket is in the library's hands."""
        return self._connection is not None

    # The connection and its host key.

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.offered_key = key
        self._context.step("host key", f"{key_name(key.get_algorithm())} {fingerprint(key.public_data)}")
        return self._host_keys.is_trusted(key.public_data)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.offered_authority = key
        self._context.step("host key", f"certificate of {fingerprint(key.public_data)}")
        return self._host_keys.is_trusted_authority(key.public_data)

    def auth_banner_received(self, msg: str, lang: str) -> None:
        lines = msg.replace("\r", "").strip("\n").split("\n")[:MAX_BANNER]
        for line in lines:
            self._context.console.write(Write(f"{self._host}: {line[:MAX_TEXT]}", stream=Stream.NOTICE))

    # Authentication.

    def begin_auth(self, username: str) -> None:
        self.began = True
        self.on_begin()
        self._context.step("authentication", printable(username))

    def auth_completed(self) -> None:
        self.completed = True

    async def public_key_auth_requested(self) -> asyncssh.SSHKeyPair | None:
        self._note("publickey")
        if self._pairs is None:
            self._pairs = self._ring.pairs(self._ask)
        return None if self.cancelled else await anext(self._pairs, None)

    async def password_auth_requested(self) -> str | None:
        tries = self._tries.get("password", 0)
        if not self._may_try("password"):
            return None
        if (known := await self._known()) is not None:
            return known
        label = f"{printable(self.user)}@{self._host}'s password: "
        # The same words a second time: without a reason the person would take the question for a fault.
        told = _AGAIN if tries else _NEXT_METHOD if self.answered else ""
        said = (Write(told, stream=Stream.NOTICE),) if told else ()
        answer = await self._answer(Question(QuestionKind.SECRET, label, said, remote=False, source=self._host))
        return self._typed(answer)

    def kbdint_auth_requested(self) -> str | None:
        self._is_again = self._tries.get("keyboard-interactive", 0) > 0
        return "" if self._may_try("keyboard-interactive") else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> Sequence[str] | None:
        self._rounds += 1
        texts = tuple(prompt[:MAX_TEXT] for prompt, _ in prompts)
        if self.cancelled or self._rounds > MAX_ROUNDS or len(prompts) > MAX_PROMPTS:
            return None
        head = [text[:MAX_TEXT] for text in (name, instructions) if text.strip()]
        head = [_AGAIN, *head] if self._is_again and prompts else head
        self._is_again = self._is_again and not prompts
        preamble = tuple(Write(printable(line), stream=Stream.NOTICE) for text in head for line in text.splitlines())
        answers: list[str] = []
        for text, (_, echo) in zip(texts, prompts, strict=True):
            kind = QuestionKind.LINE if echo else QuestionKind.SECRET
            *above, last = text.strip().splitlines() or [""]
            preamble += tuple(Write(printable(line), stream=Stream.NOTICE) for line in above)
            label = f"({printable(self.user)}@{self._host}) {printable(last.strip())} "
            is_password = kind is QuestionKind.SECRET and len(prompts) == 1 and "password" in last.casefold()
            answer = await self._known() if is_password else None
            if answer is None:
                answer = await self._answer(Question(kind, label, preamble, remote=False, source=self._host))
                answer = self._typed(answer) if is_password else answer
            if answer is None:
                return None
            answers.append(answer)
            preamble = ()
        for line in preamble:
            self._context.console.write(line)
        return answers

    async def password_change_requested(self, prompt: str, lang: str) -> Any:
        self.problems.append("The password has expired; it has to be changed before another login.")
        # asyncssh takes this value for "cannot": the method is then given up.
        return NotImplemented

    def _may_try(self, method: str) -> bool:
        """Note a method; return whether it may be tried: a few times, and not after a person refused to answer."""
        self._note(method)
        self._tries[method] = self._tries.get(method, 0) + 1
        return self._tries[method] <= self.prompts and self.cancelled is None

    def _note(self, method: str) -> None:
        if method not in self.tried:
            self.tried.append(method)
        if self._connection is not None:
            with suppress(AttributeError):
                self.accepted_methods += [
                    one for one in self._connection.get_server_auth_methods() if one not in self.accepted_methods
                ]

    async def _known(self) -> str | None:
        """Return the password that is known or has a source, once: one that was refused is not sent again."""
        if self.password is None or self._fetched:
            return None
        self._fetched = True
        try:
            found = await self._limit.unhurried(self.password.fetch())
        except PstuiError as error:
            self._context.console.write(Write(printable(error.text()), stream=Stream.WARNING))
            return None
        self.answered = self.answered or found is not None
        return None if found is None else found.reveal()

    def _typed(self, answer: str | None) -> str | None:
        if answer is not None and self.password is not None:
            self.password.typed(self.user, Secret(answer))
        return answer

    async def _answer(self, question: Question) -> str | None:
        try:
            answer = await self._ask(question)
            self.answered = True
            return answer
        except QuestionCancelled as cancelled:
            if cancelled.nobody:
                self.problems.append(f"There is nobody to ask for: {question.label.strip()}")
            return None

    async def _ask(self, question: Question) -> str:
        try:
            return (await self._limit.ask(self._context.console, question)).reveal()
        except QuestionCancelled as cancelled:
            if not cancelled.nobody:
                self.cancelled = cancelled
            raise
