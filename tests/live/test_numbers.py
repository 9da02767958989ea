"""Number literals: PowerShell's own parser says what is recorded of them."""

from __future__ import annotations

from tests.support.literals import LITERALS
from tests.support.powershell import invoke

_SCRIPT = """
foreach ($text in -split $texts) {
    $tokens = $errors = $null
    $ast = [System.Management.Automation.Language.Parser]::ParseInput("x $text", [ref]$tokens, [ref]$errors)
    $found = $ast.EndBlock.Statements[0].PipelineElements[0].CommandElements[1]
    $word = $found -is [System.Management.Automation.Language.StringConstantExpressionAst]
    if ($word) { "$text word" }
    else { "$text $($found.Value.GetType().Name) $($found.Value.ToString([cultureinfo]::InvariantCulture))" }
}
"""


def test_literals_are_the_real_parsers() -> None:
    texts = [row.partition(" ")[0] for row in LITERALS]
    found = invoke(f"$texts = '{' '.join(texts)}'; {_SCRIPT}")
    assert found.stdout.decode().splitlines() == LITERALS, found.stderr.decode()
