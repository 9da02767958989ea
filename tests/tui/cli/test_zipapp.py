"""The single file: it is unpacked once, into a folder that nobody else may write, for the Python that made it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pstui.backends.extras import ZIPAPP_FILE

from tests import zipapp

#: stands in for the whole of pstui: says where it was loaded from, and what it was called with
MAIN = "import sys\ndef main():\n    print(__file__, *sys.argv[1:])\n    return 7\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "pstui" / "tui" / "cli").mkdir(parents=True)
    (folder / "pstui" / "tui" / "cli" / "main.py").write_text(MAIN)
    (folder / "bin").mkdir()
    (folder / "bin" / "pstui").write_text("no part of it")
    return folder


def run(file: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(file), *arguments]
    environ = {"PSTUI_CACHE": str(cache), "PATH": os.environ["PATH"]}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environ)


def test_it_is_unpacked_once_and_run_from_there(site: Path, tmp_path: Path) -> None:
    file, cache = tmp_path / "out" / "pstui.pyz", tmp_path / "cache"
    digest = zipapp.write(site, file)
    done = run(file, cache, "db", "-WhatIf")
    main = cache / digest / "pstui" / "tui" / "cli" / "main.py"
    assert (done.returncode, done.stdout, done.stderr) == (7, f"{main} db -WhatIf\n", "")
    assert [path.name for path in cache.iterdir()] == [digest], "nothing half done is left"
    assert not (cache / digest / "bin").exists() and (cache / digest / ZIPAPP_FILE).exists()
    if os.name == "posix":
        assert [stat.S_IMODE(path.stat().st_mode) for path in (cache, cache / digest)] == [0o700, 0o700]
    main.write_text(MAIN.replace("__file__", "'kept'"))
    assert run(file, cache).stdout == "kept\n", "the second start unpacks nothing"


def test_another_content_has_another_folder_and_old_ones_go(site: Path, tmp_path: Path) -> None:
    file, cache = tmp_path / "pstui.pyz", tmp_path / "cache"
    first = zipapp.write(site, file)
    assert zipapp.write(site, file) == first, "the same content is the same file"
    run(file, cache)
    (site / "pstui" / "more.py").write_text("")
    second = zipapp.write(site, file)
    run(file, cache)
    assert {path.name for path in cache.iterdir()} == {first, second}
    os.utime(cache / first, (0, 0))
    (site / "pstui" / "more.py").write_text("1")
    third = zipapp.write(site, file)
    run(file, cache)
    assert {path.name for path in cache.iterdir()} == {second, third}


def test_another_python_is_told_so(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.tui.cli.zipapp.this_python", lambda: ".cpython-399-abacus.so")
    zipapp.write(site, tmp_path / "pstui.pyz")
    done = run(tmp_path / "pstui.pyz", tmp_path / "cache")
    assert done.returncode == 1 and "was made for Python" in done.stderr and "make zipapp" in done.stderr
    assert not (tmp_path / "cache").exists()


@pytest.mark.skipif(os.name != "posix", reason="its folders have no such modes")
def test_a_folder_that_others_may_write_is_not_run_from(site: Path, tmp_path: Path) -> None:
    file, cache = tmp_path / "pstui.pyz", tmp_path / "cache"
    digest = zipapp.write(site, file)
    (cache / digest).mkdir(parents=True, mode=0o700)
    for wrong in (cache, cache / digest):
        cache.chmod(0o700)
        wrong.chmod(0o777)
        done = run(file, cache)
        assert done.returncode == 1 and f"others may write to {wrong}" in done.stderr, done
    (cache / digest).rmdir()
    cache.chmod(0o700)
    (cache / digest).symlink_to(site)
    assert "is not a folder" in run(file, cache).stderr


def test_a_cache_that_cannot_be_made(site: Path, tmp_path: Path) -> None:
    zipapp.write(site, tmp_path / "pstui.pyz")
    (tmp_path / "file").touch()
    done = run(tmp_path / "pstui.pyz", tmp_path / "file" / "cache")
    assert done.returncode == 1 and done.stderr.startswith("pstui: ") and "Traceback" not in done.stderr
