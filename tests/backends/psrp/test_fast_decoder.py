"""The fast decoder says what psrpcore says, for every recorded message and for generated ones; else it says nothing.

psrpcore's known faults, where the fast decoder does as PowerShell does: ``_xHHHH_`` is matched by psrpcore on UTF-16
bytes at any offset, so that some texts are mangled; those texts are recognised by being written without any escape.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psrpcore.types import PSSecureString  # noqa: F401  loading the types registers them for reading
from pstui.backends.psrp import clixml as fast
from pstui.backends.psrp.clixml import WRITE_METHODS, PlainCipher, parse, plain, read, write_record
from pstui.backends.psrp.host_calls import VOID, arguments_of, decode
from pstui.backends.psrp.host_methods import HOST_METHODS
from pstui.backends.records import Write

from tests.support.paths import RECORDINGS

FILES = sorted(RECORDINGS.glob("*.jsonl.gz"))
CIPHER = PlainCipher()
#: what an empty error line becomes: it shows nothing
NOTHING = Write("", newline=False)


def recorded(kind: str) -> Iterator[bytes]:
    for path in FILES:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                for message in json.loads(line).get("messages", []):
                    if message["type"] == kind:
                        yield message["clixml"].encode("utf-8", "surrogatepass")


def slow_write(body: bytes) -> Write | None:
    """What the careful way makes of a host call that writes."""
    call = decode(body, CIPHER)
    if call.ci != VOID or call.mi not in WRITE_METHODS:
        return None
    return write_record(call.mi, arguments_of(call, HOST_METHODS[call.mi])) or NOTHING


def test_every_recorded_host_call_is_decoded_alike() -> None:
    decoded = 0
    for body in recorded("PIPELINE_HOST_CALL"):
        quick = fast.host_write(body)
        if quick is not None:
            decoded += 1
            assert quick == slow_write(body)
    assert decoded > 5_000  # the flood of 5,000 lines is decoded the quick way


def test_every_recorded_writing_call_with_text_takes_the_quick_way() -> None:
    missed = [body for body in recorded("PIPELINE_HOST_CALL") if fast.host_write(body) is None and slow_write(body)]
    assert [body for body in missed if b"<LST />" not in body and b"\r" not in body] == []


def test_every_recorded_state_and_string_is_decoded_alike() -> None:
    states = [(fast.pipeline_state(body), body) for body in recorded("PIPELINE_STATE")]
    assert any(number is not None for number, _ in states)
    for number, body in states:
        if number is not None:
            assert number == read(parse(body), CIPHER).PipelineState
    texts = [(fast.simple_output(body), body) for body in recorded("PIPELINE_OUTPUT")]
    assert any(text is not None for text, _ in texts)
    for text, body in texts:
        if text is not None:
            assert text == plain(read(parse(body), CIPHER))


def host_call(method: int, arguments: str) -> bytes:
    names = {13: "Write1", 16: "WriteLine2", 17: "WriteLine3", 18: "WriteErrorLine", 22: "WriteWarningLine"}
    return (
        '<Obj RefId="0"><MS><I64 N="ci">-100</I64><Obj N="mi" RefId="1"><TN RefId="0">'
        "<T>System.Management.Automation.Remoting.RemoteHostMethodId</T><T>System.Enum</T><T>System.ValueType</T>"
        f"<T>System.Object</T></TN><ToString>{names[method]}</ToString><I32>{method}</I32></Obj>"
        '<Obj N="mp" RefId="2"><TN RefId="1"><T>System.Collections.ArrayList</T><T>System.Object</T></TN>'
        f"<LST>{arguments}</LST></Obj></MS></Obj>"
    ).encode("utf-8", "surrogatepass")


# ASCII avoids psrpcore's fault with escapes found across UTF-16 bytes; the other scripts are tested without escapes.
PLAIN_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
OTHER_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cn", "Co")), max_size=60).filter(
    lambda text: "_x" not in text
)


@given(text=PLAIN_TEXT | OTHER_TEXT, method=st.sampled_from([13, 16, 18, 22]))
def test_generated_text_is_decoded_as_psrpcore_does(text: str, method: int) -> None:
    body = host_call(method, f"<S>{escape(text)}</S>")
    quick = fast.host_write(body)
    assert quick is not None
    assert quick == slow_write(body)


@given(colours=st.tuples(st.integers(-3, 20), st.integers(-3, 20)), text=PLAIN_TEXT)
def test_colours_outside_the_sixteen_are_left_to_the_careful_way(colours: tuple[int, int], text: str) -> None:
    body = host_call(17, f"<I32>{colours[0]}</I32><I32>{colours[1]}</I32><S>{escape(text)}</S>")
    quick = fast.host_write(body)
    assert (quick is not None) == all(-1 <= colour <= 15 for colour in colours)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("a_x000A_b", "a\nb"),
        ("_x005F_x000A_", "_x000A_"),
        ("_xD83D__xDE00_", "\N{GRINNING FACE}"),
        ("_xD800_", "\ud800"),
        ("_x001B_[31m", "\x1b[31m"),
        ("_xZZZZ_", "_xZZZZ_"),
        ("__x0041__", "_A_"),
    ],
)
def test_escapes_are_resolved_as_powershell_does(escaped: str, text: str) -> None:
    assert fast.text_of(escaped.encode()) == text


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1), st.booleans())
def test_numbers_and_truth_are_decoded_as_psrpcore_does(small: int, large: int, truth: bool) -> None:
    for body in (
        f"<I32>{small}</I32>",
        f"<I64>{large}</I64>",
        f"<By>{small % 256}</By>",
        f"<B>{str(truth).lower()}</B>",
    ):
        quick = fast.simple_output(body.encode())
        slow = plain(read(parse(body.encode()), CIPHER))
        assert (quick, type(quick)) == (slow, type(slow))


@pytest.mark.parametrize(
    "body", ["<I32>5</I64>", "<I32>0x5</I32>", "<I32> 5</I32>", "<B>True</B>", "<I32></I32>", "<Db>5</Db>"]
)
def test_other_outputs_are_left_to_the_careful_way(body: str) -> None:
    assert fast.simple_output(body.encode()) is None


@given(st.binary(max_size=200))
def test_nothing_breaks_on_arbitrary_bytes(body: bytes) -> None:
    for decoder in (fast.host_write, fast.simple_output, fast.pipeline_state):
        decoder(body)
    head = host_call(16, "<S>").split(b"<S>")[0]
    fast.host_write(head + body + b"</LST></Obj></MS></Obj>")


@pytest.mark.parametrize(
    "inside", ["<S>a<B/></S>", "<S>a&#13;b</S>", "<S>a\rb</S>", "<S>&unknown;</S>", "<Nil />", "<S>a</S><S>b</S>", ""]
)
def test_the_unusual_is_left_to_the_careful_way(inside: str) -> None:
    assert fast.host_write(host_call(16, inside)) is None
