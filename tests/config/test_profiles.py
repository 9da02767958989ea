"""Profile files: what is read, what is refused and how it is said, what survives a change."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pstui.config.problems import ConfigError
from pstui.config.profiles import Configuration, load
from pstui.config.schema import COMMON_FIELDS, CREDENTIAL_FIELDS, Field, Kind, Schema
from pstui.config.sources import fetch_password, source_problem
from pstui.config.store import ProfileStore

HOST = {
    **COMMON_FIELDS,
    "computer_name": Field(Kind.TEXT),
    "host_name": Field(Kind.TEXT),
    "port": Field(Kind.INTEGER, minimum=1, maximum=65535),
    "use_ssl": Field(Kind.SWITCH),
    "credential": Field(Kind.CREDENTIAL),
    "authentication": Field(Kind.CHOICE, choices=("Default", "Basic", "Kerberos")),
    "session_option": Field(Kind.TABLE, fields={"idle_timeout": Field(Kind.INTEGER, minimum=60000)}),
    "options": Field(Kind.TABLE),
}
SCHEMA = Schema(
    named={"hosts": HOST, "containers": {"container_id": Field(Kind.TEXT)}, "credentials": CREDENTIAL_FIELDS},
    single={"defaults": {"session_option": HOST["session_option"]}},
    targets={"hosts": ("computer_name", "host_name"), "containers": ("container_id",)},
)

GOOD = """\
# my machines
[defaults]
session_option = { idle_timeout = 7200000 }

[credentials.admin]
user_name = 'CONTOSO\\admin'
password = { keyring = "pstui/admin" }

[hosts.web1]   # the front
computer_name = "web1.contoso.com"
use_ssl = true
credential = "admin"
tags = ["prod"]

[hosts.db]
host_name = "root@db:22"
options = { ProxyJump = "bastion" }
"""


def read(tmp_path: Path, text: str) -> Configuration:
    file = tmp_path / "profiles.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, SCHEMA)


def told(configuration: Configuration) -> list[str]:
    return [str(problem).replace(f"{configuration.file}", "FILE") for problem in configuration.problems]


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert told(found) == []
    assert [(p.kind, p.name) for p in found.profiles] == [("hosts", "web1"), ("hosts", "db")]
    assert found.by_kind("hosts")["db"]["host_name"] == "root@db:22"
    assert found.table("defaults") == {"session_option": {"idle_timeout": 7200000}}
    assert found.profiles[0].tags == ("prod",)


def test_a_missing_file_is_empty(tmp_path: Path) -> None:
    found = load(tmp_path / "none.toml", SCHEMA)
    assert (found.profiles, found.problems) == ((), ())


@pytest.mark.parametrize(("account", "said"), [("CORP\\tom", "control character"), ("CORP\\admin", "Unescaped '\\'")])
def test_an_account_between_double_quotes_is_told_of(tmp_path: Path, account: str, said: str) -> None:
    problems = read(tmp_path, f'[credentials.a]\nuser_name = "{account}"\n').problems
    assert said in str(problems[0]) and "Write 'CONTOSO\\admin'" in str(problems[0])
    assert not read(tmp_path, '[hosts.a]\nhost_name = "a"\nnote = """one\n\ttwo"""\n').problems


def test_every_problem_is_told_at_once_and_the_good_profiles_stay(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        GOOD
        + """
[hosts.a]
computer_nam = "a"
[hosts.b]
computer_name = "b"
port = 70000
use_ssl = "yes"
[hosts.c]
computer_name = "c"
host_name = "c"
[hosts.d]
[hosts.e]
computer_name = "e"
credential = "admn"
authentication = "kerberoz"
[hosts.f]
computer_name = "f"
session_option = { idle_timeout = 5 }
[host.g]
computer_name = "g"
""",
    )
    assert told(found) == [
        "FILE: [hosts.a] computer_nam: is not known. Did you mean computer_name?",
        "FILE: [hosts.b] port: must be from 1 to 65535.",
        "FILE: [hosts.b] use_ssl: must be true or false.",
        "FILE: [hosts.c]: has computer_name and host_name; one of them decides, keep one.",
        "FILE: [hosts.d]: needs computer_name or host_name.",
        "FILE: [hosts.e] authentication: must be one of Default, Basic, Kerberos. Did you mean Kerberos?",
        "FILE: [hosts.f.session_option] idle_timeout: must be at least 60000.",
        "FILE: [host]: is not known. Did you mean hosts?",
        "FILE: [hosts.e] credential: there is no [credentials.admn]. Did you mean admin?",
    ]
    assert {p.name for p in found.profiles} == {"web1", "db"}


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    found = read(tmp_path, '[credentials.x]\npassword = "hunter2"\n')
    assert len(found.problems) == 1
    assert "never the password itself" in told(found)[0]
    assert "hunter2" not in told(found)[0]


def test_a_damaged_place_hides_only_its_own_table(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD.replace("use_ssl = true", "use_ssl = tru"))
    assert [p.name for p in found.profiles] == ["db"]
    assert len(found.problems) == 1
    assert (found.problems[0].line, found.problems[0].table) == (11, "hosts.web1")


def test_included_files_are_read_and_loops_end(tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text('include = ["profiles.toml"]\n[hosts.more]\ncomputer_name = "more"\n')
    found = read(tmp_path, 'include = ["more.toml", "gone.toml"]\n' + GOOD)
    assert {p.name for p in found.profiles} == {"web1", "db", "more"}
    assert [problem.key for problem in found.problems] == ["include"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_a_file_damaged_at_any_byte_never_crashes_and_is_never_overwritten(
    tmp_path: Path, place: int, byte: int
) -> None:
    file = tmp_path / "profiles.toml"
    raw = bytearray(GOOD.encode())
    raw[place] = byte
    file.write_bytes(raw)
    found = load(file, SCHEMA)
    try:
        ProfileStore(file).put("hosts", "new", {"computer_name": "new"})
    except ConfigError:
        assert file.read_bytes() == raw
    else:
        # What could be read before is there after, beside the new one.
        again = {p.name for p in load(file, SCHEMA).profiles}
        assert {p.name for p in found.profiles} | {"new"} == again


def test_a_change_keeps_comments_order_and_unknown_keys(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(GOOD + 'future = "kept"\n')
    store = ProfileStore(file)
    store.put("hosts", "web1", {"computer_name": "web9", "use_ssl": True, "credential": "admin", "tags": ["prod"]})
    text = file.read_text()
    assert text == (GOOD + 'future = "kept"\n').replace("web1.contoso.com", "web9")
    store.rename("hosts", "web1", "front")
    store.put("containers", "api", {"container_id": "api"})
    text = file.read_text()
    assert text.index("[hosts.front]") < text.index("[hosts.db]") < text.index("[containers.api]")
    assert "# my machines" in text
    assert 'future = "kept"' in text
    assert {p.name for p in load(file, SCHEMA).profiles} >= {"front", "api"}


def test_a_delete_can_be_undone(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(GOOD)
    store = ProfileStore(file)
    store.delete("hosts", "db")
    assert "[hosts.db]" not in file.read_text()
    assert file.with_name("profiles.toml.bak").read_text() == GOOD
    assert store.undo()
    assert file.read_text() == GOOD
    assert not store.undo()


def test_a_file_changed_by_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(GOOD)
    store = ProfileStore(file)
    file.write_text(GOOD + "# theirs\n")
    assert store.changed_on_disk()
    with pytest.raises(ConfigError, match="changed by somebody else"):
        store.delete("hosts", "db")
    assert file.read_text().endswith("# theirs\n")
    store.reread()
    store.delete("hosts", "web1")
    assert file.read_text().endswith("# theirs\n")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX systems")
def test_a_new_file_is_its_owners_alone_and_a_link_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "sub" / "profiles.toml"
    ProfileStore(file).put("hosts", "a", {"computer_name": "a"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    ProfileStore(link).put("hosts", "b", {"computer_name": "b"})
    assert link.is_symlink()
    assert {p.name for p in load(file, SCHEMA).profiles} == {"a", "b"}


def test_password_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSTUI_TEST_PASSWORD", "from env")
    assert fetch_password({"env": "PSTUI_TEST_PASSWORD"}) == "from env"
    assert fetch_password({"command": [sys.executable, "-c", "print('from command')\nprint('more')"]}) == "from command"
    assert fetch_password({"prompt": True}) is None
    for wrong in ({"command": ["no-such-program-here"]}, {"command": [sys.executable, "-c", "raise SystemExit(3)"]}):
        with pytest.raises(ConfigError, match=r"no-such-program-here|code 3"):
            fetch_password(wrong)
    bad: object
    for bad in ("text", {}, {"env": "A", "prompt": True}, {"prompt": False}, {"command": []}, {"vault": "x"}):
        assert source_problem(bad)


def test_a_profile_is_told_that_its_credential_is_wrong_and_not_that_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(
        '[credentials.admin]\npassword = "x"\n[hosts.a]\ncomputer_name = "a"\ncredential = "admin"\n'
        '[hosts.b]\ncomputer_name = "b"\ncredential = "admn"\n'
    )
    found = [str(problem).removeprefix(f"{file}: ") for problem in load(file, SCHEMA).problems]
    assert found[1:] == [
        "[hosts.a] credential: [credentials.admin] cannot be used before it is corrected.",
        "[hosts.b] credential: there is no [credentials.admn]. Did you mean admin?",
    ]
