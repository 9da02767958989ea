"""A Kerberos realm for tests: MIT's own KDC in a temporary folder, on a port of the loopback, without privileges."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.parts import missing, program, requires

REALM = "PSTUI.TEST"
SERVICES = ("HTTP", "host", "WSMAN")
#: seconds until the KDC must listen
START = 10.0

_CLIENT = """\
[libdefaults]
  default_realm = {realm}
  dns_canonicalize_hostname = false
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  udp_preference_limit = 1
  kdc_timesync = 0
  qualify_shortname = ""
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
{hosts}
"""

_SERVER = """\
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
    default_principal_flags = +preauth
  }}
[logging]
  kdc = FILE:{folder}/kdc.log
"""


def need_kdc() -> None:
    """Skip the running test where there is no KDC, or fail it when it is required."""
    requires("kdc", ("krb5kdc", "kdb5_util", "kadmin.local", "kinit"))
    for module in ("gssapi", "krb5"):
        if importlib.util.find_spec(module) is None:
            missing("kdc", f"the Python package {module} is not installed here")


class Kdc:
    """A running KDC that knows ``people`` (names and passwords) and the services of ``hostnames``.

    ``eve`` is known too: her password has expired. ``shift`` moves the KDC's clock, as ``faketime`` writes it (+1h).
    """

    def __init__(self, folder: Path, people: Mapping[str, str], hostnames: Sequence[str], shift: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._shift = folder, shift
        self.port = _free_port()
        self.keytab = folder / "keytab"
        hosts = "\n".join(f"  {name} = {REALM}" for name in hostnames)
        (folder / "krb5.conf").write_text(_CLIENT.format(realm=REALM, port=self.port, hosts=hosts))
        (folder / "kdc.conf").write_text(_SERVER.format(realm=REALM, port=self.port, folder=folder))
        self._fill(people, hostnames)
        self._process = self._started()

    @property
    def client(self) -> dict[str, str]:
        """The environment of a client: its configuration, and a ticket cache that is empty at first."""
        return {"KRB5_CONFIG": str(self.folder / "krb5.conf"), "KRB5CCNAME": f"FILE:{self.folder / 'cache'}"}

    @property
    def server(self) -> dict[str, str]:
        """The environment of a service."""
        return {"KRB5_CONFIG": str(self.folder / "krb5.conf"), "KRB5_KTNAME": f"FILE:{self.keytab}"}

    def kinit(self, user: str, password: str, *more: str) -> None:
        """Put a user's ticket into the client's cache. Raises CalledProcessError."""
        self._run("kinit", *more, f"{user}@{REALM}", given=f"{password}\n", environment=self.client)

    def kdestroy(self) -> None:
        """Empty the client's cache."""
        (self.folder / "cache").unlink(missing_ok=True)

    def stop(self) -> None:
        """End the KDC, and faketime that may stand between."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        end = time.monotonic() + START
        with contextlib.suppress(OSError):
            while time.monotonic() < end:  # the KDC behind faketime ends a moment later
                socket.create_connection(("127.0.0.1", self.port), 1).close()

    def _run(self, name: str, *arguments: str, given: str = "", environment: Mapping[str, str] | None = None) -> None:
        subprocess.run(
            [program(name), *arguments],
            input=given,
            text=True,
            check=True,
            capture_output=True,
            timeout=60,
            env={**os.environ, **(environment or self._own)},
        )

    @property
    def _own(self) -> dict[str, str]:
        return {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
        }

    def _fill(self, people: Mapping[str, str], hostnames: Sequence[str]) -> None:
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        commands = [f'addprinc -pw "{password}" {name}' for name, password in people.items()]
        commands.append('addprinc -pw "expired" -pwexpire "2020-01-01 00:00:00 UTC" eve')
        for service in (f"{kind}/{name}" for name in hostnames for kind in SERVICES):
            commands += [f"addprinc -randkey {service}", f"ktadd -k {self.keytab} -norandkey {service}"]
        self._run("kadmin.local", "-r", REALM, given="\n".join([*commands, ""]))

    def _started(self) -> subprocess.Popen[bytes]:
        command = [program("krb5kdc"), "-n", "-r", REALM]
        if self._shift:
            command = [requires("faketime"), "-f", self._shift, *command]
        with (self.folder / "output").open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self._own},
                start_new_session=True,
            )
        end = time.monotonic() + START
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return process
            if process.poll() is not None or time.monotonic() > end:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise RuntimeError(f"the KDC did not start:\n{(self.folder / 'output').read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
