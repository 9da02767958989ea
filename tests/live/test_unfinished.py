"""Whether a text is finished, beside PowerShell's own parser: texts that nobody wrote down before."""

from __future__ import annotations

from pstui.backends.language.completeness import is_complete

from tests.support.powershell import pwsh
from tests.support.unfinished import judged, made_up


def test_as_the_parser_says() -> None:
    texts = made_up(seed=20, number=5000)
    pairs = zip(texts, judged(pwsh(), texts), strict=True)
    assert [text for text, unfinished in pairs if is_complete(text) is unfinished] == []
