"""The house stands as it was drawn: rooms, packaging, sizes, who may know whom, and what is loaded when.

One test a rule, and no exceptions.
"""

from __future__ import annotations

import ast
import fnmatch
import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pstui.backends.doctor.machine import EXTRAS
from pstui.backends.extras import DISTRIBUTION
from pstui.backends.version import VERSION

from tests.support import syntax

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("tui", "backends", "config")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
#: what each room may import of the others
MAY_IMPORT = {"tui": {"backends", "config"}, "backends": set(), "config": set()}
#: What each family inside ``backends`` may import of the others; every one may import the ground.
GROUND = {
    "addresses",
    "places",
    "errors",
    "records",
    "console",
    "connection",
    "credentials",
    "failed_logins",
    "forwards",
    "pace",
    "extras",
    "redaction",
    "threads",
    "timeouts",
    "version",
}
MAY_IMPORT_INSIDE = {
    "language": set[str](),
    "binding": {"language"},
    "psrp": {"language", "transports.base"},
    "sessions": {"language", "psrp", "transports.base", "transports.registry"},
    "transports": {"demo"},
    "discovery": {"transports"},
    "demo": {"language", "psrp", "transports"},
    "doctor": {"psrp", "sessions", "transports"},
    "files": {"language", "psrp", "sessions", "transports"},
}
PROTOCOL_LIBRARIES = {"psrpcore", "asyncssh", "pypsrp", "spnego"}
EXCEPTION_WITHOUT_REASON = re.compile(r"# (type: ignore(\[[\w, -]+\])?|noqa(: [A-Z]+\d+(, ?[A-Z]+\d+)*)?)\s*$")

MODULE_LINES = 520
FUNCTION_LINES = 50
#: a class together with its bases inside the project
CLASS_LINES, CLASS_METHODS = 450, 45
#: classes of ours in a row, the class itself included: two above a class of Textual's, and the class itself
CLASSES_IN_A_ROW = 3


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = ["pstui", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path: Path) -> list[str]:
    return ["pstui", *path.relative_to(ROOT).parent.parts]


@functools.cache
def tree(path: Path) -> ast.Module:
    return syntax.tree(path.read_text(encoding="utf-8"))


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return everything in a module; to walk through all of them is what takes the time here."""
    return tuple(ast.walk(tree(path)))


@functools.cache
def imports(path: Path) -> tuple[tuple[str, str], ...]:
    """Return module and name of everything a module imports, wherever the import stands; "" for a whole module."""
    found: list[tuple[str, str]] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package_of(path)[: len(package_of(path)) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += ((module, alias.name) for alias in node.names)
    return tuple(found)


def functions() -> Iterator[tuple[str, int]]:
    """Yield "file: name" of every function with its lines."""
    for path in MODULES:
        for node in nodes(path):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno is not None
                yield f"{name(path)}: {node.name}", node.end_lineno - node.lineno + 1


@dataclass(frozen=True)
class Class:
    """A class of the project: its own lines and methods, and the names of the bases that are the project's."""

    lines: int
    methods: int
    bases: tuple[str, ...]


@functools.cache
def classes() -> dict[str, Class]:
    """Return every class by module and name; bases are found by what the module defines or imports."""
    found: dict[str, Class] = {}
    for path in MODULES:
        known = {name_: f"{module}.{name_}" for module, name_ in imports(path)}
        known |= {
            node.name: f"{module_of(path)}.{node.name}" for node in tree(path).body if isinstance(node, ast.ClassDef)
        }
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                assert node.end_lineno is not None
                methods = sum(isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) for one in node.body)
                bases = tuple(known.get(ast.unparse(base).partition("[")[0], "") for base in node.bases)
                found[f"{module_of(path)}.{node.name}"] = Class(node.end_lineno - node.lineno + 1, methods, bases)
    return found


def line_of_classes(class_name: str) -> list[str]:
    """Return a class of the project and all its bases inside the project, itself first."""
    own = classes().get(class_name)
    if own is None:
        return []
    return list(dict.fromkeys([class_name, *(above for base in own.bases for above in line_of_classes(base))]))


def depth(class_name: str) -> int:
    own = classes().get(class_name)
    return 0 if own is None else 1 + max((depth(base) for base in own.bases), default=0)


def ends_in_textual(class_name: str) -> bool:
    """Whether a class stands on one of Textual's."""
    return any(base.startswith("textual.") for one in line_of_classes(class_name) for base in classes()[one].bases)


@functools.cache
def arrows() -> dict[str, frozenset[str]]:
    """Return which module of the project imports which, wherever the import stands and whatever it is for."""
    known = {module_of(path) for path in MODULES}
    found = {}
    for path in MODULES:
        targets = {f"{module}.{one}" if f"{module}.{one}" in known else module for module, one in imports(path)}
        found[module_of(path)] = frozenset(targets & known - {module_of(path)})
    return found


def circles() -> set[frozenset[str]]:
    """Return the groups of modules that reach each other by their imports."""
    reach: dict[str, set[str]] = {}
    for start in arrows():
        seen: set[str] = set()
        waiting = list(arrows()[start])
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += arrows()[one]
        reach[start] = seen
    return {
        frozenset(other for other in reach if other in reach[one] and one in reach[other])
        for one in reach
        if one in reach[one]
    }


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
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "pstui.backends.version.VERSION"}
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text()


def test_hints_name_the_distribution_and_extras_that_there_are() -> None:
    assert PROJECT["project"]["name"] == DISTRIBUTION
    for_people = set(PROJECT["project"]["optional-dependencies"]) - {"test", "check", "package", "docs"}
    assert set(EXTRAS) == for_people, "the doctor tells of each"
    assert set(re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs/install.md").read_text(), re.MULTILINE)) == for_people
    hints = {name(path) for path in MODULES if re.search(r"pip install|pstui\[", path.read_text(encoding="utf-8"))}
    assert hints == {"backends/extras.py"}


def test_rooms_know_only_whom_they_may() -> None:
    wrong: list[str] = []
    for path in MODULES:
        room = path.relative_to(ROOT).parts[0]
        allowed = MAY_IMPORT[room] | {room}
        for module, one in imports(path):
            parts = [*module.split("."), one]
            # Rooms are imported under pstui only.
            foreign = parts[0] == "pstui" and len(parts) > 1 and parts[1] not in allowed
            protocol = room != "backends" and parts[0] in PROTOCOL_LIBRARIES
            if parts[0] in ROOMS or foreign or protocol or (room != "tui" and parts[0] == "textual"):
                wrong.append(f"{name(path)} knows {module}")
    assert not wrong


def test_a_module_is_one_idea_that_fits_the_page() -> None:
    long = {name(path) for path in MODULES if path.read_text(encoding="utf-8").count("\n") > MODULE_LINES}
    assert not long


def test_functions_stay_readable() -> None:
    assert not {place for place, lines in functions() if lines > FUNCTION_LINES}


def test_a_class_stands_whole_on_the_page() -> None:
    large = set()
    for one in classes():
        parts = [classes()[part] for part in line_of_classes(one)]
        if sum(part.lines for part in parts) > CLASS_LINES or sum(part.methods for part in parts) > CLASS_METHODS:
            large.add(one)
    assert not large


def test_no_ladder_of_base_classes() -> None:
    ladders = {one for one in classes() if depth(one) > CLASSES_IN_A_ROW and ends_in_textual(one)}
    assert not ladders


def inner_arrows() -> set[str]:
    """Return the imports inside ``backends`` that go against its arrows."""
    wrong = set()
    for module, targets in arrows().items():
        family = module.split(".")[2:3]
        for target in targets:
            place = target.removeprefix("pstui.backends.")
            if module.split(".")[1] != "backends" or target.split(".")[1] != "backends" or not family:
                continue
            other = place.split(".")[0]
            if other in {*family, *GROUND}:
                continue
            allowed = MAY_IMPORT_INSIDE.get(family[0], set())
            if other not in allowed and place not in allowed:
                wrong.add(f"{module.removeprefix('pstui.backends.')} knows {place}")
    return wrong


def test_the_arrows_inside_the_backends_run_one_way() -> None:
    assert not inner_arrows()


def test_no_circle_of_imports() -> None:
    assert not circles()


def test_nothing_is_left_for_later_and_every_exception_has_its_reason() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", text), name(path)
        assert not re.search(r"raise NotImplementedError", text), name(path)
        bare = [line for line in text.splitlines() if EXCEPTION_WITHOUT_REASON.search(line)]
        assert not bare, f"{name(path)}: say why beside it"


def test_a_time_limit_is_one_that_holds_in_a_task_that_is_being_cancelled() -> None:
    own = ROOT / "backends" / "timeouts.py"
    calls = r"\basyncio\.timeout(?:_at)?\b|from asyncio import .*\btimeout"
    assert [name(path) for path in MODULES if path != own and re.search(calls, path.read_text(encoding="utf-8"))] == []


def test_no_secret_is_printed_logged_or_put_into_an_error() -> None:
    for path in MODULES:
        for node in nodes(path):
            if speaks(node):
                shown = any(isinstance(part, ast.Attribute) and part.attr == "reveal" for part in ast.walk(node))
                assert not shown, f"{name(path)}:{getattr(node, 'lineno', 0)} shows a secret"


def speaks(node: ast.AST) -> bool:
    """Whether a node prints, logs or raises."""
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Raise)
    if isinstance(node.func, ast.Name):
        return node.func.id in {"print", "repr"}
    logs = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    return isinstance(node.func, ast.Attribute) and node.func.attr in logs


@pytest.mark.parametrize("room", ["backends", "config"])
def test_only_the_screen_and_the_command_line_write_to_standard_output(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                assert any(keyword.arg == "file" for keyword in node.keywords), f"{name(path)}:{node.lineno}"


def test_importing_the_backends_loads_no_screen_and_no_protocol() -> None:
    loaded = loaded_after("import pstui.backends")
    assert not loaded & ({"textual", "rich"} | PROTOCOL_LIBRARIES)


def test_no_module_of_the_backends_loads_textual() -> None:
    code = "\n".join(
        f"import {module_of(path)}"
        for path in (ROOT / "backends").rglob("*.py")
        if path.name not in {"__init__.py", "__main__.py"}
    )
    assert "textual" not in loaded_after(code)


def test_listing_transports_loads_neither_asyncssh_nor_pypsrp() -> None:
    loaded = loaded_after("from pstui.backends.transports import registry; assert registry.kinds()")
    assert not loaded & {"asyncssh", "pypsrp", "psrpcore", "spnego", "textual"}


def test_importing_the_command_line_loads_almost_nothing() -> None:
    loaded = loaded_after("import pstui.tui.cli.main")
    assert not loaded & ({"textual", "rich", "asyncio", "platformdirs", "tomlkit", "tomllib"} | PROTOCOL_LIBRARIES)


def test_a_run_without_a_screen_loads_no_screen_and_no_console_loop() -> None:
    parts = ("tui.cli.calls", "tui.cli.invoke", "tui.profiles.schema", "tui.output.json_values", "backends.psrp.pool")
    loaded = loaded_after("\n".join(f"import pstui.{part}" for part in (*parts, "backends.sessions.manager")))
    loop = {"pstui.backends.sessions.interactive", "pstui.backends.language.simple_lines", "pstui.tui.editor.surface"}
    assert not loaded & ({"textual"} | loop)


def test_the_version_costs_no_more_than_an_argument_parser() -> None:
    loaded = loaded_after("from pstui.tui.cli.main import main\nassert main(['--version']) == 0")
    base = loaded_after("import argparse")
    extra = {module for module in loaded - base if not module.startswith(("pstui", "__editable__"))}
    assert extra <= {"__future__", "collections.abc"}
