"""RevokedHostKeys: a list of public keys, or a revocation list (KRL) that ssh-keygen reads."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from pathlib import Path

#: largest file that is read, in bytes
MAX_FILE = 32 << 20
#: seconds that ssh-keygen may take
PATIENCE = 10.0
_KRL = b"SSHKRL\n\0"


class RevokedKeys:
    """What one file revokes. Every key is revoked where it cannot be read, as with ssh. Making one blocks."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys: set[bytes] | None = None
        self._asked: dict[bytes, bool] = {}
        self._is_readable = True
        try:
            with file.open("rb") as stream:
                data = stream.read(MAX_FILE)
        except OSError:
            self._is_readable = False
            return
        if not data.startswith(_KRL):
            lines = (line for line in data.splitlines() if not line.lstrip().startswith(b"#"))
            self._keys = {word for line in lines for word in line.split()}

    @property
    def is_readable(self) -> bool:
        """Whether the file could be read. Where it could not, every key counts as revoked."""
        return self._is_readable

    def holds(self, blob: bytes) -> bool | None:
        """Return whether a key is revoked, None where ``ask`` has to find that out."""
        if not self._is_readable:
            return True
        return self._asked.get(blob) if self._keys is None else base64.b64encode(blob) in self._keys

    def ask(self, blob: bytes) -> bool:
        """Return whether a key is revoked; from then on ``holds`` knows. May block."""
        known = self.holds(blob)
        if known is None:
            known = self._asked[blob] = self._ask_keygen(blob)
        return known

    def _ask_keygen(self, blob: bytes) -> bool:
        size = int.from_bytes(blob[:4], "big")
        with tempfile.TemporaryDirectory(prefix="pstui-key-") as folder:
            key = Path(folder) / "key.pub"
            key.write_text(f"{blob[4 : 4 + size].decode('ascii', 'replace')} {base64.b64encode(blob).decode()}\n")
            try:
                command = ["ssh-keygen", "-Q", "-f", str(self._file), str(key)]
                asked = subprocess.run(
                    command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=PATIENCE
                )
            except (OSError, subprocess.TimeoutExpired):
                return True
        return asked.returncode != 0
