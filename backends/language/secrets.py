"""Which typed lines must not be written into a history file."""

from __future__ import annotations

import re

from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind

_WORDS = re.compile(
    r"password|passwd|passphrase|asplaintext|token|api_?key|access_?key|private_?key|bearer|secret", re.IGNORECASE
)
_LOGIN_IN_ADDRESS = re.compile(r"://[^\s/:@'\"]+:[^\s/@'\"$]+@")
_SHORT_NAME = r"(?:pwd|pass|pw|pword|kennwort|pin)"
_BESIDE = re.compile(
    # a constant that a variable with a short name gets, and a pair of a connection string
    rf"(?i:\$(?:\w+:)?{_SHORT_NAME}\s*\+?=\s*['\"@\d]|(?<![\w$:-]){_SHORT_NAME}=(?![$(=\s]))"
    # ConvertTo-SecureString -AsP
    r"|(?i:-asp[a-z]*\b)"
    # programs that take a password as an argument
    r"|\b(?i:curl|wget)(?i:\.exe)?\b.{0,400}?\s(?:-u|-U|--user|--proxy-user)[ =]?['\"]?[^\s:'\"$]+:[^\s'\"$]"
    r"|\b(?i:net1?(?:\.exe)?\s+user)\s+[^\s/|;]+\s+[^\s/*$|;]"
    r"|\b(?i:net1?(?:\.exe)?\s+use)\b(?=.{0,400}?\s/(?i:user):)(?:\s+(?:[A-Za-z]:|\*|\\\\\S+|/\S+))*\s+[^\s/*$\\|;]"
    r"|\b(?i:cmdkey|schtasks)(?i:\.exe)?\b.{0,400}?\s/(?i:pass|rp|p)[: ]\s*[^\s*$]"
    r"|\b(?i:sshpass|mysql\w*|docker\s+login|podman\s+login|az\s+login|psexec(?:64)?|plink|pscp|psftp|ldapsearch)"
    r"(?i:\.exe)?\b.{0,400}?\s-(?:p|pw|w)[ =]?[^\s$-]"
)
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
_COMMANDS = frozenset([TokenKind.COMMAND, TokenKind.INVOKE])
_NAMED = frozenset([TokenKind.VARIABLE, TokenKind.MEMBER, TokenKind.COMMA])
_SILENT = frozenset([TokenKind.COMMENT, TokenKind.CONTINUATION])
_VAULT_COMMANDS = frozenset(
    [
        "get-azaccesstoken",
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
"""Commands, most of them of the SecretManagement module, whose arguments only name a secret or a vault."""
_CLOUD_COMMANDS = frozenset(
    [
        ("az", "account", "get-access-token"),
        ("gcloud", "auth", "print-access-token"),
        *(("kubectl", verb, noun) for verb in ("get", "describe") for noun in ("secret", "secrets")),
    ]
)
"""Programs with two arguments that ask for a secret and hold none (PSReadLine 2.4.5, its pull request 3641)."""
_NEW_COMMAND = frozenset([TokenKind.PIPE, TokenKind.CHAIN])


def looks_secret(line: str) -> bool:
    """Whether a line seems to hold a secret in clear text, so that it may stay in memory but not in a file.

    The rule is that of PSReadLine. A line is suspected if one of these words is in it, in any case: password,
    passwd, passphrase, asplaintext, token, apikey, accesskey, privatekey, bearer, secret. The suspicion falls where
    the word is only a name:

    - a command name (``Get-Secret``) or a property that is read (``$c.GetNetworkCredential().Password``);
    - a parameter whose value is a variable or an expression (``-Token $t``, ``-Password (Get-Secret x)``), or that
      has no value (``Read-Host x -AsSecureString``, ``ConvertFrom-SecureString $s -AsPlainText``);
    - a variable, unless an expression with a constant is assigned to it (``$token = 'abc'``, ``= ('a' + $b)``);
    - arguments of SecretManagement commands that only name a secret, and of the programs of clouds that show one
      (``kubectl get secret x``, ``az account get-access-token``).

    What stays suspect: the word inside a string, an argument or a comment, a constant given to such a parameter,
    variable, property or hashtable key, any constant in a statement with ``-AsPlainText``, and whatever cannot be
    read to its end. An address that holds name and password (``https://me:abc@host``) is a secret by itself. Beside
    PSReadLine's words, what is suspected is the short names of a password that get a constant (``$pass = 'x'``,
    ``Pwd=x``), the shortened ``-AsPlainText``, and programs that take a password as an argument (``net user bob x``).
    """
    if _LOGIN_IN_ADDRESS.search(line) is not None:
        return True
    if _BESIDE.search(line) is not None and not _reads_plain(line):
        return True
    if _WORDS.search(line) is None:
        return False
    tokens = tokenize(line)
    if any(token.kind is TokenKind.UNKNOWN or not token.complete for token in tokens):
        return True
    statement: list[Token] = []
    for token in tokens:
        if token.kind not in _ENDS_STATEMENT:
            statement.append(token)
            continue
        if _statement_secret(statement):
            return True
        statement = []
    return _statement_secret(statement)


def _reads_plain(line: str) -> bool:
    """Whether all that is suspect is that a secret is shown: ``Get-Secret x -AsPlainText``."""
    without = re.sub(r"-asplaintext\b", "", line, flags=re.IGNORECASE)
    return _BESIDE.search(without) is None


def _statement_secret(tokens: list[Token]) -> bool:
    meaningful = [token for token in tokens if token.kind not in _SILENT]
    if any(token.kind is TokenKind.COMMENT and _WORDS.search(token.text) for token in tokens):
        return True
    vault = False
    for index, token in enumerate(meaningful):
        if token.kind is TokenKind.COMMAND:
            vault = _only_names(meaningful[index : index + 3])
        elif token.kind in _NEW_COMMAND:
            vault = False
        if _WORDS.search(token.text) is None:
            continue
        follower = meaningful[index + 1 :]
        if token.kind in _TEXTS and not vault:
            return True
        if token.kind is TokenKind.PARAMETER and not vault and _parameter_secret(token, follower, meaningful):
            return True
        if token.kind in (TokenKind.VARIABLE, TokenKind.MEMBER) and _assigned_literal(follower):
            return True
    return False


def _only_names(tokens: list[Token]) -> bool:
    """Whether a command, given with its first two arguments, holds names of secrets only."""
    words = tuple(token.value().lower() for token in tokens)
    return words[0] in _VAULT_COMMANDS or words in _CLOUD_COMMANDS


def _parameter_secret(token: Token, follower: list[Token], statement: list[Token]) -> bool:
    if token.text.lower().rstrip(":") == "-asplaintext":
        reads = any(other.text.lower() == "convertfrom-securestring" for other in statement)
        return not reads and any(other.kind in _LITERALS for other in statement)
    return bool(follower) and _holds_literal(_first_value(follower))


def _assigned_literal(follower: list[Token]) -> bool:
    """Whether what follows a name assigns a constant to it: to it alone, or to several (``$user, $password = …``)."""
    assignment = next((at for at, token in enumerate(follower) if token.kind not in _NAMED), len(follower))
    if assignment == len(follower) or not follower[assignment].text.endswith("="):
        return False
    value = follower[assignment + 1 :]
    return bool(value) and value[0].kind not in _COMMANDS and _holds_literal(value)


def _first_value(tokens: list[Token]) -> list[Token]:
    """The first value of these tokens: one of them, or a bracket with all that is in it."""
    if tokens[0].kind is not TokenKind.LEFT:
        return tokens[:1]
    closing = (
        at for at, token in enumerate(tokens) if token.kind is TokenKind.RIGHT and token.depth == tokens[0].depth
    )
    inside = tokens[: next(closing, len(tokens))]
    return [] if any(token.kind in _COMMANDS for token in inside) else inside


def _holds_literal(tokens: list[Token]) -> bool:
    return any(token.kind in _LITERALS for token in tokens)
