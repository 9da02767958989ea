"""``winrm_endpoint`` for tests: one WinRM service a module, with the options that the module names.

    from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, winrm_endpoint

    WINRM = WinRMOptions(arguments=["--scale", "0.05"], https=True)      # without it: http, NTLM, all defaults

    def test_a_lost_answer(winrm_endpoint: WinRMEndpoint) -> None:
        winrm_endpoint.rule("drop", verb="Receive", when="after", after=400)

``running_winrm(folder, options)`` runs one more for a block. What else can be asked of an endpoint is ``control``:
``limits`` (fields of ``winrm_shells.Limits``), ``gate`` (``schemes``, ``expired`` users, ``hostnames``), ``shells``,
``end_shells``, ``drop_connections``, ``connections``, ``backlog``.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support import guard
from tests.support.paths import ROOT
from tests.support.winrm_kdc import REALM, Kdc, need_kdc
from tests.support.winrm_tls import Authority

USER, PASSWORD = "alice", "correct horse"
#: whom the service knows: name and password
PEOPLE = {USER: PASSWORD, "bob": "b0b's secret", "carol": "pässwörd"}
DOMAIN = "PSTUI"
#: seconds until the endpoint must listen
START = 30.0


@dataclass(frozen=True)
class WinRMOptions:
    """How to start an endpoint. ``arguments`` are those of winrm_endpoint.py, ``environment`` is added to its own."""

    arguments: Sequence[str] = ()
    people: Mapping[str, str] = field(default_factory=lambda: dict(PEOPLE))
    environment: Mapping[str, str] = field(default_factory=dict)
    #: adds HTTPS with a certificate of ``endpoint.authority``, and client certificates named like the people
    https: bool = False
    #: the names and addresses in the server's certificate
    certified: Sequence[str] = ("localhost", "127.0.0.1")
    certificate_expired: bool = False
    #: adds a KDC, ``endpoint.kdc``, that knows the people and the services of these host names
    kerberos: Sequence[str] = ()
    #: how far the KDC's clock is off, as faketime writes it
    kdc_shift: str = ""


class WinRMEndpoint:
    """A running endpoint: ``port`` is for http, ``https_port`` for https (0 without one), both on 127.0.0.1."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, options: WinRMOptions) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.people = folder, options.people
        self.authority = Authority(folder / "certificates")
        self.kdc: Kdc | None = None
        self.port = self.https_port = 0
        self._lock = threading.Lock()
        command = [*self._command(options), *options.arguments]
        environment = dict(options.environment)
        if options.kerberos:
            need_kdc()
            self.kdc = Kdc(folder / "kdc", options.people, options.kerberos, options.kdc_shift)
            environment |= self.kdc.server
        self._errors = (folder / "stderr").open("ab")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=ROOT,
            env={**os.environ, **environment},
            text=True,
        )
        killer = threading.Timer(START, self._process.kill)
        killer.start()
        try:
            ports = self._told()
        except BaseException:
            self.stop()
            raise
        finally:
            killer.cancel()
        self.port, self.https_port = int(ports["http"]), int(ports.get("https", 0))

    def _command(self, options: WinRMOptions) -> list[str]:
        users = self.folder / "users"
        lines = []
        for name, password in options.people.items():
            names = (f":{name}", f"{DOMAIN}:{name}", f":{name}@{REALM}", f":{name}@{REALM.lower()}")
            lines += [f"{one}:{password}\n" for one in names]
        users.write_text("".join(lines))
        command = [sys.executable, "-m", "tests.support.winrm_endpoint"]
        command += ["--folder", str(self.folder), "--users", str(users)]
        if options.https:
            pem = self.authority.server(hosts=options.certified, expired=options.certificate_expired)
            command += ["--https", str(pem), "--client-ca", str(self.authority.certificate)]
            command += [f"--map={name}={name}" for name in options.people]
        return command + [f"--hostname={name}" for name in options.kerberos]

    def _told(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the WinRM endpoint ended:\n{(self.folder / 'stderr').read_text()}")
        return json.loads(line)

    def control(self, do: str, **values: Any) -> Any:
        """Give a command and return its answer. Raises RuntimeError for one the endpoint refuses."""
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
            self._process.stdin.flush()
            told = self._told()
        if not told["ok"]:
            raise RuntimeError(told["value"])
        return told["value"]

    def rule(self, do: str, **values: Any) -> None:
        """Let something go wrong: see ``winrm_faults.Rule`` for the fields."""
        self.control("rule", rule={"do": do, **values})

    def clear(self) -> None:
        """Let everything go well again, and listen."""
        self.control("clear")

    def cut(self, seconds: float) -> None:
        """Reset every connection and refuse new ones for so long; a negative time is for ever (until ``clear``)."""
        self.control("cut", seconds=seconds)

    def cut_after(self, size: int, seconds: float) -> None:
        """Do as ``cut`` once ``size`` more bytes were sent to clients."""
        self.control("cut_after", bytes=size, seconds=seconds)

    def stall(self, seconds: float) -> None:
        """Lose every packet for so long: connections stay, nothing is answered."""
        self.control("stall", seconds=seconds)

    @property
    def url(self) -> str:
        """The address for http."""
        return f"http://{self.host}:{self.port}/wsman"

    @property
    def https_url(self) -> str:
        """The address for https."""
        return f"https://localhost:{self.https_port}/wsman"

    def wire(self, direction: str = "") -> bytes:
        """Return every byte that went over the wire, of one direction (``in``: from clients) if it is named."""
        entries = map(json.loads, (self.folder / "wire.jsonl").read_text().splitlines())
        return b"".join(base64.b64decode(one["data"]) for one in entries if direction in ("", one["d"]))

    def requests(self, verb: str = "") -> list[dict[str, Any]]:
        """Return what was asked: one record a request, those of one verb if it is named.

        Fields: connection, tls, scheme, user, sealed, status, fault (0 is none); for envelopes also verb, action,
        message_id, resource_uri, session_id, operation_id, repeats, timeout, max_envelope, locale, data_locale,
        selectors, options, body.
        """
        entries = [json.loads(line) for line in (self.folder / "requests.jsonl").read_text().splitlines()]
        return [one for one in entries if verb in ("", one.get("verb"))]

    def shells(self) -> dict[str, str]:
        """Return the state of every shell."""
        return dict(self.control("shells"))

    def stop(self) -> None:
        """End the endpoint."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()
        if self.kdc is not None:
            self.kdc.stop()


@contextlib.contextmanager
def running_winrm(folder: Path, options: WinRMOptions | None = None) -> Iterator[WinRMEndpoint]:
    """Run an endpoint for the block."""
    endpoint = WinRMEndpoint(folder, options or WinRMOptions())
    try:
        yield endpoint
    finally:
        endpoint.stop()


_running: dict[pytest.Module, WinRMEndpoint] = {}


@pytest.fixture
def winrm_endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WinRMEndpoint]:
    """The module's endpoint; nothing goes wrong when a test begins. It ends with the module."""
    module = request.node.getparent(pytest.Module)
    endpoint = _running.get(module)
    if endpoint is None:
        running = running_winrm(tmp_path_factory.mktemp("winrm"), getattr(request.module, "WINRM", None))
        with guard.outliving():
            endpoint = _running[module] = running.__enter__()

        def stop() -> None:
            del _running[module]
            running.__exit__(None, None, None)

        module.addfinalizer(stop)
    endpoint.clear()
    yield endpoint
    endpoint.clear()
