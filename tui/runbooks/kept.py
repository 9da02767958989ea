"""What was typed into the forms of runbooks last: kept for the next time, never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pstui.backends.language.secrets import looks_secret
from pstui.config.paths import private_folder
from pstui.config.store import write_atomic

#: runbooks whose values are kept, and bytes of the file
MAX_KEPT, MAX_BYTES = 500, 4 << 20
#: characters of a text that is kept
MAX_TEXT = 2_000


class KeptValues:
    """The texts of each runbook's form, by its path."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, path: Path) -> dict[str, str]:
        """Return what was typed last; empty where nothing was, or where the file is damaged."""
        found = self._read().get(str(path), {})
        return {str(name): text for name, text in found.items() if isinstance(text, str)}

    def keep(self, path: Path, texts: Mapping[str, str]) -> None:
        """Keep texts, those that look like secrets left out. Raises OSError."""
        kept = {
            name: text
            for name, text in texts.items()
            if text.strip() and len(text) <= MAX_TEXT and not looks_secret(f"x -{name} {text}")
        }
        known = self._read()
        known.pop(str(path), None)
        known[str(path)] = kept
        for old in list(known)[: max(len(known) - MAX_KEPT, 0)]:
            del known[old]
        private_folder(self._file.parent)
        write_atomic(self._file, json.dumps(known, ensure_ascii=False))

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            if self._file.stat().st_size > MAX_BYTES:
                return {}
            found = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        items = found.items() if isinstance(found, dict) else ()
        return {key: value for key, value in items if isinstance(value, dict)}
