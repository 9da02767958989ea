"""Messages made of templates are, byte for byte, those that are written anew."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psrpcore import ClientRunspacePool
from psrpcore.types import PSRPMessageType
from pstui.backends.psrp import invocation
from pstui.backends.psrp.debugging import DEBUG_PROMPT
from pstui.backends.psrp.invocation import (
    ERRORS,
    LOAD_PROFILE,
    OUT_DEFAULT,
    PROMPT,
    Call,
    HostState,
    Invocation,
    PipelineTemplates,
    line_invocation,
    script_invocation,
)

POOL = uuid.UUID(int=1)
PIPELINE = uuid.UUID(int=2)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["", "pstui:text:0:", "pstui:text:1:", "_x000A_", "<S>&amp;</S>", "]]>", "\x00\x1b\r\n\t"]
)
PROTOCOLS = st.sampled_from([(2, 0), (2, 1), (2, 2), (2, 3)])
HOSTS = st.sampled_from(
    [None, HostState(80, 24), HostState(80, 24, 7, 23, "pstui:text:0:<pstui:text:1:", 12, 3, 25), HostState(1, 9999)]
)


def core() -> ClientRunspacePool:
    made = ClientRunspacePool()
    made.runspace_pool_id = POOL
    return made


def sent(made: ClientRunspacePool) -> bytes:
    found = b""
    while payload := made.data_to_send(100_000):
        assert payload.pipeline_id == PIPELINE
        found += payload.data
    return found


def anew(call: Invocation, protocol: tuple[int, int]) -> bytes:
    made = core()
    made.prepare_message(call.wire(protocol), message_type=PSRPMessageType.CreatePipeline, pipeline_id=PIPELINE)
    return sent(made)


SHARED = core()
TEMPLATES = PipelineTemplates(SHARED)


def templated(call: Invocation, protocol: tuple[int, int]) -> bytes:
    # the numbers of messages go on from one to the next: only the first of a client has that of a new one
    SHARED._fragment_count = core()._fragment_count
    TEMPLATES.prepare(call, protocol)(PIPELINE)
    return sent(SHARED)


@settings(deadline=None)
@given(TEXTS, TEXTS | st.none(), PROTOCOLS, HOSTS, st.booleans())
def test_a_script(text: str, history: str | None, protocol: tuple[int, int], host: HostState | None, out: bool) -> None:
    calls = (Call(text, is_script=True, merged=ERRORS), OUT_DEFAULT) if out else (Call(text, is_script=True),)
    pipeline = Invocation((calls,), history=history, add_to_history=out, host=host)
    assert templated(pipeline, protocol) == anew(pipeline, protocol)


@settings(deadline=None)
@given(TEXTS, PROTOCOLS, HOSTS)
def test_a_typed_line(text: str, protocol: tuple[int, int], host: HostState | None) -> None:
    pipeline = line_invocation(text, protocol, host)
    assert templated(pipeline, protocol) == anew(pipeline, protocol)


def test_what_pstui_sends_itself() -> None:
    lines = ("Get-Process | Sort-Object", "Get-ChildItem -Path C:\\", "gps; gci", "1 + 1")
    invocations = [PROMPT, DEBUG_PROMPT, LOAD_PROFILE, *(line_invocation(line, (2, 3), None) for line in lines)]
    invocations.append(script_invocation("$args", (1, "two"), {"key": 1}, None, out_default=True, no_input=False))
    for each in invocations:
        for _ in range(2):
            assert templated(each, (2, 3)) == anew(each, (2, 3))


def test_templates_do_not_gather_for_ever() -> None:
    templates = PipelineTemplates(core())
    for number in range(invocation.MAX_ONCE * 2):
        templates.prepare(replace(PROMPT, host=HostState(number, 24)), (2, 3))
    assert len(invocation._ONCE) <= invocation.MAX_ONCE


def test_what_one_pool_has_written_another_does_not_write_again(monkeypatch: pytest.MonkeyPatch) -> None:
    PipelineTemplates(core()).prepare(line_invocation("1 + 1", (2, 3), HostState(101, 37)), (2, 3))
    whole: list[object] = []
    write = invocation.written

    def noted(of: ClientRunspacePool, value: object) -> bytes:
        if not isinstance(value, str):
            whole.append(value)
        return write(of, value)

    monkeypatch.setattr(invocation, "written", noted)
    PipelineTemplates(core()).prepare(line_invocation("2 + 2", (2, 3), HostState(101, 37)), (2, 3))
    assert not whole
    PipelineTemplates(core()).prepare(line_invocation("2 + 2", (2, 3), HostState(102, 37)), (2, 3))
    assert len(whole) == 1
