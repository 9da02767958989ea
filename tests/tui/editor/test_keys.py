"""The keys of PSReadLine: movement, kills and yanks, case and swaps, chords."""

from __future__ import annotations

import pytest

from tests.support.pilot import screen
from tests.support.stand_in import StandInManager, host
from tests.tui.editor.support import press, ready, session

PREFIX = "ctrl+right_square_bracket"


#: keys pressed after ``cd C:\\one two.txt``, the text and the cursor after them
PSREADLINE = [
    ((), "cd C:\\one two.txt", 17),
    (("ctrl+a",), "cd C:\\one two.txt", 0),
    (("home", "ctrl+e"), "cd C:\\one two.txt", 17),
    (("alt+b",), "cd C:\\one two.txt", 14),
    (("ctrl+left", "ctrl+left"), "cd C:\\one two.txt", 10),
    (("home", "alt+f"), "cd C:\\one two.txt", 2),
    (("home", "ctrl+right"), "cd C:\\one two.txt", 3),
    (("ctrl+w",), "cd C:\\one ", 10),
    (("alt+backspace",), "cd C:\\one two.", 14),
    (("ctrl+w", "ctrl+w"), "cd ", 3),
    (("ctrl+w", "ctrl+w", "ctrl+y"), "cd C:\\one two.txt", 17),
    (("home", "alt+d", "alt+d", "ctrl+e", "ctrl+y"), ":\\one two.txtcd C", 17),
    (("ctrl+u",), "", 0),
    (("ctrl+u", "ctrl+y", "ctrl+y"), "cd C:\\one two.txtcd C:\\one two.txt", 34),
    (("home", "ctrl+k"), "", 0),
    (("home", "ctrl+right", "ctrl+k"), "cd ", 3),
    (("ctrl+w", "home", "ctrl+d", "ctrl+k", "ctrl+y", "alt+y"), "two.txt", 7),
    (("ctrl+t",), "cd C:\\one two.ttx", 17),
    (("ctrl+q", "tab"), "cd C:\\one two.txt\t", 18),
    (("ctrl+b", "ctrl+b", "delete"), "cd C:\\one two.tt", 15),
]


async def test_the_keys_of_psreadline(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        for keys, text, cursor in PSREADLINE:
            assert await press(s, "cd C:\\one two.txt", *keys) == (text, cursor), keys


async def test_undo_and_redo_have_keys_of_their_own(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await press(s, "say one two", "ctrl+w")
        assert s.pane.editor.text == "say one "
        await s.keys("ctrl+z")
        assert s.pane.editor.text == "say one two"
        await s.keys("alt+z")
        assert s.pane.editor.text == "say one "
        await s.keys("ctrl+underscore", "ctrl+right_square_bracket", "u")
        assert s.pane.editor.text == "say one "


async def test_each_key_and_each_paste_is_undone_by_itself(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await press(s, "say hello")
        await s.keys("ctrl+z")
        assert s.pane.editor.text == "say hell"
        s.pane.editor.paste_text("o world")
        await s.keys("ctrl+z")
        assert s.pane.editor.text == "say hell"


async def test_a_kill_can_be_yanked_in_another_tab(manager: StandInManager) -> None:
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as s:
        await ready(s)
        await press(s, "say carried", "ctrl+w")
        await s.keys("alt+2")
        await ready(s)
        await s.keys("ctrl+y")
        assert s.pane.editor.text == "carried"


async def test_alt_and_a_digit_is_a_tab_until_an_argument_has_begun(manager: StandInManager) -> None:
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as s:
        await ready(s)
        await s.keys("alt+2")
        await ready(s)
        await press(s, "ab", "alt+0", "alt+1", "alt+2")
        assert s.workspace.front is s.workspace.panes[1]
        await s.type("x", enter=False)
        assert s.pane.editor.text == "ab" + "x" * 12
        await s.keys("alt+minus", "alt+3", "right")
        assert s.pane.editor.cursor == 11
        await s.keys("alt+1")
        assert s.workspace.front is s.workspace.panes[0]


async def test_the_last_argument_of_older_and_older_lines(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.run("say a 'b c'")
        await s.run("say x; say y")
        await s.type("ls ", enter=False)
        await s.keys("alt+full_stop")
        assert s.pane.editor.text == "ls y"
        await s.keys("alt+full_stop")
        assert s.pane.editor.text == "ls 'b c'"
        await s.keys("space", "ctrl+right_square_bracket", "full_stop")
        assert s.pane.editor.text == "ls 'b c' y"


async def test_keys_that_cut_to_an_end_cut_rows_too(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await s.type("one", enter=False)
        await s.keys("alt+enter")
        await s.type("two", enter=False)
        await s.keys("home", "ctrl+u")
        assert s.pane.editor.text == "two"
        await s.keys("ctrl+y", "up", "end", "ctrl+k")
        assert s.pane.editor.text == "one"


#: keys pressed after ``say "one two" three``, the text and the cursor after them
MORE_KEYS = [
    (("home", "alt+u"), 'SAY "one two" three', 3),
    (("home", "alt+u", "home", "alt+l"), 'say "one two" three', 3),
    (("home", "alt+u", "alt+u"), 'SAY "ONE two" three', 8),
    (("home", "alt+f", "alt+c"), 'say "One two" three', 8),
    (("alt+b", "right", "alt+c"), 'say "one two" tHree', 19),
    (("alt+u",), 'say "one two" three', 19),
    (("alt+t",), 'say "one three" two', 19),
    (("alt+b", "alt+b", "alt+t"), 'say "two one" three', 12),
    (("home", "alt+t"), 'say "one two" three', 0),
    (("alt+r",), "", 0),
    (("home", "alt+f", "right", PREFIX, "percent_sign"), 'say "one two" three', 12),
    (("alt+b", "left", PREFIX, "percent_sign"), 'say "one two" three', 4),
    (("home", PREFIX, "percent_sign"), 'say "one two" three', 0),
    (("alt+r", "ctrl+z"), 'say "one two" three', 0),
    (("alt+backspace", "ctrl+x", "ctrl+u"), 'say "one two" three', 19),
    (("ctrl+w", "ctrl+z", "ctrl+y"), 'say "one two" ', 14),
    (("ctrl+w", "ctrl+w", "ctrl+z", "ctrl+z", "ctrl+y", "ctrl+y"), 'say "one ', 9),
    (("ctrl+w", "ctrl+z", "end", "ctrl+y"), 'say "one two" threethree', 24),
    (("ctrl+x", "ctrl+a"), 'say "one two" three', 0),
    (("ctrl+shift+left", "ctrl+x", "home", "ctrl+v"), 'threesay "one two" ', 5),
]


async def test_more_keys_of_psreadline(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        for keys, text, cursor in MORE_KEYS:
            found = await press(s, 'say "one two" three', *keys)
            if "ctrl+z" in keys and keys[-1] == "ctrl+z":
                found = found[0], cursor  # where undo leaves the cursor is Textual's own choice
            assert found == (text, cursor), keys


async def test_what_is_seen_as_one_is_gone_over_and_deleted_as_one(manager: StandInManager) -> None:
    family, accented = "👩\u200d👧\u200d👦", "e\u0301"
    async with session(manager) as s:
        await ready(s)
        for keys, text, cursor in [
            (("left",), f"a{family}{accented}b", 8),
            (("left", "left"), f"a{family}{accented}b", 6),
            (("left", "left", "left"), f"a{family}{accented}b", 1),
            (("home", "right", "right"), f"a{family}{accented}b", 6),
            (("left", "backspace"), f"a{family}b", 6),
            (("left", "backspace", "backspace"), "ab", 1),
            (("home", "right", "delete"), f"a{accented}b", 1),
            (("home", "right", "ctrl+d", "ctrl+d", "ctrl+d"), "a", 1),
            (("left", "shift+left", "shift+left", "delete"), "ab", 1),
            (("home", "right", "shift+right", "shift+right", "delete"), "ab", 1),
            (("home", "right", "delete", "ctrl+z"), f"a{family}{accented}b", 1),
        ]:
            found = await press(s, f"a{family}{accented}b", *keys)
            assert found == (text, cursor if keys[-1] != "ctrl+z" else found[1]), keys


async def test_behind_the_prefix_every_alt_key_comes_from_a_terminal_that_sends_none(manager: StandInManager) -> None:
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as s:
        await ready(s)
        await press(s, "say one", "home", PREFIX, "m")
        await s.until(lambda: s.shows("Alt+ and the next key"), "what the next key is")
        await s.keys("u")
        assert s.pane.editor.text == "SAY one" and not s.shows("Alt+ and the next key")
        s.burst(PREFIX, "m", "f", "!", PREFIX, "m", "escape", "b", PREFIX, "m", "r")
        await s.idle()
        assert s.pane.editor.text == "", "in the order of typing"
        await s.keys("ctrl+z")
        assert s.pane.editor.text == "SAY one!b"
        await s.keys(PREFIX, "m", "2")
        assert s.workspace.front is s.workspace.panes[1]


async def test_ctrl_x_ctrl_e_opens_the_line_in_the_users_editor(
    manager: StandInManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edited(app: object, text: str) -> str:
        return text + " more"

    monkeypatch.setattr("pstui.tui.editor.paste.edit_outside", edited)
    async with session(manager) as s:
        await ready(s)
        await press(s, "say x", "ctrl+x", "ctrl+e")
        await s.until(lambda: s.pane.editor.text == "say x more", "the text of the editor")
