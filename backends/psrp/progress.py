"""Progress: the host call of it, read the quick way where it has the shape of real servers (protocol-notes 4.2)."""

from __future__ import annotations

import re
from typing import Any

from psrpcore.types import HostMethodIdentifier
from pstui.backends.psrp.clixml import TAIL, head_of, text_of
from pstui.backends.records import ProgressRecord

_HEAD = head_of(HostMethodIdentifier.WriteProgress)
_TYPE = (
    rb'<Obj N="Type" RefId="4"><TN RefId="2"><T>System\.Management\.Automation\.ProgressRecordType</T>'
    rb"<T>System\.Enum</T><T>System\.ValueType</T><T>System\.Object</T></TN>"
    rb"<ToString>\w+</ToString><I32>(\d)</I32></Obj>"
)
_NUMBER = rb'<I32 N="%s">(-?\d{1,9})</I32>'
_TEXT = rb'(?:<S N="%s">([^<]*)</S>|<Nil N="%s" />)'
_RECORD = re.compile(
    rb'<I64>(-?\d{1,18})</I64><Obj RefId="3"><MS>'
    + _TEXT % (b"Activity", b"Activity")
    + _NUMBER % b"ActivityId"
    + _TEXT % (b"StatusDescription", b"StatusDescription")
    + _TEXT % (b"CurrentOperation", b"CurrentOperation")
    + _NUMBER % b"ParentActivityId"
    + _NUMBER % b"PercentComplete"
    + _TYPE
    + _NUMBER % b"SecondsRemaining"
    + rb"</MS></Obj>"
    + re.escape(TAIL)
)
_NAMES = (
    "Activity",
    "ActivityId",
    "StatusDescription",
    "CurrentOperation",
    "ParentActivityId",
    "PercentComplete",
    "Type",
    "SecondsRemaining",
)
_TEXTS = frozenset({"Activity", "StatusDescription", "CurrentOperation"})


def host_progress(body: bytes) -> ProgressRecord | None:
    """Decode a PIPELINE_HOST_CALL of WriteProgress, or None where it is shaped otherwise."""
    if not body.startswith(_HEAD):
        return None
    match = _RECORD.fullmatch(body, len(_HEAD))
    if match is None:
        return None
    source, *parts = match.groups()
    found: dict[str, Any] = {}
    for name, part in zip(_NAMES, parts, strict=True):
        if name not in _TEXTS:
            found[name] = int(part)
        elif part is not None:
            if (text := text_of(part)) is None:
                return None
            found[name] = text
    return progress_record(int(source), found)


def progress_record(source_id: int, found: dict[str, Any]) -> ProgressRecord:
    """Read the fields of a progress record (protocol-notes 4.2); wrong ones fall back to "unknown"."""

    def number(name: str, default: int) -> int:
        value = found.get(name)
        return value if isinstance(value, int) else default

    def text(name: str) -> str:
        value = found.get(name)
        return value[:1000] if isinstance(value, str) else ""

    return ProgressRecord(
        source_id=source_id,
        activity_id=number("ActivityId", 0),
        parent_id=number("ParentActivityId", -1),
        activity=text("Activity"),
        status=text("StatusDescription"),
        current_operation=text("CurrentOperation"),
        percent=max(-1, min(100, number("PercentComplete", -1))),
        seconds_remaining=number("SecondsRemaining", -1),
        completed=number("Type", 0) == 1,
    )
