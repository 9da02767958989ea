"""The keys to authenticate with: key files, encrypted or not, and the agent, in the order they are offered.

A key file named in the call is offered first, so that an agent full of others does not use up the server's patience.
The passphrase of an encrypted file is asked when the server has said that it would take the key, and once for all
hosts on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncssh
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import OpenError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.ssh.key_files import KeyFile
from pstui.backends.transports.texts import printable

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
        files = self._named or await asyncio.to_thread(_default_files)
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
                    file.gave_up = f"{file.path} needs a passphrase, and nobody is there to be asked."
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


def _default_files() -> list[KeyFile]:
    found: list[KeyFile] = []
    for name in DEFAULT_FILES:
        try:
            found.append(KeyFile.load(Path.home() / ".ssh" / name))
        except (OpenError, RuntimeError):
            continue
    return found


async def _unlocks(file: KeyFile, passphrase: str) -> bool:
    # The derivation of the key from the passphrase is made slow on purpose.
    return await asyncio.get_running_loop().run_in_executor(None, file.unlock, passphrase)
