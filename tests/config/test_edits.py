"""Edits of the profile file: what a person wrote around a table stays, whatever happens to the table."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pstui.backends.errors import PstuiError
from pstui.config.problems import ConfigError
from pstui.config.store import ProfileStore
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.reading import read
from pstui.tui.sidebar.model import SidebarModel

#: tables of one kind in two places, and comments that a table library counts to the table above them
FILE = """\
# my machines

[hosts.web1]   # the front
computer_name = "web1"

# the second one
[hosts.web2]
computer_name = "web2"
# an own remark

# what runs in podman
[containers.api]
container_id = "api"

# of a colleague
[hosts.theirs]
computer_name = "theirs"
options = { a = 1 }   # kept as it is
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


def test_a_deletion_leaves_the_comments_of_its_neighbours(file: Path) -> None:
    ProfileStore(file).delete("hosts", "web2")
    text = file.read_text()
    for comment in ("# my machines", "# the front", "# the second one", "# what runs in podman", "# of a colleague"):
        assert comment in text
    assert "an own remark" not in text
    assert list(tomllib.loads(text)["hosts"]) == ["web1", "theirs"]


def test_a_renaming_changes_the_header_and_nothing_else(file: Path) -> None:
    ProfileStore(file).rename("hosts", "web1", "front end")
    assert file.read_text() == FILE.replace("[hosts.web1]", '[hosts."front end"]')


def test_a_profile_can_be_added_where_its_kind_stands_in_two_places(file: Path) -> None:
    ProfileStore(file).put("hosts", "new", {"computer_name": "new"})
    found = tomllib.loads(file.read_text())
    assert found["hosts"]["new"] == {"computer_name": "new"}
    assert {**tomllib.loads(FILE)["hosts"], "new": {"computer_name": "new"}} == found["hosts"]


def test_several_edits_are_one_change_and_one_undo(file: Path) -> None:
    store = ProfileStore(file)

    def both(edits: object) -> None:
        store_edits.append(edits)
        edits.delete("hosts", "web1")  # type: ignore[attr-defined]  # the edits that the store hands in
        edits.put("hosts", "new", {"computer_name": "new"})  # type: ignore[attr-defined]  # as above

    store_edits: list[object] = []
    store.change(both)
    assert set(tomllib.loads(file.read_text())["hosts"]) == {"web2", "theirs", "new"}
    assert store.undo()
    assert file.read_text() == FILE


def test_edits_that_fail_half_way_write_nothing(file: Path) -> None:
    store = ProfileStore(file)
    with pytest.raises(ConfigError):
        store.change(lambda edits: (edits.delete("hosts", "web1"), edits.delete("hosts", "nobody"))[-1])
    assert file.read_text() == FILE


NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6),
    min_size=2,
    max_size=5,
    unique=True,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, data=st.data())
def test_any_names_can_be_written_renamed_and_deleted(tmp_path: Path, names: list[str], data: st.DataObject) -> None:
    file = tmp_path / "profiles.toml"
    file.unlink(missing_ok=True)
    store = ProfileStore(file)
    first, *others = names
    for name in others:
        store.put(data.draw(st.sampled_from(["hosts", "vms"])), name, {"note": name})
    kinds = tomllib.loads(file.read_text())
    kind = next(iter(kinds))
    chosen = next(iter(kinds[kind]))
    store.rename(kind, chosen, first)
    assert tomllib.loads(file.read_text())[kind][first] == {"note": chosen}
    store.delete(kind, first)
    left = tomllib.loads(file.read_text())
    assert sum(len(table) for table in left.values()) == len(others) - 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(FILE) - 1), change=st.binary(max_size=4))
def test_a_file_damaged_at_any_byte_opens_and_is_never_overwritten(tmp_path: Path, place: int, change: bytes) -> None:
    raw = FILE.encode()
    raw = raw[:place] + change + raw[place + len(change) :]
    file = tmp_path / "profiles.toml"
    file.write_bytes(raw)
    book = ProfileBook(read(file))
    for entry in SidebarModel(book.entries()).rows():
        assert isinstance(entry.text, str)
    try:
        book.apply([Change("host", "added", {"computer_name": "added"})], "added")
    except PstuiError:
        assert file.read_bytes() == raw
        return
    after = tomllib.loads(file.read_text(encoding="utf-8"))
    assert after["hosts"].pop("added") == {"computer_name": "added"}
    before = tomllib.loads(raw.decode("utf-8-sig"))
    assert {key: value for key, value in after.items() if value} == {
        key: value for key, value in before.items() if value
    }


def test_a_file_keeps_the_line_ends_and_the_mark_of_windows(file: Path) -> None:
    raw = ("\ufeff" + FILE).replace("\n", "\r\n").encode()
    file.write_bytes(raw)
    store = ProfileStore(file)
    store.put("hosts", "new", {"computer_name": "n"})
    store.put("hosts", "web1", {"computer_name": "other"})
    after = file.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf") and not after.replace(b"\r\n", b"").count(b"\n")
    assert not read(file).configuration.problems
    store.undo()
    store.undo()
    assert file.read_bytes() == raw


def test_damage_that_only_one_of_two_readers_sees_is_damage(file: Path) -> None:
    raw = FILE.encode().replace(b'"web2"\n', b'"web2"\r', 1)
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match="damaged"):
        ProfileStore(file).put("hosts", "new", {"computer_name": "n"})
    assert file.read_bytes() == raw


def test_a_new_profile_stands_behind_its_kind_and_parts_no_comment_from_its_table(file: Path) -> None:
    file.write_text("# mine\n[hosts.a]\ncomputer_name = 'a'\n# a's own\n\n# the machines\n[vms.m]\nvm_name = 'm'\n")
    ProfileStore(file).put("hosts", "new", {"computer_name": "n"})
    assert file.read_text() == (
        "# mine\n[hosts.a]\ncomputer_name = 'a'\n# a's own\n\n[hosts.new]\ncomputer_name = \"n\"\n\n"
        "# the machines\n[vms.m]\nvm_name = 'm'\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "hosts = { a = { computer_name = 'a' } }\n",
        "hosts.a.computer_name = 'a'\n",
        "[hosts]\na = { computer_name = 'a' }\n[vms.v]\nvm_name = 'v'\n",
        "[hosts.a]\ncomputer_name = 'a'\n[vms.v]\nvm_name = 'v'\n[hosts.b]\ncomputer_name = 'b'",
        "",
    ],
)
def test_a_profile_can_be_added_however_the_others_are_spelled(file: Path, text: str) -> None:
    file.write_text(text)
    before = tomllib.loads(text)
    store = ProfileStore(file)
    store.put("hosts", "new.one", {"computer_name": "n", "tags": ["x"]})
    found = tomllib.loads(file.read_text())
    assert found["hosts"].pop("new.one") == {"computer_name": "n", "tags": ["x"]}
    assert found == (before or {"hosts": {}})
    assert store.undo()
    assert file.read_text() == text
