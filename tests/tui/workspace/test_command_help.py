"""Get-Help in a reader: what a text holds, what a word leads to, and the keys that lead on."""

# ruff: noqa: W291, W293  the blanks are PowerShell's

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError
from pstui.backends.sessions.command_help import CommandHelp
from pstui.tui.dialogs.command_help import HelpReader
from pstui.tui.dialogs.help import HelpScreen
from pstui.tui.dialogs.help_text import NO_FILES, links_in, read
from pstui.tui.keys.actions import PREFIX_KEY as PREFIX
from pstui.tui.pane.help_texts import HelpTexts, command_at
from pstui.tui.pane.state import PaneState

from tests.support.pilot import screen

DEMO = ConnectionInfo(ParameterSet.DEMO, {}, "lab")
#: as PowerShell 7.6 writes it of a function with its own help, and of a cmdlet without help files
TOY = """
NAME
    Get-Toy
    
SYNOPSIS
    Gets a toy.
    
    
SYNTAX
    Get-Toy [-Name] <String> [-Soft] [<CommonParameters>]
    
DESCRIPTION
    Long text about toys. See Get-Process and about_Toys.
    
PARAMETERS
    -Name <String>
        Which toy.
        
        Required?                    true
        Position?                    1
        Default value                
        Accept pipeline input?       false
        
    -Soft [<SwitchParameter>]
        
        Required?                    false
        Position?                    named
        
    <CommonParameters>
        This cmdlet supports the common parameters: Verbose.
    
RELATED LINKS
    https://example.com/toys
    Remove-Toy
"""
MADE = """
NAME
    Get-Process
    
SYNTAX
    Get-Process [[-Name] <string[]>] [-Module] [<CommonParameters>]
    
PARAMETERS
    -Id <int[]>
        
        Required?                    true
        Aliases                      PID
        
    -Name <string[]>
        
        Required?                    false
    
REMARKS
    Get-Help cannot find the Help files for this cmdlet on this computer. It is displaying only partial help.
        -- To download and install Help files for the module that includes this cmdlet, use Update-Help.
"""


def test_sections_parameters_and_links_are_found() -> None:
    toy = read(CommandHelp("Get-Toy", TOY))
    assert [each.title for each in toy.sections] == [
        *("NAME", "SYNOPSIS", "SYNTAX", "DESCRIPTION", "PARAMETERS", "RELATED LINKS")
    ]
    assert sorted(toy.parameters) == ["name", "soft"] and not toy.note
    assert toy.about("-Name") == ("Which toy.", "Required? true", "Position? 1")
    assert toy.about("-so") == ("Required? false", "Position? named"), "as PowerShell takes parts of names"
    assert toy.about("-none") == ()
    topics = [topic for line in toy.lines for *_, topic in links_in(line, toy.name)]
    assert topics == ["Get-Process", "about_Toys", "https://example.com/toys", "Remove-Toy"]
    assert "" not in toy.lines[:1] and not any(a == b == "" for a, b in zip(toy.lines, toy.lines[1:], strict=False))


def test_help_that_was_made_of_the_command_is_told_so() -> None:
    made = read(CommandHelp("Get-Process", MADE))
    assert made.note == NO_FILES
    assert made.about("-Id") == ("Required? true", "Aliases PID")


def test_a_hostile_text_is_bounded_and_harmless() -> None:
    text = read(
        CommandHelp(
            "x", "\x1b]52;c;AA\x07NAME\n    \x1b[31mred\x1b[0m\n" + "y" * 100_000 + "\n" * 100_000 + "z\n" * 50_000
        )
    )
    assert text.lines[:2] == ("NAME", "    red") and len(text.lines) <= 20_000
    assert max(map(len, text.lines)) <= 2_000


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("Get-Process -Na^me x", ("Get-Process", "Name")),
        ("Get-Process -Name x^", ("Get-Process", "")),
        ("^Get-Process", ("Get-Process", "")),
        ("Get-Process | Sort-Obj^ect CPU", ("Sort-Object", "")),
        ("Get-Process | Sort-Object CPU; ^", ("", "")),
        ("Get-Help Get-D^ate", ("Get-Date", "")),
        ("help about_If^", ("about_If", "")),
        ("fore^ach ($x in 1) { }", ("about_Foreach", "")),
        ("if (1) { Get-Date -F^ }", ("Get-Date", "F")),
        ("gci -Path:^x", ("gci", "Path")),
        ("^", ("", "")),
        ("$x^", ("", "")),
    ],
)
def test_a_word_leads_to_its_topic(line: str, about: tuple[str, str]) -> None:
    assert command_at(line.replace("^", ""), line.index("^")) == about


async def test_a_parameter_is_asked_for_once_and_only_while_it_is_looked_at() -> None:
    asked: list[str] = []
    come = asyncio.Event()

    async def ask(name: str) -> CommandHelp:
        asked.append(name)
        if name != "Get-Toy":
            raise PstuiError("none")
        return CommandHelp(name, TOY)

    def looks() -> bool:
        come.set()
        return True

    texts = HelpTexts(ask, rest=0.0)
    assert texts.about("Get-Toy -N", 8, "-Name", lambda: False) == ()
    assert texts.about("Get-Toy -N", 8, "-Name", looks) == ()
    async with asyncio.timeout(10):
        await come.wait()
        while not texts.about("Get-Toy -N", 8, "-Name", looks):
            await asyncio.sleep(0)
    assert texts.about("get-toy -N", 8, "-Name", looks)[0] == "Which toy." and asked == ["Get-Toy"]
    for _ in range(3):
        texts.about("Get-None -N", 9, "-Name", looks)
        for _ in range(20):
            await asyncio.sleep(0)
    assert asked == ["Get-Toy", "Get-None"], "what there is no help on is not asked for again"


async def test_f1_on_a_word_opens_the_reader_and_its_keys_lead_on() -> None:
    async with screen(DEMO, size=(80, 24)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("Get-Command -Syn", enter=False)
        await s.keys("f1")
        await s.until(lambda: isinstance(s.app.screen, HelpReader) and s.shows("List what this endpoint knows."), "it")
        assert s.shows("(pstui demo endpoint)"), "the endpoint says itself what it is"
        await s.keys("slash")
        await s.type("-CommandType")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "back")
        assert s.pane.editor.text == "Get-Command -Syn" and s.app.focused is s.pane.editor
        await s.keys(PREFIX, "question_mark")
        await s.until(lambda: isinstance(s.app.screen, HelpScreen), "the keys")
        await s.keys("escape", "ctrl+u", PREFIX, "h")
        await s.type("nothing-here")
        await s.until(lambda: s.shows("There is no help"), "why not")
        await s.keys("escape", "f1")
        await s.until(lambda: isinstance(s.app.screen, HelpScreen), "the keys, where nothing is typed")


async def test_links_open_and_lead_back() -> None:
    async def ask(topic: str) -> object:
        return read(CommandHelp(topic, TOY if topic == "Get-Toy" else MADE))

    async with screen(DEMO, size=(80, 24)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        reader = HelpReader("Get-Toy", ask, "lab", "-Soft")  # type: ignore[arg-type]  # a text is all that it returns
        s.app.push_screen(reader)
        await s.until(lambda: s.shows("-Soft [<SwitchParameter>]") and reader.view.text is not None, "the parameter")
        await s.keys("left", "left", "left", "left", "left", "tab")
        await s.until(lambda: reader.view.current == 0, "the first link")
        await s.keys("enter")
        await s.until(lambda: s.shows("No help files over there"), "the other topic, and what it lacks")
        await s.keys("backspace")
        await s.until(lambda: s.shows("Gets a toy."), "back")
        await s.keys("right", "right")
        await s.until(lambda: reader.view.first_line == reader.view.text.sections[2].line, "a section")  # type: ignore[union-attr]
        await s.keys("slash")
        await s.type("nowhere")
        await s.until(lambda: s.shows("Nothing here holds nowhere."), "what was not found")
        await s.keys("escape")
