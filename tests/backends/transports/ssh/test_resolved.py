"""Configurations as ssh reads them: each is asked of the real ``ssh``, and holds for what pstui connects to.

The values are those that ``ssh -G`` of OpenSSH 9.2 gives. Where there is no ssh these tests are skipped.
"""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh import target
from pstui.backends.transports.ssh.describe import describe
from pstui.backends.transports.ssh.host_keys import HostKeyCheck, look_up, rsa_bits
from pstui.backends.transports.ssh.revoked import RevokedKeys
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.ssh.target import Hop

from tests.support.answers import AnsweringConsole
from tests.support.nobody import NobodyConsole
from tests.support.parts import requires
from tests.support.sshd import make_home, make_key


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The client's .ssh folder, whose configuration is the only one."""
    requires("sshd", ("ssh", "ssh-keygen"))
    folder = make_home(tmp_path / "home", monkeypatch, config="")
    monkeypatch.setattr(target, "config_files", lambda: [folder / "config", tmp_path / "system"])
    return folder


@pytest.fixture(params=["ssh", "own"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who reads the configuration: ssh, or pstui where there is none."""
    if request.param == "own":
        monkeypatch.setattr(target, "program", lambda: "")
    return str(request.param)


def hops(ssh: Path, config: str | bytes, **values: Any) -> list[Hop]:
    data = config.encode() if isinstance(config, str) else config
    (ssh / "config").write_bytes(data)
    (ssh / "config").chmod(0o600)
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "t", **values})
    return target.resolve(info, ssh.parent)


@pytest.mark.parametrize(
    ("config", "host", "port", "user"),
    [
        ("Host t\n HostName db # the db\n Port 23 # odd\n", "db", 23, None),
        ("Host web # t\n Port 9\nHost t\n Port 23\n", "t", 23, None),
        ("Match host t # the db\n User bob\n", "t", 22, "bob"),
        ('Match exec "test x = x"\n User bob\n', "t", 22, "bob"),
        ('Match exec "test %n-%p = t-22"\n User bob\n', "t", 22, "bob"),
        ("Match final\n User bob\n Port 23\n", "t", 23, "bob"),
        ("Host t\n User CONTOSO\\admin\n", "t", 22, "CONTOSO\\admin"),
        (b"# caf\xe9\nHost t\n User bob\n", "t", 22, "bob"),
        ("Host t\n ConnectTimeout 1m30s\n ServerAliveInterval 1m\n User bob\n", "t", 22, "bob"),
        ("Host t\n PubkeyAuthentication host-bound\n User bob\n", "t", 22, "bob"),
        ("Host other,t\n User eve\nHost t\n User bob\n", "t", 22, "bob"),
    ],
)
def test_a_configuration_means_what_ssh_takes_it_for(
    config: str | bytes, host: str, port: int, user: str | None, ssh: Path, way: str
) -> None:
    hop = hops(ssh, config)[-1]
    assert (hop.host, hop.port) == (host, port)
    if user:
        assert hop.user == user


def test_times_have_units(ssh: Path, way: str) -> None:
    hop = hops(ssh, "Host t\n ConnectTimeout 1m30s\n ServerAliveInterval 1m\n")[-1]
    assert (hop.option("ConnectTimeout"), hop.option("ServerAliveInterval")) == (90, 60)
    hop = hops(ssh, "", Options={"ConnectTimeout": "1m30s"})[-1]
    assert hop.option("ConnectTimeout") == 90


def test_a_byte_order_mark_makes_no_block_global(ssh: Path, way: str) -> None:
    with pytest.raises(OpenError, match="cannot be used") as refused:
        hops(ssh, b"\xef\xbb\xbfHost other\n Port 9\n")
    assert "line 1" in refused.value.why


def test_the_first_of_command_and_jump_counts(ssh: Path, way: str) -> None:
    found = hops(ssh, "Host t\n ProxyCommand nc %h %p\n ProxyJump nowhere.invalid\n")
    assert [hop.name for hop in found] == ["t"]
    assert found[0].proxy_command == "nc t 22"
    found = hops(ssh, "Host t\n ProxyCommand none\n ProxyJump nowhere.invalid\n")
    assert ([hop.name for hop in found], found[0].proxy_command) == (["t"], "")


def test_tokens_of_an_included_file_are_replaced_at_the_end(ssh: Path, way: str) -> None:
    (ssh / "defaults").write_text("ProxyCommand nc %h %p\n")
    config = f"Host t\n Include {ssh}/defaults\n HostName 127.0.0.1\n Port 23022\n"
    assert hops(ssh, config)[-1].proxy_command == "nc 127.0.0.1 23022"


def test_a_proxy_command_stays_a_line_for_the_shell(ssh: Path, way: str) -> None:
    line = "sh -c 'it\"s' $HOME/x 2>/dev/null # all"
    assert hops(ssh, f"Host t\n ProxyCommand {line}\n")[-1].proxy_command == line


def test_hidden_files_are_not_included_by_a_star(ssh: Path, way: str) -> None:
    (ssh / "config.d").mkdir()
    (ssh / "config.d" / ".x.swp").write_bytes(b"\xff\x00Port 9\n")
    (ssh / "config.d" / "one").write_text("Host t\n Port 23022\n")
    assert hops(ssh, f"Include {ssh}/config.d/*\n")[-1].port == 23022


def test_files_that_include_each_other_are_an_error(ssh: Path, way: str) -> None:
    with pytest.raises(OpenError, match="cannot be used"):
        hops(ssh, f"Include {ssh}/config\n")


def test_names_of_files_have_their_tokens_replaced(ssh: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYS", "/keys")
    hop = hops(
        ssh,
        "Host t\n Port 23\n User bob\n UserKnownHostsFile ~/kh_%n.%p ${KEYS}/%r\n"
        " IdentityFile ~/id_%h\n IdentityFile C:\\Users\\me\\id\n CertificateFile %d/cert\n",
    )[-1]
    home = ssh.parent
    assert target.known_hosts_files(hop)[:2] == [home / "kh_t.23", Path("/keys/bob")]
    assert hop.paths("IdentityFile") == [home / "id_t", Path("C:\\Users\\me\\id")]
    assert hop.paths("CertificateFile") == [home / "cert"]


@pytest.mark.parametrize(
    "path", ["~nobody-here/x", "${NOT_SET_ANYWHERE}/x", "${}/x", "/x/${HOME", "/a%Q", "/a%", "/%T"]
)
def test_a_home_or_a_variable_that_is_not_there_is_told(path: str, ssh: Path) -> None:
    with pytest.raises(OpenError, match="the SSH configuration names"):
        hops(ssh, f"Host t\n IdentityFile {path}\n")


@pytest.mark.parametrize("token", ["%d", "%u", "%C", "%", "%k"])
def test_a_proxy_command_has_few_tokens_as_with_ssh(token: str, ssh: Path, way: str) -> None:
    with pytest.raises(OpenError, match="stands for nothing"):
        hops(ssh, f"Host t\n ProxyCommand nc {token}\n")


def test_an_agent_and_a_master_keep_a_percent_sign_that_is_meant(ssh: Path, way: str) -> None:
    hop = hops(ssh, "Host t\n IdentityAgent /a%%h-%h\n ControlPath /c%%n-%n\n")[-1]
    assert target.agent_path(hop) == "/a%h-t"
    assert hop.told is not None and hop.told.text("controlpath") == "/c%n-t"


def test_what_is_set_and_not_done_is_named(ssh: Path, way: str) -> None:
    hop = hops(ssh, "Host t\n BindInterface eth0\n VisualHostKey yes\n LogLevel DEBUG\n")[-1]
    assert set(hop.unsupported) == {"bindinterface", "visualhostkey"}
    assert hops(ssh, "")[-1].unsupported == ()


def test_a_percent_sign_that_is_meant_stays(ssh: Path, way: str) -> None:
    hop = hops(
        ssh,
        "Host t\n IdentityFile ~/a%%h\n CertificateFile ~/c%%n\n RevokedHostKeys /r%%u\n UserKnownHostsFile /k%%h\n",
    )[-1]
    home = ssh.parent
    assert hop.paths("IdentityFile") == [home / "a%h"]
    assert hop.paths("CertificateFile") == [home / "c%n"]
    assert hop.paths("RevokedHostKeys") == [Path("/r%u")]
    assert target.known_hosts_files(hop)[0] == Path("/k%h")


def test_a_profile_may_name_a_file_of_its_own(ssh: Path, way: str, tmp_path: Path) -> None:
    hops(ssh, "Host t\n User eve\n")
    file = tmp_path / "theirs"
    file.write_text("Host t\n User bob\n ProxyJump gate\nHost gate\n HostName gate.example.org\n")
    values = {"HostName": "t"}
    info = ConnectionInfo(ParameterSet.SSH_HOST, values, settings={"ssh_config": str(file)})
    gate, hop = target.resolve(info, ssh.parent)
    assert (gate.host, hop.user) == ("gate.example.org", "bob")
    info = ConnectionInfo(ParameterSet.SSH_HOST, values, settings={"ssh_config": "none"})
    (hop,) = target.resolve(info, ssh.parent)
    assert hop.user not in ("eve", "bob")
    info = ConnectionInfo(ParameterSet.SSH_HOST, values, settings={"ssh_config": str(tmp_path / "missing")})
    with pytest.raises(OpenError, match="does not exist"):
        target.resolve(info, ssh.parent)


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_file_that_others_may_write_is_not_read(mode: int, ssh: Path) -> None:
    hops(ssh, "Host t\n Port 23\n")
    (ssh / "config").chmod(mode)
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "t"})
    with pytest.raises(OpenError, match="not safe"):
        target.resolve(info, ssh.parent)


def test_the_usual_order_of_host_keys_is_that_of_ssh(ssh: Path) -> None:
    hop = hops(ssh, "")[-1]
    asked = target.host_key_algorithms(hop, target.host_key_check(hop, ""))
    assert asked[0] == "ssh-ed25519"
    assert "ssh-rsa" not in asked, "SHA-1 is not offered"


def test_known_keys_come_first_whatever_is_added(ssh: Path) -> None:
    make_key(ssh / "k", kind="rsa")
    (ssh / "known_hosts").write_text("t " + (ssh / "k.pub").read_text())
    hop = hops(ssh, "Host t\n HostKeyAlgorithms +ssh-rsa\n")[-1]
    assert target.host_key_algorithms(hop, target.host_key_check(hop, ""))[0].startswith("rsa-")
    hop = hops(ssh, "Host t\n Port 2222\n")[-1]
    check = target.host_key_check(hop, "")
    assert target.host_key_algorithms(hop, check)[0].startswith("rsa-"), "known without its port"


def blob_of(key: Path) -> bytes:
    return base64.b64decode(Path(f"{key}.pub").read_text().split()[1])


def test_revoked_keys_are_found_in_both_kinds_of_files(ssh: Path) -> None:
    good, bad = make_key(ssh / "good"), make_key(ssh / "bad")
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", ssh / "krl", f"{bad}.pub"], check=True, timeout=30)
    for file in (Path(f"{bad}.pub"), ssh / "krl"):
        revoked = RevokedKeys(file)
        assert revoked.ask(blob_of(bad))
        assert not revoked.ask(blob_of(good))
        assert (revoked.holds(blob_of(bad)), revoked.holds(blob_of(good))) == (True, False)
    assert RevokedKeys(ssh / "none").holds(blob_of(good)), "nobody is trusted where the list cannot be read"
    check = HostKeyCheck("t", 22, "", "", [], revoked_file=ssh / "none")
    with pytest.raises(OpenError, match="no host key can be trusted"):
        check.check_fit("ssh-ed25519", blob_of(good))


def test_a_marker_may_be_set_off_by_a_tab(ssh: Path) -> None:
    key = make_key(ssh / "k")
    kind, text = Path(f"{key}.pub").read_text().split()[:2]
    (ssh / "known_hosts").write_text(f"t {kind} {text}\n@revoked\tt {kind} {text}\n")
    assert look_up([ssh / "known_hosts"], "t", 22).revoked


def test_a_short_rsa_key_is_refused(ssh: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", ssh / "short"], check=True, timeout=30
    )
    blob = blob_of(ssh / "short")
    assert rsa_bits(blob) == 1024
    (ssh / "known_hosts").write_text("t " + (ssh / "short.pub").read_text())
    check = HostKeyCheck("t", 22, "", "", [ssh / "known_hosts"], rsa_bits=2048)
    assert not check.is_trusted(blob)
    with pytest.raises(OpenError, match="too short"):
        check.check_fit("ssh-rsa", blob)
    assert rsa_bits(blob_of(make_key(ssh / "ed"))) == 0


async def decide(check: HostKeyCheck, blob: bytes, *answers: str) -> str:
    """Decide on a key with a person's answers, all of which are asked for; return what was told."""
    console = AnsweringConsole(answers=list(answers))
    async with StepTimeout() as limit:
        await check.decide("ssh-ed25519", blob, ConnectContext(console), limit)
    assert check.is_trusted(blob) and not console.answers
    return "".join(write.text for write in console.writes)


def test_the_address_counts_beside_the_name_where_that_is_set(ssh: Path, way: str) -> None:
    hop = hops(ssh, "Host t\n CheckHostIP yes\n")[-1]
    assert target.host_key_check(hop, "192.0.2.7").checks_address
    assert not target.host_key_check(hop, "127.0.0.1").checks_address
    assert not target.host_key_check(hop, "").checks_address, "behind a proxy command"
    assert not target.host_key_check(hops(ssh, "")[-1], "192.0.2.7").checks_address
    hop = hops(ssh, "Host t\n CheckHostIP yes\n HostKeyAlias other\n")[-1]
    assert not target.host_key_check(hop, "192.0.2.7").checks_address


@pytest.mark.parametrize("known", [True, False])
async def test_another_key_of_the_address_is_asked_about(known: bool, ssh: Path) -> None:
    mine, theirs = make_key(ssh / "mine"), make_key(ssh / "theirs")
    blob = blob_of(mine)
    lines = f"192.0.2.7 {Path(f'{theirs}.pub').read_text()}"
    lines += f"t {Path(f'{mine}.pub').read_text()}" if known else ""
    (ssh / "known_hosts").write_text(lines)

    def check(strict: str) -> HostKeyCheck:
        return HostKeyCheck("t", 22, "192.0.2.7", "", [ssh / "known_hosts"], strict, checks_address=True)

    assert not check("yes").is_trusted(blob)
    for strict in ("yes", "accept-new"):
        with pytest.raises(OpenError, match="another host key is known for its address"):
            await decide(check(strict), blob)
    with pytest.raises(OpenCancelled):
        await decide(check("ask"), blob, "maybe", "n")
    told = await decide(check("no"), blob)
    assert "differs from the one that is known for its address" in told
    (ssh / "known_hosts").write_text(lines)
    await decide(check("ask"), blob, "y", *(() if known else ("y",)))
    assert (ssh / "known_hosts").read_text().count("192.0.2.7") == 1


async def test_the_key_of_a_name_is_kept_for_its_address(ssh: Path) -> None:
    key = make_key(ssh / "k")
    known = ssh / "known_hosts"
    known.write_text(f"t {Path(f'{key}.pub').read_text()}")
    for _ in range(2):
        check = HostKeyCheck("t", 22, "192.0.2.7", "", [known], checks_address=True)
        assert check.is_trusted(blob_of(key))
        check.learn_address(ConnectContext(NobodyConsole()))
    assert [line.split(" ")[0] for line in known.read_text().splitlines()] == ["t", "192.0.2.7"]
    known.unlink()
    check = HostKeyCheck("t", 22, "192.0.2.7", "", [known], checks_address=True)
    await decide(check, blob_of(key), "y")
    assert [line.split(" ")[0] for line in known.read_text().splitlines()] == ["t", "192.0.2.7"]


def test_no_known_hosts_file_keeps_nothing(ssh: Path, way: str) -> None:
    hop = hops(ssh, "Host t\n UserKnownHostsFile none\n")[-1]
    assert not target.host_key_check(hop, "").keeps
    assert target.host_key_check(hops(ssh, "")[-1], "").keeps


def test_what_would_be_opened_is_told_with_where_it_comes_from(ssh: Path, way: str) -> None:
    config = "Host t\n HostName db\n IdentityFile ~/a\n ProxyJump bob@gate:23\n LocalForward 1 a:1\n"
    config += " Tunnel yes\nHost *\n User eve\n"
    hops(ssh, config)
    values = {"HostName": "t", "Port": 2222, "Options": {"ConnectTimeout": "5"}}
    found = describe(ConnectionInfo(ParameterSet.SSH_HOST, values))
    assert isinstance(found, list)
    gate, last = found
    file = ssh / "config"
    assert gate["HostName"]["Value"] == "gate"
    assert gate["User"] == {"Value": "bob", "From": "ProxyJump"}
    assert gate["Port"] == {"Value": "23", "From": "ProxyJump"}
    assert last["HostName"] == {"Value": "db", "From": f"{file} line 2"}
    assert last["User"] == {"Value": "eve", "From": f"{file} line 8"}
    assert last["Port"] == {"Value": "2222", "From": "the call"}
    assert last["IdentityFile"] == {"Value": [str(ssh.parent / "a")], "From": f"{file} line 3"}
    assert last["ProxyJump"] == {"Value": "bob@gate:23", "From": f"{file} line 4"}
    assert last["NotDone"] == ["tunnel"]
    assert last["Forwards"] == [{"Value": "local 1 a:1", "From": f"{file} line 5"}]
    assert "Forwards" not in gate
    hops(ssh, "Host t\n Port 9\n")
    found = describe(ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "t", "Options": {"User": "ann"}}))
    assert isinstance(found, list)
    (last,) = found
    assert last["User"] == {"Value": "ann", "From": "-Options"}
    assert last["Port"] == {"Value": "9", "From": f"{file} line 2"}
    assert last["HostName"] == {"Value": "t", "From": "default"}
    (ssh / "config").chmod(0o666)
    assert "not safe" in str(describe(ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "t"})))
