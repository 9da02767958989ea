"""Packed styles to Rich styles under a theme: sixteen colours readable on dark and on light, or the terminal's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pstui.tui.transcript.render.style import (
    ACCENT,
    BOLD,
    DIM,
    ITALIC,
    OVERLINE,
    REVERSE,
    RGB,
    STRIKE,
    UNDERLINE,
    background,
    foreground,
)
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.style import Style

#: The sixteen colours as foregrounds on a dark background: each has a contrast of at least 4.5 to #1e1e1e (WCAG 2.1,
#: 1.4.3), even the black that scripts choose.
DARK: Final = (
    0x8A8A8A, 0xF47067, 0x57C45C, 0xD9A93A, 0x6CA8F5, 0xD08CF0, 0x45BFC4, 0xCCCCCC,
    0x9A9A9A, 0xFF8A80, 0x7EE787, 0xF7D774, 0x9CC9FF, 0xE3B3FF, 0x7FE5EA, 0xF5F5F5,
)  # fmt: skip
#: The same on a light background (#f5f5f5).
LIGHT: Final = (
    0x1A1A1A, 0xB3261E, 0x1B6E20, 0x7A5B00, 0x1F4FB0, 0x86309E, 0x006A70, 0x5C5C5C,
    0x4A4A4A, 0xC62828, 0x22772A, 0x806000, 0x2962D9, 0x9A3BB5, 0x00767D, 0x5F5F5F,
)  # fmt: skip
#: As backgrounds: what the console shows, whatever the theme.
BACKGROUNDS: Final = (
    0x000000, 0x8B1A1A, 0x14691A, 0x7A5C00, 0x1F3F8F, 0x6F2A86, 0x0B6266, 0xC0C0C0,
    0x5A5A5A, 0xE0645C, 0x4FC257, 0xE8C547, 0x5B9BF0, 0xC678E8, 0x3FBFC5, 0xFFFFFF,
)  # fmt: skip

_CUBE: Final = (0, 95, 135, 175, 215, 255)
_BLACK: Final = 0x000000
_WHITE: Final = 0xFFFFFF
_CACHED: Final = 4096


def palette_rgb(index: int) -> int:
    """Entry 16..255 of the 256-colour palette as 0xRRGGBB: a 6x6x6 cube and 24 greys (xterm)."""
    if index >= 232:
        return (8 + 10 * (index - 232)) * 0x010101
    index -= 16
    return _CUBE[index // 36] << 16 | _CUBE[index // 6 % 6] << 8 | _CUBE[index % 6]


def luminance(rgb: int) -> float:
    """Relative luminance 0..1 of 0xRRGGBB (WCAG 2.1)."""
    channels = [((rgb >> shift) & 255) / 255 for shift in (16, 8, 0)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: int, other: int) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.1)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _rgb_color(rgb: int) -> Color:
    return Color.from_triplet(ColorTriplet(rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255))


@dataclass(frozen=True, slots=True)
class Look:
    """What the theme says about colours.

    ``native`` leaves the sixteen colours to the terminal (the ANSI themes); ``accent`` is the colour of pstui's own
    words, None with native colours, where it is cyan.
    """

    dark: bool = True
    native: bool = False
    accent: Color | None = None


class Palette:
    """Rich styles for packed styles, remembered."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._styles: dict[int, Style] = {0: Style.null()}

    def style(self, packed: int) -> Style:
        """The Rich style to lay over the pane's own."""
        known = self._styles.get(packed)
        if known is None:
            if len(self._styles) >= _CACHED:
                self._styles.clear()
            known = self._styles[packed] = self._make(packed)
        return known

    def _make(self, packed: int) -> Style:
        front = foreground(packed)
        color = self._foreground(front)
        bgcolor = self._background(background(packed))
        if bgcolor is not None and color is None and bgcolor.triplet is not None:
            red, green, blue = bgcolor.triplet
            rgb = red << 16 | green << 8 | blue
            color = _rgb_color(_WHITE if contrast(_WHITE, rgb) >= contrast(_BLACK, rgb) else _BLACK)
        elif bgcolor is not None and 1 <= front <= 16 and not self.look.native:
            # On a background that the script chose, its colours are meant as the console shows them.
            color = _rgb_color((LIGHT if self._is_light(bgcolor) else DARK)[front - 1])
        return Style(
            color=color,
            bgcolor=bgcolor,
            bold=True if packed & BOLD else None,
            dim=True if packed & DIM else None,
            italic=True if packed & ITALIC else None,
            underline=True if packed & UNDERLINE else None,
            reverse=True if packed & REVERSE else None,
            strike=True if packed & STRIKE else None,
            overline=True if packed & OVERLINE else None,
        )

    @staticmethod
    def _is_light(color: Color) -> bool:
        if color.triplet is None:
            return False
        red, green, blue = color.triplet
        return luminance(red << 16 | green << 8 | blue) > 0.18

    def _foreground(self, color: int) -> Color | None:
        if color == 0:
            return None
        if color == ACCENT:
            return self.look.accent or Color.from_ansi(6)
        if color <= 16 and not self.look.native:
            return _rgb_color((DARK if self.look.dark else LIGHT)[color - 1])
        return self._other(color)

    def _background(self, color: int) -> Color | None:
        if color == 0:
            return None
        if color <= 16 and not self.look.native:
            return _rgb_color(BACKGROUNDS[color - 1])
        return self._other(color)

    def _other(self, color: int) -> Color:
        if color >= RGB:
            return _rgb_color(color & 0xFFFFFF)
        return Color.from_ansi(color - 1) if self.look.native else _rgb_color(palette_rgb(color - 1))
