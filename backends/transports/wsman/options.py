"""The session options of a WinRM connection, those that are not supported refused (protocol-notes 1.9, 6.7)."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import OpenError

#: what a number beyond every limit means in PowerShell: no limit
INT_MAX = 2147483647
#: 500 KiB, what WinRM of protocol 2.2 and later takes; 150 KiB for older ones (protocol-notes 6.7)
ENVELOPE, OLD_ENVELOPE = 512_000, 153_600
#: bytes of one object that are accepted, 200 MiB (protocol-notes 1.9)
MAX_OBJECT = 209_715_200
#: milliseconds a network failure is ridden out (protocol-notes 2.10); PowerShell on Windows allows four minutes
MAX_RETRY_TIME = 240_000
#: seconds a receive waits on the far end before it is asked anew: silence is thereby never taken for death
RECEIVE_TIMEOUT = 20.0

_BUFFERING = {"None": "", "Drop": "Drop", "Block": "Block"}


@dataclass(frozen=True, slots=True)
class WSManOptions:
    """Everything about a connection but its address and its credential. Times are in seconds, None is no limit."""

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
            "Use IEConfig or WinHttpConfig, which take the proxy of this machine's settings or environment.",
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
            f"an idle time-out of {value} ms is too short",
            "A server keeps a session at least for a minute.",
            "Use 60000 or more, or -1 to leave it to the server.",
        )
    return value / 1000


def _limit(value: Any) -> int | None:
    return None if value is None or int(value) <= 0 else int(value)


def _proxy(kind: str) -> str:
    return "system" if kind in ("IEConfig", "WinHttpConfig") else "none"
