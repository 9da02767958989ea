"""Which typed lines must not be written into a history file."""

from __future__ import annotations

import re

from .tokens import Token, TokenKind, tokenize

_WORDS = re.compile(r"password|passwd|passphrase|asplaintext|token|api_?key|secret", re.IGNORECASE)
_ENDS_STATEMENT = frozenset([TokenKind.SEMICOLON, TokenKind.NEWLINE])
_LITERALS = frozenset(
    [
        TokenKind.STRING,
        TokenKind.EXPANDABLE_STRING,
        TokenKind.HERE_STRING,
        TokenKind.ARGUMENT,
        TokenKind.NUMBER,
        TokenKind.VERBATIM,
    ]
)
_TEXTS = _LITERALS | {TokenKind.COMMENT, TokenKind.UNKNOWN}
_SILENT = frozenset([TokenKind.COMMENT, TokenKind.CONTINUATION])
_VAULT_COMMANDS = frozenset(
    [
        "get-secret",
        "get-secretinfo",
        "get-secretvault",
        "register-secretvault",
        "remove-secret",
        "set-secretinfo",
        "set-secretvaultdefault",
        "test-secretvault",
        "unlock-secretvault",
        "unregister-secretvault",
    ]
)
"""Commands of the SecretManagement module whose arguments only name a secret or a vault."""


def looks_secret(line: str) -> bool:
    """Whether a line seems to hold a secret in clear text, so that it may stay in memory but not in a file.

    The rule is that of PSReadLine. A line is suspected if one of these words is in it, in any case: password,
    passwd, passphrase, asplaintext, token, apikey, secret. The suspicion falls where the word is only a name:

    - a command name (``Get-Secret``) or a property that is read (``$c.GetNetworkCredential().Password``);
    - a parameter whose value is a variable or an expression (``-Token $t``, ``-Password (Get-Secret x)``), or that
      has no value (``Read-Host x -AsSecureString``, ``ConvertFrom-SecureString $s -AsPlainText``);
    - a variable, unless a constant is assigned to it (``$token = 'abc'``);
    - arguments of SecretManagement commands that only name a secret.

    What stays suspect: the word inside a string, an argument or a comment, a constant given to such a parameter,
    variable, property or hashtable key, and any constant in a statement with ``-AsPlainText``.
    """
    if _WORDS.search(line) is None:
        return False
    statement: list[Token] = []
    for token in tokenize(line):
        if token.kind not in _ENDS_STATEMENT:
            statement.append(token)
            continue
        if _statement_secret(statement):
            return True
        statement = []
    return _statement_secret(statement)


def _statement_secret(tokens: list[Token]) -> bool:
    meaningful = [token for token in tokens if token.kind not in _SILENT]
    if any(token.kind is TokenKind.COMMENT and _WORDS.search(token.text) for token in tokens):
        return True
    vault = any(token.kind is TokenKind.COMMAND and token.text.lower() in _VAULT_COMMANDS for token in tokens)
    for index, token in enumerate(meaningful):
        if _WORDS.search(token.text) is None:
            continue
        follower = meaningful[index + 1 : index + 3]
        if token.kind in _TEXTS and not vault:
            return True
        if token.kind is TokenKind.PARAMETER and not vault and _parameter_secret(token, follower, meaningful):
            return True
        if token.kind in (TokenKind.VARIABLE, TokenKind.MEMBER) and _assigned_literal(follower):
            return True
    return False


def _parameter_secret(token: Token, follower: list[Token], statement: list[Token]) -> bool:
    if token.text.lower().rstrip(":") == "-asplaintext":
        reads = any(other.text.lower() == "convertfrom-securestring" for other in statement)
        return not reads and any(other.kind in _LITERALS for other in statement)
    return bool(follower) and follower[0].kind in _LITERALS


def _assigned_literal(follower: list[Token]) -> bool:
    return len(follower) == 2 and follower[0].text.endswith("=") and follower[1].kind in _LITERALS
