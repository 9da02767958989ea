"""One word for one thing in whatever a person reads, in the program and in its pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.tui.keys.contexts import CONTEXT_KEYS

from tests.support.paths import ROOT

#: a word that is not used, as a pattern, and the one that is
WORDS = {
    r"\b[Mm]end(s|ed)?\b": "correct",
    r"\b[Ll]og(s|ged)? (in|on)(?! (with|to) ssh)\b": "sign in (a login is the act)",
    r"\btime-outs?\b": "timeout",
    r"\bdirector(y|ies)\b": "folder",
    r"\bEsc (drops it|leaves it|aborts|ends)\b": "cancels, closes or back",
    r"\bu takes it back\b|\bnothing to take back\b": "undo",
    r"(?<![Tt]here )\b(is|are) no (file|folder|port|path|text|list|recording|object)s?\b": "is not a",
}
PARTS = ("tui", "backends", "config")
#: the endpoint that is built in speaks as PowerShell does
_OF_POWERSHELL = ROOT / "backends" / "demo"


def texts() -> Iterator[tuple[Path, int, str]]:
    """Every text of the program, without docstrings."""
    for path in sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py")):
        if _OF_POWERSHELL in path.parents:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in said:
                continue
            if isinstance(node.value, str) and " " in node.value:  # one word by itself may be a key of a protocol
                yield path, node.lineno, node.value


@pytest.mark.parametrize("word", WORDS)
def test_there_is_one_word_for_one_thing(word: str) -> None:
    found = [f"{path.relative_to(ROOT)}:{line}: {text!r}" for path, line, text in texts() if re.search(word, text)]
    assert not found, f"write {WORDS[word]}"


#: what one key does is told as "e edits", two as "↑ ↓ choose": the key is who does it
_BARE = re.compile(
    r"(?:^| )(?:[a-zA-Z/.]|Space|Tab|Enter|Esc|F\d+|Ctrl\+\w) "
    r"(?:edit|delete|find|filter|select|copy|open|close|pause|step|sort|pick|mark|move|rename|export|play|write)"
    r"(?= {2}|$)"
)


def rows_of_keys() -> Iterator[str]:
    """Every row of keys that is written out, and the footer of each context."""
    for path, _, text in texts():
        if path.is_relative_to(ROOT / "tui") and re.search(r"\bEsc \w+( \w+)*$", text) and "  " in text:
            yield text
    for keys in CONTEXT_KEYS.values():
        yield from (f"{each.shown} {each.label}" for each in keys)


def test_a_row_of_keys_says_what_a_key_does() -> None:
    rows = list(rows_of_keys())
    assert len(rows) > 40 and not [row for row in rows if _BARE.search(row)]
    assert _BARE.search("Enter opens  e edit  Esc back") and _BARE.search("/ find")
    assert not _BARE.search("↑ ↓ choose  e edits  Esc closes")


@pytest.mark.parametrize(
    "text",
    (
        *("Mend the file first.", "The account to log on with.", "an idle time-out", "the directory", "Esc drops it"),
        *("u takes it back", "x is no file"),
    ),
)
def test_a_word_that_is_not_used_is_found(text: str) -> None:
    assert any(re.search(word, text) for word in WORDS)
