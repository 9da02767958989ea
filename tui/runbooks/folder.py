"""The runbooks of a configuration: ``.ps1`` files in ``runbooks`` beside the profile file, and in the folders named.

``[settings] runbooks`` lists further folders, as paths from the profile file. A file is read when it is asked for, so
that what git has brought meanwhile counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pstui.backends.errors import CallError
from pstui.backends.language.param_blocks import MAX_SCRIPT, NotReadError, ParamBlock, read_param_block
from pstui.backends.places import expanded
from pstui.tui.cli.script_file import read_script
from pstui.tui.runbooks.fields import Field, fields_of

#: the folder beside the profile file
FOLDER = "runbooks"
#: runbooks of all folders, folders inside each other, entries looked at
MAX_RUNBOOKS, MAX_DEPTH, MAX_ENTRIES = 2_000, 6, 50_000


@dataclass(frozen=True, slots=True)
class Runbook:
    """A file. ``name`` is its path below its folder, with ``/``, without ``.ps1``."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Script:
    """A runbook that was read."""

    runbook: Runbook
    text: str
    block: ParamBlock
    fields: tuple[Field, ...]


def folders(profile_file: Path, settings: Mapping[str, Any]) -> list[Path]:
    """Return the folders of a configuration, whether they exist or not."""
    beside = profile_file.absolute().parent
    named = settings.get("runbooks", ())
    paths = [beside / FOLDER, *(beside / expanded(str(each)) for each in named)]
    return list(dict.fromkeys(paths))


def runbooks(places: Sequence[Path]) -> tuple[list[Runbook], list[str]]:
    """Return the runbooks of folders by their names, and what kept a folder from being read."""
    found: dict[Path, Runbook] = {}
    problems: list[str] = []
    for number, place in enumerate(places):
        try:
            for path in _scripts(place):
                if len(found) >= MAX_RUNBOOKS:
                    problems.append(f"There are more than {MAX_RUNBOOKS:,} runbooks; the others are left out.")
                    break
                name = path.relative_to(place).with_suffix("").as_posix()
                found.setdefault(path.resolve(), Runbook(name, path))
        except FileNotFoundError:
            if number:
                problems.append(f"{place} does not exist.")
        except OSError as error:
            problems.append(f"{place} cannot be read: {error.strerror or error}.")
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.name)), problems


def _scripts(place: Path) -> Iterator[Path]:
    left = MAX_ENTRIES
    waiting = [(place, 0)]
    while waiting:
        folder, depth = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                left -= 1
                if left < 0:
                    return
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
                    waiting.append((Path(entry.path), depth + 1))
                elif entry.name.casefold().endswith(".ps1") and entry.is_file():
                    yield Path(entry.path)


def named(name: str, places: Sequence[Path]) -> Runbook:
    """Return the runbook with a name, in any case, with or without ``.ps1``; its last part may do. Raises CallError."""
    known, problems = runbooks(places)
    wanted = name.replace("\\", "/").casefold().removesuffix(".ps1")
    fitting = [one for one in known if one.name.casefold() == wanted]
    fitting = fitting or [one for one in known if one.name.casefold().rpartition("/")[2] == wanted]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise CallError(f"{name!r} is the name of {len(fitting)} runbooks", "\n".join(str(one.path) for one in fitting))
    import difflib

    near = difflib.get_close_matches(wanted, [one.name.casefold() for one in known], n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Runbooks are .ps1 files in {places[0]}."
    raise CallError(f"There is no runbook {name!r}", "\n".join(problems), hint)


def read(runbook: Runbook) -> Script:
    """Read a runbook. Raises CallError."""
    try:
        if runbook.path.stat().st_size > 4 * MAX_SCRIPT:
            raise NotReadError(f"it is longer than {MAX_SCRIPT:,} characters")
        text = read_script(str(runbook.path)).replace("\r\n", "\n")
        block = read_param_block(text)
    except OSError as error:
        raise CallError(f"{runbook.path} cannot be read", error.strerror or str(error)) from error
    except NotReadError as error:
        hint = "Correct it, or run it as it is: pstui icm TARGET -FilePath FILE"
        raise CallError(f"{runbook.path} has no form: {error}", "", hint) from None
    return Script(runbook, text, block, tuple(fields_of(block)))
