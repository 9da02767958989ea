"""Lines that must not be written to a history file."""

from __future__ import annotations

import pytest
from pstui.backends.language.secrets import looks_secret


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
        "$password = ('x')",
        "$token = 'a' + $b",
        "$token = @('x')",
        "$user, $password = 'u', 'p'",
        "$password, $user = 'p', 'u'",
        "[string]$token = 'x'",
        "$x.Token += 'x'",
        "New-LocalUser x -Password ('abc')",
        "x -Token $('a' + 'b') -Force",
        '$password = "unfinished',
        "Get-Secret x )",
        "curl -H 'Authorization: Bearer abc'",
        "$env:AWS_ACCESS_KEY_ID = 'x'",
        "git clone https://me:abc@host/x",
        "kubectl create secret generic x",
        "az account get-access-token | jq .token",
        "kubectl get secret x; $token = 'abc'",
        "kubectl -n x get secret y",
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
        "$token = (Get-Token)",
        "$token = & $get 'x'",
        "$password = $null",
        "x -Token (Get-Token 'x') 'y'",
        "$user, $password = Get-Login",
        "if ($token -eq 'x') { 1 }",
        "git clone https://me@host:22/x",
        "irm https://host:443/a@b",
        "kubectl get secret x -o json",
        "KUBECTL describe Secrets",
        "kubectl get 'secret' x > token.txt",
        "az account get-access-token",
        "gcloud auth print-access-token",
        "Get-AzAccessToken -ResourceUrl token",
        "",
    ],
)
def test_names_alone_are_no_secrets(line: str) -> None:
    assert not looks_secret(line)
