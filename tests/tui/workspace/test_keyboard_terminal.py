"""An hour's work with the demo endpoint in a real terminal of 80x24, by the keyboard alone."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tmux import Terminal, environment, terminal

PROMPT = re.compile(r"\[demo\]: PS\(demo\) \S+> ?(.*)")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, so that the prompt leaves room for the line; some files are in it."""
    with tempfile.TemporaryDirectory(prefix="pstui") as name:
        for number in range(40):
            (Path(name) / f"report{number:02}.txt").write_text(f"row {number}\n")
        yield Path(name)


@pytest.fixture
def pane(folder: Path) -> Iterator[Terminal]:
    program = str(Path(sys.executable).parent / "pstui")
    profiles = folder / ".profiles.toml"
    profiles.touch()
    with terminal([program, "--config", str(profiles), "demo"], environment(folder), folder) as opened:
        at_prompt(opened)
        yield opened


def line_of(rows: list[str]) -> str | None:
    """What stands behind the prompt that is lowest on the screen, None without a prompt."""
    found = [match[1] for row in rows if (match := PROMPT.search(row))]
    return found[-1].rstrip() if found else None


def at_prompt(pane: Terminal, line: str = "") -> list[str]:
    return pane.wait(lambda rows: line_of(rows) == line and "ready" in rows[23])


def test_an_hour_of_work_by_keys_alone(pane: Terminal, folder: Path) -> None:
    # completing and editing
    pane.text("Get-Conte")
    pane.keys("Tab", "Space")
    pane.text("report0")
    pane.wait(lambda rows: line_of(rows) == "Get-Content report0")
    pane.keys("C-Space")
    pane.wait("Enter takes")
    pane.keys("Down", "Down", "Enter")
    pane.wait(lambda rows: "report02.txt" in (line_of(rows) or ""))
    pane.keys("Enter")
    pane.wait("row 2")
    at_prompt(pane)
    pane.keys("Up", "M-b", "M-b", "C-t", "C-z", "C-e", "C-w")
    pane.text("report07.txt")
    pane.keys("Enter")
    pane.wait("row 7")

    # a block, and what it writes
    for row in ("foreach ($n in 1..200) {", '"number $n of many"', "}"):
        pane.line(row)
    pane.wait("number 200 of many")
    at_prompt(pane)

    # scrolling, searching, going from command to command, folding
    pane.keys("PgUp", "PgUp")
    pane.wait(lambda rows: " number 150 of many" in rows and "Ctrl+End newest text" in rows[23])
    pane.keys("C-f")
    pane.wait("Find")
    pane.text("number 42")
    pane.wait("1 of 1")
    pane.keys("Enter", "v", "V", "Enter")
    pane.wait("copied")
    pane.keys("C-End")
    pane.wait(lambda rows: any("number 200 of many" in row for row in rows))
    pane.keys("M-Up", "C-]", "z")
    pane.wait("200 lines folded")
    pane.keys("M-Up", "C-]", "o")
    pane.wait("copied")
    pane.keys("C-]", "Z")
    pane.wait(lambda rows: not any("folded" in row for row in rows))

    # copy mode to a file of one's own, and the text that is kept in it
    pane.keys("C-End", "C-]", "[", "{", "Space", "Down", "C-]", "t")
    pane.wait(lambda rows: any("Save" in row for row in rows))
    pane.keys("C-u")
    pane.text(str(folder / "kept.txt"))
    pane.keys("Enter")
    pane.wait_for((folder / "kept.txt").exists, "the file")
    assert "foreach ($n in 1..200) {" in (folder / "kept.txt").read_text()
    pane.keys("q", "q")

    # the history of the hour
    pane.keys("C-c", "C-r")
    pane.wait("history:")
    pane.text("foreach")
    pane.wait("foreach ($n in 1..200) {")
    pane.keys("C-g")
    pane.wait(lambda rows: not any("history:" in row for row in rows))

    # typing while a command runs, and stopping it
    pane.line("Start-Sleep 60")
    pane.wait("Ctrl+C stops")
    pane.line("Get-Content report11.txt")
    pane.wait("waits")
    pane.keys("C-c", "C-c")
    pane.wait("The pipeline has been stopped.")
    pane.wait(lambda rows: (line_of(rows) or "").endswith("report11.txt"))
    pane.keys("C-c")  # the line that waited was taken back
    at_prompt(pane)

    # another session, another size, and back
    pane.keys("F6")
    pane.wait("a adds a host")
    pane.keys("n")
    pane.wait(lambda rows: "2 demo" in rows[0] and line_of(rows) == "")
    pane.line("Write-Host 漢字 in the second")
    pane.wait(lambda rows: any(row.strip() == "漢字 in the second" for row in rows))
    pane.resize(60, 20)
    pane.wait(lambda rows: len(rows) <= 21 and any("漢字 in the second" in row for row in rows))
    pane.resize(80, 24)
    pane.keys("C-]", "1")
    pane.wait(lambda rows: any("Start-Sleep 60" in row for row in rows))
    pane.keys("C-]", "q")
    pane.wait("sessions are still open")
    pane.keys("Enter")
    assert pane.wait_end() == 0
