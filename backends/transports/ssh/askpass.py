"""The questions of programs that ask through SSH_ASKPASS, such as ssh, brought to whoever runs pstui.

How this works. ``Askpass`` makes a folder that nobody else may enter, with a socket, a token and a small script; the
script is what SSH_ASKPASS names, and runs ``askpass_helper``. The helper sends the question over the socket and prints
what comes back, so no answer ever stands in an argument, an environment or a file. The token holds for one question;
another one takes its place before the question is asked. ``close`` ends what is asked and removes the folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import shlex
import shutil
import socket
import struct
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pstui.backends.errors import OpenError

HELPER = Path(__file__).with_name("askpass_helper.py")
#: bytes of a question with what goes with it, and seconds until it must have come
MAX_REQUEST, PATIENCE = 64 * 1024, 10.0
#: bytes of the longest path that a socket may have on every system (sun_path of macOS)
MAX_PATH = 100
#: what ssh says of a question that needs no text (ssh(1), SSH_ASKPASS_PROMPT)
CONFIRM, NOTICE = "confirm", "none"


@dataclass(frozen=True, slots=True)
class Request:
    """One question. ``kind`` is "", ``confirm`` or ``none``; ``asker`` is the id of the process that asks."""

    question: str
    kind: str
    asker: int


Answer = Callable[[Request], Awaitable["str | None"]]


class Askpass:
    """The way of questions from programs to ``answer``, which returns None for a refusal.

    ``folder`` is for private files of the same life, too.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.AbstractServer | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._token = ""
        self.folder = Path()

    @staticmethod
    def is_possible() -> bool:
        """Whether this system has what it needs: sockets that have a place in the file system."""
        return sys.platform != "win32"

    async def start(self) -> None:
        """Make the folder and listen. Raises OpenError."""
        try:
            self.folder = Path(await asyncio.to_thread(private_folder))
            if sys.platform != "win32":
                await asyncio.to_thread(self._write)
                place = str(self.folder / "socket")
                self._server = await asyncio.start_unix_server(self._serve, place, limit=MAX_REQUEST)
        except OSError as error:
            await self.close()
            raise OpenError(
                "the questions of ssh cannot be asked here",
                f"The system says: {error.strerror or error}.",
                "Check that the folder for temporary files (TMPDIR) can be written to.",
            ) from error

    def environment(self) -> dict[str, str]:
        """Return the environment for a program that is to ask this way."""
        if self._server is None:
            return dict(os.environ)
        return {**os.environ, "SSH_ASKPASS": str(self.folder / "ask"), "SSH_ASKPASS_REQUIRE": "force"}

    async def close(self) -> None:
        """Withdraw what is asked and remove everything. May be called twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
        # Closing may come out of a question itself.
        for task in self._asking - {asyncio.current_task()}:
            task.cancel()
        folder, self.folder = self.folder, Path()
        if folder != Path():
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    def _write(self) -> None:
        line = shlex.join([sys.executable, "-I", "-S", str(HELPER), str(self.folder)])
        script = self.folder / "ask"
        script.write_text(f'#!/bin/sh\nexec {line} "$@"\n', encoding="utf-8", errors="surrogateescape")
        script.chmod(0o700)
        self._new_token()

    def _new_token(self) -> None:
        self._token = secrets.token_hex(32)
        fresh = self.folder / "token.new"
        fresh.touch(mode=0o600)
        fresh.write_text(self._token, encoding="ascii")
        fresh.replace(self.folder / "token")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._asking.add(task)
        try:
            told: dict[str, Any] | None = await self._request(reader, writer)
            if told is not None:
                writer.write(json.dumps(told).encode("ascii") + b"\n")
                await writer.drain()
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever it was gets no answer
        finally:
            self._asking.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, Any] | None:
        if not _is_own(writer.get_extra_info("socket")):
            return None
        line = await asyncio.wait_for(reader.readuntil(b"\n"), PATIENCE)
        told = json.loads(line)
        if not isinstance(told, dict) or not hmac.compare_digest(str(told.get("token")).encode(), self._token.encode()):
            return {"again": True}
        self._new_token()
        request = Request(str(told.get("question", "")), str(told.get("kind", "")), int(told.get("asker", 0)))
        answering = asyncio.ensure_future(self._answer(request))
        gone = asyncio.ensure_future(reader.read(1))
        try:
            # ssh ends its helper when the question is no longer one, and when it ends itself.
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            answer = answering.result() if answering.done() else None
        finally:
            for one in (answering, gone):
                one.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)
        return None if answer is None else {"answer": answer}


def private_folder() -> str:
    """Return a new folder for its owner alone, whose path is short and where programs may be executed."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for base in (tempfile.gettempdir(), runtime, "/tmp", str(Path.home())):  # noqa: S108  mkdtemp makes it private
        if base and len(os.fsencode(base)) < MAX_PATH - 40 and Path(base).is_dir() and not _forbids_programs(base):
            with contextlib.suppress(OSError):
                return tempfile.mkdtemp(prefix="pstui-ssh-", dir=base)
    return tempfile.mkdtemp(prefix="pstui-ssh-")


def _forbids_programs(folder: str) -> bool:
    return sys.platform != "win32" and bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))


def _is_own(peer: Any) -> bool:
    """Whether the process at the other end is this account's; True where the system does not tell."""
    if sys.platform != "linux":
        return True
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return bool(uid == os.getuid())
