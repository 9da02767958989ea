"""The house stands as it was drawn: rooms, packaging, who may know whom, and what is loaded when."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.tui.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("tui", "backends", "config")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
#: what each room may import of the others
MAY_IMPORT = {"tui": {"backends", "config"}, "backends": set(), "config": set()}
PROTOCOL_LIBRARIES = {"psrpcore", "asyncssh", "pypsrp", "spnego"}
EXCEPTION_WITHOUT_REASON = re.compile(r"# (type: ignore(\[[\w, -]+\])?|noqa(: [A-Z]+\d+(, ?[A-Z]+\d+)*)?)\s*$")

MODULE_LINES = 350
FUNCTION_LINES = 60


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def package_of(path: Path) -> list[str]:
    return ["pstui", *path.relative_to(ROOT).parent.parts]


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute name of everything a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package_of(path)[: len(package_of(path)) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def loaded_after(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has loaded after running ``code``."""
    script = f"import sys\n{code}\nprint(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd="/", check=False
    )
    assert done.returncode == 0, done.stderr
    return {line.partition(".")[0] for line in done.stdout.splitlines()} | set(done.stdout.splitlines())


def test_the_package_list_is_what_stands_on_disk() -> None:
    on_disk = {".".join(package_of(path)) for path in MODULES if path.name == "__init__.py"}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == on_disk


def test_every_folder_with_modules_is_a_package() -> None:
    assert not [name(path) for path in MODULES if not (path.parent / "__init__.py").exists()]


def test_every_data_file_is_packaged() -> None:
    patterns = [pattern for patterns in PROJECT["tool"]["setuptools"]["package-data"].values() for pattern in patterns]
    data = [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts
    ]
    assert not [name(path) for path in data if not any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)]


def test_the_version_is_told_once_and_the_same_everywhere() -> None:
    assert PROJECT["project"]["version"] == VERSION
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_rooms_know_only_whom_they_may(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    allowed = MAY_IMPORT[room] | {room}
    for imported in imports(path):
        parts = imported.split(".")
        assert parts[0] not in ROOMS, f"{imported}: rooms are imported under pstui only"
        if parts[0] == "pstui" and len(parts) > 1:
            assert parts[1] in allowed, f"{room} must not know {imported}"
        if room != "backends":
            assert parts[0] not in PROTOCOL_LIBRARIES, f"{room} must not know {imported}"
        if room != "tui":
            assert parts[0] != "textual", f"{room} must not know {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MODULE_LINES, "split it by thought"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < FUNCTION_LINES, f"{node.name} is too long"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_is_left_for_later_and_every_exception_has_its_reason(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)
    assert not re.search(r"raise NotImplementedError", text)
    bare = [line for line in text.splitlines() if EXCEPTION_WITHOUT_REASON.search(line)]
    assert not bare, "say why beside it"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_secret_is_printed_logged_or_put_into_an_error(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        speaks = isinstance(node, ast.Raise) or (
            isinstance(node, ast.Call)
            and (
                (isinstance(node.func, ast.Name) and node.func.id in {"print", "repr"})
                or (
                    isinstance(node.func, ast.Attribute)
                    and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical", "log"}
                )
            )
        )
        if speaks:
            assert not any(isinstance(part, ast.Attribute) and part.attr == "reveal" for part in ast.walk(node)), (
                f"line {node.lineno} shows a secret"
            )


@pytest.mark.parametrize("room", ["backends", "config"])
def test_only_the_screen_and_the_command_line_write_to_standard_output(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                assert any(keyword.arg == "file" for keyword in node.keywords), f"{name(path)}:{node.lineno}"


def test_importing_the_backends_loads_no_screen_and_no_protocol() -> None:
    loaded = loaded_after("import pstui.backends")
    assert not loaded & ({"textual", "rich"} | PROTOCOL_LIBRARIES)


def test_no_module_of_the_backends_loads_textual() -> None:
    code = "\n".join(
        f"import {'.'.join([*package_of(path), path.stem])}"
        for path in (ROOT / "backends").rglob("*.py")
        if path.name not in {"__init__.py", "__main__.py"}
    )
    assert "textual" not in loaded_after(code)


def test_listing_transports_loads_neither_asyncssh_nor_pypsrp() -> None:
    loaded = loaded_after("from pstui.backends.transports import registry; assert registry.kinds()")
    assert not loaded & {"asyncssh", "pypsrp", "psrpcore", "spnego", "textual"}


def test_importing_the_command_line_loads_almost_nothing() -> None:
    loaded = loaded_after("import pstui.tui.cli")
    assert not loaded & ({"textual", "rich", "asyncio", "platformdirs", "tomlkit", "tomllib"} | PROTOCOL_LIBRARIES)


def test_the_version_costs_no_more_than_an_argument_parser() -> None:
    loaded = loaded_after("from pstui.tui.cli import main\nassert main(['--version']) == 0")
    base = loaded_after("import argparse")
    extra = {module for module in loaded - base if not module.startswith(("pstui", "__editable__"))}
    assert extra <= {"__future__", "collections.abc"}


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_documents_point_to_what_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_documents_name_targets_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for document in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"(?:^|`)make ([a-z]+)\b", (ROOT / document).read_text(), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
