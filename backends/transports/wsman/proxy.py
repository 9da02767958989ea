"""The proxy on the way to a WinRM service: which one the machine's settings name, and who one is to it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenError
from pstui.backends.transports.texts import printable
from pstui.backends.transports.wsman.options import Settings
from pstui.backends.transports.wsman.target import Target


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: ``url`` without a user, and ``authorization``, the header by which it learns who asks."""

    url: str
    authorization: Secret | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The proxy as it may be shown."""
        return printable(self.url.partition("://")[2])


def find_proxy(target: Target, settings: Settings) -> Proxy | None:
    """Return the proxy for a target: that of the environment, or of the system's settings where those exist.

    None where ProxyAccessType wants none, none is named, or the target is excepted. Raises OpenError for one that
    cannot be used.
    """
    if settings.proxy == "none":
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
    if scheme not in ("http", "https"):
        raise _unusable(target, f"{printable(scheme)} is not spoken here.", "Name an http or https proxy.")
    credential = settings.proxy_credential
    if credential is None and parts.username is not None:
        credential = PSCredential(unquote(parts.username), Secret(unquote(parts.password or "")))
    shown = f"[{host}]" if ":" in host else host
    return Proxy(f"{scheme}://{shown}:{port or (443 if scheme == 'https' else 80)}", _basic(credential))


def _basic(credential: PSCredential | None) -> Secret | None:
    if credential is None:
        return None
    password = credential.password.reveal() if credential.password is not None else ""
    return Secret("Basic " + base64.b64encode(f"{credential.user_name}:{password}".encode()).decode("ascii"))


def _unusable(target: Target, why: str, hint: str) -> OpenError:
    return OpenError(
        f"{printable(target.host)}: the proxy that this machine's settings name cannot be used",
        f"It comes from https_proxy, http_proxy or all_proxy, or from the system's settings. {why}",
        f"{hint} Or use ProxyAccessType NoProxyServer, which goes there directly.",
        error_id="CreateRemoteRunspaceFailed",
    )
