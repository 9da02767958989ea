"""Which actions a few typed letters mean."""

from __future__ import annotations

from collections.abc import Iterable

from pstui.tui.keys.actions import KeyAction


def matching(actions: Iterable[KeyAction], text: str) -> list[KeyAction]:
    """Return the actions that a text means, the best first: by the beginning of a word, within, then by letters."""
    wanted = text.strip().casefold()
    ranked = [(rank, place, each) for place, each in enumerate(actions) if (rank := _rank(each, wanted)) is not None]
    return [each for _, _, each in sorted(ranked, key=lambda item: item[:2])]


def _rank(action: KeyAction, wanted: str) -> int | None:
    label, text = action.label.casefold(), f"{action.label} {action.help}".casefold()
    if not wanted or label.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in label.split()):
        return 1
    if all(any(word.startswith(part) for word in text.split()) for part in wanted.split()):
        return 2
    if wanted in text:
        return 3
    return 4 if _in_order(wanted.replace(" ", ""), label) else None


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
