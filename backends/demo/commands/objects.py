"""Commands that choose, sort, count and show the objects of a pipeline."""

from __future__ import annotations

import datetime
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from pstui.backends.demo.commands.formatting import AS_LIST, AS_TABLE, GREEN, RESET, Renderer, errors_as_lines, view_of
from pstui.backends.demo.commands.registry import Call, Param, command
from pstui.backends.demo.language import operators
from pstui.backends.demo.language.errors import LoopControl
from pstui.backends.demo.language.values import (
    CUSTOM_OBJECT,
    MAX_TEXT,
    ScriptBlock,
    Thing,
    TooLarge,
    collapse,
    get_property,
    is_list,
    is_true,
    sort_key,
    to_items,
    to_text,
)

Output = AsyncGenerator[Any, None]


async def block_value(call: Call, block: ScriptBlock, item: Any) -> Any:
    """Return what a script block makes of one item."""
    return await call.interpreter.collect(call.interpreter.execute(block.body, call.scope.with_item(item)))


@command(
    "ForEach-Object",
    "Run a script block, or take a property, for each input.",
    Param("Process", "any", position=0),
    Param("Begin", "block"),
    Param("End", "block"),
    aliases=("%", "foreach"),
)
async def for_each(call: Call) -> Output:
    """Run the block in the caller's own scope with ``$_`` set."""
    body = call.get("Process")
    for name in ("Begin", None, "End"):
        if name is None:
            async for item in call.input:
                await call.interpreter.tick()
                if not isinstance(body, ScriptBlock):
                    yield get_property(item, to_text(body))
                    continue
                try:
                    async for value in call.interpreter.execute(body.body, call.scope.with_item(item)):
                        yield value
                except LoopControl as control:
                    if control.word == "break":
                        raise
        elif isinstance(call.get(name), ScriptBlock):
            async for value in call.interpreter.execute(call.get(name).body, call.scope):
                yield value


_TESTS = ("EQ", "NE", "GT", "GE", "LT", "LE", "Like", "NotLike", "Match", "NotMatch", "Contains", "In")


@command(
    "Where-Object",
    "Let through what a script block, or a property and an operator, finds true.",
    Param("FilterScript", "any", position=0, aliases=("property",)),
    Param("Value", "any", position=1),
    *(Param(name, "switch") for name in _TESTS),
    aliases=("?", "where"),
)
async def where(call: Call) -> Output:
    """Filter the input."""
    test = call.get("FilterScript")
    operator = next((name.lower() for name in _TESTS if call.switch(name)), "")
    async for item in call.input:
        await call.interpreter.tick()
        if isinstance(test, ScriptBlock):
            found = await block_value(call, test, item)
        elif operator:
            found = operators.binary(operator, get_property(item, to_text(test)), call.get("Value"))
        else:
            found = get_property(item, to_text(test))
        if is_true(found):
            yield item


@command(
    "Select-Object",
    "Take the first or last objects, some of their properties, or each once.",
    Param("Property", "any", position=0, many=True),
    Param("First", "number"),
    Param("Last", "number"),
    Param("Skip", "number"),
    Param("Unique", "switch"),
    Param("ExpandProperty"),
    aliases=("select",),
)
async def select(call: Call) -> Output:
    """Choose from the input; with -First the commands before it are ended once enough came."""
    last, first, skip = int(call.number("Last")), call.get("First"), int(call.number("Skip"))
    count, seen, kept = 0, set[str](), list[Any]()
    async with aclosing(call.input) as source:
        if first is not None and int(first) <= 0:
            return
        async for item in source:
            if skip > 0:
                skip -= 1
                continue
            if call.switch("Unique"):
                text = to_text(await selected(call, item))
                if text in seen:
                    continue
                seen.add(text)
            if last:
                kept = [*kept, item][-last:]
                continue
            for value in await _expanded(call, item):
                yield value
            count += 1
            if first is not None and count >= int(first):
                break
    for item in kept:
        for value in await _expanded(call, item):
            yield value


async def _expanded(call: Call, item: Any) -> list[Any]:
    name = call.get("ExpandProperty")
    return list(to_items(get_property(item, name))) if name else [await selected(call, item)]


async def selected(call: Call, item: Any) -> Any:
    """Return an item with the properties named by -Property, or itself when none are."""
    names = call.get("Property")
    if not names:
        return item
    properties: dict[str, Any] = {}
    for name in names:
        if isinstance(name, dict):
            label, made = _calculated(name)
            value = (
                await block_value(call, made, item)
                if isinstance(made, ScriptBlock)
                else get_property(item, to_text(made))
            )
            properties[label] = value
        elif isinstance(name, ScriptBlock):
            properties[name.text.strip()] = await block_value(call, name, item)
        else:
            properties.update(_matching(item, to_text(name)))
    source = item.type_names[0] if isinstance(item, Thing) else type(item).__name__
    return Thing((f"Selected.{source}", *CUSTOM_OBJECT), properties)


def _calculated(table: dict[str, Any]) -> tuple[str, Any]:
    label = made = None
    for key, value in table.items():
        if key.lower() in ("n", "name", "l", "label"):
            label = value
        elif key.lower() in ("e", "expression"):
            made = value
    return to_text(label) or (made.text.strip() if isinstance(made, ScriptBlock) else "Value"), made


def _matching(item: Any, name: str) -> dict[str, Any]:
    if isinstance(item, Thing):
        if any(sign in name for sign in "*?["):
            pattern = operators.wildcard(name)
            return {key: value for key, value in item.properties.items() if pattern.match(key)}
        found = item.find(name)
        if found is not None:
            return {found: item.properties[found]}
    return {name: get_property(item, name)}


@command(
    "Sort-Object",
    "Sort by properties, or by the values themselves.",
    Param("Property", "any", position=0, many=True),
    Param("Descending", "switch"),
    Param("Unique", "switch"),
    aliases=("sort",),
)
async def sort(call: Call) -> Output:
    """Sort the whole input; equal ones keep their order."""
    names = call.get("Property") or [None]
    keyed: list[tuple[list[Any], Any]] = []
    for item in await call.everything():
        key = []
        for name in names:
            if isinstance(name, ScriptBlock):
                key.append(sort_key(await block_value(call, name, item)))
            else:
                key.append(sort_key(item if name is None else get_property(item, to_text(name))))
        keyed.append((key, item))
    keyed.sort(key=lambda pair: pair[0], reverse=call.switch("Descending"))
    previous = None
    for key, item in keyed:
        if not (call.switch("Unique") and key == previous):
            yield item
        previous = key


@command(
    "Measure-Object",
    "Count, add up, and find the smallest and the largest.",
    Param("Property", position=0),
    *(Param(name, "switch") for name in ("Sum", "Average", "Minimum", "Maximum", "Line", "Word", "Character")),
    aliases=("measure",),
)
async def measure(call: Call) -> Output:
    """Count the input."""
    name = call.get("Property")
    items = await call.everything()
    values = [get_property(item, name) for item in items] if name else items
    values = [value for value in values if value is not None]
    if any(call.switch(kind) for kind in ("Line", "Word", "Character")):
        text = "\n".join(map(to_text, values))
        shown = {
            "Lines": len(text.splitlines()),
            "Words": len(text.split()),
            "Characters": sum(len(to_text(v)) for v in values),
        }
        yield Thing(("Microsoft.PowerShell.Commands.TextMeasureInfo",), {**shown, "Property": name})
        return
    numbers = [operators.number(value) for value in values] if _counts(call) else []
    order = sorted(values, key=sort_key) if call.switch("Minimum") or call.switch("Maximum") else []
    yield Thing(
        ("Microsoft.PowerShell.Commands.GenericMeasureInfo",),
        {
            "Count": len(values),
            "Average": sum(numbers) / len(numbers) if numbers and call.switch("Average") else None,
            "Sum": sum(numbers) if numbers and call.switch("Sum") else None,
            "Maximum": order[-1] if order and call.switch("Maximum") else None,
            "Minimum": order[0] if order and call.switch("Minimum") else None,
            "Property": name,
        },
    )


def _counts(call: Call) -> bool:
    return call.switch("Sum") or call.switch("Average")


@command("Out-Null", "Drop everything.")
async def out_null(call: Call) -> None:
    """Take the input and forget it."""
    async for _ in call.input:
        await call.interpreter.tick()


@command(
    "Out-Default",
    "Show the input; what a client puts at the end of every line.",
    Param("Transcript", "switch"),
    Param("InputObject", "any"),
    aliases=("Out-Host", "oh"),
)
async def out_default(call: Call) -> None:
    """Render the input as host calls."""
    renderer = call.streams.renderer
    async for item in call.input:
        await renderer.feed(item)
    await renderer.finish()


@command("Out-String", "Make one text of what would be shown.", Param("Stream", "switch"), Param("Width", "number"))
async def out_string(call: Call) -> Output:
    """Render the input into text."""
    lines: list[str] = []

    async def keep(line: str) -> None:
        lines.append(line)
        if sum(map(len, lines[-1:])) > MAX_TEXT or len(lines) > 200_000:
            raise TooLarge

    async def keep_error(info: Any) -> None:
        lines.extend(errors_as_lines(info))

    width = int(call.number("Width", call.streams.width))
    renderer = Renderer(keep, keep_error, max(20, min(1000, width)))
    async for item in call.input:
        await renderer.feed(item)
    await renderer.finish()
    plain = [line.replace(GREEN, "").replace(RESET, "") for line in lines]
    if call.switch("Stream"):
        for line in plain:
            yield line
    else:
        yield "\n".join([*plain, ""])


async def _formatted(call: Call, marker: str) -> Output:
    names = call.get("Property")
    async for item in call.input:
        if not isinstance(item, Thing):
            yield item
        elif names:
            chosen = await selected(call, item)
            yield Thing((marker, *chosen.type_names), chosen.properties)
        elif marker == AS_TABLE and view_of(item):
            yield item
        else:
            yield Thing((marker, *(name for name in item.type_names if marker == AS_TABLE)), item.properties)


@command(
    "Format-Table",
    "Show as a table.",
    Param("Property", "any", position=0, many=True),
    Param("AutoSize", "switch"),
    Param("Wrap", "switch"),
    aliases=("ft",),
)
async def format_table(call: Call) -> Output:
    """Mark the objects to be shown as a table."""
    async for item in _formatted(call, AS_TABLE):
        yield item


@command("Format-List", "Show as a list.", Param("Property", "any", position=0, many=True), aliases=("fl",))
async def format_list(call: Call) -> Output:
    """Mark the objects to be shown as a list."""
    async for item in _formatted(call, AS_LIST):
        yield item


@command(
    "ConvertTo-Json",
    "Make JSON of the input.",
    Param("InputObject", "any", position=0),
    Param("Depth", "number"),
    Param("Compress", "switch"),
)
async def convert_to_json(call: Call) -> Output:
    """Yield one JSON text."""
    items = await call.everything() or list(to_items(call.get("InputObject")))
    depth = max(0, min(20, int(call.number("Depth", 2))))
    compact = call.switch("Compress")
    text = json.dumps(
        plain_value(collapse(items), depth + 1),
        indent=None if compact else 2,
        separators=(",", ":") if compact else None,
        ensure_ascii=False,
    )
    if len(text) > MAX_TEXT:
        raise TooLarge
    yield text


def plain_value(value: Any, depth: int) -> Any:
    """Return a value as JSON can hold it; below ``depth`` levels its text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime.datetime():
            return value.isoformat()
        case Thing() if depth > 0:
            return {name: plain_value(item, depth - 1) for name, item in value.properties.items()}
        case dict() if depth > 0:
            return {to_text(name): plain_value(item, depth - 1) for name, item in value.items()}
    if is_list(value) and depth > 0:
        return [plain_value(item, depth - 1) for item in value]
    return to_text(value)
