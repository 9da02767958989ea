"""Edits of files whose tables are spelled otherwise than with a header each, and files that are none."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from pstui.config.history import History
from pstui.config.paths import expanded, is_file, profile_file, state_folder
from pstui.config.problems import ConfigError
from pstui.config.profiles import load
from pstui.config.schema import Field, Kind, Schema
from pstui.config.store import ProfileStore

DOTTED = "hosts.web1.host_name = 'a'\nhosts.web1.port = 22\nhosts.web2.host_name = 'b'\n"
SETTINGS = "[settings]\ntheme = 'x'\n"
WEB1, WEB2 = "[hosts.web1]\nhost_name = 'a'\nport = 22\n", "[hosts.web2]\nhost_name = 'b'\n"
INLINE = ("{ host_name = 'a', port = 22 }", "{ host_name = 'b' }")
SPELLINGS = {
    "dotted": DOTTED + SETTINGS,
    "dotted with dotted settings": f"{DOTTED}settings.theme = 'x'\n",
    "dotted below a header": "[hosts]\n" + DOTTED.replace("hosts.", "") + SETTINGS,
    "inline": f"[hosts]\nweb1 = {INLINE[0]}\nweb2 = {INLINE[1]}\n{SETTINGS}",
    "inline in one": f"hosts = {{ web1 = {INLINE[0]}, web2 = {INLINE[1]} }}\nsettings.theme = 'x'\n",
    "quoted": DOTTED.replace("web1", "'web1'").replace("web2", '"web2" ') + "settings.theme = 'x'\n",
    "headers apart": WEB1 + SETTINGS + WEB2,
    "no number": f"{WEB1}x = nan\n{WEB2}{SETTINGS}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("edit", ["rename", "delete", "put", "new", "settings"])
def test_an_edit_does_what_it_says_or_nothing(tmp_path: Path, spelling: str, edit: str) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(SPELLINGS[spelling])
    before = tomllib.loads(file.read_text())
    wanted = {kind: dict(table) for kind, table in before.items()}
    store = ProfileStore(file)
    match edit:
        case "rename":
            wanted["hosts"] = {"new one" if key == "web1" else key: value for key, value in wanted["hosts"].items()}
        case "delete":
            del wanted["hosts"]["web2"]
        case "put":
            wanted["hosts"]["web2"] = {"host_name": "c", "port": 23}
        case "new":
            wanted["hosts"]["web3"] = {"host_name": "d"}
        case "settings":
            wanted["settings"] = {"theme": "y"}
    try:
        match edit:
            case "rename":
                store.rename("hosts", "web1", "new one")
            case "delete":
                store.delete("hosts", "web2")
            case "put":
                store.put("hosts", "web2", {"host_name": "c", "port": 23})
            case "new":
                store.put("hosts", "web3", {"host_name": "d"})
            case "settings":
                store.change(lambda edits: edits.update("settings", {"theme": "y"}))
    except ConfigError:
        assert edit != "rename" or spelling not in ("dotted", "dotted with dotted settings", "dotted below a header")
        assert tomllib.loads(file.read_text()) == before or spelling == "no number"
        return
    assert str(tomllib.loads(file.read_text())) == str(wanted) or tomllib.loads(file.read_text()) == wanted


#: what a profile file may hold besides, and what is said of it
ODD = {
    "include = '~nobody_is_called_so/x.toml'": "is not a file",
    f"include = '{'n' * 300}.toml'": "is not a file",
    "include = ['loop.toml', 'loop.toml']": "is not a file",
    "include = 'pipe'": "is not a file",
    "include = '/dev/zero'": "is not a file",
    'include = "a\\u0000b"': "is not a file",
    f"[other]\nx = {'9' * 4400}": "number that is too long",
    f"[other]\nx = {{ y = [-{'9' * 4400}] }}": "number that is too long",
    f"include = 0x{'f' * 6000}": "must be a list",
}


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_includes_and_numbers_are_problems_and_the_rest_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    os.mkfifo(tmp_path / "pipe")
    file = tmp_path / "profiles.toml"
    file.write_text(f"{text}\n[hosts.web1]\nhost_name = 'a'\n")
    found = load(file, Schema({"hosts": {"host_name": Field(Kind.TEXT)}}))
    assert any(ODD[text] in str(problem) for problem in found.problems)
    assert found.by_kind("hosts")["web1"]["host_name"] == "a"


@pytest.mark.parametrize("name", ["~nobody_is_called_so/x", "n" * 300, f"~nobody_is_called_so/{'n' * 300}"])
def test_a_name_that_no_file_can_have_is_no_fault_of_ours(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_file(expanded(name))
    monkeypatch.setenv("PSTUI_CONFIG", name)
    monkeypatch.setenv("PSTUI_STATE", name)
    assert profile_file() == state_folder() == Path(name)
    assert all("cannot be read" in str(problem) for problem in load(profile_file(), Schema({}, {})).problems)


def test_a_pipe_is_no_file_of_profiles_and_none_of_history(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (problem,) = load(pipe, Schema({}, {})).problems
    assert "is not a file" in str(problem)
    with pytest.raises(ConfigError):
        ProfileStore(pipe)
    history = History(pipe)
    history.add("host", "line")
    assert "not a file" in history.problem and history.lines() == ["line"]
