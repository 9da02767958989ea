"""``pstui replay FILE``: the screen of a recording alone."""

from __future__ import annotations

from pathlib import Path

from pstui.tui.colors import no_color
from pstui.tui.mends.xterm_parser import fix_escape_delay
from pstui.tui.replay.screen import ReplayScreen
from pstui.tui.themes import DARK, LIGHT, calm, theme_name
from textual.app import App


class ReplayApp(App[int], inherit_bindings=False):
    """Plays ``path``; its return value is the exit code. ``theme`` is the setting of that name."""

    TITLE = "pstui"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, path: Path, theme: object = None) -> None:
        fix_escape_delay()
        super().__init__(ansi_color=True if no_color() else None)
        self.animation_level = "none"
        for each in (DARK, LIGHT):
            self.register_theme(each)
        self.theme = theme_name(theme)
        self._path = path

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Name pstui's own colours for themes that do not."""
        return {"calm": calm(self.theme)}

    def on_mount(self) -> None:
        """Play; the end of the screen is that of the program."""
        self.push_screen(ReplayScreen(self._path), lambda _: self.exit(0))
