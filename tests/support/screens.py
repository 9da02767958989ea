"""What the real console showed, as the lines that pstui must show too, and the steps that a person took.

The screens are 260 columns wide and hold colours, wrapped rows and what ran at the client's own prompt; ``expected``
takes all that away. What else is left out, and why, is data: ``LEFT_OUT``.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.support.paths import RECORDINGS
from tests.support.replay_script import read_recording

WIDTH = 260
LOCAL_PROMPT = "PS /home/user>"
REMOTE = "[127.0.0.1]: "
#: Characters of a folder's name that stood before ``src/`` in stack traces when the terminal wrapped them.
_TAKEN_OUT = 23
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: A prompt with nothing typed: an empty Enter, or Ctrl+C.
_BARE_PROMPT = re.compile(r"\[[^\]]+\]: (\[DBG\]: )?(PS\b[^>]*|custom)>{1,2}\s*")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person did: ``kind`` is "line" (text and Enter), "key" (tmux name) or "sleep" (seconds)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Omission:
    """Lines of one scenario that are not compared: from a match of ``first`` to before a match of ``until``.

    Without ``until`` only the matching lines themselves. It holds for both sides.
    """

    first: str
    reason: str
    until: str = ""


_ANYWHERE = (
    Omission(r">>.*", "continuation prompts are the client's"),
    Omission(_BARE_PROMPT.pattern, "a prompt at which nothing was typed"),
)
LEFT_OUT: dict[str, tuple[Omission, ...]] = {
    "crash": (Omission(r"The SSH client session has ended.*", "the client's own words about its transport"),),
    "kill": (
        Omission(r"(ResourceUnavailable: )?The SSH client session.*", "the client's own words about its transport"),
    ),
    "prompts": (
        Omission(r"WARNING: (?!x$).*", "the client's own warning before a secret is asked"),
        Omission(
            r"\[.*\]: .*Get-Credential -Message Sign.*",
            "the client's own credential texts",
            until=r"\[.*\]: .*GetNetworkCredential.*",
        ),
        Omission(
            r"\[.*\]: .*IHostUISupportsMultipleChoiceSelection.*",
            "the multiple-choice step, which fails in the real client",
            until=r"\[.*\]: .*Write-Warning x.*",
        ),
    ),
    "progress": (
        Omission(r"\[.*\]: .*foreach\(\$i in 1\.\.3\).*", "the redraw of a long typed line", until=r".*: .*exit"),
    ),
}


def load(name: str) -> list[tuple[Step, list[str]]]:
    """Return the steps of a scenario, each with the rows of the screen after it, colours removed."""
    with gzip.open(RECORDINGS / f"{name}.screens.json.gz", "rt", encoding="utf-8") as file:
        entries = json.load(file)
    return [(_step(entry["step"]), [_ANSI.sub("", row).rstrip() for row in entry["screen"]]) for entry in entries]


def _step(step: str | dict[str, str | float]) -> Step:
    if isinstance(step, str):
        return Step("line", step)
    ((kind, value),) = step.items()
    return Step(kind, str(value))


def steps(name: str) -> list[Step]:
    """Return what was typed at remote prompts and questions, in order."""
    return [step for step, _ in load(name)]


def expected(name: str) -> list[str]:
    """Return the logical lines that must be shown, prompts with the typed lines among them, in order.

    Where the terminal's scrollback was too short for a flood, the rows it forgot are put back.
    """
    screens = [_without_padding(rows) for _, rows in load(name)]
    lines = _joined(_whole(screens))
    if name == "stop":
        lines = _with_all_output(lines)
    if name == "bigoutput":
        lines = [f"{REMOTE}PS /root> 1..5000", *map(str, range(1, 5001)), f"{REMOTE}PS /root> exit"]
    return compared(name, _remote(lines))


def compared(name: str, lines: Iterable[str]) -> list[str]:
    """Take out of ``lines``, expected or shown, what is not compared; tell the two hosts' prompts alike."""
    omissions = (*_ANYWHERE, *LEFT_OUT.get(name, ()))
    kept: list[str] = []
    until = ""
    for line in map(str.rstrip, lines):
        if until and not re.fullmatch(until, line):
            continue
        until = ""
        omission = next((omission for omission in omissions if re.fullmatch(omission.first, line)), None)
        if omission is None:
            kept.append(re.sub(r"^\[[^\]]+\]: ", "[host]: ", line))
        else:
            until = omission.until
    return kept


def _without_padding(rows: list[str]) -> list[str]:
    """Take away the empty rows that clearing the screen pushed into the scrollback."""
    result: list[str] = []
    for row in rows:
        if row == " cleared?":
            while result and not result[-1]:
                result.pop()
        result.append(row)
    return result


def _whole(screens: list[list[str]]) -> list[str]:
    """Put the successive screens together: the scrollback of the terminal was cut at 400 rows."""
    lines: list[str] = []
    for rows in screens:
        known = lines[:-1]  # the last row may have been typed on
        if len(rows) <= 1:
            continue
        overlap = next((n for n in range(min(len(known), len(rows)), 0, -1) if known[-n:] == rows[:n]), 0)
        lines = known[: len(known) - overlap] + rows
    return lines


def _joined(rows: list[str]) -> list[str]:
    """Join the rows that the terminal wrapped at its width."""
    lines: list[str] = []
    wrapped = False
    for row in rows:
        if wrapped:
            lines[-1] += row
        else:
            lines.append(row)
        wrapped = len(row) + _TAKEN_OUT * row.count(" in src/") >= WIDTH
    return lines


def _remote(lines: list[str]) -> list[str]:
    """Keep what stands between a remote prompt and the next local one."""
    kept: list[str] = []
    remote = False
    for line in lines:
        if line.startswith(LOCAL_PROMPT):
            remote = False
        elif line.startswith(REMOTE):
            remote = True
        if remote:
            kept.append(line)
    return kept


def _with_all_output(lines: list[str]) -> list[str]:
    """Put back the rows of the endless loop that the terminal forgot: the recording has their number."""
    count = sum(
        message["clixml"].count("<S>line</S>")
        for record in read_recording(RECORDINGS / "stop.jsonl.gz")
        for message in record.get("messages", ())
    )
    prompt = f"{REMOTE}PS /root> "
    others = [line for line in lines if line != "line"]
    at = next(index for index, line in enumerate(others) if "'after stop'" in line) - 1
    typed = [f"{prompt}while($true){{ 'line' ; Start-Sleep -Milliseconds 50 }}"]
    if typed[0] in others:
        at, typed = others.index(typed[0]) + 1, []
    return [*others[:at], *typed, *["line"] * count, *others[at:]]
