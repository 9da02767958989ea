"""Client certificates: the one with a thumbprint, found among PEM files (semantics 1.2 CertificateThumbprint)."""

from __future__ import annotations

import contextlib
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

    ``places`` are PEM files, or folders of them; a key stands in the certificate's file, beside it with a name that
    says so (web.key, web.key.pem, web-key.pem), or is one of those files. Blocks.
    """
    places = list(places)
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
        for key in dict.fromkeys((path, *_beside(path), *_files(places, keys=True))):
            content = _read(key)
            if content is not None and _KEY.search(content) and (locked := _fits(content, data, key, path)) is not None:
                return path, key, locked
        raise _error(
            f"the certificate {wanted} has no private key",
            f"{printable(str(path))} holds the certificate alone, and no key that fits lies beside it.",
            "Put the key into the same file, or beside it.",
        )
    hint = "Name its PEM file in certificate_files of the profile."
    if os.name == "nt":
        hint += " A certificate of the Windows store has to be exported with its key: keys inside it cannot be used."
    raise _error(f"no certificate with the thumbprint {wanted} was found", f"{looked} files were looked at.", hint)


def _beside(path: Path) -> list[Path]:
    """Return the files that the key of a certificate's file may be in, by their names."""
    name = path.name
    swapped = [name.replace(word, "key") for word in ("crt", "cert", "cer") if word in name.casefold()]
    stems = [f"{path.stem}.key", f"{path.stem}-key{path.suffix}", f"{path.stem}.key{path.suffix}"]
    return [path.with_name(one) for one in (*stems, *swapped) if one != name]


def _fits(key: bytes, certificate: bytes, path: Path, beside: Path) -> bool | None:
    """Return whether a key needs a passphrase, None if it is another certificate's.

    One that is locked cannot be compared: its name must say whose it is.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    if _LOCKED.search(key):
        return True if path == beside or path in _beside(beside) else None
    kind = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        own = load_pem_private_key(key, None).public_key().public_bytes(*kind)
        found = x509.load_pem_x509_certificates(certificate)
    except (ValueError, TypeError):
        return None
    return False if any(one.public_key().public_bytes(*kind) == own for one in found) else None


def _files(places: Iterable[str], *, keys: bool = False) -> Iterable[Path]:
    endings = (".pem", ".key") if keys else (".pem", ".crt", ".cer")
    for place in places:
        path = Path(place).expanduser()
        if not path.is_dir():
            yield path
            continue
        with contextlib.suppress(OSError):  # a folder of somebody else's
            yield from sorted(one for one in path.iterdir() if one.suffix in endings)[:MAX_FILES]


def check_passphrase(key: Path, passphrase: str) -> None:
    """Raise OpenError where a passphrase does not open a key. Blocks."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _KEY.search(found := _read(key) or b"")
    try:
        load_pem_private_key(found[data.start() if data else 0 :], passphrase.encode())
    except (ValueError, TypeError):
        why = f"The key is {printable(str(key))}."
        raise _error("the passphrase does not open the key of the certificate", why, "Try again.") from None


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
