"""known_hosts: which lines mean a host, what they say about its key, and how a new one is kept."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.transports.ssh.host_keys import fingerprint, host_token, key_name, look_up, remember

from tests.support import known_hosts_files
from tests.support.parts import requires
from tests.support.sshd import make_key

#: files read in an ordinary run (``make fuzz`` reads more), and the number of the first
FILES, FIRST = int(os.environ.get("PSTUI_FUZZ", "500")), int(os.environ.get("PSTUI_FUZZ_FIRST", "0"))

BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)
OTHER = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(31) + b"\1"
KEY = base64.b64encode(BLOB).decode()
OTHER_KEY = base64.b64encode(OTHER).decode()


def kept(tmp_path: Path, *lines: str) -> list[Path]:
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{line}\n" for line in lines))
    return [file]


@pytest.mark.parametrize(
    ("pattern", "host", "port", "known"),
    [
        ("db", "db", 22, True),
        ("db", "DB", 22, True),
        ("db", "db2", 22, False),
        ("web,db,192.0.2.1", "db", 22, True),
        ("*.example.com", "db.example.com", 22, True),
        ("*.example.com,!db.example.com", "db.example.com", 22, False),
        ("db?", "db1", 22, True),
        ("[db]:2222", "db", 2222, True),
        ("[db]:2222", "db", 22, False),
        ("[db]:*", "db", 2222, True),
        ("db", "db", 2222, False),
        ("::1", "::1", 22, True),
        ("[::1]:2222", "::1", 2222, True),
        ("[db]", "d", 22, False),
    ],
)
def test_a_line_means_the_hosts_of_its_patterns(
    tmp_path: Path, pattern: str, host: str, port: int, known: bool
) -> None:
    found = look_up(kept(tmp_path, f"{pattern} ssh-ed25519 {KEY} comment"), host, port)
    assert [key.blob for key in found.keys] == ([BLOB] if known else [])


def test_a_key_of_the_name_without_port_is_a_hint_only(tmp_path: Path) -> None:
    found = look_up(kept(tmp_path, f"db ssh-ed25519 {KEY}"), "db", 2222)
    assert not found.keys
    assert [key.blob for key in found.bare] == [BLOB]


def test_markers_are_told_apart_and_lines_counted(tmp_path: Path) -> None:
    files = kept(
        tmp_path,
        "# a comment",
        "",
        "this line is damaged",
        f"@cert-authority *.example.com ssh-ed25519 {KEY}",
        f"@revoked * ssh-ed25519 {OTHER_KEY}",
        f"@unheard-of * ssh-ed25519 {OTHER_KEY}",
        "db.example.com ssh-ed25519 not-base64",
    )
    # As with ssh, what is said of a name without port holds for authorities and revoked keys at every port.
    for port in (22, 2222):
        found = look_up(files, "db.example.com", port)
        assert not found.keys
        assert [key.line for key in found.authorities] == [4]
        assert [key.line for key in found.revoked] == [5]


def test_files_that_are_missing_hold_nothing(tmp_path: Path) -> None:
    found = look_up([tmp_path / "none", tmp_path], "db", 22)
    assert not found.keys


def test_a_new_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / ".ssh" / "known_hosts"
    remember(file, "db", 2222, "ssh-ed25519", BLOB, hashed=False, with_port=True)
    assert file.read_text() == f"[db]:2222 ssh-ed25519 {KEY}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_key_is_appended_even_where_the_last_line_lacks_its_end(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"old ssh-ed25519 {KEY}")
    remember(file, "db", 22, "ssh-ed25519", OTHER, hashed=False, with_port=True)
    assert [key.line for key in look_up([file], "old", 22).keys] == [1]
    assert [key.blob for key in look_up([file], "db", 22).keys] == [OTHER]


@settings(max_examples=50, deadline=None)
@given(
    host=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True),
    port=st.integers(1, 65535),
    hashed=st.booleans(),
    with_port=st.booleans(),
)
def test_what_is_kept_is_found_again_and_for_no_other_port(
    tmp_path_factory: pytest.TempPathFactory, host: str, port: int, hashed: bool, with_port: bool
) -> None:
    file = tmp_path_factory.mktemp("kept") / "known_hosts"
    remember(file, host, port, "ssh-ed25519", BLOB, hashed=hashed, with_port=with_port)
    assert [key.blob for key in look_up([file], host, port, with_port=with_port).keys] == [BLOB]
    assert (host in file.read_text()) is not hashed or len(host) < 4
    if with_port:
        assert not look_up([file], host, port % 65535 + 1).keys


def test_ssh_keygen_agrees(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    algorithm, text = Path(f"{key}.pub").read_text().split()[:2]
    blob = base64.b64decode(text)
    shown = subprocess.run(["ssh-keygen", "-lf", f"{key}.pub"], capture_output=True, text=True, check=True).stdout
    assert fingerprint(blob) in shown
    assert f"({key_name(algorithm)})" in shown
    for hashed in (False, True):
        file = tmp_path / f"known_hosts_{hashed}"
        remember(file, "db.example.com", 2222, algorithm, blob, hashed=hashed, with_port=True)
        command = ["ssh-keygen", "-F", host_token("db.example.com", 2222), "-f", str(file)]
        assert text in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    hashed_by_ssh = tmp_path / "known_hosts_False"
    subprocess.run(["ssh-keygen", "-H", "-f", str(hashed_by_ssh)], capture_output=True, check=True)
    found = look_up([hashed_by_ssh], "db.example.com", 2222)
    assert [one.blob for one in found.keys] == [blob]


def test_every_file_means_what_it_means_to_openssh(tmp_path: Path) -> None:
    requires("sshd", ("ssh-keygen",))

    def difference(number: int) -> str:
        text, host = known_hosts_files.make(number)
        file = tmp_path / str(number)
        file.write_text(text, newline="")
        theirs = known_hosts_files.ask_keygen(file, host)
        found = look_up([file], host, 22, with_port=False)
        ours = {key.line: "" for key in found.keys}
        ours |= {key.line: "CA" for key in found.authorities} | {key.line: "REVOKED" for key in found.revoked}
        return "" if ours == theirs else f"--- {number}, {host}\n{text}=> ssh-keygen {theirs}, we {ours}"

    with ThreadPoolExecutor(4) as pool:
        wrong = [one for one in pool.map(difference, range(FIRST, FIRST + FILES)) if one]
    assert not wrong, f"{len(wrong)} differ\n" + "\n".join(wrong[:6])
