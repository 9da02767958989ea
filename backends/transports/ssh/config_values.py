"""The values of one host as ssh has them once its files are read (``ssh -G`` prints them so)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pstui.backends.transports.ssh.expansion import expanded, tokens_of
from pstui.backends.transports.ssh.forward_options import KINDS, as_ssh_prints, read_spec
from pstui.backends.transports.ssh.keywords import UNSET

Values = dict[str, tuple[str, ...]]
#: keywords that are not set where their value is ``none`` (readconf.c, CLEAR_ON_NONE)
_NONE_IS_NOTHING = (
    "controlpath", "knownhostscommand", "localcommand", "pkcs11provider", "proxycommand", "remotecommand",
    "revokedhostkeys", "securitykeyprovider",
)  # fmt: skip
#: keywords whose tokens are replaced before they are printed
_EXPANDED = ("controlpath", "forwardagent", "identityagent", "remotecommand")


class ConfigError(ValueError):
    """A configuration that cannot be read, with the file and the line where one is to blame."""


def settled(values: Values, original: str) -> Values:
    """Return the values in the end: ``none`` is nothing, and what hangs on another keyword is decided.

    ``original`` is what the host was called. Raises ConfigError; OpenError for a token or a variable.
    """
    if values.get("proxyjump") == ("",):
        del values["proxyjump"]
    for name in _NONE_IS_NOTHING:
        if values.get(name, ("",))[0].lower() == "none":
            del values[name]
    if "hostkeyalias" in values:
        values["hostkeyalias"] = (values["hostkeyalias"][0].lower(),)
    files = values.get("userknownhostsfile", ("",))[0]
    by_dns = values.get("verifyhostkeydns", ("false",))[0] != "false"
    if by_dns or (files and files != "~/.ssh/known_hosts"):
        values.setdefault("updatehostkeys", ("false",))
    if values.get("loglevel", ("",))[0] in ("SILENT", "FATAL", "ERROR") and values.get("updatehostkeys") == ("ask",):
        values["updatehostkeys"] = ("false",)
    if "proxyjump" in values:
        values.pop("proxyusefdpass", None)
    if values.get("connectionattempts") == ("0",):
        raise ConfigError("Invalid number of ConnectionAttempts")
    if "rekeylimit" in values:
        values["rekeylimit"] = (values["rekeylimit"][0].replace(UNSET, "0"),)
    tokens = tokens_of(original, values)
    values = _with_forwards(values, tokens)
    _expand(values, tokens)
    if files:
        values["userknownhostsfile"] = (" ".join(expanded(one, tokens) for one in files.split(" ")),)
    return values


def _with_forwards(values: Values, tokens: dict[str, str]) -> Values:
    if values.get("clearallforwardings") == ("yes",):
        values = {name: value for name, value in values.items() if name not in KINDS} | {"tunnel": ("false",)}
    for name, kind in KINDS.items():
        specs = [read_spec(kind, one) for one in values.get(name, ())]
        shown = tuple(as_ssh_prints(spec, lambda path: expanded(path, tokens)) for spec in specs)
        values |= {name: shown} if shown else {}
    return values


def _expand(values: Values, tokens: dict[str, str]) -> None:
    for name in _EXPANDED:
        value = values.get(name, ("none",))[0]
        if value not in ("none", "yes", "no", "SSH_AUTH_SOCK") and not re.match(r"\$(?!\{)", value):
            values[name] = (expanded(value, tokens, home=name != "remotecommand"),)
    forwarded = values.get("forwardagent", ("no",))[0]
    if values.get("exitonforwardfailure") == ("yes",) and forwarded not in ("yes", "no"):
        path = os.environ.get(forwarded[1:], forwarded) if forwarded[0] == "$" else forwarded
        if not Path(path).exists():
            raise ConfigError(f"Cannot forward agent socket path {forwarded}")
