"""CLIXML: a plain value or an error of ours, the same by the quick road and by the general one."""

from __future__ import annotations

from pstui.backends.errors import PstuiError
from pstui.backends.psrp.clixml import PlainCipher, host_write, parse, pipeline_state, simple_output
from pstui.backends.psrp.progress import host_progress
from pstui.backends.psrp.values import value_of

SEEDS = [
    b"<S>a_x000A_b&amp;</S>",
    b"<I32>-12</I32>",
    b"<B>true</B>",
    b'<Obj RefId="0"><MS><I32 N="PipelineState">4</I32></MS></Obj>',
    b'<Obj RefId="0"><LST><S>x</S><Obj RefId="1"><DCT><En><S N="Key">k</S><I32 N="Value">1</I32></En></DCT></Obj>'
    b'<Ref RefId="1" /></LST></Obj>',
    b'<Obj RefId="0"><TN RefId="0"><T>System.X</T></TN><ToString>x</ToString><Props><D N="d">1.5</D></Props></Obj>',
    b"<DT>2026-11-30T00:00:00Z</DT>",
    b"<SS>QQBCAA==</SS>",
    b"<TS>PT1H</TS><!DOCTYPE a>",
]


def check(data: bytes) -> None:
    host_write(data)
    host_progress(data)
    pipeline_state(data)
    try:
        root = parse(data)
        value = value_of(root, PlainCipher(), 10_000)
    except PstuiError as error:
        assert "\x1b" not in error.text()
        return
    quick = simple_output(data)
    if quick is not None:
        assert quick == value and type(quick) is type(value)
