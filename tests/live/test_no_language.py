"""An endpoint without a language: constants are computed here, as the real client does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.powershell import entered, process_info, pwsh
from tests.support.scripted_console import ScriptedConsole

MAKE = """New-PSSessionConfigurationFile -Path {path} -SessionType Default -LanguageMode NoLanguage `
  -FunctionDefinitions @{{ Name = 'hi'; ScriptBlock = {{ param($n) "hi <$n>" }} }}"""


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jea") / "nolang.pssc"
    subprocess.run([pwsh(), "-NoProfile", "-Command", MAKE.format(path=path)], check=True, timeout=60)
    return path


async def test_constants_are_computed_here(configuration: Path) -> None:
    console = ScriptedConsole()
    answers = {
        "hi (1+1)": "hi <2>",
        "hi $(1)": "hi <1>",
        'hi ("a"+"b")': "hi <ab>",
        'hi "x$(1)"': "hi <x1>",
        "hi (7/2)": "hi <3.5>",
        "hi (1..3)": "hi <1 2 3>",
        "hi @{a=1+1}": "hi <System.Collections.Hashtable>",
    }
    async with entered(process_info("-ConfigurationFile", str(configuration)), console) as interactive:
        for line, answer in answers.items():
            await interactive.run(line)
            assert console.shown()[-1] == answer
        await interactive.run("hi $x")
        assert "ScriptsNotAllowed" in str(console.shown()) or "not supported" in str(console.shown()[-3:])
