"""Questions of the far end or of pstui, asked inside the pane that they belong to.

``Asking`` is a question with the answer it owes, ``AskingKey`` a wait for one key press ($Host.UI.RawUI.ReadKey). Each
has a box that shows it, and ``QuestionArea`` is the place of a pane where a box is shown.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pstui.backends.console import KeyInfo, Question, QuestionCancelled, QuestionKind
from pstui.tui.editor.editor import EditorRow
from pstui.tui.keys.contexts import bound_actions
from pstui.tui.line_input import LineInput
from pstui.tui.plain import plain, plain_lines
from pstui.tui.typeahead import SCREEN_LIMIT, hold_keys, release_keys
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.timer import Timer
from textual.widgets import Input, Static


@dataclass(slots=True)
class Asking:
    """A question on its way to a person. ``answer`` or ``refuse`` ends it; a second end is ignored."""

    question: Question
    #: what the footer says while the keys are there: keys and their words
    keys: ClassVar[Sequence[tuple[str, str]]] = (("Enter", "answers"), ("Esc", "cancels"))
    reply: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def secret(self) -> bool:
        """Whether a secret is asked for."""
        return self.question.kind is QuestionKind.SECRET

    def answer(self, text: str) -> None:
        """Give the text typed."""
        if not self.reply.done():
            self.reply.set_result(text)

    def refuse(self) -> None:
        """Say that nothing will be answered."""
        if not self.reply.done():
            self.reply.set_exception(QuestionCancelled("cancelled"))


@dataclass(slots=True)
class AskingKey:
    """A wait for one key press; ``in_text`` when the text's last row asks for it already, as a pager's does."""

    source: str
    in_text: bool = False
    secret = False
    #: Enter and Esc are keys like all others: the far end gets them
    keys: ClassVar[Sequence[tuple[str, str]]] = (("any key", "answers"), ("Ctrl+C", "cancels"))
    reply: asyncio.Future[KeyInfo] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, key: KeyInfo) -> None:
        """Give the key pressed."""
        if not self.reply.done():
            self.reply.set_result(key)

    def refuse(self) -> None:
        """Say that no key will come."""
        if not self.reply.done():
            self.reply.set_exception(QuestionCancelled("cancelled"))


AnyAsking = Asking | AskingKey
#: seconds that keys wait behind an answer for a question that may follow it, and is then what they are typed for
NEXT = 0.25
#: takes a key (Textual's name and its character) that was typed after the end of a question
StrayKey = Callable[[str, str | None], Awaitable[object]]


#: virtual key codes by Textual's key names (protocol-notes 4.2); letters and digits are their own upper-case code
_CODES = {
    "backspace": 8,
    "tab": 9,
    "enter": 13,
    "escape": 27,
    "space": 32,
    "pageup": 33,
    "pagedown": 34,
    "end": 35,
    "home": 36,
    "left": 37,
    "up": 38,
    "right": 39,
    "down": 40,
    "insert": 45,
    "delete": 46,
    **{f"f{n}": 111 + n for n in range(1, 25)},
}
_LEFT_ALT, _LEFT_CTRL, _SHIFT = 0x02, 0x08, 0x10


def key_info(key: str, character: str | None) -> KeyInfo:
    """Translate Textual's key name and character into what ReadKey returns."""
    *modifiers, name = key.split("+")
    state = 0
    state |= _LEFT_ALT if "alt" in modifiers else 0
    state |= _LEFT_CTRL if "ctrl" in modifiers else 0
    state |= _SHIFT if "shift" in modifiers or (len(name) == 1 and name.isupper()) else 0
    code = _CODES.get(name, 0)
    if not code and len(name) == 1 and name.isascii() and name.isalnum():
        code = ord(name.upper())
    return KeyInfo(code, character or "", state)


class KeyBox(Static, can_focus=True):
    """Says that a key is awaited and takes it once it has the focus."""

    def __init__(self, asking: AskingKey, stray: StrayKey) -> None:
        source = plain(asking.source, limit=80) or "The session"
        super().__init__(f"{source} waits for a key", markup=False)
        if asking.in_text:
            self.styles.height = 0  # a row for it would push the first one of a page out of sight
        self.asking = asking
        self._stray = stray

    def take_focus(self) -> None:
        """Let the keys come here."""
        self.screen.set_focus(self)

    @property
    def has_keys(self) -> bool:
        """Whether the keys come here now."""
        return self.is_attached and self.screen.focused is self

    async def on_key(self, event: events.Key) -> None:
        """Answer with the key; Ctrl+C refuses."""
        event.stop()
        event.prevent_default()
        if self.asking.reply.done():
            await self._stray(event.key, event.character)
        elif event.key == "ctrl+c":
            self.asking.refuse()
        else:
            hold_keys(self, NEXT)
            self.asking.answer(key_info(event.key, event.character))


#: seconds of quiet after Esc before it cancels: on a slow link an arrow arrives as Esc and, later, the key
ESC_QUIET = 0.2
#: choices drawn; a far end may send any number, and all can be typed
MAX_CHOICES = 64
_GAP = "   "


#: keys that no terminal sends as Esc and more
_ALONE = frozenset({"enter", "tab", "backspace", "ctrl+c", "ctrl+u", "ctrl+w"})


class AnswerInput(LineInput):
    """The place for the answer. Esc cancels, unless a key follows at once that a terminal sends as Esc and more.

    Keys that were typed after Enter, Ctrl+C or Esc no longer belong here: ``stray`` gets them.
    """

    #: see ``typeahead.ActsAtOnce``
    acts_at_once = True
    _ACTIONS: ClassVar[dict[str, str]] = bound_actions(Input.BINDINGS)

    def __init__(self, asking: Asking, stray: StrayKey) -> None:
        super().__init__(password=asking.question.kind is QuestionKind.SECRET, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._asking, self._stray = asking, stray
        self._escape: Timer | None = None

    @property
    def only_types(self) -> bool:
        """Whether a character does no more than type; behind Esc it ends the question."""
        return self._escape is None

    async def on_key(self, event: events.Key) -> None:
        """Act on a key at once, in the order of typing."""
        event.stop()
        escaped, self._escape = self._escape, None
        if escaped is not None:
            escaped.stop()
        handled = True
        if escaped is not None and (event.is_printable or event.key in _ALONE):
            self._refuse()  # this key was pressed by itself, and so was Esc
        if self._asking.reply.done():
            await self._stray(event.key, event.character)
        elif event.key == "escape":
            self._escape = self.set_timer(ESC_QUIET, self._asking.refuse)
        elif event.key == "enter":
            hold_keys(self, SCREEN_LIMIT if self._asking.question.followed else NEXT)
            self._asking.answer(self.value)
        elif event.key == "ctrl+c":
            self._refuse()
        elif (action := self._ACTIONS.get(event.key)) is not None:
            await self.run_action(action)
        else:
            handled = False
        if handled:
            event.prevent_default()

    def _refuse(self) -> None:
        """Cancel; what is typed behind it waits for what comes then."""
        hold_keys(self, NEXT)
        self._asking.refuse()


class ChoiceRow(Static):
    """The choices of a question as one wrapped row that takes the mouse."""

    class Picked(Message):
        """A choice was clicked; ``answer`` is what would be typed for it."""

        def __init__(self, answer: str) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, question: Question) -> None:
        super().__init__(classes="choices", markup=False)
        self._answers: list[str] = []
        self._parts: list[Content] = []
        parts = self._parts
        for index, choice in enumerate(question.choices[:MAX_CHOICES]):
            hotkey, label = plain(choice.hotkey, limit=8), plain(choice.label, limit=200)
            is_default = index in question.defaults
            parts.append(self._button(f"[{hotkey}] {label}" if hotkey else label, hotkey or label, is_default))
        parts.append(self._button("[?] Help", "?", False))
        self.update(Content(_GAP).join(parts))

    def on_resize(self) -> None:
        """Break the row between choices, not inside them."""
        rows: list[list[Content]] = [[]]
        used = 0
        for part in self._parts:
            if rows[-1] and used + part.cell_length > self.size.width:
                rows.append([])
                used = 0
            rows[-1].append(part)
            used += part.cell_length + len(_GAP)
        self.update(Content("\n").join(Content(_GAP).join(row) for row in rows))

    def _button(self, text: str, answer: str, is_default: bool) -> Content:
        self._answers.append(answer)
        click = Style.from_meta({"@click": f"pick({len(self._answers) - 1})"})
        content = Content.styled(text, "bold $primary" if is_default else "")
        return content.stylize(click)

    def action_pick(self, index: int) -> None:
        """Answer with the choice that was clicked."""
        self.post_message(self.Picked(self._answers[index]))


def hint(question: Question) -> str:
    """Return what Enter alone and Esc do."""
    choices = question.choices
    named = (choices[i] for i in question.defaults[:MAX_CHOICES] if 0 <= i < len(choices))
    default = ", ".join(plain(choice.hotkey or choice.label, limit=64) for choice in named)
    return f"default {default}   Esc cancels" if default else "Esc cancels"


#: characters of a label that stands before the answer: some three rows
MAX_LABEL = 240


class QuestionBox(Vertical):
    """The box: who asks, what was said before, the choices, the place to answer. Ends its ``asking`` itself."""

    def __init__(self, asking: Asking, stray: StrayKey) -> None:
        super().__init__()
        self.asking = asking
        self._input = AnswerInput(asking, stray)
        self._reach = Static("F4 answers", classes="reach", markup=False)

    def compose(self) -> ComposeResult:
        question = self.asking.question
        source = plain(question.source, limit=80) or ("The session" if question.remote else "pstui")
        with Horizontal(classes="head"):
            yield Static(f"{source} asks", classes="who", markup=False)
            yield self._reach
            whose = "from the remote script" if question.remote else "from pstui"
            yield Static(plain(question.voice, limit=80) or whose, classes="whose", markup=False)
        choosing = question.kind in (QuestionKind.CHOICE, QuestionKind.CHOICES) and question.choices
        above, label = self._label(bool(choosing))
        said = "".join(plain_lines(w.text) + ("\n" if w.newline else "") for w in question.preamble).strip("\n")
        said = f"{said}\n{above}".strip("\n")
        if said:
            with VerticalScroll(classes="said", can_focus=False):
                yield Static(said, markup=False)
        if choosing:
            yield ChoiceRow(question)
        with Horizontal(classes="line" if len(label) < 40 else "line -above"):
            yield Static(label, classes="label", markup=False)
            with Horizontal():
                yield self._input
                yield Static(hint(question), classes="hint", markup=False)

    def _label(self, choosing: bool) -> tuple[str, str]:
        """Return what stands before the answer, and above it what would push the answer out of sight."""
        # The label of a choice is the whole choice line, which is shown above as buttons.
        if choosing and self.asking.question.kind is QuestionKind.CHOICE:
            return "", "Answer: "
        above, _, label = plain_lines(self.asking.question.label).strip("\n").rpartition("\n")
        if len(label) > MAX_LABEL:
            above, label = f"{above}\n{label}", f"…{label[-MAX_LABEL // 2 :]}"
        return above, label or "> "

    @property
    def typed(self) -> str:
        """What stands in the place to answer."""
        return self._input.value

    def take_focus(self) -> None:
        """Let the keys come here."""
        self.screen.set_focus(self._input)

    @property
    def has_keys(self) -> bool:
        """Whether the keys come here now."""
        return self.is_attached and self.screen.focused is self._input

    def on_descendant_focus(self) -> None:
        """Show that the keys come here."""
        self.add_class("-focused")

    def on_descendant_blur(self) -> None:
        """Show how to come here."""
        self.remove_class("-focused")

    def on_choice_row_picked(self, event: ChoiceRow.Picked) -> None:
        """Answer with the choice clicked."""
        event.stop()
        self.asking.answer(event.answer)


#: seconds without a key before a question may take the keys from an editor that is empty but was typed in
GRACE = 0.5


class QuestionArea(Vertical):
    """The place of a pane where it is asked; empty, it takes no row.

    A question is shown at once, and gets the keys only when nobody is typing in the editor of ``row``: never in the
    middle of a line, nor while ``line_waits`` says that one has still to be run. ``call_back`` gives the editor back
    what was typed before the question came.
    """

    class Changed(Message):
        """A question came or went, or the keys went to it or away from it."""

    def __init__(self, row: EditorRow, line_waits: Callable[[], bool], call_back: Callable[[AnyAsking], None]) -> None:
        super().__init__()
        self.display = False
        self.asking: AnyAsking | None = None
        #: whether the question can be seen; a line typed before belongs to nobody
        self.painted = True
        self._row, self._line_waits, self._call_back = row, line_waits, call_back
        self._box: QuestionBox | KeyBox | None = None
        #: the user went back from the question to the editor: it waits until it is called
        self._put_off = False

    @property
    def has_keys(self) -> bool:
        """Whether what is typed goes to the question."""
        return self._box is not None and self._box.has_keys

    def present(self, asking: AnyAsking) -> None:
        """Show a question. A line that waits for its turn was not typed for it, and goes back to the editor."""
        self.asking = asking
        self._call_back(asking)
        self._put_off = False
        stray = self._row.editor.take_key
        self._box = QuestionBox(asking, stray) if isinstance(asking, Asking) else KeyBox(asking, stray)
        self.display = True
        self.mount(self._box)
        self.post_message(self.Changed())
        self.painted = False
        self.call_after_refresh(self._was_painted)

    def typed(self, asking: Asking) -> str:
        """Return what has been typed so far for a question."""
        return self._box.typed if self.asking is asking and isinstance(self._box, QuestionBox) else ""

    def withdraw(self, asking: AnyAsking) -> None:
        """Take a question away; the keys go back to the editor at once, for the next one may be on its way already."""
        if self.asking is not asking:
            return
        box, self._box, self.asking = self._box, None, None
        self.painted = True
        self._row.display = True
        if box is not None:
            if box.has_keys:
                self.screen.set_focus(self._row.editor)
            box.remove()
        self.display = False
        self.post_message(self.Changed())

    def _was_painted(self) -> None:
        self.painted = True
        self.offer()

    def release_keys(self) -> None:
        """It is known who gets what is typed next."""
        release_keys(self)

    @property
    def secret(self) -> bool:
        """Whether a secret is asked for."""
        return self.asking is not None and self.asking.secret

    def refuse(self) -> None:
        """Cancel the question, if there is one."""
        if self.asking is not None:
            self.asking.refuse()

    def leave(self) -> None:
        """Give the keys to the editor."""
        self._row.display = True
        self.screen.set_focus(self._row.editor)

    def answer_or_edit(self) -> None:
        """F4: from the editor to the question, from the question back; it then waits until it is called."""
        if self._box is None or self._box.has_keys:
            self._put_off = True
            self.leave()
            self.post_message(self.Changed())
        else:
            self.take()

    def offer(self, *, again: bool = False) -> None:
        """Give the keys to the question unless somebody is typing; one that was put off only ``again``."""
        editor = self._row.editor
        self._put_off = self._put_off and not again
        if self._box is None or self._box.has_keys:
            return  # keys that wait now were typed behind its answer
        if self._put_off or self.screen.focused is not editor or editor.text or self._line_waits():
            self.release_keys()
            return
        wait = editor.last_typed + GRACE - time.monotonic()
        if editor.last_typed and wait > 0:
            self.set_timer(wait + 0.01, self.offer)
        else:
            self.take()

    def take(self) -> None:
        """Give the keys to the question that waits, if there is one."""
        if self._box is not None and self._box.is_mounted:
            self._put_off = False
            self._box.take_focus()
            self._row.display = bool(self._row.editor.text)
            self.release_keys()
            self.post_message(self.Changed())
