"""Tokens as PowerShell sees them, told as lines and their kinds."""

from __future__ import annotations

import time

import pytest
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind

K = TokenKind


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind.name, token.text) for token in tokenize(text)]


def one(text: str, index: int = -1) -> Token:
    return tokenize(text)[index]


def test_a_command_with_parameters_and_a_pipe() -> None:
    assert kinds("Get-Item -Path:/x | % Name # all") == [
        ("COMMAND", "Get-Item"),
        ("PARAMETER", "-Path:"),
        ("ARGUMENT", "/x"),
        ("PIPE", "|"),
        ("COMMAND", "%"),
        ("ARGUMENT", "Name"),
        ("COMMENT", "# all"),
    ]


def test_the_same_dash_word_is_an_operator_in_an_expression_and_a_parameter_in_a_command() -> None:
    assert kinds("$x -eq 5")[1] == ("OPERATOR", "-eq")
    assert kinds("x -eq 5")[1] == ("PARAMETER", "-eq")
    assert kinds("$x -split ','")[1] == ("OPERATOR", "-split")


def test_a_keyword_is_one_only_where_a_statement_begins() -> None:
    assert kinds("foreach ($i in 1..3) { exit }") == [
        ("KEYWORD", "foreach"),
        ("LEFT", "("),
        ("VARIABLE", "$i"),
        ("KEYWORD", "in"),
        ("NUMBER", "1"),
        ("OPERATOR", ".."),
        ("NUMBER", "3"),
        ("RIGHT", ")"),
        ("LEFT", "{"),
        ("KEYWORD", "exit"),
        ("RIGHT", "}"),
    ]
    assert kinds("gci | foreach Name")[2] == ("COMMAND", "foreach")
    assert kinds("foreach-object x")[0] == ("COMMAND", "foreach-object")
    assert kinds("if (1) {2} else {3}")[7] == ("KEYWORD", "else")
    assert kinds("Get-Help if")[1] == ("ARGUMENT", "if")


def test_hashtables_types_and_members() -> None:
    assert kinds("[pscustomobject]@{N=$_.Name; 'b c' = [int]::MaxValue}") == [
        ("LEFT", "["),
        ("TYPE", "pscustomobject"),
        ("RIGHT", "]"),
        ("LEFT", "@{"),
        ("MEMBER", "N"),
        ("OPERATOR", "="),
        ("VARIABLE", "$_"),
        ("OPERATOR", "."),
        ("MEMBER", "Name"),
        ("SEMICOLON", ";"),
        ("STRING", "'b c'"),
        ("OPERATOR", "="),
        ("LEFT", "["),
        ("TYPE", "int"),
        ("RIGHT", "]"),
        ("OPERATOR", "::"),
        ("MEMBER", "MaxValue"),
        ("RIGHT", "}"),
    ]
    assert kinds("[Parameter(Mandatory)][string]$x[0]")[-4:] == [
        ("VARIABLE", "$x"),
        ("LEFT", "["),
        ("NUMBER", "0"),
        ("RIGHT", "]"),
    ]


@pytest.mark.parametrize("word", ["7z", "a'b c'd", 'x"y $z"', "host:80", "a=b", "-5", "--foo", "*.txt", "~/x", "[ab]*"])
def test_bare_words_of_a_command_line(word: str) -> None:
    assert kinds(f"x {word} y")[1:] == [("ARGUMENT", word), ("ARGUMENT", "y")]


@pytest.mark.parametrize(
    "text", ["5", "0x1F", "10kb", "1.5e-3", "1.", ".5", "7ul", "0b101", "5d", "1e5", "2us", "3n", "1\u00a0"]
)
def test_numbers(text: str) -> None:
    assert one(f"x {text}").kind is K.NUMBER
    assert tokenize(f"{text}+1")[0].kind in (K.NUMBER, K.COMMAND)


def test_a_number_that_runs_on_is_a_word() -> None:
    assert one("x 1.x").kind is K.ARGUMENT
    assert one("1.x").kind is K.COMMAND
    assert [kind for kind, _ in kinds("1+2")] == ["NUMBER", "OPERATOR", "NUMBER"]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("'it''s'", K.STRING, "it's"),
        ("\u2018a'\u2019b\u2019", K.STRING, "a\u2019b"),
        ('"a`tb`u{1F600}""c"', K.EXPANDABLE_STRING, 'a\tb\U0001f600"c'),
        ("\u201ca`\u201cb\u201d", K.EXPANDABLE_STRING, "a\u201cb"),
        ("@'\nit's\n'@", K.HERE_STRING, "it's"),
        ("@'\n'@", K.HERE_STRING, ""),
        ('@"\r\na`tb\r\n"x"\r\n"@', K.HERE_STRING, 'a\tb\r\n"x"'),
    ],
)
def test_strings_and_their_values(text: str, kind: TokenKind, value: str) -> None:
    token = one(f"x {text}")
    assert (token.kind, token.text, token.value(), token.complete) == (kind, text, value, True)


@pytest.mark.parametrize("text", ["'a", '"a', '"$(', '"${a', "@'\na", "<# a", "${a", "a'b", "@'", "`"])
def test_what_lacks_its_end_is_not_complete(text: str) -> None:
    assert not one(f"x {text}").complete


@pytest.mark.parametrize("text", ['"$x"', '"a$(1)b"', '"${a}"', '"$env:x"', "a$b", "a$(1)", '@"\n$x\n"@', "$x/y"])
def test_what_the_far_end_would_expand(text: str) -> None:
    token = one(f"x {text}")
    assert token.expands
    assert token.text == text


@pytest.mark.parametrize("text", ["'$x'", '"`$x"', '"a$"', "a$", "\"$ 'x'\"", "`$x"])
def test_what_is_not_expanded(text: str) -> None:
    assert not any(token.expands for token in tokenize(f"x {text}"))


def test_variables_in_their_forms() -> None:
    for text in ("$x", "${a b}", "$env:PATH", "$script:x", "$_", "$?", "$$"):
        assert kinds(f"{text}")[0] == ("VARIABLE", text)
    assert kinds("x @splat")[1] == ("SPLAT", "@splat")
    assert kinds("$a::b")[0] == ("VARIABLE", "$a")


def test_redirections_and_the_verbatim_rest() -> None:
    assert kinds("x 2>&1 *> y >> z")[1::2] == [("REDIRECTION", "2>&1"), ("ARGUMENT", "y"), ("ARGUMENT", "z")]
    assert kinds('x --% a "b|c" $d | e')[1:4] == [("ARGUMENT", "--%"), ("VERBATIM", 'a "b|c" $d '), ("PIPE", "|")]


def test_invocation_background_and_chains() -> None:
    assert kinds("& 'a b' c &")[0] == ("INVOKE", "&")
    assert kinds("& 'a b' c &")[-1] == ("BACKGROUND", "&")
    assert kinds(". ./x.ps1")[:2] == [("INVOKE", "."), ("COMMAND", "./x.ps1")]
    assert [kind for kind, _ in kinds("a && b || c")] == ["COMMAND", "CHAIN", "COMMAND", "CHAIN", "COMMAND"]


def test_typographic_dashes_are_dashes() -> None:
    assert kinds("x \u2013Name 1")[1] == ("PARAMETER", "\u2013Name")
    assert kinds("$x \u2014eq 1")[1] == ("OPERATOR", "\u2014eq")


def test_a_line_goes_on_after_a_backtick_an_operator_or_a_comma() -> None:
    assert [kind for kind, _ in kinds("x `\n -y")] == ["COMMAND", "CONTINUATION", "PARAMETER"]
    assert kinds("1 +\n-2")[-1] == ("NUMBER", "-2")
    assert kinds("x a,\nb")[-1] == ("ARGUMENT", "b")
    assert kinds("x a\nb")[-1] == ("COMMAND", "b")


def test_brackets_know_their_depth() -> None:
    depths = [(token.text, token.depth) for token in tokenize("(@{a=1}[0])") if token.kind in (K.LEFT, K.RIGHT)]
    assert depths == [("(", 0), ("@{", 1), ("}", 1), ("[", 1), ("]", 1), (")", 0)]


@pytest.mark.parametrize(
    "unit", ["a ", "(", "[", "'", '"', "@'\n", "<#", "a$(", "${", "1", "-", "a'", '"$(', "$a.", "1,", "`u{", "x;", "''"]
)
def test_time_grows_with_length_and_not_faster(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        best = 1e9
        for _ in range(3):
            started = time.thread_time()  # which a busy machine does not lengthen
            tokenize(text)
            best = min(best, time.thread_time() - started)
        return best

    # Eight times the text in at most thirty times the time: a quadratic scanner needs sixty-four.
    assert seconds(32_000) < 30 * max(seconds(4_000), 0.0005)
