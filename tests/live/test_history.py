"""What the history keeps, beside PSReadLine's own rule."""

from __future__ import annotations

from pstui.backends.language.secrets import looks_secret

from tests.support.powershell import invoke

#: lines with a word of the rule in them, or near one
LINES = (
    "kubectl get secret x -o json",
    "kubectl describe secrets x",
    "KUBECTL get SECRETS",
    "kubectl get 'secret' x",
    "kubectl create secret generic x",
    "kubectl -n x get secret y",
    "kubectl get secret x > token.txt",
    'kubectl get secret x; $token = "abc"',
    "gcloud auth print-access-token",
    "gcloud auth print-identity-token",
    "az account get-access-token",
    "az account get-access-token | jq .token",
    "az login --password x",
    "Get-AzAccessToken -ResourceUrl token",
    "Get-Secret x -Vault password",
    "Set-Secret x y",
    "echo password",
    "$x.Password",
    "$token",
    "$token = 'x'",
    "$token = Get-Token",
    "x -Token $t",
    "x -Token (Get-Token)",
    "x -Token 'abc'",
    "ConvertFrom-SecureString $s -AsPlainText",
    "ConvertTo-SecureString 'a' -AsPlainText -Force",
    "@{Password='x'}",
    "# my password",
    "Get-ChildItem",
)
RULE = (
    "Import-Module PSReadLine; $args[0] -split [char]10 |"
    " ForEach-Object { [Microsoft.PowerShell.PSConsoleReadLine]::GetDefaultAddToHistoryOption($_) }"
)


#: lines that it keeps for their file, too, and so do we; what it does not keep of these we do not keep either
CLOUDS = LINES[:14]


def test_every_line_is_kept_that_psreadline_keeps() -> None:
    done = invoke(RULE, "'" + "\n".join(LINES).replace("'", "''") + "'")
    kept = dict(zip(LINES, (option == "MemoryAndFile" for option in done.stdout.decode().split()), strict=True))
    assert [line for line in LINES if kept[line] and looks_secret(line)] == []
    assert [line for line in CLOUDS if not kept[line] and not looks_secret(line)] == []
    assert not all(kept.values())
