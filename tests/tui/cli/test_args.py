"""The command line as it is typed: what each call binds to, what is refused and how."""

from __future__ import annotations

import json
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.errors import CallError
from pstui.backends.version import VERSION
from pstui.tui.cli import args as cli_args
from pstui.tui.cli.args import COMMANDS, DECLARED, Options
from pstui.tui.cli.help import help_text, invoke_help
from pstui.tui.cli.main import main

from tests.support.documents import FOR_USERS, text_of

Captured = pytest.CaptureFixture[str]


def what_if(capsys: Captured, *words: str) -> dict[str, Any]:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    answer = json.loads(out)
    assert isinstance(answer, dict)
    return answer


def refused(capsys: Captured, *words: str) -> str:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def profiles(home: Path, text: str) -> None:
    folder = home / ".config" / "pstui"
    folder.mkdir(parents=True)
    (folder / "profiles.toml").write_text(text)


def test_version_and_help_go_to_standard_output(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"pstui {VERSION}\n"
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == help_text()
    assert main(["-?"]) == 0
    assert capsys.readouterr().out == help_text()
    assert main(["icm", "-HostName", "db", "--help"]) == 0
    assert capsys.readouterr().out == invoke_help()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_after_a_command_is_that_of_the_command(capsys: Captured, command: str) -> None:
    told = []
    for word in ("--help", "-h", "-?"):
        assert main([command, word]) == 0
        told.append(capsys.readouterr().out)
    text, *others = told
    assert others == [text, text] != [help_text(), help_text()]
    assert text.index("Usage") < text.index(f"  pstui {command}")
    assert command == "cp" or all(name in text for name in COMMANDS[command])
    assert not re.search(rf"^  pstui (?!{command})", text, re.MULTILINE), "another command"
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("first", ["Enter-PSSession", "etsn", "web1"])
def test_help_after_a_cmdlet_or_a_name_is_the_whole(capsys: Captured, first: str) -> None:
    assert main([first, "--help"]) == 0
    assert capsys.readouterr().out == help_text()


def test_the_version_with_v_tells_python_and_the_libraries(capsys: Captured) -> None:
    assert main(["--version", "-v"]) == 0
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith(f"pstui {VERSION}, installed")
    said = {name: text for name, _, text in (row.partition(" ") for row in rows)}
    assert said["Python"].split()[0] == platform.python_version()
    assert said["textual"].strip() == metadata.version("textual")
    assert "ruff" not in said, "what pstui is made with is not what it runs with"
    assert main(["--version", "-x"]) == 2
    assert "--version -v" in capsys.readouterr().err


def test_the_help_is_complete_and_80_columns_wide() -> None:
    assert max(len(line) for text in (help_text(), invoke_help()) for line in text.splitlines()) <= 80
    for word in ("--transcript", "--config", "--line", "--json", "--check", "--stdio", "icm", "etsn", "-WhatIf", "130"):
        assert word in help_text()
    assert all(option.name in help_text() for option in DECLARED)
    assert sum("pstui icm " in line for line in invoke_help().split("Examples")[1].splitlines()) == 6


@pytest.mark.parametrize(
    "words",
    [
        ("Enter-PSSession", "-HostName", "Root@Db:2222", "-WhatIf"),
        ("etsn", "-host", "Root@Db:2222", "-whatif"),
        ("-HostName", "Root@Db:2222", "-WhatIf"),
        ("-HostName:Root@Db:2222", "-WhatIf:$true"),
        ("Root@Db:2222", "-WhatIf"),
        ("--line", "Enter-PSSession -HostName Root@Db:2222 -WhatIf"),
        ("--line=etsn -Port 2222 -UserName Root -HostName Db -WhatIf",),
        ("--line", "Enter-PSSession -HostName Root@Db:2222", "-WhatIf"),
        ("--line=New-PSSession -HostName Root@Db:2222", "-wi"),
        ("--line", "$s = New-PSSession -HostName Root@Db:2222; Enter-PSSession $s", "-WhatIf"),
    ],
)
def test_many_ways_to_say_the_same(capsys: Captured, words: tuple[str, ...]) -> None:
    answer = what_if(capsys, *words)
    assert answer["ParameterSet"] == "SSHHost"
    assert answer["Values"] == {"HostName": "db", "UserName": "Root", "Port": 2222}


def test_a_name_is_a_computer_name(capsys: Captured) -> None:
    answer = what_if(capsys, "web1.example.com", "-WhatIf")
    assert (answer["ParameterSet"], answer["ComputerName"]) == ("ComputerName", "web1.example.com")
    answer = what_if(capsys, "web1", "-UseSSL", "-WhatIf")
    assert answer["Values"] == {"ComputerName": "web1", "UseSSL": True}


def test_enter_without_a_target_is_the_local_powershell(capsys: Captured) -> None:
    assert what_if(capsys, "Enter-PSSession", "-WhatIf")["ParameterSet"] == "Process"


def test_invoke_command_tells_its_script(capsys: Captured) -> None:
    answer = what_if(capsys, "icm", "-HostName", "h", "-ScriptBlock", "1..3", "-ArgumentList", "a,b", "-WhatIf")
    assert (answer["Cmdlet"], answer["ScriptBlock"]) == ("Invoke-Command", "1..3")


@pytest.mark.parametrize("words", [("Enter-PSSession", "-?"), ("--line", "etsn -HostName h -?"), ("etsn", "h", "-?")])
def test_a_question_mark_shows_the_ways_of_calling(words: tuple[str, ...], capsys: Captured) -> None:
    assert main(words) == 0
    text = capsys.readouterr().out
    assert max(len(line) for line in text.splitlines()) <= 78
    assert "Enter-PSSession [-ComputerName] <String> [[-Credential] <PSCredential>]" in text
    assert "[-Port <Int32>]" in text and "[[-Id] <Int32>]" in text and "Alias: etsn" in text


def test_several_targets_are_described_one_by_one(capsys: Captured) -> None:
    assert main(["--line", "New-PSSession -ComputerName a, b -Port 5986 -UseSSL", "-WhatIf"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [each["Values"]["ComputerName"] for each in answer] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Get-PSSession -Name web*", {"Name": ["web*"]}),
        ("Exit-PSSession", {}),
        ("New-PSSessionOption -OpenTimeout 30000", {"OpenTimeout": 30000}),
        ("Connect-PSSession -ComputerName srv -Name web", {"ComputerName": ["srv"], "Name": ["web"]}),
    ],
)
def test_a_call_that_opens_nothing_is_described_by_its_values(
    line: str, values: dict[str, Any], capsys: Captured
) -> None:
    assert what_if(capsys, "--line", line, "-WhatIf")["Values"] == values


@pytest.mark.parametrize(
    ("words", "error_id"),
    [
        (("-HostName", ""), "ParameterArgumentValidationError"),
        (("-HostName", "h", "-Port", "70000"), "ParameterArgumentValidationError"),
        (("-HostName", "a b"), "PSSessionInvalidComputerName"),
        (("-HostName", "h", "-ComputerName", "x"), "AmbiguousParameterSet"),
        (("-HostName", "h", "-KeyFilePath", "/nowhere/key"), "PathNotFound"),
        (("Enter-PSSession", "-Nonsense", "1"), "NamedParameterNotFound"),
        (("icm", "-HostName", "h"), ""),
    ],
)
def test_a_wrong_call_names_its_error_id(capsys: Captured, words: tuple[str, ...], error_id: str) -> None:
    assert error_id in refused(capsys, *words)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--jsn", "icm"), "--json"),
        (("--line",), "value"),
        (("--transcript=", "h"), "value"),
        (("--line", "etsn h", "more"), "more"),
        (("Enter-PSSession", "-HostName", "h", "--transcript", "f"), "pstui --transcript"),
        (("--json", "Enter-PSSession", "-HostName", "h"), "Invoke-Command"),
        (("--stdio",), "demo --stdio"),
        (("demo", "more"), "--stdio"),
        (("New-PSSession", "-HostName", "h"), "Enter-PSSession"),
        (("--config", "/nowhere/profiles.toml", "web1"), "/nowhere/profiles.toml"),
        (("Enter-PSession", "srv"), "Did you mean Enter-PSSession?"),
        (("-HostName", "h", "-Options", "@{ProxyJump=x}"), "A text needs quotes: 'x'. A shell must be given the whole"),
        (("-HostName", "a,b"), "one session is entered at a time"),
        (("etsn", "a,b"), "one session is entered at a time"),
    ],
)
def test_a_refusal_says_what_to_write(capsys: Captured, words: tuple[str, ...], hint: str) -> None:
    assert hint in refused(capsys, *words)


@pytest.mark.parametrize("words", [(), ("Enter-PSSession",), ("demo",), ("-HostName", "h"), ("user@h",)])
def test_the_screen_without_a_terminal_names_icm(capsys: Captured, words: tuple[str, ...]) -> None:
    assert "icm" in refused(capsys, *words)


def test_options_of_invoke_command_are_also_taken_behind_it_but_not_from_the_script() -> None:
    options = Options()
    words = ["-HostName", "h", "--json", "--depth", "3", "--var=a=1", "--var", "b=2", "-ArgumentList", "--csv"]
    assert cli_args.take_options(options, words) == ("-HostName", "h", "-ArgumentList", "--csv")
    assert (options.json, options.depth, options.var, options.csv) == (True, "3", ("a=1", "b=2"), False)
    assert cli_args.take_options(options, ["-Args", "--csv"]) == ("-Args", "--csv")
    assert not options.csv


PROFILES = """
[hosts.web1]
computer_name = "web1.example.com"
use_ssl = true

[hosts.db]
host_name = "root@Db:22"

[containers.db]
container_id = "db"

[hosts.odd]
use_ssl = true
"""


def test_a_saved_profile_is_found_by_its_name(capsys: Captured, isolated_home: Path) -> None:
    profiles(isolated_home, PROFILES)
    answer = what_if(capsys, "WEB1", "-WhatIf")
    assert (answer["Profile"], answer["ComputerName"]) == ("web1", "web1.example.com")
    answer = what_if(capsys, "host:db", "-WhatIf")
    assert answer["Values"] == {"HostName": "db", "UserName": "root", "Port": 22}
    assert what_if(capsys, "container:db", "-WhatIf")["ParameterSet"] == "ContainerId"


def test_a_profile_that_cannot_be_meant_is_explained(capsys: Captured, isolated_home: Path) -> None:
    profiles(isolated_home, PROFILES)
    assert "host:db" in refused(capsys, "db", "-WhatIf")
    assert "web1" in refused(capsys, "host:wbe1", "-WhatIf")
    assert "hosts.odd" in refused(capsys, "odd", "-WhatIf")
    assert "hosts.odd" in refused(capsys, "host:odd", "-WhatIf")
    assert main(["--check"]) == 1
    assert "[hosts.odd]" in capsys.readouterr().err


def test_a_broken_profile_file_is_named(capsys: Captured, isolated_home: Path) -> None:
    profiles(isolated_home, "[hosts.web1\n")
    assert "profiles.toml" in refused(capsys, "web1", "-WhatIf")
    assert main(["--check"]) == 1
    assert "profiles.toml" in capsys.readouterr().err


def test_what_was_not_foreseen_is_written_down_without_secrets(
    capsys: Captured, isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(argv: object) -> None:
        password = "hunter2"
        raise RuntimeError(f"no luck with {password!r}")

    monkeypatch.setattr(cli_args, "parse", broken)
    assert main(["x"]) == 70
    err = capsys.readouterr().err
    (report,) = (isolated_home / ".local" / "state" / "pstui").rglob("crash-*.txt")
    text = report.read_text()
    assert str(report) in err
    assert report.stat().st_mode & 0o077 == 0
    assert "RuntimeError" in text
    assert "in broken" in text
    assert "hunter2" not in text + err


@pytest.mark.parametrize(
    ("words", "command", "settings"),
    [
        ("-Command prog -s -NoLogo", ["prog", "-s", "-NoLogo"], {}),
        ("-Command prog,-s", ["prog", "-s"], {}),
        ("-Command prog -s -Width 100", ["prog", "-s"], {"width": 100}),
        ("-Command ssh db pwsh -s", ["ssh", "db", "pwsh", "-s"], {}),
        ("-Width 90 -Command prog -x:1", ["prog", "-x:1"], {"width": 90}),
    ],
)
def test_what_follows_a_program_is_its_own(
    capsys: Captured, words: str, command: list[str], settings: dict[str, Any]
) -> None:
    answer = what_if(capsys, *words.split(), "-WhatIf")
    assert (answer["Values"], answer["Settings"]) == ({"Command": command}, settings)


def test_help_and_the_pages_name_all_that_can_be_connected_to() -> None:
    pages = "".join(text_of(page) for page in FOR_USERS)
    for example in ("-ProcessId 4711", "-Command ssh db pwsh -s -NoLogo", "-ContainerId api -Shell", "admin@db"):
        assert example in help_text() and example in pages, example


def test_a_host_of_ssh_config_is_found_by_its_name(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host web1 web1.example\n  User me\nHost *\n  Port 22\n")
    answer = what_if(capsys, "web1", "-WhatIf")
    assert (answer["ParameterSet"], answer["Values"]) == ("SSHHost", {"HostName": "web1"})
    assert answer["Notices"] == ["web1 is the host web1 of ssh_config, over SSH."]
    assert what_if(capsys, "web2", "-WhatIf")["ParameterSet"] == "ComputerName"


def test_a_credential_of_the_profiles_is_shown_by_its_user(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    profiles(tmp_path, "[credentials.admin]\nuser_name = 'CONTOSO\\root'\n".replace("\\\\", "\\"))
    answer = what_if(capsys, "etsn", "srv", "-Credential", "admin", "-WhatIf")
    assert answer["Values"]["Credential"] == "CONTOSO\\root"
    assert answer["Line"].endswith("-Credential admin"), "bound again, it is the same"


def test_a_uri_belongs_to_connection_uri(capsys: Captured) -> None:
    said = refused(capsys, "etsn", "http://Server01:5985/WSMAN", "-WhatIf")
    assert "A URI belongs to -ConnectionUri." in said and "bracket" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="what Windows draws on has no TERM")
@pytest.mark.parametrize("kind", ["dumb", "unknown", "network", "emacs"])
def test_a_terminal_that_cannot_draw_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pstui.tui.cli import screen

    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr("sys.stdin", Tty())
    monkeypatch.setattr("sys.stdout", Tty())
    with pytest.raises(CallError) as error:
        screen.need_terminal()
    assert f"TERM says {kind}." in error.value.why


@pytest.mark.parametrize("kind", ["xterm-256color", "no-such-terminal", ""])
def test_a_terminal_that_draws_or_is_not_known_is_taken(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pstui.tui.cli import screen

    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr("sys.stdin", Tty())
    monkeypatch.setattr("sys.stdout", Tty())
    screen.need_terminal()


class Tty:
    def isatty(self) -> bool:
        return True


def test_problems_of_the_profiles_reach_no_terminal_raw(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[hosts."a\\u001b]0;x\\u0007\\u202e"]\n"b\\u001bc" = 1\n')
    assert main(["--config", str(file), "--check"]) == 1
    said = capsys.readouterr().err
    assert not any(char in said for char in "\x1b\x07\u202e")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--trace", "t.jsonl", "cp", "a", "web:b"), "cp does not take --trace"),
        (("--trace", "t.jsonl", "log", "word"), "log does not take --trace"),
        (("--json", "doctor"), "doctor does not take --json"),
        (("--transcript", "t.txt", "doctor"), "doctor does not take --transcript"),
        (("--config", "p.toml", "completion", "bash"), "completion does not take --config"),
        (("--var", "a=1", "man"), "man does not take --var"),
        (("--timeout", "5", "demo"), "demo does not take --timeout"),
        (("--trace", "t.jsonl", "--check"), "--check does not take --trace"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused_by_name(
    words: tuple[str, ...], said: str, capsys: Captured, isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(isolated_home)
    assert said in refused(capsys, *words)
    assert not (isolated_home / "t.jsonl").exists()
