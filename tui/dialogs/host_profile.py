"""What a host is known as: the name, group, tags, colour and note that a profile has besides its connection.

``save`` writes what the form of a host holds as a profile. What a person did not touch stays in the file as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from pstui.backends.binding.codec import read
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.parameters import TARGET_KEYS, set_of_keys
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.connection import ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.threads import in_thread
from pstui.config.schema import COMMON_FIELDS
from pstui.tui.dialogs.connect_draft import SESSION_OPTION, Draft, FieldProblem
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.pane_settings import is_color
from pstui.tui.profiles.schema import shown, value_of
from pstui.tui.workspace.context import AppContext

#: comes before the names of these fields among the texts of a draft
KNOWN = "Known."
NAME = Option("Name", OptionKind.TEXT, "What the sidebar and the command line call it.")
#: the fields of the group, in their order
KNOWN_AS = (
    NAME,
    Option("Group", OptionKind.TEXT, "Its place in the sidebar, such as Production/Web."),
    Option("Tags", OptionKind.TEXT, "Words to filter by, separated by commas."),
    Option("Color", OptionKind.TEXT, "The colour of its tab: a name such as red, or #rrggbb."),
    Option("Note", OptionKind.TEXT, "A remark of your own."),
    Option(
        "Guard",
        OptionKind.CHOICE,
        "confirm holds lines that remove, stop, set …; read all that do not read. It protects from slips, not malice.",
        choices=("confirm", "read", "off"),
    ),
)
#: what a profile of the loopback says, since a profile must name its target
_LOOPBACK = ["pwsh", "-s", "-NoLogo", "-NoProfile"]


class NameTaken(PstuiError):
    """A profile of that name exists; saving once more replaces it."""


@dataclass
class Known:
    """The profile that a form is about. ``name`` is empty for a new one; ``values`` are the keys that it has."""

    kind: str = "host"
    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameter_set(self) -> ParameterSet | None:
        """The set of its keys; None where they name no target."""
        return next(iter(set_of_keys(self.values)), None)

    def draft(self, parameter_set: ParameterSet, name: str = "") -> Draft:
        """Return its keys as texts; ``name`` is proposed for a new one."""
        draft = Draft.of_table(parameter_set, self.values)
        for item in KNOWN_AS[1:]:
            if item.key in self.values:
                draft.texts[KNOWN + item.name] = shown(self.values[item.key], COMMON_FIELDS[item.key])
        draft.texts[KNOWN + NAME.name] = self.name or name
        return draft


def free_name(book: ProfileBook, like: str) -> str:
    """Return a name that no profile has: ``like``, or that with a number."""
    names = {name for table in book.profiles.tables.values() for name in table}
    return next(name for name in (like, *(f"{like}-{n}" for n in range(2, 10_000))) if name not in names)


def new_known(context: AppContext, like: str) -> str:
    """Return the name to propose for a profile that is like another."""
    return free_name(context.book, like) if like and context.book is not None else like


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


def passed_down(context: AppContext, draft: Draft, known: Known) -> tuple[Draft, dict[str, str]]:
    """Return a draft with what groups pass down in its empty fields, and for each of those what and whence it is.

    ``known`` is the profile as it is saved: an empty text there takes something back.
    """
    group = draft.text(KNOWN + KNOWN_AS[1].name)
    if context.book is None or not group or not context.book.profiles.groups:
        return draft, {}
    own: dict[str, Any] = {"group": group, "session_option": {}}
    for name, item in draft.fields():
        if (text := draft.text(name)) or known.values.get(item.key) == "":
            place = own["session_option"] if name.startswith(SESSION_OPTION) else own
            place[item.key] = text
    for item in KNOWN_AS[2:]:
        if draft.text(KNOWN + item.name):
            own[item.key] = draft.text(KNOWN + item.name)
    found = context.book.profiles.groups.inherited(own)
    texts = dict(Draft.of_table(draft.parameter_set, found.values).texts)
    for item in KNOWN_AS:
        if item.key in found.sources:
            texts[KNOWN + item.name] = shown(found.values[item.key], COMMON_FIELDS[item.key])
    asides = {}
    for name, item in (*draft.fields(), *((KNOWN + each.name, each) for each in KNOWN_AS)):
        key = f"session_option.{item.key}" if name.startswith(SESSION_OPTION) else item.key
        if key in found.sources and texts.get(name):
            asides[name] = f"{texts[name]}, from {found.sources[key]}"
    return Draft(draft.parameter_set, {**draft.texts, **{name: texts[name] for name in asides}}), asides


def known_problems(draft: Draft) -> dict[str, FieldProblem]:
    """Return what is wrong with the fields of the group, by their names."""
    found: dict[str, FieldProblem] = {}
    for item in KNOWN_AS[1:]:
        name, text = KNOWN + item.name, draft.text(KNOWN + item.name)
        if item is KNOWN_AS[3] and text and not is_color(text):
            found[name] = FieldProblem(name, "this is not a colour.", "Write a name such as red, or #rrggbb.")
    return found


async def save(context: AppContext, draft: Draft, known: Known, *, replace: bool = False) -> Known:
    """Write the profile and return it as it is then. Raises PstuiError; NameTaken where another has its name."""
    book, name, kind = context.book, draft.text(KNOWN + NAME.name), draft.parameter_set.kind
    if book is None:
        raise CallError("This window has no profile file", hint="Start pstui with a profile file to save to.")
    if not name:
        raise FieldProblem(KNOWN + NAME.name, "A profile needs a name.")
    is_other = (kind, name) != (known.kind, known.name)
    if is_other and book.table(kind, name) and not replace:
        raise NameTaken(f"There is a {kind} named {name} already", "", "Saving once more replaces it.")
    if wrong := known_problems(draft):
        raise next(iter(wrong.values()))
    passed_down(context, draft, known)[0].connection(context.bind_context(), credentials=context.credential)
    table, changes = _table(context, draft, known)
    users = {change.name: PSCredential(str((change.values or {}).get("user_name"))) for change in changes}
    keys = book.keys_passed_down(table)
    profile_connection(kind, name, keys, lambda each: users.get(each) or context.credential(each), book.defaults)
    old = known.name if not (is_other and replace) else ""
    if old:
        changes.append(Change(kind, name, table, old, known.values))
    else:
        changes.append(Change(kind, name, table, new=not replace))
    said = f"{name} saved"
    if (forms := context.forms()) is not None:
        await forms.write(changes, said)
    else:
        await in_thread(lambda: book.apply(changes, said))
    return Known(kind, name, dict(book.table(kind, name)))


def _table(context: AppContext, draft: Draft, known: Known) -> tuple[dict[str, Any], list[Change]]:
    """Return the keys of the profile, and the changes that make the credentials it names where there are none."""
    changes: list[Change] = []
    old = known.draft(draft.parameter_set) if known.values else Draft(draft.parameter_set)
    table = profile_keys(draft, context, old, known.values)
    for key, user in _credentials(table).items():
        named, made = _reference(context, user)
        changes.extend(made)
        if key == "credential":
            table[key] = named
        else:
            table["session_option"] = {**table["session_option"], key: named}
    for item in KNOWN_AS[1:]:
        text = draft.text(KNOWN + item.name)
        if text:
            table[item.key] = value_of(text, COMMON_FIELDS[item.key])[0]
    mine = {item.key for _, item in draft.fields()} | {item.key for item in KNOWN_AS} | {"session_option"}
    unseen = {
        key: value for key, value in known.values.items() if key not in mine and (known.name or key not in TARGET_KEYS)
    }
    if draft.parameter_set is not known.parameter_set:
        unseen = {key: value for key, value in unseen.items() if key not in TARGET_KEYS}
    order = [key for key in known.values if key in table]
    return {**{key: table[key] for key in order}, **table, **unseen}, changes


def profile_keys(
    draft: Draft, context: AppContext, old: Draft | None = None, values: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the keys of a draft's connection, as they were typed; a credential is its user name still.

    What says the same as in ``old`` keeps the value that it has in ``values``.
    """
    table: dict[str, Any] = {}
    had: Mapping[str, Any] = values or {}
    options = had.get("session_option") if isinstance(had.get("session_option"), Mapping) else {}
    for name, item in draft.fields():
        text = draft.text(name)
        inside = name.startswith(SESSION_OPTION)
        place: Mapping[str, Any] = (options or {}) if inside else had
        same = old is not None and old.text(name) == text and item.key in place
        if item.fixed or not (text or same):
            continue
        value = place[item.key] if same else _toml(item, text, context)
        if value is None:
            continue
        if inside:
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
