"""The cmdlets that pass objects on: Where-Object, Select-Object, Sort-Object, Format-List and their like.

They are bound as the session cmdlets are, from what was measured of their parameters, and work on the sessions and
values that come through the pipe of a typed line. What a cmdlet can in PowerShell and not here is refused by its
parameter's name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cmp_to_key
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pstui.backends.binding import errors
from pstui.backends.binding.context import BoundCall, ScriptBlock, is_session
from pstui.backends.binding.lookups import wildcard
from pstui.backends.binding.members import Formatted, member, objects_of, properties, text_of
from pstui.backends.binding.parameters import cmdlet
from pstui.backends.binding.values import no_number_id, number_of
from pstui.backends.errors import CallError
from pstui.backends.records import Record

#: runs a script block with ``$_`` and returns what it gives
RunBlock = Callable[[str, Any], Any]

#: most bytes and rows that are read of a file
MAX_FILE, MAX_ROWS = 1 << 20, 1000

#: what each cmdlet can do here; its other parameters are refused
_TAKEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Select-Object": (
            *("Property", "ExcludeProperty", "ExpandProperty", "Unique"),
            *("First", "Last", "Skip", "SkipLast", "Index", "SkipIndex", "Wait", "InputObject"),
        ),
        "Sort-Object": ("Property", "Descending", "Unique", "Top", "Bottom", "Stable", "InputObject"),
        "ForEach-Object": ("Process", "MemberName", "InputObject"),
        "Measure-Object": ("Property", "InputObject"),
        "Format-List": ("Property", "Force", "InputObject"),
        "Format-Table": ("Property", "AutoSize", "HideTableHeaders", "Wrap", "Force", "InputObject"),
        "Import-Csv": ("Path", "LiteralPath", "Delimiter", "Header"),
    }
)


def refuse_pipeline_variable(call: BoundCall) -> None:
    """Refuse -PipelineVariable: nothing here would set the variable, and a block would find nothing in it."""
    if "PipelineVariable" in call.common:
        hint = "In the block of a Where-Object or ForEach-Object it is $_ that holds the object."
        raise CallError(f"{call.cmdlet}: -PipelineVariable cannot be used here", "", hint)


def passed_on(call: BoundCall, objects: Sequence[Any], run: RunBlock) -> list[Any]:
    """Return what a cmdlet makes of the objects that come through the pipe. Raises CallError."""
    refuse_pipeline_variable(call)
    values = dict(call.values)
    taken = _TAKEN.get(call.cmdlet)
    for name in values:
        if taken is not None and name not in taken:
            raise CallError(f"{call.cmdlet}: -{name} cannot be used here", "", f"Taken are: -{', -'.join(taken[:-1])}.")
    match call.cmdlet:
        case "Where-Object":
            return [each for each in objects if is_true(_kept(values, each, run))]
        case "Select-Object":
            return _selected(values, list(objects), run)
        case "Sort-Object":
            return _sorted(values, list(objects), run)
        case "ForEach-Object":
            return [inner for each in objects for inner in _for_each(values, each, run)]
        case "Measure-Object":
            return [Record({"Count": len(objects)})]
        case "Format-List" | "Format-Table":
            names = tuple(_name(each) for each in values.get("Property", ()))
            return [Formatted(list(objects), call.cmdlet == "Format-List", names, not values.get("HideTableHeaders"))]
        case "Out-Null":
            return []
    return list(objects)


def _kept(values: Mapping[str, Any], each: Any, run: RunBlock) -> Any:
    if "FilterScript" in values:
        return run(values["FilterScript"], each)
    operator = next((name for name in values if name not in ("Property", "Value", "InputObject")), "")
    found = member(each, str(values["Property"]))
    if operator in ("", "Not"):
        return is_true(found) is (operator == "")
    return compared(operator, found, values.get("Value"))


def is_true(value: Any) -> bool:
    """Return what a value counts for in a condition: a list of one counts as that one."""
    if isinstance(value, list | tuple) and len(value) == 1:
        return is_true(value[0])
    return bool(value) if isinstance(value, bool | int | float | Decimal | str | list | tuple) else value is not None


def compared(operator: str, left: Any, right: Any) -> Any:
    """Return what one of PowerShell's comparisons gives; of a list on the left, the items for which it holds.

    ``operator`` is its name without the dash. Raises CallError for one that is not taken here.
    """
    name = operator.casefold()
    plain = name.removeprefix("i") if name not in ("in", "is", "isnot") else name
    exact = plain.startswith("c") and plain != "contains"
    plain = plain.removeprefix("c") if exact else plain
    negated = plain.startswith("not") and plain != "not"
    plain = plain.removeprefix("not") if negated else plain
    if plain in ("contains", "in"):
        items, wanted = (left, right) if plain == "contains" else (right, left)
        return any(_holds("eq", each, wanted, exact) for each in objects_of(items)) is not negated
    if plain not in ("eq", "ne", "gt", "ge", "lt", "le", "like", "match"):
        raise CallError(
            f"-{operator} is not computed here", "", "Comparisons are: -eq -ne -gt -ge -lt -le -like -match."
        )
    if isinstance(left, list | tuple):
        return [each for each in left if _holds(plain, each, right, exact) is not negated]
    return _holds(plain, left, right, exact) is not negated


def _holds(operator: str, left: Any, right: Any, exact: bool) -> bool:
    if operator == "like":
        pattern = wildcard(text_of(right))
        return bool((re.compile(pattern.pattern, re.DOTALL) if exact else pattern).fullmatch(text_of(left)))
    if operator == "match":
        try:
            return bool(re.search(text_of(right), text_of(left), 0 if exact else re.IGNORECASE))
        except (re.error, RecursionError) as error:
            raise CallError("The pattern of -match cannot be read", errors.sentence(error)) from None
    order = _order(left, right, exact)
    if order is None and operator not in ("eq", "ne") and isinstance(right, str):
        error_id = no_number_id("Double" if isinstance(left, float) else "Int32")
        raise CallError(f"{errors.quoted(right)} is not a number, as the left side is", "", error_id=error_id)
    return {"eq": order == 0, "ne": order != 0, "gt": order == 1, "ge": order in (0, 1), "lt": order == -1}.get(
        operator, order in (-1, 0)
    )


def _order(left: Any, right: Any, exact: bool = False) -> int | None:
    """Return -1, 0 or 1; None where the two cannot be compared. The right side becomes what the left one is."""
    if left is None or right is None:
        return 0 if left is right else -1 if left is None else 1
    if is_session(left) or is_session(right):
        return 0 if left is right else None
    if isinstance(left, bool):
        right = is_true(right)
    elif isinstance(left, int | float | Decimal):
        number = number_of(right) if isinstance(right, str) else right
        if not isinstance(number, int | float | Decimal):
            return None
        right = number
    else:
        left, right = text_of(left), text_of(right)
        left, right = (left, right) if exact else (left.casefold(), right.casefold())
    return int(left > right) - int(left < right)


def _name(given: Any) -> str:
    """Return the name of a property; a calculated one is refused."""
    if isinstance(given, ScriptBlock | Mapping):
        raise CallError("A calculated property cannot be used here", "", "Give names of properties.")
    return text_of(given)


def _selected(values: Mapping[str, Any], objects: list[Any], run: RunBlock) -> list[Any]:
    objects = _counted(values, objects)
    if "ExpandProperty" in values:
        objects = [inner for each in objects for inner in objects_of(_expanded(each, values["ExpandProperty"]))]
    elif "Property" in values or "ExcludeProperty" in values:
        patterns = [_name(each) for each in values.get("Property", ("*",))]
        without = [wildcard(each) for each in values.get("ExcludeProperty", ())]
        objects = [_part(each, patterns, without) for each in objects]
    if values.get("Unique"):
        objects = [each for number, each in enumerate(objects) if not any(_same(each, one) for one in objects[:number])]
    return objects


def _expanded(each: Any, name: str) -> Any:
    """Return a property that the object must have."""
    found = member(each, name)
    if found is None and not any(wildcard(name).fullmatch(str(known)) for known in properties(each)):
        names = ", ".join(map(str, properties(each)))
        what, hint = f"there is no property {name}", f"There are: {names}." if names else ""
        raise errors.refusal(cmdlet("Select-Object"), "ExpandPropertyNotFound", what, "", hint)
    return found


def _counted(values: Mapping[str, Any], objects: list[Any]) -> list[Any]:
    """Return the objects that -First, -Last, -Skip and the like leave."""
    if "Index" in values:
        return [objects[index] for index in sorted(values["Index"]) if 0 <= index < len(objects)]
    if "SkipIndex" in values:
        return [each for index, each in enumerate(objects) if index not in values["SkipIndex"]]
    skip = max(int(values.get("Skip", 0)), 0)
    if "Last" in values and "First" not in values:
        return objects[max(len(objects) - skip - values["Last"], 0) : max(len(objects) - skip, 0)]
    objects = objects[skip:]
    if "SkipLast" in values:
        return objects[: max(len(objects) - values["SkipLast"], 0)]
    first, last = values.get("First"), values.get("Last", 0)
    return objects if first is None else objects[:first] + objects[max(len(objects) - last, first) :]


def _part(each: Any, patterns: Sequence[str], without: Sequence[re.Pattern[str]]) -> Record:
    """Return an object with some properties of another."""
    has = properties(each)
    found: dict[str, Any] = {}
    for pattern in patterns:
        known = [str(name) for name in has if wildcard(pattern).fullmatch(str(name))]
        for name in known or ([] if any(char in pattern for char in "*?[") else [pattern]):
            if not any(one.fullmatch(name) for one in without):
                found.setdefault(name, member(each, name))
    return Record(found)


def _same(one: Any, other: Any) -> bool:
    return one is other or (not properties(one) and one == other) or (properties(one) == properties(other) != {})


def _sorted(values: Mapping[str, Any], objects: list[Any], run: RunBlock) -> list[Any]:
    keys = values.get("Property", ())

    def key(each: Any, given: Any) -> Any:
        return run(given, each) if isinstance(given, ScriptBlock) else member(each, _name(given))

    def order(one: Any, other: Any) -> int:
        for given in keys:
            if found := _order(key(one, given), key(other, given)):
                return found
        return 0 if keys else _order(one, other) or 0

    result = sorted(objects, key=cmp_to_key(order), reverse=bool(values.get("Descending")))
    if values.get("Unique"):
        result = [each for number, each in enumerate(result) if not number or order(result[number - 1], each)]
    if "Top" in values:
        return result[: values["Top"]]
    return result[max(len(result) - values["Bottom"], 0) :] if "Bottom" in values else result


def _for_each(values: Mapping[str, Any], each: Any, run: RunBlock) -> list[Any]:
    if "MemberName" in values:
        found = member(each, values["MemberName"])
        if found is None and isinstance(each, str | int | float | Decimal):
            hint = "Methods are not called here. A text has a Length."
            raise CallError(f"ForEach-Object: {values['MemberName']} is no property of a text or a number", "", hint)
        return [] if found is None else objects_of(found)
    return [inner for block in values["Process"] for inner in objects_of(run(block, each)) if inner is not None]


def imported(call: BoundCall, cwd: str, home: str) -> list[Record]:
    """Return the rows of the files that Import-Csv names, as records. Blocks while it reads. Raises CallError."""
    values = call.values
    table = cmdlet("Import-Csv")
    rows: list[Record] = []
    for given in values.get("Path") or values.get("LiteralPath") or ():
        path = Path(home + given[1:] if given.startswith(("~/", "~\\")) or given == "~" else Path(cwd) / given)
        try:
            if not path.is_file():
                raise FileNotFoundError(2, "There is no such file")
            with path.open("rb") as file:
                text = file.read(MAX_FILE + 1).decode("utf-8-sig")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "It is not UTF-8"
            what = f"{errors.quoted(given)} cannot be read"
            raise errors.refusal(table, "FileOpenFailure", what, f"{why}.", "Check the path.") from None
        try:
            rows += _rows(text, str(values.get("Delimiter") or ","), values.get("Header") or ())
        except (csv.Error, TypeError, ValueError) as error:
            what = f"{errors.quoted(given)} is not a table of values"
            raise errors.refusal(table, "FileOpenFailure", what, errors.sentence(error)) from None
        if len(text) > MAX_FILE or len(rows) > MAX_ROWS:
            what = f"{errors.quoted(given)} is too large"
            why = f"At most {MAX_ROWS} rows of {MAX_FILE >> 20} MiB together are read."
            raise errors.refusal(table, "FileOpenFailure", what, why)
    return rows


def _rows(text: str, delimiter: str, header: Sequence[str]) -> list[Record]:
    lines = list(csv.reader(io.StringIO(text), delimiter=delimiter[:1] or ",", skipinitialspace=True))
    lines = [line for line in lines if line and not line[0].startswith("#TYPE")]
    names = list(header) or (lines.pop(0) if lines else [])
    return [
        Record({name: line[place] if place < len(line) else None for place, name in enumerate(names)}) for line in lines
    ]
