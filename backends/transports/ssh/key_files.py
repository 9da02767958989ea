"""A private key in a file: its public half at once, its private half when it is needed."""

from __future__ import annotations

import base64
import binascii
import struct
from pathlib import Path

import asyncssh
from pstui.backends.errors import OpenError
from pstui.backends.transports.texts import printable

#: largest key file read, in bytes
MAX_FILE = 256 << 10


class KeyFile:
    """One key file, encrypted or not.

    ``public`` is None for an encrypted file of the old formats without a ``.pub`` beside it. ``gave_up`` says why
    the file was not opened, once that is settled.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        """Take the content of a file. Raises OpenError when it is no key."""
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
    return OpenError(f"the file {path} is no SSH key", why, hint)
