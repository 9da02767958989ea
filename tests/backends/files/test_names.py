"""Names and paths of both kinds of computer, and what is refused of a far end's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pstui.backends.files.local import folds_names
from pstui.backends.files.names import POSIX, WINDOWS, WINDOWS_SFTP, Names, leads_outside, part_name


@pytest.mark.parametrize(
    "names, path, here, whole",
    [
        (POSIX, "a/../b", "/home/x", "/home/x/b"),
        (POSIX, "/../../etc", "/home", "/etc"),
        (POSIX, "", "/home", "/home"),
        (POSIX, "~/a", "/home/x", "/home/x/a"),
        (replace(POSIX, home="/home/x"), "~/a", "/srv", "/home/x/a"),
        (replace(POSIX, home="/home/x"), "~", "/srv", "/home/x"),
        (replace(POSIX, home="/home/x"), "~a", "/srv", "/srv/~a"),
        (replace(WINDOWS, home="C:\\Users\\x"), "~\\a", "D:\\", "C:\\Users\\x\\a"),
        (POSIX, "a\\b", "/", "/a\\b"),
        (WINDOWS, "a\\..\\b/c", "C:\\Users", "C:\\Users\\b\\c"),
        (WINDOWS, "D:\\x\\..\\..", "C:\\", "D:\\"),
        (WINDOWS, "\\\\server\\share\\x\\..\\..", "C:\\", "\\\\server\\share\\"),
        (WINDOWS, "//server/share/x", "C:\\", "//server/share\\x"),
        (WINDOWS, "\\\\?\\C:\\x\\..\\..\\y", "D:\\", "\\\\?\\C:\\y"),
        (WINDOWS, "c:a", "C:\\Users", "C:\\Users\\a"),
        (WINDOWS, "C:..\\a", "C:\\Users\\x", "C:\\Users\\a"),
        (WINDOWS, "C:", "C:\\Users", "C:\\Users"),
        (WINDOWS, "D:a", "C:\\Users", "D:\\a"),
        (WINDOWS, "C:a", "\\\\server\\share\\x", "C:\\a"),
        (WINDOWS, "\\a", "C:\\Users", "C:\\a"),
        (WINDOWS, "/a", "C:\\Users", "C:\\a"),
        (WINDOWS, "\\a", "\\\\server\\share\\x", "\\\\server\\share\\a"),
        (WINDOWS_SFTP, "C:a", "/C:/Users", "/C:/Users/a"),
        (WINDOWS_SFTP, "/", "/C:/Users", "/"),
        (WINDOWS_SFTP, "C:/x/y", "/C:/Users", "C:/x/y"),
        (WINDOWS_SFTP, "x", "/C:/Users", "/C:/Users/x"),
    ],
)
def test_a_path_is_counted_from_where_one_is(names: Names, path: str, here: str, whole: str) -> None:
    assert names.absolute(path, here) == whole


def test_a_disk_of_macos_says_whether_case_counts() -> None:
    asked: list[tuple[str, int]] = []

    def disk(answer: int) -> Callable[[str, int], int]:
        return lambda folder, what: asked.append((folder, what)) or answer

    def dead(folder: str, what: int) -> int:
        raise OSError(22, "Invalid argument")

    assert folds_names("/Users/x", "darwin", disk(0)) and not folds_names("/Volumes/x", "darwin", disk(1))
    assert asked == [("/Users/x", 11), ("/Volumes/x", 11)]
    assert folds_names("/Users/x", "darwin", dead)
    assert not folds_names("/home/x", "linux", dead) and not folds_names("C:\\", "win32", dead)


@pytest.mark.parametrize("one, other", [("README", "ReadMe"), ("\u00e9", "e\u0301"), ("\u00c9", "e\u0301")])
def test_names_that_are_one_on_such_a_disk_have_one_key(one: str, other: str) -> None:
    folding = replace(POSIX, folds=True)
    assert folding.key(one) == folding.key(other) and POSIX.key(one) != POSIX.key(other)


@pytest.mark.parametrize(
    "names, path, parts",
    [
        (POSIX, "/a/b", ("/a", "b")),
        (POSIX, "/a/", ("/", "a")),
        (POSIX, "/", ("/", "")),
        (POSIX, "a", ("", "a")),
        (WINDOWS, "C:\\a", ("C:\\", "a")),
        (WINDOWS, "C:\\a\\b/", ("C:\\a", "b")),
        (WINDOWS, "C:\\", ("C:\\", "")),
        (WINDOWS, "\\\\server\\share\\a", ("\\\\server\\share", "a")),
        (WINDOWS, "\\\\server\\share\\", ("\\\\server\\share\\", "")),
        (WINDOWS_SFTP, "/C:/a", ("/C:/", "a")),
    ],
)
def test_a_path_is_a_folder_and_a_name(names: Names, path: str, parts: tuple[str, str]) -> None:
    assert names.split(path) == parts


@pytest.mark.parametrize(
    "share", ["\\\\server\\share", "\\\\server\\share\\", "//server/share", "\\\\?\\C:\\", "/C:", "D:/"]
)
def test_nothing_stands_above_a_share_or_a_drive(share: str) -> None:
    assert WINDOWS.is_root(share) and WINDOWS.above(share) == share
    assert not WINDOWS.is_root(WINDOWS.join(share, "a"))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0", "a\nb", "\x1b[2J", "\x9b", "x" * 256, "é" * 128])
def test_no_computer_takes_such_a_name(name: str) -> None:
    assert POSIX.refusal(name)
    assert WINDOWS.refusal(name)


@pytest.mark.parametrize(
    "name", ["CON", "nul.txt", "com1", "LPT9.x", "a.", "a ", "a:b", "a\\b", "what?", "<x>", "CONIN$"]
)
def test_windows_refuses_what_others_take(name: str) -> None:
    assert WINDOWS.refusal(name)
    assert not POSIX.refusal(name)


@pytest.mark.parametrize("name", ["a", "a b", "CONSOLE", ".x", "[x]", "é", "a" * 255, "latin\udce9"])
def test_an_ordinary_name_is_taken(name: str) -> None:
    assert not POSIX.refusal(name)
    assert not WINDOWS.refusal(name)


@pytest.mark.parametrize(
    "folder, target, outside",
    [
        ("", "a", False),
        ("a", "../b", False),
        ("a/b", "../../c", False),
        ("", "..", True),
        ("a", "../..", True),
        ("a", "/etc", True),
        ("a", "C:\\x", True),
        ("a", "..\\..\\x", True),
        ("a", "b/../../x", True),
        ("a", "b/../c", True),
        ("a", "", True),
        ("a", "x\x1b", True),
    ],
)
def test_a_link_must_stay_in_its_tree(folder: str, target: str, outside: bool) -> None:
    assert leads_outside(folder, target) is outside


def test_the_name_of_a_part_fits_and_tells_long_names_apart() -> None:
    assert part_name("a.zip") == "a.zip.pstui-part"
    first, second = part_name("é" * 127 + "a"), part_name("é" * 127 + "b")
    assert first != second
    assert max(len(first.encode()), len(second.encode())) <= 255
