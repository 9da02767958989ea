"""The screen that plays a recording: its picture, where it is, and keys for pause, speed, place and command."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO, ClassVar, Final

from pstui.backends.errors import PstuiError
from pstui.backends.pace import Pace
from pstui.backends.threads import in_thread
from pstui.tui.cut import cut
from pstui.tui.keys.contexts import REPLAY_KEYS
from pstui.tui.plain import plain
from pstui.tui.replay.cast_file import Recording, load
from pstui.tui.replay.player import Player
from pstui.tui.still import Still
from pstui.tui.terminal.emulator import Modes, make_emulator
from pstui.tui.terminal.screen import TerminalScreen
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

#: seconds between two looks at the clock
FRAME: Final = 1 / 30
_EMPTY: Final = "The recording holds nothing."


class Picture(TerminalScreen, can_focus=False):
    """What a recording shows. Neither keys nor the mouse reach it, whatever it has asked for."""

    def __init__(self) -> None:
        super().__init__(Pace(), lambda data: None, lambda: None, lambda: None)

    @property
    def modes(self) -> Modes:
        """A recording asks for nothing."""
        return Modes(alternate_scroll=False)


class ReplayScreen(Screen[None]):
    """Plays the file ``path``, from the command on that was run ``when`` (seconds since 1970; 0: from the beginning).

    Closed by q, Esc and Ctrl+C.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = ["replay.tcss"]
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        (",".join(each.keys), each.action, each.help or each.action) for each in REPLAY_KEYS
    ]

    def __init__(self, path: Path, when: float = 0.0) -> None:
        super().__init__()
        self._path, self._when = path, when
        self.picture = Picture()
        self.player: Player | None = None
        self._file: BinaryIO | None = None
        self._loaded = 0.0
        self._told = ""
        self._drawn_size = (0, 0)
        self._status = Still(id="replay-status")

    def compose(self) -> ComposeResult:
        with ScrollableContainer(id="replay-view", can_focus=False):
            yield self.picture
        with Vertical(id="replay-below"):
            yield self._status
            keys = "   ".join(f"{each.shown} {each.label}" for each in REPLAY_KEYS if each.label)
            yield Static(keys, id="replay-keys", markup=False)

    def on_mount(self) -> None:
        """Read the file, then play it."""
        self.set_interval(FRAME, self._show_status)
        self.run_worker(self._play(), group="replay", exclusive=True)

    def on_unmount(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    async def _play(self) -> None:
        try:
            recording = await in_thread(partial(load, self._path, self._load_told))
            self._file = file = await in_thread(lambda: self._path.open("rb"))
            await in_thread(partial(make_emulator, 2, 2))  # the library is loaded there
        except (PstuiError, OSError) as error:
            said = error.text() if isinstance(error, PstuiError) else f"{self._path}: {error.strerror}"
            self._told = " ".join(said.split("\n"))
            return
        self.player = player = Player(recording, file, make_emulator)
        if self._when:
            player.go_to(recording.nearest_chapter(self._when))
        self._told = recording.cut and f"played up to where {recording.cut}"
        self._show()
        last = time.monotonic()
        while self.is_attached:
            now = time.monotonic()
            player.tick(now - last)
            last = now
            if player.work():
                if player.arrived:
                    self._show()
                await asyncio.sleep(0 if not player.arrived else FRAME / 4)
            else:
                await asyncio.sleep(FRAME)

    def _load_told(self, part: float) -> bool:
        self._loaded = part
        return self.is_attached

    def _show(self) -> None:
        """Show what the emulator has, at the recording's own size; the cursor's row is kept in sight."""
        player = self.player
        if player is None:
            return
        if player.size != self._drawn_size:
            self._drawn_size = player.size
            self.picture.styles.width, self.picture.styles.height = player.size
        if self.picture.emulator is not player.emulator:
            self.picture.show(player.emulator)
        else:
            self.picture.changed()
        cursor = self.picture.state.cursor
        view = self.query_one("#replay-view", ScrollableContainer)
        if cursor is not None and view.max_scroll_y:
            view.scroll_to_region(Region(0, cursor[1], 1, 1), animate=False, x_axis=False)

    # -- where it is ------------------------------------------------------------------------------------------

    def _show_status(self) -> None:
        player = self.player
        if player is None:
            said = f"✗ {self._told}" if self._told else f"reading… {self._loaded:.0%}"
            self._status.say(Content(plain(said, limit=400)))
            return
        recording = player.recording
        sign = "■" if player.ended else "▶" if player.playing else "‖"
        if not player.arrived:
            sign = f"seeking {player.part:.0%}"
        waits = "waits cut" if player.cuts_waits else "waits whole"
        where = f"{sign} {clock(player.at)} / {clock(recording.seconds)}   {player.speed:g}x   {waits}"
        told = player.failed or self._told or (_EMPTY if not len(recording) else "")
        room = max(self.size.width - len(where) - len(told) - 8, 0)
        chapter = cut(self._chapter(recording, player.at), room) if room > 4 else ""
        said = "   " + plain(told, limit=120) if told else ""
        self._status.say(Content.assemble(where, (said, "$warning"), ("   " + chapter, "$calm")))

    def _chapter(self, recording: Recording, at: float) -> str:
        number = recording.chapter_at(at)
        if number < 0:
            return plain(recording.title, limit=200)
        label = recording.chapters[number].label.replace("\n", " ↵ ")
        return f"{number + 1}/{len(recording.chapters)} {plain(label, limit=200)}"

    # -- keys -------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Stop or go on; at the end begin again."""
        if (player := self.player) is not None:
            if player.ended and not player.playing:
                player.go_to(0.0)
            player.playing = not player.playing

    def action_faster(self, by: int) -> None:
        """Play faster or slower."""
        if self.player is not None:
            self.player.faster(by)

    def action_skip(self, seconds: int) -> None:
        """Go so many seconds on, or back."""
        if self.player is not None:
            self.player.go_to(self.player.at + seconds)

    def action_chapter(self, by: int) -> None:
        """Go to where the next command begins, or the one before."""
        if (player := self.player) is not None and not (player.next_chapter() if by > 0 else player.previous_chapter()):
            self.app.bell()

    def action_step(self) -> None:
        """Stop, and show the next thing that was written."""
        if self.player is not None:
            self.player.playing = False
            self.player.step()

    def action_end(self, of: str) -> None:
        """Go to the beginning or to the end."""
        if (player := self.player) is not None:
            player.go_to(0.0 if of == "start" else player.recording.seconds)

    def action_waits(self) -> None:
        """Play long waits as short ones, or as they were."""
        if self.player is not None:
            self.player.cuts_waits = not self.player.cuts_waits

    def action_sideways(self, by: int) -> None:
        """Show more of a picture that is wider than the screen."""
        self.query_one("#replay-view").scroll_relative(x=by * max(self.size.width // 2, 1), animate=False)

    def action_leave(self) -> None:
        """End it."""
        self.dismiss(None)


def clock(seconds: float) -> str:
    """Return a time as people read it: 3:07, 1:02:09."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
