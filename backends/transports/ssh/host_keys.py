"""Server keys and OpenSSH's known_hosts files: whether a key is trusted, asked about once, or refused.

The name (with its port) is looked up; the address beside it with CheckHostIP alone, as with ssh: a key that is known
for an address says nothing about a name that now leads there. A key that has changed or was revoked is never asked
away: the connection is refused with both fingerprints, the line that holds the old one and the command that removes it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import fnmatch
import hashlib
import hmac
import os
import re
import secrets
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pstui.backends.console import Choice, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.known_hosts_command import KnownHostsCommand
from pstui.backends.transports.ssh.revoked import RevokedKeys
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.streams import printable

DEFAULT_PORT = 22
#: largest file that is read, in bytes; ten thousands of hosts need less
MAX_FILE = 32 << 20


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One key of a known_hosts file: where it is and the key itself (``blob`` in SSH's encoding)."""

    file: Path
    line: int
    algorithm: str
    blob: bytes

    @property
    def place(self) -> str:
        """File and line, for a message."""
        return f"{self.file}, line {self.line}"


@dataclass(slots=True)
class KnownHost:
    """What the files hold on one host. ``bare`` are keys of the same name without the port."""

    keys: list[KnownKey] = field(default_factory=list)
    authorities: list[KnownKey] = field(default_factory=list)
    revoked: list[KnownKey] = field(default_factory=list)
    bare: list[KnownKey] = field(default_factory=list)


def fingerprint(blob: bytes) -> str:
    """Return the SHA256 fingerprint of a public key as OpenSSH writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def key_name(algorithm: str) -> str:
    """Return the short name of a key algorithm, as ``ssh-keygen -l`` shows it: ``ED25519``, ``RSA``, ``ECDSA``."""
    return algorithm.removeprefix("sk-").removeprefix("ssh-").split("@")[0].split("-")[0].upper()


def host_token(host: str, port: int) -> str:
    """Return the name under which a host is kept: ``host``, or ``[host]:port`` for any port but 22."""
    host = host.lower()
    return host if port == DEFAULT_PORT else f"[{host}]:{port}"


def look_up(files: list[Path], host: str, port: int, *, with_port: bool = True) -> KnownHost:
    """Return what ``files`` hold on a host; files that do not exist or cannot be read hold nothing.

    ``with_port`` is False for an alias, which is looked up as it is. Lines that are not understood are passed
    over, as ssh does.
    """
    found = KnownHost()
    token = host_token(host, port) if with_port else host.lower()
    bare = host.lower() if token != host.lower() else ""
    for file in files:
        _read(found, file, _lines(file), token, bare)
    return found


def _read(found: KnownHost, file: Path, lines: Iterable[str], token: str, bare: str) -> None:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        fields = text.split()
        marker = fields.pop(0) if text.startswith("@") else ""
        if len(fields) < 3:
            continue
        if marker in ("", "@cert-authority", "@revoked"):
            _take(found, marker, fields, KnownKey(file, number, fields[1], _blob(fields[2])), token, bare)


def remember(file: Path, host: str, port: int, algorithm: str, blob: bytes, *, hashed: bool, with_port: bool) -> None:
    """Append a host's key to ``file``, made readable by its owner alone if it is new. Raises OSError."""
    name = host_token(host, port) if with_port else host.lower()
    if hashed:
        salt = secrets.token_bytes(20)
        digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
        name = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    line = f"{name} {algorithm} {base64.b64encode(blob).decode('ascii')}\n".encode()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(size - 1)
            if stream.read(1) != b"\n":
                line = b"\n" + line
        stream.write(line)


def _lines(file: Path) -> list[str]:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE).decode("utf-8", "replace").split("\n")
    except OSError:
        return []


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _take(found: KnownHost, marker: str, fields: list[str], key: KnownKey, token: str, bare: str) -> None:
    if not key.blob:
        return
    if _names(fields[0], token):
        {"": found.keys, "@cert-authority": found.authorities, "@revoked": found.revoked}[marker].append(key)
    elif bare and _names(fields[0], bare):
        # A key revoked for the name is revoked for each of its ports; a key known for it is only a hint.
        {"": found.bare, "@cert-authority": found.authorities, "@revoked": found.revoked}[marker].append(key)


def _names(patterns: str, token: str) -> bool:
    """Return whether the first field of a line means the host: a hashed name, or a list of patterns."""
    if patterns.startswith("|"):
        try:
            _, magic, salt, digest = patterns.split("|")
            expected = hmac.new(base64.b64decode(salt), token.encode(), hashlib.sha1).digest()
            return magic == "1" and hmac.compare_digest(expected, base64.b64decode(digest))
        except (ValueError, binascii.Error):
            return False
    matched = False
    for pattern in patterns.lower().split(","):
        # Only * and ? are wild in these files; brackets stand for themselves.
        wild = fnmatch.translate(pattern.removeprefix("!").replace("[", "[[]"))
        if re.match(wild, token):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched


CHOICES = (
    Choice("yes", "Y", "Connect, and keep the key in known_hosts."),
    Choice("once", "O", "Connect this time without keeping the key."),
    Choice("no", "N", "Do not connect."),
)
#: wrong answers before the question is taken as refused
MAX_ANSWERS = 5


@dataclass(slots=True)
class HostKeyCheck:
    """The decision on one host's key. ``strict`` is the value of StrictHostKeyChecking.

    ``files`` are the known_hosts files, the first one being where a new key is kept. ``accepted`` is the key a person
    has just agreed to; from then on nothing but it is trusted.
    """

    host: str
    port: int
    address: str
    alias: str
    files: list[Path]
    strict: str = "ask"
    hash_names: bool = False
    accepted: bytes = b""
    #: whether a new key may be kept: UserKnownHostsFile may be ``none``
    keeps: bool = True
    #: CheckHostIP: whether another key that is known for the address speaks against this one
    checks_address: bool = False
    #: the file of RevokedHostKeys, and the bits of RequiredRSASize
    revoked_file: Path | None = None
    rsa_bits: int = 0
    #: why a certificate of the server was not taken; its plain key is looked at then
    turned_down: str = ""
    #: what prints further known keys (KnownHostsCommand)
    command: KnownHostsCommand | None = None
    known: KnownHost = field(default_factory=KnownHost)
    _listed: RevokedKeys | None = None
    #: what is known of the address, and the key of the name that was trusted
    _there: KnownHost = field(default_factory=KnownHost)
    _trusted: tuple[str, bytes] = ("", b"")
    _ordering: KnownHost = field(default_factory=KnownHost)

    def __post_init__(self) -> None:
        self._listed = RevokedKeys(self.revoked_file) if self.revoked_file else None
        self.known = look_up(self.files, self.alias or self.host, self.port, with_port=not self.alias)
        if self.checks_address:
            self._there = look_up(self.files, self.address, self.port)
        if self.command is not None:
            found = self._ordering if self.command.depends_on_key else self.known
            _read(found, self.command.path, self.command.run(self._token), self._token, "")

    @property
    def _token(self) -> str:
        return self.alias.lower() if self.alias else host_token(self.host, self.port)

    @property
    def algorithms(self) -> list[str]:
        """The key algorithms of the keys that are known, so that the server shows one of these if it can."""
        known = self.known.keys or self.known.bare
        return list(dict.fromkeys(key.algorithm for key in (*known, *self._ordering.keys)))

    @property
    def takes_certificates(self) -> bool:
        """Whether the server may show a certificate: an authority is known for it, and none was turned down."""
        return bool(self.known.authorities) and not self.accepted and not self.turned_down

    def is_trusted(self, blob: bytes) -> bool:
        """Return whether the server may be trusted with this key, without asking anybody."""
        if not self.is_fit(blob):
            return False
        if self.accepted:
            return blob == self.accepted
        # ssh also takes the key of the same name without a port for good where none is kept with the port.
        keys = [key for key in self.known.keys or self.known.bare if key.blob == blob]
        if keys:
            self._trusted = (keys[0].algorithm, blob)
        return bool(keys) and not self._differs_there(blob)

    def _differs_there(self, blob: bytes) -> bool:
        return bool(self._there.keys) and all(key.blob != blob for key in self._there.keys)

    def learn_address(self, context: ConnectContext) -> None:
        """Keep the key that was trusted for the address as well, where none is known for it (CheckHostIP)."""
        algorithm, blob = self._trusted
        if self.checks_address and blob and not self._there.keys and not self.accepted:
            self._keep(algorithm, blob, context, self.address)

    def is_trusted_authority(self, blob: bytes) -> bool:
        """Return whether certificates signed with this key are trusted for the host."""
        if any(key.blob == blob for key in self.known.revoked):
            return False
        return not self.accepted and any(key.blob == blob for key in self.known.authorities)

    def is_fit(self, blob: bytes) -> bool:
        """Return whether nothing speaks against a key; ``decide`` says what does, or has to ask for it."""
        revoked = any(key.blob == blob for key in self.known.revoked)
        listed = self._listed is not None and self._listed.holds(blob) is not False
        return not revoked and not listed and not 0 < rsa_bits(blob) < self.rsa_bits

    def check_fit(self, algorithm: str, blob: bytes) -> None:
        """Raise OpenError when the key is one of the revoked, or an RSA key that is too short. May block."""
        for key in self.known.revoked:
            if key.blob == blob:
                raise _revoked(self.host, algorithm, key.place, blob)
        if self._listed is not None and not self._listed.is_readable:
            raise OpenError(
                f"{printable(self.host)}: no host key can be trusted, so the connection is refused",
                f"The file of RevokedHostKeys, {printable(str(self.revoked_file))}, cannot be read.",
                "Correct RevokedHostKeys in -Options or in the SSH configuration, or the file.",
            )
        if self._listed is not None and self._listed.ask(blob):
            raise _revoked(self.host, algorithm, str(self.revoked_file), blob)
        if 0 < rsa_bits(blob) < self.rsa_bits:
            raise OpenError(
                f"{printable(self.host)}: the host key is too short, so the connection is refused",
                f"It is an RSA key of {rsa_bits(blob)} bits; RequiredRSASize asks for {self.rsa_bits}.",
                "Give the server a longer key, or an ED25519 one.",
            )

    async def decide(self, algorithm: str, blob: bytes, context: ConnectContext, limit: StepTimeout) -> None:
        """Decide on a key that is not trusted: accept it, or raise OpenError (OpenCancelled when a person said no).

        A key that was only not known to be fit is trusted afterwards.
        """
        if self.command is not None and self.command.depends_on_key:
            await asyncio.to_thread(self._ask_command, self.command, algorithm, blob)
        if self.command is not None and self.command.problem:
            context.console.write(Write(f"{printable(self.host)}: {self.command.problem}", stream=Stream.NOTICE))
        await asyncio.to_thread(self.check_fit, algorithm, blob)
        if self.is_trusted(blob):
            return
        is_known = any(key.blob == blob for key in self.known.keys or self.known.bare)
        if (self.known.keys or self.accepted) and not is_known:
            raise self._changed(algorithm, blob)
        if self._differs_there(blob):
            await self._decide_on_address(algorithm, blob, context, limit)
        if is_known:
            self.accepted = blob
            return
        if self.strict in {"no", "off", "accept-new", "false"}:
            keep = True
        elif self.strict in {"yes", "true"}:
            raise self._unknown(algorithm, blob, "StrictHostKeyChecking does not allow asking about it.")
        else:
            keep = await self._ask(algorithm, blob, context, limit)
        self.accepted = blob
        if keep:
            self._keep(algorithm, blob, context, self.alias or self.host)
            if self.checks_address and not self._there.keys:
                self._keep(algorithm, blob, context, self.address)

    async def _decide_on_address(
        self, algorithm: str, blob: bytes, context: ConnectContext, limit: StepTimeout
    ) -> None:
        """Decide on a key where another one is known for the address. Raises OpenError, OpenCancelled."""
        old = self._there.keys[0]
        told = [
            f"The {key_name(algorithm)} host key of {printable(self.host)} differs from the one that is known for its"
            f" address {self.address}.",
            f"The server shows {fingerprint(blob)}; known for the address is {fingerprint(old.blob)}, kept in"
            f" {old.place}.",
        ]
        if self.strict in {"no", "off", "false"}:
            context.console.write(Write("\n".join(told), stream=Stream.NOTICE))
            return
        if self.strict not in {"yes", "true", "accept-new"}:
            answer = await self._answer(told, (CHOICES[0], CHOICES[2]), "", context, limit)
            if answer == "yes":
                return
            if answer == "no":
                raise OpenCancelled(f"{printable(self.host)}: not connected, its host key was not accepted")
        raise OpenError(
            f"{printable(self.host)}: another host key is known for its address, so the connection is refused",
            "\n".join([*told, "CheckHostIP compares them, and StrictHostKeyChecking allows no exception."]),
            f"Ask the owner of that computer. If the change is right, remove the old key: ssh-keygen -R"
            f" {shlex.quote(host_token(self.address, self.port))} -f {shlex.quote(str(old.file))}",
        )

    def _ask_command(self, command: KnownHostsCommand, algorithm: str, blob: bytes) -> None:
        lines = command.run(self._token, (algorithm, fingerprint(blob), blob))
        _read(self.known, command.path, lines, self._token, "")

    async def _ask(self, algorithm: str, blob: bytes, context: ConnectContext, limit: StepTimeout) -> bool:
        mark = fingerprint(blob)
        address = f" ({self.address})" if self.address and self.address != self.host else ""
        preamble = [
            f"The host key of {printable(self.host)}{address}, port {self.port}, is not known yet.",
            f"It is an {key_name(algorithm)} key with the fingerprint {mark}",
            "Compare it with what the owner of that computer tells you.",
        ]
        answer = await self._answer(preamble, CHOICES, mark, context, limit)
        if answer is None:
            raise self._unknown(algorithm, blob, "There is nobody to ask about it.")
        if answer == "no":
            raise OpenCancelled(f"{printable(self.host)}: not connected, its host key was not accepted")
        return answer == "yes"

    async def _answer(
        self, preamble: list[str], choices: tuple[Choice, ...], mark: str, context: ConnectContext, limit: StepTimeout
    ) -> str | None:
        """Return the choice of a person, ``no`` after too many wrong answers, None where nobody is there to ask.

        Raises OpenCancelled.
        """
        keys = "  ".join(f"[{choice.label[0].upper()}] {choice.label}" for choice in choices)
        for _ in range(MAX_ANSWERS):
            question = Question(
                QuestionKind.CHOICE,
                f'{keys}  (default is "N"): ',
                tuple(Write(line, stream=Stream.NOTICE) for line in preamble),
                choices,
                (len(choices) - 1,),
                remote=False,
                source=printable(self.host),
                single=True,
            )
            try:
                answer = (await limit.ask(context.console, question)).reveal().strip()
            except QuestionCancelled as cancelled:
                if cancelled.nobody:
                    return None
                raise OpenCancelled(f"{printable(self.host)}: not connected") from cancelled
            if mark and answer == mark:
                return "yes"
            for choice in choices:
                if answer.lower() in (choice.label, choice.label[0]) or (choice.label == "no" and not answer):
                    return choice.label
            letters = ", ".join(choice.label[0].upper() for choice in choices[:-1])
            preamble = [f"Please answer with {letters} or N{', or type the fingerprint' if mark else ''}."]
        return "no"

    def _keep(self, algorithm: str, blob: bytes, context: ConnectContext, name: str) -> None:
        if not self.files or not self.keeps:
            return
        try:
            remember(self.files[0], name, self.port, algorithm, blob, hashed=self.hash_names, with_port=not self.alias)
        except OSError as error:
            text = f"The host key could not be kept in {self.files[0]}: {error.strerror or error}."
            context.console.write(Write(text, stream=Stream.NOTICE))

    def _unknown(self, algorithm: str, blob: bytes, reason: str) -> OpenError:
        where = self.files[0] if self.files else "~/.ssh/known_hosts"
        return OpenError(
            f"{printable(self.host)}: the host key is not known",
            f"The server shows an {key_name(algorithm)} key with the fingerprint {fingerprint(blob)}. {reason}",
            f"Connect once from a screen and accept it, or add the key to {where}.",
        )

    def _changed(self, algorithm: str, blob: bytes) -> OpenError:
        old = [key for key in self.known.keys if key.algorithm == algorithm] or self.known.keys
        lines = [f"The server shows an {key_name(algorithm)} key with the fingerprint {fingerprint(blob)}."]
        lines += [
            f"Known for it is an {key_name(key.algorithm)} key with the fingerprint {fingerprint(key.blob)},"
            f" kept in {key.place}."
            for key in old[:5]
        ]
        lines.append("Somebody may be intercepting the connection, or the computer was reinstalled.")
        if self.strict in {"no", "off", "false"}:
            lines.append("StrictHostKeyChecking no does not change that here: ssh would connect without a password.")
        removal = [
            f"ssh-keygen -R {shlex.quote(printable(self._token))} -f {shlex.quote(str(file))}"
            for file in dict.fromkeys(key.file for key in old)
            if self.command is None or file != self.command.path
        ]
        how = f" If the change is right, remove the old key: {'; '.join(removal)}" if removal else ""
        return OpenError(
            f"{printable(self.host)}: the host key has changed, so the connection is refused",
            "\n".join(lines),
            f"Ask the owner of that computer.{how}",
        )


def rsa_bits(blob: bytes) -> int:
    """Return how many bits the modulus of an RSA key has (RFC 4253, 6.6), 0 for a key of another kind."""
    parts: list[bytes] = []
    while blob and len(parts) < 3:
        size = int.from_bytes(blob[:4], "big")
        parts.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    return int.from_bytes(parts[2], "big").bit_length() if len(parts) == 3 and parts[0] == b"ssh-rsa" else 0


def _revoked(host: str, algorithm: str, place: str, blob: bytes) -> OpenError:
    return OpenError(
        f"{printable(host)}: the host key is revoked, so the connection is refused",
        f"The server shows an {key_name(algorithm)} key with the fingerprint {fingerprint(blob)},"
        f" which {place} marks as revoked.",
        "Somebody may be using a stolen key. Ask the owner of that computer for its new one.",
    )
