"""What an SSH server says before and at the login: bounded, harmless, and marked as the server's."""

from __future__ import annotations

import asyncio
import unicodedata
from types import SimpleNamespace
from typing import Any

from pstui.backends.console import Question
from pstui.backends.credentials import Secret
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.login import MAX_BANNER, Login
from pstui.backends.transports.ssh.step_timeout import StepTimeout

from tests.support.nobody import NobodyConsole

SEEDS = [
    b"Welcome\r\nto \x1b]0;x\x07this\0server",
    b"Password: \0\xe2\x80\xaeVerification code: ",
    b"pstui\nthe keyring is locked\0Passphrase for the key: ",
    b"\n\n\n\n\0\xc2\x9b31m\0\xf0\x9f\x98\x80\xed\xa0\x80",
]


class _Answering(NobodyConsole):
    __slots__ = ("asked",)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Question] = []

    async def ask(self, question: Question) -> Secret:
        self.asked.append(question)
        return question.answered("x")


def check(data: bytes) -> None:
    asyncio.run(_log_in(data.decode("utf-8", "surrogateescape")))


async def _log_in(text: str) -> None:
    console = _Answering()
    keys: Any = SimpleNamespace(host="host")
    ring: Any = None
    async with StepTimeout() as limit:
        login = Login("ann", keys, ring, ConnectContext(console), limit)
        banner, *prompts = text.split("\0")
        for _ in range(3):
            login.auth_banner_received(banner, "")
        assert len(console.writes) <= MAX_BANNER
        login.kbdint_auth_requested()
        await login.kbdint_challenge_received(
            banner, banner, "", [(prompt, len(prompt) % 2 == 0) for prompt in prompts]
        )
    for question in console.asked:
        assert question.voice and not question.remote and question.label.startswith("(ann@host) ")
    said = [*console.writes, *(write for question in console.asked for write in question.preamble)]
    shown = [*(write.text for write in said), *(question.label for question in console.asked)]
    assert all(text.startswith("host: ") for text in (write.text for write in said))
    odd = {char for text in shown for char in text if unicodedata.category(char) in ("Cc", "Cs")}
    assert not odd, odd
