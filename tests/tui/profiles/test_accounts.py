"""The names of accounts in a profile file: what two backslashes mean, and where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.config.profiles import Configuration, load
from pstui.tui.profiles.schema import schema


def read(folder: Path, text: str) -> Configuration:
    file = folder / "profiles.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, schema())


@pytest.mark.parametrize(
    "text",
    [
        "[credentials.a]\nuser_name = 'CORP\\\\bob'\n",
        "[hosts.a]\nhost_name = 'a'\nuser_name = 'CORP\\\\bob'\n",
        "[hosts.a]\nhost_name = 'CORP\\\\bob@a'\n",
        "[hosts.a]\ncomputer_name = 'a'\ncredential = 'CORP\\\\bob'\n",
    ],
)
def test_an_account_with_two_backslashes_is_told_of(tmp_path: Path, text: str) -> None:
    problem = str(read(tmp_path, text).problems[0])
    assert "two backslashes" in problem and "Write 'CONTOSO\\admin'" in problem
    assert not read(tmp_path, text.replace("\\\\", "\\") + "[credentials.'CORP\\bob']\nuser_name = 'b'\n").problems


def test_a_share_has_two_backslashes(tmp_path: Path) -> None:
    assert not read(tmp_path, "[hosts.a]\nhost_name = 'a'\nkey_file_path = '\\\\nas\\keys\\a'\n").problems
