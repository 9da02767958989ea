"""Inventories: what Ansible, a CSV file, a command and an ssh_config say of hosts, within bounds.

``tests/data/inventory/ansible.json`` is what ansible-inventory 2.19 prints of the two files beside it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.discovery import inventory
from pstui.backends.discovery.inventory import Inventory, InventorySource
from pstui.backends.discovery.model import Found, Section, Watcher, look

DATA = Path(__file__).parents[2] / "data" / "inventory"


async def printed(found: Any, **options: Any) -> Section:
    """Look at an inventory whose command prints a value as JSON, or a text as it is."""
    text = found if isinstance(found, str) else json.dumps(found)
    command = (sys.executable, "-c", "import sys; sys.stdout.write(sys.argv[1])", text)
    return await InventorySource(Inventory("list", command=command, **options)).look()


def by_name(section: Section) -> dict[str, Found]:
    return {one.name: one for one in section.found}


async def test_ansibles_own_inventory_becomes_hosts_with_their_variables() -> None:
    script = f"print(open({str(DATA / 'ansible.json')!r}).read())"
    section = await InventorySource(Inventory("ansible", command=(sys.executable, "-c", script))).look()
    hosts = by_name(section)
    assert list(hosts) == [
        *("db-a", "db-b", "vaulted", "boxed", "core1", "core2", "jump"),
        *("web01.example.com", "web02.example.com", "web03.example.com", "win1", "win2"),
    ]
    web = hosts["web02.example.com"]
    assert web.group == "web" and web.tags == ("web", "prod")
    assert web.info.parameter_set is ParameterSet.SSH_HOST
    assert dict(web.info.values) == {
        "HostName": "web02.example.com",
        "UserName": "deploy",
        "KeyFilePath": "~/.ssh/deploy",
        "Options": {"ProxyJump": "gate@jump:2200", "StrictHostKeyChecking": "accept-new"},
    }
    assert dict(hosts["jump"].info.values) == {"HostName": "192.0.2.9", "UserName": "gate", "Port": 2200}
    assert hosts["jump"].address == "192.0.2.9" and hosts["jump"].group == ""
    win = dict(hosts["win1"].info.values)
    assert win.pop("Credential") == PSCredential("Administrator", Secret("Kx-plain-1"))
    skipped = {"SkipCACheck": True, "SkipCNCheck": True, "SkipRevocationCheck": True}
    assert win == {
        "ComputerName": "win1.example.com",
        "Authentication": "Negotiate",
        "Port": 5986,
        "UseSSL": True,
        "SessionOption": skipped,
    }
    assert hosts["win2"].info.values["Port"] == 5985 and "UseSSL" not in hosts["win2"].info.values
    core = hosts["core1"].info.values
    assert (core["Authentication"], core["ConfigurationName"], core["UseSSL"]) == ("Kerberos", "JEA", True)
    assert core["Credential"] == PSCredential("ops@CORP.EXAMPLE")
    assert hosts["vaulted"].info.values["Credential"] == PSCredential("admin")  # its password is asked for
    assert hosts["boxed"].kind == "container" and hosts["boxed"].info.values == {"ContainerId": "box1"}
    assert section.problem == "left out local1: ansible_connection local leads to no PowerShell session and 2 more"
    assert section.works and "Kx-plain" not in repr(section)


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"ansible_host": "{{ x }}"}, "ansible_host is a template"),
        ({"ansible_user": {"__ansible_vault": "$ANSIBLE_VAULT;1.1"}}, "ansible_user is in a vault"),
        ({"ansible_connection": "winrm", "ansible_winrm_transport": ["certificate"]}, "it signs in by certificate"),
        ({"ansible_port": "many"}, "ansible_port is not a port"),
        ({"ansible_port": 70_000}, "ansible_port is not a port"),
        ({"ansible_ssh_common_args": "-o 'x"}, "a quote that is not closed"),
        ({"ansible_ssh_common_args": "-F other"}, "another configuration file"),
        ({"ansible_host": ["a"]}, "ansible_host is not a text"),
        ({"ansible_host": "-oProxyCommand=x"}, "no address that could be entered"),
        ({"ansible_host": "a\x1b[2Jb"}, "its host_name is not a text that could be used"),
    ],
)
async def test_a_host_that_cannot_be_entered_is_left_out_with_the_reason(variables: dict[str, Any], why: str) -> None:
    section = await printed({"_meta": {"hostvars": {"one": variables, "two": {}}}})
    assert list(by_name(section)) == ["two"]
    assert why in section.problem and "\x1b" not in section.problem


async def test_ssh_arguments_are_taken_apart() -> None:
    said = {"ansible_ssh_common_args": "-J a,b -p2222 -l eva -i k -o Ciphers=x -o 'Compression yes' -v"}
    hosts = by_name(await printed({"_meta": {"hostvars": {"one": {**said, "ansible_host_key_checking": False}}}}))
    values = dict(hosts["one"].info.values)
    options = values.pop("Options")
    assert values == {"HostName": "one", "Port": 2222, "UserName": "eva", "KeyFilePath": "k"}
    assert options == {"ProxyJump": "a,b", "Ciphers": "x", "Compression": "yes", "StrictHostKeyChecking": "no"}


async def test_a_list_of_objects_and_a_csv_file_name_keys_of_a_profile(tmp_path: Path) -> None:
    rows = [
        {"name": "web", "computer_name": "web.lab", "use_ssl": True, "port": 5986, "group": "Web", "tags": ["prod"]},
        {"name": "db", "host_name": "db.lab", "user_name": "root", "port": "22"},
        {"host_name": "bare.lab"},
        {"name": "plain"},
        {"name": "box", "container_id": "c1"},
        {"name": "wrong", "port": "x"},
        7,
    ]
    section = await printed(rows, credential="admin")
    hosts = by_name(section)
    assert list(hosts) == ["web", "db", "bare.lab", "plain", "box"]
    assert hosts["web"].info.values["Credential"] == PSCredential("admin") and hosts["web"].tags == ("Web", "prod")
    assert hosts["db"].info.settings["credential"] == "admin"
    assert hosts["plain"].info.values == {"HostName": "plain"}
    assert section.problem == "left out wrong: its port is not a number and 1 more"
    file = tmp_path / "hosts.csv"
    file.write_text("\ufeffName;Computer_Name;Tags\nweb;web.lab;prod,eu\n", encoding="utf-8")
    csv = by_name(await InventorySource(Inventory("csv", csv="hosts.csv", folder=tmp_path)).look())
    assert csv["web"].info.values["ComputerName"] == "web.lab" and csv["web"].tags == ("prod", "eu")


async def test_an_ssh_config_of_its_own_is_read_and_used_for_connecting(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("Host bastion\n HostName 192.0.2.1\nHost app\n ProxyJump bastion\n")
    section = await InventorySource(Inventory("work", ssh_config=str(file))).look()
    hosts = by_name(section)
    assert list(hosts) == ["app", "bastion"]
    assert hosts["app"].info.settings["ssh_config"] == str(file)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import sys; sys.exit('no such group')", "no such group"),
        ("print('{')", "what it printed is not JSON"),
        ("print('[' * 100_000)", "what it printed is not JSON"),
        ("print(7)", "not a list of hosts"),
        ("print('x' * 5_000)", "wrote more than"),
        ("import time; time.sleep(60)", "no answer within"),
    ],
)
async def test_a_command_that_fails_is_said_in_one_line(code: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MAX_BYTES", 1_000 if "5_000" in code else inventory.MAX_BYTES)
    monkeypatch.setattr(inventory, "SECONDS", 0.2 if "sleep" in code else inventory.SECONDS)
    section = await look(InventorySource(Inventory("list", command=(sys.executable, "-c", code))))
    assert section is not None and not section.found
    assert why in section.problem and "\n" not in section.problem


ONE = ("a", {"HostName": "192.0.2.4"})


@pytest.mark.parametrize(
    ("data", "first", "problem"),
    [
        ("\ufeffname,host_name\na,192.0.2.4\n".encode(), ONE, ""),
        ("name\thost_name\na\t192.0.2.4\n".encode("utf-16"), ONE, ""),
        (b"name|host_name\ra|192.0.2.4\r", ONE, ""),
        (b'sep=;\r\n"Name" ; "Host Name"\r\n"a" ; 192.0.2.4\r\n;;\r\n', ONE, ""),
        (
            b'name,note,host_name\na,"x, of\ny",192.0.2.4\n"b\nc",,192.0.2.5\n',
            ONE,
            "left out row 2: its name is not a text",
        ),
        (b"name,host_name\na,192.0.2.4,more\nb\0,x\n", ONE, "left out row 2: its name is not a text"),
        (b"name,host_name\na,me@192.0.2.4:2222\n", ("a", {**ONE[1], "UserName": "me", "Port": 2222}), ""),
        (b"name,host_name\na,192.0.2.4\nb,u@h@x\n", ONE, "left out row 2: its host_name cannot be read"),
        ("name\nb\xfcro\n".encode("cp1252"), ("b\xfcro", {"HostName": "b\xfcro"}), ""),
        (
            b'#TYPE System.Management.Automation.PSCustomObject\r\n"ComputerName","UseSSL"\r\n"w.x","True"\r\n',
            ("w.x", {"ComputerName": "w.x", "UseSSL": True}),
            "",
        ),
        (b"name,host_name,Host-Name\na,192.0.2.4,192.0.2.5\n", None, "has two columns host_name"),
        (b"a,192.0.2.4\n", None, "names no hosts. Its first row names the columns"),
        (b"", None, "names no hosts"),
        (b"name\n" + b"x" * 200_000, None, "is not CSV"),
    ],
)
async def test_csv_of_any_dialect_is_read_and_a_row_that_is_wrong_is_left_out_alone(
    data: bytes, first: tuple[str, dict[str, Any]] | None, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "h.csv").write_bytes(data)
    section = await look(InventorySource(Inventory("i", csv=str(tmp_path / "h.csv"))))
    assert section is not None and problem in section.problem and bool(problem) == bool(section.problem)
    found = [(one.name, dict(one.info.values)) for one in section.found]
    assert found == ([] if first is None else [first])


WARNING = """[WARNING]:  * Failed to parse /x/hosts.ini with ini
plugin: /x/hosts.ini:15: Expected key=value
[WARNING]: No inventory was parsed
"""


@pytest.mark.parametrize("hosts", ["{}", '{"a": {}}'])
async def test_what_ansible_cannot_read_is_told_though_it_ends_well(
    hosts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ansible-inventory"
    program.write_text(f"""#!/bin/sh\ncat >&2 <<'E'\n{WARNING}E\necho '{{"_meta": {{"hostvars": {hosts}}}}}'\n""")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    section = await look(InventorySource(Inventory("a", ansible=("hosts.ini",))))
    assert section is not None and len(section.found) == hosts.count("a") and section.works == (hosts != "{}")
    assert section.problem == "Failed to parse /x/hosts.ini with ini plugin: /x/hosts.ini:15: Expected key=value"


async def test_a_slow_inventory_holds_up_no_other() -> None:
    seen: list[tuple[str, ...]] = []
    slow = InventorySource(Inventory("slow", command=(sys.executable, "-c", "import time; time.sleep(600)")))
    quick = InventorySource(Inventory("quick", command=(sys.executable, "-c", 'print(\'[{"name": "a"}]\')')))
    came = asyncio.Event()

    def changed(sections: Any) -> None:
        seen.append(tuple(section.source for section in sections))
        came.set()

    watcher = Watcher((slow, quick), changed)
    watcher.start()
    async with asyncio.timeout(20):
        await came.wait()
    await watcher.stop()
    assert seen == [("quick",)]


@pytest.mark.parametrize("odd", ["\ud800", "a\0b", "\u202eabc", "x" * 3_000])
@pytest.mark.parametrize("key", ["name", "host_name", "group"])
async def test_an_odd_row_costs_itself_alone(key: str, odd: str) -> None:
    code = (
        f"import json; print(json.dumps([{{'name': 'h1'}}, {{'host_name': 'x', {key!r}: {odd!r}}}, {{'name': 'h2'}}]))"
    )
    section = await InventorySource(Inventory("list", command=(sys.executable, "-c", code))).look()
    assert [one.name for one in section.found] == ["h1", "h2"]
    assert "is not a text that could be used" in section.problem


async def test_ten_thousand_hosts_are_taken_and_too_many_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import json; print(json.dumps([{'name': f'h{n}', 'tags': 'a,b'} for n in range(10_000)]))"
    source = InventorySource(Inventory("list", command=(sys.executable, "-c", code)))
    assert len((await source.look()).found) == 10_000
    monkeypatch.setattr(inventory, "MAX_HOSTS", 100)
    section = await source.look()
    assert len(section.found) == 100 and "it has more than 100 hosts" in section.problem
