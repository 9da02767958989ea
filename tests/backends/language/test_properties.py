"""What holds for every text: nothing raises, tokens cover it, and what is converted renders back."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pstui.backends.language.completeness import is_complete, matching_bracket, open_brackets
from pstui.backends.language.number_types import Number
from pstui.backends.language.numbers import literal, parse_number, to_string
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.secrets import looks_secret
from pstui.backends.language.simple_lines import Absent, Argument, Command, Value, argument_text, parse_line, render
from pstui.backends.language.tokens import TokenKind

_BLANKS = " \t\f\v\x85\xa0\u2003\u3000"
_PIECES = r"""
' " ` $ ( ) { } [ ] @ # < > | & ; , . : = - + * / % ! ? 0 1 2 b e x _ ~ \ – ‘ “ -- --% 2>&1 *>&1 @' '@ @" "@ <# #>
$( @( @{ ${ `u{41} $true $null $x if foreach exit Get-Item -Name -Name: -eq 10kb 0x1f 1.5 1e3 -5 a=b a,b 'a' "b"
'c''d' 007 5l ./x c:\x & .
"""
_WORDS = r"""
a -b -b: c,d 'e' "g`n" 1 2.5 0x10 10kb 1,0x2 $true $null @(1,2) @() @{k='v';l=-1} (3) (-4l) (1.50) -- 2>&1 3d
@((1,2),3) @(,(1,2)) -x:y *.txt c:\x a'b' `' 'x’’' --% 7z -5 ~ .. . 1E+16 99999999999 (0x5uy)
"""
_text = st.lists(
    st.sampled_from([*_PIECES.split(), " ", " ", "\n", "\r\n", "\u2003", "\0"]) | st.characters(), max_size=30
).map("".join)
_simple_word = st.sampled_from([*_WORDS.split(), "'e f'", "|", ";", "\n", "Get-Item", "&", "%"])
_simple_line = st.lists(_simple_word, max_size=12).map(lambda words: "x " + " ".join(words))


@given(_text)
@settings(max_examples=400, deadline=None)
def test_tokens_stand_in_order_and_cover_everything_but_blanks(text: str) -> None:
    position = 0
    for token in tokenize(text):
        assert position <= token.start < token.end
        assert token.text == text[token.start : token.end]
        assert text[position : token.start].strip(_BLANKS) == ""
        assert isinstance(token.value(), str)
        position = token.end
    assert text[position:].strip(_BLANKS) == ""


@given(_text)
@settings(max_examples=400, deadline=None)
def test_every_text_gets_an_answer(text: str) -> None:
    assert is_complete(text) in (True, False)
    assert all(token.kind is TokenKind.LEFT for token in open_brackets(text))
    assert looks_secret(text) in (True, False)
    for position in range(len(text)):
        partner = matching_bracket(text, position)
        if partner is not None and text[position] not in "$@":
            assert matching_bracket(text, partner) == position


@given(_text | _simple_line)
@example("a .5")
@example("a .0kb")
@settings(max_examples=600, deadline=None)
def test_what_is_converted_renders_back(text: str) -> None:
    for no_language in (False, True):
        line = parse_line(text, no_language=no_language)
        if line is None:
            continue
        assert parse_line(render(line), no_language=no_language) == line
        assert is_complete(render(line))


@given(_simple_line)
@settings(max_examples=200, deadline=None)
def test_an_endpoint_without_language_gets_the_same_commands_or_more(text: str) -> None:
    line = parse_line(text)
    if line is not None:
        assert parse_line(text, no_language=True) == line


_numbers = st.builds(Number, st.integers(-(2**31), 2**31 - 1), st.just("Int32")) | st.builds(
    Number, st.floats(allow_nan=False, allow_infinity=False), st.just("Double")
)
_values: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | _numbers,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(r"[a-z]{1,3}\Z") | st.just("b c"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_values)
@settings(max_examples=400, deadline=None)
def test_every_value_can_be_written_and_read(value: Value) -> None:
    if value == "--%":
        return
    line = parse_line(f"x {argument_text(value)}")
    assert line is not None
    ((command,),) = [list(statement.commands) for statement in line.statements]
    assert command == Command("x", (Argument(None, value),))
    assert not isinstance(command.arguments[0].value, Absent)


@given(_numbers)
@settings(max_examples=200, deadline=None)
def test_a_literal_has_the_value_and_type_it_was_made_of(number: Number) -> None:
    read = parse_number(literal(number))
    assert read is not None
    assert (read.value, read.clr_type) == (number.value, number.clr_type)
    assert float(to_string(number)) == number.value
