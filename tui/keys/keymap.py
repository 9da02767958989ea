"""Which key does what: the declared defaults, and what the [keys] table of the configuration changes in them.

``find = "Ctrl+G"`` or ``find = ["Ctrl+G", "F7"]`` gives an action other direct keys, ``find = []`` none;
``find = "Ctrl+] f"`` (also ``prefix f``) gives it another key after the prefix key. Every action keeps its way after
the prefix key. What cannot be is reported, and the default stays.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Final

from pstui.tui.keys.actions import ACTIONS, PREFIX_KEY, TAB_KEYS, WRITTEN, KeyAction

#: names of keys that are written otherwise than Textual calls them
_OTHER_NAMES: Final = {
    "pgup": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "esc": "escape",
    "del": "delete",
    "ins": "insert",
    "return": "enter",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
    "⌫": "backspace",
}
#: Textual's names of signs
_SIGNS: Final = {
    "!": "exclamation_mark",
    '"': "quotation_mark",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "minus",
    ".": "full_stop",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "<": "less_than_sign",
    "=": "equals_sign",
    ">": "greater_than_sign",
    "?": "question_mark",
    "@": "at",
    "[": "left_square_bracket",
    "\\": "backslash",
    "]": "right_square_bracket",
    "^": "circumflex_accent",
    "_": "underscore",
    "`": "grave_accent",
    "{": "left_curly_bracket",
    "|": "vertical_line",
    "}": "right_curly_bracket",
    "~": "tilde",
}
#: the signs by Textual's names
SIGNS: Final = {name: sign for sign, name in _SIGNS.items()}
_NAMED: Final = {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "escape", "enter"),
    *("tab", "backspace", "space"),
    *(f"f{number}" for number in range(1, 25)),
}
_MODIFIERS: Final = ("alt", "ctrl", "shift")
_SHOWN: Final = {"pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc", "delete": "Del", "insert": "Ins"}
#: what is typed, or sent by terminals for another key (Ctrl+I is Tab, Ctrl+M Enter, Ctrl+[ Esc): never direct keys
_TAKEN: Final = {
    *("enter", "tab", "shift+tab", "backspace", "escape", "space", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+c"),
    *("up", "down", "left", "right", "home", "end", "delete", "ctrl+left_square_bracket", PREFIX_KEY),
}
_DEFAULTS: Final = {each.name: each for each in ACTIONS + TAB_KEYS}
_PREFIXES: Final = ("prefix ", "ctrl+] ")


def key_name(text: str) -> str | None:
    """Return Textual's name of a key as people write it (``Ctrl+PgDn``, ``alt+X``, ``?``), None for anything else."""
    text = text.strip()
    if text == "+":
        return "plus"
    *modifiers, base = text.removesuffix("++").split("+") + (["+"] if text.endswith("++") else [])
    wanted = [modifier.casefold().replace("control", "ctrl") for modifier in modifiers]
    if any(modifier not in _MODIFIERS for modifier in wanted) or len(set(wanted)) < len(wanted):
        return None
    known = base.casefold()
    known = _OTHER_NAMES.get(known, known)
    if len(known) == 1:
        if "ctrl" in wanted or ("alt" in wanted and base in string.ascii_uppercase):
            base = base.lower()
        known = _SIGNS.get(base, base if base.isalnum() else "")
    elif known not in _NAMED and known not in _SIGNS.values():
        return None
    return "+".join([*sorted(wanted), known]) if known else None


def written(key: str) -> str:
    """Return how a person writes one of Textual's key names."""
    *modifiers, base = key.split("+")
    shown = WRITTEN.get(base) or SIGNS.get(base) or _SHOWN.get(base)
    if shown is None:
        shown = base if len(base) == 1 and not modifiers else base.capitalize()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), shown])


@dataclass(frozen=True)
class Keymap:
    """The actions with the keys they have now. ``problems`` are entries that could not be followed, and why."""

    actions: tuple[KeyAction, ...] = ACTIONS + TAB_KEYS
    problems: tuple[tuple[str, str], ...] = ()
    _named: dict[str, KeyAction] = field(init=False, repr=False)
    _direct: dict[str, KeyAction] = field(init=False, repr=False)
    _behind: dict[str, KeyAction] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_named", {each.name: each for each in self.actions})
        object.__setattr__(self, "_direct", {key: each for each in self.actions for key in each.keys})
        object.__setattr__(self, "_behind", {each.prefix: each for each in self.actions})

    def direct(self, key: str) -> KeyAction | None:
        """Return what a key (Textual's name) does wherever the keys are, None if nothing.

        Ctrl+C is not among them: it belongs to the widget that is typed into, so that it cannot overtake what was
        typed before it.
        """
        found = self._direct.get(key)
        return None if found is None or found.name == "interrupt" else found

    def after_prefix(self, key: str) -> KeyAction | None:
        """Return what a key does after the prefix key, None if nothing."""
        return self._behind.get(key)

    def named(self, name: str) -> KeyAction:
        """Return an action by its name. Raises KeyError."""
        return self._named[name]

    def shown(self, name: str) -> str:
        """Return how the key of an action is written: the direct one, or the one after the prefix key."""
        action = self.named(name)
        return action.shown or f"{written(PREFIX_KEY)} {action.prefix_shown}"


def action_names() -> list[str]:
    """Return what the [keys] table may contain."""
    return [each.name for each in ACTIONS + TAB_KEYS if each.name != "interrupt"]


def keymap(table: Mapping[str, Any] | None = None) -> Keymap:
    """Return the defaults with a [keys] table over them."""
    problems: list[tuple[str, str]] = []
    changed: dict[str, KeyAction] = {}
    for name, value in (table or {}).items():
        default = _DEFAULTS.get(name)
        if default is None or default.name == "interrupt":
            problems.append((name, _unknown(name)))
            continue
        wanted = [value] if isinstance(value, str) else value
        if not isinstance(wanted, list) or not all(isinstance(item, str) for item in wanted):
            problems.append((name, "must be a key or a list of keys."))
            continue
        result = _changed(default, wanted)
        if isinstance(result, str):
            problems.append((name, result))
        else:
            changed[name] = result
    actions = _without_conflicts(changed, problems)
    return Keymap(actions, tuple(problems))


def _unknown(name: str) -> str:
    close = get_close_matches(name, action_names(), 1)
    if name == "interrupt":
        return "Ctrl+C always stops what runs and cannot be another key."
    return "there is no such action." + (f" Meant: {close[0]}?" if close else "")


def _changed(default: KeyAction, wanted: Sequence[str]) -> KeyAction | str:
    """Return an action with other keys, or why that cannot be."""
    direct: list[str] = []
    behind = default.prefix
    only_behind = bool(wanted)
    for text in wanted:
        start = next((start for start in _PREFIXES if text.casefold().startswith(start)), None)
        key = key_name(text[len(start) :] if start else text)
        if key is None:
            return f"{text!r} is not a key."
        if start:
            behind = key
            continue
        only_behind = False
        if key in _TAKEN or ("+" not in key and not (key[0] == "f" and key[1:].isdigit())):
            return f"{text!r} is needed for typing: use it with Ctrl or Alt, an F-key, or 'prefix {text}'."
        direct.append(key)
    if only_behind:
        return replace(default, prefix=behind)
    shown = written(direct[0]) if direct else ""
    return replace(default, prefix=behind, keys=tuple(dict.fromkeys(direct)), shown=shown)


def _without_conflicts(changed: dict[str, KeyAction], problems: list[tuple[str, str]]) -> tuple[KeyAction, ...]:
    """Return every action; a change that takes another action's key is taken back, the last one first."""
    while True:
        actions = [changed.get(each.name, each) for each in ACTIONS + TAB_KEYS]
        loser = _conflict(actions, changed, lambda each: each.keys, "")
        loser = loser or _conflict(actions, changed, lambda each: (each.prefix,), f"{written(PREFIX_KEY)} ")
        if loser is None:
            return tuple(actions)
        name, why = loser
        del changed[name]
        problems.append((name, f"{why}; the default stays."))


def _conflict(
    actions: Iterable[KeyAction],
    changed: Mapping[str, KeyAction],
    keys_of: Callable[[KeyAction], tuple[str, ...]],
    before: str,
) -> tuple[str, str] | None:
    """Return the change that has to be taken back for the sake of one key, and why; None when all is well."""
    owners: dict[str, list[str]] = {}
    for each in actions:
        for key in keys_of(each):
            owners.setdefault(key, []).append(each.name)
    order = list(changed)
    for key, names in owners.items():
        users = [name for name in names if name in changed]
        if len(names) > 1 and users:
            # Who only keeps a key that is its own by default has taken it from nobody.
            takers = [name for name in users if key not in keys_of(_DEFAULTS[name])]
            loser = max(takers or users, key=order.index)
            other = next(name for name in names if name != loser)
            return loser, f"{before}{written(key)} is the key of {other}"
    return None
