"""The editor's keys as an ordinary terminal sends them, and its terminal lent to another program."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.tmux import Terminal, environment, terminal

PROMPT = "[web1]: PS /> "


@pytest.fixture
def pane(tmp_path: Path) -> Iterator[Terminal]:
    """The stand-in sessions in a terminal of 80x24; the editor of this user adds a word and leaves traces."""
    editor = tmp_path / "editor"
    editor.write_text(
        f'#!/bin/sh\nstat -c %a "$1" >{tmp_path}/mode\necho "$1" >{tmp_path}/path\nsed -i "s/$/ more/" "$1"\n'
    )
    editor.chmod(0o700)
    env = environment(tmp_path) | {"VISUAL": str(editor)}
    with terminal([sys.executable, "-m", "tests.support.stand_in_app", "web1"], env, ROOT) as opened:
        opened.wait(PROMPT.rstrip())
        yield opened


def shows(pane: Terminal, line: str) -> None:
    """Wait until the line at the prompt is this one."""
    pane.wait(lambda rows: any(row.endswith((PROMPT + line).rstrip()) for row in rows))


def test_every_editing_key_arrives(pane: Terminal) -> None:
    pane.text("say one two")
    for keys, line in [
        (("C-w",), "say one"),
        (("C-y",), "say one two"),
        (("M-b", "M-d"), "say one"),
        (("C-y", "M-y"), "say one two"),
        (("C-a", "M-f", "C-k"), "say"),
        (("C-y",), "say one two"),
        (("Home", "C-Right", "C-Right", "C-k"), "say one"),
        (("C-z",), "say one two"),
        (("M-z",), "say one"),
        (("C-_",), "say one two"),
        (("End", "C-Left", "C-u"), "two"),
        (("End", "C-t"), "tow"),
        (("C-u", "C-y"), "tow"),
        (("M-BSpace",), ""),
        (("C-y", "Home", "M-u"), "TOW"),
        (("Home", "M-l"), "tow"),
        (("Home", "M-c"), "Tow"),
        (("Space", "a", "M-t"), "a Tow"),
        (("M-r",), ""),
        (("C-z",), "a Tow"),
        (("C-y",), ""),
        (("C-x", "C-u"), "a Tow"),
        (("Home", "C-d", "C-d"), "Tow"),
        (("S-End", "C-x"), ""),
        (("C-v",), "Tow"),
        (("C-H",), "To"),
        (("C-u",), ""),
    ]:
        pane.keys(*keys)
        shows(pane, line)
    pane.line("say three")
    pane.wait(lambda rows: "three" in [row.strip() for row in rows])
    for keys, line in [
        (("x", "Space", "M-."), "x three"),
        (("C-u", "C-p"), "say three"),
        (("C-n",), ""),
        (("F8",), "say three"),
        (("M-Enter", "M-<"), "say three"),
        (("M->",), "say three"),
        (("C-u", "BSpace", "C-u"), ""),
        (("s", "Right"), "say three"),
        (("C-u", "C-q", "Tab", "x"), "    x"),
    ]:
        pane.keys(*keys)
        shows(pane, line)
    pane.keys("C-u", "C-r")
    pane.wait("history:")
    pane.text("thr")
    shows(pane, "say three")
    pane.keys("C-r")
    pane.wait("nothing else fits")
    pane.keys("Escape")
    pane.wait(lambda rows: not any("history:" in row for row in rows))


def test_the_keys_of_completion_arrive(pane: Terminal) -> None:
    pane.text("Get-C")
    for keys, line in [
        (("Tab",), "Get-ChildItem"),
        (("Tab",), "Get-Content"),
        (("BTab",), "Get-ChildItem"),
        (("Escape",), "Get-C"),
    ]:
        pane.keys(*keys)
        shows(pane, line)
    for listing in (("C-Space",), ("C-]", "Space"), ("M-=",), ("M-?",)):
        pane.keys(*listing)
        pane.wait("Enter takes")
        pane.keys("Escape")
        pane.wait(lambda rows: not any("Enter takes" in row for row in rows))


def test_nothing_of_a_list_stays_on_the_screen_however_it_ends(pane: Terminal) -> None:
    pane.keys("C-l")
    for listing, end in [*(("Tab", key) for key in ("Space", "Enter", "M-r", "Left", "C-c")), ("C-Space", "C-u")]:
        pane.text("Get-C")
        pane.keys(listing)
        pane.wait("1/3")
        pane.keys(end)
        pane.wait_still(lambda rows: not any("1/3" in row or "Get-Command" in row for row in rows), 0.1)
        pane.keys("C-c", "C-l")
        pane.wait(lambda rows: [row.strip() for row in rows[1:-2] if row.strip()] == ["○ " + PROMPT.strip()])


def test_a_block_is_typed_row_by_row_and_ctrl_d_leaves(pane: Terminal) -> None:
    pane.line("say {")
    pane.wait("not finished")
    pane.keys("C-]", "Enter")
    pane.wait(lambda rows: "{" in [row.strip() for row in rows] and not any("not finished" in row for row in rows))
    pane.text("say twice")
    pane.keys("C-o")
    pane.wait(lambda rows: "twice" in [row.strip() for row in rows])
    pane.wait_still(lambda rows: any(row.endswith(PROMPT.rstrip()) for row in rows))
    pane.keys("C-d")
    pane.wait("Enter enters again")


def test_a_paste_of_many_lines_asks(pane: Terminal) -> None:
    pane.run("set-buffer", "say one\nsay two\n")
    pane.run("paste-buffer", "-p")
    pane.wait("2 lines pasted, run:")
    pane.keys("Tab", "Enter")
    pane.wait(lambda rows: {"one", "two"} <= {row.strip() for row in rows})


def test_the_line_goes_to_the_users_editor_and_comes_back(pane: Terminal, tmp_path: Path) -> None:
    pane.text("say x")
    pane.keys("C-]", "v")
    shows(pane, "say x more")
    assert (tmp_path / "mode").read_text() == "600\n"
    assert not Path((tmp_path / "path").read_text().strip()).exists()
    pane.keys("Enter")
    pane.wait(lambda rows: "x more" in [row.strip() for row in rows])
    (tmp_path / "editor").unlink()
    pane.text("say y")
    pane.keys("C-]", "v")
    pane.wait("No such file or directory")
    shows(pane, "say y")
    pane.keys("Enter")
    pane.wait(lambda rows: "y" in [row.strip() for row in rows])
