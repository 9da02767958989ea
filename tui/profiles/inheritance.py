"""What a profile has from its groups: ``[groups."Prod/Web"]`` passes each of its keys down, and the nearest wins.

How this works. A profile in ``Prod/Web`` takes what it does not say itself from ``Prod/Web``, then from ``Prod``, and
after that from ``[defaults]``, as ever. Session options are merged key by key. What is nearer also takes the place of
what it excludes: an account that a host names is not joined with the credential of its group. An empty text takes back
what a group says: ``via = ""``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.addresses import SshHost, parse_ssh_host
from pstui.config.profiles import Configuration, folded

#: ways to say which container engine is meant, of which a profile may have one
_ENGINES = ("engine_context", "engine_url")
#: what ``exclusion`` looks at, in its order
_PROOFS = ("certificate_thumbprint", "credential", "authentication")


@dataclass(frozen=True, slots=True)
class Inherited:
    """The keys that hold for a profile, and for each that it does not say itself the path of the group that does.

    A session option stands among the sources as ``session_option.KEY``.
    """

    values: Mapping[str, Any]
    sources: Mapping[str, str] = field(default_factory=dict)


class Groups:
    """The groups of a configuration, and what they pass down."""

    def __init__(self, configuration: Configuration) -> None:
        self._tables = {folded(path): (path, table) for path, table in configuration.groups.items()}
        self._accounts = configuration.credentials
        self._wrong, self._wrong_tags = configuration.wrong_groups, configuration.wrong_tags

    def __bool__(self) -> bool:
        return bool(self._tables)

    def wrong(self, values: Mapping[str, Any], *more: str) -> str:
        """Return the first table with a problem of the groups and tags of a profile with these keys; mostly none.

        ``more`` are paths of other groups that it is in.
        """
        if self._wrong:
            for each in around(str(values.get("group", "")), *more):
                if folded(each) in self._wrong:
                    return f"groups.{each}"
        if self._wrong_tags:
            for tag in self.inherited(values).values.get("tags", ()):
                if folded(tag) in self._wrong_tags:
                    return f"tags.{tag}"
        return ""

    def inherited(self, values: Mapping[str, Any], *more: str) -> Inherited:
        """Return what holds for a profile with these keys; ``more`` are paths of other groups, the nearest first."""
        if not self._tables or not (values.get("group") or more):
            return Inherited(values)
        found, sources, taken_back = dict(values), dict[str, str](), set[str]()
        for each in around(str(values.get("group", "")), *more):
            path, table = self._tables.get(folded(each), ("", {}))
            nearer = dict(found)
            for key, value in table.items():
                if key not in found:
                    if not self._gives_way(key, value, nearer):
                        found[key], sources[key] = value, path
                elif found[key] == "":
                    taken_back.add(key)
                elif isinstance(value, Mapping) and isinstance(found[key], Mapping) and key == "session_option":
                    new = {inner: one for inner, one in value.items() if inner not in found[key]}
                    found[key] = {**found[key], **new}
                    sources |= {f"{key}.{inner}": path for inner in new}
        return Inherited({key: value for key, value in found.items() if key not in taken_back}, sources)

    def _gives_way(self, key: str, value: Any, nearer: Mapping[str, Any]) -> bool:
        """Whether something nearer says in another way what a key says."""
        if key in _ENGINES:
            return any(other in nearer for other in _ENGINES)
        if key in _PROOFS:
            from pstui.backends.binding.conversion import exclusion  # the list of profiles needs no binder

            trial = {"authentication": "Default", **nearer, key: value}
            if exclusion(*map(trial.get, _PROOFS)):
                return True
        host = _host(nearer)
        user = host.user or str(nearer.get("user_name", ""))
        match key:
            case "user_name":
                return bool(host.user) or self._account(nearer.get("credential")) not in ("", value)
            case "credential":
                return bool(user) and self._account(value) not in ("", user)
        return key == "port" and host.port is not None

    def _account(self, name: Any) -> str:
        """Return the account of a credential, empty for one that only has a password for another account."""
        return str(self._accounts.get(str(name), {}).get("user_name", ""))


def around(*paths: str) -> Iterator[str]:
    """Yield for each group path itself and those above it, the nearest first."""
    for path in paths:
        parts = [part for part in path.split("/") if part]
        for end in range(len(parts), 0, -1):
            yield "/".join(parts[:end])


def _host(values: Mapping[str, Any]) -> SshHost:
    """Return the parts of the host of SSH, empty ones where there is none."""
    try:
        return parse_ssh_host(str(values.get("host_name", "")))
    except ValueError:
        return SshHost("")
