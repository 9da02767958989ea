"""-Options and the other values of the SSHHost set: what is taken over, what is refused, and by which name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, OpenError
from pstui.backends.transports.ssh import target as ssh_target
from pstui.backends.transports.ssh.forward_options import KEYWORDS
from pstui.backends.transports.ssh.options import check_call, option_lines, supported_options

from tests.support.sshd import make_home


def info(**values: Any) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db", **values})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ssh = make_home(tmp_path / "home", monkeypatch)
    monkeypatch.setattr(ssh_target, "config_files", lambda: [ssh / "config", tmp_path / "system" / "ssh_config"])
    return ssh


def resolved(tmp_path: Path, **values: Any) -> list[ssh_target.Hop]:
    return ssh_target.resolve(info(**values), tmp_path)


@pytest.mark.parametrize(
    "name", ["NoSuchOption", "LocalCommand", "PermitLocalCommand", "A B", "x=y", "ciphers\nUser x"]
)
def test_an_unknown_option_is_refused_by_name(name: str) -> None:
    with pytest.raises(CallError) as refusal:
        option_lines({name: "yes"})
    assert name.replace("\n", "?") in refusal.value.what
    assert "ProxyJump" in refusal.value.hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("User", "a\nProxyCommand x"),
        ("User", "a\rb"),
        ("User", ""),
        ("User", "   "),
        ("Ciphers", "=x"),
        ("Compression", "maybe"),
        ("Port", "twenty"),
        ("Port", "²"),
        ("AddressFamily", "inet7"),
        ("StrictHostKeyChecking", "sometimes"),
        ("ProxyJump", ["a", "b"]),
        ("User", None),
        ("LocalForward", "8080"),
        ("LocalForward", "8080 db:x"),
        ("DynamicForward", "1080 db:1"),
        ("StreamLocalBindMask", "0999"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(CallError, match=name):
        option_lines({name: value})


def test_a_list_is_cut_into_words_as_ssh_does() -> None:
    given = {"SetEnv": "A=1 'B=x y'", "UserKnownHostsFile": '"/a b" /c', "IPQoS": "af21 cs1"}
    assert option_lines(given) == ('SetEnv "A=1" "B=x y"', 'UserKnownHostsFile "/a b" /c', "IPQoS af21 cs1")
    for value in ("'A=1", "# A"):
        with pytest.raises(CallError, match="SetEnv"):
            option_lines({"SetEnv": value})
    assert option_lines({"PubkeyAcceptedKeyTypes": "ssh-ed25519"}) == ("PubkeyAcceptedAlgorithms ssh-ed25519",)


def test_names_are_found_in_any_case_and_switches_may_be_booleans() -> None:
    assert option_lines({"COMPRESSION": True, "serveraliveinterval": 5}) == (
        "Compression yes",
        "ServerAliveInterval 5",
    )


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_arrives_as_it_was_given_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("config")
    try:
        lines = option_lines({"BindAddress": text})
    except CallError:
        return
    assert len(lines) == 1
    hop = ssh_target.resolve(info(Options={"BindAddress": text}), folder)[0]
    assert hop.option("BindAddress") == (None if text.strip().lower() == "none" else text.strip())


def test_every_supported_option_is_one_that_the_library_reads(tmp_path: Path) -> None:
    import asyncssh.config

    ssh_target._teach_asyncssh()
    known = asyncssh.config.SSHClientConfig._handlers
    assert {name.lower() for name in supported_options()} <= set(known) | KEYWORDS


def test_options_stand_before_the_configuration_and_the_call_before_both(home: Path, tmp_path: Path) -> None:
    (home / "config").write_text("Host db\n  HostName db.example.com\n  Port 2200\n  User ann\n  Compression yes\n")
    hop = resolved(tmp_path)[0]
    assert (hop.name, hop.host, hop.port, hop.user) == ("db", "db.example.com", 2200, "ann")
    hop = resolved(tmp_path, Port=2201, Options={"Port": "2202", "User": "bob", "Compression": "no"})[0]
    assert (hop.port, hop.user, hop.option("Compression")) == (2201, "bob", False)


def test_strict_host_key_checking_is_read_from_the_configuration(home: Path, tmp_path: Path) -> None:
    (home / "config").write_text("Host other\n  StrictHostKeyChecking no\nHost d*\n  StrictHostKeyChecking yes\n")
    assert resolved(tmp_path)[0].option("StrictHostKeyChecking") == "yes"


def test_jump_hosts_come_first_and_bring_their_own_configuration(home: Path, tmp_path: Path) -> None:
    (home / "config").write_text("Host outer\n  Port 2022\n  User gate\nHost inner\n  ProxyJump outer\n")
    hops = resolved(tmp_path, Options={"ProxyJump": "inner,ann@[::1]:2200"})
    assert [(hop.name, hop.port) for hop in hops] == [("outer", 2022), ("inner", 22), ("::1", 2200), ("db", 22)]
    assert hops[0].user == "gate"
    assert hops[2].user == "ann"


def test_a_jump_host_does_not_jump_over_itself(home: Path, tmp_path: Path) -> None:
    (home / "config").write_text("Host *\n  ProxyJump outer\n")
    assert [hop.name for hop in resolved(tmp_path)] == ["outer", "db"]


def test_a_circle_of_jump_hosts_is_refused(home: Path, tmp_path: Path) -> None:
    (home / "config").write_text("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\nHost db\n  ProxyJump a\n")
    with pytest.raises(OpenError, match="too many jump hosts"):
        resolved(tmp_path)


@pytest.mark.parametrize("jump", ["-oProxyCommand=x", "host:port", "ann@-host", "ann@"])
def test_a_jump_host_that_is_none_is_refused(tmp_path: Path, jump: str) -> None:
    with pytest.raises(OpenError):
        resolved(tmp_path, Options={"ProxyJump": jump})


def test_a_damaged_configuration_is_refused_with_file_and_line(home: Path, tmp_path: Path) -> None:
    (home / "config").write_text("Host db\n  Port many\n")
    with pytest.raises(OpenError) as refusal:
        resolved(tmp_path)
    assert "line 2" in refusal.value.why
    assert "config" in refusal.value.why


@pytest.mark.parametrize(
    ("given", "sent"),
    [("DOM\\ann", "ann@DOM"), ("a\\b\\c", "a\\b\\c"), ("ann@DOM", "ann@DOM"), ("\\b", "b@"), ("Ann", "Ann")],
)
def test_a_windows_user_name_is_sent_as_ssh_wants_it(tmp_path: Path, given: str, sent: str) -> None:
    assert resolved(tmp_path, UserName=given)[0].user == sent


@pytest.mark.parametrize(
    "values",
    [
        {"HostName": "-oProxyCommand=x"},
        {"HostName": ""},
        {"UserName": "-l"},
        {"Subsystem": "-x"},
        {"Subsystem": "a\nb"},
        {"Port": 70000},
        {"Options": {"Nope": "x"}},
    ],
)
def test_values_that_could_be_taken_for_options_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(CallError) as refusal:
        check_call(info(**values))
    assert refusal.value.why
    assert refusal.value.hint


def test_tilde_and_home_are_replaced_in_file_names(home: Path, tmp_path: Path) -> None:
    hop = resolved(tmp_path, Options={"UserKnownHostsFile": "~/one %d/two_%h"})[0]
    assert ssh_target.known_hosts_files(hop)[:2] == [home.parent / "one", home.parent / "two_db"]
