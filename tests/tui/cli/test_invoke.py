"""Invoke-Command without a screen: what goes where, what the exit code says, and how it ends from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pstui.backends.connection import ORIGIN
from pstui.tui.cli.input import may_take_input
from pstui.tui.cli.transcript_file import TranscriptFile

from tests.support.cli_far_end import invoke
from tests.support.paths import ROOT

Captured = pytest.CaptureFixture[str]


def program(script: str, opens: str = "yes", **more: object) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    given = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, **more}
    call = [sys.executable, "-m", "tests.support.cli_far_end", script, opens]
    return subprocess.Popen(call, cwd=ROOT, start_new_session=True, **given)  # type: ignore[call-overload, no-any-return] # given is checked by Popen


def test_text_goes_out_and_errors_go_beside_it(capfd: Captured) -> None:
    code, session = invoke("say hello | err no | warn WARNING: careful | part a | part b | say c")
    assert capfd.readouterr() == ("hello\nabc\n", "no\nWARNING: careful\n")
    assert code == 0
    assert session.calls == ["open", "close"]


def test_a_name_that_leads_nowhere_says_what_it_was_taken_for(capfd: Captured) -> None:
    taken = "db is no profile: it is taken for a computer name."
    invoke("say x", opens="no", settings={ORIGIN: taken})
    assert capfd.readouterr().err.splitlines()[-2:] == ["Start sshd on db.", taken]


def test_without_a_terminal_no_escape_sequence_comes_through(capfd: Captured) -> None:
    invoke("say \x1b[31mred\x1b[0m \x1b]0;title\x07end | err \x1b[2Jx")
    assert capfd.readouterr() == ("red end\n", "x\n")


def test_everything_else_of_a_text_goes_to_a_pipe_as_it_is(capfd: Captured) -> None:
    invoke("say a\u202eb\0c | err \u2066x\u200b")
    assert capfd.readouterr() == ("a\u202eb\0c\n", "\u2066x\u200b\n")


def test_the_width_is_120_without_a_terminal(capfd: Captured) -> None:
    _, session = invoke("say x")
    assert session.console.size.width == 120


def test_a_throw_is_1_with_the_error_on_standard_error(capfd: Captured) -> None:
    code, _ = invoke("say before | throw boom")
    assert capfd.readouterr() == ("before\n", "Error: boom\n")
    assert code == 1


def test_a_session_that_does_not_open_is_3(capfd: Captured) -> None:
    code, session = invoke("say x", opens="no")
    out, err = capfd.readouterr()
    assert (code, out) == (3, "")
    assert err.splitlines() == ["pstui: db: port 22 refuses", "Nothing listens there.", "Start sshd on db."]
    assert session.calls == ["open", "close"]


def test_a_session_that_dies_is_1_and_says_why(capfd: Captured) -> None:
    code, session = invoke("say x | die")
    assert code == 1
    assert "connection was lost" in capfd.readouterr().err
    assert session.calls[-1] == "close"


def test_arguments_reach_the_script(capfd: Captured) -> None:
    invoke("args", arguments=("a", 2))
    assert capfd.readouterr().out == "['a', 2]\n"


def test_objects_come_as_one_json_a_line(capfd: Captured) -> None:
    code, _ = invoke('object {"Name": "w\\u00fcrz\\u001b", "Id": 4} | object [1, null]', form="json")
    assert capfd.readouterr().out == '{"Name":"würz\\u001b","Id":4}\n[1,null]\n'
    assert code == 0


def test_the_transcript_holds_what_was_shown(capfd: Captured, tmp_path: Path) -> None:
    sink = TranscriptFile(tmp_path / "t.log")
    invoke("say \x1b[31mred | part no  | part end", transcript=sink)
    sink.close()
    assert (tmp_path / "t.log").read_text() == "red\nno end\n"


def test_standard_input_is_the_pipelines_input() -> None:
    process = program("echo", stdin=subprocess.PIPE)
    out, _ = process.communicate("\ufeffone\r\ntwo\n\nlast".encode(), timeout=30)
    assert out.decode() == "in one\nin two\nin \nin last\n4 in all\n"
    assert process.returncode == 0


def test_input_that_never_ends_holds_nothing_up() -> None:
    read, write = os.pipe()
    os.write(write, b"one\n")
    process = program("first", stdin=read)
    out, _ = process.communicate(timeout=30)
    os.close(write)
    os.close(read)
    assert (out, process.returncode) == (b"first one\n", 0)


@pytest.mark.parametrize(
    ("script", "takes"),
    [
        ("1..5000", False),
        ("throw 'x'", False),
        ("$x = 1; foreach ($i in 1..3) { $i }", False),
        ("'text'", False),
        ("param($a) $a", False),
        ("$input | Measure-Object", True),
        ('process { "in $_" }', True),
        ("@($Input).Count", True),
        ("Sort-Object -Descending", True),
        ("& sort", True),
        ("param([Parameter(ValueFromPipeline)]$x) $x", True),
    ],
)
def test_only_a_script_that_can_take_input_reads_it(script: str, takes: bool) -> None:
    assert may_take_input(script) is takes


def test_ctrl_c_stops_the_far_end_and_says_130() -> None:
    process = program("sleep")
    assert process.stdout is not None
    assert process.stdout.readline() == b"sleeping\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_ctrl_c_while_opening_gives_up_at_once() -> None:
    process = program("say x | sleep", "never")
    assert process.stdout is not None
    assert process.stdout.readline() == b"opening\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert b"Error" not in err


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    process = program("lines 10000000")
    assert process.stdout is not None
    assert process.stdout.readline() == b"1\n"
    process.stdout.close()
    assert process.wait(30) == 141
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110 - a device, not a path
def test_an_output_that_cannot_be_written_is_1() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - as above
        process = program("lines 10", stdout=full)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"standard output cannot be written" in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110 - as above
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_word_that_cannot_be_written_is_no_fault_of_pstui(option: str) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - as above
        command = [sys.executable, "-m", "pstui.tui.cli.main", option]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"standard output cannot be written" in done.stderr


def test_five_thousand_lines_come_quickly_and_whole() -> None:
    process = program("lines 5000")
    out, _ = process.communicate(timeout=30)
    assert out.split() == [str(number + 1).encode() for number in range(5000)]
    assert process.returncode == 0


def test_a_question_without_a_terminal_fails_with_a_message() -> None:
    process = program("ask Name | say never")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, b"")
    assert b"nobody is there to answer 'Name:'" in err
