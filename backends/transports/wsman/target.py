"""Where a WinRM connection goes, and with which options.

The address is made from the parameters of both sets (protocol-notes 1.8, 6.7). Session options that are not supported
are refused (protocol-notes 1.9). The proxy on the way comes from the machine's settings or the options, with its own
credential.
"""

from __future__ import annotations

import base64
import ipaddress
import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from pstui.backends.addresses import is_this_machine
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenError
from pstui.backends.transports.streams import printable

#: what a number beyond every limit means in PowerShell: no limit
INT_MAX = 2147483647
#: 500 KiB, what WinRM of protocol 2.2 and later takes; 150 KiB for older ones (protocol-notes 6.7)
ENVELOPE, OLD_ENVELOPE = 512_000, 153_600
#: bytes of one object that are accepted, 200 MiB (protocol-notes 1.9)
MAX_OBJECT = 209_715_200
#: milliseconds a network failure is ridden out (protocol-notes 2.10); PowerShell on Windows allows four minutes
MAX_RETRY_TIME = 240_000
#: seconds a receive waits on the far end before it is sent again, so that silence is never taken for death
RECEIVE_TIMEOUT = 20.0

_BUFFERING = {"None": "", "Drop": "Drop", "Block": "Block"}


@dataclass(frozen=True, slots=True)
class WSManOptions:
    """Everything about a connection but its address and its credential. Times are in seconds; None means no limit."""

    redirects: int = 0
    no_profile: bool = False
    culture: str = "en-US"
    ui_culture: str = "en-US"
    max_data: int | None = None
    max_object: int | None = MAX_OBJECT
    buffering: str = ""
    retries: int = 5
    arguments: Mapping[str, Any] = field(default_factory=dict)
    open_timeout: float | None = 180.0
    cancel_timeout: float | None = 60.0
    operation_timeout: float | None = 180.0
    idle_timeout: float | None = None
    proxy: str = "none"
    proxy_credential: PSCredential | None = None
    skip_ca: bool = False
    skip_cn: bool = False
    no_encryption: bool = False
    port_in_spn: bool = False
    envelope: int | None = None
    max_retry_time: float = MAX_RETRY_TIME / 1000
    receive_timeout: float = RECEIVE_TIMEOUT
    notes: tuple[str, ...] = ()


def read_options(info: ConnectionInfo, is_loopback: bool) -> WSManOptions:
    """Return the options of a call. Raises OpenError naming the option that is not supported, and why."""
    option: Mapping[str, Any] = info.values.get("SessionOption") or {}
    _refuse(info, option, is_loopback)
    ui = client_culture("LC_ALL", "LC_MESSAGES", "LANG")
    numbers = client_culture("LC_ALL", "LC_NUMERIC", "LANG")
    follows = info.parameter_set is ParameterSet.URI and info.switch("AllowRedirection")
    count = int(option.get("MaximumConnectionRedirectionCount", 5))
    envelope = info.settings.get("max_envelope_size_kb")
    return WSManOptions(
        redirects=max(0, count) if follows else 0,
        no_profile=bool(option.get("NoMachineProfile", False)),
        culture=str(option.get("Culture") or numbers),
        ui_culture=str(option.get("UICulture") or ui),
        max_data=_limit(option.get("MaximumReceivedDataSizePerCommand")),
        max_object=_limit(option.get("MaximumReceivedObjectSize", MAX_OBJECT)),
        buffering=_BUFFERING[str(option.get("OutputBufferingMode", "None"))],
        retries=max(0, int(option.get("MaxConnectionRetryCount", 5))),
        arguments=dict(option.get("ApplicationArguments") or {}),
        open_timeout=_time(option.get("OpenTimeout", 180_000)),
        cancel_timeout=_time(option.get("CancelTimeout", 60_000)),
        operation_timeout=_time(option.get("OperationTimeout", 180_000)),
        idle_timeout=_idle(int(option.get("IdleTimeout", -1))),
        proxy=_proxy(str(option.get("ProxyAccessType", "None"))),
        proxy_credential=option.get("ProxyCredential"),
        skip_ca=bool(option.get("SkipCACheck", False)),
        skip_cn=bool(option.get("SkipCNCheck", False)),
        no_encryption=bool(option.get("NoEncryption", False)),
        port_in_spn=bool(option.get("IncludePortInSPN", False)),
        envelope=int(envelope) * 1024 if envelope else None,
        max_retry_time=float(info.settings.get("max_retry_time", MAX_RETRY_TIME)) / 1000,
        receive_timeout=float(info.settings.get("receive_timeout", RECEIVE_TIMEOUT * 1000)) / 1000,
        notes=_notes(info, is_loopback),
    )


def client_culture(*variables: str) -> str:
    """Return a culture such as ``de-DE`` from the first of these variables that is set; en-US for C, POSIX and none."""
    for name in variables:
        value = os.environ.get(name, "")
        if not value:
            continue
        bare = value.partition(".")[0].partition("@")[0].replace("_", "-")
        return "en-US" if bare in ("", "C", "POSIX") else bare
    return _windows_culture(ui="LC_MESSAGES" in variables) if os.name == "nt" else "en-US"


def _windows_culture(*, ui: bool) -> str:
    """Return the culture of the user's settings, that of the display or that of the formats."""
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]  # Windows alone has it
    number = kernel.GetUserDefaultUILanguage() if ui else kernel.GetUserDefaultLCID()
    return locale.windows_locale.get(int(number) & 0xFFFF, "en_US").replace("_", "-")


def _refuse(info: ConnectionInfo, option: Mapping[str, Any], is_loopback: bool) -> None:
    if option.get("UseUTF16"):
        raise _refused("UseUTF16", "Messages are written in UTF-8 alone here, which every WinRM service takes.")
    if option.get("ProxyAccessType") == "AutoDetect":
        raise _refused(
            "ProxyAccessType AutoDetect",
            "Finding a proxy by asking the network for a script (WPAD) is not supported.",
            "Use IEConfig or WinHttpConfig, which take the proxy of this computer's settings or environment.",
        )
    credential = option.get("ProxyCredential")
    if credential is not None and option.get("ProxyAccessType", "None") in ("None", "NoProxyServer"):
        raise _refused("ProxyCredential", "No proxy is used: ProxyAccessType says so.", "Give a ProxyAccessType too.")
    mechanism = str(option.get("ProxyAuthentication", "Negotiate"))
    if credential is not None and mechanism != "Basic":
        raise _refused(
            f"ProxyAuthentication {mechanism}",
            "A proxy can only be used with Basic authentication.",
            "Use -ProxyAuthentication Basic; the proxy then gets the password readable.",
        )
    if info.switch("EnableNetworkAccess") and is_loopback:
        raise _refused(
            "EnableNetworkAccess",
            "It hands over this logon's own token, which only Windows' built-in client can do.",
            "Leave it out; to reach further computers from that session, use -Authentication Credssp.",
        )


def _refused(name: str, why: str, hint: str = "Leave it out.") -> OpenError:
    return OpenError(f"{name} is not supported", why, hint, error_id="CreateRemoteRunspaceFailed")


def _notes(info: ConnectionInfo, is_loopback: bool) -> tuple[str, ...]:
    if info.switch("EnableNetworkAccess") and not is_loopback:
        return ("EnableNetworkAccess is ignored: it only concerns sessions on this same computer.",)
    return ()


def _time(value: Any) -> float | None:
    number = int(value)
    return None if number <= 0 or number >= INT_MAX else number / 1000


def _idle(value: int) -> float | None:
    if value == -1:
        return None
    if value < 60_000:
        raise OpenError(
            f"an idle timeout of {value} ms is too short",
            "A server keeps a session at least for a minute.",
            "Use 60000 or more, or -1 to leave it to the server.",
        )
    return value / 1000


def _limit(value: Any) -> int | None:
    return None if value is None or int(value) <= 0 else int(value)


def _proxy(kind: str) -> str:
    return "system" if kind in ("IEConfig", "WinHttpConfig") else "none"


#: prefix of a session configuration's address (protocol-notes 1.6)
SHELL_PREFIX = "http://schemas.microsoft.com/powershell/"
DEFAULT_CONFIGURATION = "Microsoft.PowerShell"
#: what a client tells of itself in the address (protocol-notes 6.7)
PS_VERSION = "7.6"
HTTP_PORT, HTTPS_PORT = 5985, 5986


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint: ``host`` without brackets, ``path`` with its query and without the leading slash."""

    ssl: bool
    host: str
    port: int
    path: str
    shell_uri: str

    @property
    def url(self) -> str:
        """The whole address requests are posted to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.ssl else 'http'}://{host}:{self.port}/{self.path}"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address rather than a name: Kerberos cannot prove who that is."""
        try:
            ipaddress.ip_address(self.host.partition("%")[0])
        except ValueError:
            return False
        return True

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this computer: localhost, an address that never leaves it, or the machine's own name."""
        return is_this_machine(self.host)

    def moved(self, location: str) -> Target:
        """Return the target that a redirect names, for the same session configuration. Raises OpenError."""
        return replace(_from_uri(location, "the address of the redirect"), shell_uri=self.shell_uri)


def target_of(info: ConnectionInfo) -> Target:
    """Return the endpoint of a call. Raises OpenError for an address that cannot be one."""
    shell = shell_uri(info.text("ConfigurationName"))
    if info.parameter_set is ParameterSet.URI:
        return replace(_from_uri(info.text("ConnectionUri"), "the address"), shell_uri=shell)
    name = info.text("ComputerName", "localhost").strip()
    host = "localhost" if name in (".", "") else name
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not _is_host(host):
        raise OpenError(
            f"“{printable(name)}” cannot be the name of a computer",
            "It holds characters that no name and no address has.",
            "Give a name such as server01 or server01.contoso.com, or use -ConnectionUri for a whole address.",
            error_id="System.UriFormatException,Microsoft.PowerShell.Commands.EnterPSSessionCommand",
        )
    ssl = info.switch("UseSSL")
    port = info.number("Port") or (HTTPS_PORT if ssl else HTTP_PORT)
    application = info.text("ApplicationName").strip("/") or "wsman"
    return Target(ssl, host, port, _with_version(application), shell)


def shell_uri(configuration: str) -> str:
    """Return the resource URI of a session configuration given by name or by address."""
    name = configuration or DEFAULT_CONFIGURATION
    return name if SHELL_PREFIX in name.casefold() else SHELL_PREFIX + name


def configuration_of(uri: str) -> str:
    """Return the name of a session configuration from its resource URI."""
    return uri[len(SHELL_PREFIX) :] if uri.casefold().startswith(SHELL_PREFIX.casefold()) else uri


def is_shell_uri(uri: str) -> bool:
    """Whether a resource is a PowerShell session rather than another kind of shell."""
    return uri.casefold().startswith(SHELL_PREFIX.casefold())


def _from_uri(text: str, what: str) -> Target:
    shown = printable(text[:200])
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise OpenError(
            f"{what} {shown} is not an address", f"{error}.", error_id="CreateRemoteRunspaceFailed"
        ) from error
    scheme = parts.scheme.casefold()
    if scheme not in ("http", "https") or not _is_host(host):
        raise OpenError(
            f"{what} {shown} is not one of a WinRM service",
            "It must be absolute and begin with http:// or https://.",
            "Write it like https://server:5986/wsman.",
            error_id="CreateRemoteRunspaceFailed",
        )
    if parts.username is not None or parts.password is not None:
        raise OpenError(
            "an address may not hold a user name or a password",
            "It would be shown, logged and sent readable.",
            "Use -Credential instead.",
            error_id="CreateRemoteRunspaceFailed",
        )
    ssl = scheme == "https"
    path = parts.path.strip("/")
    if not path and not parts.query and not parts.fragment:
        path = "wsman"
    if parts.query:
        path += f"?{parts.query}"
    return Target(ssl, host, port or (443 if ssl else 80), _with_version(path), "")


def _with_version(path: str) -> str:
    mark = ";" if "?" in path else "?"
    return path if "psversion=" in path.casefold() else f"{path}{mark}PSVersion={PS_VERSION}"


def _is_host(host: str) -> bool:
    bare = host.partition("%")[0]
    if ":" in bare:
        try:
            ipaddress.IPv6Address(bare)
        except ValueError:
            return False
        return True
    return bool(host) and all(char.isalnum() or char in "-_." for char in host)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: ``url`` without a user, and ``authorization``, the header that tells it who the user is."""

    url: str
    authorization: Secret | None = field(default=None, repr=False)
    credential: PSCredential | None = field(default=None, repr=False)

    @property
    def is_socks(self) -> bool:
        """Whether it is a SOCKS proxy rather than one for http."""
        return self.url.startswith("socks")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    @property
    def login(self) -> tuple[str, str]:
        """User name and password, empty where none is needed."""
        known = self.credential
        return ("", "") if known is None else (known.user_name, known.password.reveal() if known.password else "")

    @property
    def name(self) -> str:
        """The proxy as it may be shown."""
        return printable(self.url.partition("://")[2])


def find_proxy(target: Target, options: WSManOptions) -> Proxy | None:
    """Return the proxy for a target: that of the environment, or of the system's settings where those exist.

    None where ProxyAccessType wants none, none is named, or the target is excepted. Raises OpenError for one that
    cannot be used.
    """
    if options.proxy == "none":
        return None
    from requests.utils import get_environ_proxies, select_proxy

    named = str(select_proxy(target.url, get_environ_proxies(target.url)) or "").strip()
    if not named:
        return None
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        scheme, host, port = parts.scheme.casefold(), parts.hostname or "", parts.port
    except ValueError:
        scheme, host, port = "http", "", None
    if not host:
        raise _unusable(target, "Its address cannot be read.", "Write it like http://proxy.contoso.com:3128.")
    if scheme not in _PROXY_PORTS:
        hint = "Name an http, https or socks5 proxy."
        raise _unusable(target, f"{printable(scheme)} is not supported.", hint)
    credential = options.proxy_credential
    if credential is None and parts.username is not None:
        credential = PSCredential(unquote(parts.username), Secret(unquote(parts.password or "")))
    shown = f"[{host}]" if ":" in host else host
    return Proxy(f"{scheme}://{shown}:{port or _PROXY_PORTS[scheme]}", _basic(credential), credential)


#: the kinds of proxies and their usual ports; with socks5h the proxy looks names up, which it does here in any case
_PROXY_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


def _basic(credential: PSCredential | None) -> Secret | None:
    if credential is None:
        return None
    password = credential.password.reveal() if credential.password is not None else ""
    return Secret("Basic " + base64.b64encode(f"{credential.user_name}:{password}".encode()).decode("ascii"))


def _unusable(target: Target, why: str, hint: str) -> OpenError:
    return OpenError(
        f"{printable(target.host)}: the proxy that this computer's settings name cannot be used",
        f"It comes from https_proxy, http_proxy or all_proxy, or from the system's settings. {why}",
        f"{hint} Or use ProxyAccessType NoProxyServer, which goes there directly.",
        error_id="CreateRemoteRunspaceFailed",
    )
