"""Sessions that a call names by Id, Name or InstanceId (semantics 1.10, 2.3, 5.4)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pstui.backends.errors import CallError
from pstui.backends.powershell import binding_errors as errors
from pstui.backends.powershell.binding_context import BindContext, KnownSession, PendingSession, is_session
from pstui.backends.powershell.binding_tables import Cmdlet, cmdlet

_Session = TypeVar("_Session", bound=KnownSession)

#: cmdlets whose -Name is a pattern
_PATTERNS = ("Get-PSSession", "Remove-PSSession", "Disconnect-PSSession", "Connect-PSSession", "Receive-PSSession")
_IDS = {"Id": "SessionId", "Name": "Name", "InstanceId": "RunspaceId"}
_SETS = {"Id": "Id", "Name": "Name", "InstanceId": "InstanceId", "SessionName": "Name"}


def find_sessions(
    cmdlet: Cmdlet, parameter_set: str, values: Mapping[str, Any], context: BindContext
) -> list[KnownSession]:
    """Return the open sessions that a call names. Raises CallError with PowerShell's ids if one is not there."""
    named = values.get("Session")
    if named is not None:
        items = named if isinstance(named, tuple) else (named,)
        return [item for item in items if is_session(item) and not isinstance(item, PendingSession)]
    key = _SETS.get(parameter_set)
    if key is None or key not in values:
        if cmdlet.name == "Get-PSSession" and parameter_set == cmdlet.default_set:
            return list(context.sessions())
        return []
    wanted = values[key]
    found: list[KnownSession] = []
    for item in wanted if isinstance(wanted, tuple) else (wanted,):
        for session in _matching(cmdlet, key, item, context.sessions()):
            if session not in found:
                found.append(session)
    return found


def _matching(cmdlet: Cmdlet, key: str, wanted: Any, sessions: Sequence[KnownSession]) -> list[KnownSession]:
    found = [session for session in sessions if _matcher(cmdlet, key, wanted)(session)]
    silent = key == "Name" and cmdlet.name in _PATTERNS and _is_pattern(str(wanted))
    if not found and not silent:
        raise not_available(cmdlet, key, wanted)
    if len(found) > 1 and cmdlet.name == "Enter-PSSession":
        raise errors.refusal(
            cmdlet,
            f"RemoteRunspaceHasMultipleMatchesForSpecified{_IDS[key]}",
            f"{len(found)} sessions have the {key} {errors.quoted(str(wanted))}",
            "",
            "Use -Id: " + ", ".join(str(session.id) for session in found) + ".",
        )
    return found


def kept_matches(sessions: Sequence[_Session], key: str, wanted: Any) -> tuple[list[_Session], list[str]]:
    """Return the sessions with one of these names (patterns) or InstanceIds, and what found none and is no pattern."""
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
    return errors.refusal(cmdlet, error_id, what, "", "Get-PSSession lists the sessions that are open.")


def _matcher(cmdlet: Cmdlet, key: str, wanted: Any) -> Callable[[KnownSession], bool]:
    if key == "Id":
        return lambda session: session.id == wanted
    if key == "InstanceId":
        return lambda session: session.instance_id == uuid.UUID(str(wanted))
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
