"""A WinRM service for tests, in a process of its own: ``python -m tests.support.winrm_endpoint --folder DIR …``.

Prints one JSON object with its ports, then answers one JSON command on each line of standard input with one line;
it ends with its standard input. ``tests/support/winrm_fixture.py`` is the way to use it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError, tostring

from tests.support import winrm_seal
from tests.support.winrm_accept import SCHEMES, Accounts, Gate, GateOptions
from tests.support.winrm_control import Control
from tests.support.winrm_faults import Dropped, Rule, Weather, delays, drops
from tests.support.winrm_http import Connection, HttpRequest, HttpResponse, HttpServer, WireLog
from tests.support.winrm_service import Service
from tests.support.winrm_shells import NEVER, Limits
from tests.support.winrm_soap import Fault, Request, fault_envelope, read_request

SOAP = "application/soap+xml;charset=UTF-8"


class WinRM:
    """The service behind HTTP: paths, authentication, sealing, and what goes wrong on demand."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        folder = Path(options.folder)
        self.weather = Weather()
        self.limits = Limits(
            scale=options.scale,
            max_shells=options.max_shells,
            max_envelope=options.max_envelope,
            default_idle=options.default_idle,
            max_idle=options.max_idle,
            configurations=tuple(options.configuration),
            silence=options.silence,
            second_receive=options.second_receive,
        )
        self.service = Service(self.limits)
        self.accounts = Accounts(Path(options.users))
        self.gates: dict[bool, GateOptions] = {}
        self.requests = (folder / "requests.jsonl").open("a", buffering=1)
        self.http = HttpServer(self._handler, WireLog(folder / "wire.jsonl"))
        self.http.settled = self.weather.settled
        self.http.allowance = self.weather.allowance

    def _handler(self, connection: Connection) -> Callable[[HttpRequest], Any]:
        gate = Gate(self.gates[connection.is_tls], connection.peer_certificate)

        async def handle(request: HttpRequest) -> HttpResponse:
            try:
                rules = self.weather.meeting("")
                drops(rules, "before")
                await delays(rules, "before")
                return _ruled(rules, None) or await self._admitted(connection, gate, request)
            except Dropped as drop:
                return HttpResponse(200, body=b" " * drop.after, drop_after=0)

        return handle

    async def _admitted(self, connection: Connection, gate: Gate, request: HttpRequest) -> HttpResponse:
        """Answer a request as far as the body: path, method, authentication."""
        if request.target.partition("?")[0].strip("/").lower() != self.options.path.lower():
            return HttpResponse(404)
        if request.method != "POST":
            return HttpResponse(405)
        answer = gate.check(request.method, request.target, request.headers.get("authorization", ""))
        headers = [("WWW-Authenticate", line) for line in answer.headers]
        if answer.status != 200:
            self._note(connection, gate, None, answer.status, False)
            return HttpResponse(answer.status, headers)
        if not request.body:
            return HttpResponse(200, headers)
        response = await self._spoken(connection, gate, request)
        response.headers += headers
        return response

    async def _spoken(self, connection: Connection, gate: Gate, request: HttpRequest) -> HttpResponse:
        kind = request.headers.get("content-type", "")
        sealed = winrm_seal.is_sealed(kind)
        if not sealed and not connection.is_tls and not self.options.allow_unencrypted:
            self._note(connection, gate, None, 500, False)
            return HttpResponse(500)
        body = request.body
        if sealed:
            try:
                if not gate.seal or winrm_seal.protocol_of(kind) != gate.seal:
                    raise winrm_seal.SealError("the protocol is another one")
                body = winrm_seal.unseal(gate.context, body)
            except Exception:  # whatever the context raises, the body is not from the one who authenticated
                return HttpResponse(400)
        response, asked = await self._answered(gate, body)
        self._note(connection, gate, asked, response.status, sealed, response.body)
        if response.body and sealed:
            kind, response.body = winrm_seal.seal(gate.context, gate.seal, response.body)
        elif response.body:
            kind = SOAP
        if response.body:
            response.headers.append(("Content-Type", kind))
        return response

    async def _answered(self, gate: Gate, body: bytes) -> tuple[HttpResponse, Request | None]:
        """Let the service answer, unless a rule does."""
        try:
            asked = read_request(body)
        except (Fault, ParseError):
            asked = None
        rules = self.weather.meeting(asked.verb if asked else "?")
        drops([rule for rule in rules if rule.when == "before"], "before")
        await delays(rules, "before")
        if (ruled := _ruled(rules, asked)) is not None:
            return ruled, asked
        status, answer, asked = await self.service.answer(body, gate.user)
        await delays(rules, "after")
        response = HttpResponse(status, body=answer)
        for rule in rules:
            if rule.do == "drop" and rule.when == "after":
                response.drop_after = rule.after
        return response, asked

    def _note(
        self, connection: Connection, gate: Gate, asked: Request | None, status: int, sealed: bool, answer: bytes = b""
    ) -> None:
        """Log what a request was: for tests that look at what a client asks for."""
        entry: dict[str, Any] = {
            "connection": connection.number,
            "tls": connection.is_tls,
            "scheme": gate.scheme,
            "user": gate.user,
            "sealed": sealed,
            "status": status,
            "fault": _fault_code(answer),
        }
        if asked is not None:
            body = None if asked.body is None else _as_text(asked)
            entry |= {key: value for key, value in asdict(asked).items() if key != "body"}
            entry |= {"verb": asked.verb, "body": body}
        self.requests.write(json.dumps(entry) + "\n")


def _as_text(asked: Request) -> str:
    return tostring(asked.body, encoding="unicode") if asked.body is not None else ""


def _fault_code(answer: bytes) -> int:
    found = re.search(rb'WSManFault [^>]*Code="(\d+)"', answer[:4000]) if b"<s:Fault>" in answer else None
    return int(found[1]) if found else 0


def _ruled(rules: list[Rule], asked: Request | None) -> HttpResponse | None:
    """Return the response that a rule gives instead of the service."""
    for rule in rules:
        match rule.do:
            case "status":
                return HttpResponse(rule.status, body=rule.body.encode())
            case "redirect":
                return HttpResponse(rule.status if rule.status != 500 else 302, [("Location", rule.location)])
            case "fault":
                fault = Fault(rule.code, rule.reason or "A fault on demand.", rule.subcode)
                return HttpResponse(500, body=fault_envelope(asked, fault))
    return None


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description="A WinRM service for tests.")
    parser.add_argument("--folder", required=True, help="where wire.jsonl and requests.jsonl go")
    parser.add_argument("--users", required=True, help="DOMAIN:USER:PASSWORD lines")
    parser.add_argument("--auth", default="Negotiate,Kerberos,Basic,CredSSP", help="comma-separated schemes")
    parser.add_argument("--path", default="wsman")
    parser.add_argument("--allow-unencrypted", action="store_true")
    parser.add_argument("--hostname", action="append", default=[], help="a host name in the keytab")
    parser.add_argument("--https", default="", help="a PEM file with certificate and key; adds an HTTPS port")
    parser.add_argument("--client-ca", default="", help="a PEM file; client certificates it signed are accepted")
    parser.add_argument("--map", action="append", default=[], help="NAME=USER for a client certificate's common name")
    parser.add_argument("--strict-bindings", action="store_true", help="HTTPS insists on channel bindings")
    parser.add_argument("--configuration", action="append", default=[], help="a session configuration")
    parser.add_argument("--scale", type=float, default=1.0, help="how long a second of a client's time limits lasts")
    parser.add_argument("--max-shells", type=int, default=30)
    parser.add_argument("--max-envelope", type=int, default=512000, help="bytes")
    parser.add_argument("--default-idle", type=float, default=7200.0, help="seconds, before scaling")
    parser.add_argument("--max-idle", type=float, default=NEVER, help="seconds, before scaling")
    parser.add_argument("--silence", type=float, default=240.0, help="seconds until a lost client is disconnected")
    parser.add_argument("--second-receive", choices=("supersede", "fault"), default="supersede")
    return parser


async def serve(options: argparse.Namespace) -> None:
    """Serve until standard input ends."""
    endpoint = WinRM(options)
    schemes = tuple(name for name in SCHEMES if name.lower() in options.auth.lower().split(","))
    hostnames = tuple(options.hostname) or ("localhost",)
    certificates = dict(one.split("=", 1) for one in options.map)
    endpoint.gates[False] = GateOptions(schemes, endpoint.accounts, hostnames)
    endpoint.gates[True] = GateOptions(schemes, endpoint.accounts, hostnames, certificates=certificates)
    ports = {"http": await endpoint.http.listen()}
    if options.https:
        from tests.support.winrm_tls import channel_bindings, server_context

        context = server_context(Path(options.https), Path(options.client_ca) if options.client_ca else None)
        if options.strict_bindings:
            endpoint.gates[True].bindings = channel_bindings(Path(options.https))
        ports["https"] = await endpoint.http.listen(context)
    print(json.dumps(ports), flush=True)
    watch = asyncio.ensure_future(endpoint.service.watch())
    await Control(endpoint.service, endpoint.weather, endpoint.http, endpoint.gates.values()).serve()
    watch.cancel()


def main() -> None:
    """Run the endpoint."""
    options = arguments().parse_args()
    options.configuration = options.configuration or ["Microsoft.PowerShell"]
    os.environ["NTLM_USER_FILE"] = options.users
    asyncio.run(serve(options))
    # Commands may still run; nothing of them is waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
