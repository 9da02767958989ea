"""How an extra is added: it depends on what pstui was installed with."""

from __future__ import annotations

import importlib
from functools import partial
from importlib import metadata
from pathlib import Path

import pytest
from pstui.backends.extras import KERBEROS, PIPX_FILE, UV_FILE, install_command, made_by, requirements

METADATA = """\
Metadata-Version: 2.4
Name: pstui-remoting
Version: 9
Requires-Dist: textual<9,>=8.2.8
Requires-Dist: asyncssh[bcrypt]>=2.24
Requires-Dist: tomli>=2; python_version < "3.11"
Provides-Extra: kerberos
Requires-Dist: krb5; extra == "kerberos"
Requires-Dist: fido2>=2; extra == "fido2"
Requires-Dist: gssapi>=1; sys_platform != "win32" and extra == 'kerberos'
"""


@pytest.fixture(autouse=True)
def _metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pip writes down of pstui, before what it wrote down here."""
    folder = tmp_path / "site" / "pstui_remoting-9.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(folder.parent)


def test_what_is_required_and_by_which_extra() -> None:
    assert requirements() == [
        ("textual<9,>=8.2.8", ""),
        ("asyncssh[bcrypt]>=2.24", ""),
        ("tomli>=2", ""),
        ("krb5", "kerberos"),
        ("fido2>=2", "fido2"),
        ("gssapi>=1", "kerberos"),
    ]


def test_pip_in_an_environment_of_its_own(tmp_path: Path) -> None:
    assert made_by(tmp_path) == "pip"
    assert install_command(KERBEROS, tmp_path) == "pip install 'pstui-remoting[kerberos]'"


def test_pipx_puts_the_parts_into_its_environment(tmp_path: Path) -> None:
    (tmp_path / PIPX_FILE).write_text("{}")
    assert install_command(KERBEROS, tmp_path) == "pipx inject pstui-remoting krb5 'gssapi>=1'"
    assert install_command("other", tmp_path) == "pipx inject pstui-remoting 'pstui-remoting[other]'"


def test_a_single_file_is_made_anew_with_what_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.extras.made_by", lambda prefix: "zipapp")
    site = [str(tmp_path / "site")]
    monkeypatch.setattr(metadata, "distributions", partial(metadata.distributions, path=site))
    assert install_command(KERBEROS) == "make zipapp EXTRAS=kerberos"
    for name in ("Fido2", "krb5"):  # of kerberos the half
        folder = tmp_path / "site" / f"{name.lower()}-2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 2\n")
    importlib.invalidate_caches()
    assert install_command(KERBEROS) == "make zipapp EXTRAS=fido2,kerberos"


@pytest.mark.parametrize(
    ("receipt", "command"),
    [
        (
            '[{ name = "pstui-remoting", directory = "/home/me/pstui" }]',
            "uv tool install --with krb5 --with 'gssapi>=1' /home/me/pstui",
        ),
        (
            '[{ name = "pstui-remoting", directory = "/p", extras = ["libvirt"] }]',
            "uv tool install --with krb5 --with 'gssapi>=1' 'pstui-remoting[libvirt] @ /p'",
        ),
        (
            '[{ name = "pstui-remoting", git = "https://h/p" }, { name = "fido2", specifier = ">=2" }, '
            '{ name = "krb5" }]',
            "uv tool install --with 'fido2>=2' --with krb5 --with 'gssapi>=1' git+https://h/p",
        ),
        ('[{ name = "pstui-remoting" }]', "uv tool install --with krb5 --with 'gssapi>=1' pstui-remoting"),
        ("17", "uv tool install --with krb5 --with 'gssapi>=1' pstui-remoting"),
    ],
)
def test_uv_takes_it_from_where_it_was_and_keeps_what_was_with_it(tmp_path: Path, receipt: str, command: str) -> None:
    (tmp_path / UV_FILE).write_text(f"[tool]\nrequirements = {receipt}\n")
    assert install_command(KERBEROS, tmp_path) == command
