"""What holds on each system, read out of the source: nothing of it can be run on this one."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.house.test_rules import MODULES, ROOT, name, nodes


def _calls(function: str, path_nodes: tuple[ast.AST, ...]) -> list[ast.Call]:
    return [node for node in path_nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == function]


def test_what_is_written_by_number_is_written_as_it_is() -> None:
    """Windows turns each line end into two characters, unless a file is opened as binary."""
    wrong = [
        name(path)
        for path in MODULES
        if _calls("os.write", nodes(path))
        and any("O_CREAT" in ast.unparse(node) for node in nodes(path) if isinstance(node, ast.Assign | ast.Call))
        and "O_BINARY" not in path.read_text(encoding="utf-8")
    ]
    assert not wrong


def test_nobody_asks_by_a_signal_whether_a_process_is_there_on_windows() -> None:
    """``os.kill(number, 0)`` sends Ctrl+C there: it stands behind a branch for Windows that has returned."""
    asking = [
        (path, call)
        for path in MODULES
        for call in _calls("os.kill", nodes(path))
        if isinstance(call.args[1], ast.Constant) and call.args[1].value == 0
    ]
    assert asking
    for path, call in asking:
        inside = next(
            node
            for node in nodes(path)
            if isinstance(node, ast.FunctionDef) and any(one is call for one in ast.walk(node))
        )
        before = [ast.unparse(one) for one in inside.body if one.lineno < call.lineno]
        assert any(one.startswith("if sys.platform == 'win32':\n    return") for one in before), name(path)


def test_an_account_may_have_no_name() -> None:
    """What is caught around ``getpass.getuser`` is what each Python and each system raises for that."""
    for path in MODULES:
        for node in nodes(path):
            if isinstance(node, ast.Try) and _calls("getpass.getuser", tuple(ast.walk(node))):
                caught = " ".join(ast.unparse(one.type) for one in node.handlers if one.type)
                assert all(kind in caught for kind in ("OSError", "KeyError", "ImportError")), name(path)


def test_every_module_can_be_imported_where_windows_has_less() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.as_windows"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    count, *left_out = done.stdout.split()
    assert int(count) + len(left_out) == len(MODULES)
    assert left_out == ([] if find_spec("pyghostty") else ["pstui.tui.terminal.ghostty_emulator"])


def test_a_step_in_powershell_ends_with_the_first_program_that_fails() -> None:
    """The exit code of a step is that of its last program alone, unless PowerShell is told that each counts."""
    steps = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8").split("\n      - ")
    programs = re.compile(r"^ +(?:if .* \{ )?(?:python|ssh-keygen|icacls) ", re.MULTILINE)
    several = [step for step in steps if "shell: bash" not in step and len(programs.findall(step)) > 1]
    assert len(several) > 2
    for step in several:
        told = step.find("$PSNativeCommandUseErrorActionPreference = $true")
        first = programs.search(step)
        assert first is not None and 0 <= told < first.start(), step


@pytest.mark.parametrize("file", [".github/workflows/ci.yml", ".ci/run"])
def test_build_servers_run_targets_and_tools_that_there_are(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    calls = re.findall(r"(?:^|run: | timeout .*? )make ((?:[a-z]+ ?)+)", text, re.MULTILINE)
    targets = {word for call in calls for word in call.split()}
    assert {"check"} < targets <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for module in re.findall(r"python -m (tests\.[\w.]+)", text):
        place = ROOT / module.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module
