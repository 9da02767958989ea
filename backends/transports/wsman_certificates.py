"""Client certificates: the one with a thumbprint, found among PEM files (semantics 1.2 CertificateThumbprint)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from pstui.backends.errors import OpenError
from pstui.backends.transports.texts import printable

#: bytes of a file that may hold a certificate, and files looked at in one folder
MAX_FILE, MAX_FILES = 1 << 20, 200
_KEY = re.compile(rb"-----BEGIN (?:ENCRYPTED |RSA |EC |)PRIVATE KEY-----")
_LOCKED = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED", re.MULTILINE)


def find_certificate(thumbprint: str, places: Iterable[str]) -> tuple[Path, Path, bool]:
    """Return (certificate file, key file, whether the key needs a passphrase). Raises OpenError.

    ``places`` are PEM files, or folders of them; a key stands in the certificate's file or beside it with the same
    name and the ending ``.key``. Blocks.
    """
    wanted = re.sub(r"[\s:\u200e]", "", thumbprint).upper()
    if not re.fullmatch(r"[0-9A-F]{40}", wanted):
        raise _error(
            f"“{printable(thumbprint)}” is no thumbprint", "A thumbprint has 40 hexadecimal digits.", "Check it."
        )
    looked = 0
    for path in _files(places):
        looked += 1
        data = _read(path)
        if data is None or wanted not in _thumbprints(data):
            continue
        for key in (path, path.with_suffix(".key")):
            content = _read(key)
            if content is not None and _KEY.search(content):
                return path, key, bool(_LOCKED.search(content))
        raise _error(
            f"the certificate {wanted} has no private key",
            f"{printable(str(path))} holds the certificate alone, and no {path.stem}.key lies beside it.",
            "Put the key into the same file, or beside it.",
        )
    hint = "Name its PEM file in certificate_files of the profile."
    if os.name == "nt":
        hint += " A certificate of the Windows store has to be exported with its key: keys inside it cannot be used."
    raise _error(f"no certificate with the thumbprint {wanted} was found", f"{looked} files were looked at.", hint)


def _files(places: Iterable[str]) -> Iterable[Path]:
    for place in places:
        path = Path(place).expanduser()
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.suffix in (".pem", ".crt", ".cer"))[:MAX_FILES]
        else:
            yield path


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE)
    except OSError:
        return None


def _thumbprints(data: bytes) -> set[str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        # A thumbprint is the SHA-1 of a certificate by definition; it names, it proves nothing.
        return {one.fingerprint(hashes.SHA1()).hex().upper() for one in x509.load_pem_x509_certificates(data)}  # noqa: S303  see above
    except ValueError:
        return set()


def _error(what: str, why: str, hint: str) -> OpenError:
    return OpenError(what, why, hint, error_id="CreateRemoteRunspaceFailed")
