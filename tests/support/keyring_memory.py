"""A keyring that forgets with the process, for tests that keep passwords."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import keyring
from keyring.backend import KeyringBackend


class Memory(KeyringBackend):
    """Holds its entries by service and name."""

    priority = 9.0  # the library declares a property there
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@contextmanager
def keyring_in_memory() -> Iterator[dict[tuple[str, str], str]]:
    """Let this be the keyring of the system, and give what is in it."""
    before = keyring.get_keyring()
    Memory.kept.clear()
    keyring.set_keyring(Memory())
    try:
        yield Memory.kept
    finally:
        keyring.set_keyring(before)
