"""Whether a text is finished, beside PowerShell's own parser: texts that nobody wrote down before."""

from __future__ import annotations

from pstui.backends.language.completeness import is_complete
from pstui.backends.sessions.interactive import Outcome

from tests.support.powershell import entered, process_info, pwsh
from tests.support.scripted_console import ScriptedConsole
from tests.support.unfinished import judged, made_up


def test_as_the_parser_says() -> None:
    texts = made_up(seed=20, number=5000)
    pairs = zip(texts, judged(pwsh(), texts), strict=True)
    assert [text for text, unfinished in pairs if is_complete(text) is unfinished] == []


async def test_a_line_end_makes_the_far_end_say_what_is_missing() -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        for line, said in {
            "1,2 |": "empty pipe element",
            "$x =": "value expression",
            "if (1)": "statement block",
        }.items():
            assert await interactive.run(f"{line}\n") is Outcome.READY
            assert said.lower() in " ".join(console.shown()).lower(), line
        assert await interactive.run("echo a `\n") is Outcome.READY
        assert console.shown()[-1] == "a"
