"""Typed lines: tokens that make the text again, a binder that binds or refuses, a judgement of what is secret."""

from __future__ import annotations

from pstui.backends.binding.line import bind_line
from pstui.backends.errors import PstuiError
from pstui.backends.language.completeness import is_complete
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.secrets import looks_secret

SEEDS = [
    b"Get-Process | Where-Object { $_.Id -gt 5 }; $x = @{a=1; b='c'}",
    b"Enter-PSSession -HostName ann@db:22 -Options @{ProxyJump='gate'}",
    b"icm -ComputerName web1, web2 -ScriptBlock { 1 + 1 } -ArgumentList 5, 'x'",
    b"@'\nhere\n'@ + \"a $(1 + 1) `n\" # comment",
    b"curl -u a:b http://x; net user bob x",
    b"[int[]]$a = 1..5; foreach ($i in $a) { if ($i) { break } }",
]


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    tokens = tokenize(text)
    assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
    looks_secret(text)
    is_complete(text)
    try:
        bind_line(text)
    except PstuiError as error:
        assert error.what
