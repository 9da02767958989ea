"""The answers of many hosts as a file: text, JSON or CSV, by the ending of its name."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from pstui.backends.errors import PstuiError
from pstui.backends.places import expanded
from pstui.tui.fanout.engine import FanOut, Host, State

_RULE = "-" * 15
FORMATS = (".txt", ".json", ".csv")


def write(fan: FanOut, path: Path) -> None:
    """Write the answers to a file that does not exist yet. Blocks as long as the disk does. Raises PstuiError."""
    path = expanded(path)
    ending = path.suffix.casefold()
    if ending not in FORMATS:
        raise PstuiError(f"{path.name} was not written", "", f"End its name with {', '.join(FORMATS)}.")
    text = {".txt": as_text, ".json": as_json, ".csv": as_csv}[ending](fan)
    try:
        with path.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except FileExistsError:
        raise PstuiError(f"{path} exists already", "", "Nothing was overwritten: give another name.") from None
    except OSError as error:
        raise PstuiError(f"{path} cannot be written", str(error.strerror or error)) from error


def as_text(fan: FanOut) -> str:
    """Return each answer once, below the names of the hosts that gave it."""
    parts = []
    for group in fan.groups():
        names = ",".join(host.name for host in group.hosts)
        count = f" ({len(group.hosts)})" if len(group.hosts) > 1 else ""
        said = [group.hosts[0].output] if group.state is State.DONE else [whole_text(host) for host in group.hosts]
        parts += [_RULE, f"{names}{count}", _RULE, *said]
    return "\n".join([f"> {fan.line}", *parts, ""])


def as_json(fan: FanOut) -> str:
    """Return one object for each host, in the order of the hosts."""
    return json.dumps([_record(host) for host in fan.hosts], indent=2, ensure_ascii=False) + "\n"


def as_csv(fan: FanOut) -> str:
    """Return one row for each host, in the order of the hosts."""
    rows = [_record(host) for host in fan.hosts]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({**row, "errors": "\n".join(row["errors"])} for row in rows)
    return stream.getvalue()


def whole_text(host: Host) -> str:
    """Return what a host wrote, its errors, and why it failed."""
    return "\n".join(part for part in (host.output, *host.errors, "" if host.errors else host.problem) if part)


def _record(host: Host) -> dict[str, Any]:
    return {
        "host": host.name,
        "computer": host.info.computer_name,
        "state": host.state.value,
        "seconds": round(host.seconds, 3),
        "output": host.output,
        "errors": list(host.errors),
        "problem": host.problem,
    }
