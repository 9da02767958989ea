"""What keys, the mouse and pastes send to a program on a terminal, as xterm sends it, by the modes it has asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pstui.tui.keys.keymap import SIGNS
from pstui.tui.terminal.emulator import Modes

_CURSOR: Final = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_SS3: Final = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
_NUMBERED: Final = {
    **{"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6},
    **{"f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24},
    **{"f13": 25, "f14": 26, "f15": 28, "f16": 29, "f17": 31, "f18": 32, "f19": 33, "f20": 34},
}
_PLAIN: Final = {"enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " "}
_MODIFIERS: Final = {"shift": 1, "alt": 2, "ctrl": 4}
_SHIFT, _ALT, _CTRL = 1, 2, 4
#: signs whose key with Ctrl is a control character, beside the letters (ECMA-48; xterm)
_CONTROLS: Final = {
    **{"@": 0, " ": 0, "2": 0, "[": 27, "3": 27, "\\": 28, "4": 28, "]": 29, "5": 29, "^": 30, "6": 30, "~": 30},
    **{"_": 31, "7": 31, "/": 31, "?": 127, "8": 127},
}
#: what no paste may bring along: sequences, and whatever ends the paste
_NOT_PASTED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def key_bytes(key: str, character: str | None, modes: Modes) -> bytes:
    """Return what a key sends, by Textual's name of it and its character; nothing for what no terminal sends."""
    *names, base = key.split("+") if not key.endswith("+") else (key,)
    if any(name not in _MODIFIERS for name in names):
        return (character or "").encode()
    held = sum(_MODIFIERS[name] for name in set(names))
    if (sequence := _sequence(base, held, modes)) is not None:
        return sequence.encode()
    if character and not held & (_ALT | _CTRL):
        return character.encode("utf-8", "replace")
    typed = character if character and character.isprintable() else ""
    sign = typed or _PLAIN.get(base) or SIGNS.get(base, base)
    if len(sign) != 1:
        return (character or "").encode("utf-8", "replace")
    if held & _CTRL:
        control = _control(sign)
        if control is None:
            return (character or "").encode("utf-8", "replace")
        sign = control
    return (("\x1b" if held & _ALT else "") + sign).encode("utf-8", "replace")


def _sequence(base: str, held: int, modes: Modes) -> str | None:
    """Return the sequence of a key that has one, None for others."""
    modified = f";{held + 1}" if held else ""
    if base in _CURSOR:
        if modified:
            return f"\x1b[1{modified}{_CURSOR[base]}"
        return f"\x1b{'O' if modes.cursor_keys else '['}{_CURSOR[base]}"
    if base in _SS3:
        return f"\x1b[1{modified}{_SS3[base]}" if modified else f"\x1bO{_SS3[base]}"
    if base in _NUMBERED:
        return f"\x1b[{_NUMBERED[base]}{modified}~"
    if base == "tab" and held & _SHIFT:
        return "\x1b[Z"
    return None


def _control(sign: str) -> str | None:
    if sign == "\x7f":  # Ctrl+Backspace
        return "\x08"
    if sign in "\r\t\x1b":
        return sign
    if sign.isascii() and sign.isalpha():
        return chr(ord(sign.upper()) - 64)
    return chr(_CONTROLS[sign]) if sign in _CONTROLS else None


def paste_bytes(text: str, modes: Modes) -> bytes:
    """Return what pasted text sends: without control characters, between marks where the program wants them."""
    text = _NOT_PASTED.sub("", text.replace("\r\n", "\r").replace("\n", "\r"))
    return (f"\x1b[200~{text}\x1b[201~" if modes.bracketed_paste else text).encode("utf-8", "replace")


def focus_bytes(focused: bool, modes: Modes) -> bytes:
    """Return what is sent when the terminal gets the keys, or loses them."""
    return (b"\x1b[I" if focused else b"\x1b[O") if modes.focus else b""


@dataclass(frozen=True, slots=True)
class MouseEvent:
    """What the mouse did at a cell, counted from 0. ``button`` is 0 to 2, 64 and 65 for the wheel, 3 for none."""

    kind: str
    button: int
    x: int
    y: int
    shift: bool = False
    alt: bool = False
    ctrl: bool = False


def mouse_bytes(event: MouseEvent, modes: Modes) -> bytes:
    """Return what the mouse sends; nothing for what the program has not asked for. ``kind``: press, release, move."""
    mouse, moves, wheel = modes.mouse, event.kind == "move", event.button >= 64
    if not mouse or (event.kind == "release" and (mouse == 9 or wheel)):
        return b""
    if moves and not (mouse == 1003 or (mouse == 1002 and event.button != 3)):
        return b""
    held = 0 if mouse == 9 else 4 * event.shift + 8 * event.alt + 16 * event.ctrl
    code = event.button + held + (32 if moves else 0)
    x, y = event.x + 1, event.y + 1
    if modes.mouse_coding == 1006:
        return f"\x1b[<{code};{x};{y}{'m' if event.kind == 'release' else 'M'}".encode()
    if event.kind == "release":
        code = code & ~3 | 3
    if modes.mouse_coding == 1015:
        return f"\x1b[{code + 32};{x};{y}M".encode()
    if modes.mouse_coding == 1005:
        return ("\x1b[M" + "".join(chr(min(value, 2015) + 32) for value in (code, x, y))).encode()
    if x > 223 or y > 223:
        return b""
    return b"\x1b[M" + bytes((code + 32, x + 32, y + 32))


def wheel_as_keys(up: bool, modes: Modes, lines: int = 3) -> bytes:
    """Return arrow keys for a turn of the wheel: what a full-screen program gets that knows no mouse (mode 1007)."""
    return key_bytes("up" if up else "down", None, modes) * lines
