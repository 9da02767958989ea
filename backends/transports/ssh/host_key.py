"""Whether a server's key is the one that is known for it: trusted, asked about once, or refused.

A key that has changed or was revoked is never asked away: the connection is refused with both fingerprints, the
line that holds the old one and the command that removes it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from pstui.backends.console import Choice, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.known_hosts import (
    KnownHost,
    KnownKey,
    fingerprint,
    host_token,
    key_name,
    look_up,
    remember,
)
from pstui.backends.transports.ssh.patience import Patience
from pstui.backends.transports.texts import printable

CHOICES = (
    Choice("yes", "Y", "Connect, and keep the key in known_hosts."),
    Choice("once", "O", "Connect this time without keeping the key."),
    Choice("no", "N", "Do not connect."),
)
#: what may be typed for each answer; the fingerprint itself means yes, as with ssh
_YES, _ONCE, _NO = {"y", "yes"}, {"o", "once"}, {"n", "no", ""}
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
    known: KnownHost = field(default_factory=KnownHost)

    def __post_init__(self) -> None:
        self.known = look_up(self.files, self.alias or self.host, self.port, with_port=not self.alias)

    @property
    def algorithms(self) -> list[str]:
        """The key algorithms of the keys that are known, so that the server shows one of these if it can."""
        return list(dict.fromkeys(key.algorithm for key in self.known.keys))

    def is_trusted(self, blob: bytes) -> bool:
        """Return whether the server may be trusted with this key, without asking anybody."""
        if any(key.blob == blob for key in self.known.revoked):
            return False
        if self.accepted:
            return blob == self.accepted
        # ssh, too, takes the key of the same name without a port for good where none is kept with the port.
        keys = self.known.keys or self.known.bare
        return any(key.blob == blob for key in keys)

    def is_trusted_authority(self, blob: bytes) -> bool:
        """Return whether certificates signed with this key are trusted for the host."""
        if any(key.blob == blob for key in self.known.revoked):
            return False
        return not self.accepted and any(key.blob == blob for key in self.known.authorities)

    def check_not_revoked(self, algorithm: str, blob: bytes) -> None:
        """Raise OpenError when the key is one of the revoked."""
        for key in self.known.revoked:
            if key.blob == blob:
                raise _revoked(self.host, algorithm, key)

    async def decide(self, algorithm: str, blob: bytes, context: ConnectContext, patience: Patience) -> None:
        """Decide on a key that is not trusted: accept it, or raise OpenError (OpenCancelled when a person said no)."""
        self.check_not_revoked(algorithm, blob)
        if self.known.keys or self.accepted:
            raise self._changed(algorithm, blob)
        if self.strict in {"no", "off", "accept-new", "false"}:
            keep = True
        elif self.strict in {"yes", "true"}:
            raise self._unknown(algorithm, blob, "StrictHostKeyChecking forbids to ask about it.")
        else:
            keep = await self._ask(algorithm, blob, context, patience)
        self.accepted = blob
        if keep:
            self._keep(algorithm, blob, context)

    async def _ask(self, algorithm: str, blob: bytes, context: ConnectContext, patience: Patience) -> bool:
        mark = fingerprint(blob)
        address = f" ({self.address})" if self.address and self.address != self.host else ""
        preamble = [
            f"The host key of {printable(self.host)}{address}, port {self.port}, is not known yet.",
            f"It is an {key_name(algorithm)} key with the fingerprint {mark}",
            "Compare it with what the owner of that machine tells you.",
        ]
        for _ in range(MAX_ANSWERS):
            question = Question(
                QuestionKind.CHOICE,
                '[Y] yes  [O] once  [N] no  (default is "N"): ',
                tuple(Write(line, stream=Stream.NOTICE) for line in preamble),
                CHOICES,
                (2,),
                remote=False,
                source=printable(self.host),
            )
            try:
                answer = (await patience.ask(context.console, question)).reveal().strip()
            except QuestionCancelled as cancelled:
                if cancelled.nobody:
                    raise self._unknown(algorithm, blob, "Nobody is there to be asked about it.") from cancelled
                raise OpenCancelled(f"{printable(self.host)}: not connected") from cancelled
            if answer == mark or answer.lower() in _YES:
                return True
            if answer.lower() in _ONCE:
                return False
            if answer.lower() in _NO:
                break
            preamble = ["Please answer with Y, O or N, or type the fingerprint."]
        raise OpenCancelled(f"{printable(self.host)}: not connected, its host key was not accepted")

    def _keep(self, algorithm: str, blob: bytes, context: ConnectContext) -> None:
        if not self.files:
            return
        name, hashed = self.alias or self.host, self.known.hashed or self.hash_names
        try:
            remember(self.files[0], name, self.port, algorithm, blob, hashed=hashed, with_port=not self.alias)
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
        lines.append("Somebody may be intercepting the connection, or the machine was set up anew.")
        token = (self.alias or self.host).lower() if self.alias else host_token(self.host, self.port)
        removal = [
            f"ssh-keygen -R {shlex.quote(printable(token))} -f {shlex.quote(str(file))}"
            for file in dict.fromkeys(key.file for key in old)
        ]
        return OpenError(
            f"{printable(self.host)}: the host key has changed, so the connection is refused",
            "\n".join(lines),
            f"Ask the owner of that machine. If the change is right, remove the old key: {'; '.join(removal)}",
        )


def _revoked(host: str, algorithm: str, key: KnownKey) -> OpenError:
    return OpenError(
        f"{printable(host)}: the host key is revoked, so the connection is refused",
        f"The server shows an {key_name(algorithm)} key with the fingerprint {fingerprint(key.blob)},"
        f" which {key.place} marks as revoked.",
        "Somebody may be using a stolen key. Ask the owner of that machine for its new one.",
    )
