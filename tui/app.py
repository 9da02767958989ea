"""The Textual application: its two calm themes, the workspace, and the way keys take into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from pstui.backends.connection import ConnectionInfo
from pstui.backends.discovery.model import Sources
from pstui.backends.pace import Pace
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.cli.transcript_file import TranscriptSink
from pstui.tui.clipboard import Clipboard
from pstui.tui.colors import no_color
from pstui.tui.covering import uncover
from pstui.tui.key_row import KeyPressed
from pstui.tui.keys.actions import PREFIX_KEY
from pstui.tui.keys.keymap import SIGNS, keymap
from pstui.tui.mends.late_timers import keep_late_timers, let_go_of_ended_timers
from pstui.tui.mends.resume import taken_once
from pstui.tui.mends.stylesheet import KeptStylesheet
from pstui.tui.mends.watchers import keep_no_paintings
from pstui.tui.mends.xterm_parser import fix_alt_keys, fix_escape_delay, mend_parser
from pstui.tui.plain import plain
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.pane_settings import pane_settings
from pstui.tui.profiles.vault import Vault
from pstui.tui.responsive import keys_first, share_the_interpreter
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.themes import DARK, LIGHT, calm, theme_name
from pstui.tui.typeahead import ClosedScreens, Typeahead, TypedEvent
from pstui.tui.typed import MANY, Typed, gathering
from pstui.tui.workspace.context import AppContext, Bind
from pstui.tui.workspace.screen import Workspace
from pstui.tui.workspace.state import StateFile
from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import WorkerFailed

if TYPE_CHECKING:
    from pstui.tui.editor.history import KeptLines
    from textual.notifications import SeverityLevel

#: characters of a notice that are shown: eight rows
NOTICE = 480
_HERE = Path(__file__).parent


def _character(key: str) -> str | None:
    """Return the character of a key by Textual's name, None for one that is none."""
    sign = SIGNS.get(key, key)
    return sign if len(sign) == 1 else None


def _mend_textual() -> None:
    """Change what Textual does otherwise than a terminal program must, once for the process."""
    fix_alt_keys()
    fix_escape_delay()
    keep_late_timers()
    let_go_of_ended_timers()
    keep_no_paintings()
    share_the_interpreter()


class PstuiApp(App[int], inherit_bindings=False):
    """pstui's full screen. Its return value is the exit code.

    ``open`` are opened and entered at once, the first in front. ``transcript`` gets the text of the first session
    that is opened, line by line. ``settings`` is the [settings] table of the configuration. With ``single`` the program
    ends with 0 when the only tab's session is left by exit. ``bind`` turns what is typed after F2 into a connection and
    raises PstuiError for what cannot be one. ``sessions`` is the manager to use, a new one by default. ``book`` holds
    the profiles, which then fill the sidebar; ``sources`` are looked at for more while the sidebar can be seen.
    ``keys`` is the [keys] table of the configuration. ``history`` keeps the lines that are typed; without it they are
    forgotten at the end. ``memory`` keeps the order of the sidebar, and the tabs, which the setting ``restore`` lays
    out again. ``vault`` has the passwords of the profiles in ``book``.
    """

    # Absolute: Textual looks for a relative path in the folder of the class that derives from this one.
    CSS_PATH: ClassVar[list[str | PurePath]] = [_HERE / "pstui.tcss", _HERE / "dialogs" / "boxes.tcss"]
    TITLE = "pstui"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        *,
        open: Sequence[ConnectionInfo] = (),
        transcript: TranscriptSink | None = None,
        settings: Mapping[str, Any] | None = None,
        sidebar: Sequence[SidebarEntry] = (),
        single: bool = False,
        bind: Bind | None = None,
        sessions: SessionManager | None = None,
        sources: Sources = (),
        book: ProfileBook | None = None,
        keys: Mapping[str, Any] | None = None,
        history: KeptLines | None = None,
        memory: StateFile | None = None,
        vault: Vault | None = None,
    ) -> None:
        _mend_textual()
        #: floods give way to keys
        self.pace = Pace()
        #: lets what is typed wait for who will own it
        self.typeahead = Typeahead(self, self._give_out, self._takes_whole, self._awaits_profiles)
        self._closed_screens = ClosedScreens()
        #: what workers failed with
        self.faults: list[BaseException] = []
        #: what a click would do where the mouse button went down
        self._pressed: object = None
        super().__init__(ansi_color=True if no_color() else None)
        self.animation_level = "none"
        settings = settings or {}
        self._begin_with(theme_name(settings.get("theme")))
        self._transcript = transcript
        self.sessions = SessionManager() if sessions is None else sessions
        if vault is None and book is not None:
            vault = Vault.of(book, self.sessions)
        self.workspace = Workspace(
            AppContext(self.sessions, bind, book, vault, self.pace),
            opening=open,
            entries=sidebar if book is None else book.entries(),
            single=single,
            sink=transcript,
            sources=sources,
            keymap=keymap(keys),
            memory=memory,
            restore=settings.get("restore") is True,
            history=history,
            settings=pane_settings(settings),
        )
        self._clipboard_ways = Clipboard(self, super().copy_to_clipboard, self.workspace.say)

    def _begin_with(self, theme: str) -> None:
        """Have a theme from the start. One that is set as another would have the whole style sheet read twice."""
        for own in (DARK, LIGHT):
            self.register_theme(own)
        self.set_reactive(App.theme, theme)
        dark = self.current_theme.dark
        classes = {f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}
        # Among sixteen colours there is none for the ground of a field.
        classes["-few-colors"] = self.console.color_system in ("standard", "windows")
        self.update_classes(classes, update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet = KeptStylesheet(variables=self.get_css_variables())

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text by the terminal and, where there is one, by a program of this computer."""
        self._clipboard_ways.copy(text)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notice for some seconds, once at a time; of a very long one, as with a long path, the beginning."""
        said = message if len(message) <= NOTICE else f"{message[: NOTICE - 1]}…"
        if any((each.message, each.title) == (said, title) for each in self._notifications):
            return
        super().notify(said, title=title, severity=severity, timeout=timeout, markup=markup)

    def get_driver_class(self) -> type[Driver]:
        """Return the terminal's driver: whole sequences only, many characters at once, and floods stand back."""
        driver = super().get_driver_class()
        mend_parser(driver)
        return keys_first(gathering(taken_once(driver)), self.pace)

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """What is seen behind the screen in front: nothing where that has a ground of its own.

        Textual asks this of the screens behind alone: the clock of the workspace would paint a grid anew each second.
        """
        return [] if self.screen.styles.background.a == 1 else super()._background_screens

    def pop_screen(self) -> AwaitComplete:
        """Close the screen in front: the key that does it counts once."""
        self._closed_screens.closed()
        uncover(self.screen_stack[-2])
        return super().pop_screen()

    def get_default_screen(self) -> Workspace:
        """The workspace is the bottom of the stack of screens."""
        return self.workspace

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Name pstui's own colours for themes that do not."""
        return {"calm": calm(self.theme)}

    def on_unmount(self) -> None:
        """End the transcript, with the line that was not finished."""
        if self._transcript is not None:
            for pane in self.workspace.tabs.sessions[:1]:
                pane.transcript.buffer.flush_partial()
            self._transcript.close()

    def _handle_exception(self, error: Exception) -> None:
        """Lose what one worker did, and not the program with every session, when a worker fails.

        Textual ends the program for it. What happened is written down and said, as for any fault of ours.
        """
        if not isinstance(error, WorkerFailed):
            super()._handle_exception(error)
            return
        from pstui.tui.cli import crash

        self.faults.append(error.error)
        try:
            where = f"what happened is in {crash.write(crash.describe(error.error))}"
        except OSError:
            where = "no report could be written"
        told = f"An unforeseen fault ({type(error.error).__name__}) stopped what was just done; {where}."
        self.notify(plain(told, limit=600), severity="error", timeout=15, markup=False)

    async def on_event(self, event: events.Event) -> None:
        """Give out keys and pastes in their order, each when the one before has been acted on; the rest at once."""
        if isinstance(event, events.Key | events.Paste | Typed) and not event.is_forwarded:
            await self.typeahead.take(event)
            return
        if isinstance(event, events.MouseDown):
            self._pressed = self._action_at(event)
        elif isinstance(event, events.MouseUp) and self._action_at(event) != self._pressed:
            self._mouse_down_widget = None  # drawn from elsewhere in the same widget, which Textual takes for a click
        await super().on_event(event)

    def _action_at(self, event: events.MouseEvent) -> object:
        """Return what a click would do in the cell of an event, as text that is clicked has it."""
        return self.screen.get_style_at(event.screen_x, event.screen_y).meta.get("@click")

    async def _give_out(self, event: TypedEvent) -> None:
        """Take the keys that mean the same wherever the focus is; pass on everything else."""
        if isinstance(event, Typed):
            self.app_focus = True
            if len(event.text) >= MANY:
                self.pace.expect_more()
            assert self.focused is not None
            self.focused.post_message(event)
            return
        if isinstance(event, events.Paste):
            await self._paste(event)
            return
        if self._closed_screens.is_slip(event):
            return
        if self.screen is self.workspace:
            if self.workspace.prefixed:
                if not (meant := await self.workspace.end_prefix(event.key)):
                    return
                event = events.Key(meant, None)
            if event.key == PREFIX_KEY:
                self.workspace.begin_prefix()
                return
            argument = getattr(self.focused, "argument", None)
            counts = argument is not None and argument.active and argument.claims(event.key)
            counts = counts or getattr(self.focused, "takes_every_key", False)  # a terminal
            if not counts and (action := self.workspace.keymap.direct(event.key)) is not None:
                await self.workspace.run_action(action.action)
                return
        elif self._asks_help(event.key) and self._help_here():
            return
        await super().on_event(event)

    def _asks_help(self, key: str) -> bool:
        keys = self.workspace.keymap.named("help").keys
        return key in keys or (key == "question_mark" and not isinstance(self.focused, Input))

    def _help_here(self) -> bool:
        """Show the keys of the dialog in front; False where it has none to show, as the list of keys itself."""
        from pstui.tui.dialogs.help import HelpScreen
        from pstui.tui.keys.dialog_help import help_of

        found = help_of(self.screen)
        if found is not None:
            self.push_screen(HelpScreen(keymap=self.workspace.keymap, dialog=found))
        return found is not None

    def on_key_pressed(self, event: KeyPressed) -> None:
        """A key that is told on the screen was clicked: it is pressed."""
        self.action_press(event.key)

    def action_press(self, key: str) -> None:
        """Press a key by Textual's name, or two with a blank between them."""
        for each in key.split():
            self.post_message(events.Key(each, _character(each)))

    def _takes_whole(self, event: Typed) -> bool:
        """Whether the line editor has the keys, and each of several characters is one there."""
        takes_many = getattr(self.focused, "takes_many", False)
        if not takes_many or self.screen is not self.workspace or self.workspace.prefixed:
            return False
        if getattr(self.focused, "takes_every_key", False):
            return True
        return not any(map(self.workspace.keymap.direct, event.names))

    def _awaits_profiles(self, event: TypedEvent) -> bool:
        """Whether an event may need the profiles while they are still being read; help and leaving do not."""
        if not self.workspace.profiles.is_reading:
            return False
        if self.screen is not self.workspace:
            return getattr(self.screen, "needs_profiles", True)
        action = self.workspace.keymap.direct(event.key) if isinstance(event, events.Key) else None
        return action is None or action.name not in ("help", "quit")

    async def _paste(self, event: events.Paste) -> None:
        """Pass a paste on; where there is room for one line only, lines become one, but never those of a password."""
        lines = event.text.split() if not event.text.strip() else event.text.strip("\r\n").splitlines()
        focused = self.focused
        if len(lines) > 1 and isinstance(focused, Input):
            whole = getattr(self.screen, "pasted", None)
            if whole is not None and whole(event.text):
                return  # a call of several rows, for a dialog as a whole
            if focused.password:
                said = f"{len(lines)} lines were pasted: a password is one. Nothing was taken."
                self.notify(said, severity="warning", markup=False)
                return
            event = events.Paste(" ".join(lines))
            self.notify(f"{len(lines)} lines were pasted as one.", markup=False)
        await super().on_event(event)
