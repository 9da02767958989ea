"""A list that takes no more than it was made for: what a far end sends is collected in nothing else."""

from __future__ import annotations

from typing import Any


class Bounded(list[Any]):
    """Keeps the first ``limit`` values; the others are dropped."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def take(self, value: Any) -> None:
        """Keep a value if there is room."""
        if len(self) < self._limit:
            self.append(value)
