"""Standard input on its way to a script: batches, forms, and nothing cut or read too far ahead."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from psrpcore import ClientRunspacePool
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.psrp.clixml import PlainCipher, parse, plain, read
from pstui.backends.psrp.feeding import input_packets
from pstui.backends.psrp.fragments import Defragmenter
from pstui.backends.records import Batch
from pstui.tui.cli.input import InputError, InputForm, read_input
from pstui.tui.cli.run import Invocation, running
from pstui.tui.cli.target import Script

Captured = pytest.CaptureFixture[str]


async def values_of(data: bytes, form: InputForm, folder: Path) -> list[Any]:
    (folder / "input").write_bytes(data)
    with (folder / "input").open("rb") as file:
        return [plain(value) for batch in await _all(read_input(form, file.fileno())) for value in batch]


async def _all(batches: AsyncIterator[Batch]) -> list[Batch]:
    found = [batch async for batch in batches]
    assert all(isinstance(batch, Batch) for batch in found)
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"\xef\xbb\xbfone\r\ntwo\n\nlast", ["one", "two", "", "last"]),
        ("würz €\n".encode(), ["würz €"]),
        (b"\n", [""]),
    ],
)
async def test_lines(data: bytes, expected: list[str], tmp_path: Path) -> None:
    assert await values_of(data, "lines", tmp_path) == expected


async def test_a_long_line_is_one_text(tmp_path: Path) -> None:
    assert await values_of(b"x" * 300_000 + b"\ny\n", "lines", tmp_path) == ["x" * 300_000, "y"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a": 1, "b": [1, {"c": null}]}\n', [{"a": 1, "b": [1, {"c": None}]}]),
        (b'1\n"x"\n\n[2, 3]\ntrue', [1, "x", 2, 3, True]),
        (b'[\n  {"a": 1},\n  {"a": 2}\n]\n{"a":\n 3\n}\n', [{"a": 1}, {"a": 2}, {"a": 3}]),
        (b'{"a":\n1}\n{"b":2}', [{"a": 1}, {"b": 2}]),
        (b'{"a":1}{"a":2} [3,\n4]\n5 6', [{"a": 1}, {"a": 2}, 3, 4, 5, 6]),
        (b'"a\\\nb"\n'.replace(b"\\\n", b"\\n"), ["a\nb"]),
        (b"12345678901234567890\n1.5\n", [12345678901234567890, 1.5]),
    ],
)
async def test_json(data: bytes, expected: list[Any], tmp_path: Path) -> None:
    assert await values_of(data, "json", tmp_path) == expected


@pytest.mark.parametrize("data", [b'{"a": }\n', b"{'a': 1}\n", b'{"a": 1', b"1 x\n", b"]\n"])
async def test_what_is_not_json_is_refused_with_its_line(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not JSON") as refused:
        await values_of(b"5\n" + data, "json", tmp_path)
    assert "Line 2" in refused.value.why


async def test_raw_bytes_come_whole(tmp_path: Path) -> None:
    data = os.urandom(200_000)
    assert b"".join(await values_of(data, "raw", tmp_path)) == data


async def test_nothing_is_read_further_ahead_than_the_script_follows() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    batches = read_input("lines", reader)
    line = b"x" * 1023 + b"\n"

    def written() -> int:
        count = 0
        try:
            while True:
                count += os.write(writer, line)
        except BlockingIOError:
            return count

    total = written()
    assert await anext(batches)
    for _ in range(50):
        await asyncio.sleep(0.01)
        total += written()
    assert total < 1024 * 1024, "a pipe and a few chunks"
    os.close(writer)
    assert sum(len(batch) for batch in await _all(batches)) > 0
    os.close(reader)


@pytest.mark.parametrize("limit", [300, 40_000])
def test_a_batch_goes_out_in_few_packets_and_comes_in_whole(limit: int) -> None:
    values = ["plain", "a<b>&c", "\u0001 _x000A_ \U0001f600", "", b"\x00\xff", None, 5, {"k": [1]}, "long " * 500]
    core, pipeline = ClientRunspacePool(), ClientRunspacePool().runspace_pool_id
    packets = list(input_packets(core, pipeline, values, limit))
    assert all(len(packet) <= limit for packet in packets)
    assert len(packets) == (1 if limit > 10_000 else len(packets))
    messages = [message for packet in packets for message in SERVER.feed(packet)]
    assert {message.type for message in messages} == {0x00041002}
    assert {message.pipeline_id for message in messages} == {pipeline}
    bodies = [message.body or b"<Nil/>" for message in messages]
    assert [plain(read(parse(body), PlainCipher())) for body in bodies] == values


SERVER = Defragmenter(for_server=True)


async def test_lines_reach_a_script_in_order(capfd: Captured) -> None:
    lines = [f"line {number}" for number in range(300)]
    script = Script("$input | ForEach-Object { $_ }")
    assert await running(Invocation([ConnectionInfo(ParameterSet.DEMO)], script, input=[Batch(lines)])) == 0
    assert capfd.readouterr().out.splitlines() == lines
