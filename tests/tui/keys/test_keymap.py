"""The keymap: what the configuration may change, what it may not, and Alt keys that a slow link tears apart."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.editor.keys import KEYS
from pstui.tui.keys.actions import ACTIONS, TAB_KEYS
from pstui.tui.keys.contexts import CONTEXT_KEYS, actions_of
from pstui.tui.keys.keymap import action_names, key_name, keymap, written
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.reading import read
from textual.actions import parse

from tests.support.pilot import screen
from tests.support.stand_in import StandInManager, host
from tests.tui.workspace.test_terminal import Terminal, start, terminal

__all__ = ["terminal"]

ALL = ACTIONS + TAB_KEYS


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ctrl+PgDn", "ctrl+pagedown"),
        ("ALT+x", "alt+x"),
        ("alt+X", "alt+x"),
        ("?", "question_mark"),
        ("Ctrl+]", "ctrl+right_square_bracket"),
        ("shift+ctrl+F5", "ctrl+shift+f5"),
        ("Ctrl++", "ctrl+plus"),
        ("Z", "Z"),
        ("Alt+↑", "alt+up"),
        ("f30", None),
        ("hyper+x", None),
        ("ctrl+ctrl+x", None),
        ("", None),
        ("ä+", None),
    ],
)
def test_keys_are_read_as_people_write_them(text: str, name: str | None) -> None:
    assert key_name(text) == name


async def test_every_action_names_the_part_of_the_workspace_that_does_it() -> None:
    async with screen() as s:
        for each in ALL:
            part, name, parameters = parse(each.action)
            owner = getattr(s.workspace, part) if part else s.workspace
            if each.name != "alt":  # what a key means after it is no action of its own
                signature(getattr(owner, f"action_{name}")).bind(*parameters)


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_keys(text: str) -> None:
    name = key_name(text)
    assert name is None or key_name(written(name)) == name


def test_every_default_is_written_as_it_can_be_read() -> None:
    for each in ALL:
        assert [key_name(written(key)) for key in each.keys] == list(each.keys)
        assert key_name(each.prefix_shown) == each.prefix
        assert not each.keys or written(each.keys[0]) == each.shown, each


def test_every_action_of_finding_and_copying_has_one_meaning_per_key() -> None:
    for keys in CONTEXT_KEYS.values():
        names = [key for each in keys for key in each.keys]
        assert len(set(names)) == len(names) == len(actions_of(keys))


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"find": "Ctrl+Q"}, ""),
        ({"find": ["Ctrl+Q", "F7"]}, ""),
        ({"find": []}, ""),
        ({"find": "Ctrl+] f"}, ""),
        ({"find": "F1"}, "F1 is the key of help; the default stays."),
        ({"find": "F1", "help": "F7"}, ""),
        ({"find": "F7", "quit": "F7"}, "F7 is the key of find; the default stays."),
        ({"find": "prefix n"}, "Ctrl+] n is the key of next_tab; the default stays."),
        ({"find": "x"}, "'x' is needed for typing: use it with Ctrl or Alt, an F-key, or 'prefix x'."),
        ({"find": "Ctrl+M"}, "'Ctrl+M' is needed for typing: use it with Ctrl or Alt, an F-key, or 'prefix Ctrl+M'."),
        ({"find": "Ctrl+C"}, "'Ctrl+C' is needed for typing: use it with Ctrl or Alt, an F-key, or 'prefix Ctrl+C'."),
        ({"find": "Hyper+F"}, "'Hyper+F' is not a key."),
        ({"find": 7}, "must be a key or a list of keys."),
        ({"interrupt": "F7"}, "Ctrl+C always stops what runs and cannot be another key."),
    ],
)
def test_the_table_of_keys(table: dict[str, Any], problem: str) -> None:
    made = keymap(table)
    assert [text for _, text in made.problems] == ([problem] if problem else [])
    for keys in ([key for each in made.actions for key in each.keys], [each.prefix for each in made.actions]):
        assert len(set(keys)) == len(keys), "one meaning per key"
    if problem:
        last = list(table)[-1]
        assert [made.named(last)] == [each for each in ALL if each.name == last], "the default stays"


def test_who_keeps_its_own_key_and_adds_another_is_not_the_one_refused() -> None:
    for table in ({"find": "F1", "help": ["F1", "F7"]}, {"help": ["F1", "F7"], "find": "F1"}):
        made = keymap(table)
        assert made.problems == (("find", "F1 is the key of help; the default stays."),)
        assert made.named("help").keys == ("f1", "f7")


def test_what_is_changed_is_shown_as_it_is() -> None:
    made = keymap({"find": ["Ctrl+Q", "prefix f"], "sidebar": []})
    assert made.shown("find") == "Ctrl+Q" and made.shown("sidebar") == "Ctrl+] s"
    assert made.direct("ctrl+q") == made.after_prefix("f") == made.named("find")
    assert made.direct("ctrl+f") is None and made.after_prefix("slash") is None


_NAMES = st.sampled_from([*action_names(), "nonsense"])
_KEYS = st.sampled_from(["F1", "F7", "Ctrl+F", "Ctrl+G", "Alt+1", "prefix n", "prefix f", "prefix /", "x", "Ctrl+PgUp"])


@given(st.dictionaries(_NAMES, st.lists(_KEYS, max_size=3), max_size=6))
def test_whatever_the_table_says_no_action_is_lost_and_no_key_means_two_things(table: dict[str, Any]) -> None:
    made = keymap(table)
    assert [each.name for each in made.actions] == [each.name for each in ALL]
    assert len({each.prefix for each in made.actions}) == len(made.actions)
    direct = [key for each in made.actions for key in each.keys]
    assert len(set(direct)) == len(direct)


def test_problems_are_told_with_those_of_the_profiles(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text('[keys]\nfind = "F1"\nfnid = "F7"\nquit = "F9"\n')
    profiles = read(file)
    told = [str(problem) for problem in profiles.configuration.problems]
    assert told == [
        f"{file}: [keys] fnid: is not known. Did you mean find?",
        f"{file}: [keys] find: F1 is the key of help; the default stays.",
    ]
    assert keymap(profiles.keys).shown("quit") == "F9"


async def test_the_screen_follows_the_configuration() -> None:
    keys = {"find": "F7", "connect": "prefix k"}
    manager = StandInManager()
    async with screen(host("web1"), sessions=manager.as_manager(), keys=keys) as driver:
        await driver.until(lambda: driver.pane.state is PaneState.PROMPT, "a prompt")
        await driver.until(lambda: driver.shows("F7 find"), "the footer tells it")
        await driver.keys("ctrl+f")
        assert not driver.workspace.reading.find_bar.display
        await driver.keys("f7")
        await driver.until(lambda: driver.workspace.reading.find_bar.has_keys, "F7 finds")
        await driver.keys("escape", "ctrl+right_square_bracket")
        await driver.until(lambda: driver.shows("k connect"), "the row of keys tells it")
        await driver.keys("escape", "f1")
        await driver.until(lambda: driver.shows("F2           k            go to a host"), "F1 tells it")


def test_no_key_of_the_editor_is_one_of_the_workspace_s() -> None:
    of_workspace = {key for action in ACTIONS for key in action.keys}
    assert not of_workspace & set(KEYS)


def test_an_alt_that_a_slow_link_tears_apart_is_still_an_alt(terminal: Terminal) -> None:
    start(terminal)
    terminal.keys("ask", "Enter")
    terminal.until(lambda seen: "Enter answers" in seen)
    terminal.keys("-H", "1b", ";", "send-keys", "2")  # two writes, one right behind the other
    terminal.until(lambda seen: "[db]" in seen)
    terminal.keys("M-1")
    terminal.until(lambda seen: "Enter answers" in seen and "cancelled" not in seen)


def test_every_key_for_reading_arrives_from_an_ordinary_terminal(terminal: Terminal) -> None:
    start(terminal)
    terminal.keys("flood 200", "Enter")
    terminal.until(lambda seen: "line 199" in seen)
    terminal.keys("C-f", "line 19", "Enter")
    terminal.until(lambda seen: "11 of 11" in seen)
    terminal.keys("n", "N", "n", "Up", "/")
    terminal.until(lambda seen: "9 of 11" in seen and "Enter goes on" in seen)
    terminal.keys("Escape")
    terminal.until(lambda seen: "of 11" not in seen)
    terminal.keys("C-End")
    terminal.until(lambda seen: "line 199" in seen)
    terminal.keys("M-Up")
    terminal.until(lambda seen: "copies the output" in seen)
    terminal.keys("C-]", "z")
    terminal.until(lambda seen: "200 lines folded" in seen)
    terminal.keys("C-]", "Z")
    terminal.until(lambda seen: "folded" not in seen)
    terminal.keys("M-Down")
    terminal.until(lambda seen: "copies the output" not in seen and "line 199" in seen)
    terminal.keys("C-]", "[")
    terminal.until(lambda seen: "copy mode" in seen)
    terminal.keys("C-Left", "S-Up", "S-Left", "V", "g", "G", "{", "o", "Enter")
    terminal.until(lambda seen: "copied 200 lines" in seen and "Space select" not in seen)
    for keys in ("/", "o", "y", "t", "Up", "Down"):
        terminal.keys("C-]")
        terminal.until(lambda seen: "copy selection" in seen)
        terminal.keys(keys)
        terminal.until(lambda seen: "copy selection" not in seen)
        terminal.keys("C-c") if keys in "/t" else None
    terminal.until(lambda seen: "Save" not in seen and "Find" not in seen)


def test_no_two_actions_have_a_name_or_a_key_in_common() -> None:
    keys = [key for each in ALL for key in each.keys]
    for said in (keys, [each.name for each in ALL], [each.prefix for each in ALL]):
        assert sorted(set(said)) == sorted(said)
