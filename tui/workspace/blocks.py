"""What can be done with a block: a command and its output, the one that is marked, clicked on, or the last one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pstui.backends.records import ErrorInfo, Write
from pstui.tui.keys.actions import PREFIX_SHOWN
from pstui.tui.keys.keymap import Keymap
from pstui.tui.plain import plain
from pstui.tui.refusing import NO_COMMAND, NO_SESSION, refuse
from pstui.tui.transcript import messages
from pstui.tui.workspace.find_bar import SaveLine, proposed_name
from pstui.tui.workspace.menus import Menus
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane
    from pstui.tui.transcript.render.ran import Ran

#: lines that a menu of tabs shows
_MOST_TABS = 20


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a pane. ``number`` is that of its first line, which stays while the text grows."""

    pane: Pane
    number: int

    @property
    def place(self) -> int | None:
        """Which it is, as ``TextBuffer.prompts`` counts them; None once it is not kept any longer."""
        buffer = self.pane.transcript.buffer
        found = buffer.prompt_before(self.number)
        return found if found is not None and buffer.prompts()[found] + buffer.dropped == self.number else None

    @property
    def ran(self) -> Ran | None:
        """What was run."""
        return None if self.place is None else self.pane.transcript.buffer.ran(self.place)

    @property
    def line(self) -> str:
        """The line, empty where none was run."""
        return "" if self.ran is None else self.ran.line

    @property
    def output(self) -> str:
        """What it printed, as plain text."""
        return "" if self.place is None else self.pane.transcript.output_text(self.place)

    @property
    def name(self) -> str:
        """How it is called beside another one."""
        from pstui.tui.transcript.commands import time_text

        ran = self.ran
        return f"{plain(self.pane.caption, limit=40)} {'' if ran is None else time_text(ran)}".strip()


def blocks_of(pane: Pane) -> list[Block]:
    """Return the blocks of a pane in which a line was run, oldest first."""
    buffer = pane.transcript.buffer
    return [
        Block(pane, index + buffer.dropped)
        for place, index in enumerate(buffer.prompts())
        if buffer.ran(place) is not None
    ]


class BlockActions:
    """Acts on blocks of the session in front. ``save_line`` asks where one is to be saved."""

    def __init__(
        self, screen: Screen[None], tabs: TabbedPanes, menus: Menus, save_line: SaveLine, keymap: Keymap
    ) -> None:
        self._screen, self._tabs, self._menus, self._save_line, self._keymap = screen, tabs, menus, save_line, keymap

    # -- which ------------------------------------------------------------------------------------------------

    @property
    def _block(self) -> Block | None:
        """The block in hand, where a line was run; without one this is said."""
        front = self._tabs.session
        if front is not None and (block := self._at(front, None)) is not None:
            return block
        refuse(self._screen.app, NO_SESSION if front is None else NO_COMMAND)
        return None

    def _at(self, pane: Pane, number: int | None) -> Block | None:
        buffer = pane.transcript.buffer
        place = pane.transcript.block(number)
        while number is None and place and buffer.ran(place) is None:
            place -= 1  # a prompt that was only left stands below it
        if place is None or place >= len(buffer.prompts()) or buffer.ran(place) is None:
            return None
        return Block(pane, buffer.prompts()[place] + buffer.dropped)

    # -- actions ----------------------------------------------------------------------------------------------

    def action_block_menu(self) -> None:
        """Show what can be done with the block in hand."""
        if (block := self._block) is not None:
            self._menu(block, (self._screen.size.width // 3, self._screen.size.height // 3))

    def menu_wanted(self, event: messages.MenuWanted) -> None:
        """The right button was pressed on a line: the menu of its block."""
        front = self._tabs.session
        if front is None or front.transcript is not event.transcript:
            return
        if (block := self._at(front, event.number)) is not None:
            self._menu(block, event.at)
        else:
            self._screen.app.bell()

    def action_run_again(self) -> None:
        """Run the line of the block again."""
        if (block := self._block) is not None:
            self._run(block)

    def action_copy_block(self) -> None:
        """Copy the command with its output."""
        if (block := self._block) is not None:
            self._copy(block)

    def action_save_block(self) -> None:
        """Ask where the command with its output is to be saved."""
        if (block := self._block) is not None:
            self._save(block)

    def action_compare(self) -> None:
        """Compare the output with that of the block before."""
        if (block := self._block) is not None:
            self._compare(block, self._before(block))

    def action_compare_hosts(self) -> None:
        """Compare the output with that of the same line in another tab."""
        if (block := self._block) is not None:
            self._compare_elsewhere(block)

    def action_times(self) -> None:
        """Show when each command ran and for how long, or no longer."""
        if (front := self._tabs.session) is not None:
            front.transcript.commands.toggle_times()

    def action_errors(self) -> None:
        """Open the list of the errors of the session in front; it leads to their commands."""
        from pstui.tui.dialogs.messages import ErrorsScreen

        front = self._tabs.session
        session = None if front is None else front.session
        if front is None or session is None:
            refuse(self._screen.app, NO_SESSION)
            return
        shown = ErrorsScreen(front.info.label, lambda: session.errors)
        self._screen.app.push_screen(shown, lambda error: self._go_to_error(front, error))

    def _go_to_error(self, pane: Pane, error: ErrorInfo | None) -> None:
        if error is None or pane not in self._tabs.panes:
            return
        if not pane.transcript.commands.go_to(pane.console.blocks.line_of(error)):
            self._screen.app.notify("The text of its command is not kept any longer.", markup=False)

    # -- how --------------------------------------------------------------------------------------------------

    def _menu(self, block: Block, at: tuple[int, int]) -> None:
        def key(name: str) -> str:
            return self._keymap.shown(name).removeprefix(f"{PREFIX_SHOWN} ")

        def fold() -> None:
            if (place := block.place) is not None:
                block.pane.transcript.commands.toggle_fold(place)

        def edit() -> None:
            block.pane.editor.put(block.line)
            block.pane.focus_main()

        copy = self._screen.app.copy_to_clipboard
        rows: list[tuple[str, str, Callable[[], Any]]] = [
            ("Run again", key("run_again"), lambda: self._run(block)),
            ("Into the editor", "e", edit),
            ("Copy the output", key("copy_output"), lambda: copy(block.output)),
            ("Copy the line", "y", lambda: copy(block.line)),
            ("Copy both", key("copy_block"), lambda: self._copy(block)),
            ("Save to a file", key("save_block"), lambda: self._save(block)),
            ("Compare with the one before", key("compare"), lambda: self._compare(block, self._before(block))),
            ("Compare with another tab", key("compare_hosts"), lambda: self._compare_elsewhere(block)),
            ("Fold, or show", key("fold"), fold),
            ("Times in the margin", key("times"), self.action_times),
        ]
        self._menus.show(plain(block.line.partition("\n")[0], limit=200), rows, at)

    def _run(self, block: Block) -> None:
        line = block.line
        if line and not block.pane.submit_line(line):
            block.pane.editor.put(line)
        block.pane.focus_main()

    def _copy(self, block: Block) -> None:
        if (place := block.place) is not None:
            self._screen.app.copy_to_clipboard(block.pane.transcript.commands.block_text(place))

    def _save(self, block: Block) -> None:
        if (place := block.place) is not None:
            text = block.pane.transcript.commands.block_text(place)
            self._save_line.open(text, "the command and its output", proposed_name(block.pane.info.label))

    def _before(self, block: Block) -> Block | None:
        """Return the last block before with the same line, or else the one before."""
        before = [each for each in blocks_of(block.pane) if each.number < block.number]
        same = [each for each in before if _same(each.line, block.line)]
        return same[-1] if same else before[-1] if before else None

    def _compare_elsewhere(self, block: Block) -> None:
        found: list[Block] = []
        for pane in self._tabs.sessions:
            if pane is not block.pane:
                found += [each for each in blocks_of(pane) if _same(each.line, block.line)][-1:]
        if not found:
            self._screen.app.notify("In no other tab was this line run.", severity="warning", markup=False)
        elif len(found) == 1:
            self._compare(block, found[0])
        else:
            rows: list[tuple[str, str, Callable[[], Any]]] = [
                (other.name, str(number) if number < 10 else "", partial(self._compare, block, other))
                for number, other in enumerate(found[:_MOST_TABS], 1)
            ]
            self._menus.show("Compare with", rows, (self._screen.size.width // 3, self._screen.size.height // 3))

    def _compare(self, block: Block, other: Block | None) -> None:
        if other is None:
            self._screen.app.notify("There is no command before it.", severity="warning", markup=False)
        else:
            self._screen.run_worker(self._show_difference(other, block), group="compare", exclusive=True)

    async def _show_difference(self, first: Block, second: Block) -> None:
        from pstui.backends.threads import in_thread
        from pstui.tui.dialogs.text import TextScreen
        from pstui.tui.fanout.groups import COMPARED, difference

        names, texts, lines = (first.name, second.name), (first.output, second.output), (first.line, second.line)
        app = self._screen.app
        if texts[0] == texts[1]:
            app.notify(f"The output is the same: {names[0]}", markup=False)
            return

        def compared() -> list[str] | None:
            found = difference(*texts, names)
            return None if found is None else list(found)

        found = await in_thread(compared)
        if found is None:
            app.notify(f"The output has more than {COMPARED:,} lines: too many to compare.", markup=False)
            return
        title = lines[1] if _same(*lines) else f"{lines[0]} ↔ {lines[1]}"
        heading = f"The difference: {plain(title.replace(chr(10), ' ↵ '), limit=120)}"
        app.push_screen(TextScreen(heading, [Write(_coloured(row)) for row in found], f"- {names[0]}   + {names[1]}"))


def _same(line: str, other: str) -> bool:
    return line.split() == other.split()


def _coloured(row: str) -> str:
    color = {"+": "32", "-": "31", "@": "36"}.get(row[:1])
    return row if color is None else f"\x1b[{color}m{row}\x1b[0m"
