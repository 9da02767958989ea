"""A question of the far end or of pstui, asked inside the pane that it belongs to."""

from __future__ import annotations

from pstui.backends.host import Question, QuestionKind
from pstui.tui.widgets.asking import Asking
from pstui.tui.widgets.plain import plain, plain_lines
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.timer import Timer
from textual.widgets import Input, Static

#: seconds of quiet after Esc before it cancels: on a slow link Alt+key arrives as Esc and, later, the key
ESC_QUIET = 0.2
#: choices drawn; a far end may send any number, and all can be typed
MAX_CHOICES = 64


class AnswerInput(Input):
    """The place for the answer. Esc cancels, unless another key follows at once."""

    class Cancelled(Message):
        """Esc was pressed and nothing followed."""

    def __init__(self, *, secret: bool) -> None:
        super().__init__(password=secret, compact=True, select_on_focus=False, id="answer")
        self.cursor_blink = False
        self._escape: Timer | None = None

    def on_key(self, event: events.Key) -> None:
        """Watch for Esc, and for the key that makes it an Alt."""
        if self._escape is not None:
            self._escape.stop()
            self._escape = None
            if event.key != "escape":
                event.stop()
                event.prevent_default()
                return
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self._escape = self.set_timer(ESC_QUIET, lambda: self.post_message(self.Cancelled()))


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
        parts: list[Content] = []
        for index, choice in enumerate(question.choices[:MAX_CHOICES]):
            hotkey, label = plain(choice.hotkey, limit=8), plain(choice.label, limit=200)
            is_default = index in question.defaults
            parts.append(self._button(f"[{hotkey}] {label}" if hotkey else label, hotkey or label, is_default))
        parts.append(self._button("[?] Help", "?", False))
        default = ", ".join(
            plain(question.choices[i].hotkey or question.choices[i].label, limit=64)
            for i in question.defaults[:MAX_CHOICES]
            if 0 <= i < len(question.choices)
        )
        hint = f"default {default}   Esc cancels" if default else "Esc cancels"
        parts.append(Content.styled(hint, "$calm"))
        self.update(Content("   ").join(parts))

    def _button(self, text: str, answer: str, is_default: bool) -> Content:
        self._answers.append(answer)
        click = Style.from_meta({"@click": f"pick({len(self._answers) - 1})"})
        content = Content.styled(text, "bold $primary" if is_default else "")
        return content.stylize(click)

    def action_pick(self, index: int) -> None:
        """Answer with the choice that was clicked."""
        self.post_message(self.Picked(self._answers[index]))


class QuestionBox(Vertical):
    """The box: who asks, what was said before, the choices, the place to answer. Ends its ``asking`` itself."""

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self.asking = asking
        question = asking.question
        self._input = AnswerInput(secret=question.kind is QuestionKind.SECRET)
        self._reach = Static("F4 answers", classes="reach", markup=False)

    @property
    def answer_text(self) -> str:
        """What has been typed as an answer so far."""
        return self._input.value

    def compose(self) -> ComposeResult:
        question = self.asking.question
        source = plain(question.source, limit=80) or "The session"
        with Horizontal(classes="head"):
            yield Static(f"{source} asks", classes="who", markup=False)
            yield self._reach
            whose = "from the remote script" if question.remote else "from pstui"
            yield Static(whose, classes="whose", markup=False)
        said = "".join(plain_lines(w.text) + ("\n" if w.newline else "") for w in question.preamble).strip("\n")
        if said:
            with VerticalScroll(classes="said", can_focus=False):
                yield Static(said, markup=False)
        choosing = question.kind in (QuestionKind.CHOICE, QuestionKind.CHOICES) and question.choices
        if choosing:
            yield ChoiceRow(question)
        label = self._label(bool(choosing))
        with Horizontal(classes="line" if len(label) < 40 else "line -above"):
            yield Static(label, classes="label", markup=False)
            yield self._input

    def _label(self, choosing: bool) -> str:
        # The label of a choice is the whole choice line, which stands above as buttons.
        label = plain_lines(self.asking.question.label, limit=4096).strip("\n")
        if choosing and self.asking.question.kind is QuestionKind.CHOICE:
            return "Answer: "
        return label or "> "

    def take_focus(self) -> None:
        """Let the keys come here."""
        self._input.focus()

    @property
    def has_keys(self) -> bool:
        """Whether the keys come here now."""
        return self._input.has_focus

    def on_descendant_focus(self) -> None:
        """Show that the keys come here."""
        self.add_class("-focused")

    def on_descendant_blur(self) -> None:
        """Show how to come here."""
        self.remove_class("-focused")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the text typed."""
        event.stop()
        self.asking.answer(event.value)

    def on_choice_row_picked(self, event: ChoiceRow.Picked) -> None:
        """Answer with the choice clicked."""
        event.stop()
        self.asking.answer(event.answer)

    def on_answer_input_cancelled(self, event: AnswerInput.Cancelled) -> None:
        """Refuse to answer."""
        event.stop()
        self.asking.refuse()
