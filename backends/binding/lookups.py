"""Sessions that a call names by Id, Name or InstanceId (protocol-notes 1.10, 2.3, 5.4)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pstui.backends.binding import errors
from pstui.backends.binding.context import BindContext, KnownSession, PendingSession, is_session
from pstui.backends.binding.parameters import Cmdlet, cmdlet
from pstui.backends.connection import ParameterSet
from pstui.backends.errors import CallError

_Session = TypeVar("_Session", bound=KnownSession)

#: cmdlets whose -Name is a pattern
_PATTERNS = ("Get-PSSession", "Remove-PSSession", "Disconnect-PSSession", "Connect-PSSession", "Receive-PSSession")
_IDS = {"Id": "SessionId", "Name": "Name", "InstanceId": "RunspaceId", "ComputerName": "Computer"}
_LOCAL = ("Get-PSSession", "Remove-PSSession")
#: the parameters that name a machine on this computer, with the sets of the sessions that can be on one
_MACHINES = {
    "VMName": (ParameterSet.VM_NAME, ParameterSet.VM_ID),
    "VMId": (ParameterSet.VM_ID,),
    "ContainerId": (ParameterSet.CONTAINER_ID,),
}
_SETS = {"Id": "Id", "Name": "Name", "InstanceId": "InstanceId", "SessionName": "Name"}


@dataclass(slots=True)
class Found:
    """The open sessions that a call names, and a refusal for each thing named that is not there."""

    sessions: list[KnownSession] = field(default_factory=list)
    missed: list[CallError] = field(default_factory=list)

    def add(self, sessions: Iterable[KnownSession]) -> None:
        """Add sessions that are not there yet."""
        self.sessions += [session for session in sessions if session not in self.sessions]


def find_sessions(cmdlet: Cmdlet, parameter_set: str, values: Mapping[str, Any], context: BindContext) -> Found:
    """Return the open sessions that a call names.

    Raises CallError with PowerShell's id if Enter-PSSession names several.
    """
    found = Found()
    named = values.get("Session")
    key = _SETS.get(parameter_set, "")
    if named is not None:
        items = named if isinstance(named, tuple) else (named,)
        found.sessions = [item for item in items if is_session(item) and not isinstance(item, PendingSession)]
    elif key and key in values:
        for item in _items(values[key]):
            _match(cmdlet, key, item, context.sessions(), found)
    elif cmdlet.name in _LOCAL and parameter_set.removesuffix("InstanceId") in _MACHINES:
        found.add(session for session in context.sessions() if _on_machine(session, values))
    elif cmdlet.name == "Remove-PSSession" and parameter_set == "ComputerName":
        for item in _items(values["ComputerName"]):
            _match(cmdlet, "ComputerName", item, context.sessions(), found)
    elif cmdlet.name == "Get-PSSession" and parameter_set == cmdlet.default_set:
        found.add(context.sessions())
    return found


def _items(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _match(cmdlet: Cmdlet, key: str, wanted: Any, sessions: Sequence[KnownSession], found: Found) -> None:
    wanted = "" if wanted is None else wanted
    matches = _matcher(cmdlet, key, wanted)
    hits = [session for session in sessions if matches(session)]
    silent = key == "Name" and cmdlet.name in _PATTERNS and _is_pattern(str(wanted))
    if not hits and not silent:
        found.missed.append(not_available(cmdlet, key, wanted))
    if len(hits) > 1 and cmdlet.name == "Enter-PSSession":
        raise errors.refusal(
            cmdlet,
            f"RemoteRunspaceHasMultipleMatchesForSpecified{_IDS[key]}",
            f"{len(hits)} sessions have the {key} {errors.quoted(str(wanted))}",
            "",
            "Use -Id: " + ", ".join(str(session.id) for session in hits) + ".",
        )
    found.add(hits)


def _on_machine(session: KnownSession, values: Mapping[str, Any]) -> bool:
    """True for an open session of a container or virtual machine that the values name; a miss is silent."""
    machine = False
    for name in _MACHINES:
        for item in _items(values.get(name, ())):
            machine = machine or _is_machine(session, name, item)
    names = [wildcard(str(item)) for item in _items(values.get("Name", "*"))]
    ids = values.get("InstanceId")
    return (
        machine
        and any(pattern.fullmatch(session.name) for pattern in names)
        and (ids is None or session.instance_id in _items(ids))
    )


def _is_machine(session: KnownSession, name: str, wanted: Any) -> bool:
    if session.info.parameter_set not in _MACHINES[name]:
        return False
    if name == "VMName":
        # a machine entered by its id has told its name since
        known = session.info.text("VMName") or str(getattr(session, "target_name", ""))
        return bool(wildcard(str(wanted)).fullmatch(known))
    return bool(session.info.values.get(name) == wanted)


def kept_matches(sessions: Sequence[_Session], key: str, wanted: Any) -> tuple[list[_Session], list[str]]:
    """Return the sessions with one of these names (patterns) or InstanceIds, and the texts that matched none."""
    found: list[_Session] = []
    missed: list[str] = []
    for item in wanted if isinstance(wanted, tuple) else (wanted,):
        matches = _matcher(cmdlet("Get-PSSession"), key, item)
        hits = [session for session in sessions if matches(session)]
        found += [session for session in hits if session not in found]
        if not hits and not (key == "Name" and _is_pattern(str(item))):
            missed.append(str(item))
    return found, missed


def not_available(cmdlet: Cmdlet, key: str, wanted: Any) -> CallError:
    """The refusal for a session that is not there."""
    error_id = f"RemoteRunspaceNotAvailableForSpecified{_IDS[key]}"
    what = f"no session has the {key} {errors.quoted(str(wanted))}"
    if key == "ComputerName":
        what = f"no open session goes to {errors.quoted(str(wanted))}"
    return errors.refusal(cmdlet, error_id, what, "", "Get-PSSession lists the sessions that are open.")


def _matcher(cmdlet: Cmdlet, key: str, wanted: Any) -> Callable[[KnownSession], bool]:
    if key == "Id":
        return lambda session: session.id == wanted
    if key == "InstanceId":
        return lambda session: session.instance_id == uuid.UUID(str(wanted))
    if key == "ComputerName":
        computer = wildcard(str(wanted))
        return lambda session: bool(computer.fullmatch(session.info.computer_name))
    if cmdlet.name in _PATTERNS:
        pattern = wildcard(str(wanted))
        return lambda session: bool(pattern.fullmatch(session.name))
    return lambda session: session.name.upper() == str(wanted).upper()


def _is_pattern(text: str) -> bool:
    return any(char in text for char in "*?[")


def wildcard(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a PowerShell wildcard pattern: ``*``, ``?``, ``[a-z]``, backtick escapes."""
    parts: list[str] = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        end = pattern.find("]", index + 2) if char == "[" else -1
        if char == "`" and index + 1 < len(pattern):
            index += 1
            parts.append(re.escape(pattern[index]))
        elif char == "*":
            if parts[-1:] != [".*"]:
                parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif end > 0:
            inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", pattern[index + 1 : end])
            parts.append(f"[{inside}]")
            index = end
        else:
            parts.append(re.escape(char))
        index += 1
    try:
        return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern), re.IGNORECASE)
