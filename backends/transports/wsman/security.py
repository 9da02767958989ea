"""The rules of safety of a WinRM connection: which authentication may be used with which endpoint.

A password, or what stands for it, is only shown to an endpoint whose identity is proved (HTTPS, Kerberos) or that the
user has said to trust; nothing is sent unencrypted unless a profile says so in plain words. Client certificates are
found by their thumbprint among PEM files (protocol-notes 1.2 CertificateThumbprint).
"""

from __future__ import annotations

import contextlib
import fnmatch
import importlib.util
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import OpenError
from pstui.backends.extras import CREDSSP, KERBEROS, install_command
from pstui.backends.places import expanded, is_folder
from pstui.backends.transports.streams import printable
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.target import Target, WSManOptions

#: bytes of a file that may hold a certificate, and files looked at in one folder
MAX_FILE, MAX_FILES = 1 << 20, 200
_KEY = re.compile(rb"-----BEGIN (?:ENCRYPTED |RSA |EC |)PRIVATE KEY-----")
_LOCKED = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED", re.MULTILINE)


def find_certificate(thumbprint: str, places: Iterable[str]) -> tuple[Path, Path, bool]:
    """Return (certificate file, key file, whether the key needs a passphrase). Raises OpenError.

    ``places`` are PEM files, or folders of them; a key is in the certificate's file, beside it with a name that
    says so (web.key, web.key.pem, web-key.pem), or is one of those files. Blocks.
    """
    places = list(places)
    wanted = re.sub(r"[\s:\u200e]", "", thumbprint).upper()
    if not re.fullmatch(r"[0-9A-F]{40}", wanted):
        raise _error(
            f"“{printable(thumbprint)}” is not a thumbprint", "A thumbprint has 40 hexadecimal digits.", "Check it."
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
        path = expanded(place)
        if not is_folder(path):
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


_IMPLICIT = "NegotiateWithImplicitCredential"
_TRUST = "Use -UseSSL, or name the computer in trusted_hosts of the profile if you know what answers there."


@dataclass(frozen=True, slots=True)
class AuthenticationPlan:
    """How to prove who one is.

    ``scheme`` is what the HTTP layer does: negotiate, kerberos, ntlm, basic, digest, credssp or certificate. ``inner``
    is what CredSSP may use within. ``sealed`` says that messages are encrypted by that scheme, ``plain`` that they
    go readable. ``asks`` tells whether somebody may be asked for a credential.
    """

    scheme: str
    sealed: bool
    plain: bool = False
    inner: str = "auto"
    asks: bool = True
    needs_credential: bool = False

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read the messages."""
        return not self.plain


def plan_authentication(
    info: ConnectionInfo, target: Target, options: WSManOptions, trusted: Iterable[str]
) -> AuthenticationPlan:
    """Return how to authenticate for a call. Raises OpenError where the rules forbid it."""
    mechanism = info.text("Authentication", "Default")
    readable = bool(info.settings.get("allow_unencrypted", False))
    is_trusted = target.ssl or trusts(target, trusted)
    if info.text("CertificateThumbprint"):
        return _certificate(target)
    credential: PSCredential | None = info.values.get("Credential")
    if target.is_address:
        _check_address(target, mechanism, is_trusted)
    if mechanism in ("Basic", "Digest"):
        if not target.ssl and not readable:
            raise _unprotected(f"{mechanism} authentication over http", mechanism == "Basic")
        return AuthenticationPlan(mechanism.casefold(), sealed=False, plain=not target.ssl, needs_credential=True)
    plain = not target.ssl and options.no_encryption
    if plain and not readable:
        raise _unprotected("a session without encryption over http", False)
    sealed = not target.ssl and not plain
    if mechanism == "Credssp":
        missing = credssp_missing()
        if missing:
            raise missing
        return AuthenticationPlan("credssp", sealed, plain, "auto" if is_trusted else "kerberos", needs_credential=True)
    return _negotiated(mechanism, target, credential, is_trusted, sealed, plain)


def _negotiated(
    mechanism: str, target: Target, credential: PSCredential | None, is_trusted: bool, sealed: bool, plain: bool
) -> AuthenticationPlan:
    without = kerberos_missing()
    asks = mechanism != _IMPLICIT
    if mechanism == "Kerberos" or not is_trusted:
        if without:
            raise _no_kerberos(target, without, mechanism == "Kerberos")
        return AuthenticationPlan("kerberos", sealed, plain, asks=asks)
    if target.is_address:
        return AuthenticationPlan("ntlm", sealed, plain, needs_credential=True)
    if without and credential is None and not asks:
        raise _no_kerberos(target, without, True)
    return AuthenticationPlan("negotiate", sealed, plain, asks=asks)


def trusts(target: Target, patterns: Iterable[str]) -> bool:
    """Whether an endpoint is in a list of trusted hosts: names, wildcards, ``<local>`` for names without a dot."""
    host = target.host.casefold()
    for pattern in patterns:
        wanted = pattern.strip().strip("[]").casefold()
        if wanted == "<local>":
            if "." not in host and not target.is_address:
                return True
        elif wanted and fnmatch.fnmatchcase(host, wanted.replace("[", "[[]")):
            return True
    return False


def trusted_hosts(info: ConnectionInfo) -> tuple[str, ...]:
    """Return the trusted hosts of the profile and, on Windows, of the machine."""
    value: Any = info.settings.get("trusted_hosts", ())
    own: Sequence[str] = value.split(",") if isinstance(value, str) else [str(item) for item in value]
    return (*own, *_machine_list())


def kerberos_missing() -> str:
    """Return what is missing for Kerberos on this computer, or ``""``."""
    if os.name == "nt":
        return ""
    absent = [name for name in ("gssapi", "krb5") if importlib.util.find_spec(name) is None]
    if not absent:
        return ""
    return (
        f"Kerberos needs the Python packages {' and '.join(absent)}: {install_command(KERBEROS)} "
        "(it builds against the system's Kerberos: libkrb5-dev or krb5-devel, and a C compiler)."
    )


def credssp_missing() -> OpenError | None:
    """Return the error for a missing CredSSP library, or None."""
    if importlib.util.find_spec("requests_credssp") is not None:
        return None
    return OpenError(
        "CredSSP is not installed",
        "-Authentication Credssp needs the Python package requests-credssp.",
        f"Install it with: {install_command(CREDSSP)}",
        error_id="CreateRemoteRunspaceFailed",
    )


def _machine_list() -> tuple[str, ...]:
    if os.name != "nt":
        return ()
    import winreg

    key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Client"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:  # type: ignore[attr-defined,unused-ignore]  # Windows alone has it
            value = winreg.QueryValueEx(opened, "trusted_hosts")[0]  # type: ignore[attr-defined,unused-ignore]  # Windows alone has it
    except OSError:
        return ()
    return tuple(str(value).split(","))


def _certificate(target: Target) -> AuthenticationPlan:
    if not target.ssl:
        raise OpenError(
            "a client certificate needs https",
            "It proves who you are while the encrypted connection is made.",
            "Add -UseSSL, or use an address that begins with https://.",
            error_id="CreateRemoteRunspaceFailed",
        )
    return AuthenticationPlan("certificate", sealed=False, asks=False)


def _check_address(target: Target, mechanism: str, is_trusted: bool) -> None:
    code = faults.describe(faults.CANNOT_USE_IP_ADDRESS)
    if mechanism in ("Kerberos", _IMPLICIT):
        advice = "Use the computer's name."
        if mechanism == _IMPLICIT:
            advice += " With a -Credential an address will do, over HTTPS or as a trusted host."
        raise OpenError(
            f"{target.host}: an IP address cannot be used with {mechanism}",
            f"Kerberos knows computers by name, and the current user is proved by it alone. WinRM code {code}.",
            advice,
            error_id="CreateRemoteRunspaceFailed",
        )
    if not is_trusted:
        raise OpenError(
            f"{target.host}: an IP address can be used only with HTTPS or as a trusted host",
            f"Nothing proves which computer has this address, and it would be shown your password's proof. "
            f"WinRM code {code}.",
            _TRUST,
            error_id="CreateRemoteRunspaceFailed",
        )


def _unprotected(what: str, is_basic: bool) -> OpenError:
    why = "Everything could be read on the way" + (", the password too." if is_basic else ".")
    return OpenError(
        f"{what} is refused",
        why,
        "Use -UseSSL. If the way is safe by other means, set allow_unencrypted = true in the profile.",
        error_id="CreateRemoteRunspaceFailed",
    )


def _no_kerberos(target: Target, missing: str, was_asked: bool) -> OpenError:
    host = printable(target.host)
    if was_asked:
        return OpenError(f"{host}: Kerberos is not available", missing, error_id="CreateRemoteRunspaceFailed")
    return OpenError(
        f"{host}: nothing would prove which computer answers",
        f"Over http that takes Kerberos, or your word that the computer is to be trusted. {missing} "
        f"WinRM code {faults.describe(faults.SERVER_NOT_TRUSTED)}.",
        _TRUST,
        error_id="CreateRemoteRunspaceFailed",
    )


def check_name(sock: Any, host: str) -> None:
    """Compare the name in an unverified certificate. Raises NetworkFailure."""
    from cryptography import x509
    from urllib3.util.ssl_match_hostname import CertificateError, match_hostname

    certificate = x509.load_der_x509_certificate(sock.getpeercert(True))
    names: list[tuple[str, str]] = []
    with contextlib.suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names += [("DNS", name) for name in found.get_values_for_type(x509.DNSName)]
        names += [("IP Address", str(name)) for name in found.get_values_for_type(x509.IPAddress)]
    if not names:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names = [("DNS", str(name.value)) for name in common]
    try:
        match_hostname({"subjectAltName": tuple(names)}, host)
    except CertificateError as error:
        raise faults.NetworkFailure(faults.NetworkKind.CERTIFICATE, str(error), sent=False) from error
