"""Scripts with ``param()`` blocks as people write them, from ``tests/data/param_blocks.txt``."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).parent.parent / "data" / "param_blocks.txt"


def param_blocks() -> dict[str, str]:
    """Return the scripts by their titles."""
    _, *parts = FILE.read_text(encoding="utf-8").split("==== ")
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}
