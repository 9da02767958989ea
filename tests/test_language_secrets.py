"""Lines that must not be written to a history file."""

from __future__ import annotations

import pytest
from pstui.backends.powershell.secrets import looks_secret


@pytest.mark.parametrize(
    "line",
    [
        "ConvertTo-SecureString 'abc' -AsPlainText -Force",
        "'a' | ConvertTo-SecureString -AsPlainText",
        "$password = 'x'",
        '$env:API_KEY = "x"',
        "$c.Password='a'",
        "New-LocalUser x -Password abc",
        "x -Token:'a'",
        "x -ApiKey 12",
        "curl -H 'token: x'",
        "net use --token=abc",
        "@{Password='x'}",
        "# my password is x",
        "Get-Date; $token = 'x'",
        "cmd --% /password:x",
    ],
)
def test_secrets_in_clear_text(line: str) -> None:
    assert looks_secret(line)


@pytest.mark.parametrize(
    "line",
    [
        "Get-ChildItem",
        "Get-Credential",
        "Get-Secret foo",
        "Get-Secret -Name mytoken -AsPlainText",
        "$c.GetNetworkCredential().Password",
        "$password",
        "$token = Get-Token",
        "x -Password $p",
        "x -Token (Get-Token)",
        "ConvertFrom-SecureString $s -AsPlainText",
        "Read-Host x -AsSecureString",
        "",
    ],
)
def test_names_alone_are_no_secrets(line: str) -> None:
    assert not looks_secret(line)
