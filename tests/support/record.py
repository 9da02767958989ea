"""Takes a recording again with the real PowerShell of this computer, in the form of ``tests/recordings``.

``python -m tests.support.record NAME…`` types the steps of each named recording into PowerShell's own console, entered
at a real server behind an sshd, and writes what went over the wire and what the console showed in its place; without a
name it takes all. ``tests/live/test_recordings.py`` does it with a few, and lets pstui play them. Look at the
difference before it is committed: names of files and the machine stand in it.
"""

from __future__ import annotations

import gzip
import json
import shlex
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import record_tee
from tests.support.paths import RECORDINGS
from tests.support.powershell import START, enter_call, invoke, pwsh, real_client
from tests.support.replay_clixml import read
from tests.support.replay_script import make_script, read_recording
from tests.support.replay_wire import FRAGMENT_HEADER, MESSAGE_HEADER, NAMES, WireError, parse_element
from tests.support.screens import LOCAL_PROMPT, REMOTE, WIDTH, Step, steps
from tests.support.sshd import Sshd, running_sshd
from tests.support.tmux import Terminal


@dataclass(frozen=True)
class Way:
    """How a recording begins: ``call`` is typed at the local prompt, and ``until`` shows that it has been done.

    ``{where}`` stands for what leads to the server. ``configuration`` are parameters of the configuration that the
    server has. With ``completes`` the client asks for completions, and no screen is kept.
    """

    call: str = "Enter-PSSession {where}"
    until: str = REMOTE
    configuration: str = ""
    completes: bool = False


_NEW = "$s = New-PSSession {where} -Name Web"
_GREETING = """-SessionType RestrictedRemoteServer -VisibleFunctions Get-Greeting, TabExpansion2 -VisibleCmdlets `
  Get-Date, Get-Process, @{Name = 'Get-ChildItem'; Parameters = @{Name = 'Path'; ValidateSet = '/tmp', '/etc'}} `
  -FunctionDefinitions @{Name = 'Get-Greeting'; ScriptBlock = {param($Name) "hello $Name"}}"""
WAYS = {
    **dict.fromkeys(
        [
            *("basics", "streams", "prompts", "stop", "native", "unicode", "errors", "debug", "rawui", "progress"),
            *("sessioninfo", "bigoutput", "crash", "kill", "nested"),
        ],
        Way(),
    ),
    "sessions": Way(_NEW, LOCAL_PROMPT),
    "jea": Way(configuration=_GREETING),
    "bare": Way(until="Get-Command", configuration="-SessionType Empty"),
    "tabexpansion": Way(_NEW, LOCAL_PROMPT, completes=True),
}
ROWS = 50
#: seconds without a change after which a step that leads to no prompt is over, and one that leads to one
STILL, AT_PROMPT = 3.0, 0.4
LIMIT = 60.0


def record(name: str, folder: Path) -> None:
    """Take the steps of a recording and write ``NAME.jsonl.gz`` and ``NAME.screens.json.gz`` into a folder."""
    way = WAYS[name]
    with tempfile.TemporaryDirectory() as place:
        notes = Path(place) / "notes"
        notes.mkdir()
        server_line = [pwsh(), "-NoLogo", "-NoProfile", "-sshs", *_configured(way, Path(place))]
        tee = shlex.join([sys.executable, record_tee.__file__, str(notes), *server_line])
        script = f"export LANG=C.UTF-8 TZ=UTC; exec {tee}"
        with running_sshd(Path(place) / "sshd", subsystems={"powershell": script}) as server:
            typed = [*_completions(name)] if way.completes else steps(name)
            screens = list(_played(Path(place), server, way, typed))
        (noted,) = notes.iterdir()
        elements = list(_elements(noted.read_bytes().splitlines()))
        if way.completes:
            elements = [*_of_completions(elements)]
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(element, ensure_ascii=False) + "\n" for element in elements)
    if not way.completes:
        with gzip.open(folder / f"{name}.screens.json.gz", "wt", encoding="utf-8") as file:
            json.dump(screens, file, ensure_ascii=False)


def _configured(way: Way, place: Path) -> list[str]:
    """Return the arguments that give the server its configuration."""
    if not way.configuration:
        return []
    path = place / "recorded.pssc"
    made = invoke(f"New-PSSessionConfigurationFile -Path {path} {way.configuration}")
    assert path.is_file(), made.stderr.decode()
    return ["-ConfigurationFile", str(path)]


def _completions(name: str) -> Iterator[Step]:
    """Return lines that ask the session for the completions that a recording holds."""
    for event in make_script(read_recording(RECORDINGS / f"{name}.jsonl.gz")):
        command = read(event.clixml)["PowerShell"]["Cmds"][0] if event.kind == "open" else {}
        if command.get("Cmd") == "TabExpansion2":
            text, cursor = command["Args"][0]["V"].replace("'", "''"), command["Args"][1]["V"][1]
            call = f"[System.Management.Automation.CommandCompletion]::CompleteInput('{text}', {cursor}, $null, $p)"
            yield Step("line", f"$p = [powershell]::Create(); $p.Runspace = $s.Runspace; $null = {call}")
    yield Step("line", "Remove-PSSession $s")


def _of_completions(elements: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Keep the pipelines that complete: the stand-in knows by itself how a session opens that is entered."""
    kept = {
        element["ps_guid"]
        for element in elements
        for message in element.get("messages", ())
        if message["type"] == "CREATE_PIPELINE" and "TabExpansion2" in message["clixml"]
    }
    return (element for element in elements if element["ps_guid"] in kept)


def _played(home: Path, server: Sshd, way: Way, typed: list[Step]) -> Iterator[dict[str, Any]]:
    """Take the steps at the real client; gives each with the screen after it."""
    with real_client(home, columns=WIDTH, rows=ROWS) as t:
        t.run("set-option", "-g", "history-limit", "20000")
        # Without PSReadLine each row goes to the server, whose parser says whether there must be more.
        t.line(f"Remove-Module PSReadLine; function prompt {{ '{LOCAL_PROMPT} ' }}; Clear-Host")
        _settle(t)
        t.line(way.call.format(where=enter_call(server).removeprefix("Enter-PSSession ")))
        t.wait(way.until, START)
        _settle(t)
        for step in typed:
            if step.kind == "sleep":
                time.sleep(float(step.text))
            elif step.kind == "key":
                t.keys(step.text)
            else:
                t.line(step.text)
            _settle(t)
            value = step.text if step.kind == "line" else {step.kind: step.text}
            yield {"step": value, "screen": _screen(t, coloured=True)}


def _screen(t: Terminal, *, coloured: bool) -> list[str]:
    rows = t.run("capture-pane", "-p", *(("-e",) if coloured else ()), "-S", "-").split("\n")
    while rows and not rows[-1].strip():
        rows.pop()
    return [row.rstrip() for row in rows]


def _settle(t: Terminal) -> None:
    """Wait until the console shows nothing new."""
    began = changed = time.monotonic()
    last: list[str] = []
    while (now := time.monotonic()) < began + LIMIT:
        rows = _screen(t, coloured=False)
        if rows != last:
            last, changed = rows, now
        is_at_prompt = bool(rows) and rows[-1].endswith(">") and rows[-1].startswith((REMOTE, LOCAL_PROMPT))
        if now - changed > (AT_PROMPT if is_at_prompt else STILL):
            return
        time.sleep(0.05)


def _elements(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    """What was noted, as the elements of a recording with the messages that each completes."""
    parts: dict[tuple[str, uuid.UUID, str], list[bytes]] = {}
    for line in lines:
        at, who, written = line.decode().split(" ", 2)
        try:
            element = parse_element(written.replace("Ack PSGuid", " PSGuid"))
        except WireError:
            continue  # what a server writes beside the protocol
        name = written[1:].split(" ", 1)[0]
        found: dict[str, Any] = {"t": float(at), "from": who, "element": name, "ps_guid": str(element.guid)}
        if name == "Data":
            found["stream"] = element.stream
            found["messages"] = list(_messages(element.data, parts.setdefault((who, element.guid, element.stream), [])))
        yield found


def _messages(data: bytes, parts: list[bytes]) -> Iterator[dict[str, Any]]:
    """The messages that a payload completes."""
    while data:
        object_id, _, flags, length = FRAGMENT_HEADER.unpack_from(data)
        parts.append(data[FRAGMENT_HEADER.size :][:length])
        data = data[FRAGMENT_HEADER.size + length :]
        if flags & 2:
            blob, count = b"".join(parts), len(parts)
            parts.clear()
            _, number, pool, pipeline = MESSAGE_HEADER.unpack_from(blob)
            yield {
                "type": NAMES[number],
                "object_id": object_id,
                "fragments": count,
                "runspace_pool_id": str(uuid.UUID(bytes_le=pool)),
                "pipeline_id": str(uuid.UUID(bytes_le=pipeline)),
                "clixml": blob[MESSAGE_HEADER.size :].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogatepass"),
            }


if __name__ == "__main__":
    for recording in sys.argv[1:] or WAYS:
        record(recording, RECORDINGS)
        print(recording)
