"""What is added by one entry is there for everybody: a parameter of pstui's own, and a parameter set.

Each is added in a process of its own, before anything reads the declarations, as an entry in the file would be.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.documents import blocks

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = [textwrap.dedent(text) for text in blocks(ROOT / "CONTRIBUTING.md", "python")]

PARAMETER = """
from pstui.backends.binding import own_parameters as ours
from pstui.backends.binding.declaration import OptionKind

ours.OWN_PARAMETERS += (
    ours.own("NewPatience", OptionKind.INTEGER, "How long to wait for nothing.", limits=(1, 60), setting=True),
)
"""

SET = """
from pstui.backends.connection import ParameterSet

TOY = ParameterSet("Toy", "ToyName", "Toy box", "string", short="toy", own=True, prompt="Toy {}")

from pstui.backends import transports
from pstui.backends.binding import own_parameters as ours
from pstui.backends.binding.declaration import OptionKind

ours.OWN_PARAMETERS += (
    ours.own("ToyName", OptionKind.TEXT, "The toy to enter.", sets=(TOY,), mandatory=True),
    ours.own("ToySize", OptionKind.INTEGER, "How large it is.", sets=(TOY,), limits=(1, 9)),
)
transports.__path__.append(FOLDER)
"""

TRANSPORT = """
from pstui.backends.connection import ParameterSet
from pstui.backends.transports.base import TransportKind

async def connect(info, context):
    raise AssertionError("nobody connects")

TRANSPORT = TransportKind(name="Toy", parameter_sets=frozenset({ParameterSet.named("Toy")}), connect=connect)
"""


def run(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_new_parameter_is_taken_by_the_command_line_and_explained_by_its_help() -> None:
    run(
        PARAMETER
        + """
from pstui.backends.binding.connections import connection_info
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.shell import bind
from pstui.backends.binding.writer import line_of, syntax
from pstui.backends.errors import CallError

for name in ("Enter-PSSession", "New-PSSession"):
    info = connection_info(bind(name, ["-HostName", "db", "-NewPatience", "5"]))
    assert info.settings == {"new_patience": 5}, info
    assert "[-NewPatience <Int32>]" in syntax(name)
assert line_of(info) == "Enter-PSSession -HostName db -NewPatience 5"
assert connection_info(bind_line(line_of(info))) == info
try:
    bind("Enter-PSSession", ["-HostName", "db", "-NewPatience", "61"])
except CallError as error:
    assert "between 1 and 60" in error.text()
else:
    raise AssertionError("the limit was passed over")
"""
    )


def test_a_new_parameter_is_a_key_of_a_profile_and_of_the_defaults(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('[hosts.db]\nhost_name = "db"\nnew_patience = 5\n[defaults]\nnew_patience = 7\n')
    bad.write_text('[hosts.db]\nhost_name = "db"\nnew_patience = 61\n')
    run(
        PARAMETER
        + f"""
from pathlib import Path
from pstui.backends.binding.profile_connections import profile_connection
from pstui.config.profiles import load
from pstui.tui.profiles.schema import schema

found = load(Path({str(good)!r}), schema())
assert not found.problems, found.problems
table = found.by_kind("hosts")["db"]
assert profile_connection("host", "db", table).settings == {{"new_patience": 5}}
defaults = found.table("defaults")
assert profile_connection("host", "db", {{"host_name": "db"}}, defaults=defaults).settings == {{"new_patience": 7}}
[problem] = load(Path({str(bad)!r}), schema()).problems
assert "from 1 to 60" in str(problem), problem
"""
    )


def test_a_new_parameter_is_a_field_of_the_dialog_with_its_help() -> None:
    run(
        PARAMETER
        + """
import asyncio
from pstui.backends.connection import ParameterSet
from pstui.tui.dialogs.connect_draft import Draft
from tests.tui.dialogs.test_connect import dialog

async def look():
    draft = Draft(ParameterSet.DEMO, {"NewPatience": "5"})
    async with dialog(draft=draft, missing=("NewPatience",)) as (s, shown, _):
        await s.until(lambda: s.shows("How long to wait for nothing"), "the help")
        assert s.shows("NewPatience")
        await s.until(lambda: shown.line == "Enter-PSSession -Demo -NewPatience 5", "the line")

asyncio.run(look())
"""
    )


def test_a_transport_brings_a_parameter_set_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text(TRANSPORT)
    (tmp_path / "profiles.toml").write_text('[hosts.bear]\ntoy_name = "Bear"\ntoy_size = 3\n')
    run(
        f"FOLDER = {str(tmp_path)!r}\n"
        + SET
        + """
import asyncio
from pathlib import Path
from pstui.backends.binding.connections import connection_info
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.writer import line_of, syntax
from pstui.backends.sessions.prompt import target_prompt
from pstui.backends.transports import registry
from pstui.config.profiles import load
from pstui.tui.dialogs.connect_draft import Draft
from pstui.tui.profiles.schema import schema
from pstui.tui.sidebar.model import kind_of
from tests.tui.dialogs.test_connect import dialog

info = connection_info(bind_line("Enter-PSSession -ToyName Bear -ToySize 3 -Width 90"))
assert info.parameter_set is TOY and info.values == {"ToyName": "Bear", "ToySize": 3}
assert registry.for_set(TOY).name == "Toy"
assert info.computer_name == info.label == "Bear" and kind_of(info) == "host"
assert "[Toy Bear]: " in target_prompt(info)
assert "Enter-PSSession -ToyName <String> " in syntax("Enter-PSSession")

found = load(Path(FOLDER) / "profiles.toml", schema())
assert not found.problems, found.problems
assert profile_connection("host", "bear", found.by_kind("hosts")["bear"]).values == info.values

async def look():
    async with dialog(draft=Draft.of(info)) as (s, shown, _):
        await s.until(lambda: s.shows("[Toy]") and s.shows("ToyName"), "the kind and its fields")
        await s.until(lambda: shown.line == line_of(info), "the line")

asyncio.run(look())
"""
    )


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_of_contributing_are_entries(number: int) -> None:
    run(
        "from pstui.backends.connection import ParameterSet\n"
        "from pstui.backends.binding.declaration import OptionKind\n"
        "from pstui.backends.binding.own_parameters import own\n"
        f"{EXAMPLES[number]}"
    )
