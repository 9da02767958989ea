"""Finished lines, unfinished ones, and brackets that belong together."""

from __future__ import annotations

import time

import pytest
from pstui.backends.language.completeness import is_complete, matching_bracket, open_brackets

from tests.support.unfinished import recorded

_UNFINISHED = """
if (|if (1)|if (1) {|if (1) {2} else|if (1) {2} elseif (3)|while (1)|foreach ($i in 1)|switch ($x)|switch -Regex ($x)
switch -File a|for (;;)|function f|filter x|class A|try {1}|try {1} catch|do {1}|do {1} while|$x =|1 +|!|++|--|a b ) {
-not|1..|'a|"a|$(|${a|a `|<# a|@{a=1|$x.|[a(|& {|Get-Item (|a ] (|begin|trap|using namespace|$true ? 'y'|a b,
[CmdletBinding()]|[ValidateSet('a','b')]|#requires -Modules @{ ModuleName = 'a'|a #Requires -Modules a,
""".replace("\n", "|").strip("|")
_FINISHED = """
if (1) {2}|a|a )|$i++|do {1} while (1)|do {1} until(2)|try {1} finally {}|try {1} catch {}|function f {}|a;|a &|exit
return|throw 'x'|if (1) {2} else {3}|foreach ($i in 1) {}|foreach-object x|a -x:|a >|foreach x|for x|switch x
if ; x|try {1} x|switch ($x) {1 {2}}|switch -File a {1 {2}}|class A {}|trap {}|[int]|break|param($x)|# if (|Get-Help if
$x = if (1) {2}|'a' -f 1|%|a.b|[int|else|elseif|catch|until|param|&&|function f x|class A x|try { } catch x|trap x
using namespace System|}|(/bin/echo a;|foreach{1}|foreach ($x i|param([int,|([a, |#requires -Modules @{ a = 1 }
# requires (|a <#requires (#>
""".replace("\n", "|").strip("|")


@pytest.mark.parametrize(
    "text", [*_UNFINISHED.split("|"), "a |", "a | # c", "a &&", "a ||", "@'\na", "[Flags()]\nenum F {\nA = 1"]
)
def test_unfinished(text: str) -> None:
    assert not is_complete(text)


@pytest.mark.parametrize("text", [*_FINISHED.split("|"), "", "  \n", "a | b", "a || b", "@'\na\n'@", "if (1)\n{2}"])
def test_finished_or_wrong_beyond_cure(text: str) -> None:
    assert is_complete(text)


@pytest.mark.parametrize("text", ["1,2 |", "$x =", "if (1)", "echo a `", "foreach ($x in", "[CmdletBinding()]"])
def test_an_empty_row_ends_what_is_only_to_be_continued(text: str) -> None:
    assert not is_complete(text)
    assert is_complete(text + "\n")


@pytest.mark.parametrize("text", ["if (1) {", "'a", "@'\na", "@{", "<# a"])
def test_an_empty_row_ends_no_block_and_no_string(text: str) -> None:
    assert not is_complete(text + "\n")


def test_as_powershell_s_parser_says() -> None:
    texts = recorded()
    assert len(texts) > 3000
    assert [text for text, unfinished in texts if is_complete(text) is unfinished] == []


@pytest.mark.parametrize(
    "piece", ["(", "{[a({", '"$(', ",", "[a[", "$a=", "@{a=", "$a", "if(1){", "a|", "[a()]", "else "]
)
def test_the_time_grows_with_the_length_only(piece: str) -> None:
    def duration(length: int) -> float:
        text = (piece * length)[:length]
        best = float("inf")
        for _ in range(3):
            start = time.thread_time()
            is_complete(text)
            best = min(best, time.thread_time() - start)
        return best

    assert duration(4000) < 12 * max(duration(1000), 0.0005)


def test_every_bracket_finds_its_partner() -> None:
    text = "a (b {c} @{d=[int]1}) 'x)' ("
    pairs = {3 - 1: 20, 5: 7, 9: 19, 10: 19, 13: 17}
    for left, right in pairs.items():
        assert matching_bracket(text, left) == right
    assert matching_bracket(text, 19) == 10
    assert matching_bracket(text, 24) is None
    assert matching_bracket(text, len(text) - 1) is None
    assert matching_bracket(text, 999) is None
    assert [token.start for token in open_brackets(text)] == [len(text) - 1]
    assert [token.text for token in open_brackets("@{a=$(x (")] == ["@{", "$(", "("]


def test_a_bracket_closed_by_another_kind_is_left_behind() -> None:
    assert matching_bracket("{ ( }", 0) == 4
    assert matching_bracket("{ ( }", 2) is None
    assert open_brackets("{ ( }") == []
