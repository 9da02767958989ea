"""The bottom row: the keys that matter now, and what the session in front is doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pstui.backends.addresses import join_host
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import NoPowerShell
from pstui.tui.key_row import KeyPressed, key_at
from pstui.tui.keys.actions import PREFIX_SHOWN
from pstui.tui.keys.contexts import CONTEXT_KEYS, Context, footer_of
from pstui.tui.keys.keymap import Keymap
from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from pstui.tui.still import Still
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane
    from pstui.tui.workspace.kinds import AnyPane

#: columns below which the row keeps the three keys that matter most
NARROW = 90

#: most characters of the target
TARGET_LIMIT = 40
#: seconds that something said in passing is shown
SAID_FOR = 4.0

_Hint = tuple[str, str]
_PREFIX: Final[_Hint] = (PREFIX_SHOWN, "keys")
#: cells left free at each side
_PADDING = 1
_RUNNING = (PaneState.OPENING, PaneState.BUSY)
#: what the keys do while they do not go to the session, at the right
_MODES = {
    Context.TYPING_FIND: "find",
    Context.FIND: "find",
    Context.COPY: "copy mode",
    Context.READING: "reading",
}


def hints(pane: AnyPane | None, panes: Sequence[AnyPane], context: Context, keymap: Keymap) -> list[_Hint]:
    """Return keys and their words, what matters most first: this context, a question elsewhere, the rest."""
    if context is Context.TERMINAL:
        return _of_terminal(pane, panes, keymap)
    if context in CONTEXT_KEYS:
        runs = pane is not None and pane.state in _RUNNING and not pane.is_terminal
        stops = [("Ctrl+C", "stops")] if runs else []
        own, help = footer_of(CONTEXT_KEYS[context]), (keymap.shown("help"), "help")
        # the sidebar has more keys than the row can tell: the way to all of them comes before the rarer ones
        place = 4 if context is Context.SIDEBAR else len(own)
        return [*stops, *own[:place], help, *own[place:]]
    session = None if pane is None else pane.as_session
    first = [] if session is None else [*_of_state(session, keymap), *_of_text(session, keymap)]
    first += _asking(pane, panes, keymap)
    rest = [(keymap.shown(name), keymap.named(name).label) for name in ("help", "connect")]
    rest += [_PREFIX, (keymap.shown("sidebar"), "sidebar")]
    if len(panes) > 1:
        rest.append((f"{keymap.shown('tab_1')}…9", "tabs"))
    return [*first, *rest, (keymap.shown("find"), "find"), (keymap.shown("quit"), "quit")]


def _asking(pane: AnyPane | None, panes: Sequence[AnyPane], keymap: Keymap) -> Iterator[_Hint]:
    for number, other in enumerate(panes, 1):
        session = other.as_session
        if session is not None and session.asking is not None and other is not pane:
            in_terminal = pane is not None and pane.is_terminal
            key = f"{PREFIX_SHOWN} {number}" if in_terminal else keymap.shown(f"tab_{number}")
            yield key if number < 10 else keymap.shown("next_tab"), f"{plain(other.caption, limit=20)} asks"


def _of_terminal(pane: AnyPane | None, panes: Sequence[AnyPane], keymap: Keymap) -> list[_Hint]:
    """Return the keys of a terminal: all of them stand behind the prefix."""
    over = pane is not None and not pane.state.live
    again = [("Enter", "opens a shell" if pane is not None and pane.state is PaneState.LEFT else "tries again")]
    names = (("terminal", "session"), ("find", "find"), ("copy_mode", "copy mode"), ("close_tab", "closes"))
    behind = {each.name: f"{PREFIX_SHOWN} {each.prefix_shown}" for each in keymap.actions}
    mine = [(behind[name], word) for name, word in names]
    own = [(keymap.shown(name), keymap.named(name).label) for name in ("help", "connect")]
    first = [*again, *own] if over else []
    return [*first, *_asking(pane, panes, keymap), mine[0], _PREFIX, *mine[1:]]


def _of_text(pane: Pane, keymap: Keymap) -> list[_Hint]:
    text = pane.transcript
    found: list[_Hint] = []
    if text.text_selection is not None and not text.copy_mode:
        found.append((keymap.shown("copy_selection") if pane.state in _RUNNING else "Ctrl+C", "copies"))
    if text.marked_prompt is not None:
        found += [(keymap.shown("copy_output"), "copies the output"), (keymap.shown("fold"), "folds")]
    if not text.following and not text.copy_mode:
        found.append((keymap.shown("newest"), "newest text"))
    return found


def _of_state(pane: Pane, keymap: Keymap) -> list[_Hint]:
    if pane.conversation.closing:
        return []
    if pane.asking is not None:
        there = pane.questions.has_keys
        answers = (keymap.shown("answer"), "answers the question")
        return [*pane.asking.keys] if there else [answers]
    if pane.pending is not None:
        return [("Ctrl+C", "drops the waiting line")]
    match pane.state:
        case PaneState.OPENING:
            return [("Ctrl+C", "cancels")]
        case PaneState.BUSY:
            return [("Ctrl+C", "stops")]
        case PaneState.LEFT:
            return [("Enter", "enters again")]
        case PaneState.CANCELLED:
            return [("Enter", "connects")]
        case PaneState.FAILED | PaneState.BROKEN:
            error = pane.conversation.error
            names = [("again", "tries again"), ("edit_connection", "edits")]
            if error is not None and error.details:
                names.append(("details", "details"))
            found = [(keymap.shown(name), word) for name, word in names]
            if isinstance(error, NoPowerShell):
                found.insert(1, (f"{PREFIX_SHOWN} {keymap.named('terminal').prefix_shown}", "opens a terminal"))
            return found
        case _:
            return []


def target(pane: AnyPane) -> str:
    """Return where a pane's session goes: the computer, and the account where one is given.

    A session that exists knows more than what named it: its computer, and the account behind a credential's name.
    """
    info = _info(pane)
    if info.parameter_set.tab:
        return plain(info.parameter_set.tab.format(info.text(info.parameter_set.target)), limit=TARGET_LIMIT)
    return plain(join_host(info.computer_name, info.account), limit=TARGET_LIMIT)


def _info(pane: AnyPane) -> ConnectionInfo:
    session = pane.as_session
    return pane.info if session is None or session.session is None else session.session.info


def state_text(pane: AnyPane) -> str:
    """Return the state: a running command's time so far, else a word, and how long the last command took."""
    if (session := pane.as_session) is None:
        return "terminal" if pane.state is PaneState.BUSY else pane.state.value
    if session.conversation.closing:
        return "closing"
    if session.conversation.busy_since:
        return elapsed(time.monotonic() - session.conversation.busy_since)
    text = pane.state.value
    return (
        f"{text}  {took(session.conversation.took)}"
        if session.conversation.took is not None and pane.state.live
        else text
    )


def elapsed(seconds: float) -> str:
    """Return ``00:12``, with hours from one on."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


def took(seconds: float) -> str:
    """Return how long a command took: ``35 ms``, ``1.3 s``, ``12:05``."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    return f"{seconds:.1f} s" if seconds < 100 else elapsed(seconds)


class KeyHints(Still):
    """The keys at the left; a click on one presses it."""

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self._text = ""

    def offer(self, pairs: Sequence[_Hint]) -> None:
        """Show keys with their words."""
        row = _row(pairs)
        self._text = row.plain
        self.say(row, layout=False)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        event.stop()
        if key := key_at(self._text, event.x - self.styles.padding.left):
            self.post_message(KeyPressed(key))


class StatusBar(Horizontal):
    """Shows hints at the left and the session's state at the right."""

    def __init__(self, keymap: Keymap | None = None) -> None:
        super().__init__()
        self._keymap = keymap or Keymap()
        self._mode = self._said = ""
        self._said_at = 0.0
        self._holds: Callable[[], bool] | None = None
        # of the system: a click there leaves what is selected as it is, for the key may copy it
        self._keys = KeyHints(classes="keys -textual-system")
        self._state = Still(classes="state")
        self._told = Content("")
        #: columns that the state keeps while it is about the same, so that a shorter one needs no layout; about what
        self._room = 0
        self._about: object = None
        self._pane: AnyPane | None = None
        #: where the session goes, and the connection that this was made of
        self._target = ""
        self._target_of: ConnectionInfo | None = None

    def compose(self) -> ComposeResult:
        yield self._keys
        yield self._state

    def on_mount(self) -> None:
        """Count the seconds of a running command."""
        self.set_interval(1.0, self._show_state)

    def show(self, pane: AnyPane | None, panes: Sequence[AnyPane], context: Context = Context.PROMPT) -> None:
        """Show what matters where the keys go now."""
        self._pane = pane
        before, self._mode = self._mode, _MODES.get(context, "")
        if self._mode and self._mode != before:
            self._said = ""  # what was said of the moment before must not hide where the keys go now
        narrow = 5 if self._mode else 5 if context is Context.SIDEBAR else 3
        most = narrow if self.app.size.width < NARROW else 7
        self._show_state()
        self._keys.offer(self._fitting(hints(pane, panes, context, self._keymap), most))

    def _fitting(self, pairs: list[_Hint], most: int) -> Sequence[_Hint]:
        """Leave out from the end what is too much; all that goes is behind the prefix key, which stays but for one."""
        # The state that is shown from now on, not the one that the last layout made room for.
        room = self.size.width - self._told.cell_length - 2 * _PADDING
        while len(pairs) > 1 and (len(pairs) > most or _row(pairs).cell_length > room > 0):
            last = -2 if len(pairs) > 2 and pairs[-1] == _PREFIX else -1
            pairs = [*pairs[:last], *pairs[len(pairs) + last + 1 :]]
        return pairs

    def show_alt(self) -> None:
        """Say that the next key counts as one with Alt."""
        self._keys.offer([("Alt+", "and the next key"), ("Esc", "cancels")])

    def say(self, text: str, holds: Callable[[], bool] | None = None) -> None:
        """Show a short notice in place of the state, for as long as it ``holds``."""
        self._said, self._said_at, self._holds = plain(text, limit=200), time.monotonic(), holds
        self._show_state()
        self.set_timer(SAID_FOR, self._show_state)

    def _show_state(self) -> None:
        pane = self._pane
        text = self._mode
        if self._holds is not None and not self._holds():
            self._said = ""
        if self._said and time.monotonic() - self._said_at < SAID_FOR - 0.1:
            text = self._said
        elif pane is not None and not text:
            text = state_text(pane)
            if self.app.size.width >= NARROW:
                text = f"{self._target_text(pane)}  {text}"
        state = pane and ("line" if pane.state in (PaneState.PROMPT, PaneState.BUSY) else pane.state)
        about = (pane, pane and pane.info, state, self._mode, bool(self._said) and text == self._said)
        self._room = max(Content(text).cell_length, self._room if about == self._about else 0)
        self._about = about
        self._told = Content(" " * (self._room - Content(text).cell_length) + text)
        self._state.say(self._told)

    def _target_text(self, pane: AnyPane) -> str:
        """Return where a pane's session goes; made anew only for another connection, or once the session is known."""
        info = _info(pane)
        if info is not self._target_of:
            self._target_of, self._target = info, target(pane)
        return self._target


def _row(pairs: Sequence[_Hint]) -> Content:
    return Content("  ").join(Content.assemble((key, "bold"), (f" {word}", "$calm")) for key, word in pairs)
