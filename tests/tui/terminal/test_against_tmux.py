"""The emulators beside tmux: the same bytes on both give the same rows, in the manner of vttest."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Any

import pytest
from pstui.tui.terminal.emulator import make_emulator, names

from tests.support.tmux import environment, terminal

COLUMNS, ROWS = 40, 12
LINES = "\r\n".join(f"line {n}" for n in range(11))
DRAWN = str.maketrans("─│┌┐└┘", "qxlkmj")

#: what each script is about, and the script
SCRIPTS: dict[str, str] = {
    "the cursor moves and stops at the edges": "\x1b[2J\x1b[5;10Hx"
    "\x1b[99;99Hy\x1b[1;1Hz\x1b[3;3H\x1b[99Dw\x1b[99A\x1b[99Cv",
    "a line that is too long goes on in the next": "a" * 39
    + "bcd\r\n"
    + "e" * 40
    + "\r\nf\x1b[?7l"
    + "g" * 60
    + "h\x1b[?7h",
    "erasing in line and display": "".join(f"{n}" * 40 for n in range(9))
    + "\x1b[3;20H\x1b[K\x1b[4;20H\x1b[1K\x1b[5;5H\x1b[2K"
    "\x1b[8;10H\x1b[J\x1b[2;10H\x1b[1J",
    "a scroll region": "\r\n".join(f"line {n}" for n in range(11))
    + "\x1b[3;7r\x1b[7;1H\n\nA\x1b[3;1H\x1bMB\x1b[r\x1b[12;1HC",
    "lines inserted and deleted": "\r\n".join(f"line {n}" for n in range(10)) + "\x1b[3;1H\x1b[2LX\x1b[7;1H\x1b[3MY",
    "characters inserted, deleted and erased": "abcdefghij\x1b[1;3H\x1b[3@\x1b[2;1Habcdefghij\x1b[2;3H\x1b[3P"
    "\x1b[3;1Habcdefghij\x1b[3;3H\x1b[3X",
    "insert mode": "abcdef\x1b[1;3H\x1b[4hXYZ\x1b[4lW",
    "tab stops": "a\tb\tc\r\n\x1b[3g\x1b[2;5H\x1bH\x1b[2;12H\x1bH\r\tx\ty\tz\r\n\x1b[4;12H\x1b[ZQ",
    "origin mode": "\x1b[4;8r\x1b[?6h\x1b[1;1HA\x1b[99;1HB\x1b[?6l\x1b[1;1HC\x1b[r",
    "the cursor saved and restored": "\x1b[4;4H\x1b7\x1b[9;9Hx\x1b8y\x1b[2;2H\x1b[s\x1b[7;7Hz\x1b[uw",
    "the alternate screen": "main\x1b[?1049h\x1b[2J\x1b[Halternate\x1b[?1049lback",
    "line drawing": "\x1b(0lqqqk\r\nx   x\r\nmqqqj\x1b(B\r\nplain",
    "wide characters": "日本語\r\nab日\x1b[2;4Hx\r\n" + "a" * 39 + "日\r\n\x1b[6;2H中中\x1b[6;3Hz",
    "marks and composed characters": "e\u0301a\u0308o\r\nn\u0303x\x1b[2;2Hy",
    "index, reverse index, next line": "\x1b[1;1Ha\x1bDb\x1bEc\x1b[1;5H\x1bMd\x1b[12;1He\x1bDf",
    "the screen filled with E": "\x1b#8\x1b[3;3H\x1b[5X",
    "a character repeated": "ab\x1b[5bc\r\n\x1b[3;8Hx\x1b[6by",
    "colours leave the text alone": "\x1b[1;31mred\x1b[0m \x1b[38;5;200mpink\x1b[m \x1b[48;2;1;2;3mdark\x1b[0m\x1b[K",
    "what goes nowhere": "a\x1b]0;title\x07b\x1b]52;c;aGk=\x07c\x1bP+q544e\x1b\\d\x1b_x\x1b\\e\x1b[>4;1mf\x1b[?2004hg",
    "many lines scroll away": "".join(f"row {n}\r\n" for n in range(60)) + "end",
    "origin mode moves to its origin": "\x1b[3;6r\x1b[?6h\x1b[2;5HA\x1b[99AB\x1b[99BC\x1b[99;99HD\x1b[?6lE\x1b[?6hF",
    "the origin saved with the cursor": "\x1b[3;8r\x1b[?6h\x1b[2;2H\x1b7\x1b[?6l\x1b[1;1HX\x1b8Y\x1b[HZ\x1b[?6l\x1b[r",
    "the screen filled with E takes back margins": "\x1b[3;6r\x1b[?6h\x1b#8\x1b[Hx\x1b[12;1Hy",
    "line feeds outside of the region": LINES + "\x1b[4;6r\x1b[2;1H\n\n\n\nQ\x1b[12;1H\n\nR\x1b[1;1H\x1bM\x1bMS",
    "a region scrolls": LINES + "\x1b[3;7r\x1b[2S\x1b[1TX\x1b[99SY",
    "composed characters at the edge": "a" * 39 + "e\u0301f\r\n" + "b" * 39 + "日\u0301c",
    "tabs at the edge": "\t" * 20 + "x\r\n" + "a" * 39 + "\tb\r\n\x1b[3g\tz",
    "older alternate screens": "one\x1b[?47htwo\x1b[?47lthree\x1b[?1047h\x1b[Hfour\x1b[?1047lfive",
    "the alternate screen twice": "main\x1b[?1049h\x1b[Ha\x1b[?1049h\x1b[Hb\x1b[?1049lback\x1b[?1049lagain",
    "attributes with colons": "\x1b[4:3ma\x1b[38:2::1:2:3mb\x1b[38:5:200mc\x1b[58:2::9:9:9md\x1b[4:0me\x1b[0mf",
    "the cursor's shape": "a\x1b[5 qb\x1b[ qc\x1b[99 qd",
    "sets of characters, shifted": "\x1b)0a\x0eqx\x0fb\x1b(0jk\x1b(Bjk",
    "a set saved with the cursor": "\x1b(0\x1b7q\x1b(Bq\x1b8q",
    "reverse wrap goes no further": "abc\x1b[2;1H\b\bX",
    "displays erased": LINES + "\x1b[5;5H\x1b[0J\x1b[3;3H\x1b[1JX\x1b[2JY\x1b[3JZ",
    "more erased than there is": "abcdef\x1b[1;3H\x1b[999XZ",
    "restored what was not saved": "abc\x1b8X",
    "all reset": LINES + "\x1b[3;5r\x1b[?6h\x1b(0q\x1bcq",
    "next line and index in a region": "\x1b[3;5r\x1b[5;7Ha\x1bEb\x1bDc\x1b[3;3H\x1bMd\x1bMe",
    "control characters inside a sequence": "a\x1b[\r\n2Cb\x1b[1\b0Cc\x1b[3\x18Cd\x1b[3\x1aCe",
    "vertical tab and form feed in a region": "\x1b[3;5r\x1b[5;3Ha\x0bb\x0cc",
    "a wide character pushed by an insertion": "abcdef\x1b[1;3H\x1b[4h日\x1b[4l",
    "backspace, carriage return, vertical tab": "abc\b\bX\rY\x0bZ\x0cW\n\rV",
}


#: Runs in a pane: writes each script on its terminal, asks where the cursor is, which tells that all was read, and has
#: tmux tell what is there.
PLAYER = """
import json, re, subprocess, sys, termios, tty
scripts, tmux, found = json.load(open(sys.argv[1])), sys.argv[3:], []
tty.setraw(0)
for script in scripts:
    sys.stdout.write("\\x1bc\\x1b[3g" + "".join(f"\\x1b[1;{n}H\\x1bH" for n in range(9, 200, 8)) + "\\x1b[H")
    sys.stdout.write(script + "\\x1b[6n")
    sys.stdout.flush()
    answer = ""
    while not answer.endswith("R"):
        answer += sys.stdin.read(1)
    row, column = re.search(r"\\[(\\d+);(\\d+)R", answer).groups()
    shown = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True).stdout
    rows = [line.rstrip() for line in shown.split("\\n")[:-1]]
    found.append({"rows": rows, "cursor": [int(column) - 1, int(row) - 1]})
json.dump(found, open(sys.argv[2] + ".new", "w"))
__import__("os").rename(sys.argv[2] + ".new", sys.argv[2])
"""


@pytest.fixture(scope="module")
def of_tmux(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What tmux shows of every script, and where its cursor is then."""
    folder = tmp_path_factory.mktemp("tmux")
    scripts, results, player = folder / "scripts", folder / "results", folder / "player.py"
    scripts.write_text(json.dumps(list(SCRIPTS.values())))
    player.write_text(PLAYER)
    with terminal(["sleep", "1000"], environment(folder), folder, COLUMNS, ROWS) as t:
        tmux = [t.tmux, "-L", t.socket, "-f", "/dev/null"]
        argv = [sys.executable, "-X", "utf8", str(player), str(scripts), str(results), *tmux]
        t.run("respawn-pane", "-k", "-c", str(folder), shlex.join(argv))
        t.wait_for(results.exists, "the end of the scripts")
    return dict(zip(SCRIPTS, json.loads(results.read_text()), strict=True))


@pytest.mark.parametrize("emulator", names())
def test_rows_and_cursor_are_those_of_tmux(emulator: str, of_tmux: dict[str, Any]) -> None:
    for name, script in SCRIPTS.items():
        made, data = make_emulator(COLUMNS, ROWS, emulator), script.encode()
        for start in range(0, len(data), 7):  # cut anywhere
            made.feed(data[start : start + 7])
        # what is drawn by letters of another set, tmux gives as those letters
        rows = [text.rstrip().translate(DRAWN) for text, _ in made.rows()]
        cursor = made.state().cursor
        assert rows == of_tmux[name]["rows"], name
        assert cursor is not None
        x, y = of_tmux[name]["cursor"]
        assert cursor == (min(x, COLUMNS - 1), y), name  # one that waits for a wrap is beyond the edge for tmux
