"""Finished lines, unfinished ones, and brackets that belong together."""

from __future__ import annotations

import pytest
from pstui.backends.language.completeness import is_complete, matching_bracket, open_brackets

_UNFINISHED = """
if (|if (1)|if (1) {|if (1) {2} else|if (1) {2} elseif (3)|while (1)|foreach ($i in 1)|switch ($x)|switch -Regex ($x)
switch -File a|for (;;)|function f|filter x|class A|try {1}|try {1} catch|do {1}|do {1} while|param|else|$x =|1 +|a,|!
-not|1..|'a|"a|"$(|${a|a `|<# a|@{a=1|$x.|$(|[int|& {|Get-Item (|a ] (|begin|trap
""".replace("\n", "|").strip("|")
_FINISHED = """
if (1) {2}|a|a )|$i++|do {1} while (1)|do {1} until(2)|try {1} finally {}|try {1} catch {}|function f {}|a;|a &|exit
return|throw 'x'|if (1) {2} else {3}|foreach ($i in 1) {}|foreach-object x|a -x:|a >
if ; x|try {1} x|switch ($x) {1 {2}}|switch -File a {1 {2}}|class A {}|trap {}|[int]|break|param($x)|# if (|Get-Help if
$x = if (1) {2}|'a' -f 1|%|a.b
using namespace System|}|a b ) {
""".replace("\n", "|").strip("|")


@pytest.mark.parametrize(
    "text", [*_UNFINISHED.split("|"), "a |", "a |\n", "a | # c", "a &&", "a ||", "if (1)\n", "@'\na"]
)
def test_unfinished(text: str) -> None:
    assert not is_complete(text)


@pytest.mark.parametrize("text", [*_FINISHED.split("|"), "", "  \n", "a | b", "a || b", "@'\na\n'@", "if (1)\n{2}"])
def test_finished_or_wrong_beyond_cure(text: str) -> None:
    assert is_complete(text)


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
