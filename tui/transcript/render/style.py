"""Text styles packed into one integer, so that a run of text costs a few bytes and no object.

Layout, low bits first: 25 bits foreground, 25 bits background, 7 bits attributes (57 in all). A colour is 0 for
the default, 1..256 for entry 0..255 of the 256-colour palette, ACCENT for pstui's own words, or RGB | 0xRRGGBB.
Style 0 is plain text.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

#: One style change in a text: the index it starts at and the packed style, valid until the next. Before the first: 0.
Run = tuple[int, int]
Runs = tuple[Run, ...]

COLOR_BITS: Final = 25
_COLOR_MASK: Final = (1 << COLOR_BITS) - 1
_ATTRIBUTE_SHIFT: Final = 2 * COLOR_BITS

RGB: Final = 1 << 24
ACCENT: Final = 257

BOLD: Final = 1 << _ATTRIBUTE_SHIFT
DIM: Final = 2 << _ATTRIBUTE_SHIFT
ITALIC: Final = 4 << _ATTRIBUTE_SHIFT
UNDERLINE: Final = 8 << _ATTRIBUTE_SHIFT
REVERSE: Final = 16 << _ATTRIBUTE_SHIFT
STRIKE: Final = 32 << _ATTRIBUTE_SHIFT
OVERLINE: Final = 64 << _ATTRIBUTE_SHIFT

# Blinking (5, 6) is left out because nothing blinks here, concealing (8) because the far end must not hide text.
_ATTRIBUTES_ON: Final = {
    1: BOLD,
    2: DIM,
    3: ITALIC,
    4: UNDERLINE,
    7: REVERSE,
    9: STRIKE,
    21: UNDERLINE,
    53: OVERLINE,
}
_ATTRIBUTES_OFF: Final = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 27: REVERSE, 29: STRIKE, 55: OVERLINE}
#: Attribute bits and the SGR parameter that switches each on, for writing to a real terminal.
_SGR_OF_ATTRIBUTE: Final = (
    *((BOLD, "1"), (DIM, "2"), (ITALIC, "3"), (UNDERLINE, "4")),
    *((REVERSE, "7"), (STRIKE, "9"), (OVERLINE, "53")),
)

#: System.ConsoleColor 0..15 as ANSI palette numbers: .NET counts blue-green-red, ANSI red-green-blue.
CONSOLE_TO_ANSI: Final = (0, 4, 2, 6, 1, 5, 3, 7, 8, 12, 10, 14, 9, 13, 11, 15)

#: Numbers beyond this many in one SGR sequence are ignored.
_MAX_PARAMETERS: Final = 64


def foreground(style: int) -> int:
    """The foreground colour of a packed style."""
    return style & _COLOR_MASK


def background(style: int) -> int:
    """The background colour of a packed style."""
    return (style >> COLOR_BITS) & _COLOR_MASK


def with_foreground(style: int, color: int) -> int:
    """The style with another foreground colour."""
    return (style & ~_COLOR_MASK) | color


def with_background(style: int, color: int) -> int:
    """The style with another background colour."""
    return (style & ~(_COLOR_MASK << COLOR_BITS)) | (color << COLOR_BITS)


def console_style(style: int, foreground_color: int, background_color: int) -> int:
    """The style after Write-Host's colours: System.ConsoleColor 0..15 each; any other number changes nothing."""
    if 0 <= foreground_color <= 15:
        style = with_foreground(style, CONSOLE_TO_ANSI[foreground_color] + 1)
    if 0 <= background_color <= 15:
        style = with_background(style, CONSOLE_TO_ANSI[background_color] + 1)
    return style


def apply_sgr(style: int, parameters: str) -> int:
    """The style after ``CSI parameters m``. Unknown numbers and broken colours are passed over (ECMA-48)."""
    fields = parameters.split(";", _MAX_PARAMETERS)[:_MAX_PARAMETERS]
    index = 0
    while index < len(fields):
        field = fields[index]
        index += 1
        if ":" in field:
            style = _apply_subparameters(style, field.split(":", 8))
            continue
        number = _number(field)
        if number in (38, 48):
            color, used = _extended_color([_number(one) for one in fields[index : index + 4]])
            index += used
            if color is not None:
                style = with_foreground(style, color) if number == 38 else with_background(style, color)
        elif number == 58:
            index += _extended_color([_number(one) for one in fields[index : index + 4]])[1]
        else:
            style = _apply_one(style, number)
    return style


def _number(field: str) -> int:
    """One SGR parameter; an empty one means 0, nonsense means a number nothing is defined for."""
    if not field:
        return 0
    return int(field) if len(field) <= 4 and field.isascii() and field.isdigit() else -1


def _apply_one(style: int, number: int) -> int:
    if number == 0:
        return 0
    if number in _ATTRIBUTES_ON:
        return style | _ATTRIBUTES_ON[number]
    if number in _ATTRIBUTES_OFF:
        return style & ~_ATTRIBUTES_OFF[number]
    if 30 <= number <= 37:
        return with_foreground(style, number - 29)
    if 40 <= number <= 47:
        return with_background(style, number - 39)
    if 90 <= number <= 97:
        return with_foreground(style, number - 81)
    if 100 <= number <= 107:
        return with_background(style, number - 91)
    if number == 39:
        return with_foreground(style, 0)
    if number == 49:
        return with_background(style, 0)
    return style


def _extended_color(numbers: list[int]) -> tuple[int | None, int]:
    """The colour after 38 or 48 as ``5;n`` or ``2;r;g;b``, and how many parameters it used."""
    if not numbers:
        return None, 0
    if numbers[0] == 5:
        if len(numbers) < 2 or not 0 <= numbers[1] <= 255:
            return None, min(2, len(numbers))
        return numbers[1] + 1, 2
    if numbers[0] == 2:
        parts = numbers[1:4]
        if len(parts) < 3 or not all(0 <= part <= 255 for part in parts):
            return None, len(parts) + 1
        return RGB | parts[0] << 16 | parts[1] << 8 | parts[2], 4
    return None, 1


def _apply_subparameters(style: int, parts: list[str]) -> int:
    """ISO 8613-6 spelling: ``38:5:n``, ``38:2::r:g:b`` or ``38:2:r:g:b``; ``4:0`` .. ``4:5`` are kinds of underline."""
    numbers = [_number(part) for part in parts]
    if numbers[0] == 4:
        return style & ~UNDERLINE if numbers[1] == 0 else style | UNDERLINE
    if numbers[0] in (38, 48):
        if numbers[1] == 2 and len(numbers) >= 6:
            del numbers[2]
        color, _ = _extended_color(numbers[1:5])
        if color is not None:
            return with_foreground(style, color) if numbers[0] == 38 else with_background(style, color)
    return style


def _color_sgr(color: int, base: int) -> str:
    """SGR parameters of one colour; ``base`` is 30 for the foreground, 40 for the background."""
    if color >= RGB:
        return f"{base + 8};2;{color >> 16 & 255};{color >> 8 & 255};{color & 255}"
    index = color - 1 if color != ACCENT else 6
    if index < 8:
        return str(base + index)
    if index < 16:
        return str(base + 52 + index)
    return f"{base + 8};5;{index}"


def sgr(style: int) -> str:
    """The sequence that sets exactly this style on a terminal, whatever was set before."""
    parts = ["0"]
    parts += [code for bit, code in _SGR_OF_ATTRIBUTE if style & bit]
    if foreground(style):
        parts.append(_color_sgr(foreground(style), 30))
    if background(style):
        parts.append(_color_sgr(background(style), 40))
    return f"\x1b[{';'.join(parts)}m"


def slice_runs(runs: Runs, start: int, end: int) -> Runs:
    """The runs of ``text[start:end]``, counted from its beginning."""
    if not runs or start >= end:
        return ()
    first = bisect_right(runs, (start, 1 << 64)) - 1
    result: list[Run] = []
    if first >= 0 and runs[first][1]:
        result.append((0, runs[first][1]))
    for index in range(first + 1, len(runs)):
        position, style = runs[index]
        if position >= end:
            break
        result.append((position - start, style))
    return tuple(result)
