"""The exit code of a run without a screen, row by row of the table in docs/scripts.md, and what is on which stream."""

from __future__ import annotations

import json
import re

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import ProgressRecord
from pstui.tui.cli.help import EXIT_TABLE
from pstui.tui.cli.main import main
from pstui.tui.cli.preferences import Preferences
from pstui.tui.cli.progress_line import ProgressLine
from pstui.tui.cli.run import Form, Invocation, running
from pstui.tui.cli.target import Script

from tests.support.cli_far_end import Manager, invoke, invoke_on
from tests.support.icm_rows import ROWS, Row
from tests.support.paths import ROOT

Captured = pytest.CaptureFixture[str]


async def demo(row: Row, form: Form = "text") -> int:
    script = Script(row.script, preferences=Preferences.of_call(row.common))
    return await running(Invocation([ConnectionInfo(ParameterSet.DEMO)], script, form=form))


@pytest.mark.parametrize("row", [row for row in ROWS if row.demo], ids=lambda row: row.name)
async def test_a_row_on_the_demo_endpoint(row: Row, capfd: Captured) -> None:
    code = await demo(row)
    out, err = capfd.readouterr()
    assert (out.strip(), err.strip(), code) == (row.out, row.err, row.code)


@pytest.mark.parametrize("form", ["json", "csv", "clixml"])
async def test_the_code_and_the_errors_are_the_same_with_objects(form: Form, capfd: Captured) -> None:
    row = Row("Write-Error e; Write-Host seen; 1; Write-Error f; 2")
    assert await demo(row, form) == 1
    out, err = capfd.readouterr()
    assert err == "Write-Error: e\nseen\nWrite-Error: f\n", "what is no object is not among the objects"
    assert "1" in out and "2" in out and "seen" not in out


def test_the_table_of_the_page_is_that_of_the_help() -> None:
    page = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `?([\dN, ]+)`? \| (.+) \|$", page, re.MULTILINE)
    assert [(code, what.replace("`", "")) for code, what in rows] == list(EXIT_TABLE)


def test_0_and_1(capfd: Captured) -> None:
    assert invoke("say x")[0] == 0
    assert invoke("error no | say x")[0] == 1
    assert invoke("status false 3")[0] == 1, "its last command failed"
    assert invoke("throw boom")[0] == 1
    assert invoke("exit 5")[0] == 0, "as Invoke-Command, which takes no notice of it"
    capfd.readouterr()


@pytest.mark.parametrize("action", ["SilentlyContinue", "Ignore"])
def test_a_quiet_error_does_not_count_and_a_thrown_one_does(action: str, capfd: Captured) -> None:
    quiet = Preferences(error=action)
    assert invoke("error no | status false 0 | say x", preferences=quiet)[0] == 0
    assert invoke("error no | throw boom", preferences=quiet)[0] == 1
    assert capfd.readouterr() == ("x\n", "")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 5", 5),
        ("error no | exit 0", 0),
        ("status true 7", 7),
        ("error no | status false 3", 3),
        ("status true 256", 1),
        ("exit -1", 255),
        ("throw boom", 1),
        ("error no", 1),
        ("say x", 0),
    ],
)
def test_the_far_ends_own_code(script: str, code: int, capfd: Captured) -> None:
    assert invoke(script, exit_code=True)[0] == code
    capfd.readouterr()


def test_1_is_an_object_beyond_the_limit_which_is_named(capfd: Captured) -> None:
    code, session = invoke("say a | large")
    out, err = capfd.readouterr()
    assert (code, out, session.calls[-1]) == (1, "a\n", "close")
    assert "200 MiB" in err and "MaximumReceivedObjectSize" in err and "incomplete" in err


def test_progress_is_nothing_in_a_file(capfd: Captured) -> None:
    assert invoke("progress 5 | say a | progress 100")[0] == 0
    assert capfd.readouterr() == ("a\n", "")


def test_progress_is_one_line_of_a_terminal() -> None:
    seen: list[str] = []
    now = [0.0]
    line = ProgressLine(seen.append, 20, lambda: now[0])

    def record(activity: int, percent: int, *, completed: bool = False) -> ProgressRecord:
        return ProgressRecord(0, activity, -1, "Copying", "a \x1b[2J file", "", percent, -1, completed)

    line.take(record(1, 5))
    line.take(record(1, 6))  # too soon to be drawn
    now[0] = 1.0
    line.take(record(2, 7))
    line.take(record(2, 100, completed=True))
    line.take(record(1, 100, completed=True))
    line.hide()
    clear = "\r\x1b[K"
    assert seen == [clear + "Copying: a  file  5", clear + "Copying: a  file  7", clear]


def test_2_is_a_wrong_call(capfd: Captured) -> None:
    assert main(["icm", "-HostName", "db", "-NoSuch", "-ScriptBlock", "1"]) == 2
    assert main(["icm", "--json", "--csv", "-HostName", "db", "-ScriptBlock", "1"]) == 2
    for words in (["--depth", "101"], ["--depth", "x"], ["--throttle", "0"], ["--timeout", "-1"], ["--input", "xml"]):
        assert main(["icm", "--json", *words, "-HostName", "db", "-ScriptBlock", "1"]) == 2
        assert words[0] in capfd.readouterr().err
    assert main(["icm", "-HostName", "a,b", "-ThrottleLimit", "5", "-ScriptBlock", "1"]) == 2
    assert "--throttle" in capfd.readouterr().err, "one that can be used"


def test_3_is_no_session_of_one_or_of_several(capfd: Captured) -> None:
    assert invoke("say x", opens="no")[0] == 3
    assert invoke_on(["a", "b"], "say x", Manager({"b": "no"})) == 3
    assert capfd.readouterr().out == "x\n", "the others run"


def test_124_is_the_time_limit(capfd: Captured) -> None:
    assert invoke_on(["a", "b"], "sleep", Manager(), timeout=0.05) == 124
    assert "time limit of 0.05 s" in capfd.readouterr().err


def test_stop_ends_the_run_at_the_error(capfd: Captured) -> None:
    code, session = invoke("say a | error no | say b | sleep", preferences=Preferences(error="Stop"))
    assert (code, session.calls) == (1, ["open", "stop", "close"])
    assert capfd.readouterr() == ("a\n", "Write-Error: no\n")


def test_actions_on_warnings_and_quiet(capfd: Captured) -> None:
    assert invoke("warn careful | say x", preferences=Preferences(warning="SilentlyContinue"))[0] == 0
    assert capfd.readouterr() == ("x\n", "")
    for action in ("Stop", "Inquire", "Continue"):
        assert invoke("warn WARNING: careful | say x", preferences=Preferences(warning=action))[0] == 0
        assert capfd.readouterr() == ("x\n", "WARNING: careful\n"), "as the real client, whose host shows it anyway"
    assert invoke("warn careful | error no | say x", preferences=Preferences(quiet=True))[0] == 1
    assert capfd.readouterr() == ("x\n", "Write-Error: no\n")


def test_an_inquiry_without_anybody_stops_it(capfd: Captured) -> None:
    code, session = invoke("error no | sleep", preferences=Preferences(error="Inquire"))
    assert (code, session.calls) == (1, ["open", "stop", "close"])
    assert capfd.readouterr().err.startswith("Write-Error: no\n")


@pytest.mark.parametrize("form", ["text", "json"])
async def test_what_comes_while_a_preference_asks_is_held(form: Form, capfd: Captured) -> None:
    """As with the real client: what is behind the record does not come where nobody says yes."""
    for row in (
        Row("'a'; Write-Error e; 'x'", common={"ErrorAction": "Inquire"}),
        Row("'a'; Write-Information i; 'x'", common={"InformationAction": "Inquire"}),
    ):
        assert await demo(row, form) == 1
        out, err = capfd.readouterr()
        assert out.strip().strip('"') == "a" and "nobody is there to answer" in err


async def test_stop_at_an_information_record_fails_a_script_that_runs_on(capfd: Captured) -> None:
    for write in ("Write-Information i", "Write-Host i"):
        row = Row(f"{write}; 'a'; {write}; 'b'", common={"InformationAction": "Stop"})
        assert await demo(row) == 1
        out, err = capfd.readouterr()
        assert out.endswith("b\n") and err == "pstui: Invoke-Command failed, because -InformationAction is Stop: i\n"


@pytest.mark.parametrize("name", ["ErrorVariable", "OutVariable", "WarningVariable", "InformationVariable"])
def test_variables_are_refused_with_the_reason(name: str, capfd: Captured) -> None:
    assert main(["icm", "-HostName", "db", "-ScriptBlock", "1", f"-{name}", "v"]) == 2
    assert "no variables" in capfd.readouterr().err


async def test_information_is_shown_where_it_is_asked_for(capfd: Captured) -> None:
    row = Row("Write-Information i; Write-Host h; 'x'", common={"InformationAction": "Continue"})
    assert await demo(row) == 0
    assert capfd.readouterr() == ("h\nx\n", "i\n")


async def test_every_record_of_every_stream(capfd: Captured) -> None:
    row = Row("1; Write-Error e; Write-Warning w; Write-Host h; Write-Information i; Write-Verbose v -Verbose; 2")
    assert await demo(row, "json-streams") == 1
    out, err = capfd.readouterr()
    records = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert [(one["stream"], one.get("value", one.get("message"))) for one in records] == [
        ("output", 1),
        ("error", "Write-Error: e"),
        ("warning", "w"),
        ("information", "h"),
        ("information", "i"),
        ("verbose", "v"),
        ("output", 2),
    ]
    assert all(one["host"] and re.match(r"\d{4}-\d\d-\d\dT", one["time"]) for one in records)
