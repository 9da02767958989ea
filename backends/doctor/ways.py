"""The way to a WinRM or SSH service, looked at without a credential: name, port, what greets there, what it offers.

Everything here has a time limit of its own and takes a bounded amount of what the service says.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import importlib
import socket
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.doctor.checks import Check, Sign, absent, bad, good
from pstui.backends.errors import PstuiError
from pstui.backends.timeouts import timeout
from pstui.backends.transports.ssh.engine import engine_of
from pstui.backends.transports.streams import printable
from pstui.backends.transports.wsman.authorities import checking_context

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from pstui.backends.transports.wsman.target import Target

#: seconds for each look
LOOK = 5.0
#: bytes of a greeting, or of the head of a reply, that are read
MAX_HEAD = 16 * 1024
#: days before a certificate's end at which it is said
SOON = 14
#: seconds by which the clocks of both sides may differ, the limit of Kerberos
MAX_SKEW = 300


async def look_at_way(info: ConnectionInfo) -> AsyncIterator[Check]:
    """Yield what was found on the way to a target; nothing where there is no way to look at."""
    if info.parameter_set in (ParameterSet.COMPUTER_NAME, ParameterSet.URI):
        async for check in _winrm(info):
            yield check
    if info.parameter_set is ParameterSet.SSH_HOST:
        with contextlib.suppress(PstuiError):  # the opening says it
            engine = engine_of(info)
            yield good("engine", ": ".join(filter(None, (engine.name, engine.why))))


async def _winrm(info: ConnectionInfo) -> AsyncIterator[Check]:
    modules = "target", "security", "credentials"
    loaded = [await asyncio.to_thread(importlib.import_module, f"pstui.backends.transports.wsman.{m}") for m in modules]
    target_module, security, credentials = loaded
    target: Target = target_module.target_of(info)  # an address that cannot be one ends the examination
    try:
        options = target_module.read_options(info, target.is_loopback)
        proxy = target_module.find_proxy(target, options)
    except PstuiError:
        return  # the opening says it
    if proxy is not None:
        yield good("proxy", proxy.name)
        return
    addresses = await _addresses(target.host, target.port)
    if not addresses:
        return  # the opening says it
    yield good("addresses", ", ".join(addresses[:8]))
    if target.ssl:
        for check in await _certificate(target.host, target.port):
            yield check
    async for check in _offers(target):
        yield check
    trusted = security.trusts(target, security.trusted_hosts(info))
    if trusted:
        yield good("trusted hosts", f"{target.host} is one of them")
    elif not target.ssl:
        yield absent("trusted hosts", f"{target.host} is none of them: over http only Kerberos may prove it")
    missing = security.kerberos_missing()
    if missing:
        yield absent("Kerberos", missing)
    elif not target.is_address:
        port = f":{target.port}" if options.port_in_spn else ""
        has_ticket = await asyncio.to_thread(credentials.has_ticket)
        spn = f"the service is {spn_name(target.host)}{port}"
        yield (
            good("Kerberos", f"a ticket is there; {spn}")
            if has_ticket
            else absent("Kerberos", f"no ticket; {spn}", "Run: kinit")
        )


def spn_name(host: str) -> str:
    """Return the service principal name that a WinRM service is known by."""
    return f"HTTP/{host}"


async def _addresses(host: str, port: int) -> list[str]:
    try:
        async with timeout(LOOK):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return list(dict.fromkeys(str(one[4][0]) for one in found))


async def _certificate(host: str, port: int) -> list[Check]:
    """Return whose certificate a TLS service shows, until when, and whether it is believed here."""
    try:
        der = await _shown(host, port)
    except (OSError, TimeoutError, ssl.SSLError):
        return []  # the opening says it
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(der)
    checks = [_names(certificate), _dates(certificate, datetime.datetime.now(datetime.UTC))]
    try:
        async with timeout(LOOK):
            _, writer = await asyncio.open_connection(host, port, ssl=checking_context())
        writer.close()
        checks.append(good("TLS chain", "it leads to an authority of this computer, and the name fits"))
    except ssl.SSLCertVerificationError as error:
        why = "Whoever signed it is not known here, or it is for another name."
        checks.append(bad("TLS chain", printable(error.verify_message)[:200], why))
    except (OSError, TimeoutError):
        pass
    return checks


async def _shown(host: str, port: int) -> bytes:
    """Return the certificate that a service shows, unchecked: nothing is sent to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with timeout(LOOK):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(True)
    writer.close()
    if not found:
        raise OSError("no certificate")
    return found


def _names(certificate: Certificate) -> Check:
    from cryptography import x509

    names: list[str] = []
    try:
        other = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*other.get_values_for_type(x509.DNSName), *map(str, other.get_values_for_type(x509.IPAddress))]
    except (x509.ExtensionNotFound, ValueError):
        pass
    names = names or [str(one.value) for one in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    shown = ", ".join(printable(name)[:100] for name in names[:6]) or "nobody"
    return good("TLS names", shown)


def _dates(certificate: Certificate, now: datetime.datetime) -> Check:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    shown = f"valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
    if now < begins:
        return bad("TLS date", shown, "It is not valid yet, or the clock of this computer is slow.", "Run: date -u")
    if now > ends:
        return bad("TLS date", shown, "It has expired, or the clock of this computer is fast.", "Run: date -u")
    if ends - now < datetime.timedelta(days=SOON):
        return Check("TLS date", shown, Sign.ABSENT, f"It ends in {(ends - now).days} days.")
    return good("TLS date", shown)


async def _offers(target: Target) -> AsyncIterator[Check]:
    """Yield what a WinRM service answers to an empty request: its mechanisms, and the time there."""
    try:
        head = await _head(target)
    except (OSError, TimeoutError, ssl.SSLError, ValueError):
        return  # the opening says it
    status, fields = _fields(head)
    if not status:
        shown = printable(head[:60].decode("latin-1"))
        is_ssh = head.startswith(b"SSH-")
        yield bad(
            "service",
            f"no HTTP answer: {shown}",
            f"{'An SSH server' if is_ssh else 'Something else than WinRM'} listens on this port.",
            "Give -HostName instead of -ComputerName." if is_ssh else "Give the port of WinRM: mostly 5985, or 5986.",
        )
        return
    offered = [value.split(" ")[0] for name, value in fields if name == "www-authenticate"]
    if offered:
        yield good("mechanisms", ", ".join(dict.fromkeys(printable(one)[:40] for one in offered)))
    else:
        yield absent("mechanisms", f"none offered; the answer is {status}")
    dated = next((value for name, value in fields if name == "date"), "")
    if (skew := _skew(dated)) is not None:
        if abs(skew) > MAX_SKEW:
            why = "Kerberos refuses tickets when the clocks differ by more than five minutes."
            yield bad("clock", f"{abs(skew):.0f} s apart", why, "Run: date -u")
        else:
            yield good("clock", f"{abs(skew):.0f} s apart")


async def _head(target: Target) -> bytes:
    context: ssl.SSLContext | None = None
    if target.ssl:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    async with timeout(LOOK):
        reader, writer = await asyncio.open_connection(target.host, target.port, ssl=context, limit=MAX_HEAD)
        try:
            host = f"[{target.host}]" if ":" in target.host else target.host
            request = f"POST /{target.path} HTTP/1.1\r\nHost: {host}:{target.port}\r\nContent-Length: 0\r\n"
            writer.write(f"{request}Connection: close\r\n\r\n".encode("latin-1", "replace"))
            await writer.drain()
            head = b""
            while b"\r\n\r\n" not in head and len(head) < MAX_HEAD and (part := await reader.read(MAX_HEAD)):
                head += part
        finally:
            writer.close()
    return head


def _fields(head: bytes) -> tuple[str, list[tuple[str, str]]]:
    """Return the status of a reply and its fields, names in lower case; an empty status where it is no HTTP."""
    lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1."):
        return "", []
    fields = [
        (name.strip().casefold(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])
    ]
    return printable(lines[0].partition(" ")[2])[:60], fields


def _skew(dated: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        there = parsedate_to_datetime(dated)
    except (ValueError, TypeError, OverflowError):
        return None
    if there.tzinfo is None:
        there = there.replace(tzinfo=datetime.UTC)
    return (there - datetime.datetime.now(datetime.UTC)).total_seconds()
