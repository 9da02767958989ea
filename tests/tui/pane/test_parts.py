"""The parts of the screen that need no screen: cleaned texts, progress trees, key names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.records import ProgressRecord
from pstui.tui.editor.history import LineHistory
from pstui.tui.keys.actions import ACTIONS, PREFIX_KEY, TAB_KEYS
from pstui.tui.mends.xterm_parser import fix_alt_keys
from pstui.tui.pane.progress import ProgressArea, ProgressModel, remaining
from pstui.tui.pane.question import key_info
from pstui.tui.plain import plain, plain_lines
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult

_HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(["\x1b[", "\x1b]", "\x1b]0;", "\x07", "\x9b", "\x9d", "31m", "\x1bP", "\r"]),
    )
).map("".join)


@given(_HOSTILE)
def test_no_control_character_survives_in_a_label(text: str) -> None:
    assert not [c for c in plain(text) if unicodedata.category(c) in ("Cc", "Cs")]
    assert not [c for c in plain_lines(text) if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"]


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Cn", "Me", "Mn", "Zl", "Zp")), max_size=200))
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_sequences_go_with_what_they_carry() -> None:
    assert plain("a\x1b]52;c;c2VjcmV0\x07b\x1b[31;1mc\x1b[0md\x1bPx\x1b\\e\x9b2Jf") == "abcdef"
    for clean in (plain, plain_lines):
        assert clean("user\u202eexe.txt\u2066") == "user\ufffdexe.txt\ufffd"
        hidden = "\u061c\u200b\u200e\u00ad\ufeff\U000e0041"
        assert clean(f"pay{hidden}pal\u2028two") == "paypal two"
        assert clean("\ud800 and 👩\u200d👧") == "\ufffd and 👩\u200d👧"
    assert plain_lines("a\r\nb\rc\td") == "a\nb\nc    d"


def progress(activity: int, parent: int = -1, *, source: int = 1, done: bool = False) -> ProgressRecord:
    return ProgressRecord(source, activity, parent, f"activity {activity}", "", "", 10, -1, done)


def tree(model: ProgressModel, most: int | None = None) -> list[tuple[int, int, int]]:
    return [(depth, record.source_id, record.activity_id) for depth, record in model.rows(most)]


def test_progress_is_a_tree_and_the_children_of_a_completed_record_move_up() -> None:
    model = ProgressModel()
    for record in (progress(1), progress(3), progress(2, 1), progress(4, 2), progress(1, source=2)):
        model.take(record)
    assert tree(model) == [(0, 1, 1), (1, 1, 2), (2, 1, 4), (0, 1, 3), (0, 2, 1)]
    model.take(progress(1, done=True))
    assert tree(model) == [(0, 1, 3), (0, 1, 2), (1, 1, 4), (0, 2, 1)]
    model.take(progress(2, 1))  # it goes on, and its parent is not known any more
    assert tree(model)[1] == (0, 1, 2)


def test_progress_that_hangs_on_itself_stands_at_the_root() -> None:
    model = ProgressModel()
    for record in (progress(1, 2), progress(2, 1), progress(3, 3), progress(4, 99)):
        model.take(record)
    assert tree(model) == [(0, 1, 1), (0, 1, 2), (0, 1, 3), (0, 1, 4)]


def test_of_many_bars_those_touched_last_are_shown_in_their_order() -> None:
    model = ProgressModel()
    for activity in range(400):
        model.take(progress(activity))
    assert len(model.records) == 256
    model.take(progress(200))
    assert [activity for _, _, activity in tree(model, 3)] == [200, 398, 399]


@given(st.lists(st.builds(progress, st.integers(0, 6), st.integers(-1, 6), done=st.booleans()), max_size=40))
def test_every_progress_record_in_force_is_shown_once(records: list[ProgressRecord]) -> None:
    model = ProgressModel()
    for record in records:
        model.take(record)
    assert sorted(activity for _, _, activity in tree(model)) == sorted(key[1] for key in model.records)
    assert set(model.touched) == set(model.records)


@pytest.mark.parametrize(("seconds", "shown"), [(-1, ""), (0, "~0 s left"), (12, "~12 s left"), (600, "~10 min left")])
def test_the_time_left_is_said_roughly(seconds: int, shown: str) -> None:
    assert remaining(seconds) == shown


def test_alt_keys_arrive_under_their_own_names() -> None:
    fix_alt_keys()
    expected = {"\x1b\r": "alt+enter", "\x1b.": "alt+full_stop", **{f"\x1b{n}": f"alt+{n}" for n in range(10)}}
    expected |= {f"\x1b{letter}": f"alt+{letter}" for letter in "abcfxyzA"} | {"\x1b\x7f": "alt+backspace"}
    for sequence, name in expected.items():
        keys = [event for event in XTermParser().feed(sequence) if isinstance(event, events.Key)]
        assert [(key.key, key.character) for key in keys] == [(name, None)], repr(sequence)
    both = [event for event in XTermParser().feed("\x1by\x1b[A") if isinstance(event, events.Key)]
    assert [key.key for key in both] == ["alt+y", "up"], "one right behind the other"


def test_every_action_is_behind_the_prefix_and_no_key_has_two_meanings() -> None:
    actions = ACTIONS + TAB_KEYS
    assert all(each.prefix for each in actions)
    assert len({each.prefix for each in actions}) == len(actions)
    keys = [key for each in actions for key in each.keys]
    assert len(set(keys)) == len(keys)
    assert PREFIX_KEY not in keys


def test_the_history_keeps_a_draft_and_no_line_twice_in_a_row() -> None:
    history = LineHistory(limit=2)
    for line in ("a", "b", "b", " ", "c"):
        history.add(line)
    assert history.lines == ("b", "c")
    assert [history.older("draft"), history.older(""), history.older("")] == ["c", "b", None]
    assert [history.newer(), history.newer(), history.newer()] == ["c", "draft", None]


@pytest.mark.parametrize(
    ("key", "character", "code", "state"),
    [("a", "a", 65, 0), ("A", "A", 65, 16), ("enter", "\r", 13, 0), ("f1", None, 112, 0), ("ctrl+left", None, 37, 8)],
)
def test_a_key_press_as_readkey_returns_it(key: str, character: str | None, code: int, state: int) -> None:
    info = key_info(key, character)
    assert (info.virtual_key_code, info.character, info.control_key_state) == (code, character or "", state)


async def test_progress_without_a_percentage_leaves_no_gap() -> None:
    class Bars(App[None]):
        def compose(self) -> ComposeResult:
            yield ProgressArea()

    async with Bars().run_test(size=(80, 5)) as pilot:
        area = pilot.app.query_one(ProgressArea)
        area.take(ProgressRecord(1, 1, -1, "Copying", "a.txt", "", -1, -1, False))
        area.take(ProgressRecord(1, 2, -1, "Packing", "b.txt", "", 50, -1, False))
        while not area.size.height:
            await pilot.pause()
        first, second = str(area.render()).splitlines()
        assert first == "Copying   a.txt"
        assert second == f"Packing  {'█' * 6}{'░' * 6}  50 %   b.txt"
