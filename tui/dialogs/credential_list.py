"""The list of [credentials]: the account of each, where its password comes from, which profiles use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pstui.backends.errors import PstuiError
from pstui.tui.cut import column
from pstui.tui.dialogs.credential_form import CredentialForm, source_of
from pstui.tui.dialogs.fields import PickList
from pstui.tui.dialogs.single_form import SingleForm
from pstui.tui.dialogs.table_form import FormContext
from pstui.tui.dialogs.verb_list import VerbList
from pstui.tui.once import Once
from pstui.tui.plain import plain, plain_lines
from pstui.tui.profiles.edits import Change
from textual.content import Content

_NEEDING = ("edit", "delete")
#: columns of name, account and source, which fit 80 columns together
_NARROW = (14, 21, 23)
_WIDE = (18, 28, 34)


class CredentialsScreen(VerbList):
    """The list. Closed by Esc."""

    TITLE_TEXT, BOX, ROWS = "Credentials", "credentials-box", "credential-rows"
    FIRST, LAST = "edit", "delete"
    VERBS: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("Enter", "edit", "Edit"),
        ("a", "add", "Add"),
        ("d", "delete", "Delete"),
        ("u", "undo", "Undo"),
        ("f", "defaults", "Defaults"),
        ("s", "settings", "Settings"),
    )

    def __init__(self, context: FormContext) -> None:
        super().__init__(empty="No credentials yet. a adds one.")
        self.context = context
        self._names: list[str] = []
        self._once = Once()

    def on_mount(self) -> None:
        """List them."""
        self.show()
        self.set_focus(self.list)

    def on_resize(self) -> None:
        """Give the columns the room there is."""
        self.show(self.chosen)

    def show(self, chosen: str = "") -> None:
        """List them again, the cursor on ``chosen`` where that is one of them."""
        book = self.context.book
        self._names = list(book.credentials)
        widths = _NARROW if self.size.width < 100 else _WIDE
        head = _row(widths, "Name", "Account", "Password from", "Used by")
        self.captions.say(Content.styled(f"  {head}", "$calm"))
        rows = []
        for name, table in book.credentials.items():
            kind, text = source_of(table)
            users = len(book.users_of(name))
            used = f"{users} profile{'' if users == 1 else 's'}" if users else "none"
            rows.append(_row(widths, name, str(table.get("user_name", name)), f"{kind} {text}".strip(), used))
        self.list.put_rows(rows)
        if chosen in self._names:
            self.list.put(self._names.index(chosen))
        for action, verb in self.verbs.items():
            verb.allow("" if self._names or action not in _NEEDING else "No credentials yet.")
        self._say(
            "Profiles name a credential by its name. The file says where a password comes from and never holds it."
        )

    @property
    def chosen(self) -> str:
        """The credential that the verbs are about, empty while there is none."""
        index = self.list.index
        return self._names[index] if 0 <= index < len(self._names) else ""

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.message.say(Content(plain_lines(f"! {text}")) if wrong else Content.styled(plain_lines(text), "$calm"))

    # -- keys -------------------------------------------------------------------------------------------------

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Another credential: nothing is said of the one before."""
        event.stop()
        self._say("")

    def do(self, action: str) -> None:
        """Do what a verb says, or say why not."""
        if why := self.verbs[action].why_not:
            self._say(why, wrong=True)
            return
        match action:
            case "edit" | "add":
                form = CredentialForm(self.context, self.chosen if action == "edit" else "")
                self.app.push_screen(form, self._edited)
            case "defaults" | "settings":
                self.app.push_screen(SingleForm(self.context, action))
            case "delete" if self._once.begin(self):
                self.run_worker(self._delete(self.chosen), group="credentials")
            case "undo":
                self.run_worker(self._undo(), group="credentials")

    def _edited(self, name: str | None) -> None:
        self.show(name or self.chosen)

    async def _delete(self, name: str) -> None:
        happened = False
        try:
            happened = await self._try_delete(name)
        finally:
            self._once.ended(happened=happened)

    async def _try_delete(self, name: str) -> bool:
        users = self.context.book.users_of(name)
        if users:
            others = f" and {len(users) - 3} more" if len(users) > 3 else ""
            named = ", ".join(user for _, user in users[:3])
            self._say(f"{name} is used by {named}{others}: give them another one first.", wrong=True)
            return False
        try:
            await self.context.write([Change("credentials", name, None)], f"credential {name} deleted")
        except PstuiError as error:
            self._say(error.text(), wrong=True)
            return False
        self.context.forget(name)
        self.show()
        self._say(f"{name} was deleted. u undoes it.")
        return True

    async def _undo(self) -> None:
        try:
            said = await self.context.undo()
        except PstuiError as error:
            self._say(error.text(), wrong=True)
            return
        self.show(self.chosen)
        self._say(f"Taken back: {said}" if said else "There is nothing to undo.")


def _row(widths: Sequence[int], *cells: str) -> str:
    parts = [column(plain(cell), width) for cell, width in zip(cells, widths, strict=False)]
    return " ".join([*parts, *cells[len(widths) :]])
