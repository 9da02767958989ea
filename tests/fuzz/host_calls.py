"""Host calls: arguments that fit their method, or a refusal; a question that is bounded and harmless."""

from __future__ import annotations

import asyncio
import contextlib

from pstui.backends.console import QuestionCancelled
from pstui.backends.errors import PstuiError
from pstui.backends.psrp.clixml import PlainCipher
from pstui.backends.psrp.host import Host, HostError
from pstui.backends.psrp.host_calls import arguments_of, decode
from pstui.backends.psrp.host_methods import HOST_METHODS, ArgumentsError

from tests.support.nobody import NobodyConsole


def _call(number: int, *arguments: str) -> bytes:
    return (
        f'<Obj RefId="0"><MS><I64 N="ci">1</I64><I32 N="mi">{number}</I32>'
        f'<Obj N="mp" RefId="2"><LST>{"".join(arguments)}</LST></Obj></MS></Obj>'
    ).encode()


_FIELD = (
    '<Obj RefId="3"><LST><Obj RefId="4"><MS><S N="name">x</S><S N="label">l</S>'
    '<S N="parameterTypeFullName">System.String</S></MS></Obj></LST></Obj>'
)
SEEDS = [
    *(_call(number) for number in (1, 11, 12, 33)),
    _call(16, "<S>_x001B_[31mred</S>"),
    _call(13, "<I32>1</I32>", "<I32>2</I32>", "<S>x</S>"),
    _call(23, "<S>c</S>", "<S>m</S>", _FIELD),
    _call(24, "<S>c</S>", "<S>m</S>", "<S>u</S>", "<S>t</S>"),
    _call(26, "<S>c</S>", "<S>m</S>", _FIELD.replace("name", "label"), "<I32>0</I32>"),
    _call(30, "<Obj RefId='3'><MS><I32 N='width'>80</I32><I32 N='height'>25</I32></MS></Obj>"),
]


def check(data: bytes) -> None:
    with contextlib.suppress(PstuiError, HostError, ArgumentsError, QuestionCancelled):
        call = decode(data, PlainCipher())
        method = HOST_METHODS.get(call.mi)
        if method is not None:
            arguments = arguments_of(call, method)
            host = Host(NobodyConsole(), "far", "far", lambda code: None)
            if method.answered:
                asyncio.run(asyncio.wait_for(host.ask(method.id, arguments), 10))
            else:
                host.run(method.id, arguments, 1_000)
