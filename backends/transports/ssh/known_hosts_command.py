"""KnownHostsCommand: a program that prints lines of known_hosts for a server (ssh_config(5)).

It is run as ssh does (sshconnect.c, load_hostkeys_command): its words are cut first and its tokens replaced in each of
them, without a shell; its first word is a whole path; what it prints counts beside the files. ``%I`` says why it is
run: ``ORDER`` before the connection, without a key, to know which types of keys to prefer, and ``HOSTNAME`` with the
server's key. A command that names nothing of the key or the reason says the same both times and runs once.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from pstui.backends.errors import OpenError
from pstui.backends.transports.ssh.config_words import split_words
from pstui.backends.transports.ssh.expansion import expanded
from pstui.backends.transports.streams import exit_text, printable

#: seconds that it may take, and bytes of its output that are read
PATIENCE, MAX_OUTPUT = 30.0, 1 << 20
_ABOUT_KEY = re.compile(r"%%|(%[fIKt])")


class KnownHostsCommand:
    """One command with the tokens of its host. ``problem`` says why the last run told nothing."""

    def __init__(self, line: str, tokens: Mapping[str, str]) -> None:
        self._line, self._tokens = line, tokens
        self.problem = ""

    @property
    def path(self) -> Path:
        """The command as the place of what it prints."""
        return Path(f"KnownHostsCommand {self._line}")

    @property
    def depends_on_key(self) -> bool:
        """Whether it may say something else once the server's key is known."""
        return any(found[1] for found in _ABOUT_KEY.finditer(self._line))

    def run(self, host: str, key: tuple[str, str, bytes] | None = None) -> list[str]:
        """Return the lines that it prints for a host, as known_hosts names it. Blocks.

        ``key`` is the server's: its algorithm, its fingerprint and itself. Raises OpenError where it fails, and for a
        variable that is not set, as everywhere in the configuration.
        """
        algorithm, mark, blob = key or ("NONE", "NONE", b"")
        shown = base64.b64encode(blob).decode("ascii") or "NONE"
        reason = "HOSTNAME" if key else "ORDER"
        tokens = {**self._tokens, "H": host, "I": reason, "t": algorithm, "f": mark, "K": shown}
        self.problem = ""
        try:
            words = split_words(self._line)
        except ValueError as error:
            self.problem = f"KnownHostsCommand cannot be read: {printable(str(error))}."
            return []
        # A tilde stands for itself here.
        argv = [word[:1] + expanded(word[1:], tokens) if word[:1] == "~" else expanded(word, tokens) for word in words]
        if not argv or not Path(argv[0]).is_absolute():
            self.problem = "KnownHostsCommand is not run: it must begin with a whole path."
            return []
        return self._output(argv).decode("utf-8", "replace").split("\n")

    def _output(self, argv: list[str]) -> bytes:
        silent = subprocess.DEVNULL
        try:
            process = subprocess.Popen(
                argv, stdin=silent, stdout=subprocess.PIPE, stderr=silent, start_new_session=sys.platform != "win32"
            )
        except (OSError, ValueError) as error:
            self.problem = f"KnownHostsCommand could not be started: {getattr(error, 'strerror', None) or error}."
            return b""
        assert process.stdout is not None
        limit = threading.Timer(PATIENCE, _end, [process])
        limit.start()
        try:
            with process.stdout as stream:
                output = stream.read(MAX_OUTPUT)
        finally:
            limit.cancel()
        if len(output) == MAX_OUTPUT:
            _end(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        _end(process)
        code = process.wait()
        if len(output) == MAX_OUTPUT:
            self.problem = f"KnownHostsCommand was ended after {MAX_OUTPUT} bytes of output."
        elif code:
            # Nobody knows what it would have said; ssh refuses here, too.
            raise OpenError(
                "the KnownHostsCommand failed, so the connection is refused",
                f"{printable(argv[0])} ended with {exit_text(code)}, or was ended after {PATIENCE:g} s.",
                "Try the command by hand, or correct KnownHostsCommand in the SSH configuration.",
            )
        return output


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
