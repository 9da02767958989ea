"""Hosts of ssh_config, mRemoteNG and RDCMan: what is read, what is refused, and that no password is taken over."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pstui.backends.binding.context import BindContext
from pstui.backends.binding.profile_connections import profile_connection
from pstui.config.importing.exports import parse
from pstui.config.importing.model import Imported
from pstui.config.problems import ConfigError
from pstui.tui.dialogs.import_hosts import ImportScreen
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.importing import candidates, changes
from pstui.tui.profiles.importing import read_file as read_hosts
from pstui.tui.profiles.reading import TABLES, read

from tests.support.parts import requires
from tests.support.pilot import screen
from tests.support.stand_in import StandInManager

MREMOTENG = """\
<?xml version="1.0" encoding="utf-8"?>
<mrng:Connections xmlns:mrng="http://mremoteng.org" Name="Connections" FullFileEncryption="false"
    Protected="c2VjcmV0" ConfVersion="2.6">
  <Node Name="Prod/EU" Type="Container" Username="admin" Domain="CONTOSO" Password="HIDDEN1" Protocol="RDP">
    <Node Name="web1" Type="Connection" Descr="the front" Hostname="web1.contoso.com" Protocol="RDP" Port="3389"
        Password="HIDDEN2" InheritUsername="true" InheritDomain="true" />
    <Node Name="Linux" Type="Container" Username="root" Protocol="SSH2">
      <Node Name="db" Type="Connection" Hostname="db" Port="2222" Username="x" Protocol="VNC"
          InheritUsername="True" InheritProtocol="True" />
    </Node>
    <Node Name="screen" Type="Connection" Hostname="screen" Protocol="VNC" Port="5900" />
    <Node Name="odd" Type="Connection" Hostname="-oProxyCommand=x" Protocol="SSH2" Port="22" />
  </Node>
</mrng:Connections>
"""
RDCMAN = """\
<?xml version="1.0" encoding="utf-8"?>
<RDCMan programVersion="2.90" schemaVersion="3">
  <file>
    <properties><name>Work</name></properties>
    <logonCredentials inherit="None">
      <profileName scope="Local">Custom</profileName><userName>admin</userName><password>HIDDEN1</password>
      <domain>CONTOSO</domain>
    </logonCredentials>
    <group>
      <properties><name>Web</name></properties>
      <server><properties><displayName>Front</displayName><name>web1</name><comment>old</comment></properties></server>
      <server>
        <properties><name>web2</name></properties>
        <logonCredentials inherit="None"><userName>local</userName><password>HIDDEN2</password></logonCredentials>
      </server>
      <server><properties><name>vm</name><connectionType>VirtualMachineConsoleConnect</connectionType></properties>
      </server>
    </group>
  </file>
</RDCMan>
"""
SSH_CONFIG = """\
# mine
Host bastion
    HostName 10.0.0.1
    User jump
Host db db2
    HostName db.example.com
    Port 2222
    ProxyJump bastion
    IdentityFile ~/.ssh/db
Host *.lab !x
    User nobody
Match user root
    Port 99
"""


EVERY_FILE = BindContext(exists=lambda path: True)


def written(tmp_path: Path, text: str | bytes, name: str = "export.xml") -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def hosts(imported: Imported) -> dict[str, tuple[str, dict[str, object], str]]:
    return {host.name: (host.group, dict(host.values), host.user_name) for host in imported.hosts if not host.skipped}


def test_mremoteng_containers_become_groups_and_what_is_inherited_is_found(tmp_path: Path) -> None:
    imported = read_hosts(written(tmp_path, MREMOTENG))
    assert imported.program == "mRemoteNG"
    assert hosts(imported) == {
        "web1": ("Prod-EU", {"computer_name": "web1.contoso.com", "note": "the front"}, "CONTOSO\\admin"),
        "db": ("Prod-EU/Linux", {"host_name": "db", "user_name": "root", "port": 2222}, ""),
    }
    skipped = {host.name: host.skipped for host in imported.hosts if host.skipped}
    assert skipped == {"screen": "VNC does not lead to PowerShell", "odd": "it names no computer"}


def mremoteng(*nodes: str) -> str:
    return f'<Connections ConfVersion="2.6">{"".join(nodes)}</Connections>'


@pytest.mark.parametrize(
    ("attributes", "values", "account"),
    [
        ('Protocol="PowerShell" Port="5985" Username="u" Domain="D"', {"computer_name": "h"}, "D\\u"),
        ('Protocol="PowerShell" Port="5986"', {"computer_name": "h", "use_ssl": True}, ""),
        ('Protocol="WinRM" Port="8080"', {"computer_name": "h", "port": 8080}, ""),
        ('Protocol="RDP" Port="3389"', {"computer_name": "h"}, ""),
        ('Protocol="SSH1" Port="22" Username="u"', {"host_name": "h", "user_name": "u"}, ""),
        ('Protocol="SSH2" Port="99999"', {"host_name": "h"}, ""),
        ('Protocol="RDP" UseVmId="True"', None, ""),
        ('Protocol="Telnet"', None, ""),
        ("", None, ""),
    ],
)
def test_protocols_of_mremoteng(
    tmp_path: Path, attributes: str, values: dict[str, object] | None, account: str
) -> None:
    node = f'<Node Name="n" Type="Connection" Hostname="h" {attributes} />'
    (host,) = read_hosts(written(tmp_path, mremoteng(node))).hosts
    assert (None if host.skipped else dict(host.values)) == values
    assert host.user_name == account


def test_a_container_inherits_from_the_one_above_it(tmp_path: Path) -> None:
    leaf = '<Node Name="n" Type="Connection" Hostname="h" InheritUsername="true" InheritProtocol="true" />'
    inner = f'<Node Name="In" Type="Container" Username="x" Protocol="RDP" InheritUsername="true">{leaf}</Node>'
    outer = f'<Node Name="Out" Type="Container" Username="top" Protocol="SSH2">{inner}</Node>'
    (host,) = read_hosts(written(tmp_path, mremoteng(outer))).hosts
    assert (host.group, host.user_name, dict(host.values)) == ("Out/In", "top", {"computer_name": "h"})


CSV = """\
Name;Id;Parent;NodeType;Description;Username;Password;Domain;Hostname;Protocol;Port;InheritUsername;InheritDomain
Prod;1;;Container;;admin;HIDDEN1;CONTOSO;;RDP;3389;False;False
web1;2;1;Connection;the front;;HIDDEN2;;web1.contoso.com;RDP;3389;True;True
db;3;1;Connection;;root;;;db;SSH2;2222;False;False
lost;4;5;Connection;;;;;lost;SSH2;22;False;False
round;6;7;Container;;;;;;;;False;False
round;7;6;Container;;;;;;;;False;False
"""


def test_the_table_that_mremoteng_exports_is_read_as_well(tmp_path: Path) -> None:
    imported = read_hosts(written(tmp_path, "\ufeff" + CSV.replace("\n", "\r\n"), "export.csv"))
    assert imported.program == "mRemoteNG"
    assert hosts(imported) == {
        "web1": ("Prod", {"computer_name": "web1.contoso.com", "note": "the front"}, "CONTOSO\\admin"),
        "db": ("Prod", {"host_name": "db", "user_name": "root", "port": 2222}, ""),
        "lost": ("", {"host_name": "lost"}, ""),
    }


def test_no_connection_of_a_table_is_lost(tmp_path: Path) -> None:
    rows = (
        "in;8;6;Connection;;;;;in;SSH2;22;False;False",
        "own;9;9;Connection;;;;;own;SSH2;22;False;False",
        "below;10;3;Connection;;;;;below;SSH2;22;False;False",
        "same;3;1;Connection;;;;;same;SSH2;22;False;False",
    )
    imported = read_hosts(written(tmp_path, CSV + "\n".join(rows), "export.csv"))
    assert [host.name for host in imported.hosts] == ["web1", "db", "same", "lost", "in", "own", "below"]


def test_a_table_that_was_saved_as_utf_16_is_read(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(CSV.replace("db;3", "dü;3").encode("utf-16"))
    assert [host.name for host in read_hosts(file).hosts] == ["web1", "dü", "lost"]


def test_a_table_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"c{n};{n};{n - 1 or ''};Container;;;;;;;;;\n" for n in range(1, 100))
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_hosts(written(tmp_path, CSV.split("\n", 1)[0] + "\n" + rows, "export.csv"))


def test_a_table_with_an_endless_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="what follows line 1 cannot be read"):
        read_hosts(written(tmp_path, CSV.split("\n", 1)[0] + "\n" + "x" * 200_000, "export.csv"))


def test_passwords_are_dropped_while_a_document_is_read() -> None:
    root = parse(b"<a Password='p1' GatewayPassword='p2'><password>p3</password><b c='d'/></a>")
    assert "p1" not in repr(root) and "p2" not in repr(root) and "p3" not in repr(root)
    assert root.children[1].attributes == {"c": "d"}


def test_log_on_profiles_of_rdcman_are_followed(tmp_path: Path) -> None:
    def logon(inside: str) -> str:
        return f'<logonCredentials inherit="None">{inside}</logonCredentials>'

    def server(name: str, inside: str = "") -> str:
        return f"<server><properties><name>{name}</name></properties>{inside}</server>"

    profile = "<profileName scope='File'>ops</profileName><userName>op</userName><domain>CORP</domain>"
    text = (
        "<RDCMan><file><credentialsProfiles><credentialsProfile>"
        f"{profile}</credentialsProfile></credentialsProfiles><properties><name>F</name></properties>"
        + logon("<profileName scope='File'>ops</profileName>")
        + server("inherits")
        + server("own", logon("<profileName>Custom</profileName><userName>me</userName><domain>[server]</domain>"))
        + server("none", logon("<profileName>missing</profileName>"))
        + server("asks", '<logonCredentials inherit="FromParent"/>')
        + "</file></RDCMan>"
    )
    found = hosts(read_hosts(written(tmp_path, text, "work.rdg")))
    accounts = {name: account for name, (_, _, account) in found.items()}
    assert accounts == {"inherits": "CORP\\op", "own": "me", "none": "", "asks": "CORP\\op"}


def test_rdcman_groups_and_log_ons_are_found(tmp_path: Path) -> None:
    imported = read_hosts(written(tmp_path, RDCMAN, "work.rdg"))
    assert imported.program == "RDCMan"
    assert hosts(imported) == {
        "Front": ("Work/Web", {"computer_name": "web1", "note": "old"}, "CONTOSO\\admin"),
        "web2": ("Work/Web", {"computer_name": "web2"}, "local"),
    }


def test_what_is_directly_below_the_root_of_mremoteng_inherits_nothing(tmp_path: Path) -> None:
    inherits = 'InheritUsername="True" InheritPort="True" InheritProtocol="True" InheritDomain="True"'
    text = mremoteng(
        f'<Node Name="top" Type="Connection" Username="root" Hostname="10.0.0.1" Protocol="SSH2" {inherits}/>',
        f'<Node Name="C" Type="Container" Username="cuser" Protocol="SSH2" Port="2222" {inherits}>'
        f'<Node Name="in" Type="Connection" Hostname="10.0.0.2" Protocol="RDP" Port="22" Inherit="True" {inherits}/>'
        "</Node>",
    )
    found = {host.name: dict(host.values) for host in read_hosts(written(tmp_path, text)).hosts}
    assert found["top"] == {"host_name": "10.0.0.1", "user_name": "root"}
    assert found["in"] == {"host_name": "10.0.0.2", "user_name": "cuser", "port": 2222}, "its own host, never another"


def test_the_ssh_tunnel_of_mremoteng_is_the_way(tmp_path: Path) -> None:
    text = mremoteng(
        '<Node Name="gate" Type="Connection" Username="me" Hostname="gate.lab" Protocol="SSH2" Port="2200"/>',
        '<Node Name="db" Type="Connection" Hostname="db" Protocol="SSH2" SSHTunnelConnectionName="gate"/>',
        '<Node Name="web" Type="Connection" Hostname="web" Protocol="WINRM" SSHTunnelConnectionName="gate"/>',
        '<Node Name="lost" Type="Connection" Hostname="lost" Protocol="SSH2" SSHTunnelConnectionName="other"/>',
    )
    found = {host.name: host for host in read_hosts(written(tmp_path, text)).hosts}
    assert found["db"].values["options"] == {"ProxyJump": "me@gate.lab:2200"}
    assert found["web"].values["via"] == "me@gate.lab:2200"
    assert found["lost"].note == "its SSH tunnel other is not in the file"


@pytest.mark.parametrize(
    ("protocol", "host", "expected"),
    [
        ("RDP", "w7:3390", {"computer_name": "w7"}),
        ("RDP", "[2001:db8::1]:3390", {"computer_name": "2001:db8::1"}),
        ("RDP", "2001:db8::1", {"computer_name": "2001:db8::1"}),
        ("WINRM", "w7:5986", {"computer_name": "w7", "use_ssl": True}),
        ("WINRM", "w7:8080", {"computer_name": "w7", "port": 8080}),
        ("SSH2", "ssh01:2222", {"host_name": "ssh01:2222"}),
    ],
)
def test_a_port_behind_a_host_is_that_of_its_protocol(
    protocol: str, host: str, expected: dict[str, object], tmp_path: Path
) -> None:
    node = (
        f'<Node Name="x" Type="Connection" Username="CORP\\bob" Domain="CORP" Hostname="{host}" Protocol="{protocol}"/>'
    )
    (found,) = read_hosts(written(tmp_path, mremoteng(node))).hosts
    assert {key: value for key, value in found.values.items() if key != "user_name"} == expected
    assert found.user_name in ("", "CORP\\bob"), "the domain is in the name already"


def test_rdcman_2_2_keeps_the_log_on_of_a_group_below_its_properties(tmp_path: Path) -> None:
    def log_on(user: str, domain: str) -> str:
        said = f"<userName>{user}</userName><domain>{domain}</domain>"
        return f'<logonCredentials inherit="None">{said}</logonCredentials>'

    def server(name: str, more: str = '<logonCredentials inherit="FromParent" />') -> str:
        return f"<server><name>{name}</name>{more}</server>"

    text = (
        '<RDCMan schemaVersion="1"><version>2.2</version><file><properties><name>estate</name>'
        f"{log_on('fileadmin', 'CORP')}</properties><group><properties><name>Lab</name>{log_on('labadmin', 'LAB')}"
        f"</properties>{server('lab01:3391')}{server('lab02', log_on('own', '[server]'))}</group>{server('top01')}"
        f"{server('twice', log_on('CORP&#92;bob', 'CORP'))}{server('mail', log_on('bob@corp.example', 'CORP'))}"
        "</file></RDCMan>"
    )
    found = {str(host.values["computer_name"]): host.user_name for host in read_hosts(written(tmp_path, text)).hosts}
    assert found == {
        "lab01": "LAB\\labadmin",
        "lab02": "own",
        "top01": "CORP\\fileadmin",
        "twice": "CORP\\bob",
        "mail": "bob@corp.example",
    }


def test_an_ssh_config_of_elsewhere_goes_on_being_read(tmp_path: Path) -> None:
    imported = read_hosts(written(tmp_path, SSH_CONFIG, "config"))
    file = str(tmp_path / "config")
    assert hosts(imported) == {
        name: ("", {"host_name": name, "ssh_config": file}, "") for name in ("bastion", "db", "db2")
    }
    assert leads(imported) == {"bastion": "10.0.0.1", "db": "db.example.com", "db2": "db.example.com"}


def leads(imported: Imported) -> dict[str, str]:
    """Return where the hosts lead to, by name."""
    return {one.name: one.note.removeprefix("leads to ") or one.name for one in imported.hosts}


def ssh_folder(home: Path, **files: str) -> Path:
    """Write ``~/.ssh`` with a configuration and files beside it; an underscore in a name stands for a slash."""
    for name, text in files.items():
        file = home / ".ssh" / name.replace("_", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return home / ".ssh" / "config"


def test_included_files_are_read_in_their_place_as_ssh_finds_them(tmp_path: Path, isolated_home: Path) -> None:
    ssh_folder(
        isolated_home,
        **{
            "parts_1.conf": "Host one\n  Port 1\nInclude parts/deep/*\n",
            "parts_2.conf": "  User second\nHost two\n  HostName %h.lan\n",
            "parts_deep_x": "User deep\n",
        },
    )
    text = "Include parts/*.conf nothing/*\nHost one two three\n  Port 99\nHost *\n  User last\n"
    imported = read_hosts(written(tmp_path, text, "config"))
    assert leads(imported) == {"one": "one", "two": "two.lan", "three": "three"}


@pytest.mark.parametrize("way", ["ssh", "reader"])
def test_what_stands_in_a_block_holds_for_its_hosts_only(
    tmp_path: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "ssh":
        requires("sshd", ("ssh",))
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    part = tmp_path / "for-a"
    part.write_text("HostName inside\nHost a b\n  HostName inside-b\n")
    text = f"""\
Host a # the first
    Include {part}
Host b
    Port 8
Match host b,c
    HostName matched
Match host d exec "touch {tmp_path}/ran" # never for a list
    HostName never
Host ?.lab *.lan !c.lan
    HostName gate
Host b.lan c.lan d
"""
    if way == "ssh":
        text = text.replace("Match host d exec", "#")
    found = leads(read_hosts(written(tmp_path, text, "config")))
    assert found == {"a": "inside", "b": "matched", "b.lan": "gate", "c.lan": "c.lan", "d": "d"}
    assert not (tmp_path / "ran").exists()


def test_no_command_of_a_foreign_file_is_run_while_it_is_looked_at(tmp_path: Path) -> None:
    requires("sshd", ("ssh",))
    text = f'Host a\n  HostName a.lan\nMatch exec "touch {tmp_path}/ran"\n  HostName never\n'
    assert leads(read_hosts(written(tmp_path, text, "config"))) == {"a": "a.lan"}
    assert not (tmp_path / "ran").exists()


def test_files_that_include_one_another_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "other").write_text(f"Host b\nInclude {tmp_path}/config\n" * 5)
    text = f"Host a\nInclude {tmp_path}/other\nInclude {tmp_path}/config\n" * 5
    imported = read_hosts(written(tmp_path, text, "config"))
    assert set(hosts(imported)) == {"a", "b"}
    assert any("too many files include each other" in note for note in imported.notes)


def test_a_line_that_ssh_refuses_is_told_and_the_hosts_are_there(tmp_path: Path) -> None:
    imported = read_hosts(written(tmp_path, "Host a\n  HostName a.lan\n  Prot 22\nHost b\n", "config"))
    assert leads(imported) == {"a": "a.lan", "b": "b"}
    assert any("line 3" in note and "prot" in note for note in imported.notes)


def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="is not a file"):
        read_hosts(tmp_path / "pipe")
    imported = read_hosts(written(tmp_path, f"Host a\nInclude {tmp_path}/pipe /dev/zero\n", "config"))
    assert set(hosts(imported)) == {"a"}


def test_a_file_that_ones_own_configuration_includes_is_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    ssh_folder(tmp_path, config="Include conf.d/*\n", **{"conf.d_work": "Host w\n  HostName 10.0.0.9\n"})
    assert hosts(read_hosts(tmp_path / ".ssh" / "config")) == {"w": ("", {"host_name": "w"}, "")}
    assert hosts(read_hosts(tmp_path / ".ssh" / "conf.d" / "work")) == {"w": ("", {"host_name": "w"}, "")}


def test_of_ones_own_ssh_config_the_name_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (tmp_path / ".ssh").mkdir()
    imported = read_hosts(written(tmp_path / ".ssh", SSH_CONFIG, "config"))
    assert hosts(imported)["db"] == ("", {"host_name": "db"}, "")


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><RDCMan><file>&y;</file></RDCMan>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "declares a document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><RDCMan/>', "declares a document type"),
        ("<RDCMan><file>", "not well-formed XML"),
        ("<other/>", "neither mRemoteNG nor RDCMan"),
        ('<Connections ConfVersion="2.6" FullFileEncryption="True">AAAA</Connections>', "encrypted as a whole"),
        ("<a>" * 100 + "</a>" * 100, "nested too deeply"),
        (b"\xff\xfe\x00\x01\xff", "is not a text file"),
        ("nothing here", "names no hosts"),
        ("<RDCMan><file/></RDCMan>", "it holds no hosts"),
    ],
)
def test_what_is_no_export_is_refused_with_the_reason(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        read_hosts(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_hosts(tmp_path / "nobody.xml")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([MREMOTENG, RDCMAN, SSH_CONFIG, CSV]), st.integers(0, 2000), st.binary(max_size=6))
def test_a_file_damaged_anywhere_is_read_or_refused(tmp_path: Path, text: str, place: int, change: bytes) -> None:
    raw = text.encode()
    place %= len(raw)
    file = written(tmp_path, raw[:place] + change + raw[place + len(change) :])
    try:
        imported = read_hosts(file)
    except ConfigError:
        return
    book = ProfileBook(read(tmp_path / "profiles.toml"))
    for change_made in changes(candidates(imported, book), book):
        assert change_made.values is not None
        if change_made.kind != "credentials":
            values = {**change_made.values, "credential": "x"}
            profile_connection(change_made.kind, change_made.name, values, context=EVERY_FILE)


def test_what_is_chosen_is_written_below_its_groups_with_one_credential_that_asks(tmp_path: Path) -> None:
    target = tmp_path / "profiles.toml"
    target.write_text('# mine\n[hosts.web1]\ncomputer_name = "mine"\n')
    book = ProfileBook(read(target))
    found = candidates(read_hosts(written(tmp_path, MREMOTENG)), book)
    assert {one.name: one.taken for one in found} == {"web1-2": False, "db": True, "screen": False, "odd": False}
    found[0].taken = True
    book.apply(changes([one for one in found if one.taken], book), "imported")
    text = target.read_text()
    assert "HIDDEN" not in text
    made = tomllib.loads(text)
    assert made["hosts"]["web1"] == {"computer_name": "mine"}
    assert made["hosts"]["web1-2"]["group"] == "Prod-EU"
    assert made["hosts"]["web1-2"]["credential"] == "contoso-admin"
    assert made["credentials"] == {"contoso-admin": {"user_name": "CONTOSO\\admin", "password": {"prompt": True}}}
    assert not book.problems
    assert {kind: len(table) for kind, table in book.profiles.tables.items()} == {**dict.fromkeys(TABLES, 0), "host": 3}
    step = book.undo()
    assert step is not None and step.said == "imported"
    assert target.read_text() == '# mine\n[hosts.web1]\ncomputer_name = "mine"\n'


async def test_the_list_is_shown_before_anything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "profiles.toml"
    target.write_text("")
    file = written(tmp_path, RDCMAN, "work.rdg")
    book = ProfileBook(read(target))
    async with screen(sessions=StandInManager().as_manager(), book=book) as s:
        await s.keys("i")
        await s.until(lambda: isinstance(s.app.screen, ImportScreen), "the question for the file")
        await s.keys("ctrl+u")
        await s.type(str(tmp_path / "nobody"))
        await s.until(lambda: s.shows("✗ "), "the refusal")
        await s.keys("ctrl+u")
        await s.type(str(file))
        await s.until(lambda: s.shows("RDCMan: 2 of 2 chosen, 1 cannot be taken"), "the list")
        assert s.shows("[x] Front") and s.shows("Work/Web")
        assert target.read_text() == ""
        await s.keys("end")
        await s.until(lambda: s.shows("vm · Work/Web · it is a console of a Hyper-V machine"), "why it is left out")
        await s.keys("home", "down", "space")
        await s.until(lambda: s.shows("1 of 2 chosen"), "the choice")
        await s.keys("enter")
        await s.until(lambda: s.shows("▾ Work") and s.shows("○ Front"), "the profile")
        assert set(tomllib.loads(target.read_text())["hosts"]) == {"Front"}


async def test_long_names_are_told_apart_on_a_small_screen_and_nothing_chosen_says_so(tmp_path: Path) -> None:
    names = [f"prod-app-server-{n:02}.internal" for n in range(3)]
    file = written(tmp_path, "".join(f"Host {name}\n  Port 22\n" for name in names), "config")
    target = tmp_path / "profiles.toml"
    target.write_text("")
    async with screen(sessions=StandInManager().as_manager(), book=ProfileBook(read(target)), size=(80, 24)) as s:
        await s.keys("i")
        await s.until(lambda: isinstance(s.app.screen, ImportScreen), "the question for the file")
        await s.keys("ctrl+u")
        await s.type(str(file))
        await s.until(lambda: s.shows("3 of 3 chosen"), "the list")
        assert all(s.shows(f"[x] {name}") for name in names), s.shown()
        await s.keys("a", "enter")
        await s.until(lambda: s.shows("Nothing is chosen"), "why Enter writes nothing")
        assert target.read_text() == ""
        await s.keys("down")
        await s.until(lambda: not s.shows("Nothing is chosen"), "the row instead")
