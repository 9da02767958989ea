"""What a call of Invoke-Command asks for: its script, the values of $using:, its arguments and its input."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.backends.language.using import UsingError, resolve_using, using_expressions
from pstui.backends.psrp import clixml as fast
from pstui.backends.records import Write
from pstui.tui.cli import invoke
from pstui.tui.cli.main import main
from pstui.tui.cli.run import Invocation, running
from pstui.tui.cli.script_file import read_script
from pstui.tui.cli.target import Script

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Invocation]:
    """The invocations that a call leads to; none of them runs."""
    found: list[Invocation] = []

    def record(invocation: Invocation, **_: object) -> int:
        found.append(invocation)
        return 0

    monkeypatch.setattr(invoke, "run", record)
    return found


SCRIPT = """\
$using:x; "a $using:y.Length $($using:z.Length) `$using:n $("$using:inner")"; foo $using:w.Length ${using:q}[0] @using:s
'$using:no' # $using:comment
1..$using:x; bar$using:k; { $using:deep }; @"
$using:here
"@; @'
$using:literal
'@"""


def test_every_using_variable_is_found_and_nothing_else() -> None:
    names = [found.name for found in using_expressions(SCRIPT)]
    assert names == ["x", "y", "z", "inner", "w", "q", "s", "x", "k", "deep", "here"]


def test_a_member_of_a_value_is_taken_over_there() -> None:
    text, values = resolve_using('$using:x.Length; "$using:x."; 1..$using:X..5; ${using:x}[0]', {"x": "abc"})
    assert text == '($using:x).Length; "$using:x."; 1..$using:X..5; (${using:x})[0]'
    assert set(values.values()) == {"abc"}
    assert "JAB1AHMAaQBuAGcAOgB4AA==" in values, "the text in UTF-16 as base64, lower case"


@pytest.mark.parametrize("words", [["-ScriptBlock", "$using:foo"], ["--var", "bar=1", "-ScriptBlock", '"$using:foo"']])
def test_an_unknown_one_is_refused_before_anything_is_sent(
    words: list[str], asked: list[Invocation], capsys: Captured
) -> None:
    assert main(["icm", "-HostName", "db", *words]) == 1, "as the real client"
    err = capsys.readouterr().err
    assert "--var foo=VALUE" in err and "UsingVariableIsUndefined" in err
    assert asked == []
    for text in ("$using:foo", "$using:x?", '"$using:x?"', "$using:env:x", "$using:x?.Length"):
        with pytest.raises(UsingError):
            resolve_using(text, {"x": 1})


def test_values_come_from_var_and_from_the_line(asked: list[Invocation]) -> None:
    assert main(["--line", "$foo=5; icm -HostName db -ScriptBlock { $using:foo }"]) == 0
    assert main(["--var", "n=5", "--var", "t=a=b", "--var", "h=@{a=1}", "icm", "-HostName", "db", "-ScriptBlock",
                 "$using:n $using:t $using:h"]) == 0  # fmt: skip
    assert [list(invocation.script.using.values()) for invocation in asked] == [[5], [5, "a=b", {"a": 1}]]
    assert main(["icm", "--var", "novalue", "-HostName", "db", "-ScriptBlock", "1"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        *("$using:x.ToUpper()", "${using:x}?.ToUpper()", "$using:x.ForEach{1}", "$using:x.a.b()", "$using:x::Foo()"),
        *(
            "$using:x[$i]",
            "$using:x.$p",
            '$using:x.("a")',
            "$using:x[0..1]",
            "$using:x[$using:x.Length]",
            "$using:x.{a}",
        ),
        *('$using:x["$q"]', '$using:x."a$b"', "$using:x[(Get-Date)]", "$using:x[1 -eq 1]", '"$($using:x.a())"'),
        *("f $using:x.a()", "f $using:x[0].a()", "$using:x.\na()", "$using:x[@(1)]", "$using:x[0"),
    ],
)
def test_what_powershell_does_not_allow_is_refused(text: str) -> None:
    with pytest.raises(UsingError) as caught:
        resolve_using(text, {"x": "abc"})
    assert caught.value.error_id == "InvalidUsingExpression"


@pytest.mark.parametrize(
    "text",
    [
        *("$using:x[(1+1)]", "$using:x[-1]", "$using:x[0,1]", "$using:x['a b'].c", "$using:x.'a'", '$using:x."a"[0]'),
        *(
            "${using:x}?.Length",
            "${using:x}?[0]",
            "$using:x.a[0].b",
            "$using:x[$true]",
            "$using:x[[int]1]",
            "f($using:x)",
        ),
        *(
            "($using:x).ToUpper()",
            "$using:x..5",
            '"$using:x.ToUpper()"',
            '"$using:x[$i]"',
            "$using:x[\n0]",
            "$using:x[1kb]",
        ),
    ],
)
def test_what_powershell_allows_is_sent(text: str) -> None:
    assert set(resolve_using(text, {"x": "abc"})[1].values()) == {"abc"}


async def test_the_far_end_finds_them(capfd: Captured) -> None:
    text, values = resolve_using('"<$using:a>"; ${using:b}', {"a": "x", "b": 7})
    assert await running(Invocation([ConnectionInfo(ParameterSet.DEMO)], Script(text, using=values))) == 0
    assert capfd.readouterr().out == "<x>\n7\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
def test_a_script_file_by_its_mark(codec: str, tmp_path: Path) -> None:
    text = "'ümlaut €'\n1"
    data = text.encode(codec)
    (tmp_path / "s.ps1").write_bytes(b"\xfe\xff" + data if codec == "utf-16-be" else data)
    assert read_script(str(tmp_path / "s.ps1")) == text


def test_a_script_file_in_a_named_encoding(tmp_path: Path) -> None:
    path = tmp_path / "s.ps1"
    path.write_bytes("'ü'".encode("cp1252"))
    for name in ("cp1252", "ansi", "1252", "latin-1"):
        assert read_script(str(path), name) == "'ü'"
    path.write_bytes("'ü'".encode("utf-16-le"))
    assert read_script(str(path), "Unicode") == "'ü'"
    path.write_bytes(b"'\xfc'")
    for encoding, said in ((None, "--encoding"), ("nosuch", "nosuch"), ("base64", "base64"), ("ascii", "byte 1")):
        with pytest.raises(CallError) as refused:
            read_script(str(path), encoding)
        assert said in refused.value.text()


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["-InputObject", "1,2,3"], [[1, 2, 3]]),
        (["-InputObject", "@(1,2,3)"], [[1, 2, 3]]),
        (["-InputObject", "a"], ["a"]),
        (["-InputObject", "@{a=1}"], [{"a": 1}]),
        (["-InputObject", "$null"], [None]),
        ([], None),
    ],
)
def test_an_input_object_is_one_object(words: list[str], given: object, asked: list[Invocation]) -> None:
    assert main(["icm", "-HostName", "db", "-ScriptBlock", "$input", *words]) == 0
    assert asked[0].input == given


def test_what_is_piped_in_is_an_object_each(asked: list[Invocation]) -> None:
    assert main(["--line", "1,2,3 | icm -HostName db { $input }"]) == 0
    assert asked[0].input == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [(["1,2,a"], (1, 2, "a")), (["a b"], ("a b",)), (["@{a=1}"], ({"a": 1},)), (["$true"], (True,))],
)
def test_arguments(words: list[str], arguments: tuple[object, ...], asked: list[Invocation]) -> None:
    assert main(["icm", "-HostName", "db", "-ScriptBlock", "$args", "-ArgumentList", *words]) == 0
    assert asked[0].script.arguments == arguments


async def test_a_pipe_without_an_object_opens_no_session(asked: list[Invocation]) -> None:
    for line, targets in (("@()", 0), ("$null", 1), (",@()", 1), ("1", 1)):
        assert main(["--line", f"{line} | icm -HostName db {{ 'x' }}"]) == 0
        assert len(asked.pop().infos) == targets, line
    assert await running(Invocation((), Script("'x'"), [])) == 0


async def test_a_text_full_of_escapes_comes_whole_and_before_what_follows(
    capfd: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    at_once = fast.host_write

    def counted(body: bytes, max_text: int | None) -> Write | None:
        decoded.append(len(body))
        return at_once(body, max_text)

    monkeypatch.setattr(fast, "host_write", counted)
    script = Script("'_x0041_b' * 60000; 'after'")
    assert await running(Invocation([ConnectionInfo(ParameterSet.DEMO)], script)) == 0
    assert capfd.readouterr().out == "_x0041_b" * 60_000 + "\nafter\n"
    assert max(decoded) < 60_000, "what was read in steps is not decoded once more in one go"
