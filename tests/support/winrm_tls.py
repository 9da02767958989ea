"""Certificates for the test endpoint: an authority of its own, servers and clients it signs, and wrong ones."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

#: the user principal name in a client's certificate
_UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority in ``folder``; ``certificate`` is the PEM file that makes a client trust it."""

    def __init__(self, folder: Path, name: str = "pstui test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = folder / "authority.pem"
        own = self._builder(self._subject, self._key.public_key(), 0)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        own = own.add_extension(_usage(signs=True), critical=True)
        signed = own.sign(self._key, hashes.SHA256())
        self.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def server(
        self, name: str = "server", hosts: Sequence[str] = ("localhost", "127.0.0.1"), *, expired: bool = False
    ) -> Path:
        """Make a server's certificate for host names and addresses; return the PEM file with it and its key."""
        names = [x509.IPAddress(ipaddress.ip_address(one)) if _is_address(one) else x509.DNSName(one) for one in hosts]
        return self._issue(name, hosts[0], names, ExtendedKeyUsageOID.SERVER_AUTH, expired)

    def client(self, user: str, *, password: str = "", expired: bool = False) -> tuple[Path, Path]:
        """Make a user's certificate; return the PEM files of the certificate and of its key, encrypted if asked."""
        upn = x509.OtherName(_UPN, b"\x0c%c%s" % (len(user), user.encode()))
        both = self._issue(f"client-{user}", user, [upn], ExtendedKeyUsageOID.CLIENT_AUTH, expired, password)
        text = both.read_text()
        start = text.index("-----BEGIN ", 1)
        certificate, key = self.folder / f"{user}.crt.pem", self.folder / f"{user}.key.pem"
        certificate.write_text(text[:start])
        key.write_text(text[start:])
        return certificate, key

    def _issue(
        self,
        name: str,
        common: str,
        names: Sequence[x509.GeneralName],
        purpose: ObjectIdentifier,
        expired: bool,
        password: str = "",
    ) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
        builder = self._builder(subject, key.public_key(), -30 if expired else 0)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        signed = builder.sign(self._key, hashes.SHA256())
        locked: Any = serialization.NoEncryption()
        if password:
            locked = serialization.BestAvailableEncryption(password.encode())
        path = self.folder / f"{name}.pem"
        path.write_bytes(
            signed.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
        )
        return path

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, shift: int) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC) + shift * _DAY
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + 10 * _DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(issuer_key, critical=False)
        )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def thumbprint(certificate: Path) -> str:
    """Return a certificate's thumbprint as Windows writes it: SHA-1 in upper-case hexadecimal."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return found.fingerprint(hashes.SHA1()).hex().upper()  # Windows names certificates by SHA-1


def server_context(pem: Path, client_authority: Path | None) -> ssl.SSLContext:
    """Return the TLS settings of a server that asks for client certificates when it knows their authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    if client_authority is not None:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def channel_bindings(pem: Path) -> Any:
    """Return the tls-server-end-point bindings of a certificate (RFC 5929)."""
    from spnego.channel_bindings import GssChannelBindings

    certificate = x509.load_pem_x509_certificate(pem.read_bytes())
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
