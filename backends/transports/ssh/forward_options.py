"""What ssh_config says of forwards: which are wanted, and how they listen."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pstui.backends.forwards import ForwardKind, ForwardSpec, Place, read_forward
from pstui.backends.transports.ssh.keywords import port_of

#: keywords that are read here, in lower case
KEYWORDS = frozenset(
    {
        "clearallforwardings",
        "dynamicforward",
        "exitonforwardfailure",
        "gatewayports",
        "localforward",
        "permitremoteopen",
        "remoteforward",
        "streamlocalbindmask",
        "streamlocalbindunlink",
    }
)
#: the keywords of forwards
KINDS = {
    "localforward": ForwardKind.LOCAL,
    "remoteforward": ForwardKind.REMOTE,
    "dynamicforward": ForwardKind.DYNAMIC,
}
#: the families of AddressFamily
FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}


@dataclass(frozen=True, slots=True)
class ForwardOptions:
    """``specs`` are the forwards, ``mask`` that of a socket's path, ``unlinks`` removes one that is there before.

    ``permitted`` are the places where users of a far SOCKS proxy may go, as host and port, 0 for any; None is anywhere.
    """

    specs: tuple[ForwardSpec, ...] = ()
    gateway_ports: bool = False
    exits_on_failure: bool = False
    unlinks: bool = False
    mask: int = 0o177
    family: int = socket.AF_UNSPEC
    permitted: tuple[tuple[str, int], ...] | None = None

    def may_open(self, host: str, port: int) -> bool:
        """Whether somebody at the far end may be connected to a place (PermitRemoteOpen)."""
        if self.permitted is None:
            return True
        return any(name in ("*", host) and number in (0, port) for name, number in self.permitted)


def read_options(values: Mapping[str, tuple[str, ...]]) -> ForwardOptions:
    """Return what the values of a host say, in the form in which ``ssh -G`` prints them. Raises ValueError."""

    def first(name: str) -> str:
        return values.get(name, ("",))[0].lower()

    def on(name: str) -> bool:
        return first(name) in ("yes", "true")

    specs: dict[ForwardSpec, None] = {}
    for name, kind in KINDS.items():
        for value in values.get(name, ()):
            specs[read_spec(kind, value)] = None
    # ``ssh -G`` prints a forward to a socket a second time, as a dynamic one that it is not.
    to_sockets = {each.listen for each in specs if each.kind is ForwardKind.LOCAL and each.target and each.target.path}
    specs = {one: None for one in specs if not (one.kind is ForwardKind.DYNAMIC and one.listen in to_sockets)}
    return ForwardOptions(
        () if on("clearallforwardings") else tuple(specs),
        on("gatewayports"),
        on("exitonforwardfailure"),
        on("streamlocalbindunlink"),
        int(first("streamlocalbindmask") or "177", 8) & 0o777,
        FAMILIES.get(first("addressfamily"), socket.AF_UNSPEC),
        _permitted(first("permitremoteopen")),
    )


def read_spec(kind: ForwardKind, value: str) -> ForwardSpec:
    """Return a forward as ``ssh -G`` prints it: what listens, and after a blank where to. Raises ValueError."""
    listen, _, target = value.strip().partition(" ")
    if kind is ForwardKind.REMOTE and target == "[socks]:0":
        target = ""
    return ForwardSpec(kind, _printed(listen), _printed(target) if target else None)


def _printed(text: str) -> Place:
    found = re.fullmatch(r"(?:\[(.*)\]:)?([0-9]{1,5})", text, re.ASCII)
    return Place(path=text) if found is None else Place(found[1], int(found[2]))


def spec_of_line(kind: ForwardKind, words: Sequence[str]) -> ForwardSpec:
    """Return a forward of ssh_config by the words behind its keyword: what listens and where to. Raises ValueError."""
    if kind is ForwardKind.LOCAL and len(words) < 2:
        raise ValueError("where it leads to is missing")
    if kind is ForwardKind.REMOTE and len(words) < 2:
        return replace(read_forward(ForwardKind.DYNAMIC, words[0], any_port=True), kind=kind)
    found = read_forward(kind, ":".join(words))
    if found.target is None and len(words) > 1:
        raise ValueError("where it leads to is missing")
    return found


def as_ssh_prints(spec: ForwardSpec, path: Callable[[str], str] = str) -> str:
    """Return a forward as ``ssh -G`` prints it; ``path`` replaces what stands in that of a socket."""
    parts = [_place(replace(place, path=path(place.path))) for place in (spec.listen, spec.target) if place is not None]
    if spec.kind is ForwardKind.REMOTE and spec.target is None:
        parts.append("[socks]:0")
    return " ".join(parts)


def _place(place: Place) -> str:
    if place.path:
        return place.path
    return str(place.port) if place.host is None else f"[{place.host}]:{place.port}"


def _permitted(text: str) -> tuple[tuple[str, int], ...] | None:
    if text in ("", "any"):
        return None
    found: list[tuple[str, int]] = []
    for word in text.split():
        host, _, port = word.rpartition(":")
        with contextlib.suppress(ValueError):  # a place that cannot be read permits nothing
            number = 0 if port == "*" else port_of(port)
            found += [(host.removeprefix("[").removesuffix("]"), number)] if host else []
    return tuple(found)
