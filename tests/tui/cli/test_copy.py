"""``pstui cp``: what its words mean, and copies to and from a real sshd with what is said and returned."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.errors import CallError
from pstui.tui.cli.copy_call import HELP, Place, parse, place
from pstui.tui.cli.main import main

from tests.support.far_files import look, sftp_sshd
from tests.support.sshd import Sshd, make_home


@pytest.mark.parametrize(
    "word, meant",
    [
        ("file", Place("", "file")),
        ("./a:b", Place("", "./a:b")),
        ("/x:y", Place("", "/x:y")),
        (":x", Place("", ":x")),
        ("C:\\x", Place("", "C:\\x")),
        ("web1:", Place("web1", "")),
        ("web1:/srv/a:b", Place("web1", "/srv/a:b")),
        ("web1:C:\\Temp", Place("web1", "C:\\Temp")),
        ("root@db:log", Place("root@db", "log")),
        ("root@[::1]:/x", Place("root@[::1]", "/x")),
        ("[fe80::1]:x", Place("[fe80::1]", "x")),
        ("container:api:/x", Place("container:api", "/x")),
        ("host:web1:", Place("host:web1", "")),
        ("host:/x", Place("host", "/x")),
        ("tag:sql:C:\\x", Place("tag:sql", "C:\\x")),
        ("group:Prod/Web:/srv", Place("group:Prod/Web", "/srv")),
        ("group:/a:b", Place("group", "/a:b")),
        ("ssh://root@db:2222/srv/a%20b", Place("root@db:2222", "/srv/a b")),
        ("ssh://[::1]/x", Place("[::1]", "/x")),
    ],
)
def test_which_word_names_a_far_end(word: str, meant: Place) -> None:
    assert place(word, windows=False) == meant


@pytest.mark.parametrize(
    "word", ["C:file", "c:", "C:\\x", "C:/x", "\\\\server\\share\\x", "\\\\?\\C:\\x", "//server/c:x"]
)
def test_one_letter_and_a_colon_is_a_drive_on_windows(word: str) -> None:
    assert place(word, windows=True) == Place("", word)
    assert place("web1:C:x", windows=True) == Place("web1", "C:x")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["a"],
        ["a", "b"],
        ["-x", "a", "b:"],
        ["--nonsense", "a", "b:"],
        ["--no", "a", "b:"],
        ["-fn", "a", "b:"],
        ["ssh://u:secret@h/x", "a"],
        ["ssh://h:99999/x", "a"],
    ],
)
def test_a_wrong_call_is_refused(words: list[str]) -> None:
    with pytest.raises(CallError) as caught:
        parse(words)
    assert "secret" not in caught.value.text()


def test_the_options_of_a_call() -> None:
    call = parse(["-rf", "--no-check", "a", "--", "-b", "db:"])
    assert call is not None
    assert call.given == {"recurse", "force", "no-check"}
    assert [each.path for each in call.sources] == ["a", "-b"]


def test_its_help_has_examples_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cp", "--help"]) == 0
    assert capsys.readouterr().out == HELP
    assert "Examples" in HELP
    assert max(map(len, HELP.splitlines())) <= 80


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sftp_sshd(tmp_path_factory.mktemp("cp") / "sshd") as running:
        yield running


@pytest.fixture
def folder(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with ``box`` in ssh_config as the server."""
    entry = (
        f"Host box\nHostName {server.host}\nPort {server.port}\nUser {server.user}\nIdentityFile {server.user_key}\n"
    )
    make_home(tmp_path / "home", monkeypatch, known=server.known_hosts_line, config=entry)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_there_and_back(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "tree" / "sub").mkdir(parents=True)
    (folder / "tree" / "sub" / "file").write_text("content")
    assert main(["cp", "-r", "tree", f"box:{tmp_path}/there"]) == 0
    assert main(["cp", "-r", f"box:{tmp_path}/there", "back"]) == 0
    assert look(folder / "back") == look(folder / "tree") == look(tmp_path / "there")
    out, err = capfd.readouterr()
    assert out == ""
    assert "file: copied" in err


def test_what_was_not_copied_is_named(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "good").write_text("good")
    assert main(["cp", "-q", "good", "missing", f"box:{tmp_path}"]) == 1
    assert (tmp_path / "good").read_text() == "good"
    assert "missing is not there" in capfd.readouterr().err


@pytest.mark.parametrize(
    "option, code, left", [("", 1, "old"), ("--force", 0, "new"), ("--skip", 0, "old"), ("--newer", 0, "new")]
)
def test_a_file_that_is_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, code: int, left: str
) -> None:
    import os

    (folder / "file").write_text("new")
    (tmp_path / "file").write_text("old")
    os.utime(tmp_path / "file", (1_000_000, 1_000_000))

    def nobody() -> None:
        raise OSError("there is no terminal")

    monkeypatch.setattr("pstui.tui.cli.console.Terminal.__init__", lambda self: nobody())
    assert main(["cp", *filter(None, [option]), "file", f"box:{tmp_path}"]) == code
    assert (tmp_path / "file").read_text() == left


def test_to_all_hosts_of_a_tag(folder: Path, server: Sshd, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hosts = {"one": "box", "two": server.host, "gone": "box"}
    lines = [f'[hosts.{name}]\nhost_name = "{host}"\ntags = ["sql"]\n' for name, host in hosts.items()]
    lines[1] += f'port = {server.port}\nuser_name = "{server.user}"\nkey_file_path = "{server.user_key}"\n'
    lines[2] += 'user_name = "stranger"\n'
    (folder / "profiles").write_text("".join(lines))
    (folder / "file").write_text("new")
    assert main(["--config", "profiles", "cp", "file", f"tag:sql:{tmp_path}/there"]) == 1
    assert (tmp_path / "there").read_text() == "new"
    said = capfd.readouterr().err
    assert f"one: {folder}/file: copied" in said
    assert f"two: {folder}/file: there already" in said
    assert "pstui: gone: box: the login was refused" in said
    assert main(["--config", "profiles", "cp", f"tag:sql:{tmp_path}/there", "."]) == 2
    assert "tag:sql may be several hosts" in capfd.readouterr().err
    assert main(["--config", "profiles", "cp", "file", "tag:none:/x"]) == 2


def test_where_no_session_can_be_opened(folder: Path, server: Sshd) -> None:
    (folder / "file").touch()
    assert main(["cp", "file", f"ssh://stranger@{server.host}:{server.port}/tmp/x"]) == 3


@pytest.mark.parametrize("fetches", [False, True], ids=["sent", "fetched"])
def test_a_connection_that_is_cut_is_told_of_in_our_own_words(
    folder: Path, server: Sshd, tmp_path: Path, fetches: bool
) -> None:
    with (folder / "large").open("wb") as stream:
        stream.truncate(1 << 33)  # more than is sent until the connection is cut; it takes no room
    part = (folder if fetches else tmp_path) / "got.pstui-part"
    places = (f"box:{folder}/large", "got") if fetches else ("large", f"box:{tmp_path}/got")
    with subprocess.Popen(
        [sys.executable, "-m", "pstui.tui.cli.main", "cp", "-q", *places], stderr=subprocess.PIPE, text=True
    ) as running:
        end = time.monotonic() + 60
        while not part.exists() or part.stat().st_size < 1_000_000:
            assert running.poll() is None and time.monotonic() < end
            time.sleep(0.01)
        server.kill_connections()
        _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    first, *more = said.splitlines()
    assert first == "pstui: box: the connection was lost"
    assert [line for line in more if not line.startswith("  ")] == []
    assert part.exists() and not part.with_suffix("").exists()
