"""Saving what the connection dialog holds as a profile."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from pstui.backends.binding.codec import read
from pstui.backends.binding.connections import profile_connection
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.connection import ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError, PstuiError
from pstui.tui.dialogs.connect_draft import SESSION_OPTION, Draft
from pstui.tui.dialogs.fields import DialogInput, Verb
from pstui.tui.plain import plain_lines
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.vault import in_thread
from pstui.tui.workspace.context import AppContext
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

#: what a profile of the loopback says, since a profile must name its target
_LOOPBACK = ["pwsh", "-s", "-NoLogo", "-NoProfile"]


class NameTaken(PstuiError):
    """A profile of that name exists; asking again replaces it."""


class SaveRow(Vertical):
    """The row that asks for a profile's name and group."""

    class Wanted(Message):
        """Save it under this name; ``replace`` after the name was found to be taken."""

        def __init__(self, name: str, group: str, *, connect: bool, replace: bool) -> None:
            super().__init__()
            self.name, self.group, self.connect, self.replace = name, group, connect, replace

    def __init__(self) -> None:
        super().__init__(id="save-row")
        self.name_input = DialogInput(placeholder="name", id="save-name")
        self.group_input = DialogInput(placeholder="such as Lab/A", id="save-group")
        self._said = Static(classes="said", markup=False)
        self._taken = ""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("Save as ", classes="label", markup=False)
            yield self.name_input
            yield Static(" Group ", classes="label", markup=False)
            yield self.group_input
            yield Verb("save_it", "Save")
            yield Verb("save_and_connect", "Save and connect")
        yield self._said

    def open(self, draft: Draft) -> None:
        """Ask, with a name that fits."""
        self.display = True
        self._said.display = False
        self._taken = ""
        if not self.name_input.value:
            self.name_input.value = suggested(draft)
            self.name_input.cursor_position = len(self.name_input.value)
        self.screen.set_focus(self.name_input)

    def close(self) -> None:
        """Hide the row."""
        self.display = False

    @property
    def has_keys(self) -> bool:
        """Whether a name or group is being typed."""
        return self.display and self.screen.focused in (self.name_input, self.group_input)

    def say(self, error: PstuiError) -> None:
        """Say why it was not saved."""
        self._taken = self.name_input.value.strip() if isinstance(error, NameTaken) else ""
        self._said.display = True
        self._said.update(Content(plain_lines("✗ " + error.text())))

    def on_verb_pressed(self, event: Verb.Pressed) -> None:
        """One of the two ways to save."""
        event.stop()
        self.confirm(connect=event.verb.action == "save_and_connect")

    def confirm(self, *, connect: bool = False) -> None:
        """Ask for the saving."""
        name = self.name_input.value.strip()
        if not name:
            self.say(CallError("A profile needs a name"))
            return
        self.post_message(
            self.Wanted(name, self.group_input.value.strip(), connect=connect, replace=name == self._taken)
        )


def suggested(draft: Draft) -> str:
    """Return a name for the profile of a draft."""
    for one in (draft.parameter_set, *ParameterSet.opening()):
        if not one.computer_name and (text := draft.text(one.target)):
            return _short_name((text.partition("://")[2] or text).rpartition("@")[2].partition("/")[0])
    return "demo" if draft.parameter_set is ParameterSet.DEMO else "local"


def _short_name(host: str) -> str:
    """Return the first label of a host's name without its port; an address is kept whole."""
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host.partition("%")[0])).replace(":", "-")
    except ValueError:
        return host.partition(".")[0]


async def save(context: AppContext, draft: Draft, name: str, group: str, *, replace: bool) -> str:
    """Write the profile and return what to say. Raises PstuiError; NameTaken where one of that name exists."""
    book = context.book
    if book is None:
        raise CallError("This window has no profile file", hint="Start pstui with a profile file to save to.")
    kind = draft.parameter_set.kind
    if book.table(kind, name) and not replace:
        raise NameTaken(f"There is a {kind} named {name} already", "", "Enter once more replaces it.")
    draft.connection(context.bind_context(), credentials=context.credential)
    table = profile_keys(draft, context)
    changes: list[Change] = []
    for key, user in _credentials(table).items():
        known, made = _reference(context, user)
        changes.extend(made)
        if key == "credential":
            table[key] = known
        else:
            table["session_option"] = {**table["session_option"], key: known}
    if group:
        table["group"] = group
    old = book.table(kind, name)
    table |= {key: old[key] for key in ("group", "tags", "color", "note", "pinned") if key in old and key not in table}
    users = {change.name: PSCredential(str((change.values or {}).get("user_name"))) for change in changes}
    profile_connection(kind, name, table, lambda each: users.get(each) or context.credential(each), book.defaults)
    changes.append(Change(kind, name, table, new=not replace))
    await in_thread(lambda: book.apply(changes, f"saving {name}"))
    return f"✓ {name} was saved to {book.path}."


def profile_keys(draft: Draft, context: AppContext) -> dict[str, Any]:
    """Return the keys of a draft's profile, as they were typed; a credential is its user name still."""
    table: dict[str, Any] = {}
    for name, item in draft.fields():
        text = draft.text(name)
        if not text or item.fixed:
            continue
        value = _toml(item, text, context)
        if value is None or value is False:
            continue
        if name.startswith(SESSION_OPTION):
            table.setdefault("session_option", {})[item.key] = value
        else:
            table[item.key] = value
    match draft.parameter_set:
        case ParameterSet.DEMO:
            table["demo"] = True
        case ParameterSet.PROCESS:
            table.setdefault("command", _LOOPBACK)
        case ParameterSet.URI:
            table.setdefault("connection_uri", "http://localhost:5985/WSMAN")
    return table


def _toml(item: Option, text: str, context: AppContext) -> Any:
    if item.kind in (OptionKind.CREDENTIAL, OptionKind.PATH, OptionKind.GUID, OptionKind.URI, OptionKind.TEXT):
        return text
    value = read(item, text, context.credential)
    return list(value) if isinstance(value, tuple) else value


def _credentials(table: dict[str, Any]) -> dict[str, str]:
    found = {"credential": str(table["credential"])} if "credential" in table else {}
    proxy = table.get("session_option", {}).get("proxy_credential")
    return {**found, "proxy_credential": str(proxy)} if proxy else found


def _reference(context: AppContext, user: str) -> tuple[str, list[Change]]:
    """Return the name of the [credentials] table for a user, and the change that makes it where there is none."""
    assert context.book is not None
    known = context.book.profiles.configuration.credentials
    if user in known:
        return user, []
    for name, table in known.items():
        if str(table.get("user_name", name)).casefold() == user.casefold():
            return name, []
    plain = user.rpartition("\\")[2].partition("@")[0] or user
    name, number = plain, 2
    while name in known:
        name, number = f"{plain}-{number}", number + 1
    return name, [Change("credentials", name, {"user_name": user, "password": {"prompt": True}})]
