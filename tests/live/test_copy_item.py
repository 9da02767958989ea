"""Copy-Item to a session and from one, beside the real client's: equal trees and equal errors."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

from tests.support.command_bar import Bar
from tests.support.far_files import look
from tests.support.nobody import NobodyConsole
from tests.support.powershell import invoke, powershell_sshd, process_info
from tests.support.sshd import Sshd, make_home

Trees = tuple[dict[str, object], dict[str, object]]
#: the session in ``$s``; each line of each place's file is run in its folder, and its errors are told
REAL = """
$ProgressPreference = 'SilentlyContinue'
$options = @{StrictHostKeyChecking='no'; UserKnownHostsFile='/dev/null'; LogLevel='ERROR'}
$s = New-PSSession -HostName $args[0] -UserName $args[1] -Port $args[2] -KeyFilePath $args[3] -Options $options
foreach ($place in $args[4..9]) {
    Set-Location "$place/here"
    foreach ($line in Get-Content "$place/calls") {
        $found = ''
        try { Invoke-Expression $line -ErrorVariable problems 2>$null } catch { $problems = @($_) }
        if ($problems) { $found = $problems[0].FullyQualifiedErrorId }
        [Console]::Out.WriteLine('=' + $found)
    }
}
"""
#: what depends on the way that the files go
BY_EACH_WAY = """\
Copy-Item 'a*b' {there}/ex -ToSession $s
Copy-Item F* {there}/few -ToSession $s
Copy-Item tree {there}/slash/ -ToSession $s -Recurse
Copy-Item tree {there}/few -ToSession $s
Copy-Item tree {there}/few -ToSession $s -Force
Copy-Item f2 {there}/read-only -ToSession $s -Force
Copy-Item f2 {there}/link -ToSession $s
Copy-Item f1 {there}/no/such/folder -ToSession $s
Copy-Item {there}/source/* ./got -FromSession $s
Copy-Item {there}/source ./all -FromSession $s -Recurse
Copy-Item f1 -Destination {there}/ex -ToSession $s -PassThru
Copy-Item nope -Destination {there}/ex -ToSession $s
Copy-Item {there}/nope ./b3 -FromSession $s
Copy-Item f1 {there}/ex/f1/below -ToSession $s
"""
#: what does not
BY_ONE = """\
Copy-Item 'a`*b' {there}/escaped -ToSession $s
Copy-Item '[!a]1' {there}/set -ToSession $s
Copy-Item * {there}/filtered -ToSession $s -Filter f1
Copy-Item tree {there}/files -ToSession $s -Recurse -Filter a
Copy-Item tree/* {there}/but -ToSession $s -Recurse -Exclude a
Copy-Item tree {there}/flat -ToSession $s -Recurse -Container:$false
Copy-Item tree {there}/few -ToSession $s -Recurse
Copy-Item tree {there}/few -ToSession $s -Recurse -Force
'f1','f2' | Copy-Item -Destination {there}/few -ToSession $s
Copy-Item {there}/source/*.txt ./first -FromSession $s
Copy-Item {there}/source ./unfiltered -FromSession $s -Recurse -Filter *.txt
Copy-Item {there}/source ./got -FromSession $s -Recurse
Copy-Item {there}/source ./got -FromSession $s
Copy-Item {there}/S*E/X* ./got -FromSession $s
Copy-Item {there}/source/nope*.txt ./got -FromSession $s
Copy-Item {there}/source/x.txt ./no/such -FromSession $s
Copy-Item {there}/source/x.txt,{there}/source/y.log ./both -FromSession $s
Copy-Item f1 -Destination {there}/n1 -ToSession $s
Copy-Item tree -Destination {there}/empty -ToSession $s
Copy-Item tree -Destination {there}/ex -ToSession $s -Recurse
Copy-Item f* -Destination {there}/ex -ToSession $s
Copy-Item f* {there}/last -ToSession $s
Copy-Item nope,f2 {there}/n1 -ToSession $s
Copy-Item -LiteralPath '[x]' {there}/ex -ToSession $s
Copy-Item -LiteralPath 'f*' {there}/ex -ToSession $s
Copy-Item tree/.hid {there}/ex -ToSession $s
Copy-Item tree {there}/ex/f1 -ToSession $s -Recurse
Copy-Item tree/* {there}/few -ToSession $s -Include a,s* -Recurse -Force
Copy-Item f1 -ToSession $s
Copy-Item f1 relative -ToSession $s
Copy-Item f1 ~/home -ToSession $s
Copy-Item f1 x -ToSession $s -FromSession $s
Copy-Item f1 {there}/unmade -ToSession $s -WhatIf
Copy-Item nope {there}/unmade -ToSession $s -WhatIf
Copy-Item {there}/ex ./b1 -FromSession $s -Recurse
Copy-Item {there}/ex ./b2 -FromSession $s -Recurse -Force
Copy-Item {there}/ex/f1 -FromSession $s
Copy-Item {there}/ex/f* ./got -FromSession $s
"""


def scene(folder: Path) -> Path:
    """Make what is copied in a folder ``here``, and ``there`` beside it."""
    here = folder / "here"
    (here / "tree" / "sub").mkdir(parents=True)
    (here / "tree" / "none").mkdir()
    for name, text in (
        ("f1", "1"),
        ("f2", "22"),
        ("[x]", "x"),
        ("tree/a", "a"),
        ("tree/.hid", "h"),
        ("tree/sub/b", "b"),
    ):
        (here / name).write_text(text)
    (here / "a*b").write_text("star")
    (here / "a1b").write_text("one")
    (here / "tree" / "ln").symlink_to("a")
    (here / "tree" / "ld").symlink_to("sub")
    for name in ("here/got/source", "there/ex", "there/few", "there/source/in"):
        (folder / name).mkdir(parents=True)
    for name in ("x.txt", "y.log", "in/z.txt", ".hidden"):
        (folder / "there" / "source" / name).write_text(name)
    (folder / "there" / "read-only").write_text("old")
    (folder / "there" / "read-only").chmod(0o444)
    (folder / "there" / "link").symlink_to("source/x.txt")
    return here


def contents(folder: Path) -> dict[str, object]:
    return {path: found[0] for path, found in look(folder).items()}


def real_errors(server: Sshd, *places: Path) -> list[str]:
    arguments = (server.host, getpass.getuser(), str(server.port), str(server.user_key), *map(str, places))
    done = invoke(REAL, *arguments, timeout=300)
    assert done.returncode == 0, done.stderr
    return [line[1:] for line in done.stdout.decode().splitlines() if line.startswith("=")]  # -WhatIf writes, too


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("copy") / "sshd"
    with powershell_sshd(folder, more_config="Subsystem sftp internal-sftp") as running:
        yield running


@dataclass
class Real:
    """A place, the lines run there, and what the real client made of them: error ids, and the trees here and there."""

    place: Path
    lines: list[str]
    errors: list[str]
    trees: Trees


@pytest.fixture(scope="module")
def real(server: Sshd, tmp_path_factory: pytest.TempPathFactory) -> list[Real]:
    """What comes by each way, and what by one."""
    top = tmp_path_factory.mktemp("real")
    made = []
    for name, calls in (("each", BY_EACH_WAY), ("one", BY_ONE)):
        place = top / name
        scene(place)
        lines = [line.format(there=place / "there") for line in calls.splitlines()]
        (place / "calls").write_text("\n".join(lines))
        made.append((place, lines))
    theirs = iter(real_errors(server, *(place for place, _ in made)))
    found = [
        Real(place, lines, [next(theirs) for _ in lines], (contents(place / "here"), contents(place / "there")))
        for place, lines in made
    ]
    assert [*theirs] == []
    return found


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("way", "number"), [("sftp", 0), ("pipeline", 0), ("sftp", 1)])
async def test_trees_and_errors_are_the_real_ones(
    server: Sshd, real: list[Real], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, number: int
) -> None:
    place, lines, theirs, expected = astuple(real[number])
    shutil.rmtree(place)
    here = scene(place)
    monkeypatch.chdir(here)
    bar = Bar()
    make_home(tmp_path / "home", monkeypatch, known=server.known_hosts_line)
    info = server.info() if way == "sftp" else process_info()
    session = bar.context.sessions.create(info, NobodyConsole(), temporary=False)
    await session.open()
    try:
        bar.context.variables["s"] = session
        ours = []
        for line in lines:
            said = await bar.run(line)
            ours.append(next((each.error_id for each in said if each.is_error), ""))
    finally:
        await bar.context.sessions.close_all()
    assert [*zip(lines, ours, strict=True)] == [*zip(lines, theirs, strict=True)]
    for folder, tree in zip(("here", "there"), expected, strict=True):
        found = contents(place / folder)
        assert [name for name in found | tree if found.get(name, ...) != tree.get(name, ...)] == []
