"""The host that answers a far end's calls: all 56 methods over a Console (protocol-notes 4.3, 4.4, 7.4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from psrpcore import types as ps
from psrpcore.types import HostMethodIdentifier
from pstui.backends.console import Console, ConsoleSize, KeyInfo, QuestionCancelled
from pstui.backends.credentials import Secret
from pstui.backends.psrp.clixml import WRITE_METHODS, note_object, outgoing, write_record
from pstui.backends.psrp.invocation import HostState
from pstui.backends.psrp.limits import MAX_TEXT
from pstui.backends.psrp.progress import progress_record
from pstui.backends.psrp.questions import Questions
from pstui.backends.records import DEFAULT_COLOR, Stream, Write

#: Host name and version that a far end may ask for (never sent by PowerShell's own server, protocol-notes 4.3).
HOST_NAME = "pstui"
#: ReadKeyOptions (protocol-notes 4.3).
_ALLOW_CTRL_C, _NO_ECHO, _KEY_DOWN, _KEY_UP = 1, 2, 4, 8
#: characters of a title that are looked at: PowerShell's own console takes no longer one
MAX_TITLE = 1023
#: Ctrl+C as a key: the code of C, its control character, LeftCtrlPressed.
_CTRL_C = KeyInfo(67, "\x03", 8)
#: Why a method is not done here; every other one asks for a grid of cells.
_REFUSED = {
    HostMethodIdentifier.EnterNestedPrompt: "nested prompts do not work in a remote session",
    HostMethodIdentifier.ExitNestedPrompt: "nested prompts do not work in a remote session",
    HostMethodIdentifier.SetWindowPosition: "the window has no position of its own",
    HostMethodIdentifier.SetBufferSize: "the size of the buffer is the pane's",
    HostMethodIdentifier.SetWindowSize: "the size of the window is the pane's",
    HostMethodIdentifier.GetBufferContents: "the contents of the screen are not given away",
    HostMethodIdentifier.PushRunspace: "a far end cannot enter another session from here",
    HostMethodIdentifier.GetRunspace: "there is no local runspace",
}
_NO_GRID = "this console shows text as a stream, not as a grid of cells"


class HostError(Exception):
    """A host method that pstui does not do; the text says so to whoever reads it."""


class Host:
    """Answers the host calls of one session on its console.

    ``leave`` is called with the exit code when the far end asks to end the session (SetShouldExit, PopRunspace).
    ``width`` fixes the width that the far end is told, in cells; 0 follows the console. ``on_error_line`` gets each
    line written as an error.
    """

    def __init__(
        self,
        console: Console,
        source: str,
        computer: str,
        leave: Callable[[int], None],
        *,
        width: int = 0,
        on_error_line: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.console, self._width, self._on_error_line = console, width, on_error_line
        self.questions = Questions(console, source, computer)
        self._leave = leave
        self._id = uuid.uuid4()
        self._colours = {"fg": DEFAULT_COLOR, "bg": DEFAULT_COLOR}
        self._cursor_size = 100
        self._title = ""
        #: whether plain text that is written now reports an error (protocol-notes 3.6)
        self.prints_error = False

    @property
    def size(self) -> ConsoleSize:
        """The size that the far end is told, as it is now (protocol-notes 3.11)."""
        own = self.console.size
        return ConsoleSize(self._width or own.width, own.height)

    def state(self, title: str = "") -> HostState:
        """Return what the far end is told of the console with a HostInfo; ``title`` holds until it sets one."""
        size = self.size
        return HostState(
            *(size.width, size.height, self.console.column(), self.console.row(), self._title or title),
            *(self._colours["fg"], self._colours["bg"], self._cursor_size),
        )

    def run(self, method: HostMethodIdentifier, arguments: Sequence[Any], max_text: int | None = MAX_TEXT) -> None:
        """Do a void method now; text is cut at ``max_text``. Raises HostError when it cannot be done here."""
        if method in WRITE_METHODS:
            if (record := write_record(method, arguments, max_text)) is not None:
                self.write(record)
            return
        match method:
            case HostMethodIdentifier.WriteProgress:
                self.console.progress(progress_record(int(arguments[0]), arguments[1]))
            case HostMethodIdentifier.SetShouldExit:
                self._leave(int(arguments[0]))
            case HostMethodIdentifier.PopRunspace:
                self._leave(0)
            case (
                HostMethodIdentifier.NotifyBeginApplication
                | HostMethodIdentifier.NotifyEndApplication
                | HostMethodIdentifier.FlushInputBuffer
                | HostMethodIdentifier.SetCursorPosition
            ):
                # Notices of native programs, a buffer of keys that pstui does not keep, a cursor that text alone moves.
                pass
            case HostMethodIdentifier.SetForegroundColor | HostMethodIdentifier.SetBackgroundColor:
                self._colours["fg" if method is HostMethodIdentifier.SetForegroundColor else "bg"] = arguments[0]
            case HostMethodIdentifier.SetCursorSize:
                self._cursor_size = arguments[0]
            case HostMethodIdentifier.SetWindowTitle:
                self._title = _harmless(arguments[0])
                self.console.set_title(self._title)
            case HostMethodIdentifier.SetBufferContents1:
                self._fill(arguments[0], arguments[1])
            case _:
                raise HostError(_REFUSED.get(method, _NO_GRID))

    async def ask(self, method: HostMethodIdentifier, arguments: Sequence[Any]) -> Any:
        """Do a method that is answered and return the answer for the wire. Raises HostError, QuestionCancelled."""
        questions = self.questions
        match method:
            case HostMethodIdentifier.ReadLine:
                return await questions.line()
            case HostMethodIdentifier.ReadLineAsSecureString:
                return outgoing(await questions.secret_line())
            case HostMethodIdentifier.Prompt:
                return outgoing(await questions.fields(*arguments))
            case HostMethodIdentifier.PromptForCredential1 | HostMethodIdentifier.PromptForCredential2:
                return outgoing(await questions.credential(*arguments[:4]))
            case HostMethodIdentifier.PromptForChoice:
                return await questions.choice(*arguments)
            case HostMethodIdentifier.PromptForChoiceMultipleSelection:
                return ps.PSList(await questions.choices(*arguments))
            case HostMethodIdentifier.ReadKey:
                return await self._key(int(arguments[0]))
            case HostMethodIdentifier.GetBufferContents:
                who = questions.computer
                text = f"WARNING: a script on {who} tried to read what the screen shows; pstui did not let it."
                self.console.write(Write(text, stream=Stream.WARNING))
                raise HostError(_REFUSED[method])
            case HostMethodIdentifier.GetRunspace:
                raise HostError(_REFUSED[method])
            case _:
                return self._value(method)

    def _value(self, method: HostMethodIdentifier) -> Any:
        """Return what the getters of protocol-notes 4.3 answer, from live values."""
        state = self.state(self._title)
        size = note_object(width=state.width, height=state.height)
        values: dict[HostMethodIdentifier, Any] = {
            HostMethodIdentifier.GetName: HOST_NAME,
            HostMethodIdentifier.GetVersion: ps.PSVersion("1.0"),
            HostMethodIdentifier.GetInstanceId: ps.PSGuid(str(self._id)),
            HostMethodIdentifier.GetCurrentCulture: "en-US",
            HostMethodIdentifier.GetCurrentUICulture: "en-US",
            HostMethodIdentifier.GetForegroundColor: self._colours["fg"],
            HostMethodIdentifier.GetBackgroundColor: self._colours["bg"],
            HostMethodIdentifier.GetCursorPosition: note_object(x=state.column, y=state.row),
            HostMethodIdentifier.GetWindowPosition: note_object(x=0, y=0),
            HostMethodIdentifier.GetCursorSize: self._cursor_size,
            HostMethodIdentifier.GetBufferSize: size,
            HostMethodIdentifier.GetWindowSize: size,
            HostMethodIdentifier.GetWindowTitle: self._title,
            HostMethodIdentifier.GetMaxWindowSize: size,
            HostMethodIdentifier.GetMaxPhysicalWindowSize: size,
            HostMethodIdentifier.GetKeyAvailable: False,
            HostMethodIdentifier.GetIsRunspacePushed: False,
        }
        return values[method]

    async def _key(self, options: int) -> Any:
        """Read one key. A terminal does not report the release of a key, so the press counts for both."""
        if not 0 < options < 16 or not options & (_KEY_DOWN | _KEY_UP):
            raise HostError("ReadKey must ask for keys going down, up or both")
        try:
            key = await self.console.read_key(echo=not options & _NO_ECHO, source=self.questions.source)
        except QuestionCancelled as cancelled:
            if cancelled.nobody or not options & _ALLOW_CTRL_C:
                raise
            key = _CTRL_C
        unit = key.character.encode("utf-16-le", "surrogatepass")[:2]
        return note_object(
            virtualKeyCode=key.virtual_key_code,
            character=ps.PSChar(int.from_bytes(unit, "little")),
            controlKeyState=key.control_key_state,
            keyDown=bool(options & _KEY_DOWN) and key.key_down,
        )

    def write(self, record: Write) -> None:
        """Show text, in the colours set by SetForegroundColor and SetBackgroundColor where it names none."""
        if self.prints_error:
            record = replace(record, stream=Stream.ERROR)
        elif record.stream is Stream.ERROR:
            self._on_error_line(record.text)
        self.console.write(self._coloured(record))

    def _coloured(self, record: Write) -> Write:
        """Apply the colours set by SetForegroundColor and SetBackgroundColor to text that names none."""
        fg, bg = self._colours["fg"], self._colours["bg"]
        if record.stream is not Stream.OUTPUT or (fg, bg) == (DEFAULT_COLOR, DEFAULT_COLOR):
            return record
        return Write(
            record.text,
            record.newline,
            fg if record.foreground == DEFAULT_COLOR else record.foreground,
            bg if record.background == DEFAULT_COLOR else record.background,
        )

    def _fill(self, rectangle: dict[str, Any], cell: dict[str, Any]) -> None:
        """Do SetBufferContents with the whole screen and a blank, which is Clear-Host of Windows; refuse the rest."""
        sides = tuple(rectangle[side] for side in ("left", "top", "right", "bottom"))
        size = self.size
        covers = sides[0] <= 0 and sides[1] <= 0 and sides[2] >= size.width - 1 and sides[3] >= size.height - 1
        if not (covers or sides == (-1, -1, -1, -1)) or str(cell.get("character")) not in (" ", "\0"):
            raise HostError(_NO_GRID)
        self.console.clear()


def _harmless(text: str) -> str:
    """Return a title without control characters, at most 200 characters."""
    return "".join(char for char in text[:MAX_TITLE] if char.isprintable())[:200]


def is_secret_answer(answer: Any) -> bool:
    """Return whether an answer holds a SecureString, which needs the session key first (protocol-notes 4.8)."""
    if isinstance(answer, ps.PSSecureString | ps.PSCredential | Secret):
        return True
    inside = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    return any(is_secret_answer(value) for value in inside)
