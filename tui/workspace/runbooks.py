"""Runbooks, from the workspace: the list, a form, and where what it says runs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.config.paths import state_folder
from pstui.tui.pane.state import PaneState
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.fan_out import FanOutActions
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane
    from pstui.tui.runbooks.call import RunbookCall
    from pstui.tui.runbooks.folder import Script


class RunbookActions:
    """Opens the list and runs what is chosen there. The screens are imported when they are opened."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, fan_out: FanOutActions, context: AppContext) -> None:
        self._screen, self._tabs, self._fan_out, self._context = screen, tabs, fan_out, context

    async def action_runbooks(self) -> None:
        """List the runbooks."""
        from pstui.tui.runbooks.folder import folders, runbooks
        from pstui.tui.runbooks.screens import RunbooksScreen

        book = self._context.book
        if book is None or self._context.forms() is None:
            self._say("Runbooks stand beside the profile file, and there is none.")
            return
        places = folders(book.path, book.profiles.settings)
        found, problems = await in_thread(lambda: runbooks(places))
        shown = RunbooksScreen(found, problems, str(places[0]))

        def closed(result: None) -> None:
            if shown.chosen is not None:
                self.show_form(shown.chosen)

        self._screen.app.push_screen(shown, closed)

    def show_form(self, script: Script) -> None:
        """Show the form of a runbook, filled with what was typed last."""
        from pstui.tui.runbooks.form import RunbookForm
        from pstui.tui.runbooks.kept import KeptValues

        forms = self._context.forms()
        if forms is None:
            return
        kept = KeptValues(state_folder() / "runbooks.json")
        pane = self._tabs.session
        tab = pane.caption if pane is not None and pane.state is PaneState.PROMPT else ""
        hosts = len(self._fan_out.marked)
        form = RunbookForm(forms, script, kept.of(script.runbook.path), tab=tab, hosts=hosts)

        def closed(where: str | None) -> None:
            if where is None:
                return
            with contextlib.suppress(PstuiError, OSError):  # values that cannot be kept are typed again
                kept.keep(script.runbook.path, form.texts)
            self._ask_secrets(form.call, where, pane)

        self._screen.app.push_screen(form, closed)

    def _ask_secrets(self, call: RunbookCall, where: str, pane: Pane | None) -> None:
        from pstui.tui.runbooks.screens import SecretsScreen

        if not any(one.field.is_secret for one in call.given):
            self._run(call.with_values(), where, pane)
            return

        def closed(ready: RunbookCall | None) -> None:
            if ready is not None:
                self._run(ready, where, pane)

        self._screen.app.push_screen(SecretsScreen(call, self._context.vault), closed)

    def _run(self, call: RunbookCall, where: str, pane: Pane | None) -> None:
        """Run a runbook in the tab for which its form was filled, or on the marked hosts."""
        if where == "hosts":
            self._fan_out.open(self._fan_out.marked, call)
        elif pane is None or pane not in self._tabs.panes or not pane.conversation.submit_script(call.script):
            self._say("The runbook was not run: no session waits at its prompt in that tab any more.")
        else:
            self._tabs.bring_to_front(pane)
            pane.transcript.scroll_to_end()
            pane.focus_main()

    def _say(self, text: str) -> None:
        self._screen.app.notify(text, severity="warning", markup=False)
