"""The targets of ``pstui icm`` by their names: profiles, groups and tags of profiles, wildcards, and other names.

``pstui icm TARGET[,TARGET…] -ScriptBlock …`` takes for each what ``pstui TARGET`` takes, and several profiles at once:
``group:Prod/Web`` with the groups below it, ``tag:sql``, and a name with ``*``, ``?`` or ``[a-c]``; ``!`` before one
leaves out what it means. What a profile says
of its connection holds as when it is entered. The same counts in ``-ComputerName`` and ``-HostName``, and in a line: a
choice, and the name of one profile. A host that an inventory lists is a target like a profile: by its name, by a group
or tag that it has there, and after a profile that leads to the same place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import translate
from typing import TYPE_CHECKING

from pstui.backends.binding.connections import connection_info, connections
from pstui.backends.binding.context import BoundCall
from pstui.backends.connection import LISTED_AS, ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.tui.profiles.reading import Profiles
from pstui.tui.sidebar.model import KnownPlaces, place_text

if TYPE_CHECKING:
    from pstui.backends.discovery.model import Found

#: a bracket may also be that of an IPv6 address
_WILD = re.compile(r"[*?]|\[(?![0-9a-f]*:)", re.IGNORECASE)
#: what chooses profiles by one of their values
SELECTORS = ("group", "tag")
#: leaves out what stands behind it; no computer's name begins so
NOT = "!"


def is_choice(text: str) -> bool:
    """Tell whether a text names profiles by a group, a tag or a wildcard: no computer is called so."""
    return any(_selector(item)[0] or _WILD.search(item) or item.startswith(NOT) for item in text.split(","))


def saved(name: str, profiles: Profiles, *, only_ssh: bool = False) -> ConnectionInfo | None:
    """Return the connection of the one profile with exactly this name, but for case; None where it is ambiguous."""
    wanted = name.casefold()
    found = [(kind, each) for kind, table in profiles.tables.items() for each in table if each.casefold() == wanted]
    if len(found) != 1:
        return None
    info = profiles.connection(*found[0])
    return None if only_ssh and info.parameter_set is not ParameterSet.SSH_HOST else info


def targets(
    items: Iterable[str], profiles: Profiles, resolve: Callable[[str], ConnectionInfo]
) -> tuple[ConnectionInfo, ...]:
    """Return where a list of targets leads, each profile once; ``resolve`` is for a single name. Raises CallError."""
    found: dict[tuple[str, str], ConnectionInfo] = {}
    unwanted: set[tuple[str, str]] = set()
    for given in (part.strip() for part in items):
        item = given.removeprefix(NOT).strip()
        if not item:
            raise CallError("A target is missing", "There is nothing between two commas, or before or after one.")
        if is_choice(item):
            infos = meant(item, profiles)
            if not infos:
                hint = "pstui without arguments shows every host, its group and its tags."
                raise CallError(f"No profile{_or_listed(profiles)} is meant by {item!r}", "", hint)
        else:
            infos = [resolve(item)]
        for info in infos:
            key = info.parameter_set.value, info.profile or str(info.settings.get(LISTED_AS, item))
            if given.startswith(NOT):
                unwanted.add(key)
            else:
                found.setdefault(key, info)
    left = tuple(info for key, info in found.items() if key not in unwanted)
    if not left:
        raise CallError("No target is left", "", f"Name those that are meant, too: {NOT} leaves out of them.")
    return left


def meant(item: str, profiles: Profiles) -> list[ConnectionInfo]:
    """Return where a choice leads: to profiles, and to hosts of inventories to which none of these leads."""
    infos = [profiles.connection(kind, name) for kind, name in chosen(item, profiles)]
    places = KnownPlaces(map(place_text, infos))
    return infos + [
        profiles.found_connection(found) for found in listed_hosts([item], profiles) if found.info not in places
    ]


def listed_hosts(items: Sequence[str], profiles: Profiles) -> list[Found]:
    """Return the hosts of inventories that choices mean; the groups that a host has there count as tags, too."""
    wanted = [(by, re.compile(translate(text.casefold().strip("/"))).match) for by, text in map(_selector, items)]
    return [found for _, found in profiles.listed if any(any(map(fits, _words_of(found, by))) for by, fits in wanted)]


def _or_listed(profiles: Profiles) -> str:
    return " and no host of an inventory" if profiles.has_inventories else ""


def _words_of(found: Found, by: str) -> Iterator[str]:
    """Yield what a choice may mean a listed host by: its name, its groups with those above them, or its tags."""
    for each in found.tags if by else (found.name,):
        path = each.casefold().strip("/")
        yield path
        while by == "group" and "/" in path:
            path = path.rpartition("/")[0]
            yield path


def listed(name: str, profiles: Profiles, *, only_ssh: bool = False) -> tuple[ConnectionInfo, str] | None:
    """Return the connection of the host that an inventory lists by this name, and whose it is; the first one."""
    for inventory, found in profiles.listed:
        if found.name.casefold() == name.casefold():
            info = profiles.found_connection(found)
            if not only_ssh or info.parameter_set is ParameterSet.SSH_HOST:
                return info, f"the inventory {inventory}"
    return None


def _selector(item: str) -> tuple[str, str]:
    """Return (group or tag, what it is) of a choice; empty for a name."""
    word, colon, rest = item.partition(":")
    return (word, rest) if colon and word in SELECTORS else ("", item)


def chosen(item: str, profiles: Profiles) -> Iterator[tuple[str, str]]:
    """Yield kind and name of each profile that a choice means: ``group:``, ``tag:`` or a wildcard."""
    by, wanted = _selector(item)
    kind, colon, rest = item.partition(":")
    kinds = tuple(profiles.tables)
    if not by and colon and kind in kinds:
        kinds, wanted = (kind,), rest
    fits = re.compile(translate(wanted.casefold().strip("/"))).match
    for each in kinds:
        for name, table in profiles.effective[each].items():
            match by:
                case "group":
                    path = str(table.get("group", "")).casefold().strip("/").split("/")
                    is_meant = any(fits("/".join(path[:end])) for end in range(1, len(path) + 1))
                case "tag":
                    is_meant = any(fits(str(tag).casefold()) for tag in table.get("tags", ()))
                case _:
                    is_meant = fits(name.casefold()) is not None
            if is_meant:
                yield each, name


def may_be_saved(call: BoundCall, *names: str) -> bool:
    """Whether a call says no more of its targets than their names. Raises CallError where it must not."""
    given = sorted(f"-{name}" for name in call.values if name not in ("ComputerName", "HostName", *_OF_SCRIPTS))
    choice = next(filter(is_choice, names), None)
    if given and choice is not None:
        hint = "Write it into the profiles, or into [defaults]."
        raise CallError(f"{call.cmdlet}: {', '.join(given)} cannot be used with {choice}", "", hint)
    return not given


def saved_targets(call: BoundCall, profiles: Profiles) -> tuple[ConnectionInfo, ...]:
    """Return where -ComputerName or -HostName leads if it names profiles; else nothing. Raises CallError."""
    key = next((key for key in ("ComputerName", "HostName") if key in call.values), "")
    named: str | tuple[str, ...] = call.values[key] if key else ()
    several = not isinstance(named, str)  # Enter-PSSession takes one name
    names = (named,) if isinstance(named, str) else named
    if not names or not may_be_saved(call, *names):
        return ()

    def of_profile(name: str) -> ConnectionInfo | None:
        only_ssh = key == "HostName"
        if (info := saved(name, profiles, only_ssh=only_ssh)) is not None:
            return info
        known = listed(name, profiles, only_ssh=only_ssh)
        return None if known is None else known[0]

    def one(name: str) -> ConnectionInfo:
        alone = replace(call, values={**call.values, key: (name,) if several else name})
        return of_profile(name) or connection_info(
            alone, defaults=profiles.defaults, credentials=profiles.named_credential
        )

    return targets(names, profiles, one) if any(is_choice(name) or of_profile(name) for name in names) else ()


#: parameters that say what runs and what a session is called, not where it goes
_OF_SCRIPTS = (
    "ScriptBlock",
    "FilePath",
    "ArgumentList",
    "InputObject",
    "ThrottleLimit",
    "HideComputerName",
    "AsJob",
    "Name",
)


def opened(call: BoundCall, profiles: Profiles) -> tuple[ConnectionInfo, ...]:
    """Return every connection that a call asks for: those of the profiles that it names, else its own.

    Raises CallError.
    """
    return saved_targets(call, profiles) or connections(
        call, defaults=profiles.defaults, credentials=profiles.named_credential
    )


def entered(call: BoundCall, profiles: Profiles) -> ConnectionInfo:
    """Return the one connection that a call enters. Raises CallError where it names several."""
    infos = saved_targets(call, profiles)
    if len(infos) > 1:
        names = ", ".join(info.profile or info.computer_name for info in infos[:8])
        hint = "Name one; Invoke-Command runs on several, and so does a line on the marked hosts of the sidebar."
        raise CallError(f"{call.cmdlet}: {len(infos)} targets where one is wanted", names, hint)
    if infos:
        return infos[0]
    return connection_info(call, defaults=profiles.defaults, credentials=profiles.named_credential)
