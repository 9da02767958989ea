"""Where a password comes from: a profile names a source, never the password itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from pstui.config.problems import ConfigError

#: Seconds a password command may take: enough for a person to touch a key or type a passphrase.
COMMAND_TIMEOUT = 120.0
#: Most bytes taken from a password command.
MAX_PASSWORD = 64 * 1024

SOURCES = ("keyring", "command", "env", "prompt")


#: what variables that name a password held; the process has them no longer, so its children do not get them
_taken: dict[str, str] = {}
#: variables that everything depends on: a file that names one for a password is mistaken
_COMMON = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "PWD", "TMPDIR", "DISPLAY"})


def take_variables(sources: Iterable[Any]) -> None:
    """Take the variables that ``sources`` name out of this process's environment, before it starts any program."""
    for source in sources:
        name = source.get("env") if isinstance(source, Mapping) else None
        if isinstance(name, str) and name in os.environ and name not in _COMMON:
            _taken[name] = os.environ.pop(name)


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
            return f"{kind} is not a source; it must be one of {', '.join(SOURCES)}"


def fetch_password(source: dict[str, Any]) -> str | None:
    """Return the password from its source; None where it is to be asked (``prompt``).

    Blocks: keyrings and commands may wait for a person. Raises ConfigError naming the source, never its answer.
    """
    ((kind, value),) = source.items()
    match kind:
        case "prompt":
            return None
        case "env":
            found = os.environ.get(value, _taken.get(value))
            if found is None:
                raise ConfigError(f"the variable {value} is not set", "Set it before pstui is started.")
            return found
        case "keyring":
            return _from_keyring(value)
        case _:
            return _from_command(value)


def _from_keyring(entry: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    service, name = _entry(entry)
    try:
        found = keyring.get_password(service, name)
    except KeyringError as error:
        raise ConfigError("the keyring cannot be read", str(error)) from error
    if found is None:
        hint = f"Store it in the form of the credential, or with: keyring set {service} {name}"
        raise ConfigError(f"the keyring has no entry {entry}", hint)
    return found


def keyring_problem() -> str:
    """Return why no password can be stored in a keyring here, empty where one can. May take a moment."""
    import keyring
    from keyring.backends import fail, null

    match keyring.get_keyring():
        case fail.Keyring():
            return "This system has no keyring that can be used."
        case null.Keyring():
            return "The keyring of this system is switched off."
    return ""


def store_password(entry: str, password: str) -> None:
    """Put a password into the keyring, from where the source ``{ keyring = entry }`` fetches it.

    Blocks: a keyring may ask to be unlocked. Raises ConfigError, without the password, when it was not kept.
    """
    import keyring
    from keyring.errors import KeyringError

    service, name = _entry(entry)
    hint = "Nothing was saved. Unlock the keyring, or choose another source."
    try:
        keyring.set_password(service, name, password)
        kept = keyring.get_password(service, name) == password
    except KeyringError as error:
        raise ConfigError("the keyring cannot be written", f"{type(error).__name__}. {hint}") from None
    if not kept:
        raise ConfigError("the keyring has not kept the password", hint)


def _entry(entry: str) -> tuple[str, str]:
    """Return service and name of an entry such as ``pstui/admin``."""
    service, _, name = entry.rpartition("/")
    return service or "pstui", name


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
