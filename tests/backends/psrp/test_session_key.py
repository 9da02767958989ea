"""The session key of protocols before 2.4: made on first need, once, and secrets under it (protocol-notes 4.8)."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pstui.backends.sessions.interactive import Outcome

from tests.support.replay_wire import ZERO
from tests.support.scripted_peer import COMPLETED, Action, ScriptedPeer, call, meeting, state


@dataclass
class KeyServer(ScriptedPeer):
    """A server of protocol 2.3 that answers a public key with a session key, unless it keeps quiet about it."""

    session_key: bytes = field(default_factory=lambda: os.urandom(32))
    #: the public keys that have arrived, as read
    keys: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.version = "2.3"
        super().__post_init__()

    def _hear(self, name: str, body: Any) -> None:
        if name == "PUBLIC_KEY":
            self.keys.append(body)
        if name == "PUBLIC_KEY" and name not in self.quiet:
            blob = simple_blob(public_key(base64.b64decode(body["PublicKey"])), self.session_key)
            text = base64.b64encode(blob).decode()
            clixml = f'<Obj RefId="0"><MS><S N="EncryptedSessionKey">{text}</S></MS></Obj>'
            self.say("ENCRYPTED_SESSION_KEY", clixml)

    def decrypted(self, value: Any) -> str:
        """Return the text of a SecureString as sent."""
        assert value[0] == "SS"
        cipher = Cipher(algorithms.AES(self.session_key), modes.CBC(bytes(16))).decryptor()
        plain = cipher.update(base64.b64decode(value[1])) + cipher.finalize()
        return plain[: -plain[-1]].decode("utf-16-le")


def public_key(blob: bytes) -> rsa.RSAPublicKey:
    """Read a CAPI PUBLICKEYBLOB."""
    assert blob[:8] == bytes.fromhex("0602000000a40000")
    magic, bits, exponent = struct.unpack_from("<4sII", blob, 8)
    assert (magic, bits, len(blob)) == (b"RSA1", 2048, 20 + 256)
    return rsa.RSAPublicNumbers(exponent, int.from_bytes(blob[20:], "little")).public_key()


def simple_blob(key: rsa.RSAPublicKey, session_key: bytes) -> bytes:
    """Return a CAPI SIMPLEBLOB with the session key."""
    return bytes.fromhex("010200001066000000a40000") + key.encrypt(session_key, padding.PKCS1v15())[::-1]


def asks(ci: int) -> Action:
    """Return the action that asks for a secret line."""
    return call(12, ci=ci)


async def test_the_key_is_made_once_before_the_first_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = KeyServer(commands={"Ask-Me": [asks(1)], "Ask-Again": [asks(2)]}, on_answer=state(COMPLETED))
    with meeting(monkeypatch, peer, is_private=False) as met:
        await met.interactive.enter()
        for command, secret in (("Ask-Me", "päss wörd"), ("Ask-Again", "")):
            running = asyncio.create_task(met.interactive.run(command))
            (await met.console.question()).set_result(secret)
            assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert [peer.decrypted(answer["mr"]) for answer in peer.answers] == ["päss wörd", ""]
        assert peer.heard.count("PUBLIC_KEY") == 1
        assert peer.heard.index("PUBLIC_KEY") < peer.heard.index("answer 1 on PromptResponse")
        await met.manager.close_all()


async def test_no_key_is_made_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, KeyServer(), is_private=False) as met:
        await met.interactive.enter()
        await met.interactive.run("Get-Thing")
        assert "PUBLIC_KEY" not in met.peer.heard
        await met.manager.close_all()


async def test_a_key_that_never_comes_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.psrp.session_key.KEY_TIMEOUT", 0.05)
    peer = KeyServer(commands={"Ask-Me": [asks(1)]}, quiet={"PUBLIC_KEY"})
    with meeting(monkeypatch, peer, is_private=False) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Ask-Me"))
        (await met.console.question()).set_result("s3cret")
        assert await asyncio.wait_for(running, 5) is Outcome.BROKEN
        assert met.session.failure is not None
        assert "key" in met.session.failure.message
        assert peer.answers == []


#: Larger than any modulus of 256 bytes, so that decrypting it fails for every key. Newer releases of OpenSSL answer a
#: text whose padding is wrong with random bytes, and some lengths of those are an AES key.
TOO_LARGE = base64.b64encode(bytes(12) + b"\xff" * 256).decode()


@pytest.mark.parametrize("text", ["", "!!!", base64.b64encode(b"short").decode(), TOO_LARGE])
async def test_a_damaged_key_breaks_the_session(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad_key(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        peer.say("ENCRYPTED_SESSION_KEY", f'<Obj RefId="0"><MS><S N="EncryptedSessionKey">{text}</S></MS></Obj>', ZERO)

    peer = KeyServer(commands={"Ask-Me": [asks(1)]}, quiet={"PUBLIC_KEY"})
    with meeting(monkeypatch, peer, is_private=False) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Ask-Me"))
        (await met.console.question()).set_result("s3cret")
        await peer.until("PUBLIC_KEY")
        bad_key(peer, ZERO)
        assert await asyncio.wait_for(running, 5) is Outcome.BROKEN
        assert peer.answers == []
