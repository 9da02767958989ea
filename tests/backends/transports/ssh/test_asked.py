"""What ssh asks, as a person is asked it: whose words they are, what kind of answer, and what the answer becomes."""

from __future__ import annotations

import pytest
from pstui.backends.console import QuestionKind
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.asked import MAX_LINES, MAX_TEXT, Asked
from pstui.backends.transports.ssh.askpass import CONFIRM, NOTICE, Request

from tests.support.answers import AnsweringConsole

HOST_KEY = (
    "The authenticity of host 'db (::1)' can't be established.\nED25519 key fingerprint is SHA256:abc.\n"
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? "
)


async def asked(text: str, answer: str | None = "x", kind: str = "") -> tuple[str | None, AnsweringConsole, Asked]:
    console = AnsweringConsole(answers=[answer])
    questions = Asked("db", "ann", ConnectContext(console), None)
    return await questions.answer(Request(text, kind, 7)), console, questions


@pytest.mark.parametrize(
    ("text", "label", "voice"),
    [
        ("ann@db's password: ", "ann@db's password: ", ""),
        ("Enter PIN for 'card': ", "Enter PIN for 'card': ", ""),
        ("(ann@db) Code: ", "(ann@db) Code: ", "from the server db"),
        ("(ann@db) Enter PIN (yes/no): ", "(ann@db) Enter PIN (yes/no): ", "from the server db"),
        ("(ann@db) Two\x1b[2J\nlines: ", "lines: ", "from the server db"),
    ],
)
async def test_a_text_is_asked_for_and_the_words_of_a_server_are_marked(text: str, label: str, voice: str) -> None:
    answer, console, questions = await asked(text)
    (question,) = console.questions
    assert (answer, question.kind, question.label, question.voice) == ("x", QuestionKind.SECRET, label, voice)
    assert not question.remote and questions.answered
    assert "\x1b" not in "".join(write.text for write in question.preamble)


@pytest.mark.parametrize(
    ("text", "kind", "given", "answer"),
    [
        (HOST_KEY, "", "y", "yes"),
        (HOST_KEY, "", "", "no"),
        (HOST_KEY, "", " SHA256:abc ", "SHA256:abc"),
        ("Please type 'yes', 'no' or the fingerprint: ", "", "N", "no"),
        ("Accept updated hostkeys? (yes/no): ", "", "yes", "yes"),
        ("Add key /k (test) to agent?", CONFIRM, "y", "yes"),
        ("Add key /k (test) to agent?", CONFIRM, "n", None),
    ],
)
async def test_a_word_is_chosen(text: str, kind: str, given: str, answer: str | None) -> None:
    found, console, questions = await asked(text, given, kind)
    assert found == answer and console.questions[0].kind is QuestionKind.CHOICE
    assert "yes/no" not in "".join(write.text for write in console.questions[0].preamble)
    assert questions.refused_key is (answer == "no")


async def test_a_notice_is_shown_and_a_long_text_is_cut() -> None:
    console = AnsweringConsole(answers=["x"])
    questions = Asked("db", "ann", ConnectContext(console), None)
    assert await questions.answer(Request("Confirm user presence for key\x07", NOTICE, 7)) is None
    assert console.text == "db: Confirm user presence for key?\n"
    await questions.answer(Request("(a@b) " + "line\n" * 100 + "Code: ", "", 7))
    (question,) = console.questions
    assert len(question.preamble) == MAX_LINES and question.label == "Code: "
    console.answers = ["x"]
    await questions.answer(Request("y" * 100_000, "", 7))
    assert len(console.questions[1].label) <= MAX_TEXT + 1


async def test_after_a_refusal_nothing_more_is_asked() -> None:
    answer, console, questions = await asked("ann@db's password: ", None)
    assert answer is None and questions.is_cancelled
    assert await questions.answer(Request("Enter passphrase for key '/k': ", "", 7)) is None
    assert len(console.questions) == 1
