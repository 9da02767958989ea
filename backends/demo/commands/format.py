"""Commands that show or format the objects of a pipeline."""

from __future__ import annotations

import datetime
import json
from collections.abc import AsyncGenerator
from typing import Any

from pstui.backends.demo.commands.layout import GREEN, RESET
from pstui.backends.demo.commands.objects import selected
from pstui.backends.demo.commands.registry import Param, command
from pstui.backends.demo.commands.render import AS_LIST, AS_TABLE, Renderer, errors_as_lines
from pstui.backends.demo.commands.views import view_of
from pstui.backends.demo.language.call import Call
from pstui.backends.demo.language.values import MAX_TEXT, Thing, TooLarge, collapse, is_list, to_items, to_text

Output = AsyncGenerator[Any, None]


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
