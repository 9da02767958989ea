"""Out-GridView found in a line and taken apart."""

from __future__ import annotations

import pytest
from pstui.tui.grid.line import GridCall, OutputMode, grid_call

_MANY = OutputMode.MULTIPLE


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("gps | ogv", GridCall("gps")),
        ("gps|Out-GridView -Title 'a b' -Wait", GridCall("gps", "a b")),
        ("gps | sort CPU | ocgv -t x -pas", GridCall("gps | sort CPU", "x", _MANY)),
        ("gps |\n  Microsoft.PowerShell.Utility\\out-gridview", GridCall("gps")),
        ("gps\n  | ogv -Filter CPU>1", GridCall("gps", filter="CPU>1")),
        ("gps | ogv -OutputMode:single | kill -Force", GridCall("gps", "", OutputMode.SINGLE, rest="| kill -Force")),
        ("$x = 1..3 | ogv -PassThru", GridCall("1..3", "", _MANY, assigned="$x =")),
        ("cd /; ls | ogv -PassThru:$true; 'b'", GridCall("ls", "", _MANY, before="cd /", after="'b'")),
        ("cd /\nls | ogv\n'b'", GridCall("ls", before="cd /", after="'b'")),
        ("gps | ogv -PassThru:$false", GridCall("gps")),
        ("gps | ? { $_.Name -like 'a|b' } | ogv # c", GridCall("gps | ? { $_.Name -like 'a|b' }")),
        ("gps | ogv -Title $x.Name", GridCall("gps", "$x.Name")),
    ],
)
def test_a_line_is_taken_apart(line: str, call: GridCall) -> None:
    assert grid_call(line) == call


@pytest.mark.parametrize(
    "line",
    [
        "gps",
        "ogv",
        "'a | ogv'",
        "gps | % { $_ | ogv }",
        "(gps | ogv -PassThru).Name",
        "if ($a) { gps | ogv }",
        "gps | ogv && ls",
        "gps | ogv &",
        "gps | ogv -Title 'a",
        "# gps | ogv",
        "echo ogv",
        "Get-Help Out-GridView",
        "| ogv",
    ],
)
def test_what_is_the_far_ends_own(line: str) -> None:
    assert grid_call(line) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("gps | ogv -Foo", "has no parameter -foo"),
        ("gps | ogv -OutputMode Some", "None, Single or Multiple"),
        ("gps | ogv -Title", "no value follows -title"),
        ("gps | ogv title", "does not take 'title'"),
        ("gps | ogv | kill", "hands nothing on"),
        ("$x = gps | ogv", "hands nothing on"),
    ],
)
def test_what_cannot_run_is_said(line: str, said: str) -> None:
    call = grid_call(line)
    assert call is not None and said in call.problem


def test_what_follows_a_pick() -> None:
    for line, following in (
        ("gps | ogv -PassThru", "$global:pst"),
        ("gps | ogv -PassThru | kill; 'b'", "$global:pst | kill; 'b'"),
        ("$x = gps | ogv -PassThru", "$x = $global:pst"),
        ("gps | ogv", ""),
        ("gps | ogv; 'b'", "'b'"),
    ):
        call = grid_call(line)
        assert call is not None and call.following("$global:pst") == following
