"""Who asks: the acceptors of the test endpoint's authentication schemes, one ``Gate`` for each connection."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
#: the order is the one of a real service
SCHEMES = ("Negotiate", "Kerberos", "NTLM", "Basic", "Digest", "CredSSP", "Certificate")
SEALS = {
    "negotiate": "application/HTTP-SPNEGO-session-encrypted",
    "ntlm": "application/HTTP-SPNEGO-session-encrypted",
    "kerberos": "application/HTTP-Kerberos-session-encrypted",
    "credssp": "application/HTTP-CredSSP-session-encrypted",
}
_REALM = "WSMAN"
_DIGEST_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]*))')


@dataclass(frozen=True, slots=True)
class Answer:
    """A gate's answer: the status (200 lets the request in) and the WWW-Authenticate headers."""

    status: int
    headers: tuple[str, ...] = ()


@dataclass
class Accounts:
    """Users and passwords from the file that NTLM_USER_FILE names: ``DOMAIN:USER:PASSWORD`` lines."""

    path: Path

    def password(self, user: str) -> str | None:
        """Return a user's password; ``DOMAIN\\user``, ``user@realm`` and ``user`` are the same here."""
        wanted = user.rpartition("\\")[2].lower()
        for line in self.path.read_text().splitlines():
            _, name, password = line.split(":", 2)
            if wanted in (name.lower(), name.partition("@")[0].lower()):
                return password
        return None


@dataclass
class GateOptions:
    """What a gate accepts. ``bindings`` are the channel bindings a TLS listener insists on."""

    schemes: tuple[str, ...]
    accounts: Accounts
    hostnames: tuple[str, ...] = ("localhost",)
    expired: set[str] = field(default_factory=set)
    bindings: Any = None
    certificates: dict[str, str] = field(default_factory=dict)


class Gate:
    """The authentication of one connection. ``context`` seals once a security context is complete."""

    def __init__(self, options: GateOptions, peer: Callable[[], dict[str, Any] | None]) -> None:
        self._options, self._peer = options, peer
        self.user = ""
        self.scheme = ""
        self.context: Any = None
        self._nonces: set[str] = set()

    @property
    def seal(self) -> str:
        """The protocol that sealed bodies name, or ``""`` for a scheme that cannot seal."""
        return SEALS.get(self.scheme, "") if self.context is not None else ""

    def check(self, method: str, target: str, authorization: str) -> Answer:
        """Take a request's Authorization header, which may be missing."""
        if not authorization:
            return Answer(200) if self.context is not None and self.context.complete else self._refused()
        scheme, _, rest = authorization.partition(" ")
        if scheme == MUTUAL:
            return self._certificate()
        if scheme.lower() not in {one.lower() for one in self._options.schemes}:
            return self._refused()
        match scheme.lower():
            case "basic":
                return self._basic(rest)
            case "digest":
                return self._digest(method, target, rest)
            case _:
                return self._token(scheme, rest.strip())

    def _refused(self) -> Answer:
        self.user, self.context, self.scheme = "", None, ""
        offers: list[str] = []
        for scheme in SCHEMES:
            if scheme not in self._options.schemes or scheme == "Certificate":
                continue
            if scheme == "Digest":
                nonce = secrets.token_hex(16)
                self._nonces.add(nonce)
                offers.append(f'Digest realm="{_REALM}", nonce="{nonce}", qop="auth", algorithm=MD5')
            else:
                offers.append(f'{scheme} realm="{_REALM}"' if scheme == "Basic" else scheme)
        return Answer(401, tuple(offers))

    def _let_in(self, scheme: str, user: str) -> Answer:
        if user.rpartition("\\")[2].partition("@")[0].lower() in self._options.expired:
            return self._refused()
        self.user, self.scheme = user, scheme
        return Answer(200)

    def _basic(self, rest: str) -> Answer:
        try:
            user, _, password = base64.b64decode(rest).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return self._refused()
        if not password or self._options.accounts.password(user) != password:
            return self._refused()
        return self._let_in("basic", user)

    def _digest(self, method: str, target: str, rest: str) -> Answer:
        parts = {name: quoted or bare for name, quoted, bare in _DIGEST_PART.findall(rest)}
        user = parts.get("username", "")
        password = self._options.accounts.password(user.replace("\\\\", "\\"))
        if password is None or parts.get("nonce") not in self._nonces or parts.get("uri") != target:
            return self._refused()

        def md5(*values: str) -> str:
            return hashlib.md5(":".join(values).encode(), usedforsecurity=False).hexdigest()

        first, second = md5(user, _REALM, password), md5(method, parts["uri"])
        middle = (parts["nonce"], parts.get("nc", ""), parts.get("cnonce", ""), "auth")
        if parts.get("response") != md5(first, *middle, second):
            return self._refused()
        return self._let_in("digest", user)

    def _certificate(self) -> Answer:
        found = self._peer() or {}
        names = [value for part in found.get("subject", ()) for key, value in part if key == "commonName"]
        user = next((self._options.certificates[name] for name in names if name in self._options.certificates), "")
        if "Certificate" not in self._options.schemes or not user:
            return self._refused()
        return self._let_in("certificate", user)

    def _token(self, scheme: str, text: str) -> Answer:
        try:
            token = base64.b64decode(text, validate=True)
            if self.context is None or self.context.complete or self.scheme != scheme.lower():
                self.user, self.scheme = "", scheme.lower()
                self.context = self._acceptor(scheme.lower(), token)
            answer = self.context.step(token)
        except Exception:  # pyspnego raises many kinds over a wrong password or a hostile token
            return self._refused()
        line = f"{scheme} {base64.b64encode(answer).decode()}" if answer is not None else scheme
        if not self.context.complete:
            # A CredSSP acceptor that gives up sends its reason and stays incomplete.
            return Answer(401, (line,))
        admitted = self._let_in(scheme.lower(), self._principal(scheme.lower()))
        return Answer(200, (line,) if answer else ()) if admitted.status == 200 else admitted

    def _principal(self, scheme: str) -> str:
        if scheme == "credssp":
            return str(self.context.get_extra_info("client_credential").username)
        return str(self.context.client_principal or "")

    def _acceptor(self, scheme: str, token: bytes) -> Any:
        import spnego

        options = spnego.NegotiateOptions.wrapping_winrm
        if scheme == "credssp":
            return spnego.server(protocol="credssp", options=options)
        service, hostname = _principal_asked_for(token, self._options.hostnames)
        return spnego.server(
            hostname=hostname,
            service=service,
            protocol=scheme,
            options=options,
            channel_bindings=self._options.bindings,
        )


def _principal_asked_for(token: bytes, hostnames: tuple[str, ...]) -> tuple[str, str]:
    """Return the service and host of a Kerberos token, whose name stands in it as two GeneralStrings."""
    for service in ("HTTP", "WSMAN", "host"):
        for hostname in hostnames:
            name = b"".join(b"\x1b%c%s" % (len(part), part.encode()) for part in (service, hostname))
            if name in token:
                return service, hostname
    return "host", hostnames[0]
