"""Writes docs/profile-keys.md: every key of the profile file with an example, from the declarations in the code.

    .venv/bin/python -m tests.profile_table

``tests/house/test_pages.py`` compares the page, and reads each example as a profile file would be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pstui.backends.binding.declaration import Option
from pstui.backends.binding.parameters import profile_options_of
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.connection import ParameterSet
from pstui.config.schema import COMMON_FIELDS, Field, Kind
from pstui.tui.dialogs.host_profile import KNOWN_AS
from pstui.tui.dialogs.single_form import setting_items
from pstui.tui.profiles.schema import schema

from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "profile-keys.md"
_HEAD = """\
# Keys of the profile file

Every key that a [profile file](profiles.md) may hold. This page is written by `python -m tests.profile_table` from the
declarations that the form, the command line and the reader of the file are made of. A key is PowerShell's parameter in
small letters: `use_ssl` is `-UseSSL`. Keys marked with ◆ are pstui's own.

A profile has exactly one of the keys that say where it leads; they head the tables below. `pstui --check` names
whatever is not right.
"""
#: an example of each key, as it is written in TOML; a choice and a switch have one by themselves
EXAMPLES: Mapping[str, str] = {
    # where a profile leads
    "computer_name": '"web1.contoso.com"',
    "host_name": '"admin@db.contoso.com:2222"',
    "connection_uri": '"https://web2.contoso.com:5986/wsman"',
    "vm_name": '"win11"',
    "vm_id": '"5f0c1a6e-0d52-4a8f-9d0a-7c2f1f8a3b10"',
    "container_id": '"api"',
    "command": '["pwsh", "-s", "-NoLogo", "-NoProfile"]',
    "process_id": "4711",
    "demo_home": '"~/demo/web1"',
    # who signs in, and how
    "credential": '"admin"',
    "user_name": '"deploy"',
    "authentication": '"Negotiate"',
    "certificate_thumbprint": '"0123456789ABCDEF0123456789ABCDEF01234567"',
    "certificate_files": '["~/certificates"]',
    "key_file_path": '"~/.ssh/id_ed25519"',
    "password": '{ keyring = "pstui/admin" }',
    "realms": '{ CONTOSO = "CONTOSO.EXAMPLE" }',
    "trusted_hosts": '["*.lab", "10.0.0.7"]',
    # the way
    "port": "2222",
    "subsystem": '"powershell"',
    "configuration_name": '"Microsoft.PowerShell"',
    "application_name": '"wsman"',
    "connecting_timeout": "15000",
    "options": '{ ProxyJump = "bastion" }',
    "engine": '"podman"',
    "forwards": '["local 8080 intranet:80", "socks 1080"]',
    "ssh_config": '"~/customer/ssh_config"',
    "via": '"gate"',
    "session_option": "{ operation_timeout = 60000 }",
    "max_envelope_size_kb": "150",
    "max_retry_time": "60000",
    "receive_timeout": "10000",
    "engine_context": '"desktop-linux"',
    "engine_url": '"ssh://root@build"',
    "shell": '["/opt/pwsh/pwsh"]',
    "libvirt_uri": '"qemu+ssh://root@host/system"',
    "guest_port": "2222",
    "discover": '["cluster", "nodes"]',
    # the session
    "width": "120",
    # what a profile is known as
    "group": '"Production/SQL"',
    "tags": '["sql", "prod"]',
    "color": '"red"',
    "note": '"through the bastion"',
    # settings
    "theme": '"nord"',
    "scrollback": "20000",
    "tell_after": "60",
    "guard_hold": '["kubectl", "Update"]',
    "guard_pass": '["Set-Content", "Clear-*"]',
    "log": '"logs/{host}/{date}-{time}"',
    "log_days": "90",
    "log_megabytes": "1024",
    "runbooks": '["~/team/runbooks"]',
    # inventories
    "ansible": '"~/ansible/hosts.yml"',
    "csv": '"hosts.csv"',
    "refresh": "600",
    # session options
    "maximum_connection_redirection_count": "3",
    "culture": '"de-DE"',
    "ui_culture": '"en-US"',
    "maximum_received_data_size_per_command": "52428800",
    "maximum_received_object_size": "10485760",
    "max_connection_retry_count": "2",
    "application_arguments": '{ ticket = "4711" }',
    "open_timeout": "30000",
    "cancel_timeout": "30000",
    "idle_timeout": "3600000",
    "operation_timeout": "60000",
    "proxy_credential": '"proxy"',
}
#: switches that say what they say by being there
FIXED = ("ssh_transport", "demo")
#: what each key says for which the code has no words: those that stand in no form
_SAID = {
    "pinned": "Stands at the top of the sidebar; p there does it.",
    "guard": "Holds lines that change something (confirm), or lets only reading ones through (read).",
    "user_name": "The account, as the far end writes it.",
    "tags": "Words to filter and to choose by.",
    "ansible": "What ansible-inventory takes with -i; of several a list.",
    "csv": "A CSV file whose first row names the columns.",
    "ssh_config": "An ssh_config whose hosts are listed.",
    "refresh": "Seconds until it is read again.",
    "password": "Where the password comes from; never the password itself.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One key of the table ``table``: ``field`` is what its value may be, ``empty`` what holds without it.

    ``lead`` is the key beside it that says where the profile leads, empty where none is needed.
    """

    table: str
    key: str
    field: Field
    says: str
    empty: str = ""
    own: bool = False
    lead: str = ""
    #: its example where the key has another one than in other tables
    value: str = ""

    @property
    def example(self) -> str:
        """The key with a value, as in the file. Raises KeyError where ``EXAMPLES`` has none."""
        if self.field.kind is Kind.SWITCH:
            return f"{self.key} = {'false' if self.empty in ('on', 'yes') and self.key not in FIXED else 'true'}"
        if self.key not in EXAMPLES and self.field.kind is Kind.CHOICE:
            return f'{self.key} = "{self.field.choices[-1]}"'
        return f"{self.key} = {self.value or EXAMPLES[self.key]}"

    @property
    def file(self) -> str:
        """A profile file that holds the example."""
        lead = f"{self.lead} = {EXAMPLES.get(self.lead, 'true')}\n" if self.lead else ""
        return f"[{self.table}]\n{lead}{self.example}\n"

    @property
    def line(self) -> str:
        """The key as a row of the page."""
        name = f"`{self.key}`{' ◆' if self.own else ''}"
        cells = (name, _value(self.field), self.says.replace("<", "&lt;"), self.empty, f"`{self.example}`")
        return " | ".join(("", *(cell.replace("|", "\\|") for cell in cells), "")).strip()


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the page."""

    title: str
    words: str
    rows: tuple[Row, ...]


def _value(field: Field) -> str:
    match field.kind:
        case Kind.CHOICE:
            return "one of " + ", ".join(field.choices)
        case Kind.INTEGER if field.minimum is not None and field.minimum > -(1 << 31):
            return f"whole number from {field.minimum}" + (f" to {field.maximum}" if field.maximum else "")
        case Kind.CREDENTIAL:
            return "name of a credential"
        case Kind.LIST if field.one_or_many:
            return "a text, or a list of texts"
    return str(field.kind.value)


def _of_option(table: str, option: Option, field: Field, note: str = "", lead: str = "") -> Row:
    parts = (option.help, f"In {option.unit}." if option.unit else "", option.caution, note)
    says = " ".join(part for part in parts if part)
    return Row(table, option.key, field, says, option.default_text, option.own, lead)


#: the ways there, each with its sets: the head of its table, and the table that its profiles stand in
_WAYS: tuple[tuple[str, str, tuple[ParameterSet, ...]], ...] = (
    ("SSH", "hosts.db", (ParameterSet.SSH_HOST,)),
    ("WinRM", "hosts.web1", (ParameterSet.COMPUTER_NAME, ParameterSet.URI)),
    ("Containers", "containers.api", (ParameterSet.CONTAINER_ID,)),
    ("Virtual machines", "vms.win11", (ParameterSet.VM_NAME, ParameterSet.VM_ID)),
    ("Programs and processes of this computer", "hosts.here", (ParameterSet.PROCESS, ParameterSet.HOST_PROCESS)),
    ("Demo", "hosts.try", (ParameterSet.DEMO,)),
)


def sections() -> tuple[Section, ...]:
    """Return the tables of the page."""
    return (*(_way(*way) for way in _WAYS), *_others())


def _common() -> set[str]:
    """Return the options that every kind of profile has."""
    return set.intersection(*({each.key for each in profile_options_of(one)} for one in ParameterSet.opening()))


def _way(title: str, table: str, sets: tuple[ParameterSet, ...]) -> Section:
    fields, common = schema().named[table.partition(".")[0]], _common()
    rows: dict[str, Row] = {}
    for one in sets:
        for each in profile_options_of(one):
            is_target = each.name == one.target
            if each.key in common or (each.key in rows and not is_target):
                continue
            alone = len(sets) > 1 and not is_target and not all(each.key in _keys(other) for other in sets)
            target = next(each for each in profile_options_of(one) if each.name == one.target).key
            note = f"With `{target}` alone." if alone else ""
            lead = "" if is_target else target
            rows[each.key] = _of_option(table, each.within(one), fields[each.key], note, lead)
    ordered = sorted(rows.values(), key=lambda row: bool(row.lead))
    return Section(title, f"In `[{table.partition('.')[0]}.NAME]`.", tuple(ordered))


def _keys(one: ParameterSet) -> set[str]:
    return {each.key for each in profile_options_of(one)}


def _others() -> Iterator[Section]:
    shape = schema()
    known = {option.key: option for option in KNOWN_AS}
    empty = {"pinned": "no", "guard": "off"}
    rows = [
        Row("hosts.db", key, field, _SAID.get(key) or known[key].help, empty.get(key, ""), lead="host_name")
        for key, field in COMMON_FIELDS.items()
    ]
    every = [each for each in profile_options_of(ParameterSet.SSH_HOST) if each.key in _common()]
    rows += [_of_option("hosts.db", each, shape.named["hosts"][each.key], lead="host_name") for each in every]
    yield Section(
        "Every profile",
        'These go with each kind above. `[groups."PATH"]` takes all of this page up to here but `group` and where a\n'
        "profile leads, and passes it down; `[defaults]` takes what says something of a connection.",
        tuple(rows),
    )
    inside = shape.single["defaults"]["session_option"].fields
    yield Section(
        "Session options",
        "In `session_option`, over WinRM: the properties of `New-PSSessionOption`.",
        tuple(_of_option("defaults.session_option", each, inside[each.key]) for each in SESSION_OPTIONS),
    )
    yield Section(
        "Credentials",
        'In `[credentials.NAME]`. The source of a password is one of `{ keyring = "pstui/admin" }`,\n'
        '`{ command = ["pass", "show", "admin"] }`, `{ env = "ADMIN_PASSWORD" }` and `{ prompt = true }`.',
        tuple(Row("credentials.admin", key, field, _SAID[key]) for key, field in shape.named["credentials"].items()),
    )
    yield Section(
        "Inventories",
        "In `[inventory.NAME]`, with exactly one of the first four: [inventories](inventory.md).",
        tuple(_inventory(key, field) for key, field in shape.named["inventory"].items()),
    )
    yield Section(
        "Tags",
        "In `[tags.NAME]`, for whatever has the tag. Of several guards the strictest counts.",
        tuple(replace(row, table="tags.prod", lead="") for row in rows if row.key in shape.named["tags"]),
    )
    yield Section(
        "Settings",
        "In `[settings]`: of pstui itself. `Ctrl+] ,` edits them.",
        tuple(Row("settings", item.key, item.field, item.help, item.empty) for item in setting_items()),
    )


def _inventory(key: str, field: Field) -> Row:
    said = {"command": "A program that prints JSON.", "credential": "The account for every host of it."}
    is_source = key in schema().targets["inventory"]
    value = '["cmdb", "export", "--json"]' if key == "command" else ""
    empty, lead = "300" if key == "refresh" else "", "" if is_source else "csv"
    return Row("inventory.estate", key, field, said.get(key) or _SAID[key], empty, lead=lead, value=value)


def page() -> str:
    """Return the page."""
    head = ("| key | value | what it says | without it | example |", "| --- | --- | --- | --- | --- |")
    parts = [_HEAD]
    for section in sections():
        lines = "\n".join((*head, *(row.line for row in section.rows)))
        parts += [f"## {section.title}", section.words, lines]
    parts.append("The keys of `[keys]` are on the page of [keys](keys.md). Next: [many machines](many.md).")
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
