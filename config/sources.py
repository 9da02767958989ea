"""Where a password comes from: a profile names a source, never the password itself (design decision 12)."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from .problems import ConfigError

#: Seconds a password command may take: enough for a person to touch a key or type a passphrase.
COMMAND_TIMEOUT = 120.0
#: Most bytes taken from a password command.
MAX_PASSWORD = 64 * 1024

SOURCES = ("keyring", "command", "env", "prompt")


def source_problem(source: Any) -> str:
    """Return what is wrong with a password source, or ``""``."""
    if isinstance(source, str):
        return 'must name a source such as { keyring = "pstui/admin" }, never the password itself'
    if not isinstance(source, dict) or len(source) != 1:
        return f"must be a table with one of {', '.join(SOURCES)}"
    ((kind, value),) = source.items()
    match kind:
        case "keyring":
            fits = isinstance(value, str) and bool(value)
            return "" if fits else 'keyring must be a text such as "pstui/admin"'
        case "env":
            return "" if isinstance(value, str) and value else "env must be the name of a variable"
        case "prompt":
            return "" if value is True else "prompt must be true"
        case "command":
            fits = isinstance(value, list) and bool(value) and all(isinstance(part, str) for part in value)
            return "" if fits else 'command must be a list such as ["pass", "show", "admin"]'
        case _:
            return f"{kind} is no source; it must be one of {', '.join(SOURCES)}"


def fetch_password(source: dict[str, Any]) -> str | None:
    """Return the password from its source; None where it is to be asked (``prompt``).

    Blocks: keyrings and commands may wait for a person. Raises ConfigError naming the source, never its answer.
    """
    ((kind, value),) = source.items()
    match kind:
        case "prompt":
            return None
        case "env":
            if value not in os.environ:
                raise ConfigError(f"the variable {value} is not set", "Set it before pstui is started.")
            return os.environ[value]
        case "keyring":
            return _from_keyring(value)
        case _:
            return _from_command(value)


def _from_keyring(entry: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    service, _, name = entry.rpartition("/")
    try:
        found = keyring.get_password(service or "pstui", name)
    except KeyringError as error:
        raise ConfigError("the keyring cannot be read", str(error)) from error
    if found is None:
        hint = f"Store it with: keyring set {service or 'pstui'} {name}"
        raise ConfigError(f"the keyring has no entry {entry}", hint)
    return found


def _from_command(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise ConfigError(f"there is no program {command[0]}", "It is named as a password command.") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"the password command {command[0]} failed", type(error).__name__) from None
    if done.returncode:
        raise ConfigError(f"the password command {command[0]} failed with code {done.returncode}")
    if len(done.stdout) > MAX_PASSWORD:
        raise ConfigError(f"the password command {command[0]} printed too much for a password")
    return done.stdout.decode("utf-8", "surrogateescape").split("\n", 1)[0].rstrip("\r")
