"""The table of all 56 host methods: what the far end sends, what is shown, asked or answered (protocol-notes 4.3).

Arguments are CLIXML as a server writes it; answers are as ``replay_clixml.read`` gives them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from pstui.backends.console import KeyInfo

WARNING = "WARNING: what you type next goes to LOCALHOST. Enter it only if you trust that computer."
TRUST = "A script on LOCALHOST asks for credentials. Give them only if you trust that computer and the script."
NO_GRID = "this console shows text as a stream, not as a grid of cells"
#: Nothing is answered; nothing must be.
VOID = object()


def s(text: str) -> str:
    """A CLIXML string."""
    escaped = "".join(f"_x{ord(c):04X}_" if c < " " or "\ud800" <= c <= "\udfff" else c for c in text)
    return f"<S>{escape(escaped)}</S>"


def i(number: int) -> str:
    """A CLIXML Int32."""
    return f"<I32>{number}</I32>"


def obj(**values: str) -> str:
    """An object with these properties."""
    named = [value.replace(">", f' N="{name}">', 1) for name, value in values.items()]
    return f'<Obj RefId="40"><MS>{"".join(named)}</MS></Obj>'


def items(*values: str) -> str:
    """An ArrayList."""
    return f'<Obj RefId="50"><LST>{"".join(values)}</LST></Obj>'


def array(*values: str) -> str:
    """A one-dimensional array, as a server encodes one whose element type it knows."""
    return obj(mae=items(*values), mal=items(i(len(values))))


def field(name: str, kind: str = "System.String", label: str = "", help_text: str = "") -> str:
    """A FieldDescription."""
    return obj(name=s(name), label=s(label), parameterTypeFullName=s(kind), helpMessage=s(help_text))


def choice(label: str, help_text: str = "") -> str:
    """A ChoiceDescription."""
    return obj(label=s(label), helpMessage=s(help_text))


def secret(text: str) -> tuple[str, str]:
    """A SecureString of protocol 2.4."""
    return ("SS", base64.b64encode(text.encode("utf-16-le")).decode())


def number(value: int) -> tuple[str, str]:
    """An Int32 as the peer reads it."""
    return ("I32", str(value))


CELL = obj(character="<C>32</C>", foregroundColor=i(7), backgroundColor=i(0), bufferCellType=i(0))
RECTANGLE = obj(left=i(0), top=i(0), right=i(3), bottom=i(1))
EVERYTHING = obj(left=i(-1), top=i(-1), right=i(-1), bottom=i(-1))
CORNER = obj(x=i(3), y=i(4))
SIZE = obj(width=i(90), height=i(30))
WINDOW = {"width": number(260), "height": number(50)}
YES_NO = items(choice("&Yes", "do it"), choice("&No", "leave it"))
ABC = items(choice("&A", "first"), choice("&B", "second"), choice("plain", "third"))
PROGRESS = obj(
    Activity=s("Copying"),
    ActivityId=i(7),
    StatusDescription=s("file 3"),
    CurrentOperation="<S>x</S>",
    ParentActivityId=i(-1),
    PercentComplete=i(63),
    Type=i(0),
    SecondsRemaining=i(12),
)
CREDENTIAL_CALL = (s("Sign in"), s("Who are you?"), s(""), s("CONTOSO"))


@dataclass(frozen=True)
class Dialogue:
    """One call and what becomes of it.

    ``typed`` answers what is asked, in order; None refuses, a KeyInfo is a key. ``shows`` are the lines afterwards.
    ``answers`` is the result on the wire, VOID where there is none; ``refuses`` are words of the exception instead.
    """

    method: int
    arguments: tuple[str, ...] = ()
    typed: tuple[str | KeyInfo | None, ...] = ()
    shows: tuple[str, ...] = ()
    answers: Any = VOID
    refuses: str = ""
    note: str = ""


def void(method: int, *arguments: str, shows: tuple[str, ...] = (), note: str = "") -> Dialogue:
    """A call without an answer."""
    return Dialogue(method, arguments, shows=shows, note=note)


def gets(method: int, answer: Any) -> Dialogue:
    """A call that is answered without asking anybody."""
    return Dialogue(method, answers=answer)


#: One dialogue at least for each method; further ones for its forms.
TABLE = [
    gets(1, "pstui"),
    gets(2, ("Version", "1.0")),
    Dialogue(3, answers=any),
    gets(4, "en-US"),
    gets(5, "en-US"),
    void(6, i(3), note="leaves"),
    void(7, shows=("EnterNestedPrompt: nested prompts do not work in a remote session",)),
    void(8, shows=("ExitNestedPrompt: nested prompts do not work in a remote session",)),
    void(9),
    void(10),
    Dialogue(11, typed=("hello",), shows=("hello",), answers="hello"),
    Dialogue(11, typed=("",), shows=("",), answers="", note="empty"),
    Dialogue(11, typed=(None,), refuses="stopped", note="refused"),
    Dialogue(12, typed=("s3cret",), shows=(WARNING, "******"), answers=secret("s3cret")),
    Dialogue(12, typed=(None,), shows=(WARNING,), refuses="stopped", note="refused"),
    void(13, s("half a"), shows=("half a",)),
    void(14, i(12), i(-1), s("red"), shows=("red",)),
    void(15, shows=("",)),
    void(16, s("a line"), shows=("a line",)),
    void(16, "<Nil />", shows=("",), note="null"),
    void(17, i(10), i(0), s("green"), shows=("green",)),
    void(18, s("it failed"), shows=("it failed",)),
    void(18, s(""), note="nothing"),
    void(19, s("d"), shows=("DEBUG: d",)),
    void(20, "<I64>1</I64>", PROGRESS),
    void(21, s("v"), shows=("VERBOSE: v",)),
    void(22, s("w"), shows=("WARNING: w",)),
    Dialogue(
        23,
        (s("Caption"), s("Message"), items(field("Who"), field("Age", "System.Int32"))),
        typed=("Ann", "30"),
        shows=("", "Caption", "Message", "Who: Ann", "Age: 30"),
        answers={"Who": "Ann", "Age": "30"},
    ),
    Dialogue(
        23,
        (s(""), s(""), items(field("Password", "System.Security.SecureString"))),
        typed=("s3cret",),
        shows=(WARNING, "Password: ******"),
        answers={"Password": secret("s3cret")},
        note="secret, as Read-Host -AsSecureString and -MaskInput",
    ),
    Dialogue(
        23,
        (s("C"), s("M"), items(field("A", help_text="h"), field("P", "System.Security.SecureString"))),
        typed=("v", "pw"),
        shows=(WARNING, "", "C", "M", "(Type !? for Help.)", "A: v", "P: **"),
        answers={"A": "v", "P": secret("pw")},
        note="a secret among others, help without a label",
    ),
    Dialogue(
        23,
        (s(""), s(""), items(field("Name", "System.String[]"))),
        typed=("a", "b", ""),
        shows=("Name[0]: a", "Name[1]: b", "Name[2]: "),
        answers={"Name": ["a", "b"]},
        note="list",
    ),
    Dialogue(
        23,
        (s(""), s(""), items(field("Key", "System.Security.SecureString[]"))),
        typed=("a", ""),
        shows=(WARNING, "Key[0]: *", "Key[1]: "),
        answers={"Key": [secret("a")]},
        note="list of secrets",
    ),
    Dialogue(
        23,
        (s(""), s(""), items(field("c", "System.Management.Automation.PSCredential", "&Login"))),
        typed=("ann", "pw"),
        shows=("", "PowerShell Credential Request: ", TRUST, "", "c", "User: ann", "Password for user ann: **", ""),
        answers={"c": {"UserName": "ann", "Password": secret("pw")}},
        note="credential",
    ),
    Dialogue(
        23,
        (s(""), s(""), items(field("n", label="&Name", help_text="your name"))),
        typed=("!?", "!x", "!!wow"),
        shows=(
            "(Type !? for Help.)",
            "n: !?",
            "your name",
            "n: !x",
            '"!x" is not a command here: !? is help, !! is a literal !, !"" empty, !$null null.',
            "n: !!wow",
        ),
        answers={"n": "!wow"},
        note="help, a wrong command, a literal mark",
    ),
    Dialogue(
        23,
        (s(""), s(""), items(field("n", label="Name"), field("m", label="More"))),
        typed=("!$null", '!""'),
        shows=("n: !$null", 'm: !""'),
        answers={"n": None, "m": ""},
        note="null and empty",
    ),
    Dialogue(
        23,
        (s(""), s(""), items(field("n"))),
        typed=("!?",),
        shows=("n: !?",),
        answers={"n": "!?"},
        note="no commands without a label",
    ),
    Dialogue(23, (s(""), s(""), items(field("n"))), (None,), ("n: ",), refuses="stopped", note="refused"),
    Dialogue(23, (s(""), s(""), items()), refuses="no field", note="no field"),
    Dialogue(
        24,
        CREDENTIAL_CALL,
        typed=("", "ann", "pw"),
        shows=(
            "",
            "PowerShell Credential Request: Sign in",
            TRUST,
            "",
            "Who are you?",
            "User: ",
            "User: ann",
            "Password for user ann: **",
            "",
        ),
        answers={"UserName": "CONTOSO\\ann", "Password": secret("pw")},
    ),
    Dialogue(
        25,
        (s("C"), s(""), s("bob"), s(""), i(3), i(1)),
        typed=("",),
        shows=("", "PowerShell Credential Request: C", TRUST, "Password for user bob: ", ""),
        answers={"UserName": "bob", "Password": secret("")},
    ),
    Dialogue(
        25,
        (s("C"), s(""), s("bob"), s(""), i(3), i(1)),
        typed=(None,),
        shows=("", "PowerShell Credential Request: C", TRUST, "Password for user bob: "),
        refuses="stopped",
        note="refused",
    ),
    Dialogue(
        26,
        (s("Sure?"), s("Really"), YES_NO, i(1)),
        typed=("?", "maybe", " yes "),
        shows=(
            "",
            "Sure?",
            "Really",
            '[Y] Yes  [N] No  [?] Help (default is "N"): ?',
            "Y - do it",
            "N - leave it",
            '[Y] Yes  [N] No  [?] Help (default is "N"): maybe',
            '[Y] Yes  [N] No  [?] Help (default is "N"):  yes ',
        ),
        answers=number(0),
    ),
    Dialogue(
        26,
        (s(""), s(""), ABC, i(-1)),
        typed=("", "PLAIN"),
        shows=("[A] A  [B] B  [] plain  [?] Help ", "[A] A  [B] B  [] plain  [?] Help PLAIN"),
        answers=number(2),
        note="no default, no hotkey",
    ),
    Dialogue(26, (s(""), s(""), YES_NO, i(2)), refuses="no choice 2", note="wrong default"),
    Dialogue(26, (s(""), s(""), items(choice("Yes&")), i(0)), refuses="marks no letter", note="wrong hotkey"),
    gets(27, number(-1)),
    void(28, i(3)),
    gets(29, number(-1)),
    void(30, i(3)),
    gets(31, {"x": number(0), "y": number(0)}),
    void(32, CORNER),
    gets(33, {"x": number(0), "y": number(0)}),
    void(34, CORNER, shows=("SetWindowPosition: the window has no position of its own",)),
    gets(35, number(100)),
    void(36, i(25)),
    gets(37, WINDOW),
    void(38, SIZE, shows=("SetBufferSize: the size of the buffer is the pane's",)),
    gets(39, WINDOW),
    void(40, SIZE, shows=("SetWindowSize: the size of the window is the pane's",)),
    gets(41, ""),
    void(42, s("far\x07 title"), note="title"),
    gets(43, WINDOW),
    gets(44, WINDOW),
    gets(45, False),
    Dialogue(
        46,
        (i(4),),
        typed=(KeyInfo(88, "x"),),
        shows=("x",),
        answers={
            "virtualKeyCode": number(88),
            "character": ("C", "120"),
            "controlKeyState": number(0),
            "keyDown": True,
        },
    ),
    Dialogue(
        46,
        (i(6),),
        typed=(KeyInfo(0, "\N{GRINNING FACE}", 16),),
        answers={
            "virtualKeyCode": number(0),
            "character": ("C", "55357"),
            "controlKeyState": number(16),
            "keyDown": True,
        },
        note="unseen, outside the basic plane",
    ),
    Dialogue(
        46,
        (i(10),),
        typed=(KeyInfo(13, "\r"),),
        answers={
            "virtualKeyCode": number(13),
            "character": ("C", "13"),
            "controlKeyState": number(0),
            "keyDown": False,
        },
        note="going up",
    ),
    Dialogue(
        46,
        (i(7),),
        typed=(None,),
        answers={"virtualKeyCode": number(67), "character": ("C", "3"), "controlKeyState": number(8), "keyDown": True},
        note="Ctrl+C as a key",
    ),
    Dialogue(46, (i(4),), typed=(None,), refuses="stopped", note="refused"),
    Dialogue(46, (i(2),), refuses="going down", note="no direction"),
    void(47),
    void(48, EVERYTHING, CELL, note="clears"),
    void(48, RECTANGLE, CELL, shows=(f"SetBufferContents1: {NO_GRID}",), note="a part"),
    void(49, CORNER, array(CELL), shows=(f"SetBufferContents2: {NO_GRID}",)),
    Dialogue(
        50,
        (RECTANGLE,),
        shows=("WARNING: a script on LOCALHOST tried to read what the screen shows; pstui did not let it.",),
        refuses="not given away",
    ),
    void(51, RECTANGLE, CORNER, RECTANGLE, CELL, shows=(f"ScrollBufferContents: {NO_GRID}",)),
    void(52, obj(x=i(1)), shows=("PushRunspace: a far end cannot enter another session from here",)),
    void(53, note="leaves"),
    gets(54, False),
    Dialogue(55, refuses="no local runspace"),
    Dialogue(
        56,
        (s("Multi"), s("Many?"), ABC, items(i(1))),
        typed=("?", "a", "zzz", "plain", ""),
        shows=(
            "",
            "Multi",
            "Many?",
            "[A] A",
            "[B] B",
            "[] plain",
            '[?] Help (default is "B")',
            "Choice[0]: ?",
            "A - first",
            "B - second",
            "plain - third",
            "Choice[0]: a",
            "Choice[1]: zzz",
            "Choice[1]: plain",
            "Choice[2]: ",
        ),
        answers=[number(0), number(2)],
    ),
    Dialogue(
        56,
        (s(""), s(""), ABC, array(i(0), i(1))),
        typed=("",),
        shows=("[A] A", "[B] B", "[] plain", '[?] Help (default is "A,B")', "Choice[0]: "),
        answers=[number(0), number(1)],
        note="defaults as an array, on which the original fails",
    ),
    Dialogue(
        56,
        (s(""), s(""), ABC, "<Nil />"),
        typed=("",),
        shows=("[A] A", "[B] B", "[] plain", "[?] Help", "Choice[0]: "),
        answers=[],
        note="no defaults",
    ),
    Dialogue(56, (s(""), s(""), ABC, items(i(9))), refuses="is not one of the choices", note="wrong default"),
]
