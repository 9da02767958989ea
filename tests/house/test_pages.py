"""The documents point to what exists, each page can be found, and those written from the code are up to date."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest
from pstui.tui.profiles.schema import schema

from tests import keys_table, profile_table
from tests.support.documents import ALL, FOR_USERS, PAGES, anchors, blocks, languages, links, name, text_of
from tests.support.paths import ROOT


@pytest.mark.parametrize("writer", [keys_table, profile_table], ids=lambda writer: str(writer.__name__))
def test_a_page_that_is_written_from_the_code_is_up_to_date(writer: ModuleType) -> None:
    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), f"write it anew: python -m {writer.__name__}"


def test_every_key_of_a_profile_file_is_on_its_page() -> None:
    page, shape = text_of(profile_table.PAGE), schema()
    tables = [shape.named[table] for table in ("hosts", "vms", "containers", "groups", "tags", "credentials")]
    for table in (*tables, shape.single["defaults"], shape.single["settings"]):
        for key in table:
            assert f"| `{key}`" in page, key


#: each kind of block, with the test that does what stands in it
KINDS = {
    "sh": "tests/tui/test_documents.py",
    "cron": "tests/tui/test_documents.py",
    "toml": "tests/tui/test_documents.py",
    "powershell": "tests/live/test_documents.py",
    "sshd_config": "tests/live/test_documents.py",
    "python": "tests/backends/binding/test_additions.py",
}


@pytest.mark.parametrize("document", ALL, ids=name)
def test_each_block_is_of_a_kind_that_a_test_does(document: Path) -> None:
    assert set(languages(document)) <= set(KINDS)
    # what is set in by four blanks is a block of code as well, which no test would find; ARCHITECTURE has roads
    if document in FOR_USERS:
        assert not re.search(r"\n\n {4,}\S", re.sub(r"(?m)^ *[-*\d].*\n(?:\n| +.*\n)*", "", text_of(document)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_of_a_kind_of_block_asks_for_it(kind: str) -> None:
    assert f'"{kind}")' in text_of(ROOT / KINDS[kind])


@pytest.mark.parametrize("document", ALL, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in links(document):
        target, _, anchor = link.partition("#")
        file = (document.parent / target).resolve() if target else document
        assert file.exists(), link
        if anchor:
            assert anchor in anchors(file), link


@pytest.mark.parametrize("document", [*FOR_USERS, ROOT / "CONTRIBUTING.md"], ids=name)
def test_the_makefile_has_the_targets_that_are_named(document: Path) -> None:
    makefile = text_of(ROOT / "Makefile")
    for target in re.findall(r"(?:^|`)make ([a-z]+)\b", text_of(document), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("document", ALL, ids=name)
def test_the_tools_that_are_named_are_there_and_a_shell_reads_their_lines(document: Path) -> None:
    for module in re.findall(r"python -m (tests(?:\.\w+)+)", text_of(document)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    for line in "".join(blocks(document, "sh")).splitlines():
        shlex.split(line, comments=True)


def test_each_page_is_in_the_contents_and_in_those_of_the_site() -> None:
    home = ROOT / "docs" / "README.md"
    listed = {link.partition("#")[0] for link in links(home)}
    site = set(re.findall(r"(?<=[-:] )[\w-]+\.md$", text_of(ROOT / "mkdocs.yml"), re.MULTILINE))
    for page in PAGES:
        assert page.name in site, f"{page.name} is not in the contents of mkdocs.yml"
        assert page == home or page.name in listed, f"{page.name} is not in docs/README.md"
    for page_name in site:
        assert (ROOT / "docs" / page_name).exists() or (ROOT / page_name).exists(), page_name


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in ("README.md", "protocol-notes.md")], ids=name
)
def test_a_page_names_the_next_step_and_no_place_of_one_machine(page: Path) -> None:
    assert "Next: " in text_of(page).splitlines()[-1] + text_of(page).splitlines()[-2]
    assert not re.search(r"/work/|/tmp/w|/root/|/home/\w", text_of(page))
