"""Messages made of templates are, byte for byte, those that are written anew."""

from __future__ import annotations

import uuid
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from psrpcore import ClientRunspacePool
from psrpcore.types import PSRPMessageType
from pstui.backends.psrp.debugging import DEBUG_PROMPT
from pstui.backends.psrp.invocation import (
    ERRORS,
    LOAD_PROFILE,
    MAX_TEMPLATES,
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


def anew(invocation: Invocation, protocol: tuple[int, int]) -> bytes:
    made = core()
    made.prepare_message(invocation.wire(protocol), message_type=PSRPMessageType.CreatePipeline, pipeline_id=PIPELINE)
    return sent(made)


SHARED = core()
TEMPLATES = PipelineTemplates(SHARED)


def templated(invocation: Invocation, protocol: tuple[int, int]) -> bytes:
    # the numbers of messages go on from one to the next: only the first of a client has that of a new one
    SHARED._fragment_count = core()._fragment_count
    TEMPLATES.prepare(invocation, protocol)(PIPELINE)
    return sent(SHARED)


@settings(deadline=None)
@given(TEXTS, TEXTS | st.none(), PROTOCOLS, HOSTS, st.booleans())
def test_a_script(text: str, history: str | None, protocol: tuple[int, int], host: HostState | None, out: bool) -> None:
    calls = (Call(text, is_script=True, merged=ERRORS), OUT_DEFAULT) if out else (Call(text, is_script=True),)
    invocation = Invocation((calls,), history=history, add_to_history=out, host=host)
    assert templated(invocation, protocol) == anew(invocation, protocol)


@settings(deadline=None)
@given(TEXTS, PROTOCOLS, HOSTS)
def test_a_typed_line(text: str, protocol: tuple[int, int], host: HostState | None) -> None:
    invocation = line_invocation(text, protocol, host)
    assert templated(invocation, protocol) == anew(invocation, protocol)


def test_what_pstui_sends_itself() -> None:
    lines = ("Get-Process | Sort-Object", "Get-ChildItem -Path C:\\", "gps; gci", "1 + 1")
    invocations = [PROMPT, DEBUG_PROMPT, LOAD_PROFILE, *(line_invocation(line, (2, 3), None) for line in lines)]
    invocations.append(script_invocation("$args", (1, "two"), {"key": 1}, None, out_default=True, no_input=False))
    for invocation in invocations:
        for _ in range(2):
            assert templated(invocation, (2, 3)) == anew(invocation, (2, 3))


def test_templates_do_not_gather_for_ever() -> None:
    templates = PipelineTemplates(core())
    for number in range(MAX_TEMPLATES * 2):
        templates.prepare(replace(PROMPT, host=HostState(number, 24)), (2, 3))
    assert len(templates._known) == MAX_TEMPLATES
